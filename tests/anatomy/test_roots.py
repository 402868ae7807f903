"""Roots and ganglia as estimates: closed forms under one pedicle, and digital spines."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from phantoms import healthy_l3, thoracic_t7
from planner.anatomy.roots import root_sizes, with_roots
from planner.domain.anatomy import Anatomy, EstimatedRegion
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.sourced import Status
from planner.domain.structures import (
    estimated_ganglion,
    estimated_root,
    in_words,
    is_estimate,
    is_structure,
    root,
)
from planner.geometry.points import PointLps, Vector


@lru_cache(maxsize=2)
def estimated(made) -> Anatomy:
    truth = made().truth
    masks = {name: mask for name, mask in truth.masks.items() if not name.startswith("root:")}
    return with_roots(replace(truth, masks=masks))


def middle_mm(region: EstimatedRegion, mask) -> Vector:
    return region.geometry.lps_mm(np.argwhere(mask)[:, ::-1].astype(float)).mean(axis=0)


def held_by(region: EstimatedRegion, points: Vector) -> np.ndarray:
    index = np.rint(region.geometry.ijk(points)).astype(int)
    inside = ((index >= 0) & (index < region.geometry.size_ijk)).all(axis=1)
    i, j, k = index[inside].T
    out = np.zeros(len(points), np.bool_)
    out[inside] = region.possible[k, j, i]
    return out


@pytest.mark.parametrize("made", [healthy_l3, thoracic_t7])
def test_that_every_foramen_has_a_root_and_a_ganglion_and_nothing_else_has(made) -> None:
    anatomy = estimated(made)
    wanted = set()
    for level, vertebra in anatomy.vertebrae.items():
        for side in vertebra.pedicles:
            if (anatomy.foramina == foramen_label(level, side)).any():
                wanted |= {estimated_root(level, side), estimated_ganglion(level, side)}
    assert wanted
    assert anatomy.estimates.keys() == wanted


@pytest.mark.parametrize("side", [*Side])
def test_that_the_ganglion_lies_where_published_under_its_own_pedicle(side: Side) -> None:
    anatomy = estimated(healthy_l3)
    vertebra = anatomy.vertebrae[Level.L3]
    pedicle, sizes = vertebra.pedicles[side], root_sizes(Level.L3)
    region = anatomy.estimates[estimated_ganglion(Level.L3, side)]
    offset = middle_mm(region, region.likely) - pedicle.isthmus.array
    outward = side.sign * float(offset @ np.array(vertebra.left))
    below = -float(offset @ np.array(vertebra.superior))
    slant = np.deg2rad(sizes.angle_deg.value)
    wanted = -0.5 * pedicle.width_mm.best + sizes.from_inner_border_mm.value * np.sin(slant)
    assert outward == pytest.approx(wanted, abs=0.7)
    gap = sizes.under_pedicle_mm.value + 0.5 * sizes.width_mm.value
    assert below == pytest.approx(0.5 * pedicle.height_mm.best + gap, abs=0.7)


def test_that_a_ganglion_in_the_open_is_as_large_as_published() -> None:
    truth = healthy_l3().truth
    empty = np.zeros_like(truth.labels)
    bare = replace(truth, labels=empty, discs=empty, bodies=empty, masks={})
    region = with_roots(bare).estimates[estimated_ganglion(Level.L3, Side.LEFT)]
    sizes = root_sizes(Level.L3)
    wanted = np.pi / 6.0 * sizes.width_mm.value**2 * sizes.length_mm.value
    found = region.likely.sum() * region.geometry.voxel_volume_mm3
    assert found == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize("made", [healthy_l3, thoracic_t7])
def test_that_the_root_of_a_digital_spine_lies_where_it_may(made) -> None:
    truth, anatomy = made().truth, estimated(made)
    for name, region in anatomy.estimates.items():
        kind, level, side = name.split(":")
        if kind != "estimated_root":
            continue
        real = truth.masks[root(Level(level), Side(side))]
        hole = truth.foramina == foramen_label(Level(level), Side(side))
        points = truth.geometry.lps_mm(np.argwhere(real & hole)[:, ::-1].astype(float))
        assert held_by(region, points).all()
        likely = middle_mm(region, region.likely)
        assert np.linalg.norm(points - likely, axis=1).min() < 3.0


def test_that_what_may_hold_a_root_holds_its_foramen_and_no_bone() -> None:
    anatomy = estimated(healthy_l3)
    for side in Side:
        region = anatomy.estimates[estimated_root(Level.L3, side)]
        hole = np.argwhere(anatomy.foramina == foramen_label(Level.L3, side))
        points = anatomy.geometry.lps_mm(hole[:, ::-1].astype(float))
        assert held_by(region, points).all()
        index = np.argwhere(region.possible)[:, ::-1].astype(float)
        i, j, k = np.rint(anatomy.geometry.ijk(region.geometry.lps_mm(index))).astype(int).T
        free = anatomy.labels[k, j, i] == 0
        assert (free | (anatomy.foramina[k, j, i] > 0) | anatomy.canal[k, j, i]).all()


def test_that_no_root_reaches_over_to_the_other_side() -> None:
    anatomy = estimated(healthy_l3)
    vertebra = anatomy.vertebrae[Level.L3]
    for side in Side:
        region = anatomy.estimates[estimated_root(Level.L3, side)]
        points = region.geometry.lps_mm(np.argwhere(region.possible)[:, ::-1].astype(float))
        away = (points - vertebra.body_centre.array) @ np.array(vertebra.left) * side.sign
        assert away.min() > -1.0


def test_that_a_root_drawn_by_hand_is_not_estimated_beside_it() -> None:
    anatomy = estimated(healthy_l3)
    drawn = replace(anatomy, masks={root(Level.L3, Side.LEFT): anatomy.canal}, estimates={})
    found = with_roots(drawn).estimates
    assert estimated_root(Level.L3, Side.LEFT) not in found
    assert estimated_root(Level.L3, Side.RIGHT) in found


def test_that_without_a_pedicle_or_a_foramen_nothing_is_estimated() -> None:
    anatomy = replace(estimated(healthy_l3), estimates={})
    assert not with_roots(replace(anatomy, foramina=np.zeros_like(anatomy.foramina))).estimates
    bare = {level: replace(one, pedicles={}) for level, one in anatomy.vertebrae.items()}
    assert not with_roots(replace(anatomy, vertebrae=bare)).estimates


def test_that_a_pedicle_misplaced_far_away_gives_at_most_what_lies_in_the_box() -> None:
    anatomy = replace(estimated(healthy_l3), estimates={})
    vertebra = anatomy.vertebrae[Level.L3]
    pedicle = replace(vertebra.pedicles[Side.LEFT], isthmus=PointLps(0.0, 900.0, 0.0))
    odd = replace(vertebra, pedicles={Side.LEFT: pedicle})
    found = with_roots(replace(anatomy, vertebrae={**anatomy.vertebrae, Level.L3: odd})).estimates
    assert estimated_ganglion(Level.L3, Side.LEFT) not in found


def test_that_the_names_are_those_of_estimates_and_say_so() -> None:
    for name in (
        estimated_root(Level.L3, Side.LEFT),
        estimated_ganglion(Level.T10, Side.RIGHT),
    ):
        assert is_estimate(name)
        assert not is_structure(name)
    assert in_words(estimated_root(Level.L3, Side.LEFT)) == "estimated L3 left root"
    assert in_words(root(Level.L3, Side.LEFT)) == "L3 left root"
    assert not is_estimate("estimated_root:L9:left")


def test_that_no_size_is_from_memory_and_other_levels_borrow_from_the_next() -> None:
    sizes = root_sizes(Level.L4)
    for one in (sizes.under_pedicle_mm, sizes.angle_deg, sizes.width_mm, sizes.length_mm):
        assert one.status is Status.VERIFIED
        assert one.source
    assert root_sizes(Level.T7) == root_sizes(Level.T13) == root_sizes(Level.L1)
    assert root_sizes(Level.L6) == root_sizes(Level.L5)
    assert root_sizes(Level.L5).width_mm.value > root_sizes(Level.L1).width_mm.value
