"""What follows the hand, held against tier full on the digital spine."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from planner.domain.coverage_words import coverage_lines
from planner.domain.levels import Level, Side
from planner.domain.simulation import Simulation, Tier
from planner.session import live_preview
from planner.session.coverage import (
    LESION,
    TARGET,
    Died,
    coverage_of,
    depth_mm,
    missed_mask,
    targets_of,
)
from planner.session.live_preview import PreviewBench
from planner.session.preview_desk import preview_lines
from planner.session.simulation import simulate
from session.test_simulation import case, needle, plan

if TYPE_CHECKING:
    from planner.domain.live_preview import LivePreview
    from planner.domain.plan import Plan

RF = {"device": "star-bipolar", "power_w": None, "setpoint_celsius": 90.0, "time_s": 240.0}


@lru_cache(maxsize=4)
def both(made: Plan) -> tuple[Simulation, LivePreview]:
    (full,) = simulate(made, case(), Tier.FULL)
    (quick,) = PreviewBench().preview(made, case())
    return full, quick


ONE = plan(needle(short_mm=6.0), power_w=35.0, time_s=150.0)
TWO = plan(needle(short_mm=3.0), needle("T2", Side.RIGHT, 5.0), power_w=30.0, time_s=90.0)


@pytest.mark.parametrize(
    "made", [ONE, TWO, plan(needle(short_mm=4.0), **RF)], ids=["one", "two", "bipolar"]
)
def test_that_a_preview_is_never_milder_than_the_full_tier_beyond_its_band(made: Plan) -> None:
    full, quick = both(made)
    assert quick.band_mm > full.band_mm
    for theirs, ours in ((full.zone, quick.zone), (full.possible, quick.possible)):
        rim = np.argwhere(theirs & ~ndimage.binary_erosion(theirs))
        places = quick.geometry.ijk(full.geometry.lps_mm(rim[:, ::-1].astype(float)))
        deep = ndimage.map_coordinates(
            depth_mm(ours, quick.geometry), places[:, ::-1].T, order=1, mode="nearest"
        )
        assert deep.min() >= -quick.band_mm
        assert abs(float(np.median(deep))) <= 1.0
    for name, course in full.courses.items():
        if name in quick.structures and course.in_grid:
            assert quick.structures[name].worst_celsius >= course.hottest_celsius - 0.05, name
    assert quick.model.tier == "preview"
    assert "no rule counts on it" in preview_lines(quick, made.ablations[0].id)[-1]


def test_that_a_preview_finds_the_coverage_of_the_full_tier() -> None:
    full, quick = both(ONE)
    for theirs, ours in (
        (full.coverage, quick.coverage),
        (full.target_coverage, quick.target_coverage),
    ):
        assert theirs is not None
        assert ours is not None
        assert ours.percent == pytest.approx(theirs.percent, abs=10.0)
        assert ours.least_margin_mm == pytest.approx(theirs.least_margin_mm, abs=2.0)
        assert ours.volume_ml == theirs.volume_ml


def test_that_only_the_needle_that_moved_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    real = live_preview.solve_round

    def counted(*arguments: object) -> object:
        runs.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(live_preview, "solve_round", counted)
    bench = PreviewBench()
    left, right = needle(), needle("T2", Side.RIGHT)
    bench.preview(plan(left, right), case())
    assert len(runs) == 6  # three ends of two needles
    bench.preview(plan(needle(short_mm=1.0), right), case())
    assert len(runs) == 9
    bench.preview(plan(needle(short_mm=1.0), right), replace(case()))
    assert len(runs) == 9


def test_that_a_second_needle_enlarges_the_zone_and_never_spares_more() -> None:
    bench = PreviewBench()
    (one,) = bench.preview(plan(needle()), case())
    (two,) = bench.preview(plan(needle(), needle("T2", Side.RIGHT)), case())
    assert two.zone.sum() > 1.3 * one.zone.sum()
    for name, at in one.structures.items():
        assert two.structures[name].worst_celsius >= at.worst_celsius - 0.5, name


def test_that_a_pause_lets_more_live() -> None:
    bench = PreviewBench()
    (unbroken,) = bench.preview(plan(needle()), case())
    (broken,) = bench.preview(plan(needle(), cycle_s=30.0, pause_s=60.0), case())
    assert broken.zone.sum() < unbroken.zone.sum()


def test_that_a_target_is_the_lesion_and_whole_parts_round_it() -> None:
    made = case()
    lesion, target = targets_of(made.ct, made.anatomy, {Level.L3})
    assert (lesion.name, target.name) == (LESION, TARGET)
    assert len(target.points_mm) > len(lesion.points_mm)
    assert len(lesion.points_mm) == int((made.anatomy.lesion & (made.anatomy.labels == 22)).sum())
    assert any("body" in words for words in target.words)


def test_that_coverage_of_a_half_space_is_that_of_the_formula() -> None:
    """The zone is all that lies left of a plane through the middle of the lesion."""
    made = case()
    lesion = targets_of(made.ct, made.anatomy, {Level.L3})[0]
    geometry = live_preview.region_around(lesion.points_mm, 1.0, 12.0)
    plane = float(lesion.points_mm[:, 0].mean())
    x = geometry.lps_from_ijk[0, 3] + np.arange(geometry.size_ijk[0])
    zone = np.broadcast_to(x > plane, geometry.shape_kji)  # and read only
    values = np.where(zone, np.float32(1e4), np.float32(0.0))
    died = Died(geometry=geometry, zone=zone, certain=zone, values=values, is_cold=False)
    found = coverage_of(lesion, made.anatomy, died, depth_mm(zone, geometry))
    share = float((lesion.points_mm[:, 0] > plane).mean())
    assert found.percent == pytest.approx(100.0 * share, abs=6.0)
    reach = plane - float(lesion.points_mm[:, 0].min())
    assert found.least_margin_mm == pytest.approx(-reach, abs=1.0)
    assert all("right" in part.words for part in found.missed_parts if part.volume_ml > 0.3)
    lived = (1.0 - found.percent / 100.0) * found.volume_ml
    assert sum(part.volume_ml for part in found.missed_parts) == pytest.approx(lived, abs=0.1)
    missed = missed_mask(lesion, zone, geometry, 1.0)
    assert missed.any()
    assert not (missed & zone).any()
    assert "sticks out" in coverage_lines(found)[0]


def test_that_nothing_is_covered_without_a_zone() -> None:
    made = case()
    lesion = targets_of(made.ct, made.anatomy, {Level.L3})[0]
    geometry = live_preview.region_around(lesion.points_mm, 1.0, 12.0)
    none = np.zeros(geometry.shape_kji, dtype=np.bool_)
    died = Died(
        geometry=geometry, zone=none, certain=none, values=none.astype(np.float32), is_cold=False
    )
    found = coverage_of(lesion, made.anatomy, died, depth_mm(none, geometry))
    assert found.percent == 0.0
    assert "no zone" in coverage_lines(found)[0]
    assert found.missed_ml == pytest.approx(found.volume_ml, rel=0.05)


def test_that_a_target_beyond_the_grid_sticks_out_by_its_distance_from_the_zone() -> None:
    made = case()
    lesion = targets_of(made.ct, made.anatomy, {Level.L3})[0]
    middle = lesion.points_mm.mean(axis=0)
    far = replace(lesion, points_mm=lesion.points_mm + np.array((50.0, 0.0, 0.0)))
    geometry = live_preview.region_around(middle, live_preview.GRID_MM, 12.0)
    away = np.linalg.norm(live_preview._centres_mm(geometry) - middle, axis=1)
    zone = (away <= 6.0).reshape(geometry.shape_kji)
    values = zone.astype(np.float32)
    died = Died(geometry=geometry, zone=zone, certain=zone, values=values, is_cold=False)
    found = coverage_of(far, made.anatomy, died, depth_mm(zone, geometry))
    exact = 6.0 - float(np.linalg.norm(far.points_mm - middle, axis=1).max())
    assert found.percent == 0.0
    assert found.least_margin_mm == pytest.approx(exact, abs=1.0)
