"""A zone or a fill that is shown before its end says so on the picture."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QImage

from planner.session.drawing import Drawing
from planner.session.planes import Plane
from planner.session.view_state import ViewState, Window
from planner.viewer.canvas.slice_pane import SlicePane
from viewer.test_pane_layers import GRID, drawings, scan

pytestmark = pytest.mark.qt


def picture(drawing: Drawing) -> QImage:
    pane = SlicePane(Plane.AXIAL)
    pane.resize(400, 300)
    pane.show_scan(scan(1), "")
    pane.show_view(ViewState.of(GRID, Window(1000.0, 300.0)))
    pane.show_drawing(drawing)
    image = pane.grab().toImage()
    pane.deleteLater()
    return image


def test_that_a_part_of_a_zone_is_never_drawn_without_its_moment(qapp):
    whole = next(one for one in drawings() if one.simulated)
    (mark,) = whole.simulated
    part = replace(whole, simulated=(replace(mark, moment="ZONE AFTER 5 s OF 9 s"),))
    one, other = picture(whole), picture(part)
    differing = [
        y
        for y in range(one.height())
        if any(one.pixel(x, y) != other.pixel(x, y) for x in range(one.width()))
    ]
    assert differing
    assert differing[-1] - differing[0] < 20, "one line of words, and nothing else"
