"""What a pane keeps is never stale: after any acts it shows what a fresh pane shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from planner.domain.finding import Severity
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.drawing import (
    CementMark,
    Drawing,
    FindingMark,
    LevelTag,
    NeedleMark,
    SimulatedMark,
    ZoneMark,
)
from planner.session.needle_axis import NeedleAxis
from planner.session.outlines import CANAL_CODE, LESION_CODE, SAC_CODE, OutlineVolume
from planner.session.planes import Plane
from planner.session.tool_marks import ToolMarks
from planner.session.view_state import Layer, Slab, SlabKind, ViewState, Window
from planner.viewer.canvas.slice_pane import SlicePane
from planner.viewer.panels.pane_grid import PaneGrid

pytestmark = pytest.mark.qt

GRID = VolumeGeometry.axis_aligned((40, 36, 30), (1.0, 1.1, 1.5), (-20.0, -18.0, -22.0))
ENTRY, TIP = PointLps(12.0, 16.0, 2.0), PointLps(-2.0, -4.0, 0.5)


def scan(seed):
    hu = np.random.default_rng(seed).integers(-200, 900, GRID.shape_kji).astype(np.int16)
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
    return CtVolume(geometry=GRID, hu=hu, record=record)


def outlines(shift):
    codes = np.zeros(GRID.shape_kji, np.uint8)
    codes[4:26, 6:30, 8 + shift : 30 + shift] = 22
    codes[:, 14:22, 16 + shift : 24 + shift] = CANAL_CODE
    codes[10:18, 6:12, 10:18] = LESION_CODE
    sac = np.zeros(GRID.shape_kji, np.uint8)
    sac[:, 15:21, 17:23] = SAC_CODE
    estimated = OutlineVolume(geometry=GRID, codes=sac)
    return OutlineVolume(geometry=GRID, codes=codes, estimated=estimated)


def needle(tip):
    solids = (Capsule(ENTRY, tip, 1.2),)
    return NeedleMark(
        id="n", label="N1", entry=ENTRY, tip=tip, selected=True, locked=False, solids=solids
    )


def drawings():
    inside = np.zeros(GRID.shape_kji, np.uint8)
    inside[8:20, 8:20, 8:20] = 1
    wall = np.stack(np.meshgrid(np.arange(-8.0, 8.0), [4.0], np.arange(-18.0, 18.0)), -1)
    full = Drawing(
        needles=(needle(TIP),),
        zones=(ZoneMark(shape=Spheroid(TIP, (0.0, 0.6, 0.8), 9.0, 7.0), band_mm=2.0, label=""),),
        cements=(CementMark(geometry=GRID, codes=inside, mesh=None),),
        focus=FindingMark(at=TIP, severity=Severity.STOP, label="X"),
        wall_points_mm=wall.reshape(-1, 3),
        levels=(LevelTag("L3", PointLps(0.0, -6.0, 0.0), 8.0),),
    )
    moved = PointLps(-4.0, -3.0, 3.0)
    simulated = SimulatedMark(geometry=GRID, codes=inside * 2)
    return (
        Drawing(),
        full,
        replace(full, needles=(needle(moved),)),
        replace(full, zones=(), simulated=(simulated,)),
        replace(full, wall_points_mm=wall.reshape(-1, 3) + 1.5),
        replace(full, tool=ToolMarks(void="OUTLINES VOID"), wall_points_mm=None),
    )


class Shown:
    """All that a pane can be told, changed by one random act at a time."""

    def __init__(self, plane):
        self.scans, self.drawings = (scan(1), scan(2)), drawings()
        self.outlines = (outlines(0), outlines(3), None)
        self.plane, self.size = plane, (230, 190)
        self.ct, self.drawn, self.lines = self.scans[0], self.drawings[1], self.outlines[0]
        self.words = ""
        self.view = ViewState.of(GRID, Window(1000.0, 300.0))

    def tell(self, pane):
        pane.resize(*self.size)
        pane.show_scan(self.ct, self.words)
        pane.show_outlines(self.lines)
        pane.show_drawing(self.drawn)
        pane.show_view(self.view)

    def act(self, pane, name, a, b):
        view = self.view
        plane = list(Plane)[int(a * 3) % 3]
        place = PointLps(40.0 * (a - 0.5), 36.0 * (b - 0.5), 42.0 * (a - b))
        if name == "draw":
            self.drawn = self.drawings[int(a * len(self.drawings))]
            pane.show_drawing(self.drawn)
        elif name == "outline":
            self.lines = self.outlines[int(a * 3)]
            pane.show_outlines(self.lines)
        elif name == "scan":
            self.ct, self.words = self.scans[int(a * 2)], "PRONE" if b > 0.5 else ""
            pane.show_scan(self.ct, self.words)
        elif name == "resize":
            self.size = (200 + int(60 * a), 160 + int(50 * b))
            pane.resize(*self.size)
        else:
            self.view = {
                "scroll": lambda: view.scrolled(plane, float(round(6 * b - 3))),
                "click": lambda: view.at(place),
                "slide": lambda: view.at(pane.pane_map().lps(a * 150.0, b * 120.0)),
                "window": lambda: replace(view, window=Window(300 + 900 * a, 600 * b)),
                "invert": lambda: replace(view, invert=not view.invert),
                "zoom": lambda: view.zoomed(plane, 0.6 + a, place),
                "pan": lambda: view.panned(plane, 9 * a, -9 * b),
                "layer": lambda: view.toggled(frozenset({list(Layer)[int(a * len(Layer))]})),
                "slab": lambda: replace(
                    view, slab=Slab(SlabKind.MAXIMUM, 5.0) if a > 0.5 else Slab()
                ),
                "needle": lambda: view.along(NeedleAxis(ENTRY, TIP) if a > 0.4 else None),
            }[name]()
            pane.show_view(self.view)


def pixels(image):
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return values[:, : image.width()] & 0xFFFFFF


ACTS = (
    "scroll", "click", "slide", "slide", "window", "invert", "zoom", "pan", "layer", "slab",
    "needle", "draw", "outline", "scan", "resize",
)  # fmt: skip


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    plane=st.sampled_from(list(Plane)),
    acts=st.lists(
        st.tuples(st.sampled_from(ACTS), st.floats(0.0, 0.999), st.floats(0.0, 0.999)),
        min_size=4,
        max_size=14,
    ),
)
def test_that_after_any_acts_the_screen_shows_what_a_fresh_pane_shows(qapp, plane, acts):
    """Read from the screen, so that a part that should have been painted again is seen."""
    shown, pane = Shown(plane), SlicePane(plane)
    try:
        pane.show()
        shown.tell(pane)
        QApplication.processEvents()
        for name, a, b in acts:
            shown.act(pane, name, a, b)
            QApplication.processEvents()
            fresh = SlicePane(plane)
            shown.tell(fresh)
            here = pixels(pane.screen().grabWindow(pane.winId()).toImage())
            there = pixels(fresh.grab().toImage())
            assert here.shape == there.shape
            assert (here == there).all(), f"{name} left {(here != there).sum()} stale pixels"
    finally:
        pane.close()
        pane.deleteLater()


def test_that_a_crosshair_that_slides_along_a_slice_samples_and_paints_little(qapp, monkeypatch):
    shown, pane = Shown(Plane.AXIAL), SlicePane(Plane.AXIAL)
    pane.show()
    shown.tell(pane)
    QApplication.processEvents()
    sampled = []
    monkeypatch.setattr(
        "planner.viewer.canvas.slice_picture.sample_slab", lambda *_: sampled.append(1)
    )
    before = [sheet._key for sheet in pane._layers._stack.sheets]
    boxes = []
    monkeypatch.setattr(
        "planner.viewer.canvas.sheets.compose", lambda _layers, _spans, box, *_: boxes.append(box)
    )
    shown.act(pane, "slide", 0.6, 0.7)
    assert not sampled
    QApplication.processEvents()
    assert not sampled
    (arms,) = boxes  # old and new ones, and nothing else
    assert len(arms) == 8
    assert np.minimum(arms[:, 2] - arms[:, 0], arms[:, 3] - arms[:, 1]).max() == 1
    assert all(
        new is old
        for new, old in zip([s._key for s in pane._layers._stack.sheets], before, strict=True)
    )
    pane.close()
    pane.deleteLater()


class Painted(QObject):
    """Notes which panes are painted, in their order."""

    def __init__(self, panes):
        super().__init__()
        self.planes = []
        for pane in panes:
            pane.installEventFilter(self)

    def eventFilter(self, pane, event):  # noqa: N802 - Qt names it
        if event.type() is QEvent.Type.Paint:
            self.planes.append(pane.plane)
        return False


def wheel(pane):
    at = QPointF(30.0, 30.0)
    keys, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    return QWheelEvent(
        at, QPointF(pane.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, keys, phase, False,
    )  # fmt: skip


def test_that_the_pane_under_the_hand_is_painted_before_those_that_follow_it(qapp, qtbot):
    """And that those show what fresh panes show, once they have followed."""
    grid, shown = PaneGrid(), Shown(Plane.SAGITTAL)
    qtbot.addWidget(grid)
    grid.resize(560, 420)
    grid.show_scan(shown.ct, "")
    grid.show_outlines(shown.lines)
    grid.show_drawing(shown.drawn)
    grid.show_view(shown.view)
    grid.show()
    qtbot.waitExposed(grid)
    qtbot.wait(50)
    views = [shown.view]

    def scroll(plane, steps):
        views.append(views[-1].scrolled(plane, steps))
        grid.show_view(views[-1])

    moved = grid.slices[Plane.SAGITTAL]
    moved.scrolled.connect(scroll)
    painted = Painted(grid.slices.values())
    QApplication.sendEvent(moved, wheel(moved))
    assert views[-1] != views[0]
    qtbot.waitUntil(lambda: len(painted.planes) >= 3, timeout=5000)
    assert painted.planes[0] is Plane.SAGITTAL
    assert sorted(painted.planes) == sorted(Plane)
    for plane, pane in grid.slices.items():
        shown.plane, shown.size, shown.view = plane, (pane.width(), pane.height()), views[-1]
        fresh = SlicePane(plane)
        shown.tell(fresh)
        there = pixels(fresh.grab().toImage())
        whole = pixels(pane.screen().grabWindow(grid.winId()).toImage())
        place = pane.mapTo(grid, QPoint(0, 0))
        here = whole[place.y() : place.y() + pane.height(), place.x() : place.x() + pane.width()]
        assert (here == there).all(), plane
