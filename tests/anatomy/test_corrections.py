"""What a person says of the outlines, played on a digital spine whose truth is known."""

from functools import lru_cache

import numpy as np
import pytest

from phantoms import broken_wall_l3
from planner.anatomy import Workbench, segment_imported, touched_levels
from planner.domain.anatomy import Anatomy, Origin
from planner.domain.corrections import (
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    Correction,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    DiscPlane,
    LesionGrown,
    LevelCount,
    NamesShifted,
    WallLine,
    WallSide,
)
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.domain.volume import LabelVolume
from planner.geometry.points import PointLps

GRIDS = ("labels", "bodies", "discs", "foramina", "canal")


@lru_cache(maxsize=1)
def bench() -> Workbench:
    return Workbench(broken_wall_l3().ct)


def seeds() -> dict[Level, PointLps]:
    return {Level.L3: broken_wall_l3().truth.vertebrae[Level.L3].body_centre}


@lru_cache(maxsize=6)
def played(*corrections: Correction) -> Anatomy:
    return bench().outline(seeds=seeds(), corrections=corrections)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2.0 * float((one & other).sum()) / float(one.sum() + other.sum())


def truth_on(anatomy: Anatomy, array: np.ndarray) -> np.ndarray:
    truth = broken_wall_l3().truth
    start = np.rint(truth.geometry.ijk(anatomy.geometry.lps_mm(np.zeros(3)))).astype(int)
    i, j, k = (slice(a, a + n) for a, n in zip(start, anatomy.geometry.size_ijk, strict=True))
    return array[k, j, i]


def body_dice(anatomy: Anatomy, level: Level) -> float:
    truth = truth_on(anatomy, broken_wall_l3().truth.bodies)
    return dice(truth == level.verse_label, anatomy.bodies == level.verse_label)


def disc_above(anatomy: Anatomy, level: Level) -> DiscPlane:
    """The disc plane just above a body."""
    centre = anatomy.vertebrae[level].body_centre
    assert anatomy.guides is not None
    higher = [disc for disc in anatomy.guides.discs if disc.middle.z_mm > centre.z_mm]
    return min(higher, key=lambda disc: disc.middle.z_mm)


def raised(plane: DiscPlane, by_mm: float) -> DiscPlane:
    return DiscPlane(
        middle=plane.middle.moved(by_mm * np.array(plane.normal)), normal=plane.normal
    )


def same(one: Anatomy, other: Anatomy) -> bool:
    equal = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in GRIDS)
    widths = [
        [(v.level, v.pedicles.get("left"), v.body_volume_ml) for v in a.vertebrae.values()]
        for a in (one, other)
    ]
    return equal and widths[0] == widths[1]


def three_corrections() -> list[Correction]:
    anatomy = played()
    disc = disc_above(anatomy, Level.L3)
    body = anatomy.vertebrae[Level.L4].body_centre
    return [
        DiscMoved(disc=disc.middle, plane=raised(disc, 2.0)),
        BoneThreshold(at=body, threshold_hu=220.0),
        BrushStroke(paint="vertebra", points=(body,), radius_mm=3.0, erase=True, owner=body),
    ]


def test_that_corrections_played_one_by_one_equal_those_played_at_once() -> None:
    made = three_corrections()
    for count in (1, 2):
        played(*made[:count])
    step_by_step = played(*made)
    fresh = Workbench(broken_wall_l3().ct)
    # The automatic outlines are the same scan's; only what was corrected is played anew.
    fresh._steps[()] = bench()._steps[()]
    assert set(fresh._steps) == {()}
    assert same(step_by_step, fresh.outline(seeds=seeds(), corrections=made))
    assert not same(step_by_step, played())


def test_that_taking_a_correction_back_brings_the_outlines_back() -> None:
    before, made = played(), three_corrections()
    assert not same(before, played(*made[:1]))
    assert same(before, played())
    assert same(played(*made[:2]), played(*made[:2]))


def test_that_a_disc_dragged_away_spoils_the_body_and_dragged_back_mends_it() -> None:
    disc = disc_above(played(), Level.L3)
    wrong = DiscMoved(disc=disc.middle, plane=raised(disc, -9.0))
    right = DiscMoved(disc=raised(disc, -9.0).middle, plane=disc)
    good = body_dice(played(), Level.L3)
    assert body_dice(played(wrong), Level.L3) < good - 0.1
    assert body_dice(played(wrong, right), Level.L3) == pytest.approx(good, abs=0.01)


def test_that_a_tilted_disc_line_tilts_the_endplates() -> None:
    disc = disc_above(played(), Level.L3)
    assert played().guides is not None
    turned = np.array(disc.normal) + np.array([0.0, 0.25, 0.0])
    normal = tuple(float(part) for part in turned / np.linalg.norm(turned))
    tilted = DiscMoved(disc=disc.middle, plane=DiscPlane(middle=disc.middle, normal=normal))
    now = disc_above(played(tilted), Level.L3)
    assert now.middle.distance_mm(disc.middle) < 0.6
    assert np.dot(now.normal, normal) > 0.9995


def test_that_a_deleted_disc_joins_two_levels_and_a_click_parts_them_again() -> None:
    auto = played()
    disc = disc_above(auto, Level.L3)
    gone = DiscDeleted(disc=disc.middle)
    assert len(played(gone).vertebrae) == len(auto.vertebrae) - 1
    clicked = BodyClicked(at=auto.vertebrae[Level.L3].body_centre)
    mended = played(gone, clicked)
    assert len(mended.vertebrae) == len(auto.vertebrae)
    assert body_dice(mended, Level.L3) == pytest.approx(body_dice(auto, Level.L3), abs=0.02)


def test_that_an_added_disc_parts_two_levels() -> None:
    auto = played()
    disc = disc_above(auto, Level.L3)
    mended = played(DiscDeleted(disc=disc.middle), DiscAdded(plane=disc))
    assert body_dice(mended, Level.L3) == pytest.approx(body_dice(auto, Level.L3), abs=0.01)
    with pytest.raises(UsageError, match="within 6 mm"):
        played(DiscAdded(plane=raised(disc, 2.0)))


def test_that_a_canal_point_draws_the_canal_to_it_and_nothing_far_away() -> None:
    auto = played()
    assert auto.guides is not None
    place = auto.guides.canal_mm[
        np.abs(auto.guides.canal_mm[:, 2] - auto.vertebrae[Level.L3].body_centre.z_mm).argmin()
    ]
    moved = played(CanalPoint(at=PointLps.of([place[0] + 4.0, place[1], place[2]])))
    assert moved.guides is not None
    nearest = np.linalg.norm(moved.guides.canal_mm - place - [4.0, 0.0, 0.0], axis=1).min()
    assert nearest < 0.7
    far = np.linalg.norm(moved.guides.canal_mm - auto.guides.canal_mm, axis=1)
    assert far[0] == far[-1] == 0.0
    # The wall of the canal is where it is, wherever its axis is said to run.
    assert dice(auto.canal, moved.canal) > 0.93
    with pytest.raises(UsageError, match="25 mm"):
        played(CanalPoint(at=PointLps.of([place[0] + 40.0, place[1], place[2]])))


def test_that_a_drawn_posterior_wall_is_where_it_was_drawn() -> None:
    auto = played()
    vertebra = auto.vertebrae[Level.L3]
    assert auto.guides is not None
    line = auto.guides.posterior_wall_mm
    near = line[np.abs(line[:, 2] - vertebra.body_centre.z_mm) < 9.0]
    drawn = near + 3.0 * np.array(vertebra.anterior)
    word = WallLine(side=WallSide.POSTERIOR, points=tuple(map(PointLps.of, drawn[::4])))
    moved = played(word).vertebrae[Level.L3]
    assert moved.posterior_wall is not None
    points = moved.posterior_wall.points_mm
    forward = np.array(vertebra.anterior)
    middle = np.abs((points - drawn.mean(0)) @ np.array(vertebra.left)) < 4.0
    middle &= np.abs((points - drawn.mean(0)) @ np.array(vertebra.superior)) < 5.0
    assert np.abs((points[middle] - drawn.mean(0)) @ forward).mean() < 1.0


def test_that_a_scribble_gives_bone_to_one_vertebra_or_to_none() -> None:
    auto = played()
    body = auto.vertebrae[Level.L3].body_centre
    process = np.argwhere(auto.labels == Level.L3.verse_label)
    place = auto.geometry.lps_mm(process[process[:, 1].argmax()][::-1].astype(float))
    at = PointLps.of(place)
    lost = played(BoneScribble(points=(at,), owner=None, radius_mm=2.5))
    index = tuple(np.rint(auto.geometry.ijk(place)).astype(int)[::-1])
    assert auto.labels[index] == Level.L3.verse_label
    assert lost.labels[index] == 0
    said_twice = played(
        BoneScribble(points=(at,), owner=None, radius_mm=2.5),
        BoneScribble(points=(at,), owner=body, radius_mm=2.5),
    )
    assert said_twice.labels[index] == Level.L3.verse_label


def test_that_a_higher_threshold_takes_bone_off_that_vertebra_only() -> None:
    auto = played()
    word = BoneThreshold(at=auto.vertebrae[Level.L3].body_centre, threshold_hu=420.0)
    strict = played(word)
    number = Level.L3.verse_label
    assert (strict.labels == number).sum() < 0.98 * (auto.labels == number).sum()
    far = Level.L5 if Level.L5 in auto.vertebrae else min(auto.vertebrae, key=lambda x: x.order)
    assert ((strict.labels == far.verse_label) == (auto.labels == far.verse_label)).all()


def test_that_paint_stays_when_the_disc_beside_it_is_moved() -> None:
    auto = played()
    body = auto.vertebrae[Level.L3].body_centre
    hole = BrushStroke(paint="vertebra", points=(body,), radius_mm=4.0, erase=True, owner=body)
    disc = disc_above(auto, Level.L3)
    both = played(hole, DiscMoved(disc=disc.middle, plane=raised(disc, 1.0)))
    index = tuple(np.rint(auto.geometry.ijk(body.array)).astype(int)[::-1])
    assert auto.labels[index] == Level.L3.verse_label
    assert both.labels[index] == 0
    assert both.vertebrae[Level.L3].origin is Origin.PAINTED
    assert both.vertebrae[Level.L3].volume_ml < auto.vertebrae[Level.L3].volume_ml


@pytest.mark.parametrize("paint", ["lesion", "aorta", "canal", "cord"])
def test_that_any_structure_can_be_painted_and_erased(paint: str) -> None:
    auto = played()
    assert auto.guides is not None
    at = PointLps.of(auto.guides.canal_mm[len(auto.guides.canal_mm) // 2])
    add = BrushStroke(paint=paint, points=(at,), radius_mm=6.0)
    rub = BrushStroke(paint=paint, points=(at,), radius_mm=3.0, erase=True)

    def mask(anatomy: Anatomy) -> np.ndarray:
        if paint == "lesion":
            assert anatomy.lesion is not None
            return anatomy.lesion
        return anatomy.canal if paint == "canal" else anatomy.masks[paint]

    index = tuple(np.rint(auto.geometry.ijk(at.array)).astype(int)[::-1])
    assert mask(played(add))[index]
    assert not mask(played(add, rub))[index]
    # The aorta may have been found already; the ball is what the stroke adds to it.
    before = auto.masks.get(paint, np.zeros(auto.geometry.shape_kji, np.bool_))
    ball_mm3 = (mask(played(add)) & ~before).sum() * auto.geometry.voxel_volume_mm3
    if paint != "canal":
        assert ball_mm3 == pytest.approx(4 / 3 * np.pi * 6.0**3, rel=0.1)


def test_that_a_flat_brush_paints_one_slice() -> None:
    body = played().vertebrae[Level.L3].body_centre
    flat = BrushStroke(paint="lesion", points=(body,), radius_mm=6.0, normal=(0.0, 0.0, 1.0))
    lesion = played(flat).lesion
    assert lesion is not None
    assert len(np.unique(np.argwhere(lesion)[:, 0])) == 1


def test_that_a_lesion_grows_within_the_limits_of_the_user() -> None:
    truth = broken_wall_l3().truth
    assert truth.lesion is not None
    centre = truth.geometry.lps_mm(np.argwhere(truth.lesion).mean(0)[::-1])
    at = PointLps.of(centre)
    free = played(LesionGrown(at=at)).lesion
    short = played(LesionGrown(at=at, reach_mm=4.0)).lesion
    assert free is not None
    assert short is not None
    assert 0 < short.sum() < free.sum()
    places = played().geometry.lps_mm(np.argwhere(short)[:, ::-1].astype(float))
    assert np.linalg.norm(places - centre, axis=1).max() < 4.5


def test_that_names_shift_as_one_and_stay_in_doubt() -> None:
    shifted = played(NamesShifted(steps=1))
    was, now = played().vertebrae[Level.L3], shifted.vertebrae[Level.L2]
    assert now.body_centre == was.body_centre
    assert "Moved by the user" in now.level_doubt


def test_that_six_lumbar_vertebrae_are_counted_through_l6() -> None:
    low = Level.L4
    at = played().vertebrae[low].body_centre
    six = bench().outline(seeds={Level.L6: at}, corrections=[LevelCount(lumbar=6)])
    assert six.vertebrae[Level.L5].body_centre == played().vertebrae[Level.L3].body_centre
    four = bench().outline(
        seeds={Level.L1: played().vertebrae[Level.L2].body_centre},
        corrections=[LevelCount(thoracic=13)],
    )
    assert set(four.vertebrae) & {Level.T13} or len(four.vertebrae) == len(played().vertebrae)


def test_that_a_correction_changes_no_level_outside_those_it_was_said_to_touch() -> None:
    auto = played()
    for word in three_corrections():
        after = played(word)
        touched = touched_levels(auto, word)
        for level in set(auto.vertebrae) - touched:
            number = level.verse_label
            assert np.array_equal(auto.labels == number, after.labels == number), (word, level)


def test_that_a_correction_off_the_spine_is_refused_in_words() -> None:
    away = PointLps(500.0, 500.0, 0.0)
    for word in (
        DiscDeleted(disc=away),
        BodyClicked(at=away),
        CanalPoint(at=away),
        BoneThreshold(at=away, threshold_hu=200.0),
        LesionGrown(at=away),
    ):
        with pytest.raises(UsageError):
            played(word)


@lru_cache(maxsize=1)
def imported_bench() -> Workbench:
    truth = broken_wall_l3().truth
    return Workbench(
        broken_wall_l3().ct, LabelVolume(geometry=truth.geometry, labels=truth.labels)
    )


def test_that_imported_outlines_can_be_painted_and_renamed_but_have_no_lines() -> None:
    auto = imported_bench().outline()
    body = auto.vertebrae[Level.L3].body_centre
    hole = BrushStroke(paint="vertebra", points=(body,), radius_mm=4.0, erase=True, owner=body)
    painted = imported_bench().outline(corrections=[hole])
    index = tuple(np.rint(auto.geometry.ijk(body.array)).astype(int)[::-1])
    assert auto.labels[index] == Level.L3.verse_label
    assert painted.labels[index] == 0
    assert painted.vertebrae[Level.L3].origin is Origin.PAINTED
    renamed = imported_bench().outline(seeds={Level.L2: body})
    assert renamed.vertebrae[Level.L2].level_doubt == ""
    assert renamed.labels[index] == Level.L2.verse_label
    assert all(vertebra.level_doubt for vertebra in auto.vertebrae.values())
    assert auto.guides is None
    with pytest.raises(UsageError, match="imported"):
        imported_bench().outline(corrections=[BodyClicked(at=body)])


def test_that_importing_through_the_door_gives_the_same() -> None:
    truth, ct = broken_wall_l3().truth, broken_wall_l3().ct
    only = np.where(truth.labels == Level.L3.verse_label, truth.labels, 0).astype(np.uint8)
    labels = LabelVolume(geometry=truth.geometry, labels=only)
    through_the_door = segment_imported(ct, labels)
    assert set(through_the_door.vertebrae) == {Level.L3}
    assert same(through_the_door, Workbench(ct, labels).outline())
