"""Real files from other programs: a right answer or a refusal, never a crash."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813

from planner.domain.errors import InputRefusedError
from planner.domain.volume import GateVerdict
from planner.imaging import inspect, load_ct, read_labels

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.realdata


def test_that_the_thoracic_ct_loads_feet_first_where_simpleitk_puts_it(real_ct: Path) -> None:
    folder = real_ct / "thoracic_ct_dicom"
    ct = load_ct(folder)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    assert ct.record.patient_position == "FFS"
    assert {found.code for found in ct.record.findings} == {
        "DCM-MAY-BE-INCOMPLETE",
        "DCM-OWN-FRAMES-OF-REFERENCE",
    }
    assert np.array_equal(sitk.GetArrayFromImage(image), ct.hu)
    for index in ((0, 0, 0), (511, 100, 149)):
        seen = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(seen, ct.geometry.lps_mm(np.array(index)), atol=1e-3)


@pytest.mark.parametrize("name", ["lumbar_ct_verse014", "trunk_ct_3mm"])
def test_that_real_nifti_lies_where_simpleitk_puts_it(real_ct: Path, name: str) -> None:
    path = real_ct / name / "ct.nii.gz"
    ct = load_ct(path)
    image = sitk.ReadImage(str(path))
    assert np.allclose(sitk.GetArrayFromImage(image), ct.hu, atol=0.5)
    last = np.array(ct.geometry.size_ijk) - 1
    seen = image.TransformIndexToPhysicalPoint(last.tolist())
    assert np.allclose(seen, ct.geometry.lps_mm(last), atol=0.01)


def test_that_real_labels_share_the_grid_of_their_ct(real_ct: Path) -> None:
    folder = real_ct / "lumbar_ct_verse014"
    labels = read_labels(folder / "vertebrae.nii.gz")
    affine = load_ct(folder / "ct.nii.gz").geometry.lps_from_ijk
    assert np.allclose(labels.geometry.lps_from_ijk, affine, atol=1e-6)
    assert set(np.unique(labels.labels)) == {0, 20, 21, 22, 23, 24}


NO_FRAME = "DCM-NO-FRAME-OF-REFERENCE"
STACKS = {
    # Four slices of which hardly a voxel is as dense as fat: the doubt is right.
    "gantrytilting_001": (GateVerdict.WARN, "DCM-GANTRY-TILT", "DCM-HU-DOUBTFUL", NO_FRAME),
    "notavolume_001": (GateVerdict.REFUSE, "DCM-SEVERAL-VOLUMES", NO_FRAME),
    "slicecount_001": (GateVerdict.REFUSE, "DCM-NOT-CT"),
    "sliceincrement_001": (GateVerdict.REFUSE, "DCM-MISSING-SLICE", NO_FRAME),
    "sliceincrement_002": (GateVerdict.REFUSE, "DCM-MISSING-SLICE", NO_FRAME),
    "sliceorientation_001": (GateVerdict.REFUSE, "DCM-NOT-CT"),
}


@pytest.mark.parametrize("name", STACKS)
def test_that_odd_real_stacks_get_their_verdict(real_ct: Path, name: str) -> None:
    inspection = inspect(real_ct / "odd_dicom/slice_stacks" / name)
    codes = {found.code for found in inspection.series[0].findings}
    assert (inspection.verdict, codes) == (STACKS[name][0], set(STACKS[name][1:]))


def test_that_every_odd_file_and_folder_is_answered_alike_by_inspect_and_load(
    real_ct: Path,
) -> None:
    paths = sorted((real_ct / "odd_dicom").rglob("*"))
    assert len(paths) > 60
    for path in paths:
        inspection = inspect(path)
        if inspection.verdict is not GateVerdict.REFUSE:
            assert load_ct(path).record.verdict is inspection.verdict, path.name
            continue
        with pytest.raises(InputRefusedError) as refused:
            load_ct(path)
        assert refused.value.code != "DCM-INTERNAL", path.name


def test_that_three_slices_of_a_liver_load_alone(real_ct: Path) -> None:
    folder = real_ct / "odd_dicom/segmentations"
    best = inspect(folder).series[0]
    ct = load_ct(folder, best.series_uid)
    assert ct.geometry.size_ijk == (512, 512, 3)
    assert ct.geometry.spacing_mm == pytest.approx((0.810547, 0.810547, 1.0))


FILLER = -2000  # undeclared: the header says -32768
SYNTAXES = "odd_dicom/transfer_syntaxes"
LOSSY = ("1.2.4.50", "1.2.4.51", "1.2.4.53", "1.2.4.55", "1.2.4.81", "1.2.4.91")


def stacked(source: Path, folder: Path) -> pydicom.FileDataset:
    """Write a real single slice four times along z, pixels untouched."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the slices come as they are
        data = pydicom.dcmread(source)
        x, y, z = (float(value) for value in data.ImagePositionPatient)
        for k in range(4):
            data.ImagePositionPatient = [x, y, z + k * float(data.SliceThickness)]
            data.SOPInstanceUID = f"1.2.3.{k + 1}"
            data.InstanceNumber = k + 1
            data.save_as(folder / f"{k}.dcm")
    return data


def test_that_every_real_coding_gives_the_same_hu_or_warns_of_loss(
    real_ct: Path, tmp_path: Path
) -> None:
    files = sorted((real_ct / SYNTAXES).glob("CTImage.dcm*"))
    assert len(files) == 16
    truth = None
    for place, file in enumerate(files):
        folder = tmp_path / str(place)
        folder.mkdir()
        data = stacked(file, folder)
        ct = load_ct(folder)
        codes = {found.code for found in ct.record.findings}
        uid = str(data.file_meta.TransferSyntaxUID)
        assert ("DCM-LOSSY" in codes) is uid.endswith(LOSSY), uid
        if truth is None:
            truth = np.where(data.pixel_array == FILLER, -1000, data.pixel_array - 1024)
        seen = ct.hu[1]
        if uid.endswith(LOSSY):
            inside = truth > -1000
            assert np.abs(seen - truth)[inside].mean() < 25.0, uid
        else:
            assert np.array_equal(seen, truth), uid
