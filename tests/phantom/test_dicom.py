"""A digital spine as a DICOM series: every patient position, read back by three libraries."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813

from phantoms import small
from planner.domain.levels import Level
from planner.imaging import load_ct, write_ct_series
from planner.phantom import Phantom, make_phantom
from planner.phantom.recipe import Position

if TYPE_CHECKING:
    from pathlib import Path


@lru_cache(maxsize=8)
def coarse(position: Position) -> Phantom:
    recipe = small(levels=(Level.L3, Level.L3), position=position, spacing_mm=(3.0, 3.0, 5.0))
    return make_phantom(recipe)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("position", Position)
def test_that_dciodvfy_finds_no_error_in_any_position(tmp_path: Path, position: Position) -> None:
    files = write_ct_series(tmp_path, coarse(position).ct)
    checked = subprocess.run(
        ["dciodvfy", str(files[0])], capture_output=True, text=True, check=False
    )
    assert "Error" not in checked.stderr
    assert "Error" not in checked.stdout


@pytest.mark.parametrize("position", Position)
def test_that_simpleitk_and_the_gate_read_the_same_voxels_in_the_same_place(
    tmp_path: Path, position: Position
) -> None:
    ct = coarse(position).ct
    write_ct_series(tmp_path, ct)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(image), ct.hu)
    last = np.array(ct.geometry.size_ijk) - 1
    seen = image.TransformIndexToPhysicalPoint(last.tolist())
    assert np.allclose(seen, ct.geometry.lps_mm(last), atol=1e-3)
    back = load_ct(tmp_path)
    assert back.record.sha256 == ct.record.sha256
    assert back.record.patient_position == position.value


def test_that_highdicom_and_pydicom_read_it_as_one_volume(tmp_path: Path) -> None:
    ct = coarse(Position.FFP).ct
    data = [pydicom.dcmread(file) for file in write_ct_series(tmp_path, ct)]
    volume = highdicom.get_volume_from_series(data)
    corners = [volume.map_indices_to_reference(np.array([[0, 0, 0]]))[0]]
    corners.append(volume.map_indices_to_reference(np.array([volume.spatial_shape]) - 1)[0])
    far = np.array(ct.geometry.size_ijk) - 1
    ours = [ct.geometry.lps_mm(np.array([0, 0, k])) for k in (0, far[2])]
    assert min(np.linalg.norm(corners[0] - one) for one in ours) < 1e-3
    assert sorted(volume.array.ravel()) == sorted(ct.hu.ravel())
    assert {one.PatientPosition for one in data} == {"FFP"}
    assert {one.ConvolutionKernel for one in data} == {"STANDARD"}
