"""Proposed trajectories on a vertebra of closed forms and on the digital spine."""

from dataclasses import replace

import numpy as np
import pytest

import phantoms
from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.domain.sourced import Interval
from planner.planning import Proposals, measure, propose
from planner.planning.aims import choose_aims
from planner.planning.candidates import score
from planner.planning.corridors import corridors_for
from planner.planning.exact_distances import ENOUGH_MM, worst_under_error_mm
from planner.planning.finalists import exact
from planner.planning.path_search import Task, window_points
from planner.planning.proposals import ProposedTrajectory
from planner.planning.propose import access_diameter_mm
from planner.planning.sampling import trilinear
from planner.planning.search_space import search_space
from planner.planning.side_search import worst_mm
from planner.planning.skin_access import skin_access
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine
from planning.analytic_spine import Scene, Shape

SKIN_NOT_SHOWN = "This scan does not show the skin at the kept entry"

ANTENNA = load_catalog().devices["eco-mwa"]
NARROW = Shape(pedicle_half_width={Side.LEFT: 4.5, Side.RIGHT: 1.5})


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.usual()


@pytest.fixture(scope="module")
def on_the_left(scene: Scene) -> Proposals:
    return propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT)


@pytest.fixture(scope="module")
def best_on_the_left(scene: Scene) -> ProposedTrajectory:
    return best_of(scene, Side.LEFT)


@pytest.fixture(scope="module")
def narrow() -> Scene:
    return spine.build(NARROW)


@pytest.fixture(scope="module")
def best_in_narrow(narrow: Scene) -> dict[Side, ProposedTrajectory]:
    return {side: best_of(narrow, side) for side in Side}


def best_of(scene: Scene, side: Side) -> ProposedTrajectory:
    level = scene.shape.level
    return propose(scene.ct, scene.anatomy, level, side=side, count=1).trajectories[0]


def test_that_both_sides_get_a_path_inside_the_pedicle_to_the_front_third(scene: Scene) -> None:
    found = propose(scene.ct, scene.anatomy, Level.L3)
    assert len(found.trajectories) == 3
    assert found.none_because == ()
    assert found.searched >= 20_000
    assert {item.trajectory.side for item in found.trajectories} == set(Side)
    for item in found.trajectories:
        assert item.trajectory.approach is Approach.TRANSPEDICULAR
        assert item.measures.pedicle is not None
        assert item.measures.pedicle.worst_mm.best > 2.0
        assert item.measures.tip is not None
        assert item.measures.tip.in_anterior_third
        assert item.worst_mm == pytest.approx(worst_mm(item.measures))
        assert item.measures.skin is not None
        assert item.trajectory.entry.distance_mm(item.measures.skin) < 1e-6
    assert [item.trajectory.id for item in found.trajectories] == ["P1", "P2", "P3"]


def test_that_reasons_are_sentences_with_the_numbers_measured(scene: Scene) -> None:
    best = propose(scene.ct, scene.anatomy, Level.L3, count=1).trajectories[0]
    assert best.measures.pedicle is not None
    assert f"{best.measures.pedicle.worst_mm.best:.1f} mm" in best.reasons[0]
    assert f"canal, {best.measures.clearances_mm['canal']:.1f} mm" in best.reasons[1]
    assert all(reason.endswith(".") for reason in best.reasons)


def test_that_a_side_and_an_approach_can_be_asked_for(scene: Scene) -> None:
    found = propose(
        scene.ct, scene.anatomy, Level.L3, side=Side.RIGHT, approach=Approach.POSTEROLATERAL
    )
    assert found.trajectories
    for item in found.trajectories:
        assert item.trajectory.side is Side.RIGHT
        assert item.trajectory.approach is Approach.POSTEROLATERAL
        assert item.measures.pedicle is None
        assert item.measures.clearances_mm["canal"] >= 1.5
        assert item.trajectory.entry.x_mm < item.trajectory.tip.x_mm


def test_that_an_approach_that_does_not_suit_the_level_is_said(scene: Scene) -> None:
    found = propose(scene.ct, scene.anatomy, Level.L3, approach=Approach.TRANSCOSTOVERTEBRAL)
    assert found.trajectories == ()
    assert found.none_because == ("A transcostovertebral path is not used at L3.",)


def test_that_a_pedicle_too_narrow_gives_the_reason_and_another_way(narrow: Scene) -> None:
    through = propose(
        narrow.ct,
        narrow.anatomy,
        Level.L3,
        side=Side.RIGHT,
        approach=Approach.TRANSPEDICULAR,
        device=ANTENNA,
    )
    assert through.trajectories == ()
    (because,) = through.none_because
    assert because.startswith("Right transpedicular: the pedicle is 3.0 mm wide")
    assert "a needle of 2.4 mm needs 0.5 mm of bone all around" in because
    beside = propose(narrow.ct, narrow.anatomy, Level.L3, side=Side.RIGHT, device=ANTENNA)
    assert beside.trajectories
    assert all(
        item.trajectory.approach is not Approach.TRANSPEDICULAR for item in beside.trajectories
    )
    assert because in beside.none_because


def test_that_a_missing_pedicle_is_said(scene: Scene) -> None:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    only_left = replace(vertebra, pedicles={Side.LEFT: vertebra.pedicles[Side.LEFT]})
    anatomy = replace(scene.anatomy, vertebrae={Level.L3: only_left})
    found = propose(scene.ct, anatomy, Level.L3)
    assert "The right pedicle of L3 was not found." in found.none_because
    assert {item.trajectory.side for item in found.trajectories} == {Side.LEFT}


def test_that_a_given_target_is_where_the_tip_lies(scene: Scene) -> None:
    target = scene.lps(4.0, -6.0, 2.0)
    found = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, target=target)
    assert found.trajectories
    for item in found.trajectories:
        assert item.trajectory.tip.distance_mm(target) < 1e-6


@pytest.mark.parametrize("target", [(0.0, -40.0, 0.0), (*spine.CANAL[:2], 0.0)])
def test_that_a_target_outside_the_body_gives_no_path(
    scene: Scene, target: tuple[float, float, float]
) -> None:
    """In front of the body, and in the canal behind it."""
    found = propose(scene.ct, scene.anatomy, Level.L3, target=scene.lps(*target))
    assert found.trajectories == ()
    assert found.none_because == ("The target lies outside the body of L3.",)


def test_that_a_target_at_the_edge_of_the_body_is_too_shallow(scene: Scene) -> None:
    front = scene.lps(0.0, -spine.BODY_HALF[1] + 1.0, 0.0)
    found = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, target=front)
    assert found.trajectories == ()
    assert any("no tip lies 3 mm deep in the body" in reason for reason in found.none_because)


def test_that_a_lesion_is_covered_by_the_zone_of_the_device() -> None:
    scene = spine.build(Shape(lesion=(6.0, -4.0, 2.0, 6.0)))
    found = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, device=ANTENNA)
    best = found.trajectories[0]
    assert any("would hold 100% of the lesion" in reason for reason in best.reasons)
    axis = best.trajectory.tip.array - best.trajectory.entry.array
    centre = best.trajectory.tip.array - 7.5 * axis / np.linalg.norm(axis)
    assert np.linalg.norm(centre - scene.lps(6.0, -4.0, 2.0).array) < 1.0
    assert found.notes == ()


def test_that_the_cannula_of_a_device_counts_not_its_antenna() -> None:
    assert access_diameter_mm(ANTENNA) == 2.41
    assert access_diameter_mm(load_catalog().devices["osteocool-10"]) == 1.47
    assert access_diameter_mm(None) == 2.4


def with_hu(scene: Scene, where: np.ndarray, hu: int) -> Scene:
    changed = scene.ct.hu.copy()
    changed[where] = hu
    return replace(scene, ct=replace(scene.ct, hu=changed))


@pytest.mark.parametrize(
    ("hu", "words"),
    [(600, "all pass a rib or other bone on the way"), (-900, "lung or bowel gas")],
)
def test_that_bone_or_gas_before_the_vertebra_stops_a_path(
    scene: Scene, hu: int, words: str
) -> None:
    place = spine.own_points(scene.ct.geometry, scene.turn, scene.shift)
    slab = (np.abs(place[..., 1] - 55.0) < 4.0) & (np.abs(place[..., 0] - 22.0) < 18.0)
    blocked = with_hu(scene, slab, hu)
    found = propose(
        blocked.ct,
        blocked.anatomy,
        Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
    )
    assert found.trajectories == ()
    assert words in found.none_because[0]


def test_that_gas_beside_a_path_counts_when_the_hand_errs(
    scene: Scene, best_on_the_left: ProposedTrajectory
) -> None:
    """A gap in gas, narrow enough that being 2 mm off matters there more than in the bone."""
    free = best_on_the_left
    start, end = free.trajectory.entry.array, free.trajectory.tip.array
    way = (end - start) / np.linalg.norm(end - start)
    place = scene.ct.geometry.lps_mm(
        np.stack(np.indices(scene.ct.geometry.shape_kji)[::-1], axis=-1).astype(float)
    )
    along = (place - start) @ way
    aside = np.linalg.norm(place - start - along[..., None] * way, axis=-1)
    tube = (np.abs(along - 30.0) < 5.0) & (aside > 4.0) & (aside < 14.0)
    gassy = with_hu(scene, tube, -900)
    (found,) = propose(
        gassy.ct,
        gassy.anatomy,
        Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        count=1,
    ).trajectories
    bone = worst_under_error_mm(
        found.trajectory, gassy.anatomy, outer_diameter_mm=found.measures.outer_diameter_mm
    )
    assert found.gas_mm < bone
    assert found.worst_under_error_mm < found.gas_mm
    assert f"{found.worst_under_error_mm:.1f} mm" in found.reasons[-1]


def test_that_a_skin_outside_the_scan_is_said(scene: Scene) -> None:
    cut = spine.build(geometry=spine.grid(extent=(120.0, 120.0, 64.0)))
    best = propose(cut.ct, cut.anatomy, Level.L3, side=Side.LEFT).trajectories[0]
    assert any("the skin lies outside the scan" in reason for reason in best.reasons)
    assert cut.ct.geometry.contains(best.trajectory.entry.array[None])[0]


def test_that_the_fields_of_the_search_agree_with_the_exact_measures(scene: Scene) -> None:
    rng = np.random.default_rng(3)
    space = search_space(scene.ct, scene.anatomy, Level.L3)
    needles = []
    for _ in range(60):
        tip = (rng.uniform(-12, 12), rng.uniform(-10, 5), rng.uniform(-8, 8))
        entry = (rng.uniform(-60, 60), 80.0, rng.uniform(-20, 20))
        needles.append(scene.needle(entry, tip, approach=Approach.POSTEROLATERAL))
    tips = np.array([needle.tip.array for needle in needles])
    outward = np.array([needle.entry.array for needle in needles]) - tips
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    fields = score(space, tips, outward, np.full((60, 2), -1.0))
    for needle, danger in zip(needles, fields.danger, strict=True):
        found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.0)
        exact = worst_mm(found) + 1.0
        if exact > 0.5:
            assert danger == pytest.approx(exact, abs=0.8)


@pytest.mark.parametrize(
    ("turn", "axes"),
    [
        (np.eye(3), np.diag([-1.0, -1.0, 1.0])),
        (np.eye(3), spine.rotation((0.3, 1.0, 0.2), 25.0)),
        (spine.rotation((1.0, 0.3, 0.2), 18.0), np.eye(3)),
    ],
    ids=["prone grid", "oblique grid", "tilted vertebra"],
)
def test_that_the_best_path_is_as_good_on_any_grid(
    best_in_narrow: dict[Side, ProposedTrajectory], turn: spine.Array, axes: spine.Array
) -> None:
    geometry = spine.grid((0.8, 0.8, 1.0), axes, (240.0, 220.0, 90.0))
    other = spine.build(NARROW, geometry, turn=turn)
    for side in Side:
        assert min(best_of(other, side).worst_mm, ENOUGH_MM) == pytest.approx(
            min(best_in_narrow[side].worst_mm, ENOUGH_MM), abs=0.7
        )


def test_that_mirroring_the_patient_swaps_the_proposals(
    best_in_narrow: dict[Side, ProposedTrajectory],
) -> None:
    widths = NARROW.pedicle_half_width
    mirrored = spine.build(Shape(pedicle_half_width={side: widths[side.other] for side in Side}))
    for side in Side:
        ours, theirs = best_in_narrow[side], best_of(mirrored, side.other)
        assert theirs.trajectory.approach is ours.trajectory.approach
        assert min(theirs.worst_mm, ENOUGH_MM) == pytest.approx(
            min(ours.worst_mm, ENOUGH_MM), abs=0.3
        )
        assert theirs.measures.angles_deg["axial"] == pytest.approx(
            ours.measures.angles_deg["axial"], abs=3.0
        )


def test_that_the_digital_spine_gets_a_path_on_each_side_inside_its_pedicle() -> None:
    phantom = phantoms.easy_l3()
    for side in Side:
        found = propose(
            phantom.ct,
            phantom.truth,
            Level.L3,
            side=side,
            approach=Approach.TRANSPEDICULAR,
            device=ANTENNA,
        )
        for item in found.trajectories:
            assert item.measures.pedicle is not None
            assert item.measures.pedicle.gertzbein_robbins == "A"
            assert item.measures.clearances_mm["canal"] > 0.5
            assert item.measures.tip is not None
            assert item.measures.tip.in_body
        assert found.trajectories or found.none_because


def test_that_progress_is_told_and_may_stop_the_search(scene: Scene) -> None:
    told: list[float] = []

    def report(fraction: float, message: str) -> None:
        assert message
        told.append(fraction)
        if len(told) > 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        propose(scene.ct, scene.anatomy, Level.L3, report=report)
    assert told[0] > 0.0


def test_that_the_doubt_of_a_width_is_told_with_it(narrow: Scene) -> None:
    vertebra = narrow.anatomy.vertebrae[Level.L3]
    assert vertebra.pedicles[Side.RIGHT].width_mm == Interval(2.2, 3.0, 3.8)
    found = propose(
        narrow.ct,
        narrow.anatomy,
        Level.L3,
        side=Side.RIGHT,
        approach=Approach.TRANSPEDICULAR,
    )
    assert "(2.2 to 3.8)" in found.none_because[0]


def test_that_the_best_path_is_within_a_third_of_a_millimetre_of_the_best_of_all() -> None:
    """Every window point with every aim, measured exactly, on the digital spine."""
    phantom = phantoms.easy_l3()
    anatomy = replace(phantom.truth, lesion=None)
    chosen = propose(
        phantom.ct,
        anatomy,
        Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        count=1,
    ).trajectories[0]
    surroundings = surroundings_of(anatomy, Level.L3)
    vertebra = anatomy.vertebrae[Level.L3]
    task = Task(
        vertebra=vertebra,
        side=Side.LEFT,
        pedicle=vertebra.pedicles[Side.LEFT],
        corridor=corridors_for(Level.L3, Approach.TRANSPEDICULAR)[0],
        aims=choose_aims(vertebra, surroundings, Side.LEFT, target=None, lesion=None, device=None),
        radius_mm=1.2,
        space=search_space(phantom.ct, anatomy, Level.L3),
    )
    best = max(
        exact(task, surroundings, tip, through).worst_mm
        for tip in task.aims.points_mm
        for through in window_points(task)
        if body_depth(task, tip) >= 3.0
    )
    assert chosen.worst_mm >= best - 0.3


def body_depth(task: Task, tip: np.ndarray) -> float:
    i, j, k = task.space.geometry.ijk(tip)
    return float(trilinear(task.space.body, i, j, k))


def test_that_an_entry_can_be_kept(scene: Scene, on_the_left: Proposals) -> None:
    free = on_the_left.trajectories[0]
    entry = free.trajectory.entry
    kept = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, entry=entry)
    assert kept.trajectories
    for item in kept.trajectories:
        assert item.trajectory.entry == entry
    assert kept.trajectories[0].worst_mm > 1.5
    far = propose(
        scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, entry=scene.lps(95.0, 10.0, 0.0)
    )
    assert far.trajectories == ()
    assert any("no path from the kept entry has" in reason for reason in far.none_because)


def test_that_the_error_of_a_hand_takes_from_the_margin_what_the_lever_gives(
    scene: Scene, best_on_the_left: ProposedTrajectory
) -> None:
    needle = scene.through_pedicle()
    plain = worst_under_error_mm(needle, scene.anatomy, outer_diameter_mm=2.4, error_mm=1e-6)
    off = worst_under_error_mm(needle, scene.anatomy, outer_diameter_mm=2.4, error_mm=3.0)
    assert plain == pytest.approx(
        worst_mm(measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4)), abs=1e-3
    )
    lever = (60.0 + 4.0) / 86.0
    assert plain - off == pytest.approx(3.0 * lever, abs=0.5)
    proposed = best_on_the_left
    assert proposed.worst_under_error_mm < proposed.worst_mm
    assert f"{proposed.worst_under_error_mm:.1f} mm" in proposed.reasons[-1]


def test_that_the_skin_behind_reaches_the_body_past_the_canal_and_the_midline_does_not(
    scene: Scene,
) -> None:
    access = skin_access(scene.ct, scene.anatomy, Level.L3, outer_diameter_mm=2.4)
    own = access.points_mm
    assert len(own) > 300
    on_skin = (own[:, 0] / spine.SKIN[2]) ** 2 + (own[:, 1] / spine.SKIN[3]) ** 2
    assert np.abs(on_skin - 1.0).max() < 0.03
    midline = (np.abs(own[:, 0]) < 3.0) & (np.abs(own[:, 2]) < 5.0)
    beside = (np.abs(np.abs(own[:, 0]) - 35.0) < 6.0) & (np.abs(own[:, 2]) < 10.0)
    assert midline.any()
    assert (access.clearance_mm[midline] < 0.0).all()
    assert beside.any()
    assert (access.clearance_mm[beside] > access.limit_mm).all()
    for point, tip, clearance in zip(own, access.tips_mm, access.clearance_mm, strict=True):
        if 1.0 < clearance < 7.0:
            needle = scene.needle(tuple(point), tuple(tip), approach=Approach.POSTEROLATERAL)
            found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4)
            assert worst_mm(found) == pytest.approx(clearance, abs=0.8)


@pytest.mark.parametrize("off_mm", [-40.0, -8.0, 8.0, 30.0])
def test_that_a_kept_entry_off_the_skin_is_told_and_nothing_is_proposed(
    scene, on_the_left, off_mm
) -> None:
    first = on_the_left.trajectories[0].trajectory
    centre = scene.anatomy.vertebrae[Level.L3].body_centre
    way = first.entry.array - centre.array
    way /= np.linalg.norm(way)
    kept = propose(
        scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, entry=first.entry.moved(off_mm * way)
    )
    assert kept.trajectories == ()
    where = "under" if off_mm < 0.0 else "outside"
    assert f"lies {abs(off_mm):.0f} mm {where}" in " ".join(kept.none_because)


def test_that_a_kept_entry_on_the_skin_is_searched_from(scene, on_the_left) -> None:
    first = on_the_left.trajectories[0].trajectory
    kept = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, entry=first.entry)
    assert kept.trajectories[0].trajectory.entry == first.entry
    assert not any(SKIN_NOT_SHOWN in note for note in kept.notes)


def test_that_it_is_said_where_the_scan_does_not_show_the_skin_of_a_kept_entry() -> None:
    scene = spine.build(geometry=spine.grid(extent=(120.0, 110.0, 64.0)))
    entry = scene.lps(40.0, 54.0, 0.0)
    kept = propose(scene.ct, scene.anatomy, Level.L3, side=Side.LEFT, entry=entry)
    assert any(SKIN_NOT_SHOWN in note for note in kept.notes)
