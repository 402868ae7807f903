"""Parts as an RT Structure Set (PS3.3 A.19), contours on the scan's own slices."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RTStructureSetStorage

from planner.imaging.outbound.contours import outlines_ji
from planner.imaging.outbound.maker import (
    MANUFACTURER,
    MODEL,
    copy_patient_and_study,
    new_uid,
)
from planner.imaging.outbound.parts import place_kji

if TYPE_CHECKING:
    from pathlib import Path

    from planner.imaging.outbound.maker import Maker
    from planner.imaging.outbound.parts import Part
    from planner.imaging.outbound.source import SourceSeries

SERIES_NUMBER = 902
DECIMALS = 3
"""A micrometre; a decimal string holds 16 characters."""


def write_structure_set(
    path: Path, source: SourceSeries, parts: tuple[Part, ...], maker: Maker
) -> Path:
    """Write every non-empty part as one region of interest."""
    first = source.headers[0]
    data = new_object(str(RTStructureSetStorage), first, maker)
    data.Modality = "RTSTRUCT"
    data.OperatorsName = ""
    data.SeriesNumber = SERIES_NUMBER
    data.InstanceNumber = 1
    data.StructureSetLabel = "PLAN"
    data.StructureSetName = maker.description
    data.StructureSetDate = f"{maker.made:%Y%m%d}"
    data.StructureSetTime = f"{maker.made:%H%M%S}"
    data.FrameOfReferenceUID = first.FrameOfReferenceUID
    data.PositionReferenceIndicator = first.get("PositionReferenceIndicator", "")
    data.ReferencedFrameOfReferenceSequence = [_frame_of_reference(source)]
    data.StructureSetROISequence = []
    data.ROIContourSequence = []
    data.RTROIObservationsSequence = []
    for number, part in enumerate((part for part in parts if part.mask.any()), start=1):
        data.StructureSetROISequence.append(_region(part, number, first.FrameOfReferenceUID))
        data.ROIContourSequence.append(_contours(part, number, source))
        data.RTROIObservationsSequence.append(_observation(number))
    data.save_as(path, enforce_file_format=True)
    return path


def new_object(sop_class: str, header: Dataset, maker: Maker) -> FileDataset:
    """Return an object with patient, study, equipment and SOP common filled in."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SpecificCharacterSet = "ISO_IR 192"
    copy_patient_and_study(data, header)
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.SeriesInstanceUID = new_uid()
    data.SeriesDescription = maker.description
    data.Manufacturer = MANUFACTURER
    data.ManufacturerModelName = MODEL
    data.SoftwareVersions = maker.software
    data.InstanceCreationDate = f"{maker.made:%Y%m%d}"
    data.InstanceCreationTime = f"{maker.made:%H%M%S}"
    return data


def _frame_of_reference(source: SourceSeries) -> Dataset:
    first = source.headers[0]
    series = Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ContourImageSequence = [_reference(header) for header in source.headers]
    study = Dataset()
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID = first.StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = first.FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    return frame


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item


def _region(part: Part, number: int, frame_of_reference_uid: str) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = frame_of_reference_uid
    item.ROIName = part.name
    item.ROIDescription = part.made_by
    item.ROIGenerationAlgorithm = "MANUAL" if part.is_manual else "AUTOMATIC"
    return item


def _observation(number: int) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.RTROIInterpretedType = ""
    item.ROIInterpreter = ""
    return item


def _contours(part: Part, number: int, source: SourceSeries) -> Dataset:
    k_place, _, _ = place_kji(part.geometry, source.geometry, part.name)
    item = Dataset()
    item.ROIDisplayColor = list(part.colour)
    item.ReferencedROINumber = number
    item.ContourSequence = []
    for k in np.flatnonzero(part.mask.any(axis=(1, 2))):
        for ring in outlines_ji(part.mask[k]):
            ijk = np.stack([ring[:, 1], ring[:, 0], np.full(len(ring), float(k))], axis=1)
            points = part.geometry.lps_mm(ijk)
            contour = Dataset()
            contour.ContourImageSequence = [_reference(source.headers[k_place.start + int(k)])]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            # Taken as they are: pydicom would read and check each of a million numbers.
            texts = [f"{value:.{DECIMALS}f}" for value in points.ravel()]
            contour.add(DataElement("ContourData", "DS", texts, already_converted=True))
            item.ContourSequence.append(contour)
    return item
