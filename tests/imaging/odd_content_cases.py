"""Odd series: mixtures, values, missing tags, odd files, codings and multi-frame objects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.fileset import FileSet
from pydicom.filewriter import dcmwrite, write_file_meta_info
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from imaging.dicom_patient import (
    AXIAL,
    SERIES,
    SLICES,
    centred_position,
    decimal,
    enhanced,
    hu_of,
    image,
    series,
    set_hu,
    set_uid,
    write,
)
from imaging.odd_cases import LOAD, REFUSE, WARN, add, case
from imaging.odd_geometry_cases import edit

if TYPE_CHECKING:
    from pathlib import Path

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


# Counts and files

for _count in (1, 2):

    @edit(f"{_count} slices only", REFUSE, "TOO-FEW-SLICES")
    def _(slices, count=_count):
        return slices[:count]


@edit("pixels shorter than rows times columns", REFUSE, "PIXELS-SHORT")
def _(slices):
    slices[12].PixelData = slices[12].PixelData[:2000]


@edit("pixels longer than rows times columns", REFUSE, "PIXELS-LONG")
def _(slices):
    slices[12].PixelData = slices[12].PixelData + b"\0" * 200


def damaged(name: str, change, *codes: str, verdict=REFUSE, **more) -> None:
    """Register a case in which the bytes of one slice's file are changed."""

    def build(folder: Path) -> None:
        write(folder, series())
        file = folder / "IM0013.dcm"
        file.write_bytes(change(file.read_bytes()))

    add(name, verdict, build, *codes, **more)


def _inserted(content: bytes, extra: bytes) -> bytes:
    """Put an element just before StudyDate (0008,0020), in order."""
    at = content.index(b"\x08\x00\x20\x00DA")
    return content[:at] + extra + content[at:]


def _nested(depth: int) -> bytes:
    start = b"\x08\x00\x19\x00SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    return start * depth + end * depth


damaged("one file cut in its pixels", lambda c: c[:-2000], "PIXELS-SHORT")
damaged("one file cut in its header", lambda c: c[:700], "UNREADABLE-FILE", "MISSING-SLICE")
damaged("one empty file", lambda _: b"", "UNREADABLE-FILE", "MISSING-SLICE")
damaged("one file of zeros", lambda _: b"\0" * 5000, "UNREADABLE-FILE", "MISSING-SLICE")
damaged("one web page", lambda _: b"<html>404</html>", "UNREADABLE-FILE", "MISSING-SLICE")
damaged(
    "sequences nested 3000 deep",
    lambda c: _inserted(c, _nested(3000)),
    "UNREADABLE-FILE",
    "MISSING-SLICE",
)
damaged("sequences nested 20 deep", lambda c: _inserted(c, _nested(20)), verdict=LOAD)
damaged(
    "element longer than the file",
    lambda c: _inserted(c, b"\x08\x00\x19\x00UN\0\0\xf0\xff\xff\xff"),
    "UNREADABLE-FILE",
    "MISSING-SLICE",
)
damaged(
    "preamble of a program",
    lambda c: b"MZ" + c[2:],
    "EXECUTABLE-PREAMBLE",
    verdict=WARN,
)
damaged(
    "unknown transfer syntax",
    lambda c: c.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.7\0", 1),
    "UNREADABLE-FILE",
    "MISSING-SLICE",
)


@edit("matrix of 65535", REFUSE, "TOO-LARGE")
def _(slices):
    for data in slices:
        data.Rows = data.Columns = 65535


@case("text and system files beside the slices", WARN, "NOT-DICOM")
def _(folder):
    write(folder, series())
    (folder / "README.txt").write_text("hello")
    (folder / "INDEX").write_text("hello")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1")


@case("a text file named like a slice", REFUSE, "UNREADABLE-FILE")
def _(folder):
    write(folder, series())
    (folder / "note.dcm").write_text("hello")


@case("half of the slices in a sub-folder", LOAD)
def _(folder):
    write(folder, series(), [f"{'a/b/' if k % 2 else ''}{k}.dcm" for k in range(SLICES)])


@case("folder and file names beyond ASCII", LOAD)
def _(folder):
    write(folder / "Wirbelsäule 脊椎", series(), [f"Bild_ä{k}.dcm" for k in range(SLICES)])


@case("files without a suffix", LOAD)
def _(folder):
    write(folder, series(), [f"IM{k:04d}" for k in range(SLICES)])


@case("an empty folder", REFUSE, "NOTHING-TO-READ")
def _(folder):
    folder.mkdir(exist_ok=True)


@case("a folder of text files", REFUSE, "NOT-DICOM", "NOTHING-TO-READ")
def _(folder):
    (folder / "a.txt").write_text("a")


@case("a path that is not there", REFUSE, "NOTHING-TO-READ")
def _(folder):
    return folder / "nowhere"


@case("a single slice as the path", REFUSE, "TOO-FEW-SLICES")
def _(folder):
    write(folder, series())
    return folder / "IM0003.dcm"


# Patient names in twelve character sets

CHARSETS = {
    "ISO_IR 100": "Müller^Jörg", "ISO_IR 101": "Wałęsa^Łukasz", "ISO_IR 144": "Люкceмбypг",
    "ISO_IR 127": "قباني^لنزار", "ISO_IR 126": "Διονυσιος", "ISO_IR 138": "שרון^דבורה",
    "ISO_IR 148": "Çavuşoğlu", "ISO_IR 192": "王^小東", "GB18030": "王^小东",
    "ISO_IR 166": "สมชาย", "ISO_IR 110": "Ābols^Jānis", "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
}  # fmt: skip
for _charset, _person in CHARSETS.items():

    @edit(f"patient name in {_charset}", LOAD)
    def _(slices, charset=_charset, person=_person):
        for data in slices:
            data.SpecificCharacterSet, data.PatientName = charset, person


# Codings


def coded(syntax: UID, folder: Path) -> None:
    slices = series()
    for data in slices:
        if syntax in (JPEGLSLossless, JPEG2000Lossless, RLELossless):
            data.compress(syntax, generate_instance_uid=False)
        else:
            data.file_meta.TransferSyntaxUID = syntax
    write(folder, slices)


for _syntax in (
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
):
    add(f"coded as {_syntax.name}", LOAD, partial(coded, _syntax))


@case("coded big endian", LOAD)
def _(folder):
    folder.mkdir(exist_ok=True)
    for k, data in enumerate(series()):
        words = np.frombuffer(data.PixelData, "<u2")
        data.PixelData = words.astype(">u2").tobytes()
        data.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        plain = Dataset()
        plain.update({element.tag: element for element in data})
        with (folder / f"{k}.dcm").open("wb") as file:
            file.write(b"\0" * 128 + b"DICM")
            write_file_meta_info(file, data.file_meta)
            dcmwrite(file, plain, implicit_vr=False, little_endian=False, force_encoding=True)


@case("no preamble and no file meta", WARN, "NO-FILE-META")
def _(folder):
    folder.mkdir(exist_ok=True)
    for k, data in enumerate(series()):
        plain = Dataset()
        plain.update({element.tag: element for element in data})
        plain.save_as(folder / f"{k}.dcm", implicit_vr=True, little_endian=True)


@case("JPEG 2000 with loss", WARN, "LOSSY", landmarks=False, exact_voxels=False)
def _(folder):
    slices = series()
    for data in slices:
        data.compress(UID("1.2.840.10008.1.2.4.91"), j2k_cr=[8], generate_instance_uid=False)
    write(folder, slices)


@case("a compressed slice cut short", REFUSE, "PIXELS-SHORT")
def _(folder):
    coded(RLELossless, folder)
    file = folder / "IM0013.dcm"
    file.write_bytes(file.read_bytes()[:-200])


@case("a compressed slice of noise", REFUSE, "DECODE")
def _(folder):
    slices = series()
    for data in slices:
        data.compress(RLELossless, generate_instance_uid=False)
    slices[12].PixelData = encapsulate([b"\x99" * 300])
    write(folder, slices)


@case("raw pixels that claim to be RLE", REFUSE, "PIXEL-CODING")
def _(folder):
    slices = series()
    write(folder, slices)
    for file in folder.iterdir():
        content = file.read_bytes()
        file.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", 1))


# Multi-frame objects


def multi_frame(order: list[int], folder: Path, **changes: object) -> None:
    whole = enhanced(series(), order)
    for keyword, value in changes.items():
        setattr(whole, keyword, value)
    write(folder, [whole])


IN_ORDER = list(range(SLICES))
SHUFFLED = [int(k) for k in np.random.default_rng(3).permutation(SLICES)]
LEGACY = UID("1.2.840.10008.5.1.4.1.1.2.2")
add("Enhanced CT in order", LOAD, partial(multi_frame, IN_ORDER))
add("Enhanced CT, frames shuffled", LOAD, partial(multi_frame, SHUFFLED))
_gap = [k for k in IN_ORDER if k != 12]
add("Enhanced CT, a frame missing", REFUSE, partial(multi_frame, _gap), "MISSING-SLICE")
add(
    "Enhanced CT, more frames stated than described",
    REFUSE,
    partial(multi_frame, IN_ORDER, NumberOfFrames=27),
    "FRAME-COUNT",
)
add(
    "legacy-converted multi-frame CT",
    LOAD,
    partial(multi_frame, SHUFFLED, SOPClassUID=LEGACY),
)
add("Enhanced CT, a frame twice", REFUSE, partial(multi_frame, [*IN_ORDER, 5]), "SAME-POSITION")


@case("Enhanced CT, rescale differs per frame", LOAD)
def _(folder):
    slices = series()
    for k, data in enumerate(slices):
        hu = hu_of(data)
        data.RescaleSlope, data.RescaleIntercept = "0.5", str(-1024 - k)
        data.BitsStored, data.HighBit = 16, 15
        set_hu(data, hu)
    write(folder, [enhanced(slices, SHUFFLED)])


@case("Enhanced CT, opened as a file", LOAD)
def _(folder):
    multi_frame(SHUFFLED, folder)
    return folder / "IM0001.dcm"


@case("Enhanced CT, RLE", LOAD)
def _(folder):
    whole = enhanced(series(), SHUFFLED)
    whole.compress(RLELossless, generate_instance_uid=False)
    write(folder, [whole])


@case("Enhanced CT, JPEG-LS", LOAD)
def _(folder):
    whole = enhanced(series(), SHUFFLED)
    whole.compress(JPEGLSLossless, generate_instance_uid=False)
    write(folder, [whole])


@case("Enhanced CT, pixels cut short", REFUSE, "PIXELS-SHORT")
def _(folder):
    multi_frame(IN_ORDER, folder)
    file = folder / "IM0001.dcm"
    file.write_bytes(file.read_bytes()[:-3000])


# DICOMDIR


def disc(folder: Path) -> Path:
    files = FileSet()
    for data in series():
        files.add(data)
    files.write(folder)
    files._stage["t"].cleanup()
    return folder / "DICOMDIR"


add("DICOMDIR", LOAD, disc)


@case("folder that holds a DICOMDIR", LOAD)
def _(folder):
    disc(folder)


@case("DICOMDIR of a file that is gone", REFUSE, "DICOMDIR", "MISSING-SLICE")
def _(folder):
    directory = disc(folder)
    images = sorted(file for file in folder.rglob("*") if file.is_file() and file != directory)
    images[12].unlink()
    return directory


@case("DICOMDIR on a disc copied in lower case", LOAD)
def _(folder):
    directory = disc(folder)
    for path in sorted(folder.rglob("*"), key=lambda p: -len(p.parts)):
        if path != directory:
            path.rename(path.with_name(path.name.lower()))
    return directory


@case("DICOMDIR that points outside", REFUSE, "PATH-ESCAPE")
def _(folder):
    inner = folder / "disc"
    directory = disc(inner)
    write(folder / "PT000000", series()[:1], ["secret"])
    content = directory.read_bytes()
    first = content.index(b"PT000000\\")
    directory.write_bytes(content[:first] + b"..\\" + b"PT000000\\"[3:] + content[first + 9 :])
    return directory
