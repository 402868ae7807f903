"""Colours of the tissue map, and layers in 3-D."""

import numpy as np
import pytest

from planner.geometry.points import PointLps
from planner.physics.heat.tissue_classes import TissueClass
from planner.session.drawing import Drawing
from planner.viewer.canvas.scene import Scene
from planner.viewer.canvas.simulated_painter import tissue_image
from planner.viewer.canvas.turntable import Turntable
from planner.viewer.panels.tissue_legend import BALL, TissueLegend
from planner.viewer.theme import clinical
from session.test_protection import layer
from viewer.test_reslice import whole

pytestmark = pytest.mark.qt


def test_that_every_class_of_tissue_has_a_colour_of_its_own_and_the_ct_shows_through():
    colours = clinical.TISSUE_COLOURS
    assert len(set(colours)) == len(colours) == len(TissueClass)
    codes = np.arange(len(TissueClass) + 1, dtype=np.uint8)[None]
    alpha = tissue_image(whole(codes)).pixels[0] >> 24
    assert alpha[0] == 0
    assert ((alpha[1:] > 60) & (alpha[1:] < 200)).all()


def test_that_the_legend_names_what_is_there_and_hides_without_a_map(qtbot):
    legend = TissueLegend()
    qtbot.addWidget(legend)
    legend.show_tissues(((3, "cancellous bone"), (6, "spinal fluid")))
    assert legend.isVisibleTo(None)
    assert "cancellous bone" in legend._names.text()
    assert clinical.TISSUE_COLOURS[2] in legend._names.text()
    legend.show_tissues(())
    assert not legend.isVisibleTo(None)


def test_that_the_form_says_which_part_what_of_it_and_as_what_and_keeps_what_is_set(qtbot):
    legend = TissueLegend()
    qtbot.addWidget(legend)
    wanted, gone = [], []
    legend.choice_wanted.connect(lambda *said: wanted.append(said))
    legend.choice_removed.connect(gone.append)
    present = ((3, "cancellous bone"), (4, "lytic tumour"))
    parts = (("lesion", "the lesion"), ("L3", "L3"))
    legend.show_tissues(present, parts)
    assert [legend.part.itemText(n) for n in range(3)] == ["the lesion", "L3", BALL]
    assert [legend.only.itemText(n) for n in range(3)] == [
        "all of it", "cancellous bone", "lytic tumour"
    ]  # fmt: skip
    assert not legend.radius.isEnabled()
    legend.part.setCurrentIndex(1)
    legend.only.setCurrentIndex(2)
    legend.becomes.setCurrentIndex(legend.becomes.findData("cancellous"))
    legend.show_tissues(present, parts)  # as after any edit
    legend.give.click()
    assert wanted == [("L3", 5.0, "lytic", "cancellous")]
    legend.part.setCurrentIndex(2)
    legend.part.activated.emit(2)
    assert legend.radius.isEnabled()
    legend.give.click()
    assert wanted[1][0] == ""
    legend.show_tissues((), (), (("tissue1", "L3 counts as cement"), ("tissue2", "the canal …")))
    assert legend.isVisibleTo(None)
    assert not legend._form.isVisibleTo(legend)
    assert "L3 counts as cement." in legend._said.text()
    legend.given.setCurrentIndex(1)
    legend.take_back.click()
    assert gone == ["tissue2"]


def test_that_a_layer_is_seen_in_three_dimensions_where_it_lies(qapp):
    scene = Scene()
    one = layer(centre=PointLps(0.0, 0.0, 0.0), thickness_mm=10.0, width_mm=40.0)
    scene.show_drawing(Drawing(layers=(one,)), ())
    picture = scene.image(Turntable(PointLps(0.0, 0.0, 0.0), 200.0), 120, 120).astype(int)
    scene.show_drawing(Drawing(), ())
    empty = scene.image(Turntable(PointLps(0.0, 0.0, 0.0), 200.0), 120, 120).astype(int)
    scene.close()
    seen = np.abs(picture - empty).sum(axis=2) > 20
    rows, columns = np.nonzero(seen)
    assert seen[60, 60]
    assert min(np.ptp(rows), np.ptp(columns)) > 20, "from behind it shows its width"
    red, green, blue = picture[60, 60, :3]
    assert red < min(green, blue), "in the colour of protection"
