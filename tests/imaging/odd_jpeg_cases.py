"""Odd series: the JPEG codings that only GDCM can write."""

from __future__ import annotations

from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import gdcm
import pydicom

from imaging.dicom_patient import series, write
from imaging.odd_cases import LOAD, WARN, add

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import FileDataset

LOSSLESS = ("JPEGLosslessProcess14", "JPEGLosslessProcess14_1")
WITH_LOSS = ("JPEGExtendedProcess2_4", "JPEGLSNearLossless")


def repacked(data: FileDataset, coding: str) -> FileDataset:
    """Return a slice with its pixels in another coding, all else as it was."""
    with TemporaryDirectory() as folder:
        data.save_as(f"{folder}/a.dcm", enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(f"{folder}/a.dcm")
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, coding)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(f"{folder}/b.dcm")
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        packed = pydicom.dcmread(f"{folder}/b.dcm")
    data.PixelData = packed.PixelData
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = packed.file_meta.TransferSyntaxUID
    return data


def coded(coding: str, folder: Path) -> None:
    write(folder, [repacked(data, coding) for data in series()])


for _coding in LOSSLESS:
    add(f"coded as {_coding}", LOAD, partial(coded, _coding))
for _coding in WITH_LOSS:
    add(
        f"coded as {_coding}",
        WARN,
        partial(coded, _coding),
        "LOSSY",
        landmarks=False,
        exact_voxels=False,
    )
