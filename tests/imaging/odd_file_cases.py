"""Odd series: odd files, character sets, codings, multi-frame objects and DICOMDIR."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.fileset import FileSet
from pydicom.filewriter import dcmwrite, write_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from imaging.dicom_patient import (
    SLICES,
    decimal,
    enhanced,
    hu_of,
    series,
    set_hu,
    write,
)
from imaging.odd_cases import LOAD, REFUSE, WARN, add, case
from imaging.odd_geometry_cases import edit

if TYPE_CHECKING:
    from pathlib import Path


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


def framed(kind: str, *values: str):
    """Return a change that gives every frame of an Enhanced CT one word of its own."""

    def build(folder):
        whole = enhanced(series())
        for group in whole.PerFrameFunctionalGroupsSequence:
            setattr(group.CTImageFrameTypeSequence[0], kind, list(values))
        write(folder, [whole])

    return build


for _word, _code in (
    ("SUBTRACTION", "NOT-HU"), ("STD_DEVIATION", "NOT-HU"), ("MAXIMUM", "SEVERAL-VOLUMES"),
):  # fmt: skip
    case(f"Enhanced CT, frames of kind {_word}", REFUSE, _code)(
        framed("FrameType", "DERIVED", "PRIMARY", "VOLUME", _word)
    )
case("Enhanced CT, frames curved", REFUSE, "CURVED")(
    framed("VolumeBasedCalculationTechnique", "CURVED_MPR")
)
case("Enhanced CT, frames distorted", REFUSE, "CURVED")(
    framed("VolumetricProperties", "DISTORTED")
)


@case("Enhanced CT, one frame a localiser", REFUSE, "SEVERAL-VOLUMES")
def _(folder):
    whole = enhanced(series())
    last = whole.PerFrameFunctionalGroupsSequence[-1]
    last.CTImageFrameTypeSequence[0].FrameType = ["ORIGINAL", "PRIMARY", "LOCALIZER", "NONE"]
    write(folder, [whole])


def concatenated(*lost: int, total: bool = True):
    """Return a builder of one multi-frame image cut in three files, some of them lost."""

    def build(folder):
        slices, parts = series(), []
        for place, first in enumerate((0, 9, 18)):
            part = enhanced(slices[first : first + 9])
            part.SOPInstanceUID = f"1.2.3.2.900{place}"
            part.file_meta.MediaStorageSOPInstanceUID = part.SOPInstanceUID
            part.ConcatenationUID = "1.2.3.99"
            part.InConcatenationNumber, part.InstanceNumber = place + 1, 1
            if total:
                part.InConcatenationTotalNumber = 3
            parts.append(part)
        write(folder, [part for place, part in enumerate(parts) if place not in lost])

    return build


case("Enhanced CT in three files", LOAD)(concatenated())
case("Enhanced CT in three files, the middle lost", REFUSE, "MISSING-SLICE")(concatenated(1))
for _lost, _total, _left in ((0, True, 17), (0, False, 17), (2, True, 18)):
    case(
        f"Enhanced CT in three files, number {_lost + 1} lost, total stated: {_total}",
        WARN,
        "MAY-BE-INCOMPLETE",
        slices=_left,
        landmarks=False,
    )(concatenated(_lost, total=_total))


@case("two Enhanced CTs of one identifier, positions differ", REFUSE, "SAME-UID-DIFFERENT")
def _(folder):
    moved = series()
    for data in moved:
        data.ImagePositionPatient[2] = decimal(-float(data.ImagePositionPatient[2]))
    write(folder, [enhanced(series()), enhanced(moved)])


# What lies in a folder


@case(
    "a link to a folder elsewhere holds slices", WARN, "NOT-FOLLOWED", slices=20, landmarks=False
)
def _(folder):
    chosen, elsewhere = folder / "chosen", folder / "elsewhere"
    write(chosen, series()[:20])
    write(elsewhere, series()[20:])
    (chosen / "more").symlink_to(elsewhere, target_is_directory=True)
    return chosen


@case("slices twenty folders deep", WARN, "NOT-FOLLOWED", slices=20, landmarks=False)
def _(folder):
    write(folder, series()[:20])
    write(folder.joinpath(*"abcdefghijklmnopqrst"), series()[20:])


@case("the last slice is a link to nothing", REFUSE, "UNREADABLE-FILE")
def _(folder):
    write(folder, series())
    (folder / "IM0026.dcm").unlink()
    (folder / "IM0026.dcm").symlink_to(folder / "gone" / "IM0026.dcm")


@case("files named by their UIDs, the last one damaged", REFUSE, "UNREADABLE-FILE")
def _(folder):
    slices = series()
    write(folder, slices, [data.SOPInstanceUID for data in slices])
    victim = folder / slices[-1].SOPInstanceUID
    victim.write_bytes(bytes(200) + victim.read_bytes()[200:])


@case("a slice named like a Mac's resource fork, beside a real fork", LOAD)
def _(folder):
    write(folder, series())
    (folder / "IM0026.dcm").rename(folder / "._IM0026.dcm")
    (folder / "._IM0001.dcm").write_bytes(b"\x00\x05\x16\x07" + bytes(200))
