"""Sac, cord and cauda equina as estimates: closed forms on a straight canal, digital spines."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from phantoms import healthy_l3, thoracic_t7
from planner.anatomy.naming import NOT_COUNTABLE
from planner.anatomy.sac_and_cord import (
    place_of,
    places_along,
    published_sizes,
    with_sac_and_cord,
)
from planner.domain.anatomy import Anatomy, EstimatedRegion
from planner.domain.levels import Level
from planner.domain.sourced import Status
from planner.domain.structures import (
    CORD,
    DURAL_SAC,
    ESTIMATE_OF,
    ESTIMATED_CAUDA,
    ESTIMATED_CORD,
    ESTIMATED_SAC,
    in_words,
    is_structure,
)
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

RADIUS_MM, PERIOD_MM = 9.0, 30.0
LEVELS = (Level.T11, Level.T12, Level.L1, Level.L2, Level.L3)


@lru_cache(maxsize=4)
def straight(doubt: str = "", levels: tuple[Level, ...] = LEVELS) -> Anatomy:
    """A round canal along z behind bodies 30 mm apart, L1 at z = 0 and the head up."""
    geometry = VolumeGeometry.axis_aligned((41, 41, 181), (1.0, 1.0, 1.0), (-20.0, -20.0, -90.0))
    x, y = np.meshgrid(np.arange(-20.0, 21.0), np.arange(-20.0, 21.0))
    canal = np.repeat((np.hypot(x, y) < RADIUS_MM)[None], 181, axis=0)
    like = healthy_l3().truth.vertebrae[Level.L3]
    empty = np.zeros(canal.shape, np.uint8)
    vertebrae = {
        level: replace(
            like,
            level=level,
            body_centre=PointLps(0.0, -25.0, -PERIOD_MM * place_of(level)),
            superior=(0.0, 0.0, 1.0),
            level_doubt=doubt,
        )
        for level in levels
    }
    return with_sac_and_cord(
        Anatomy(
            geometry=geometry, labels=empty, bodies=empty, discs=empty, foramina=empty,
            canal=canal, vertebrae=vertebrae, backend="a tube", ct_sha256="0" * 64,
        )
    )  # fmt: skip


def span_mm(anatomy: Anatomy, name: str, *, likely: bool) -> tuple[float, float]:
    """Lowest and highest z of an estimate."""
    region = anatomy.estimates[name]
    k = np.flatnonzero((region.likely if likely else region.possible).any(axis=(1, 2)))
    z = region.geometry.lps_mm(np.array([[0.0, 0.0, float(n)] for n in k]))[:, 2]
    return float(z.min()), float(z.max())


def truth_without_sac(truth: Anatomy) -> Anatomy:
    masks = {name: mask for name, mask in truth.masks.items() if name not in (CORD, DURAL_SAC)}
    return replace(truth, masks=masks)


def test_that_the_likely_sac_of_a_round_canal_is_the_canal_less_the_epidural_fat() -> None:
    region = straight().estimates[ESTIMATED_SAC]
    radius = RADIUS_MM - published_sizes().epidural_mm.value
    area = region.likely.sum(axis=(1, 2))[90]
    assert area == pytest.approx(np.pi * radius**2, rel=0.08)
    assert region.possible.sum() == straight().canal.sum()


def test_that_the_likely_cord_is_as_deep_as_published_and_lies_in_the_middle() -> None:
    region = straight().estimates[ESTIMATED_CORD]
    section = region.likely[150]
    deep = section.any(axis=1).sum()
    assert deep == pytest.approx(published_sizes().cord_depth_mm.value, abs=1.1)
    assert np.argwhere(section).mean(axis=0) == pytest.approx(
        np.argwhere(region.possible[150]).mean(axis=0)
    )


def test_that_the_cord_ends_where_published_and_may_end_within_the_published_range() -> None:
    anatomy = straight()
    likely, _ = span_mm(anatomy, ESTIMATED_CORD, likely=True)
    lowest, _ = span_mm(anatomy, ESTIMATED_CORD, likely=False)
    assert likely == pytest.approx(-0.27 * PERIOD_MM, abs=1.0)  # lower third of L1
    assert lowest == pytest.approx(-(2.0 - 0.14) * PERIOD_MM, abs=1.0)  # upper third of L3
    _, highest = span_mm(anatomy, ESTIMATED_CAUDA, likely=False)
    assert highest == pytest.approx((2.0 - 0.14) * PERIOD_MM, abs=1.0)  # lower third of T11


def test_that_a_doubted_name_lets_the_cord_reach_a_vertebra_further_and_no_name_everywhere() -> (
    None
):
    sure, _ = span_mm(straight(), ESTIMATED_CORD, likely=False)
    doubted, _ = span_mm(straight("counted"), ESTIMATED_CORD, likely=False)
    assert doubted == pytest.approx(sure - PERIOD_MM, abs=1.0)
    nameless = straight(NOT_COUNTABLE)
    for name in (ESTIMATED_CORD, ESTIMATED_CAUDA):
        assert nameless.estimates[name].possible.sum() == nameless.canal.sum()


def test_that_a_level_that_is_not_in_the_scan_is_reckoned_from_those_that_are() -> None:
    lumbar = straight(levels=(Level.L2, Level.L3))
    likely, _ = span_mm(lumbar, ESTIMATED_CORD, likely=True)
    assert likely == pytest.approx(-0.27 * PERIOD_MM, abs=2.5)


def test_that_places_run_on_evenly_through_bodies_and_over_the_extra_level() -> None:
    points = np.stack([np.zeros(181), np.zeros(181), np.arange(-90.0, 91.0)], axis=1)
    assert places_along(straight(), points)[30:151] == pytest.approx(
        -points[30:151, 2] / PERIOD_MM
    )
    assert place_of(Level.T12) < place_of(Level.T13) < place_of(Level.L1) == 0.0
    assert place_of(Level.L5) < place_of(Level.L6) < place_of(Level.S1)


@pytest.mark.parametrize("made", [healthy_l3, thoracic_t7])
def test_that_sac_and_cord_of_a_digital_spine_lie_where_they_may(made) -> None:
    truth = made().truth
    anatomy = with_sac_and_cord(truth_without_sac(truth))
    for name, true in ((ESTIMATED_SAC, DURAL_SAC), (ESTIMATED_CORD, CORD)):
        if not truth.masks[true].any():
            continue
        region = anatomy.estimates[name]
        index = np.argwhere(truth.masks[true])[:, ::-1].astype(float)
        i, j, k = np.rint(region.geometry.ijk(truth.geometry.lps_mm(index))).astype(int).T
        assert region.possible[k, j, i].mean() > 0.999
        likely, real = float(region.likely.sum()), float(truth.masks[true].sum())
        assert likely == pytest.approx(real, rel=0.35)


def test_that_what_is_likely_is_possible_and_that_the_canal_holds_it_all() -> None:
    anatomy = with_sac_and_cord(truth_without_sac(healthy_l3().truth))
    for region in anatomy.estimates.values():
        assert not (region.likely & ~region.possible).any()
        index = np.argwhere(region.possible)[:, ::-1].astype(float)
        i, j, k = np.rint(anatomy.geometry.ijk(region.geometry.lps_mm(index))).astype(int).T
        assert anatomy.canal[k, j, i].all()
    with pytest.raises(ValueError, match="must be possible"):
        EstimatedRegion(geometry=region.geometry, likely=region.possible, possible=region.likely)


def test_that_what_was_outlined_by_hand_is_not_estimated_beside_it() -> None:
    truth = healthy_l3().truth
    assert set(with_sac_and_cord(truth).estimates) == {ESTIMATED_CAUDA}


def test_that_no_canal_gives_no_estimate() -> None:
    truth = truth_without_sac(healthy_l3().truth)
    assert not with_sac_and_cord(replace(truth, canal=np.zeros_like(truth.canal))).estimates


def test_that_an_estimate_cannot_pass_for_an_outline_nor_an_outline_for_an_estimate() -> None:
    anatomy = straight()
    assert not any(is_structure(name) for name in ESTIMATE_OF.values())
    assert in_words(ESTIMATED_SAC) == "estimated dural sac"
    with pytest.raises(ValueError, match="not names of structures"):
        replace(anatomy, masks={ESTIMATED_CORD: anatomy.canal})
    with pytest.raises(ValueError, match="not names of estimates"):
        replace(anatomy, estimates={CORD: anatomy.estimates[ESTIMATED_CORD]})


def test_that_no_size_is_from_memory() -> None:
    sizes = published_sizes()
    for one in (sizes.epidural_mm, sizes.cord_depth_mm, sizes.conus, sizes.conus_lowest):
        assert one.status is not Status.RECALLED
        assert one.source
