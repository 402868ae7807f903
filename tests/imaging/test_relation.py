"""What is said of a scan that is not the one a plan was made on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from imaging.dicom_patient import series, write
from planner.domain.volume import GateVerdict, PatientIdentity, ScanRecord
from planner.imaging import inspect, load_ct, relation_in_words

if TYPE_CHECKING:
    from pathlib import Path

PATIENT = PatientIdentity(name="Analytic^One", patient_id="P1", birth_date="19500101")
WANTED = ScanRecord(
    sha256="a",
    verdict=GateVerdict.LOAD,
    findings=(),
    locator="",
    patient=PATIENT,
    study_uid="1.1",
    series_uid="1.2",
    frame_of_reference_uid="1.3",
    acquired="20260102",
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patient": replace(PATIENT, patient_id="P2")}, "ANOTHER PATIENT"),
        ({"patient": replace(PATIENT, name="Analytic^Two")}, "ANOTHER PATIENT"),
        ({"patient": replace(PATIENT, birth_date="19500102")}, "ANOTHER PATIENT"),
        ({"patient": PatientIdentity()}, "does not say whose"),
        ({"patient": replace(PATIENT, birth_date="")}, "not certain"),
        ({"study_uid": "9", "acquired": "20270304"}, "another study of 2027-03-04"),
        ({"study_uid": ""}, "of which study"),
        ({"frame_of_reference_uid": "9"}, "another frame of reference"),
        ({"series_uid": "9"}, "another series of the same patient"),
        ({}, "voxels or geometry differ"),
    ],
)
def test_that_the_gravest_difference_is_said(change: dict[str, object], words: str) -> None:
    said = relation_in_words(WANTED, replace(WANTED, **change))
    assert words in said
    assert "Analytic" not in said


def test_that_a_loaded_scan_and_a_listed_series_can_be_compared(tmp_path: Path) -> None:
    write(tmp_path / "a", series())
    lost = series()[:-1]
    write(tmp_path / "b", lost)
    first, second = load_ct(tmp_path / "a").record, load_ct(tmp_path / "b").record
    assert "slices were lost" in relation_in_words(first, second)
    (listed,) = inspect(tmp_path / "b", pixels=False).series
    assert relation_in_words(first, listed) == relation_in_words(first, second)
