"""The analytic patient as DICOM, written with pydicom so that it can be made wrong at will."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian

from imaging.analytic_patient import hu_at

if TYPE_CHECKING:
    from collections.abc import Sequence as AnySequence
    from pathlib import Path

    from numpy.typing import NDArray

COLUMNS, ROWS, SLICES = 56, 44, 26
COLUMN_SPACING_MM, ROW_SPACING_MM, STEP_MM = 1.6, 1.8, 2.0
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SUPERIOR = (0.0, 0.0, 1.0)
STUDY, SERIES, FRAME = "1.2.3.1", "1.2.3.2", "1.2.3.77"
PRONE = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
RIGHT_DOWN = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0)
LEFT_DOWN = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0)


def centred_position(
    orientation: AnySequence[float], step: AnySequence[float], k: int, slices: int = SLICES
) -> NDArray[np.float64]:
    """Return the first pixel's place when the stack is centred on the patient."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    middle = row * COLUMN_SPACING_MM * (COLUMNS - 1) / 2
    middle = middle + column * ROW_SPACING_MM * (ROWS - 1) / 2
    return (k - (slices - 1) / 2) * np.array(step) - middle


def plane_hu(
    position: NDArray[np.float64],
    orientation: AnySequence[float],
    *,
    rows: int = ROWS,
    columns: int = COLUMNS,
    row_spacing_mm: float = ROW_SPACING_MM,
    column_spacing_mm: float = COLUMN_SPACING_MM,
) -> NDArray[np.float64]:
    """Return the HU of one plane."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    j, i = np.indices((rows, columns))
    points = (
        position + i[..., None] * column_spacing_mm * row + j[..., None] * row_spacing_mm * column
    )
    return hu_at(points)


def series(
    orientation: AnySequence[float] = AXIAL,
    direction: AnySequence[float] = SUPERIOR,
    *,
    position: str = "HFS",
    slices: int = SLICES,
    step_mm: float = STEP_MM,
) -> list[FileDataset]:
    """Return a right series; ``direction`` is the unit way from slice to slice."""
    step = np.array(direction) * step_mm
    return [
        image(centred_position(orientation, step, k, slices), orientation, k, position)
        for k in range(slices)
    ]


def image(
    position: NDArray[np.float64], orientation: AnySequence[float], k: int, patient_position: str
) -> FileDataset:
    """Return one CT Image slice of the patient."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.3.4")
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = CTImageStorage
    data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    set_uid(data, f"1.2.3.2.{k + 1}")
    data.StudyDate, data.StudyTime = "20260102", "101112"
    data.Modality, data.Manufacturer = "CT", "Test"
    data.PatientName, data.PatientID = "Analytic^One", "P1"
    data.PatientBirthDate, data.PatientSex = "19500101", "F"
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, SERIES
    data.FrameOfReferenceUID = FRAME
    data.SeriesDescription, data.AccessionNumber = "Spine 2.0 bone", ""
    data.SliceThickness, data.KVP, data.ConvolutionKernel = "2.0", "120", "B60s"
    data.StudyID, data.SeriesNumber, data.AcquisitionNumber = "1", 3, 1
    data.InstanceNumber = k + 1
    if patient_position:
        data.PatientPosition = patient_position
    data.ImageOrientationPatient = [decimal(value) for value in orientation]
    data.ImagePositionPatient = [decimal(value) for value in position]
    data.PixelSpacing = [decimal(ROW_SPACING_MM), decimal(COLUMN_SPACING_MM)]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = ROWS, COLUMNS
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = 0
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "-1024", "1", "HU"
    set_hu(data, plane_hu(np.asarray(position), orientation))
    return data


def decimal(value: float) -> str:
    return f"{value + 0.0:.10g}"[:16]


def set_uid(data: FileDataset, uid: str) -> None:
    data.SOPInstanceUID = UID(uid)
    data.file_meta.MediaStorageSOPInstanceUID = UID(uid)


def set_hu(data: FileDataset, hu: NDArray[np.float64]) -> None:
    """Store HU by the header's own rescale values and pixel format."""
    stored = np.rint((hu - float(data.RescaleIntercept)) / float(data.RescaleSlope))
    kind = "<i2" if data.PixelRepresentation else "<u2"
    data.PixelData = stored.astype(kind).tobytes()
    data["PixelData"].VR = "OW"
    data.Rows, data.Columns = hu.shape


def hu_of(data: FileDataset) -> NDArray[np.float64]:
    kind = "<i2" if data.PixelRepresentation else "<u2"
    stored = np.frombuffer(data.PixelData, kind).reshape(data.Rows, data.Columns)
    return stored * float(data.RescaleSlope) + float(data.RescaleIntercept)


def write(folder: Path, datasets: list[FileDataset], names: list[str] | None = None) -> Path:
    """Write one file per data set."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, data in enumerate(datasets):
        name = names[place] if names else f"IM{place + 1:04d}.dcm"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data.save_as(folder / name, enforce_file_format=True)
    return folder


def enhanced(slices: list[FileDataset], order: list[int] | None = None) -> FileDataset:
    """Return the slices as one Enhanced CT, frames stored in ``order``."""
    first = slices[0]
    order = list(range(len(slices))) if order is None else order
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID("1.2.3.4")
    whole = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for element in first:
        if element.keyword not in _PER_FRAME:
            whole.add(element)
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    set_uid(whole, "1.2.3.2.9000")
    whole.NumberOfFrames = len(order)
    shared = Dataset()
    shared.PlaneOrientationSequence = Sequence([_item("ImageOrientationPatient", first)])
    measures = _item("PixelSpacing", first)
    measures.SliceThickness = first.SliceThickness
    shared.PixelMeasuresSequence = Sequence([measures])
    if "ReconstructionDiameter" in first:
        shared.CTReconstructionSequence = Sequence([_item("ReconstructionDiameter", first)])
    whole.SharedFunctionalGroupsSequence = Sequence([shared])
    whole.PerFrameFunctionalGroupsSequence = Sequence([_frame_group(slices[k]) for k in order])
    whole.PixelData = b"".join(slices[k].PixelData for k in order)
    whole["PixelData"].VR = "OW"
    return whole


_PER_FRAME = {
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleIntercept",
    "RescaleSlope", "RescaleType", "SliceThickness", "PixelData", "SOPInstanceUID",
    "ReconstructionDiameter", "ConvolutionKernel", "KVP", "AcquisitionNumber",
}  # fmt: skip


def _item(keyword: str, source: FileDataset) -> Dataset:
    item = Dataset()
    setattr(item, keyword, getattr(source, keyword))
    return item


def _frame_group(source: FileDataset) -> Dataset:
    group = Dataset()
    group.PlanePositionSequence = Sequence([_item("ImagePositionPatient", source)])
    values = _item("RescaleIntercept", source)
    values.RescaleSlope = source.RescaleSlope
    values.RescaleType = "HU"
    group.PixelValueTransformationSequence = Sequence([values])
    kind = Dataset()
    kind.FrameType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    group.CTImageFrameTypeSequence = Sequence([kind])
    return group
