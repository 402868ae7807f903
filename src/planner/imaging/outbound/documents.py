"""The report as an Encapsulated PDF and its pictures as Secondary Captures."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from highdicom.sc import SCImage
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from planner.imaging.outbound.maker import MANUFACTURER, MODEL, new_uid
from planner.imaging.outbound.structure_set import new_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.imaging.outbound.maker import Maker
    from planner.imaging.outbound.source import SourceSeries

PDF_SERIES_NUMBER = 903
PICTURE_SERIES_NUMBER = 904
MIME_TYPE = "application/pdf"


def write_encapsulated_pdf(
    path: Path, source: SourceSeries, pdf: bytes, title: str, maker: Maker
) -> Path:
    """Wrap the report (PS3.3 A.45.1); the PDF's bytes are kept as they are."""
    data = new_object(str(EncapsulatedPDFStorage), source.headers[0], maker)
    data.Modality = "DOC"
    data.SeriesNumber = PDF_SERIES_NUMBER
    data.InstanceNumber = 1
    data.ConversionType = "WSD"
    data.ContentDate = f"{maker.made:%Y%m%d}"
    data.ContentTime = f"{maker.made:%H%M%S}"
    data.AcquisitionDateTime = ""
    data.BurnedInAnnotation = "YES"
    data.DocumentTitle = title[:1024]
    data.ConceptNameCodeSequence = []
    data.MIMETypeOfEncapsulatedDocument = MIME_TYPE
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    data.EncapsulatedDocumentLength = len(pdf)
    data.SourceInstanceSequence = [_reference(header) for header in source.headers]
    data.save_as(path, enforce_file_format=True)
    return path


def write_key_pictures(
    folder: Path,
    source: SourceSeries,
    pictures: Sequence[tuple[str, str, bytes]],
    maker: Maker,
) -> list[Path]:
    """Write PNG pictures as Secondary Captures; they carry no geometry, on purpose.

    Parameters
    ----------
    pictures
        ``(key, caption, png)`` of each.
    """
    series = new_uid()
    header = source.headers[0]
    written = []
    for number, (key, caption, png) in enumerate(pictures, start=1):
        capture = SCImage(
            pixel_array=np.asarray(Image.open(BytesIO(png)).convert("RGB")),
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            study_instance_uid=header.StudyInstanceUID,
            series_instance_uid=series,
            series_number=PICTURE_SERIES_NUMBER,
            sop_instance_uid=new_uid(),
            instance_number=number,
            manufacturer=MANUFACTURER,
            patient_id=header.get("PatientID", ""),
            patient_name=header.get("PatientName", ""),
            patient_birth_date=header.get("PatientBirthDate", ""),
            patient_sex=header.get("PatientSex", "") or None,
            accession_number=header.get("AccessionNumber", ""),
            study_id=header.get("StudyID", ""),
            study_date=header.get("StudyDate", "") or None,
            study_time=header.get("StudyTime", "") or None,
            referring_physician_name=header.get("ReferringPhysicianName", ""),
        )
        capture.SeriesDescription = maker.description
        capture.ManufacturerModelName = MODEL
        capture.SoftwareVersions = maker.software
        capture.BurnedInAnnotation = "YES"
        capture.ImageComments = caption
        path = folder / f"picture-{key}.dcm"
        capture.save_as(path)
        written.append(path)
    return written


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item
