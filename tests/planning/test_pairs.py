"""Two needles at once: from both sides, apart, and covering more than one."""

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import Trajectory
from planner.planning import Proposals, bare_needle, needle_gaps, propose
from planner.planning.aims import choose_half_aims, lesion_in
from planner.planning.pairs import BESIDE_MM
from planner.planning.ranking import differ
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine
from planning.analytic_spine import Scene, Shape

ANTENNA = load_catalog().devices["eco-mwa"]
DIAMETER = 2.41
LARGE = Shape(lesion=(0.0, 0.0, 0.0, 19.0))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.build(LARGE)


@pytest.fixture(scope="module")
def found(scene: Scene) -> Proposals:
    return propose(scene.ct, scene.anatomy, Level.L3, device=ANTENNA)


def test_that_a_lesion_of_most_of_the_body_gets_pairs_from_both_sides(
    scene: Scene, found: Proposals
) -> None:
    assert "plan two needles" in found.notes[0]
    assert len(found.pairs) == 3
    for pair in found.pairs:
        assert pair.left.trajectory.side is Side.LEFT
        assert pair.right.trajectory.side is Side.RIGHT
        assert pair.worst_mm == min(pair.left.worst_mm, pair.right.worst_mm)
        assert pair.worst_mm > 0.5
        for item in (pair.left, pair.right):
            place = (item.trajectory.tip.array - scene.shift) @ scene.turn
            assert place[0] * item.trajectory.side.sign > 0.0
            assert item.measures.tip is not None
            assert item.measures.tip.in_body


def test_that_the_spacing_of_a_pair_is_that_of_its_needles(found: Proposals) -> None:
    for pair in found.pairs:
        both = (pair.left.trajectory, pair.right.trajectory)
        (between,) = needle_gaps({item.id: bare_needle(item, DIAMETER) for item in both})
        assert pair.between == between
        assert pair.between.surfaces_mm >= BESIDE_MM


def in_first_zone(points_mm: np.ndarray, needle: Trajectory) -> np.ndarray:
    """Which points lie in the ellipsoid of the first row of the table, by its closed form."""
    row = ANTENNA.zone_rows[0]
    axis = (needle.tip.array - needle.entry.array) / needle.length_mm
    offset = points_mm - (needle.tip.array - row.centre_from_tip_mm.value * axis)
    along = offset @ axis
    across = np.linalg.norm(offset - along[:, None] * axis, axis=1)
    half_length, half_width = row.length_mm.value / 2.0, row.width_mm.value / 2.0
    return np.asarray((along / half_length) ** 2 + (across / half_width) ** 2 <= 1.0)


def test_that_two_zones_cover_what_is_counted_point_by_point(
    scene: Scene, found: Proposals
) -> None:
    lesion = lesion_in(scene.anatomy, surroundings_of(scene.anatomy, Level.L3))
    assert lesion is not None
    for pair in found.pairs:
        held = np.zeros(len(lesion.points_mm), dtype=bool)
        alone = []
        for item in (pair.left, pair.right):
            inside = in_first_zone(lesion.points_mm, item.trajectory)
            alone.append(inside.mean())
            held |= inside
        assert pair.coverage == pytest.approx(held.mean())
        assert pair.coverage > max(alone) + 0.1
        assert any(f"would hold {pair.coverage:.0%} of the lesion" in r for r in pair.reasons)


def test_that_pairs_really_differ(scene: Scene, found: Proposals) -> None:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    for n, one in enumerate(found.pairs):
        for other in found.pairs[n + 1 :]:
            assert differ(one.left.trajectory, other.left.trajectory, vertebra) or differ(
                one.right.trajectory, other.right.trajectory, vertebra
            )
    names = [item.trajectory.id for pair in found.pairs for item in (pair.left, pair.right)]
    assert names == ["P1L", "P1R", "P2L", "P2R", "P3L", "P3R"]


def test_that_each_needle_aims_at_its_own_half(scene: Scene) -> None:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    lesion = lesion_in(scene.anatomy, surroundings_of(scene.anatomy, Level.L3))
    assert lesion is not None
    for side in Side:
        aims = choose_half_aims(vertebra, side, lesion, None)
        outward = (aims.points_mm - vertebra.body_centre.array) @ vertebra.left * side.sign
        assert (outward > 2.0).all()
        assert aims.miss[0] == 0.0
        assert outward[1] < outward[0] < outward[2]


def test_that_a_side_without_a_path_is_told(scene: Scene) -> None:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    only_left = replace(vertebra, pedicles={Side.LEFT: vertebra.pedicles[Side.LEFT]})
    anatomy = replace(scene.anatomy, vertebrae={Level.L3: only_left})
    found = propose(scene.ct, anatomy, Level.L3, device=ANTENNA)
    assert found.pairs == ()
    assert found.none_because[-1] == (
        "Two needles: none from the right. The right pedicle of L3 was not found."
    )


def test_that_pairs_are_proposed_only_where_they_are_needed_or_asked_for(scene: Scene) -> None:
    small = spine.build(Shape(lesion=(4.0, 0.0, 0.0, 7.0)))
    assert propose(small.ct, small.anatomy, Level.L3, device=ANTENNA).pairs == ()
    asked = propose(small.ct, small.anatomy, Level.L3, device=ANTENNA, two_needles=True)
    assert asked.pairs
    one = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, device=ANTENNA)
    assert one.pairs == ()
    none = replace(small, anatomy=replace(small.anatomy, lesion=None))
    without = propose(none.ct, none.anatomy, Level.L3, two_needles=True)
    assert without.pairs == ()
    assert "no lesion was outlined" in without.none_because[-1]


def test_that_without_a_zone_no_coverage_is_made_up(scene: Scene) -> None:
    pairs = propose(scene.ct, scene.anatomy, Level.L3).pairs
    assert pairs
    assert all(pair.coverage is None for pair in pairs)
    assert not any("would hold" in reason for pair in pairs for reason in pair.reasons)
