"""Names of thermometers can be read, however near to each other they lie."""

from types import SimpleNamespace

import pytest
from PySide6.QtGui import QImage, QPainter

from planner.geometry.points import PointLps
from planner.session.drawing import ThermometerMark
from planner.session.view_state import Layer
from planner.viewer.canvas import overlay_painter

pytestmark = pytest.mark.qt


class FlatPane:
    """One pixel for each millimetre, and everything in the plane."""

    def pixel(self, point):
        return point.x_mm, point.y_mm

    def point_depth_mm(self, point):
        return 0.0


def test_that_names_of_neighbouring_thermometers_stand_below_each_other(qapp, monkeypatch):
    written = []
    monkeypatch.setattr(
        overlay_painter, "words", lambda _painter, at, text, *_rest: written.append((text, at))
    )
    marks = tuple(
        ThermometerMark(at=PointLps(x, 80.0, 0.0), skin=None, label=f"T{number}, 41 °C")
        for number, x in enumerate((100.0, 106.0, 108.0, 300.0), start=1)
    )
    picture = QImage(400, 200, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    overlay_painter.paint_guards(
        painter,
        FlatPane(),
        SimpleNamespace(layers={Layer.ZONES}),
        SimpleNamespace(layers=(), thermometers=marks),
    )
    painter.end()
    lines = {text: at.y() for text, at in written}
    assert [text for text, _ in written] == [mark.label for mark in marks]
    assert lines["T1, 41 °C"] == lines["T4, 41 °C"] == 94.0
    assert lines["T2, 41 °C"] >= lines["T1, 41 °C"] + overlay_painter.NAME_PX
    assert lines["T3, 41 °C"] >= lines["T2, 41 °C"] + overlay_painter.NAME_PX
