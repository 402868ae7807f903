"""What proposals are sorted by: distance, the lesion held by the zone, slant, and the way in."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.geometry.points import unit
from planner.planning import propose
from planner.planning.aims import lesion_in
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.path_search import awkward_mm
from planner.planning.ranking import COVERAGE_MM, LENGTH_MM_PER_MM, best_that_differ, rank
from planner.planning.reasons import off_centre
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine
from planning.analytic_spine import Shape

ANTENNA = load_catalog().devices["eco-mwa"]
LESION = (6.0, -2.0, 2.0, 8.0)


@pytest.fixture(scope="module")
def scene():
    return spine.build(Shape(lesion=LESION))


@pytest.fixture(scope="module")
def found(scene):
    return propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, device=ANTENNA).trajectories


def held_by_brute_force(scene, needle) -> float:
    """The share of lesion voxels in the body inside the first zone of the table."""
    row = ANTENNA.zone_rows[0]
    inside = scene.anatomy.lesion & (scene.anatomy.bodies == Level.L3.verse_label)
    points = scene.anatomy.geometry.lps_mm(np.argwhere(inside)[:, ::-1].astype(float))
    axis = unit(needle.tip.array - needle.entry.array)
    offset = points - (needle.tip.array - row.centre_from_tip_mm.value * axis)
    along = offset @ axis
    across = np.linalg.norm(offset - along[:, None] * axis, axis=1)
    a, b = row.length_mm.value / 2.0, row.width_mm.value / 2.0
    return float(np.mean((along / a) ** 2 + (across / b) ** 2 <= 1.0))


def test_that_the_score_holds_distance_lesion_slant_and_way_and_says_so(scene, found) -> None:
    assert found
    around = surroundings_of(scene.anatomy, Level.L3)
    for item in found:
        assert item.coverage == pytest.approx(
            held_by_brute_force(scene, item.trajectory), abs=0.03
        )
        miss = off_centre(item.trajectory, lesion_in(scene.anatomy, around), ANTENNA)
        slant = float(awkward_mm(miss, item.measures.angles_deg["endplate"]))
        wanted = min(item.worst_mm, ENOUGH_MM) + COVERAGE_MM * item.coverage - slant
        wanted -= LENGTH_MM_PER_MM * item.trajectory.length_mm
        assert item.score == pytest.approx(wanted)
        (said,) = [words for words in item.reasons if words.startswith("Scored")]
        assert f"{item.coverage:.0%} of the lesion held" in said
        assert f"{item.trajectory.length_mm:.0f} mm from the skin" in said


def test_that_of_two_alike_the_one_that_holds_more_or_is_shorter_comes_first(scene, found) -> None:
    first = found[0]
    other = replace(first, score=first.score - COVERAGE_MM * 0.1)
    assert rank(first) < rank(other)
    vertebra = scene.anatomy.vertebrae[Level.L3]
    assert best_that_differ([other, first], vertebra) == [first]


def test_that_without_a_table_or_a_lesion_nothing_is_held(scene) -> None:
    bare = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT).trajectories
    whole = spine.usual()
    healthy = propose(whole.ct, whole.anatomy, Level.L3, side=Side.LEFT, device=ANTENNA)
    for item in (*bare, *healthy.trajectories):
        assert item.coverage is None
        assert not any("lesion held" in words for words in item.reasons)


def test_that_the_zone_is_laid_over_the_lesion_better_than_with_the_tip_in_its_middle(
    scene, found
) -> None:
    middle = scene.lps(*LESION[:3])
    in_middle = propose(
        scene.ct,
        scene.anatomy,
        Level.L3,
        side=Side.LEFT,
        device=ANTENNA,
        target=middle,
        approach=Approach.TRANSPEDICULAR,
    ).trajectories
    assert in_middle
    best = max(item.coverage for item in found)
    assert best >= max(item.coverage for item in in_middle)
    assert found[0].coverage >= best - 0.1


def test_that_no_score_gives_up_more_of_the_distance_than_the_lesion_is_worth(found) -> None:
    for first, second in pairwise(found):
        if first.trajectory.approach is second.trajectory.approach:
            gained = COVERAGE_MM * ((first.coverage or 0.0) - (second.coverage or 0.0))
            assert min(second.worst_mm, ENOUGH_MM) - min(first.worst_mm, ENOUGH_MM) <= gained + 0.4
