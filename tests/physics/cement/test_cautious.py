"""What rules judge of a fill: never farther than the fill, nor than one that stays in the bone."""

import numpy as np
import pytest
from scipy import ndimage

from physics.cement.blocks import at, box_of_bone, cube
from planner.physics.cement.cautious import grown, within_bone
from planner.physics.cement.fill import BAND_MM, darcy, marched, predicted
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet
from planner.physics.cement.paths import Place


def given(medium, ml, tip, quick=False):
    outlets = [Outlet(tip=tip, until_ml=ml)]
    return predicted(medium, outlets, body_ml=30.0, injection_id="c1", quick=quick), outlets


@pytest.mark.parametrize("quick", [False, True])
def test_that_the_judged_fill_is_the_fill_grown_by_its_band_inside_the_shell(quick):
    medium = box_of_bone(cube(48.0))
    fill, _ = given(medium, 3.0, at(4.0, 2.0), quick)
    filled, judged = fill.filled(), fill.judged.filled()
    assert fill.leaks_ml == {}
    near = ndimage.distance_transform_edt(~filled) <= BAND_MM
    inner = medium.place == Place.BONE
    inner.ravel()[medium.shell.voxels] = False
    np.testing.assert_array_equal(judged, filled | (near & inner))
    assert fill.judged.placed_ml == fill.placed_ml
    assert fill.judged.asked_ml == fill.asked_ml


def test_that_every_portion_is_grown_and_not_the_whole_alone():
    medium = box_of_bone(cube(48.0))
    fill, _ = given(medium, 4.0, at())
    for ml in (0.5, 2.0):
        near = ndimage.distance_transform_edt(~fill.filled(ml)) <= BAND_MM
        grew = fill.judged.filled(ml)
        assert (grew | ~near | ~fill.judged.filled()).all()
        assert grew.sum() > 1.5 * fill.filled(ml).sum()


def test_that_cement_that_leaves_the_bone_is_judged_by_where_it_would_be_had_it_stayed():
    into_disc = box_of_bone(cube(48.0), hole=lambda x, y, z: (z > 0) & (np.hypot(x, y) < 3.1))
    fill, outlets = given(into_disc, 6.0, at(0.0, 0.0, 6.0))
    assert fill.leaks_ml
    kept = darcy(into_disc, within_bone(into_disc, openness(into_disc, FlowCase())), outlets)
    stays = kept.arrival_ml <= fill.placed_ml
    assert (stays & ~fill.filled()).sum() > 100
    assert fill.judged.filled()[stays | fill.filled()].all()
    assert kept.placed_ml == pytest.approx(fill.placed_ml, rel=1e-6)


def test_that_nothing_outside_the_bone_is_open_to_cement_that_stays():
    medium = box_of_bone(cube(48.0), hole=lambda x, y, z: (y > 0) & (np.hypot(x, z) < 4.0))
    shut = within_bone(medium, openness(medium, FlowCase()))
    for run in (darcy, marched):
        flow = run(medium, shut, [Outlet(tip=at(0.0, 8.0), until_ml=8.0)])
        assert (medium.place[np.isfinite(flow.arrival_ml)] == Place.BONE).all()


def test_that_growing_nothing_gives_nothing():
    medium = box_of_bone(cube(48.0))
    never = np.full(medium.hu.shape, np.inf, np.float32)
    assert not np.isfinite(grown(medium, never, BAND_MM)).any()
