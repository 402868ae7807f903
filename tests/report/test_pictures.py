from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from planner.anatomy.sac_and_cord import with_sac_and_cord
from planner.geometry.points import PointLps
from planner.report import palette, planes
from planner.report.drawing import dashes
from planner.report.pictures import needle_pictures, plan_pictures, render
from report.cases import make_case


@pytest.fixture(scope="module")
def case():
    return make_case()


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def where(rgb: np.ndarray, colour: str) -> np.ndarray:
    """Return (x, y) of pixels close to a colour."""
    wanted = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)])
    return np.argwhere(np.abs(rgb - wanted).sum(axis=-1) < 60)[:, ::-1]


def test_that_the_zone_is_drawn_where_it_is_and_on_the_patients_left(case) -> None:
    zone = next(iter(case.zones.values()))
    plane = planes.axial(zone.shape.centre, 40.0)
    rgb = pixels_of(render(plane, case.ct, case.plan, case))
    found = where(rgb, palette.ZONE.colour)
    assert len(found) > 200
    mm = (found / rgb.shape[0] * 2.0 - 1.0) * 40.0
    points = zone.shape.centre.array + np.stack([*mm.T, np.zeros(len(mm))], axis=1)
    distance = np.abs(zone.shape.signed_distance_mm(points))
    on_a_line = np.minimum(distance, np.abs(distance - zone.band_mm))
    assert np.percentile(on_a_line, 95) < 0.5
    assert zone.shape.centre.x_mm > 0
    wide = pixels_of(render(planes.axial(PointLps(0, -20, -2), 40.0), case.ct, case.plan, case))
    assert where(wide, palette.ZONE.colour)[:, 0].mean() > wide.shape[1] / 2


def test_that_the_canal_is_outlined_at_its_size(case) -> None:
    rgb = pixels_of(render(planes.axial(PointLps(0, 6, 1), 40.0), case.ct, case.plan, case))
    found = where(rgb, palette.CANAL.colour)
    width_mm = np.ptp(found[:, 0]) / rgb.shape[0] * 80.0
    assert width_mm == pytest.approx(24.0, abs=1.5)


def test_that_what_the_scan_never_saw_is_slate_and_not_black(case) -> None:
    outside = planes.axial(PointLps(0, 0, 500), 40.0)
    bare = case.plan.__class__(
        plan_id="x", scan=case.plan.scan, anatomy=case.plan.anatomy, trajectories=()
    )
    rgb = pixels_of(render(outside, case.ct, bare, case))
    assert (rgb[150, 150] == palette.BEYOND_SCAN).all()


def test_that_padding_inside_the_grid_counts_as_not_seen(case) -> None:
    padded = type(case.ct)(
        geometry=case.ct.geometry,
        hu=case.ct.hu.copy(),
        record=case.ct.record,
        outside_scan=np.ones(case.ct.hu.shape, bool),
    )
    rgb = pixels_of(render(planes.axial(PointLps(0, 40, 40), 20.0), padded, case.plan, case))
    assert (rgb[150, 150] == palette.BEYOND_SCAN).all()


def test_that_every_needle_gets_its_views_and_the_plan_three(case) -> None:
    assert [one.key for one in plan_pictures(case.plan, case)] == [
        "plan-axial",
        "plan-sagittal",
        "plan-coronal",
    ]
    keys = [one.key for one in needle_pictures(case.plan, case.plan.trajectories[1], case)]
    assert keys == [
        f"needle-2-{view}"
        for view in ("along-axial", "along-sagittal", "axial", "sagittal", "eye", "solid")
    ]


def test_that_no_zone_colour_appears_without_a_zone(case) -> None:
    bare = type(case)(**{**vars(case), "zones": {}})
    plane = planes.axial(case.plan.trajectories[0].tip, 40.0)
    rgb = pixels_of(render(plane, case.ct, case.plan, bare))
    assert len(where(rgb, palette.ZONE.colour)) == 0


def test_that_dashes_cover_their_share_of_a_line() -> None:
    line = np.array([[0.0, 0.0], [70.0, 0.0], [100.0, 0.0]])
    pieces = dashes(line, 6.0, 4.0)
    length = sum(np.linalg.norm(np.diff(one, axis=0), axis=1).sum() for one in pieces)
    assert len(pieces) == 10
    assert length == pytest.approx(60.0)


def test_that_the_estimated_sac_is_drawn_within_the_canal_and_named_as_estimated(case) -> None:
    with_sac = replace(case, anatomy=with_sac_and_cord(case.anatomy))
    plane = planes.axial(PointLps(0, 6, 1), 40.0)
    before, after = (
        pixels_of(render(plane, one.ct, one.plan, one)).sum(axis=-1) for one in (case, with_sac)
    )
    drawn = np.argwhere(before != after)
    assert len(drawn) > 60
    assert np.ptp(drawn[:, 1]) / before.shape[0] * 80.0 == pytest.approx(20.0, abs=1.5)
    assert "estimated" in palette.ESTIMATE.name
    assert palette.ESTIMATE in palette.LEGEND
