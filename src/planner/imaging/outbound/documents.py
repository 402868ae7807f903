"""The report as an Encapsulated PDF and its pictures as Secondary Captures."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from planner.imaging.outbound.maker import new_uid
from planner.imaging.outbound.structure_set import new_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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
    written = []
    for number, (key, caption, png) in enumerate(pictures, start=1):
        path = folder / f"picture-{key}.dcm"
        data = _capture(np.asarray(Image.open(BytesIO(png)).convert("RGB")), source, maker)
        data.SeriesInstanceUID = series
        data.SeriesNumber = PICTURE_SERIES_NUMBER
        data.InstanceNumber = number
        data.ImageComments = caption
        data.save_as(path, enforce_file_format=True)
        written.append(path)
    return written


def _capture(rgb: NDArray[np.uint8], source: SourceSeries, maker: Maker) -> Dataset:
    """Return one picture, shape ``(rows, columns, 3)``, as a Secondary Capture (PS3.3 A.8.1)."""
    data = new_object(str(SecondaryCaptureImageStorage), source.headers[0], maker)
    data.Modality = "OT"
    data.Laterality = ""
    data.ConversionType = "WSD"
    data.ContentDate = f"{maker.made:%Y%m%d}"
    data.ContentTime = f"{maker.made:%H%M%S}"
    data.PatientOrientation = ""
    data.BurnedInAnnotation = "YES"
    data.SamplesPerPixel = 3
    data.PhotometricInterpretation = "RGB"
    data.PlanarConfiguration = 0
    data.Rows, data.Columns = rgb.shape[:2]
    data.BitsAllocated = 8
    data.BitsStored = 8
    data.HighBit = 7
    data.PixelRepresentation = 0
    pixels = rgb.tobytes()
    data.PixelData = pixels + b"\0" * (len(pixels) % 2)
    return data


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item
