"""Odd series: order, missing and repeated slices, geometry, patient positions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from imaging.dicom_patient import (
    AXIAL,
    LEFT_DOWN,
    PRONE,
    RIGHT_DOWN,
    SLICES,
    SUPERIOR,
    centred_position,
    decimal,
    hu_of,
    image,
    plane_hu,
    series,
    set_hu,
    set_uid,
    write,
)
from imaging.odd_cases import LOAD, REFUSE, WARN, add, case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import FileDataset

ORDERS = np.random.default_rng(7)


def edited(change: Callable[[list[FileDataset]], object], folder: Path) -> None:
    """Write a series after a change to its slices."""
    slices = series()
    write(folder, change(slices) or slices)  # type: ignore[arg-type]


def edit(name: str, verdict: object, *codes: str, **more: object) -> Callable[..., object]:
    """Register a change to an otherwise right series."""

    def register(change: Callable[[list[FileDataset]], object]) -> object:
        add(name, verdict, partial(edited, change), *codes, **more)  # type: ignore[arg-type]
        return change

    return register


# Order


@edit("right axial series", LOAD)
def _(slices):
    return None


@case("files in random order with random names", LOAD)
def _(folder):
    slices = series()
    names = [f"{value:08x}.dcm" for value in ORDERS.permutation(SLICES)]
    write(folder, slices, names)


@edit("instance numbers shuffled", LOAD)
def _(slices):
    for data, number in zip(slices, ORDERS.permutation(SLICES), strict=True):
        data.InstanceNumber = int(number) + 1


@edit("instance numbers all equal", LOAD)
def _(slices):
    for data in slices:
        data.InstanceNumber = 1


@edit("no instance numbers", LOAD)
def _(slices):
    for data in slices:
        del data.InstanceNumber


@edit("stored head to feet", LOAD)
def _(slices):
    for number, data in enumerate(reversed(slices)):
        data.InstanceNumber = number + 1
    slices.reverse()


# Missing

for missing in (1, 7, 13, 24):

    @edit(f"slice {missing + 1} missing", REFUSE, "MISSING-SLICE")
    def _(slices, missing=missing):
        del slices[missing]


@edit("five scattered slices missing", REFUSE, "MISSING-SLICE")
def _(slices):
    return [data for k, data in enumerate(slices) if k not in (4, 9, 10, 17, 21)]


@edit("first slices missing", WARN, "MAY-BE-INCOMPLETE", slices=24)
def _(slices):
    del slices[:2]


@edit("every second slice missing in half", REFUSE, "MISSING-SLICE")
def _(slices):
    return slices[:12] + slices[12::2]


@edit(
    "every second slice missing throughout",
    WARN,
    "MAY-BE-INCOMPLETE",
    "SLICE-GAP",
    slices=13,
    landmarks=False,
)
def _(slices):
    return slices[::2]


@edit("fewer images than ImagesInAcquisition", WARN, "MAY-BE-INCOMPLETE")
def _(slices):
    for data in slices:
        data.ImagesInAcquisition = 30


@edit("fewer images than the archive counts", WARN, "MAY-BE-INCOMPLETE")
def _(slices):
    for data in slices:
        data.NumberOfSeriesRelatedInstances = 27


def _moved(slices, k, offset):
    position = [float(value) for value in slices[k].ImagePositionPatient]
    moved = [decimal(a + b) for a, b in zip(position, offset, strict=True)]
    slices[k].ImagePositionPatient = moved


@edit("positions jitter by 0.02 mm", LOAD, exact_voxels=False)
def _(slices):
    for k in range(len(slices)):
        _moved(slices, k, ORDERS.uniform(-0.02, 0.02, 3))


@edit("positions rounded to 0.1 mm", LOAD)
def _(slices):
    for data in slices:
        data.ImagePositionPatient = [f"{float(v):.1f}" for v in data.ImagePositionPatient]


@edit("one slice 0.3 mm out of step", REFUSE, "MISSING-SLICE")
def _(slices):
    _moved(slices, 11, (0, 0, 0.3))


@edit("one slice 0.5 mm aside", REFUSE, "OFF-LINE")
def _(slices):
    _moved(slices, 11, (0.5, 0, 0))


# Repeats


@case("one instance under two names", WARN, "DUPLICATE-DROPPED")
def _(folder):
    slices = series()
    write(folder, [*slices, slices[9]])


@case("whole series twice", WARN, "DUPLICATE-DROPPED")
def _(folder):
    slices = series()
    write(folder / "a", slices)
    write(folder / "b", slices)


@edit("another picture at one position", REFUSE, "SAME-POSITION")
def _(slices):
    again = image(centred_position(AXIAL, (0, 0, 2.0), 12), AXIAL, 12, "HFS")
    set_uid(again, "1.2.3.99")
    again.InstanceNumber = SLICES + 1
    set_hu(again, hu_of(again) + 30)
    return [*slices, again]


def _copies(**changes: object) -> list[FileDataset]:
    second = series()
    for k, data in enumerate(second):
        set_uid(data, f"1.2.3.3.{k + 1}")
        data.InstanceNumber = SLICES + k + 1
        set_hu(data, hu_of(data) + 20)
        for keyword, value in changes.items():
            setattr(data, keyword, value)
    return second


for _keyword, _value in (
    ("AcquisitionNumber", 2),
    ("ConvolutionKernel", "B20s"),
    ("KVP", "80"),
    ("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL", "PHASE2"]),
):

    @edit(f"two volumes that differ in {_keyword}", REFUSE, "SEVERAL-VOLUMES")
    def _(slices, keyword=_keyword, value=_value):
        return slices + _copies(**{keyword: value})


@edit("two volumes that differ in nothing", REFUSE, "SAME-POSITION")
def _(slices):
    return slices + _copies()


@edit("two kernels woven at half steps", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    second = _copies(ConvolutionKernel="B20s")
    for k in range(len(second)):
        _moved(second, k, (0, 0, 1.0))
    return slices + second


@edit("two phases woven at half steps", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    second = _copies(AcquisitionNumber=2)
    for k in range(len(second)):
        _moved(second, k, (0, 0, 1.0))
    return slices + second


@edit("two acquisitions end to end", LOAD)
def _(slices):
    for data in slices[13:]:
        data.AcquisitionNumber = 2


@edit("another tube voltage in the second half", WARN, "MIXED-ACQUISITION")
def _(slices):
    for data in slices[13:]:
        data.KVP = "80"


@edit("another kernel in the second half", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    for data in slices[13:]:
        data.ConvolutionKernel = "B20s"


@edit("two pictures with one identifier", REFUSE, "SAME-UID-DIFFERENT")
def _(slices):
    again = image(centred_position(AXIAL, (0, 0, 2.0), 12), AXIAL, 12, "HFS")
    set_hu(again, hu_of(again) + 30)
    return [*slices, again]


# Geometry


def tilted(angle_deg: float, tag: float | None, folder: Path) -> None:
    angle = np.radians(angle_deg)
    orientation = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(-np.sin(angle)))
    slices = series(orientation, SUPERIOR, slices=40)
    for data in slices:
        if tag is not None:
            data.GantryDetectorTilt = decimal(tag)
    write(folder, slices)


for _angle in (5.0, 15.0, 25.0, -15.0):
    _right = partial(tilted, _angle, _angle)
    # The spacing across tilted slices is smaller than the step along the table.
    add(f"gantry tilt {_angle:g}", WARN, _right, "GANTRY-TILT", slices=40)
add("gantry tilt without a tag", WARN, partial(tilted, 15.0, None), "GANTRY-TILT", slices=40)
add("gantry tilt with the tag of none", WARN, partial(tilted, 15.0, 0.0), "GANTRY-TILT", slices=40)
add("gantry tilt tag without tilt", REFUSE, partial(tilted, 0.0, 15.0), "TILT-CONTRADICTS")
add("gantry tilt tag of another tilt", REFUSE, partial(tilted, 15.0, 20.0), "TILT-CONTRADICTS")


@case("tilt changes half way", REFUSE, "MIXED-ORIENTATION")
def _(folder):
    angle = np.radians(10.0)
    orientation = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(-np.sin(angle)))
    write(folder, series()[:13] + series(orientation)[13:])


@case("tilted corners off by 0.03 mm", REFUSE, "TILT-CORNERS")
def _(folder):
    angle = np.radians(15.0)
    orientation = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(-np.sin(angle)))
    slices = series(orientation, slices=40)
    _moved(slices, 20, (0.03, 0, 0))
    write(folder, slices)


def _rotation(x_deg: float, y_deg: float, z_deg: float) -> np.ndarray:
    a, b, c = np.radians((x_deg, y_deg, z_deg))
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def turned(angles_deg: tuple[float, float, float], folder: Path) -> None:
    axes = _rotation(*angles_deg)
    orientation = (*axes[:, 0], *axes[:, 1])
    write(folder, series(orientation, axes[:, 2], slices=40))


for _angles in ((20, 0, 25), (0, 10, 0), (5, -5, 5), (-30, 10, 40), (0, 0, 30)):
    add(f"oblique by {_angles} degrees", LOAD, partial(turned, _angles), slices=40)

PLANES = {
    "coronal": ((1, 0, 0, 0, 0, -1), (0, 1, 0)),
    "coronal, front to back reversed": ((1, 0, 0, 0, 0, -1), (0, -1, 0)),
    "sagittal": ((0, 1, 0, 0, 0, -1), (1, 0, 0)),
    "sagittal, reversed": ((0, 1, 0, 0, 0, -1), (-1, 0, 0)),
    "coronal, upside down": ((1, 0, 0, 0, 0, 1), (0, 1, 0)),
}
for _name, (_orientation, _direction) in PLANES.items():

    @case(f"{_name} slices", LOAD, slices=48)
    def _(folder, orientation=_orientation, direction=_direction):
        write(folder, series(orientation, direction, slices=48))


@case("rows mirrored throughout", LOAD)
def _(folder):
    write(folder, series((-1, 0, 0, 0, 1, 0)))


@case("rows mirrored in half of the slices", REFUSE, "MIXED-ORIENTATION")
def _(folder):
    write(folder, series()[:13] + series((-1, 0, 0, 0, 1, 0))[13:])


@edit("field of view moves half way", REFUSE, "OFF-LINE")
def _(slices):
    for k in range(13, SLICES):
        _moved(slices, k, (7.31, 0, 0))


@edit("pixel size differs in one slice", REFUSE, "MIXED-PIXEL-SPACING")
def _(slices):
    slices[12].PixelSpacing = [decimal(1.7), decimal(1.5)]


@edit("zoomed reconstruction appended", REFUSE, "MIXED-PIXEL-SPACING")
def _(slices):
    for data in slices[13:]:
        data.PixelSpacing = [decimal(0.9), decimal(0.8)]


@edit("one smaller matrix", REFUSE, "MIXED-MATRIX")
def _(slices):
    set_hu(slices[12], hu_of(slices[12])[:32, :32])


@case("square pixels in a non-square matrix", LOAD)
def _(folder):
    slices = series()
    for data in slices:
        position = np.array([float(value) for value in data.ImagePositionPatient])
        data.PixelSpacing = [decimal(1.6), decimal(1.6)]
        set_hu(data, plane_hu(position, AXIAL, row_spacing_mm=1.6, column_spacing_mm=1.6))
    write(folder, slices)


@edit("positions far from zero", LOAD, landmarks=False, exact_voxels=False)
def _(slices):
    for k in range(SLICES):
        _moved(slices, k, (1234.5, -987.25, 2345.125))


for _step in (0.625, 1.25):

    @case(f"slices every {_step} mm", LOAD, slices=round(52 / _step))
    def _(folder, step=_step):
        slices = series(slices=round(52 / step), step_mm=step)
        write(folder, slices)


# Patient positions

ORIENTATIONS = {
    "HFS": AXIAL, "FFS": AXIAL, "HFP": PRONE, "FFP": PRONE,
    "HFDR": RIGHT_DOWN, "FFDR": RIGHT_DOWN, "HFDL": LEFT_DOWN, "FFDL": LEFT_DOWN,
}  # fmt: skip


def lying(position: str, orientation: tuple[float, ...], folder: Path) -> None:
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    write(folder, series(orientation, np.cross(row, column), position=position, slices=30))


for _position, _orientation in ORIENTATIONS.items():
    _name = f"position {_position}"
    add(_name, LOAD, partial(lying, _position, _orientation), slices=30)
    _wrong = PRONE if _orientation != PRONE else AXIAL
    add(
        f"position {_position} with another orientation",
        WARN,
        partial(lying, _position, _wrong),
        "POSITION-CONTRADICTS",
        slices=30,
    )
for _position in ("", "XYZ"):
    add(
        f"position {_position or 'absent'}",
        WARN,
        partial(lying, _position, AXIAL),
        "NO-PATIENT-POSITION",
        slices=30,
    )


@edit("position differs half way", REFUSE, "MIXED-PATIENT-POSITION")
def _(slices):
    for data in slices[13:]:
        data.PatientPosition = "HFP"


@case("prone patient, console says supine: undetectable, the user confirms the side", LOAD)
def _(folder):
    # The header is whole and consistent; only looking at the patient can tell.
    write(folder, series())
