"""The spine laid straight: what lies on a bent canal comes out upright, and a click goes there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.session.straightened import HALF_MM, STEP_MM, straighten
from planner.session.view_state import Layout
from presenter_desk import Desk


def pictures():
    return straighten(easy_l3().ct, easy_l3().truth)


def test_that_the_canal_of_a_bent_spine_comes_out_as_an_upright_band() -> None:
    """A canal like a bow: its HU, painted into the scan, stand in the middle columns."""
    ct, anatomy = easy_l3().ct, easy_l3().truth
    k, j, i = np.indices(anatomy.geometry.shape_kji)
    points = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    x, y, z = points.T
    middle = (z.max() + z.min()) / 2.0
    centre = points.mean(axis=0)
    bow_x = centre[0] + 20.0 * np.cos((z - middle) / 45.0)
    bow_y = centre[1] + 15.0 * np.sin((z - middle) / 60.0)
    tube = (np.hypot(x - bow_x, y - bow_y) < 7.0).reshape(anatomy.geometry.shape_kji)
    bent = replace(anatomy, canal=tube, guides=None)
    hu = np.where(tube, 900, 0).astype(np.int16)
    assert anatomy.geometry == ct.geometry
    for picture in straighten(replace(ct, hu=hu), bent):
        rows, columns = picture.hu.shape
        inner = slice(rows // 6, rows - rows // 6)
        half = columns // 2
        within = round(4.0 / STEP_MM)
        assert (picture.hu[inner, half - within : half + within] > 450).mean() > 0.99
        outside = round(12.0 / STEP_MM)
        assert (picture.hu[inner, : half - outside] < 450).all()
        assert (picture.hu[inner, half + outside :] < 450).all()


def test_that_sides_stay_sides_and_head_is_up() -> None:
    side, front = pictures()
    assert side.letters == ("A'", "P'")
    assert front.letters == ("R'", "L'")
    rows, columns = front.hu.shape
    at = rows // 2
    assert front.point(at, columns - 1).x_mm > front.point(at, 0.0).x_mm, "left grows to the right"
    assert side.point(at, columns - 1).y_mm > side.point(at, 0.0).y_mm, "back grows to the right"
    assert side.point(0.0, columns / 2).z_mm > side.point(rows - 1, columns / 2).z_mm
    levels = [tag[0].split()[0] for tag in sorted(side.tags, key=lambda tag: tag[1])]
    known = [str(level) for level in Level if level in easy_l3().truth.vertebrae]
    assert levels == known, "from head to feet"
    middle_of_l3 = next(tag for tag in side.tags if tag[0].startswith("L3"))
    assert middle_of_l3[2] < columns / 2, "a body lies before the canal"


@pytest.mark.parametrize(("row", "column"), [(40, 30), (90, 120), (150, 200)])
def test_that_a_place_and_its_patient_point_are_one(row: int, column: int) -> None:
    for picture in pictures():
        point = picture.point(row, column)
        i, j, k = np.rint(easy_l3().ct.geometry.ijk(point.array)).astype(int)
        if (np.array((i, j, k)) >= 0).all() and (
            np.array((i, j, k)) < easy_l3().ct.geometry.size_ijk
        ).all():
            near = easy_l3().ct.hu[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2]
            shown = picture.hu[row, column]
            assert near.min() - 1 <= shown <= near.max() + 1
        on_axis = picture.point(row, (picture.hu.shape[1] - 1) / 2)
        back = picture.place(on_axis)
        assert back == pytest.approx((row, (picture.hu.shape[1] - 1) / 2), abs=1e-6)
    assert pytest.approx(pictures()[0].hu.shape[1], abs=1) == HALF_MM / STEP_MM * 2 + 1


def test_that_outlines_without_a_canal_give_no_picture() -> None:
    bare = replace(easy_l3().truth, canal=np.zeros_like(easy_l3().truth.canal), guides=None)
    assert straighten(easy_l3().ct, bare) == ()


def test_that_the_layout_waits_for_outlines_and_a_click_moves_every_pane() -> None:
    desk = Desk()
    work = desk.work
    try:
        work.reception.open_scan(Path("scan"))
        desk.settle()
        reasons = desk.view.show_availability.call_args.args[0]
        assert reasons["layout_straight"].startswith("Outline the spine first")
        work.outlines.segment()
        desk.settle()
        assert desk.view.show_availability.call_args.args[0]["layout_straight"] == ""
        work.layouts.choose(Layout.STRAIGHT)
        desk.settle()
        assert work.panes.state.layout is Layout.STRAIGHT
        shown = desk.view.show_drawing.call_args.args[0].straight
        assert len(shown) == 2
        there = shown[0].point(60.0, 100.0)
        work.panes.move_cursor(there)
        assert work.panes.state.cursor.distance_mm(there) < 1e-6
        work.panes.jump(PointLps.of(work.edits.anatomy.vertebrae[Level.L3].body_centre.array))
        assert work.panes.state.layout is Layout.STRAIGHT
        work.layouts.choose(Layout.QUARTERS)
        assert work.panes.state.layout is Layout.QUARTERS
        work.refresh()
        assert desk.view.show_drawing.call_args.args[0].straight == ()
    finally:
        work.close()
