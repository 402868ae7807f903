"""What kernels draw over a slice lies where the closed forms say, and blends as Qt blends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.session.drawing import ZoneMark
from planner.session.planes import PaneMap, PlaneFrame
from planner.viewer.canvas.compose_kernels import clear, compose, lay_over, spans_of
from planner.viewer.canvas.sheets import CLEAR, OPAQUE, Stack, image_of
from planner.viewer.canvas.strokes import FILLED, Strokes
from planner.viewer.canvas.zone_painter import paint_zone

AXIAL = PlaneFrame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def covered(pixels):
    """Area of what was drawn in one opaque colour, in pixels."""
    return float((pixels >> 24).sum()) / 255.0


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("end", [(40.0, 12.0), (12.0, 40.0), (43.5, 37.25), (11.0, 30.0)])
def test_that_a_line_covers_its_length_times_its_width(ratio, end):
    size = int(60 * ratio)
    pixels = np.zeros((size, size), np.uint32)
    Strokes(pixels, ratio).line((12.0, 12.0), end, 3.0, "#FFFFFF")
    length = np.hypot(end[0] - 12.0, end[1] - 12.0)
    assert covered(pixels) == pytest.approx(3.0 * length * ratio**2, rel=0.03)


def test_that_a_round_line_ends_in_half_discs_and_dashes_leave_out_half():
    plain, dashed = np.zeros((2, 60, 60), np.uint32)
    Strokes(plain, 1.0).line((12.0, 30.0), (44.0, 30.0), 4.0, "#FFFFFF", flat=False)
    assert covered(plain) == pytest.approx(4.0 * 32.0 + np.pi * 4.0, rel=0.02)
    Strokes(dashed, 1.0).line((12.0, 30.0), (44.0, 30.0), 1.0, "#FFFFFF", dashed=True)
    assert covered(dashed) == pytest.approx(16.0, rel=0.05)


def test_that_rings_squares_and_discs_have_the_area_they_should():
    for draw, width, area in (
        ("ring", 2.0, 2.0 * np.pi * 8.0 * 2.0),
        ("ring", FILLED, np.pi * 64.0),
        ("square", FILLED, 256.0),
        ("square", 2.0, 4.0 * 16.0 * 2.0 - 4.0 + np.pi),
    ):
        pixels = np.zeros((40, 40), np.uint32)
        getattr(Strokes(pixels, 1.0), draw)((20.3, 19.8), 8.0, width, "#FFFFFF")
        assert covered(pixels) == pytest.approx(area, rel=0.03), (draw, width)


def test_that_what_lies_beyond_the_layer_is_left_out():
    pixels = np.zeros((20, 20), np.uint32)
    strokes = Strokes(pixels, 1.0)
    strokes.line((-50.0, 10.0), (70.0, 10.0), 2.0, "#FFFFFF")
    strokes.ring((-40.0, 300.0), 9.0, 2.0, "#FFFFFF")
    assert covered(pixels) == pytest.approx(40.0)


@settings(deadline=None, max_examples=25)
@given(
    axis=st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda one: np.linalg.norm(one) > 0.2),
    length=st.floats(9.0, 16.0),
    width=st.floats(6.0, 9.0),
    depth=st.floats(-4.0, 4.0),
)
def test_that_a_zone_is_drawn_where_the_plane_cuts_it(axis, length, width, depth):
    """Each pixel is put into the ellipsoid itself: nothing of the drawing is asked."""
    unit = np.array(axis) / np.linalg.norm(axis)
    zone = Spheroid(PointLps(1.0, -2.0, 3.0), tuple(unit.tolist()), length, width)
    pane = PaneMap(AXIAL, PointLps(0.0, 0.0, 3.0 + depth), 0.25, 240.0, 220.0)
    pixels = np.zeros((220, 240), np.uint32)
    paint_zone(pixels, pane, ZoneMark(shape=zone, band_mm=2.0, label=""), 1.0)
    y, x = np.mgrid[:220, :240] + 0.5
    at = np.stack(((x - 120) * 0.25, (y - 110) * 0.25, np.full(x.shape, 3.0 + depth)), -1)
    offset = at - zone.centre.array
    along = offset @ unit
    aside2 = (offset**2).sum(-1) - along**2

    def level(by):
        return np.sqrt((along / (length + by)) ** 2 + aside2 / (width + by) ** 2)

    alpha = (pixels >> 24).astype(int)
    assert (alpha[level(2.6) > 1.0] == 0).all()
    assert (alpha[level(-2.4) < 1.0] == 0).all()
    between = (level(1.0) > 1.0) & (level(1.6) < 1.0)
    assert (alpha[between] == 58).all()
    rim = np.abs(level(0.0) - 1.0) < 0.002
    assert (alpha[rim] > 240).all()


def test_that_a_zone_that_the_plane_misses_is_not_drawn():
    zone = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 10.0, 8.0)
    pane = PaneMap(AXIAL, PointLps(0.0, 0.0, 12.5), 0.5, 60.0, 50.0)
    pixels = np.zeros((50, 60), np.uint32)
    paint_zone(pixels, pane, ZoneMark(shape=zone, band_mm=2.0, label=""), 1.0)
    assert not pixels.any()


def random_layers(seed):
    random = np.random.default_rng(seed)
    layers = np.zeros((4, 30, 40), np.uint32)
    layers[0] = random.integers(0, 2**24, (30, 40)) | 0xFF000000
    for place in range(1, 4):
        alpha = random.choice([0, 0, 60, 190, 255], (30, 40)).astype(np.uint32)
        parts = [random.integers(0, 256, (30, 40)).astype(np.uint32) for _ in range(3)]
        red, green, blue = (part * alpha // 255 for part in parts)
        layers[place] = (alpha << 24) | (red << 16) | (green << 8) | blue
    return layers


def test_that_layers_are_blended_to_the_last_bit_as_qt_blends_them(qapp):
    layers, out = random_layers(3), np.zeros((3, 30, 40), np.uint32)
    layers[2, :, 25:], layers[2, ::3], layers[3, :4] = 0, 0, 0
    nothing = np.zeros((0, 4), np.int64)
    spans = np.zeros((3, 30, 2), np.int64)
    for layer, where in zip(layers[1:], spans, strict=True):
        spans_of(layer, where)
    compose(layers, spans, np.array([[0, 0, 40, 30]]), nothing, np.zeros(40, np.uint32), out[0])
    out[2] = layers[0]
    for layer, where in zip(layers[1:], spans, strict=True):
        lay_over(layer, where, out[2])
    image = image_of(out[1], OPAQUE, 1.0)
    painter = QPainter(image)
    for layer, form in zip(layers, (OPAQUE, CLEAR, CLEAR, CLEAR), strict=True):
        painter.drawImage(QPointF(0.0, 0.0), image_of(layer, form, 1.0))
    painter.end()
    assert (out[0] == out[1]).all()
    assert (out[2] == out[1]).all()


def test_that_a_layer_knows_where_each_row_shows_anything_and_is_cleared_there():
    layer, spans = random_layers(4)[1], np.zeros((30, 2), np.int64)
    layer[5] = layer[9, :11] = layer[9, 30:] = 0
    layer[9, [11, 29]] = 1
    spans_of(layer, spans)
    assert spans[5].tolist() == [0, 0]
    assert spans[9].tolist() == [11, 30]
    for row, (start, stop) in zip(layer, spans, strict=True):
        assert not row[:start].any()
        assert not row[stop:].any()
    clear(layer, spans)
    assert not layer.any()


def test_that_arms_that_moved_leave_what_a_whole_new_picture_has(qapp):
    stacks = [Stack((30, 40), 1.0, sheets=3) for _ in range(2)]
    for stack in stacks:
        stack._pixels[:] = random_layers(5)
        for sheet in stack.sheets:
            sheet.look()
    first = np.array([[0, 10, 18, 11], [22, 10, 40, 11], [20, 0, 21, 8], [20, 14, 21, 30]])
    ink = 0xBE5D6E7F
    stacks[0].lay(first, ink, anew=True)
    for shift in (3, -5):
        moved = np.clip(first + shift, 0, (40, 30, 40, 30))
        stacks[0].lay(moved, ink, anew=False)
        stacks[1].lay(moved, ink, anew=True)
        assert (stacks[0]._out == stacks[1]._out).all()
    stacks[0].lay(np.zeros((0, 4), np.int64), ink, anew=False)
    stacks[1].lay(np.zeros((0, 4), np.int64), ink, anew=True)
    assert (stacks[0]._out == stacks[1]._out).all()
