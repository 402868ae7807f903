"""Numbers for the CT room, C-arm angles, corrections, and several needles."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog import load_catalog
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.planning import measure
from planner.planning.c_arm import c_arm_views, detector_direction, positioner_angles_deg
from planner.planning.ct_room import CtRoomCard, correction, ct_room_card, gantry_tilt
from planner.planning.patient_room import lying_in_words, up_in_room
from planner.report.room import ct_facts
from planning import analytic_spine as spine
from planning.analytic_spine import Scene

CATALOG = load_catalog()
NEEDLES = CATALOG.needles.values()
ENTRY = (40.0, 70.0, -10.0)
TIP = (5.0, -5.0, 8.0)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.usual()


def lying(scene: Scene, position: str) -> Scene:
    record = replace(scene.ct.record, patient_position=position)
    return replace(scene, ct=replace(scene.ct, record=record))


def card(scene: Scene) -> CtRoomCard:
    needle = scene.needle(ENTRY, TIP)
    found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4)
    vertebra = scene.anatomy.vertebrae[Level.L3]
    return ct_room_card(needle, found, scene.ct, vertebra, NEEDLES)


def test_that_a_prone_card_has_the_angles_of_the_triangle(scene: Scene) -> None:
    found = card(lying(scene, "HFP"))
    assert found.lying == "prone"
    assert found.in_plane_deg == pytest.approx(math.degrees(math.atan2(35.0, 75.0)))
    assert found.in_plane_towards == "right"
    length = math.sqrt(35.0**2 + 75.0**2 + 18.0**2)
    assert found.out_of_plane_deg == pytest.approx(math.degrees(math.asin(18.0 / length)))
    assert found.out_of_plane_towards == "head"
    assert found.entry_side == "left"
    assert found.skin_to_tip_mm is not None
    assert len(found.notes) == 1


def test_that_the_tilt_puts_the_whole_path_into_one_slice(scene: Scene) -> None:
    gantry = card(lying(scene, "HFP")).gantry
    assert gantry is not None
    assert gantry.tilt_deg == pytest.approx(math.degrees(math.atan2(18.0, 75.0)))
    assert gantry.top_towards == "feet"
    assert gantry.reachable
    tilt = math.radians(gantry.tilt_deg)
    normal = np.array([0.0, math.sin(tilt), math.cos(tilt)])
    way = np.array(TIP) - np.array(ENTRY)
    assert way @ normal == pytest.approx(0.0, abs=1e-9)
    assert gantry.in_plane_deg == pytest.approx(
        math.degrees(math.atan2(35.0, math.hypot(75.0, 18.0)))
    )


def test_that_a_path_along_the_table_has_no_tilt() -> None:
    assert gantry_tilt(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])) is None


def test_that_slices_are_counted_from_one_and_the_table_place_is_that_of_the_scan(
    scene: Scene,
) -> None:
    found = card(scene)
    needle = scene.needle(ENTRY, TIP)
    skin = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4).skin
    assert skin is not None
    assert found.entry_position_mm == pytest.approx(skin.z_mm)
    assert found.entry_slice == round(skin.z_mm + 31.5) + 1
    assert found.tip_slice == round(8.0 + 31.5) + 1
    assert found.entry_from_midline_mm == pytest.approx(abs(skin.x_mm))


def test_that_a_supine_scan_is_not_used_for_an_entry_from_behind(scene: Scene) -> None:
    found = card(lying(scene, "HFS"))
    assert found.lying == "supine"
    assert any("the entry faces the table" in note for note in found.notes)


def test_that_an_unknown_position_gives_no_vertical(scene: Scene) -> None:
    found = card(lying(scene, ""))
    assert found.in_plane_deg is None
    assert found.gantry is None
    assert any("does not say how the patient lay" in note for note in found.notes)


def test_that_only_needles_that_leave_room_for_the_hub_fit(scene: Scene) -> None:
    found = card(lying(scene, "HFP"))
    assert found.skin_to_tip_mm is not None
    for fit in found.needles:
        assert fit.outside_mm == pytest.approx(fit.length_mm - found.skin_to_tip_mm)
        assert fit.fits == (fit.length_mm - found.skin_to_tip_mm >= 10.0)
    assert {fit.fits for fit in found.needles} == {True, False}


def test_that_needles_too_thin_or_too_long_for_the_antenna_or_thicker_than_measured_do_not_suit(
    scene: Scene,
) -> None:
    antenna = CATALOG.devices["eco-mwa"]
    wanted = CATALOG.access_diameter([antenna]).value
    needle = scene.needle(ENTRY, TIP)
    found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=wanted)
    vertebra = scene.anatomy.vertebrae[Level.L3]
    long = replace(
        CATALOG.needles["access-13g"],
        id="long",
        lengths_mm=(replace(CATALOG.needles["access-13g"].lengths_mm[0], value=186.0),),
    )
    made = ct_room_card(needle, found, scene.ct, vertebra, (*NEEDLES, long), device=antenna)
    numbers = antenna.numbers
    most = numbers["shaft_length_mm"].value - numbers["tip_beyond_cannula_mm"].value
    thick = {one.id: one.outer_diameter_mm.value for one in (*NEEDLES, long)}
    for fit in made.needles:
        if thick[fit.needle_id] < wanted:
            assert fit.unsuited.startswith("TOO THIN")
        elif thick[fit.needle_id] > wanted:
            assert fit.unsuited.startswith("THICKER")
        else:
            assert bool(fit.unsuited) == (fit.length_mm > most)
    assert {fit.unsuited.split(" ")[0] for fit in made.needles} >= {"", "TOO", "THICKER"}
    words = {
        fact.label: fact.value
        for fact in ct_facts(
            needle, found, lying(scene, "HFP").ct, vertebra, (*NEEDLES, long), device=antenna
        )
    }["Needles that reach"]
    listed, _, left_out = words.partition(". Left out: ")
    assert listed.startswith("13 G ")
    assert "186" not in listed
    assert "TOO THIN" in left_out
    assert "186 mm TOO LONG" in left_out


def test_that_without_a_device_a_thinner_needle_suits_and_a_thicker_does_not(
    scene: Scene,
) -> None:
    found = card(lying(scene, "HFP"))
    thick = {one.id: one.outer_diameter_mm.value for one in NEEDLES}
    for fit in found.needles:
        assert bool(fit.unsuited) == (thick[fit.needle_id] > 2.45)


@pytest.mark.parametrize(
    ("position", "up", "words"),
    [
        ("HFS", (0, -1, 0), "supine"),
        ("FFS", (0, -1, 0), "supine"),
        ("HFP", (0, 1, 0), "prone"),
        ("FFP", (0, 1, 0), "prone"),
        ("HFDR", (1, 0, 0), "on the right side"),
        ("FFDL", (-1, 0, 0), "on the left side"),
    ],
)
def test_that_up_is_known_in_all_positions(
    position: str, up: tuple[int, int, int], words: str
) -> None:
    found = up_in_room(position)
    assert found is not None
    assert tuple(found) == up
    assert lying_in_words(position) == words


def test_that_up_is_not_guessed() -> None:
    for position in ("", "SITTING", "HF", "XXS"):
        assert up_in_room(position) is None


@given(primary=st.floats(-179.0, 179.0), secondary=st.floats(-89.0, 89.0))
def test_that_positioner_angles_and_directions_are_inverse(
    primary: float, secondary: float
) -> None:
    found = positioner_angles_deg(detector_direction(primary, secondary))
    assert found == pytest.approx((primary, secondary), abs=1e-6)


def test_that_lao_puts_the_detector_to_the_patients_left() -> None:
    assert detector_direction(90.0, 0.0) == pytest.approx((1.0, 0.0, 0.0), abs=1e-12)
    assert detector_direction(0.0, 0.0) == pytest.approx((0.0, -1.0, 0.0), abs=1e-12)
    assert detector_direction(0.0, 90.0) == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)


def test_that_the_barrel_view_looks_along_the_needle_from_above(scene: Scene) -> None:
    needle = scene.needle(ENTRY, TIP)
    vertebra = scene.anatomy.vertebrae[Level.L3]
    views = {view.name: view for view in c_arm_views(needle, vertebra, "HFP")}
    assert set(views) == {"ap", "lateral", "down the barrel"}
    barrel = views["down the barrel"]
    way = (np.array(ENTRY) - np.array(TIP)) / np.linalg.norm(np.array(ENTRY) - np.array(TIP))
    assert barrel.detector == pytest.approx(tuple(way))
    assert barrel.tilt_deg == pytest.approx(math.degrees(math.atan2(35.0, 75.0)))
    assert barrel.tilt_towards == "left"
    assert barrel.words == "LPO 25, caudal 12"
    supine = {view.name: view for view in c_arm_views(needle, vertebra, "HFS")}
    assert supine["down the barrel"].detector == pytest.approx(tuple(-way))
    assert supine["down the barrel"].words == "RAO 25, cranial 12"


def test_that_ap_and_lateral_are_true_to_a_turned_vertebra() -> None:
    turned = spine.build(turn=spine.rotation((0.0, 0.0, 1.0), 15.0))
    needle = turned.through_pedicle()
    views = {
        view.name: view for view in c_arm_views(needle, turned.anatomy.vertebrae[Level.L3], "HFS")
    }
    assert views["ap"].primary_deg == pytest.approx(15.0)
    assert views["ap"].words == "LAO 15, cranial 0"
    assert views["lateral"].primary_deg == pytest.approx(105.0)
    assert views["ap"].secondary_deg == pytest.approx(0.0, abs=1e-6)


def test_that_without_a_position_no_room_tilt_is_given(scene: Scene) -> None:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    views = c_arm_views(scene.needle(ENTRY, TIP), vertebra, "")
    assert all(view.tilt_deg is None for view in views)


def test_that_a_correction_turns_the_needle_back_to_its_target() -> None:
    skin = PointLps(0.0, 80.0, 0.0)
    seen = PointLps(5.0, 30.0, -3.0)
    target = PointLps(0.0, 0.0, 0.0)
    found = correction(target, skin, seen)
    direction = (seen.array - skin.array) / np.linalg.norm(seen.array - skin.array)
    assert found.turn_deg == pytest.approx(math.degrees(math.acos(-direction[1])))
    assert found.miss_mm == pytest.approx(80.0 * math.sqrt(1.0 - direction[1] ** 2))
    assert found.sideways_deg == pytest.approx(math.degrees(math.atan2(5.0, 50.0)))
    assert found.sideways_towards == "right"
    assert found.lengthwise_towards == "head"
    assert found.remaining_mm == pytest.approx(math.sqrt(25.0 + 900.0 + 9.0))
    straight = correction(target, skin, PointLps(0.0, 40.0, 0.0))
    assert straight.turn_deg == pytest.approx(0.0, abs=1e-6)
    assert straight.miss_mm == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_that_a_turn_out_of_the_slice_does_not_swap_the_sides_of_a_turn_within_it(
    mirror: float,
) -> None:
    """Seen 30 degrees to one side in the slice, wanted 33 degrees and 25 degrees to the head."""

    def way(axial_deg: float, cranial_deg: float) -> np.ndarray:
        axial, cranial = math.radians(axial_deg), math.radians(cranial_deg)
        flat = math.cos(cranial)
        return np.array(
            (mirror * math.sin(axial) * flat, -math.cos(axial) * flat, math.sin(cranial))
        )

    skin = PointLps(-mirror * 40.0, 90.0, 0.0)
    found = correction(skin.moved(90.0 * way(33.0, 25.0)), skin, skin.moved(50.0 * way(30.0, 0.0)))
    assert found.sideways_deg == pytest.approx(3.0)
    assert found.sideways_towards == ("left" if mirror > 0.0 else "right")
    assert found.lengthwise_deg == pytest.approx(25.0)
    assert found.lengthwise_towards == "head"


def test_that_slices_are_counted_from_the_end_the_stack_begins_at(scene: Scene) -> None:
    upright = card(lying(scene, "HFP"))
    assert (upright.slices, upright.counted_from) == (scene.ct.geometry.size_ijk[2], "feet")
    grid = spine.grid(axes=np.diag([1.0, -1.0, -1.0]))
    turned = card(lying(spine.build(geometry=grid), "HFP"))
    assert turned.counted_from == "head"
    assert turned.entry_slice == upright.slices + 1 - upright.entry_slice


@pytest.mark.parametrize("tilt", [-20.0, 0.2, 20.0])
def test_that_tilted_slices_are_said_to_be(scene: Scene, tilt: float) -> None:
    """The slices show the needle as their own plane does; z stays that of the point."""
    axes = spine.rotation((1.0, 0.0, 0.0), tilt)
    found = card(lying(spine.build(geometry=spine.grid(axes=axes)), "HFP"))
    way = np.array(TIP) - np.array(ENTRY)
    out = math.degrees(math.asin(way @ axes[:, 2] / np.linalg.norm(way)))
    assert found.out_of_plane_deg == pytest.approx(abs(out))
    assert found.out_of_plane_towards == ("head" if out > 0.0 else "feet")
    said = [note for note in found.notes if "tilted by 20.0°" in note]
    assert len(said) == (1 if abs(tilt) > 1.0 else 0)
