"""The de-identified copy: nobody is named, nothing clinical is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from imaging.dicom_patient import enhanced, series, write
from planner.domain.errors import InputRefusedError, UsageError
from planner.imaging import deidentify_series, load_ct

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = (b"Analytic", b"P1secret", b"19500101", b"20260102", b"Dr Who", b"1.2.3.", b"private!")


def telling(slices):
    for data in slices:
        data.PatientID = "P1secret"
        data.ReferringPhysicianName = "Dr Who"
        data.InstitutionName = "Dr Who Clinic"
        data.ImageComments = "Analytic"
        block = data.private_block(0x0019, "TEST", create=True)
        block.add_new(0x01, "LO", "private!")
        nested = pydicom.Dataset()
        nested.PatientName = "Analytic^One"
        nested.ReferencedSOPInstanceUID = "1.2.3.4.5"
        data.ReferencedImageSequence = pydicom.Sequence([nested])
    return slices


@pytest.mark.parametrize("packing", ["plain", "enhanced", "rle"])
def test_that_no_secret_is_left_and_the_scan_is_the_same(tmp_path: Path, packing: str) -> None:
    slices = telling(series())
    if packing == "rle":
        for data in slices:
            data.compress(RLELossless, generate_instance_uid=False)
    write(tmp_path / "in", [enhanced(slices)] if packing == "enhanced" else slices)
    files = deidentify_series(tmp_path / "in", tmp_path / "out")
    assert sorted(files) == sorted((tmp_path / "out").iterdir())
    for file in files:
        content = file.read_bytes()
        assert not [secret for secret in SECRETS if secret in content]
    before, after = load_ct(tmp_path / "in"), load_ct(tmp_path / "out")
    assert before.record.sha256 == after.record.sha256
    assert np.array_equal(before.hu, after.hu)
    assert after.record.findings == ()
    assert after.record.patient_position == "HFS"


def test_that_uids_are_new_yet_alike_within_one_copy(tmp_path: Path) -> None:
    write(tmp_path / "in", telling(series()))
    first = [pydicom.dcmread(f) for f in deidentify_series(tmp_path / "in", tmp_path / "a")]
    again = [pydicom.dcmread(f) for f in deidentify_series(tmp_path / "in", tmp_path / "b")]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID"):
        assert len({data[keyword].value for data in first}) == 1
        assert first[0][keyword].value != again[0][keyword].value
    assert len({data.SOPInstanceUID for data in first}) == len(first)
    assert all(data.PatientIdentityRemoved == "YES" for data in first)


def test_that_a_localiser_is_not_copied(tmp_path: Path) -> None:
    slices = telling(series())
    slices[-1].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    write(tmp_path / "in", slices)
    assert len(deidentify_series(tmp_path / "in", tmp_path / "out")) == len(slices) - 1


def test_that_burned_in_names_a_refused_series_and_a_used_folder_stop_it(tmp_path: Path) -> None:
    slices = series()
    write(tmp_path / "in", slices)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("mine")
    with pytest.raises(UsageError, match="already holds files"):
        deidentify_series(tmp_path / "in", tmp_path / "out")
    slices[3].BurnedInAnnotation = "YES"
    write(tmp_path / "burned", slices)
    with pytest.raises(InputRefusedError) as refused:
        deidentify_series(tmp_path / "burned", tmp_path / "b")
    assert refused.value.code == "DCM-BURNED-IN"
    del slices[12]
    write(tmp_path / "gap", slices)
    with pytest.raises(InputRefusedError) as refused:
        deidentify_series(tmp_path / "gap", tmp_path / "c")
    assert refused.value.code == "DCM-MISSING-SLICE"
