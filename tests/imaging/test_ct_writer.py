"""A CT written as DICOM, read back by the gate, by SimpleITK and by dciodvfy."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813

from imaging.analytic_patient import worst_landmark_mm
from imaging.volumes import AXES, ct_on, grid, tilted_axes
from planner.domain.errors import UsageError
from planner.domain.volume import CtVolume, PatientIdentity
from planner.imaging import load_ct, write_ct_series

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("position", AXES)
def test_that_a_written_series_loads_without_a_warning_and_is_the_same_scan(
    tmp_path: Path, position: str
) -> None:
    ct = ct_on(grid(AXES[position]), position)
    write_ct_series(tmp_path, ct)
    back = load_ct(tmp_path)
    assert back.record.findings == ()
    assert back.record.sha256 == ct.record.sha256
    assert back.record.patient_position == position
    assert back.record.patient == ct.record.patient
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05


@pytest.mark.parametrize("position", ["HFS", "HFP", "HFDR"])
def test_that_simpleitk_places_a_written_series_the_same(tmp_path: Path, position: str) -> None:
    ct = ct_on(grid(AXES[position]), position)
    write_ct_series(tmp_path, ct)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(image), ct.hu)
    last = np.array(ct.geometry.size_ijk) - 1
    seen = image.TransformIndexToPhysicalPoint(last.tolist())
    assert np.allclose(seen, ct.geometry.lps_mm(last), atol=1e-3)


def test_that_gantry_tilt_survives_with_its_tag(tmp_path: Path) -> None:
    ct = ct_on(grid(tilted_axes(12.0)))
    write_ct_series(tmp_path, ct)
    back = load_ct(tmp_path)
    assert [found.code for found in back.record.findings] == ["DCM-GANTRY-TILT"]
    assert back.record.gantry_tilt_deg == pytest.approx(12.0, abs=1e-3)
    assert worst_landmark_mm(back.geometry, back.hu) < 0.05


def test_that_voxels_outside_the_scan_stay_outside(tmp_path: Path) -> None:
    plain = ct_on(grid(AXES["HFS"]))
    outside = np.zeros(plain.hu.shape, dtype=np.bool_)
    outside[:, :4, :4] = True
    hu = np.where(outside, np.int16(-1000), plain.hu)
    ct = CtVolume(geometry=plain.geometry, hu=hu, record=plain.record, outside_scan=outside)
    write_ct_series(tmp_path, ct)
    back = load_ct(tmp_path)
    assert np.array_equal(back.outside_scan, outside)
    assert np.array_equal(back.hu, hu)


def test_that_the_uids_of_the_record_are_used_and_others_are_always_the_same(
    tmp_path: Path,
) -> None:
    named = ct_on(grid(AXES["HFS"]), series_uid="1.2.3", study_uid="1.2.4")
    write_ct_series(tmp_path / "a", named)
    assert load_ct(tmp_path / "a").record.series_uid == "1.2.3"
    plain = ct_on(grid(AXES["HFS"]))
    first = write_ct_series(tmp_path / "b", plain)
    again = write_ct_series(tmp_path / "c", plain)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
def test_that_dciodvfy_finds_no_error(tmp_path: Path, position: str) -> None:
    patient = PatientIdentity(name="Analytic^One", patient_id="P1", birth_date="19500101", sex="F")
    ct = ct_on(grid(AXES[position]), position, patient=patient, acquired="20260102")
    file = write_ct_series(tmp_path, ct)[0]
    checked = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
    assert "Error" not in checked.stderr
    assert "Warning" not in checked.stderr


def test_that_every_slice_file_has_what_an_archive_needs(tmp_path: Path) -> None:
    files = write_ct_series(tmp_path, ct_on(grid(AXES["HFS"])), series_description="Phantom")
    data = [pydicom.dcmread(file) for file in files]
    assert len({one.SOPInstanceUID for one in data}) == len(files)
    assert [one.InstanceNumber for one in data] == list(range(1, len(files) + 1))
    assert data[0].SeriesDescription == "Phantom"
    assert float(data[0].SliceThickness) == pytest.approx(2.0)


def test_that_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="already holds files"):
        write_ct_series(tmp_path, ct_on(grid(AXES["HFS"])))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_that_a_sheared_picture_has_no_dicom_form(tmp_path: Path) -> None:
    axes = np.array([[1.0, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    with pytest.raises(UsageError, match="right angles"):
        write_ct_series(tmp_path, ct_on(grid(axes)))
