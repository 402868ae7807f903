"""Needles found in a control scan, against needles laid in it."""

from __future__ import annotations

import numpy as np
import pytest

from control.small_scans import SKIN_Y_MM, face_middle, needle, scan_of
from planner.control import find_needles
from planner.geometry.points import unit
from planner.phantom.additions import CEMENT, METAL, lump, tube

TIP_BAR_MM, AXIS_BAR_DEG = 0.5, 0.5
ENTRY_BAR_MM = 1.0
"""A voxel: where a skin that is one voxel thick in the picture lies."""


RIGHT_END_MM = 3.0
"""A tip in gas is read less well: the model of an end knows one kind of surroundings."""

DIAMETER_BAR_MM = 0.8
"""What ``FoundNeedle.diameter_mm`` promises."""


def off_by(found, laid):
    way = unit(laid.tip.array - laid.back.array)
    cosine = float(np.clip(way @ np.array(found.direction), -1.0, 1.0))
    tip_mm = float(np.linalg.norm(found.tip.array - face_middle(laid)))
    return tip_mm, float(np.degrees(np.arccos(cosine)))


@pytest.mark.parametrize(
    ("laid", "scan"),
    [
        (needle((2, -12, 1), (0.2, -1, 0.1)), {}),
        (needle((-4, -9, 2), (-0.4, -1, 0.0), mm=1.47, bevel=90.0), {"spacing": (0.7, 0.7, 2.0)}),
        (needle((1, -15, -3), (0.1, -1, -0.3), mm=3.05, bevel=25.0, hub=15.0), {"top_hu": 30710}),
    ],
    ids=["usual", "thin, blunt, thick slices", "thick, sharp, hub, extended scale"],
)
def test_that_tip_axis_and_entry_are_where_the_needle_was_laid(laid, scan) -> None:
    found = find_needles(scan_of([laid], **scan))
    (only,) = found.needles
    tip_mm, axis_deg = off_by(only, laid)
    assert tip_mm < TIP_BAR_MM
    assert axis_deg < AXIS_BAR_DEG
    assert only.entry is not None
    assert abs(only.entry.y_mm - SKIN_Y_MM) < ENTRY_BAR_MM
    assert abs(only.diameter_mm - laid.outer_diameter_mm) < DIAMETER_BAR_MM
    assert tip_mm < 3.0 * only.tip_sd_mm
    is_thick = scan.get("spacing", (0, 0, 1.0))[2] > 1.6
    assert any("slices" in note for note in only.notes) is is_thick


def test_that_crossed_and_parallel_needles_are_told_apart() -> None:
    laid = [
        needle((-10, -12, 0), (0.0, -1, 0.0), mm=1.83),
        needle((-4, -6, 0), (0.0, -1, 0.0), mm=1.83),
        needle((-2, -9, 1), (-0.55, -1, 0.05), mm=1.47),
    ]
    found = find_needles(scan_of(laid)).needles
    assert len(found) == len(laid)
    for one in laid:
        assert min(max(off_by(other, one)) for other in found) < TIP_BAR_MM


def test_that_a_needle_whose_tip_is_cut_off_has_no_tip_and_says_so() -> None:
    laid = needle((0, -20, 27), (0.0, -0.9, 0.4), length=120.0)
    (only,) = find_needles(scan_of([laid])).needles
    assert only.tip is None
    assert np.isinf(only.tip_sd_mm)
    assert any("NOT in the scan" in note for note in only.notes)


@pytest.mark.parametrize("gas_mm", [0.0, 11.0])
def test_that_a_needle_that_leaves_the_scan_under_the_skin_is_not_turned_round(gas_mm) -> None:
    """Its tip may have reached gas, which stood for the air outside before."""
    laid = needle((0, -8, -14), (0.05, -0.6, -1.0))
    gas = lump(laid.tip.array, np.eye(3), np.full(3, gas_mm + 0.01), -900.0, 0)
    (only,) = find_needles(scan_of([laid], shapes=[gas] if gas_mm else [])).needles
    assert only.entry is None
    assert only.tip is not None
    tip_mm, axis_deg = off_by(only, laid)
    assert tip_mm < (RIGHT_END_MM if gas_mm else TIP_BAR_MM)
    assert axis_deg < AXIS_BAR_DEG


def test_that_what_is_no_needle_is_refused_with_its_reason() -> None:
    along = np.array([0.0, 1.0, 0.0])
    at = np.array([-18.0, -14.0, -8.0])
    shapes = [
        tube(at, at + 40.0 * along, 2.9, 7000.0, METAL),
        tube(np.array([14.0, -16.0, 8.0]), np.array([14.0, 14.0, 8.0]), 0.7, 14000.0, METAL),
        lump(np.array([2.0, -16.0, 2.0]), np.eye(3), np.array([6.0, 7.0, 6.0]), 2300.0, CEMENT),
        tube(np.array([4.0, SKIN_Y_MM + 1, -14.0]), np.array([4.0, SKIN_Y_MM + 1, 14.0]), 0.6,
             14000.0, METAL),
    ]  # fmt: skip
    found = find_needles(scan_of(shapes=shapes))
    assert found.needles == ()
    reasons = " | ".join(one.why for one in found.refused)
    for word in ("a screw or a rod", "a pin", "not straight", "on the skin"):
        assert word in reasons
    assert len(found.refused) == len(shapes)


def test_that_a_scan_without_metal_holds_no_needle() -> None:
    found = find_needles(scan_of())
    assert (found.needles, found.refused) == ((), ())
