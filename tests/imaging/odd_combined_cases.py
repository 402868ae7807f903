"""Series with several oddities at once, or with one that hides behind right ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pydicom
from jpeg_ls import encode_array
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, ImplicitVRLittleEndian, RLELossless

from imaging.dicom_patient import (
    AXIAL,
    PRONE,
    RIGHT_DOWN,
    SLICES,
    SUPERIOR,
    centred_position,
    decimal,
    enhanced,
    hu_of,
    image,
    plane_hu,
    series,
    set_hu,
    set_uid,
    write,
)
from imaging.odd_cases import LOAD, REFUSE, WARN, add, case
from imaging.odd_file_cases import disc
from imaging.odd_geometry_cases import edit
from imaging.odd_jpeg_cases import repacked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import FileDataset

    Change = Callable[[list[FileDataset]], object]

MIDDLE = (SLICES - 1) / 2


def leaning(orientation: tuple[float, ...], degrees: float) -> tuple[float, ...]:
    """Return an orientation turned about its rows, as a gantry is."""
    angle = np.radians(degrees)
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    return (*row, *(column * np.cos(angle) - np.cross(row, column) * np.sin(angle)))


def setting_all(slices: list[FileDataset], **values: object) -> None:
    for data in slices:
        for keyword, value in values.items():
            setattr(data, keyword, value)


# Position, tilt and mirror together


def leant(
    orientation: tuple[float, ...], position: str, degrees: float, folder: Path,
    *, without: int | None = None, as_one: bool = False,
) -> None:  # fmt: skip
    slices = series(leaning(orientation, degrees), SUPERIOR, position=position, slices=44)
    if without is not None:
        del slices[without]
    write(folder, [enhanced(slices, [*range(44)][::-1])] if as_one else slices)


add("prone and tilted", WARN, partial(leant, PRONE, "HFP", 15), "GANTRY-TILT", slices=44)
add("feet first, on the side and tilted back", WARN, partial(leant, RIGHT_DOWN, "FFDR", -20),
    "GANTRY-TILT", slices=44)  # fmt: skip
add("prone, tilted and a slice missing", REFUSE, partial(leant, PRONE, "HFP", 15, without=17),
    "MISSING-SLICE")  # fmt: skip
add("prone, tilted, Enhanced CT with its frames from the last to the first", WARN,
    partial(leant, PRONE, "HFP", 15, as_one=True), "GANTRY-TILT", slices=44)  # fmt: skip
add("prone in the header, supine in the tilted pictures", WARN, partial(leant, AXIAL, "HFP", 15),
    "GANTRY-TILT", "POSITION-CONTRADICTS", slices=44)  # fmt: skip


@case("feet first and prone with mirrored rows", LOAD)
def _(folder):
    write(folder, series((1.0, 0.0, 0.0, 0.0, -1.0, 0.0), position="FFP"))


@case("oblique by 15 degrees about the rows, a symmetric body moves through the picture", LOAD,
      slices=44)  # fmt: skip
def _(folder):
    orientation = leaning(AXIAL, 15)
    write(folder, series(orientation, np.cross(orientation[:3], orientation[3:]), slices=44))


# Positions


def bowed(axis: int, change_mm: float) -> Change:
    """Return a change of the step by ``change_mm`` from one end to the other, pictures with it."""

    def change(slices):
        for k, data in enumerate(slices):
            place = np.array([float(value) for value in data.ImagePositionPatient])
            place[axis] += change_mm / (SLICES - 1) * (k - MIDDLE) ** 2 / 2.0
            data.ImagePositionPatient = [decimal(value) for value in place]
            set_hu(data, plane_hu(place, AXIAL))

    return change


edit("step that grows from 1.96 to 2.04 mm", REFUSE, "OFF-LINE")(bowed(2, 0.08))
edit("stack that bends aside by 0.2 mm", REFUSE, "OFF-LINE")(bowed(0, 0.08))
edit("step that grows by a hundredth of a millimetre", LOAD, exact_voxels=False)(bowed(2, 0.01))


@edit("positions in centimetres", WARN, "SLICE-OVERLAP", exact_voxels=False, landmarks=False)
def _(slices):
    for data in slices:
        data.ImagePositionPatient = [
            decimal(float(value) / 10.0) for value in data.ImagePositionPatient
        ]


@edit("second reconstruction 0.15 mm beside the first", REFUSE, "SAME-POSITION")
def _(slices):
    second = series()
    for k, data in enumerate(second):
        set_uid(data, f"1.2.3.3.{k + 1}")
        data.ImagePositionPatient[2] = decimal(float(data.ImagePositionPatient[2]) + 0.15)
    return [*slices, *second]


@edit("one slice half a metre above the others", REFUSE, "MISSING-SLICE")
def _(slices):
    return [*slices, image(centred_position(AXIAL, (0, 0, 2.0), 250), AXIAL, SLICES, "HFS")]


@edit("sign of the height lost", REFUSE, "SAME-POSITION")
def _(slices):
    for data in slices:
        data.ImagePositionPatient[2] = decimal(abs(float(data.ImagePositionPatient[2])))


# How many there should be


for _tag, _kind, _value in ((0x00540081, "US", SLICES), (0x00201003, "IS", str(SLICES))):

    @edit(
        f"last slices missing, ({_tag >> 16:04X},{_tag & 0xFFFF:04X}) says how many there were",
        WARN,
        "MAY-BE-INCOMPLETE",
        slices=22,
        landmarks=False,
    )
    def _(slices, tag=_tag, kind=_kind, value=_value):
        for data in slices:
            data.add_new(tag, kind, value)
        return slices[:22]


@case("last slices missing from a folder whose DICOMDIR names them", WARN, "MAY-BE-INCOMPLETE",
      slices=22, landmarks=False)  # fmt: skip
def _(folder):
    directory = disc(folder)
    for file in folder.rglob("*"):
        if file.is_file() and file != directory and pydicom.dcmread(file).InstanceNumber > 22:
            file.unlink()


# Names


@edit("patient's name in Latin 1 in half of the slices, in UTF-8 in the others", LOAD)
def _(slices):
    for k, data in enumerate(slices):
        data.SpecificCharacterSet = "ISO_IR 100" if k % 2 else "ISO_IR 192"
        data.PatientName = "M\u00fcller^J\u00f6rg"


@case("two names whose letters cannot be read", REFUSE, "MIXED-PATIENT")
def _(folder):
    slices = series()
    for data in slices:
        data.SpecificCharacterSet, data.PatientName = "ISO_IR 192", "MullerMuller"
    write(folder, slices)
    for file, letter in zip(sorted(folder.iterdir()), [b"\xfc", b"\xf6"] * SLICES, strict=False):
        file.write_bytes(file.read_bytes().replace(b"Muller", b"M" + letter + b"ller"))


# Copies in another coding


def both_codings(change: Change, coding: UID, folder: Path) -> None:
    slices = series()
    change(slices)
    for data in slices:
        if coding == ImplicitVRLittleEndian:
            data.file_meta.TransferSyntaxUID = coding
        else:
            data.compress(coding, generate_instance_uid=False)
    write(folder / "a", slices)
    write(folder / "b", series())


for _coding in (RLELossless, ImplicitVRLittleEndian):
    add(f"whole series raw and as {_coding.name}", WARN,
        partial(both_codings, lambda _: None, _coding), "DUPLICATE-DROPPED")  # fmt: skip


def _one_value_more(slices: list[FileDataset]) -> None:
    hu = hu_of(slices[9])
    hu[20, 20] += 1.0
    set_hu(slices[9], hu)


add("whole series raw and as RLE, one value altered", REFUSE,
    partial(both_codings, _one_value_more, RLELossless),
    "DUPLICATE-DROPPED", "SAME-UID-DIFFERENT")  # fmt: skip


# Kinds


@edit("whole series of projections in a maker's words", REFUSE, "NOT-CT")
def _(slices):
    setting_all(slices, ImageType=["DERIVED", "SECONDARY", "OTHER", "CSA MIP"])


@edit("projection in a maker's words among the slices", WARN, "SET-ASIDE")
def _(slices):
    extra = image(centred_position(AXIAL, (0, 0, 2.0), 12.5), AXIAL, SLICES, "HFS")
    extra.ImageType = ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MIP"]
    return [*slices, extra]


# Bits


def overlaid(data: FileDataset, bit: int) -> None:
    words = np.frombuffer(data.PixelData, "<u2").copy()
    words[900:1100] |= 1 << bit
    data.PixelData = words.tobytes()
    data.add_new(0x60020010, "US", data.Rows)
    data.add_new(0x60020011, "US", data.Columns)
    data.add_new(0x60020100, "US", 16)
    data.add_new(0x60020102, "US", bit)


@edit("overlay in the bits of the values", REFUSE, "BITS")
def _(slices):
    setting_all(slices, BitsStored=16, HighBit=15)
    for data in slices:
        overlaid(data, 12)


@edit("overlay of another group in a high bit", LOAD)
def _(slices):
    for data in slices:
        overlaid(data, 14)


@edit("values shifted to the left", REFUSE, "BITS-OVERFLOW")
def _(slices):
    for data in slices:
        data.PixelData = (np.frombuffer(data.PixelData, "<u2") << 4).tobytes()


@edit("rubbish above the bits of one pixel", REFUSE, "BITS-OVERFLOW")
def _(slices):
    words = np.frombuffer(slices[9].PixelData, "<u2").copy()
    words[1000] |= 0x4000
    slices[9].PixelData = words.tobytes()


# Enhanced CT


def rescaled(slices: list[FileDataset]) -> None:
    """Give every slice another rescale and the same HU."""
    for k, data in enumerate(slices):
        hu = hu_of(data)
        data.RescaleSlope, data.RescaleIntercept = "0.5", str(-1024 - k)
        data.BitsStored, data.HighBit = 16, 15
        set_hu(data, hu)


def multi_frame(change: Callable[[Dataset], None], folder: Path) -> None:
    slices = series()
    rescaled(slices)
    whole = enhanced(slices)
    change(whole)
    write(folder, [whole])


def _one_frame_turned(whole: Dataset) -> None:
    for k, group in enumerate(whole.PerFrameFunctionalGroupsSequence):
        item = Dataset()
        item.ImageOrientationPatient = [-1 if k == 9 else 1, 0, 0, 0, 1, 0]
        group.PlaneOrientationSequence = Sequence([item])
    del whole.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence


def _one_rescale_off(whole: Dataset) -> None:
    group = whole.PerFrameFunctionalGroupsSequence[9]
    group.PixelValueTransformationSequence[0].RescaleIntercept = "-974"


def _two_shared_items(whole: Dataset) -> None:
    second, item = Dataset(), Dataset()
    item.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
    second.PlaneOrientationSequence = Sequence([item])
    whole.SharedFunctionalGroupsSequence.append(second)


def _contradicted_above(whole: Dataset) -> None:
    whole.ImagePositionPatient, whole.ImageOrientationPatient = [0, 0, 0], [*map(str, PRONE)]
    whole.RescaleIntercept, whole.RescaleSlope, whole.PixelSpacing = "0", "2", [3, 3]


for _name, _verdict, _change, _codes in (
    ("one frame turned", REFUSE, _one_frame_turned, ["MIXED-ORIENTATION"]),
    ("one frame 50 HU off", REFUSE, _one_rescale_off, ["RESCALE-JUMP"]),
    ("two items shared by all frames", REFUSE, _two_shared_items, ["FRAME-COUNT"]),
    ("values of a single slice above that contradict", LOAD, _contradicted_above, []),
):
    add(f"Enhanced CT with rescale per frame, {_name}", _verdict, partial(multi_frame, _change),
        *_codes)  # fmt: skip


@case("Enhanced CT and its slices one by one under one Series UID", REFUSE, "SEVERAL-VOLUMES")
def _(folder):
    write(folder, [enhanced(series()), *series()])


# Loss that the header denies


def said_lossless(pack: Callable[[FileDataset], object], syntax: str, folder: Path) -> None:
    slices = series()
    for data in slices:
        pack(data)
        for keyword in ("", "Ratio", "Method"):
            data.pop(f"LossyImageCompression{keyword}", None)
        data.file_meta.TransferSyntaxUID = UID(f"1.2.840.10008.1.2.4.{syntax}")
    write(folder, slices)


def near_lossless(data: FileDataset) -> None:
    words = np.frombuffer(data.PixelData, "<u2").reshape(data.Rows, data.Columns)
    data.PixelData = encapsulate([bytes(encode_array(words, lossy_error=2))])
    data["PixelData"].is_undefined_length = True


for _name, _pack, _syntax in (
    ("JPEG extended", partial(repacked, coding="JPEGExtendedProcess2_4"), "70"),
    ("JPEG-LS near lossless", near_lossless, "80"),
    ("irreversible JPEG 2000", lambda data: data.compress(
        UID("1.2.840.10008.1.2.4.91"), j2k_cr=[8], generate_instance_uid=False), "90"),
):  # fmt: skip
    add(f"{_name} that claims to be lossless", WARN, partial(said_lossless, _pack, _syntax),
        "LOSSY", landmarks=False, exact_voxels=False)  # fmt: skip


# Pictures that do not fit each other


unlike = partial(edit, exact_voxels=False, landmarks=False)


def noisy(slices: list[FileDataset]) -> None:
    """Add the noise no scan is without."""
    noise = np.random.default_rng(5)
    for data in slices:
        hu = hu_of(data)
        set_hu(data, np.clip(hu + noise.normal(0.0, 15.0, hu.shape), -1020.0, 2900.0))


@unlike("patient moved by 13 mm between two halves", WARN, "BROKEN-PICTURE")
def _(slices):
    noisy(slices)
    for data in slices[13:]:
        set_hu(data, np.roll(hu_of(data), 8, axis=1))


@unlike("the last six slices hold nothing", WARN, "BROKEN-PICTURE")
def _(slices):
    for data in slices[-6:]:
        data.PixelData = bytes(len(data.PixelData))


@edit("body that ends within the scan", LOAD, landmarks=False, exact_voxels=False)
def _(slices):
    for data in slices[-4:]:
        set_hu(data, np.full((data.Rows, data.Columns), -1000.0))


@unlike("bytes of the last slice exchanged", WARN, "BROKEN-PICTURE")
def _(slices):
    setting_all(slices, BitsStored=16, HighBit=15)
    slices[-1].PixelData = np.frombuffer(slices[-1].PixelData, "<u2").byteswap().tobytes()


@unlike("first half of 12 signed bits flagged as unsigned", WARN, "BROKEN-PICTURE")
def _(slices):
    for k, data in enumerate(slices):
        hu = hu_of(data)
        data.PixelRepresentation, data.RescaleIntercept = 1, "0"
        set_hu(data, hu)
        data.PixelData = (np.frombuffer(data.PixelData, "<u2") & 0x0FFF).tobytes()
        data.PixelRepresentation = int(k >= 13)


@unlike("one slice lost, its neighbour's picture in its place", WARN, "REPEATED-PICTURE")
def _(slices):
    noisy(slices)
    slices[13].PixelData = slices[12].PixelData


@unlike("second half a copy of the first", WARN, "REPEATED-PICTURE")
def _(slices):
    noisy(slices)
    for k in range(13, SLICES):
        slices[k].PixelData = slices[k - 13].PixelData


@edit("slices of a drawing that are alike to the last value", LOAD, landmarks=False,
      exact_voxels=False)  # fmt: skip
def _(slices):
    for data in slices[1:]:
        data.PixelData = slices[0].PixelData


@unlike("intercept that creeps by half a unit", REFUSE, "RESCALE-JUMP")
def _(slices):
    for k, data in enumerate(slices):
        data.RescaleIntercept = str(-1024 + 0.5 * k)


@unlike("slope of half the slices a twentieth too large, much air", REFUSE, "RESCALE-JUMP")
def _(slices):
    for data in slices:
        hu = hu_of(data)
        hu[:, 28:] = -1024.0
        set_hu(data, hu)
    setting_all(slices[13:], RescaleSlope="1.05")


@unlike("right half of the pictures empty", LOAD)
def _(slices):
    for data in slices:
        hu = hu_of(data)
        hu[:, 28:] = -1000.0
        set_hu(data, hu)


@unlike("twice the rows, half the columns", REFUSE, "SWAPPED-MATRIX")
def _(slices):
    for data in slices:
        data.Rows, data.Columns = 2 * data.Rows, data.Columns // 2


@unlike("half the rows, twice the columns", REFUSE, "SWAPPED-MATRIX")
def _(slices):
    for data in slices:
        data.Rows, data.Columns = data.Rows // 2, 2 * data.Columns
