"""The gate on every odd series: exact verdict, exact codes, and landmarks where it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imaging import (  # noqa: F401  (fill CASES)
    odd_combined_cases,
    odd_content_cases,
    odd_file_cases,
    odd_geometry_cases,
    odd_hospital_cases,
    odd_jpeg_cases,
    odd_name_cases,
)
from imaging.analytic_patient import worst_landmark_mm, wrong_voxels
from imaging.odd_cases import CASES, LOAD, REFUSE, Case
from planner.domain.errors import InputRefusedError
from planner.imaging import inspect, load_ct

if TYPE_CHECKING:
    from pathlib import Path

LANDMARK_MM = 0.05
VOXEL_HU = 1.0
GATE_CODES = {
    "DCM-OTHER-SERIES", "DCM-SEVERAL-PATIENTS", "DCM-PICK-SERIES", "DCM-NOTHING-TO-READ",
}  # fmt: skip


def built(case: Case, folder: Path) -> Path:
    other = case.build(folder)
    return folder if other is None else other


def test_that_the_suite_is_large_and_every_case_has_its_own_name() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 150
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_that_the_verdict_and_codes_are_exact_and_what_loads_is_the_patient(
    case: Case, tmp_path: Path
) -> None:
    path = built(case, tmp_path)
    inspection = inspect(path)
    codes = {found.code for found in inspection.findings}
    for one in inspection.series:
        if one.series_uid == case.series_uid or (case.series_uid is None and one.rank == 0):
            codes |= {found.code for found in one.findings}
    assert (inspection.verdict, codes) == (case.verdict, case.codes)
    if case.verdict is REFUSE and case.series_uid is None:
        with pytest.raises(InputRefusedError) as refused:
            load_ct(path)
        assert refused.value.code in case.codes
        return
    ct = load_ct(path, case.series_uid)
    assert ct.hu.shape[0] == case.slices
    assert (ct.record.verdict is LOAD) is (not ct.record.findings)
    assert {found.code for found in ct.record.findings} >= case.codes - GATE_CODES
    if case.landmarks:
        assert worst_landmark_mm(ct.geometry, ct.hu) < LANDMARK_MM
    if case.exact_voxels:
        assert wrong_voxels(ct.geometry, ct.hu, VOXEL_HU) == 0
