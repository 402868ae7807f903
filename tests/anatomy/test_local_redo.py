"""A correction redoes only what it touches, and gives what redoing everything would give."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from phantoms import broken_wall_l3
from planner.anatomy import instances as instances_module
from planner.anatomy import spine_parts as spine_parts_module
from planner.anatomy.bilinear import linear
from planner.anatomy.builtin import outline_spine
from planner.anatomy.corrected_spine import CorrectedSpine, corrected
from planner.anatomy.description import Change, Measured, measure, with_difference
from planner.anatomy.disc_lines import disc_planes
from planner.anatomy.hollows import hollows
from planner.anatomy.instances import SplitChoices, split_vertebrae
from planner.anatomy.shells import within
from planner.anatomy.spine_model import SpineModel
from planner.anatomy.spine_parts import spine_parts
from planner.domain.anatomy import Origin
from planner.domain.corrections import (
    BoneThreshold,
    CanalPoint,
    Correction,
    DiscMoved,
    DiscPlane,
    WallLine,
    WallSide,
)
from planner.domain.progress import unreported
from planner.geometry.points import PointLps

GRIDS = ("labels", "bodies", "discs", "foramina", "canal", "work_foramina")


REPORTED: list[tuple[float, str]] = []


def note(fraction: float, message: str) -> None:
    REPORTED.append((fraction, message))


@pytest.fixture(scope="module")
def automatic() -> tuple[CorrectedSpine, Measured]:
    outline = outline_spine(broken_wall_l3().ct, note)
    return CorrectedSpine(outline=outline), measure(outline.model(), Origin.AUTOMATIC, note)


def test_that_progress_only_grows_and_names_every_disc_and_vertebra(
    automatic: tuple[CorrectedSpine, Measured],
) -> None:
    fractions = [fraction for fraction, _ in REPORTED]
    assert fractions == sorted(fractions)
    assert 0.0 < fractions[0] < fractions[-1] < 1.0
    said = {message for _, message in REPORTED}
    discs = len(automatic[0].outline.spine.discs.s_mm)
    for n in range(discs):
        assert f"outlining the endplates of disc {n + 1} of {discs}" in said
    for n in range(discs + 1):
        assert f"outlining vertebra {n + 1} of {discs + 1}" in said
        assert f"measuring vertebra {n + 1}" in said


def word_on(kind: type, spine: CorrectedSpine) -> Correction:
    straight = spine.outline.spine
    discs, curve = disc_planes(straight), straight.curve
    disc = discs[len(discs) // 2]
    place = straight.discs.s_mm[len(discs) // 2] - 15.0
    along = np.array([place - 8.0, place, place + 8.0])
    if kind is DiscMoved:
        up = disc.middle.moved(3.0 * np.array(disc.normal))
        return DiscMoved(disc=disc.middle, plane=DiscPlane(middle=up, normal=disc.normal))
    if kind is CanalPoint:
        at = curve.at(np.array(place), np.array(1.0), np.array(2.5))
        return CanalPoint(at=PointLps.of(at))
    if kind is BoneThreshold:
        middle = straight.discs.walls.centre_at(np.array(place))
        at = curve.at(np.array(place), middle, np.array(0.0))
        return BoneThreshold(at=PointLps.of(at), threshold_hu=230.0)
    wall = straight.discs.walls.posterior_at(along) + 1.5
    drawn = curve.at(along, wall, np.zeros(3))
    return WallLine(side=WallSide.POSTERIOR, points=tuple(map(PointLps.of, drawn)))


def nothing(before: Measured, model: SpineModel) -> tuple[Measured, Change]:
    """Nothing measured yet, on the same part of the scan: a bent canal moves that part."""
    empty = {name: np.zeros_like(getattr(before, name)) for name in GRIDS}
    everything = frozenset(range(1, model.count + 1))
    change = Change(touched=everything, table=np.zeros(256, np.uint8), box=model.whole)
    return replace(before, vertebrae={}, **empty), change


@pytest.mark.parametrize(
    "kind", [DiscMoved, CanalPoint, BoneThreshold], ids=lambda kind: kind.__name__
)
def test_that_what_is_measured_after_a_correction_is_what_measuring_all_gives(
    kind: type, automatic: tuple[CorrectedSpine, Measured]
) -> None:
    spine, before = automatic
    after = corrected(word_on(kind, spine), spine)
    assert after.change is not None
    old, new = spine.outline.model(), after.outline.model()
    change = with_difference(after.change, old, new)
    local = measure(new, Origin.AUTOMATIC, unreported, before, change)
    whole = measure(new, Origin.AUTOMATIC, unreported, *nothing(before, new))
    # A canal point moves 64 mm of canal, which is all of this short spine.
    assert 0 < len(change.touched) < new.count + (kind is CanalPoint)
    for name in GRIDS:
        assert np.array_equal(getattr(local, name), getattr(whole, name)), name
    assert local.vertebrae.keys() == whole.vertebrae.keys()
    for number, vertebra in whole.vertebrae.items():
        mine = local.vertebrae[number]
        assert mine.pedicles == vertebra.pedicles, number
        assert mine.body_volume_ml == vertebra.body_volume_ml
        assert mine.body_centre == vertebra.body_centre
        assert (mine.posterior_wall is None) == (vertebra.posterior_wall is None)
        if mine.posterior_wall and vertebra.posterior_wall:
            assert np.array_equal(mine.posterior_wall.cortex_hu, vertebra.posterior_wall.cortex_hu)


@pytest.mark.parametrize("kind", [DiscMoved, CanalPoint, WallLine], ids=lambda kind: kind.__name__)
def test_that_outlines_redone_in_part_are_those_of_the_whole_grid(
    kind: type, automatic: tuple[CorrectedSpine, Measured]
) -> None:
    spine, _ = automatic
    after = corrected(word_on(kind, spine), spine).outline
    straight = after.spine
    parts = spine_parts(after.located, straight.discs, straight.surfaces, straight.canal_radius_mm)
    assert np.array_equal(parts.canal, after.parts.canal)
    assert np.array_equal(parts.bodies, after.parts.bodies)
    assert np.array_equal(parts.discs, after.parts.discs)
    choices = SplitChoices(soft_hu=after.soft_hu)
    whole = split_vertebrae(after.volume, after.located, parts, straight, choices)
    differing = int((whole != after.vertebrae).sum())
    moved = int((spine.outline.vertebrae != after.vertebrae).sum())
    # Filters at the border of the part, and floods from beyond it, may decide single voxels.
    assert differing <= 0.001 * int((whole > 0).sum())
    assert differing < 0.2 * moved


masks = arrays.arrays(np.bool_, st.tuples(*[st.integers(1, 9)] * 3))


@given(masks, st.integers(0, 2))
def test_that_hollows_are_what_filling_each_section_adds(mask: np.ndarray, axis: int) -> None:
    sections = np.moveaxis(mask, axis, 0)
    filled = np.stack([ndimage.binary_fill_holes(section) for section in sections])
    expected = np.moveaxis(filled, 0, axis) & ~mask
    found = hollows(mask, axis)
    assert np.array_equal(found > 0, expected)
    for number in np.unique(found[found > 0]):
        assert len(np.unique(np.nonzero(found == number)[axis])) == 1, "one section each"


@settings(deadline=None)  # the first call compiles
@given(masks, st.sampled_from((1.0, 1.5, 2.0, 2.5)))
def test_that_what_lies_within_a_radius_is_told_by_the_distance(
    mask: np.ndarray, radius: float
) -> None:
    # The distance to nothing is not defined.
    distance = ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
    assert np.array_equal(within(mask, radius), distance <= radius)


@settings(deadline=None)  # the first call compiles
@given(
    arrays.arrays(np.float64, st.integers(1, 8), elements=st.floats(-1e3, 1e3)),
    arrays.arrays(np.float32, (2, 3), elements=st.floats(-3.0, 12.0, width=32)),
)
def test_that_a_table_is_read_between_its_samples(table: np.ndarray, places: np.ndarray) -> None:
    expected = np.interp(places, np.arange(len(table)), table)
    assert np.allclose(linear(table, places), expected, rtol=1e-12, atol=1e-9)


def test_that_the_first_redo_of_a_process_has_no_kernel_compiled_for_it(
    automatic: tuple[CorrectedSpine, Measured],
) -> None:
    kernels = (spine_parts_module._classify, instances_module._in_stretches)
    known = [set(one.signatures) for one in kernels]
    corrected(word_on(DiscMoved, automatic[0]), automatic[0])
    assert all(known)
    assert [set(one.signatures) for one in kernels] == known
    assert [len(one) for one in known] == [1, 1]
