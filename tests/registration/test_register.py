"""Vertebrae of a digital spine found again in its second scan, or refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from phantoms import healthy_l3, second_scan_l3
from planner.domain.errors import CancelledByUserError, UsageError
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.registration import (
    RefusalCode,
    Registrar,
    RegistrationRefused,
    register_vertebra,
)
from planner.registration.register import LARGEST_ERROR_MM


def framed(ct):
    return replace(ct, record=replace(ct.record, frame_of_reference_uid="2.25.1"))


def off_mm(found, level):
    was = healthy_l3().landmarks[level].wall_points_mm
    now = second_scan_l3().landmarks[level].wall_points_mm
    return np.linalg.norm(found.moved(was) - now, axis=1)


def slices(ct, low, high):
    geometry = ct.geometry.cropped((0, 0, low), (*ct.geometry.size_ijk[:2], high - low))
    return replace(ct, geometry=geometry, hu=np.ascontiguousarray(ct.hu[low:high]))


def slice_of(ct, point):
    return round(float(ct.geometry.ijk(point.array)[2]))


@pytest.fixture(scope="module")
def registrar():
    return Registrar(framed(healthy_l3().ct), healthy_l3().truth)


@pytest.mark.parametrize("level", [Level.L2, Level.L3, Level.L4])
def test_that_every_vertebra_is_found_where_it_went(registrar, level):
    found = registrar.register(level, framed(second_scan_l3().ct))
    assert off_mm(found, level).max() < 0.3
    assert off_mm(found, level).mean() <= found.wall_error_mm <= LARGEST_ERROR_MM
    assert found.misfit_mm < 0.5 * found.rival_misfit_mm
    assert set(found.compared_with) <= {Level.L2, Level.L3, Level.L4} - {level}
    assert np.allclose(found.matrix[:3, :3] @ found.matrix[:3, :3].T, np.eye(3))


def test_that_scans_in_two_frames_are_searched_whole(registrar):
    ct = second_scan_l3().ct
    away = np.eye(4)
    away[:3, 3] = (210.0, -75.0, 480.0)
    matrix = away @ ct.geometry.lps_from_ijk
    geometry = type(ct.geometry).from_matrix(ct.geometry.size_ijk, matrix)
    found = registrar.register(Level.L3, replace(ct, geometry=geometry))
    back = replace_motion(found, np.linalg.inv(away))
    assert off_mm(back, Level.L3).max() < 0.3


def replace_motion(found, after):
    rows = tuple(tuple(float(value) for value in row) for row in after @ found.matrix)
    return replace(found, motion=rows)


def test_that_a_click_in_the_middle_of_the_body_is_a_start(registrar):
    body = second_scan_l3().truth.vertebrae[Level.L3].body_centre
    near = body.moved(np.array([5.0, -6.0, 4.0]))
    found = registrar.register(Level.L3, second_scan_l3().ct, near=near)
    assert off_mm(found, Level.L3).max() < 0.3


def test_that_a_click_on_a_neighbour_is_refused(registrar):
    near = second_scan_l3().truth.vertebrae[Level.L4].body_centre
    refused = registrar.register(Level.L3, framed(second_scan_l3().ct), near=near)
    assert refused.code is RefusalCode.NEIGHBOUR
    assert "L3" in refused.reason


@pytest.mark.parametrize("end", ["head", "feet"])
def test_that_a_neighbour_is_not_taken_for_a_vertebra_that_is_not_in_the_scan(registrar, end):
    ct = framed(second_scan_l3().ct)
    vertebra = second_scan_l3().truth.vertebrae[Level.L3]
    half = 0.5 * vertebra.body_size_mm[2] * np.array(vertebra.superior)
    top = slice_of(ct, vertebra.body_centre.moved(half))
    foot = slice_of(ct, vertebra.body_centre.moved(-half))
    count = ct.geometry.size_ijk[2]
    cut = slices(ct, top, count) if end == "head" else slices(ct, 0, foot)
    refused = registrar.register(Level.L3, cut)
    assert isinstance(refused, RegistrationRefused)
    assert refused.code in (
        RefusalCode.NEIGHBOUR, RefusalCode.NO_MATCH, RefusalCode.NOT_IN_SCAN,
    )  # fmt: skip


def test_that_a_lone_outline_is_judged_by_what_its_edges_leave_over():
    """Without a neighbour's outline to compare with, the wrong bone must still be refused."""
    truth = healthy_l3().truth
    alone = replace(truth, vertebrae={Level.L3: truth.vertebrae[Level.L3]})
    ct = framed(second_scan_l3().ct)
    vertebra = second_scan_l3().truth.vertebrae[Level.L3]
    half = 0.5 * vertebra.body_size_mm[2] * np.array(vertebra.superior)
    cut = slices(ct, slice_of(ct, vertebra.body_centre.moved(half)), ct.geometry.size_ijk[2])
    refused = register_vertebra(framed(healthy_l3().ct), alone, Level.L3, cut)
    assert refused.code in (RefusalCode.NO_MATCH, RefusalCode.NOT_IN_SCAN)


def test_that_a_vertebra_cut_off_by_the_scan_is_refused(registrar):
    ct = framed(second_scan_l3().ct)
    middle = slice_of(ct, second_scan_l3().truth.vertebrae[Level.L2].body_centre)
    refused = registrar.register(Level.L2, slices(ct, 0, middle))
    assert isinstance(refused, RegistrationRefused)


def test_that_a_wall_that_the_scanner_did_not_see_is_refused(registrar):
    ct = framed(second_scan_l3().ct)
    wall = second_scan_l3().landmarks[Level.L3].wall_points_mm
    padded = np.zeros(ct.hu.shape, bool)
    i, j, k = np.rint(ct.geometry.ijk(wall)).astype(int).T
    padded[k, j, i] = True
    padded = ndimage.binary_dilation(padded, iterations=2)
    refused = registrar.register(Level.L3, replace(ct, outside_scan=padded))
    assert refused.code is RefusalCode.NOT_IN_SCAN
    assert "posterior wall" in refused.reason


def test_that_a_level_without_outline_is_not_looked_for(registrar):
    with pytest.raises(UsageError, match="L5 is not outlined"):
        registrar.register(Level.L5, second_scan_l3().ct)


def test_that_a_scan_of_something_else_is_refused(registrar):
    ct = framed(second_scan_l3().ct)
    noise = np.random.default_rng(3).normal(40.0, 30.0, ct.hu.shape).astype(np.int16)
    refused = registrar.register(Level.L3, replace(ct, hu=noise))
    assert isinstance(refused, RegistrationRefused)


def test_that_a_scan_of_another_patient_is_refused(registrar):
    ct = second_scan_l3().ct
    stranger = replace(ct.record.patient, patient_id="PHANTOM-9")
    refused = registrar.register(
        Level.L3, replace(ct, record=replace(ct.record, patient=stranger))
    )
    assert refused.code is RefusalCode.OTHER_PATIENT


def test_that_the_work_can_be_stopped(registrar):
    def stop(fraction, message):
        raise CancelledByUserError(message)

    with pytest.raises(CancelledByUserError):
        registrar.register(Level.L3, second_scan_l3().ct, near=PointLps(0, 0, 0), report=stop)
