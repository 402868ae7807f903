"""Measures of a needle against closed forms and brute force."""

import math
from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps
from planner.planning import Direction, TrajectoryMeasures, gertzbein_robbins, measure
from planner.planning.reasons import reasons_for
from planner.planning.surfaces import surface_points
from planning import analytic_spine as spine
from planning.analytic_spine import Scene, Shape

NARROW_RIGHT = Shape(pedicle_half_width={Side.LEFT: 4.5, Side.RIGHT: 3.0})
DIAMETER = 2.4


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.usual()


@pytest.fixture(scope="module")
def narrow_right() -> Scene:
    return spine.build(NARROW_RIGHT, spine.grid((0.8, 0.8, 1.0)))


def measured(scene: Scene, needle: Trajectory, diameter: float = DIAMETER) -> TrajectoryMeasures:
    return measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=diameter)


def face_points(mask: np.ndarray, geometry: spine.VolumeGeometry) -> spine.Array:
    """Midpoints between neighbouring centres inside and outside, found voxel by voxel."""
    padded = np.pad(mask, 1)
    found = []
    for offset in np.eye(3, dtype=int):
        for sign in (1, -1):
            beyond = np.roll(padded, -sign * offset, axis=(0, 1, 2))[1:-1, 1:-1, 1:-1]
            place = np.argwhere(mask & ~beyond) + 0.5 * sign * offset
            size = np.array(mask.shape) - 1
            found.append(place[((place >= 0) & (place <= size)).all(axis=1)])
    return geometry.lps_mm(np.concatenate(found)[:, ::-1])


def test_that_the_surface_of_a_mask_lies_midway_between_voxel_centres() -> None:
    geometry = spine.grid((0.5, 0.7, 2.0), spine.rotation((1, 2, 3), 40.0), (6.0, 8.0, 18.0))
    mask = np.random.default_rng(2).random(geometry.shape_kji) < 0.3
    mine = {tuple(np.round(p, 6)) for p in surface_points(mask, geometry)}
    assert mine == {tuple(np.round(p, 6)) for p in face_points(mask, geometry)}


def test_that_a_needle_through_the_canal_has_a_negative_clearance(scene: Scene) -> None:
    across = scene.needle((60.0, 23.5, 0.0), (-30.0, 23.5, 0.0))
    clearance = measured(scene, across).clearance("canal")
    assert clearance is not None
    assert clearance.distance_mm.best == pytest.approx(-(8.5 + DIAMETER / 2), abs=0.6)
    assert measured(scene, across).clearances[0].structure == "canal"


def test_that_a_needle_in_the_middle_of_the_pedicle_has_the_margins_of_the_ellipse(
    scene: Scene,
) -> None:
    pedicle = measured(scene, scene.through_pedicle()).pedicle
    assert pedicle is not None
    radius = DIAMETER / 2
    across = 4.5 - radius
    assert pedicle.shift_mm[Direction.MEDIAL].best == pytest.approx(across, abs=0.4)
    assert pedicle.shift_mm[Direction.LATERAL].best == pytest.approx(across, abs=0.4)
    for way in (Direction.SUPERIOR, Direction.INFERIOR):
        assert pedicle.shift_mm[way].best == pytest.approx(7.5 - radius, abs=0.6)
    assert pedicle.worst_mm.best == pytest.approx(across, abs=0.4)
    assert pedicle.width_across_needle_mm.best == pytest.approx(9.0, abs=0.5)
    assert pedicle.breach_mm == 0.0
    assert pedicle.gertzbein_robbins == "A"


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("outward", "grade"), [(4.0, "B"), (6.5, "C"), (-6.5, "C"), (-4.0, "B")])
def test_that_a_needle_beside_the_axis_breaches_by_the_closed_form(
    scene: Scene, side: Side, outward: float, grade: str
) -> None:
    needle = scene.through_pedicle(side, sideways=side.sign * outward)
    pedicle = measured(scene, needle).pedicle
    assert pedicle is not None
    across = abs(outward) * math.cos(math.radians(12.0))
    assert pedicle.breach_mm == pytest.approx(across + DIAMETER / 2 - 4.5, abs=0.6)
    way = Direction.LATERAL if outward > 0 else Direction.MEDIAL
    assert pedicle.worst_direction is way
    assert pedicle.shift_mm[way].best == pytest.approx(-pedicle.breach_mm, abs=0.25)
    assert pedicle.gertzbein_robbins == grade


def test_that_a_needle_below_the_pedicle_breaches_downward(scene: Scene) -> None:
    pedicle = measured(scene, scene.through_pedicle(up=-7.5)).pedicle
    assert pedicle is not None
    assert pedicle.worst_direction is Direction.INFERIOR
    assert pedicle.shift_mm[Direction.MEDIAL].best > 0.0


def test_that_grades_change_at_the_published_limits() -> None:
    grades = [gertzbein_robbins(value) for value in (0.0, 0.01, 1.99, 2.0, 3.99, 4.0, 6.0, 20.0)]
    assert grades == ["A", "B", "B", "C", "C", "D", "E", "E"]


def test_that_other_approaches_have_no_pedicle_margins(scene: Scene) -> None:
    needle = scene.needle((70.0, 80.0, 4.0), (5.0, -2.0, 2.0), approach=Approach.POSTEROLATERAL)
    assert measured(scene, needle).pedicle is None


def test_that_a_needle_far_from_the_pedicle_has_no_margins_to_it(scene: Scene) -> None:
    assert measured(scene, scene.through_pedicle(Side.LEFT, sideways=-50.0)).pedicle is None


def test_that_skin_bone_entry_and_depths_follow_the_ellipses(scene: Scene) -> None:
    found = measured(scene, scene.needle((16.5, 80.0, 4.0), (16.5, -2.0, 4.0)))
    assert found.skin is not None
    skin_y = spine.SKIN[3] * math.sqrt(1.0 - (16.5 / spine.SKIN[2]) ** 2)
    assert found.skin.y_mm == pytest.approx(skin_y, abs=0.5)
    assert found.skin_to_tip_mm is not None
    assert found.skin_to_tip_mm.best == pytest.approx(skin_y + 2.0, abs=0.5)
    assert found.bone_entry is not None
    assert found.bone_entry.y_mm == pytest.approx(34.0, abs=0.5)
    assert found.bone_depth_mm is not None
    assert found.bone_depth_mm.best == pytest.approx(36.0, abs=0.5)
    assert found.bone_depth_mm.low <= 36.0 <= found.bone_depth_mm.high
    assert found.length_mm == pytest.approx(82.0)


def test_that_an_entry_below_the_skin_still_finds_the_skin(scene: Scene) -> None:
    deep = measured(scene, scene.needle((16.5, 45.0, 4.0), (16.5, -2.0, 4.0))).skin
    shallow = measured(scene, scene.needle((16.5, 120.0, 4.0), (16.5, -2.0, 4.0))).skin
    assert deep is not None
    assert shallow is not None
    assert deep.distance_mm(shallow) < 0.01


def test_that_a_skin_outside_the_scan_is_not_made_up() -> None:
    scene = spine.build(geometry=spine.grid((1.0, 1.0, 1.0), extent=(120.0, 120.0, 60.0)))
    found = measured(scene, scene.through_pedicle())
    assert found.skin is None
    assert found.skin_to_tip_mm is None
    assert found.pedicle is not None


def test_that_the_tip_is_placed_in_the_vertebras_own_frame(scene: Scene) -> None:
    front = measured(scene, scene.needle((20.0, 80.0, 4.0), (11.0, -9.0, 7.0))).tip
    assert front is not None
    assert front.in_anterior_third
    assert not front.crosses_midline
    assert front.depth_fraction == pytest.approx((14.0 + 9.0) / 30.0, abs=0.03)
    assert front.own_side_fraction == pytest.approx(0.5, abs=0.03)
    assert front.height_fraction == pytest.approx(0.75, abs=0.03)
    across = measured(scene, scene.needle((40.0, 80.0, 4.0), (-4.0, 0.0, 0.0))).tip
    assert across is not None
    assert across.crosses_midline
    assert not across.in_anterior_third
    beyond = measured(scene, scene.needle((20.0, 80.0, 4.0), (16.0, -25.0, 0.0))).tip
    assert beyond is not None
    assert not beyond.in_body
    assert not beyond.in_anterior_third


def test_that_angles_have_their_sign_on_both_sides(scene: Scene) -> None:
    for side in Side:
        needle = scene.needle((side.sign * 40.0, 60.0, -8.0), (side.sign * 4.0, -2.0, 0.0), side)
        angles = measured(scene, needle).angles_deg
        assert angles["axial"] == pytest.approx(math.degrees(math.atan2(36.0, 62.0)))
        length = math.sqrt(36.0**2 + 62.0**2 + 8.0**2)
        assert angles["cranial"] == pytest.approx(math.degrees(math.asin(8.0 / length)))


def test_that_a_tilted_vertebra_has_its_own_angles() -> None:
    scene = spine.build(turn=spine.rotation((1.0, 0.0, 0.0), 20.0))
    angles = measured(scene, scene.through_pedicle()).angles_deg
    assert angles["endplate"] == pytest.approx(0.0, abs=1e-6)
    assert angles["vertebra_axial"] == pytest.approx(12.0)
    assert abs(angles["cranial"]) > 15.0


def test_that_crossings_tell_where_the_bone_begins_and_ends(scene: Scene) -> None:
    through = measured(scene, scene.needle((0.0, 70.0, -4.0), (0.0, -30.0, -4.0)))
    assert [crossing.enters for crossing in through.crossings] == [True, False, True, False]
    places = [70.0 - crossing.from_entry_mm for crossing in through.crossings]
    assert places == pytest.approx([58.0, 32.0, 14.0, -16.0], abs=0.5)
    assert all(crossing.hu >= 170.0 for crossing in through.crossings)


def compare(first: TrajectoryMeasures, second: TrajectoryMeasures, within: float) -> None:
    """Assert that two needles measure the same but for the names of the sides."""

    def swapped(name: str) -> str:
        return name.replace("left", "?").replace("right", "left").replace("?", "right")

    ours, theirs = first.clearances_mm, second.clearances_mm
    if set(ours) != set(theirs) or abs(ours["foramen:L3:left"] - theirs["foramen:L3:left"]) > 1:
        theirs = {swapped(name): value for name, value in theirs.items()}
    assert theirs == pytest.approx(ours, abs=within)
    assert first.pedicle is not None
    assert second.pedicle is not None
    for way in Direction:
        assert second.pedicle.shift_mm[way].best == pytest.approx(
            first.pedicle.shift_mm[way].best, abs=within
        )
    assert first.tip is not None
    assert second.tip is not None
    assert second.tip.own_side_fraction == pytest.approx(first.tip.own_side_fraction, abs=within)


def test_that_mirroring_the_patient_swaps_the_sides(narrow_right: Scene) -> None:
    left = narrow_right
    widths = NARROW_RIGHT.pedicle_half_width
    mirrored = Shape(pedicle_half_width={side: widths[side.other] for side in Side})
    right = spine.build(mirrored, spine.grid((0.8, 0.8, 1.0)))
    for side in Side:
        ours = measured(left, left.through_pedicle(side, sideways=side.sign * 1.0))
        other = side.other
        theirs = measured(right, right.through_pedicle(other, sideways=other.sign * 1.0))
        assert theirs.clearances_mm[f"foramen:L3:{other}"] == pytest.approx(
            ours.clearances_mm[f"foramen:L3:{side}"], abs=1e-6
        )
        compare(ours, theirs, 1e-6)


@pytest.mark.parametrize(
    "axes",
    [
        np.diag([-1.0, -1.0, 1.0]),
        np.diag([-1.0, 1.0, -1.0]),
        spine.rotation((1.0, 0.4, -0.3), 28.0),
    ],
    ids=["prone", "feet first", "oblique"],
)
def test_that_turning_patient_and_scan_together_changes_nothing(
    narrow_right: Scene, axes: spine.Array
) -> None:
    geometry = spine.grid((0.8, 0.8, 1.0), axes)
    shifted = geometry.lps_from_ijk
    shifted[:3, 3] += (120.0, -40.0, 900.0)
    moved = spine.build(
        NARROW_RIGHT,
        spine.VolumeGeometry.from_matrix(geometry.size_ijk, shifted),
        turn=axes,
        shift=(120.0, -40.0, 900.0),
    )
    for side in Side:
        compare(
            measured(narrow_right, narrow_right.through_pedicle(side, sideways=0.5)),
            measured(moved, moved.through_pedicle(side, sideways=0.5)),
            1e-6,
        )


@pytest.mark.parametrize(
    "axes",
    [
        spine.rotation((0.2, 1.0, 0.5), 35.0),
        np.diag([-1.0, -1.0, 1.0]),
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, math.sin(0.25)], [0.0, 0.0, math.cos(0.25)]]),
    ],
    ids=["oblique", "flipped", "gantry tilt"],
)
def test_that_another_grid_over_the_same_patient_agrees_to_a_voxel(
    narrow_right: Scene, axes: spine.Array
) -> None:
    other = spine.build(NARROW_RIGHT, spine.grid((0.8, 0.8, 1.0), axes, (240.0, 220.0, 90.0)))
    for side in Side:
        needle = narrow_right.through_pedicle(side, sideways=0.5)
        compare(measured(narrow_right, needle), measured(other, needle), 1.0)


def test_that_the_error_of_placement_widens_every_distance(scene: Scene) -> None:
    needle = scene.through_pedicle()
    plain = measured(scene, needle)
    wide = measure(
        needle, scene.ct, scene.anatomy, outer_diameter_mm=DIAMETER, placement_error_mm=2.0
    )
    for first, second in zip(plain.clearances, wide.clearances, strict=True):
        assert second.distance_mm.low == pytest.approx(first.distance_mm.low - 2.0)
        assert second.distance_mm.best == first.distance_mm.best
    assert plain.pedicle is not None
    assert wide.pedicle is not None
    assert wide.pedicle.worst_mm.low == pytest.approx(plain.pedicle.worst_mm.low - 2.0)
    for depth in ("skin_to_tip_mm", "bone_depth_mm"):
        first, second = getattr(plain, depth), getattr(wide, depth)
        assert (second.low, second.high) == pytest.approx((first.low - 2.0, first.high + 2.0))
    assert (plain.placement_error_mm, wide.placement_error_mm) == (0.0, 2.0)
    half_voxel = plain.skin_to_tip_mm.high - plain.skin_to_tip_mm.best
    length = wide.length_mm
    assert math.tan(math.radians(plain.angle_doubt_deg)) == pytest.approx(half_voxel / length)
    wanted = (half_voxel + 2.0) / length
    assert math.tan(math.radians(wide.angle_doubt_deg)) == pytest.approx(wanted)


def test_that_a_tip_nearer_the_midline_than_its_doubt_may_be_across_it(scene: Scene) -> None:
    for x, surely, perhaps in ((-3.0, True, True), (1.0, False, True), (4.0, False, False)):
        needle = scene.needle((30.0, 70.0, -4.0), (x, 2.0, -4.0))
        tip = measure(
            needle, scene.ct, scene.anatomy, outer_diameter_mm=DIAMETER, placement_error_mm=1.5
        ).tip
        assert tip is not None
        assert (tip.crosses_midline, tip.may_cross_midline) == (surely, perhaps)
        depth = scene.anatomy.vertebrae[Level.L3].body_size_mm[1]
        assert tip.doubt[1] * depth == pytest.approx(1.5, abs=0.8)


def test_that_hu_in_bone_are_those_between_the_first_crossing_and_the_tip(scene: Scene) -> None:
    inside = measured(scene, scene.through_pedicle()).bone_hu
    assert inside is not None
    assert inside.best == pytest.approx(180.0, abs=8.0)
    assert inside.high == pytest.approx(180.0)
    beside = measured(scene, scene.needle((60.0, 70.0, 0.0), (60.0, 30.0, 0.0)))
    assert beside.crossings == ()
    assert beside.bone_hu is None


def test_that_a_level_that_was_not_outlined_is_said(scene: Scene) -> None:
    needle = Trajectory(
        id=scene.through_pedicle().id,
        level=Level.T7,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(0.0, 80.0, 0.0),
        tip=PointLps(0.0, 0.0, 0.0),
    )
    with pytest.raises(KeyError):
        measured(scene, needle)


@pytest.mark.parametrize(("declared", "taken_off"), [(8.0, 0.35), (5.0, 1.7), (12.0, 0.0)])
def test_that_a_mask_wider_than_the_measured_pedicle_is_not_believed(
    scene: Scene, declared: float, taken_off: float
) -> None:
    needle = scene.through_pedicle()
    plain = measured(scene, needle).pedicle
    vertebra = scene.anatomy.vertebrae[Level.L3]
    narrow = replace(
        vertebra.pedicles[Side.LEFT], width_mm=Interval(declared - 0.8, declared, declared + 0.8)
    )
    pedicles = {**vertebra.pedicles, Side.LEFT: narrow}
    anatomy = replace(scene.anatomy, vertebrae={Level.L3: replace(vertebra, pedicles=pedicles)})
    fat = measured(replace(scene, anatomy=anatomy), needle).pedicle
    assert plain is not None
    assert fat is not None
    assert plain.worst_mm.best - fat.worst_mm.best == pytest.approx(taken_off, abs=0.1)
    assert plain.shift_mm[Direction.SUPERIOR] == fat.shift_mm[Direction.SUPERIOR]
    assert fat.gertzbein_robbins == "A"


def test_that_a_reason_says_away_from_the_midline_and_not_minus_towards_it(scene: Scene) -> None:
    needle = scene.needle((10.0, 70.0, 0.0), (16.0, -5.0, 0.0))
    found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4)
    assert found.angles_deg["axial"] == pytest.approx(-math.degrees(math.atan2(6.0, 75.0)))
    words = " ".join(reasons_for(needle, found, lesion=None, device=None, aim="target"))
    assert "A needle 2.40 mm wide runs 5 degrees away from the midline and 0 to the head" in words
