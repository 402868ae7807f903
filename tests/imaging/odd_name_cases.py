"""Series whose names, dates and places are odd, and values that are a window's."""

from __future__ import annotations

import os

import numpy as np

from imaging.dicom_patient import SLICES, hu_of, series, write
from imaging.odd_cases import REFUSE, WARN, case
from imaging.odd_geometry_cases import edit


@edit("a patient without name and ID", WARN, "NO-IDENTITY")
def _(slices):
    for data in slices:
        data.PatientName, data.PatientID = "", ""


@edit("half of the slices from another day", WARN, "MIXED-ACQUISITION")
def _(slices):
    for place, data in enumerate(slices):
        data.AcquisitionDate = "20260102" if place < SLICES // 2 else "20240102"


@edit("positions a thousand kilometres away", REFUSE, "BAD-NUMBER")
def _(slices):
    for data in slices:
        data.ImagePositionPatient[0] = "1e9"


@case("names that steer a terminal or are no text", WARN, "NOT-DICOM")
def _(folder):
    write(folder, series())
    (folder / "IM0003.dcm").rename(folder / "IM\n\x1b[2J0003.dcm")
    (folder / "no\x1b[2Jtes\n.txt").write_text("x")
    (folder / os.fsdecode(b"\xff\xfe.txt")).write_text("x")


@edit(
    "grey values of a window in 8 bits", WARN, "HU-DOUBTFUL", exact_voxels=False, landmarks=False
)
def _(slices):
    for data in slices:
        grey = np.clip((hu_of(data) + 450.0) / 1500.0 * 255.0, 0.0, 255.0)
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        data.RescaleIntercept = "0"
        data.PixelData = grey.astype(np.uint8).tobytes()
