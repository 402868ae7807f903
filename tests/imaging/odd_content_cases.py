"""Odd series: mixtures, values and missing tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    MRImageStorage,
    SecondaryCaptureImageStorage,
)

from imaging.dicom_patient import (
    AXIAL,
    SERIES,
    SLICES,
    centred_position,
    decimal,
    hu_of,
    image,
    series,
    set_hu,
    set_uid,
)
from imaging.odd_cases import LOAD, REFUSE, WARN
from imaging.odd_geometry_cases import edit

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset


def raw(data: Dataset, keyword: str, vr: str, value: bytes) -> None:
    """Set a value that pydicom would not let through."""
    tag = Tag(keyword)
    even = value + b" " * (len(value) % 2)
    data[tag] = RawDataElement(tag, vr, len(even), even, 0, False, True)


# Mixtures


def localiser(uid: str, *, matrix: tuple[int, int], tagged: bool) -> FileDataset:
    data = image(centred_position(AXIAL, (0, 0, 2.0), 12), (1, 0, 0, 0, 0, -1), 70, "HFS")
    set_uid(data, "1.2.3.500")
    data.SeriesInstanceUID = uid
    data.InstanceNumber = SLICES + 1
    if tagged:
        data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    if matrix != (44, 56):
        set_hu(data, np.zeros(matrix))
    return data


for _matrix in ((44, 56), (90, 70)):
    for _tagged in (True, False):

        @edit(
            f"localiser {_matrix} in the series, {'tagged' if _tagged else 'untagged'}",
            WARN,
            "SET-ASIDE",
        )
        def _(slices, matrix=_matrix, tagged=_tagged):
            return [*slices, localiser(SERIES, matrix=matrix, tagged=tagged)]


@edit("localiser in a series of its own", WARN, "OTHER-SERIES")
def _(slices):
    return [*slices, localiser("1.2.3.6", matrix=(44, 56), tagged=True)]


@edit("maximum intensity projection in the series", WARN, "SET-ASIDE")
def _(slices):
    extra = image(centred_position(AXIAL, (0, 0, 2.0), 12.5), AXIAL, 80, "HFS")
    extra.ImageType = ["DERIVED", "SECONDARY", "MIP"]
    extra.InstanceNumber = SLICES + 1
    return [*slices, extra]


@edit("structured report in the series", WARN, "SET-ASIDE")
def _(slices):
    report = image(centred_position(AXIAL, (0, 0, 2.0), 1), AXIAL, 81, "HFS")
    report.SOPClassUID, report.Modality = UID("1.2.840.10008.5.1.4.1.1.88.11"), "SR"
    report.InstanceNumber = SLICES + 1
    del report.PixelData
    return [*slices, report]


def _second_patient(uid: str, offset_mm: float = 0.0) -> list[FileDataset]:
    second = series()
    for k, data in enumerate(second):
        set_uid(data, f"1.2.3.8.{k + 1}")
        data.PatientID, data.PatientName = "P2", "Analytic^Two"
        data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.12", uid
        data.FrameOfReferenceUID = "1.2.3.79"
        x, y, z = (float(value) for value in data.ImagePositionPatient)
        data.ImagePositionPatient = [decimal(x), decimal(y), decimal(z + offset_mm)]
        data.InstanceNumber = SLICES + k + 1
    return second


@edit("two patients in one folder", REFUSE, "SEVERAL-PATIENTS")
def _(slices):
    return slices + _second_patient("1.2.3.9")


@edit("two patients, one chosen", REFUSE, "SEVERAL-PATIENTS", series_uid=SERIES)
def _(slices):
    return slices + _second_patient("1.2.3.9")


@edit(
    "two patients woven into one series",
    REFUSE,
    "MIXED-PATIENT",
    "MIXED-STUDY",
    "MIXED-FRAME-OF-REFERENCE",
)
def _(slices):
    return slices + _second_patient(SERIES, 1.0)


@edit("one slice of another patient", REFUSE, "MIXED-PATIENT")
def _(slices):
    slices[12].PatientID = "P2"


@edit("one slice with another birth date", REFUSE, "MIXED-PATIENT")
def _(slices):
    slices[12].PatientBirthDate = "19500102"


@edit("names that differ in trailing carets only", LOAD)
def _(slices):
    slices[12].PatientName = "Analytic^One^^"


@edit("frame of reference changes", REFUSE, "MIXED-FRAME-OF-REFERENCE")
def _(slices):
    for data in slices[13:]:
        data.FrameOfReferenceUID = "1.2.3.78"


@edit("every slice has its own frame of reference", WARN, "OWN-FRAMES-OF-REFERENCE")
def _(slices):
    for k, data in enumerate(slices):
        data.FrameOfReferenceUID = f"1.2.3.78.{k + 1}"


@edit("study differs half way", REFUSE, "MIXED-STUDY")
def _(slices):
    for data in slices[13:]:
        data.StudyInstanceUID = "1.2.3.14"


def _two_series(slices: list[FileDataset]) -> list[FileDataset]:
    second = series()
    for k, data in enumerate(second):
        set_uid(data, f"1.2.3.8.{k + 1}")
        data.SeriesInstanceUID, data.ConvolutionKernel = "1.2.3.9", "B20s"
    return slices + second


@edit("two CT series, one chosen", WARN, "OTHER-SERIES", series_uid="1.2.3.9")
def _(slices):
    return _two_series(slices)


# Values


@edit("rescale differs per slice, HU the same", LOAD)
def _(slices):
    for k, data in enumerate(slices):
        hu = hu_of(data)
        data.RescaleSlope, data.RescaleIntercept = "0.5", str(-1024 - k)
        data.BitsStored, data.HighBit = 16, 15
        set_hu(data, hu)


@edit("half a HU per step", LOAD)
def _(slices):
    for data in slices:
        hu = hu_of(data)
        data.RescaleSlope = "0.5"
        set_hu(data, hu)
        data.BitsStored, data.HighBit = 16, 15


@edit("one intercept 50 HU off", REFUSE, "RESCALE-JUMP")
def _(slices):
    slices[12].RescaleIntercept = "-974"


def without(keyword: str, only: int | None = None):
    def change(slices):
        for data in slices if only is None else slices[only : only + 1]:
            delattr(data, keyword)

    return change


def setting(keyword: str, value: object, only: int | None = None):
    def change(slices):
        for data in slices if only is None else slices[only : only + 1]:
            if isinstance(value, bytes):
                raw(data, keyword, "DS", value)
            else:
                setattr(data, keyword, value)

    return change


for _keyword, _code in (
    ("RescaleSlope", "NO-RESCALE"),
    ("RescaleIntercept", "NO-RESCALE"),
    ("PixelSpacing", "NO-PIXEL-SPACING"),
    ("ImageOrientationPatient", "NO-ORIENTATION"),
    ("ImagePositionPatient", "NO-POSITION"),
    ("PixelData", "NO-PIXELS"),
    ("Rows", "NO-MATRIX"),
    ("BitsStored", "BITS"),
    ("SeriesInstanceUID", "NO-UID"),
    ("SOPInstanceUID", "NO-UID"),
    ("PhotometricInterpretation", "PHOTOMETRIC"),
):
    edit(f"no {_keyword}", REFUSE, _code)(without(_keyword))


@edit("neither RescaleSlope nor RescaleIntercept", REFUSE, "NO-RESCALE")
def _(slices):
    for data in slices:
        del data.RescaleSlope, data.RescaleIntercept
    return slices


for _keyword, _code in (
    ("ImagePositionPatient", "NO-POSITION"),
    ("PixelSpacing", "NO-PIXEL-SPACING"),
    ("RescaleSlope", "NO-RESCALE"),
    ("PixelData", "NO-PIXELS"),
):
    edit(f"no {_keyword} in one slice", REFUSE, _code)(without(_keyword, 12))
for _keyword, _value, _code in (
    ("RescaleSlope", "0", "RESCALE"),
    ("RescaleSlope", b"1,0", "BAD-NUMBER"),
    ("RescaleSlope", b"inf", "NOT-FINITE"),
    ("RescaleType", "US", "NOT-HU"),
    ("RescaleType", "Z_EFF", "NOT-HU"),
    ("RescaleIntercept", "-40000", "HU-RANGE"),
    ("PhotometricInterpretation", "MONOCHROME1", "PHOTOMETRIC"),
    ("PixelSpacing", b"0\\0", "PIXEL-SPACING"),
    ("PixelSpacing", b"-1.2\\-1.5", "PIXEL-SPACING"),
    ("PixelSpacing", b"1,2\\1,5 ", "BAD-NUMBER"),
    ("PixelSpacing", b"0.01\\0.01", "PIXEL-SPACING"),
    ("PixelSpacing", b"12\\12 ", "PIXEL-SPACING"),
    ("PixelSpacing", b"1.2 ", "PIXEL-SPACING"),
    ("ImageOrientationPatient", b"0.5\\0\\0\\0\\0.5\\0 ", "ORIENTATION"),
    ("ImageOrientationPatient", b"1\\0\\0\\0.17365\\0.98481\\0", "ORIENTATION"),
    ("ImageOrientationPatient", b"0\\0\\0\\0\\0\\0 ", "ORIENTATION"),
    ("ImageOrientationPatient", b"1\\0\\0\\0\\1 ", "BAD-NUMBER"),
    ("ImagePositionPatient", b"0\\0\\0 ", "SAME-POSITION"),
    ("SamplesPerPixel", 3, "BITS"),
    ("HighBit", 15, "BITS"),
    ("BitsAllocated", 32, "BITS"),
    ("NumberOfFrames", 2000000000, "TOO-LARGE"),
    ("NumberOfFrames", 3, "FRAME-COUNT"),
):
    edit(f"{_keyword} is {_value!r}", REFUSE, _code)(setting(_keyword, _value))
for _keyword, _value, _code in (
    ("ImagePositionPatient", b"nan\\0\\0 ", "NOT-FINITE"),
    ("ImagePositionPatient", b"1e999\\0\\0 ", "NOT-FINITE"),
    ("ImagePositionPatient", b"1 2\\0\\0 ", "BAD-NUMBER"),
):
    edit(f"one {_keyword} is {_value!r}", REFUSE, _code)(setting(_keyword, _value, 12))


@edit("values need more bits than stated", REFUSE, "BITS-OVERFLOW")
def _(slices):
    for data in slices:
        data.BitsStored, data.HighBit = 10, 9


@edit("overlay in the high bits", LOAD)
def _(slices):
    for data in slices:
        words = np.frombuffer(data.PixelData, "<u2").copy()
        words[:200] |= 0x1000
        data.PixelData = words.tobytes()
        data.add_new(0x60000010, "US", data.Rows)
        data.add_new(0x60000011, "US", data.Columns)
        data.add_new(0x60000040, "CS", "G")
        data.add_new(0x60000050, "SS", [1, 1])
        data.add_new(0x60000100, "US", 16)
        data.add_new(0x60000102, "US", 12)


def _signed(data: FileDataset, bits: int) -> None:
    hu = hu_of(data)
    data.PixelRepresentation, data.BitsStored, data.HighBit = 1, bits, bits - 1
    data.RescaleIntercept = "0"
    set_hu(data, hu)


@edit("signed values", LOAD)
def _(slices):
    for data in slices:
        _signed(data, 16)


@edit("signed values in 12 bits, sign not extended", LOAD)
def _(slices):
    for data in slices:
        _signed(data, 12)
        words = np.frombuffer(data.PixelData, "<u2") & 0x0FFF
        data.PixelData = words.astype("<u2").tobytes()


@edit("one slice of bone flagged as signed", REFUSE, "BITS-OVERFLOW")
def _(slices):
    slices[20].PixelRepresentation = 1
    assert hu_of(series()[20]).max() >= 1024


@edit("half signed, half unsigned", LOAD)
def _(slices):
    for data in slices[13:]:
        _signed(data, 16)


def _pad(data: FileDataset, value: int, *, declared: bool) -> None:
    _signed(data, 16)
    words = np.frombuffer(data.PixelData, "<i2").reshape(data.Rows, data.Columns).copy()
    words[:3], words[-3:], words[:, :3], words[:, -3:] = value, value, value, value
    data.PixelData = words.tobytes()
    if declared:
        data.add_new("PixelPaddingValue", "SS", value)


for _value in (-2000, -32768, -3024):
    for _declared in (True, False):

        @edit(f"padding {_value}, {'declared' if _declared else 'not declared'}", LOAD)
        def _(slices, value=_value, declared=_declared):
            for data in slices:
                _pad(data, value, declared=declared)


@edit("padding value of soft tissue", WARN, "PADDING")
def _(slices):
    for data in slices:
        _signed(data, 16)
        data.add_new("PixelPaddingValue", "SS", 40)


@edit("padding value in one slice only", WARN, "PADDING")
def _(slices):
    for data in slices:
        _signed(data, 16)
    slices[12].add_new("PixelPaddingValue", "SS", -2000)


@edit("Modality LUT", REFUSE, "MODALITY-LUT")
def _(slices):
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType, table.LUTData = [2, 0, 16], "HU", b"\0\0\1\0"
    for data in slices:
        del data.RescaleSlope
        del data.RescaleIntercept
        data.ModalityLUTSequence = Sequence([table])
        data.ModalityLUTSequence[0]["LUTData"].VR = "OW"
        data.ModalityLUTSequence[0]["LUTDescriptor"].VR = "US"


@edit("colour secondary capture", REFUSE, "NOT-CT")
def _(slices):
    for data in slices:
        data.SOPClassUID = SecondaryCaptureImageStorage
        data.SamplesPerPixel, data.PhotometricInterpretation = 3, "RGB"


@edit("colour pictures that claim to be CT images", REFUSE, "NOT-CT")
def _(slices):
    for data in slices:
        data.SamplesPerPixel, data.PhotometricInterpretation = 3, "RGB"


@edit("modality MR", REFUSE, "NOT-CT")
def _(slices):
    setting("Modality", "MR")(slices)


@edit("MR images", REFUSE, "NOT-CT")
def _(slices):
    for data in slices:
        data.SOPClassUID, data.Modality = MRImageStorage, "MR"


@edit("map of effective atomic number", REFUSE, "NOT-HU")
def _(slices):
    setting("ImageType", ["DERIVED", "PRIMARY", "AXIAL", "Z_EFF"])(slices)


@edit("flagged as compressed with loss", WARN, "LOSSY")
def _(slices):
    setting("LossyImageCompression", "01")(slices)


@edit("SpacingBetweenSlices contradicts the positions", WARN, "SPACING-TAG")
def _(slices):
    setting("SpacingBetweenSlices", "5")(slices)


@edit("SpacingBetweenSlices negative", LOAD)
def _(slices):
    setting("SpacingBetweenSlices", "-2")(slices)


@edit("overlapping slices", LOAD)
def _(slices):
    setting("SliceThickness", "5")(slices)


@edit("slices thinner than their distance", WARN, "SLICE-GAP")
def _(slices):
    setting("SliceThickness", "1")(slices)


@edit("pixel size does not fit the field of view", WARN, "FIELD-OF-VIEW")
def _(slices):
    setting("ReconstructionDiameter", "120")(slices)


@edit("field of view rounded", LOAD)
def _(slices):
    setting("ReconstructionDiameter", "90")(slices)


@edit("rows and columns swapped", REFUSE, "SWAPPED-MATRIX")
def _(slices):
    for data in slices:
        data.Rows, data.Columns = data.Columns, data.Rows


@edit("one slice half zero", WARN, "ODD-SLICE", exact_voxels=False, landmarks=False)
def _(slices):
    pixels = slices[12].PixelData
    slices[12].PixelData = pixels[: len(pixels) // 2] + b"\0" * (len(pixels) // 2)


# Values and kinds that a second look found to load in silence


def with_type(*words: str):
    def change(slices):
        for data in slices:
            data.ImageType = ["DERIVED", "SECONDARY", *words]

    return change


edit("curved reformat", REFUSE, "CURVED")(with_type("CPR"))
edit("subtraction of two scans", REFUSE, "NOT-HU")(with_type("AXIAL", "SUBTRACTION"))
edit("map of iodine", REFUSE, "NOT-HU")(with_type("AXIAL", "IODINE"))


for _slope, _intercept in (("1", "0"), ("1", "-2048"), ("0.1", "-1024"), ("-1", "-1024")):

    @edit(
        f"slope {_slope} and intercept {_intercept} on values meant for 1 and -1024",
        WARN,
        "HU-DOUBTFUL",
        exact_voxels=False,
        landmarks=False,
    )
    def _(slices, slope=_slope, intercept=_intercept):
        for data in slices:
            data.RescaleSlope, data.RescaleIntercept = slope, intercept


@edit("two volumes of a patient who moved, woven, every tag alike", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    moved = []
    for k in range(SLICES - 1):
        data = image(centred_position(AXIAL, (0, 0, 2.0), k + 0.5), AXIAL, SLICES + k, "HFS")
        set_hu(data, np.roll(hu_of(data), 6, axis=1))
        moved.append(data)
    for place, data in enumerate((*slices, *moved)):
        data.InstanceNumber, data.SliceThickness = place + 1, "1.0"
    return [*slices, *moved]
