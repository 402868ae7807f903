"""Shells, holes, veins and needle ways: where cement may leave and where it may not."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cement.blocks import NUMBERS, at, box_of_bone, cube, nothing
from planner.domain.cement import LeakPath
from planner.geometry.capsule import Capsule
from planner.physics.cement.build import (
    Surroundings,
    Vein,
    _in_vein,
    cement_medium,
    centres_mm,
    hollowed,
    marked,
)
from planner.physics.cement.fill import darcy, marched
from planner.physics.cement.leaks import leak_volumes
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet
from planner.physics.cement.paths import Kind, Place

HOLES = {
    LeakPath.EPIDURAL: lambda x, y, z: (y > 0) & (np.hypot(x + 5.0, z) < 2.6),
    LeakPath.FORAMINAL: lambda x, y, z: (y > 0) & (np.hypot(x - 12.0, z) < 2.1),
    LeakPath.DISCAL: lambda x, y, z: (z > 0) & (np.hypot(x, y) < 3.1),
    LeakPath.PARAVERTEBRAL: lambda x, y, z: (x > 0) & (np.hypot(y, z) < 2.6),
}

NEAR = {
    LeakPath.EPIDURAL: at(-2.0, 5.0),
    LeakPath.FORAMINAL: at(8.0, 5.0),
    LeakPath.DISCAL: at(1.0, 1.0, 4.0),
    LeakPath.PARAVERTEBRAL: at(8.0, 1.0),
}
"""A tip 7 to 10 mm from each hole."""


def leaks(medium, ml, tip=None, case=None, run=darcy):
    case = case or FlowCase()
    flow = run(medium, openness(medium, case), [Outlet(tip=tip or at(0.3), until_ml=ml)])
    return leak_volumes(medium, flow.arrival_ml, vein_open=case.vein_open), flow


@pytest.mark.parametrize("run", [darcy, marched])
def test_that_a_whole_shell_holds_everything_until_the_bone_is_full(run):
    medium = box_of_bone(cube(48.0))
    out, flow = leaks(medium, 8.0, run=run)
    assert out == {}
    assert flow.placed_ml == pytest.approx(8.0, rel=1e-5)
    out, flow = leaks(medium, 60.0, run=run)
    assert out == {}
    opened = openness(medium, FlowCase())
    held = opened.room_mm3[(opened.permeability > 0) & (medium.place == Place.BONE)].sum()
    assert flow.placed_ml == pytest.approx(float(held) / 1000.0, rel=1e-4)


@pytest.mark.parametrize("path", HOLES)
@pytest.mark.parametrize("run", [darcy, marched])
def test_that_a_hole_lets_cement_into_what_lies_behind_it_and_nowhere_else_first(path, run):
    medium = box_of_bone(cube(48.0), hole=HOLES[path])
    out, _ = leaks(medium, 8.0, tip=NEAR[path], run=run)
    assert min(out, key=out.get) is path
    assert out[path] > 0.5


def test_that_a_thin_shell_counts_as_whole_though_no_voxel_shows_cortex():
    medium = box_of_bone(cube(48.0))
    half = np.where(medium.hu > 600, 260, medium.hu).astype(np.int16)
    from planner.physics.cement.shell import shell_of  # noqa: PLC0415 - the shell alone is made anew

    faint = replace(
        medium, hu=half, shell=shell_of(medium.place == Place.BONE, half, 1.0, NUMBERS)
    )
    assert leaks(faint, 8.0)[0] == {}


def test_that_a_hole_smaller_than_a_vessel_is_noise():
    medium = box_of_bone(cube(48.0), hole=lambda x, y, z: (y > 0) & (np.hypot(x + 5.0, z) < 1.2))
    assert leaks(medium, 12.0)[0] == {}


def veined(medium):
    vein = Vein(at=at(0.0, 13.0), inward=(0.0, -1.0, 0.0))
    kind = medium.kind.copy()
    kind[_in_vein(vein, medium.geometry, NUMBERS)] = Kind.VEIN
    return replace(medium, kind=kind)


def test_that_the_foramen_of_the_vein_is_shut_until_a_run_opens_it():
    foramen = HOLES[LeakPath.EPIDURAL]
    medium = veined(box_of_bone(cube(48.0), hole=lambda x, y, z: foramen(x - 5.0, y, z)))
    assert leaks(medium, 8.0)[0] == {}
    out, _ = leaks(medium, 8.0, case=FlowCase(vein_open=True))
    assert min(out, key=out.get) is LeakPath.BASIVERTEBRAL


def test_that_a_hole_much_wider_than_the_vein_is_open_without_it():
    medium = veined(box_of_bone(cube(48.0), hole=lambda x, y, z: (y > 0) & (np.hypot(x, z) < 4.6)))
    assert LeakPath.EPIDURAL in leaks(medium, 8.0, tip=at(0.0, 5.0))[0]


def test_that_a_needle_that_was_drawn_out_leaves_a_way():
    medium = box_of_bone(cube(48.0))
    way = Capsule(at(10.0, -2.0), at(14.0, 40.0), 1.7)
    out, _ = leaks(marked(medium, tracks=[way]), 10.0)
    assert min(out, key=out.get) is LeakPath.NEEDLE_TRACK


def test_that_cement_beside_the_bone_counts_as_of_the_needle_way_it_came_by():
    medium = box_of_bone(cube(48.0))
    aside = Capsule(at(6.0), at(23.0, 4.0), 1.6)
    out, _ = leaks(marked(medium, tracks=[aside]), 8.0, tip=at(2.0))
    assert list(out) == [LeakPath.NEEDLE_TRACK]


def test_that_a_needle_that_runs_along_the_shell_does_not_open_it():
    medium = box_of_bone(cube(48.0))
    along = Capsule(at(14.2, -6.0), at(14.2, 6.0), 1.6)
    beside = marked(medium, tracks=[along])
    shell = beside.kind.ravel()[beside.shell.voxels]
    assert (beside.kind == Kind.TRACK).any()
    assert not (shell == Kind.TRACK).any()
    assert leaks(beside, 6.0, tip=at(10.0))[0] == {}


def test_that_cement_in_the_canal_counts_as_of_the_way_it_came_by():
    hole = HOLES[LeakPath.EPIDURAL]
    both = veined(box_of_bone(cube(48.0), hole=hole))
    out, _ = leaks(both, 8.0, tip=at(-5.0, 6.0), case=FlowCase(vein_open=True))
    assert LeakPath.EPIDURAL in out
    alone = veined(box_of_bone(cube(48.0)))
    out, flow = leaks(alone, 8.0, tip=at(0.0, 4.0), case=FlowCase(vein_open=True))
    assert (np.isfinite(flow.arrival_ml) & (alone.place == Place.EPIDURAL)).sum() > 500
    assert LeakPath.EPIDURAL not in out
    assert out[LeakPath.BASIVERTEBRAL] > 0.0


def test_that_a_thin_shell_that_runs_slantwise_between_the_voxels_is_whole():
    """A sphere has a shell at every slant; its cortex is blurred as a scanner does."""
    geometry = cube(44.0)
    radius = np.linalg.norm(centres_mm(geometry), axis=-1)
    bone = radius <= 15.0
    cortex = np.exp(-0.5 * ((radius - 14.6) / 0.55) ** 2)
    hu = 60.0 + 300.0 * cortex - 60.0 * (radius > 16.0)
    around = Surroundings(
        bone=bone, canal=nothing(geometry), foramina=nothing(geometry),
        discs=nothing(geometry), closed=nothing(geometry),
    )  # fmt: skip
    shell = cement_medium(hu, around, geometry).shell
    assert shell.cortex_hu.min() > 300.0, "straight lines between voxels read 280"
    assert leaks(cement_medium(hu, around, geometry), 6.0)[0] == {}


def test_that_cement_of_an_earlier_injection_stays_and_is_gone_round():
    medium = box_of_bone(cube(48.0))
    _, first = leaks(medium, 3.0, tip=at(-6.0))
    taken = first.arrival_ml <= 3.0
    after = marked(medium, taken=taken)
    for tip in (at(6.0), at(-6.0)):
        _, second = leaks(after, 3.0, tip=tip)
        assert second.placed_ml == pytest.approx(3.0, rel=1e-5)
        assert not (taken & np.isfinite(second.arrival_ml)).any()


def test_that_cement_prefers_a_cavity_and_then_ablated_bone():
    medium = box_of_bone(cube(48.0))
    from planner.geometry.ellipsoid import Spheroid  # noqa: PLC0415 - one test alone

    zone = Spheroid(at(6.0), (0.0, 1.0, 0.0), 8.0, 6.0)
    plain, treated = leaks(medium, 3.0)[1], leaks(marked(medium, ablated=[zone]), 3.0)[1]
    flat = np.moveaxis(np.indices(medium.hu.shape), 0, -1)[..., ::-1].reshape(-1, 3)
    inside = zone.contains(medium.geometry.lps_mm(flat.astype(float))).reshape(medium.hu.shape)
    filled = [((flow.arrival_ml <= 3.0) & inside).sum() for flow in (plain, treated)]
    assert filled[1] > 1.15 * filled[0]
    hollow = leaks(marked(medium, cavity=zone), 3.0, tip=at(6.0))[1]
    assert ((hollow.arrival_ml <= 3.0) & inside).sum() > 0.9 * inside.sum()


def test_that_a_tip_outside_all_bone_gives_nothing():
    medium = box_of_bone(cube(48.0))
    out, flow = leaks(medium, 3.0, tip=at(0.0, 21.0))
    assert (out, flow.placed_ml) == ({}, 0.0)
    assert not np.isfinite(flow.arrival_ml).any()


def test_that_cement_in_the_canal_spreads_along_the_wall_and_not_into_the_sac():
    hole = HOLES[LeakPath.EPIDURAL]
    medium = box_of_bone(cube(48.0), hole=lambda x, y, z: hole(x - 5.0, y, z))
    _, flow = leaks(medium, 12.0, tip=at(0.0, 6.0))
    place = np.moveaxis(np.indices(medium.hu.shape), 0, -1)[..., ::-1].astype(float)
    behind = medium.geometry.lps_mm(place[np.isfinite(flow.arrival_ml)])
    in_front = (behind[:, 1] > 13.0) & (np.abs(behind[:, 0]) < 6.0) & (np.abs(behind[:, 2]) < 12.0)
    behind = behind[in_front]
    assert len(behind) > 50
    assert behind[:, 1].max() < 13.0 + 1.0 + NUMBERS.beyond["epidural_mm"].value
    assert np.ptp(behind[:, 2]) > 2.0 * np.ptp(behind[:, 1])


def test_that_a_cavity_that_touches_the_shell_does_not_break_it():
    cavity = hollowed(at(0.0, 4.0), np.array((0.0, 1.0, 0.0)), 2.0, NUMBERS)
    assert cavity.contains(np.array([(0.0, 12.5, 0.0)]))[0]
    medium = marked(box_of_bone(cube(48.0)), cavity=cavity)
    assert leaks(medium, 6.0, tip=at(0.0, 5.0))[0] == {}


def test_that_a_cavity_has_the_volume_of_the_balloon_and_lies_behind_the_tip():
    back = np.array((0.0, 1.0, 0.0))
    cavity = hollowed(at(2.0, -6.0), back, 3.0, NUMBERS)
    assert cavity.volume_mm3 == pytest.approx(3000.0)
    assert not cavity.contains(np.array([(2.0, -6.2, 0.0)]))[0]
    assert cavity.contains(np.array([(2.0, -5.8, 0.0)]))[0]
    medium = marked(box_of_bone(cube(48.0)), cavity=cavity)
    out, flow = leaks(medium, 3.0, tip=at(2.0, -5.0))
    assert out == {}
    hollow = medium.kind == Kind.CAVITY
    assert ((flow.arrival_ml <= 3.0) & hollow).sum() > 0.85 * hollow.sum()
