"""Odd series as scanners, archives and discs of hospitals really send them."""

from __future__ import annotations

from functools import partial
from shutil import copy
from typing import TYPE_CHECKING

import numpy as np
from pydicom.uid import UID

from imaging.dicom_patient import (
    AXIAL,
    COLUMNS,
    ROWS,
    SERIES,
    SLICES,
    centred_position,
    enhanced,
    hu_of,
    image,
    series,
    set_hu,
    set_uid,
    write,
)
from imaging.odd_cases import LOAD, REFUSE, WARN, case
from imaging.odd_content_cases import localiser
from imaging.odd_geometry_cases import edit

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

SECONDARY_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7")
MULTI_FRAME_WORD_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7.3")
PET_IMAGE = UID("1.2.840.10008.5.1.4.1.1.128")
XRAY_3D = UID("1.2.840.10008.5.1.4.1.1.13.1.2")
PDF = UID("1.2.840.10008.5.1.4.1.1.104.1")
SIEMENS_NON_IMAGE = UID("1.3.12.2.1107.5.9.1")

lopsided = partial(edit, exact_voxels=False, landmarks=False)
"""A patient whose left half is denser, so that a mirror shows."""


def denser_on_one_side(slices: list[FileDataset]) -> None:
    for data in slices:
        hu = hu_of(data)
        hu[:, : COLUMNS // 2][hu[:, : COLUMNS // 2] > -900] += 300.0
        hu[: ROWS // 3][hu[: ROWS // 3] > -900] += 150.0
        set_hu(data, hu)


def in_series(slices: list[FileDataset], uid: str, **attributes: object) -> list[FileDataset]:
    """Make slices a series of their own."""
    for k, data in enumerate(slices):
        set_uid(data, f"{uid}.{k + 1}")
        data.SeriesInstanceUID = uid
        for keyword, value in attributes.items():
            setattr(data, keyword, value)
    return slices


def object_of_class(uid: UID, modality: str, series_uid: str, **attributes: object) -> FileDataset:
    """Return something that is no CT image."""
    data = image(centred_position(AXIAL, (0, 0, 2.0), 1), AXIAL, 90, "HFS")
    in_series([data], series_uid, SOPClassUID=uid, Modality=modality, **attributes)
    data.InstanceNumber = SLICES + 1
    set_uid(data, f"1.2.3.900.9{str(uid)[-4:].replace('.', '')}")
    data.file_meta.MediaStorageSOPClassUID = uid
    return data


# Turned slices at the ends, and several side by side


for _name, _chosen, _turn in (
    ("the first slice mirrored", [0], np.s_[:, ::-1]),
    ("the last slice turned by 180 degrees", [SLICES - 1], np.s_[::-1, ::-1]),
    ("the first four slices upside down", [0, 1, 2, 3], np.s_[::-1]),
    ("five inner slices mirrored", [9, 10, 11, 12, 13], np.s_[:, ::-1]),
):

    @lopsided(_name, WARN, "TURNED-SLICES")
    def _(slices, chosen=_chosen, turn=_turn):
        denser_on_one_side(slices)
        for k in chosen:
            set_hu(slices[k], np.ascontiguousarray(hu_of(slices[k])[turn]))


# Headers that lost something on the way


@edit("no Study UID", WARN, "NO-STUDY")
def _(slices):
    for data in slices:
        data.StudyInstanceUID = ""


@edit("no frame of reference", WARN, "NO-FRAME-OF-REFERENCE")
def _(slices):
    for data in slices:
        del data.FrameOfReferenceUID


@edit("frame of reference in half of the slices only", REFUSE, "MIXED-FRAME-OF-REFERENCE")
def _(slices):
    for data in slices[::2]:
        data.FrameOfReferenceUID = ""


@edit("no Study UID in one slice", REFUSE, "MIXED-STUDY")
def _(slices):
    del slices[4].StudyInstanceUID


@edit("everything that is optional lost in an export", WARN, "NO-PATIENT-POSITION")
def _(slices):
    for data in slices:
        for keyword in (
            "KVP", "ConvolutionKernel", "SliceThickness", "InstanceNumber", "PatientPosition",
            "AcquisitionNumber", "SeriesNumber", "StudyDate", "SeriesDescription", "RescaleType",
        ):  # fmt: skip
            delattr(data, keyword)


@edit("no modality", REFUSE, "NOT-CT")
def _(slices):
    for data in slices:
        data.Modality = ""


@edit("patient ID in another case in one slice", REFUSE, "MIXED-PATIENT")
def _(slices):
    slices[3].PatientID = "p1"


@edit("patient ID padded in half of the slices", LOAD)
def _(slices):
    for data in slices[::2]:
        data.PatientID = "P1   "


@edit("compressed with loss once, the flag lost, the method kept", WARN, "LOSSY")
def _(slices):
    for data in slices:
        data.LossyImageCompressionMethod = "ISO_10918_1"


@edit("compressed with loss once, only the ratio kept", WARN, "LOSSY")
def _(slices):
    for data in slices:
        data.LossyImageCompressionRatio = "12.5"


@edit("every slice a series of its own", REFUSE, "OWN-SERIES", "TOO-FEW-SLICES", "OTHER-SERIES")
def _(slices):
    for k, data in enumerate(slices):
        data.SeriesInstanceUID = f"{SERIES}.{k + 1}"


@edit("text burned into the pictures", WARN, "ANNOTATED", exact_voxels=False, landmarks=False)
def _(slices):
    for data in slices:
        data.BurnedInAnnotation = "YES"
        hu = hu_of(data)
        hu[2:6, 2:20:3] = 3000.0
        set_hu(data, hu)


# Values


for _factor in (0.8, 0.9, 1.1, 1.2):

    @edit(
        f"HU {_factor} times too large", WARN, "HU-DOUBTFUL", exact_voxels=False, landmarks=False
    )
    def _(slices, factor=_factor):
        for data in slices:
            noisy = hu_of(data) + np.random.default_rng(3).normal(0.0, 12.0, (ROWS, COLUMNS))
            data.RescaleSlope, data.RescaleIntercept = "0.8", "-2048"
            data.BitsStored, data.HighBit = 16, 15
            set_hu(data, noisy * factor)

    @edit(
        f"slope {_factor} in place of 1", WARN, "HU-DOUBTFUL", exact_voxels=False, landmarks=False
    )
    def _(slices, factor=_factor):
        for data in slices:
            data.RescaleSlope = str(factor)


@edit("cone beam values that drift", WARN, "HU-DOUBTFUL", exact_voxels=False, landmarks=False)
def _(slices):
    for data in slices:
        set_hu(data, hu_of(data) * 0.6 - 150.0)


@edit("slope of minus one with values stored upside down", LOAD)
def _(slices):
    for data in slices:
        hu = hu_of(data)
        data.RescaleSlope, data.RescaleIntercept = "-1", "3000"
        set_hu(data, hu)


@edit("slope of minus one by mistake", WARN, "HU-DOUBTFUL", exact_voxels=False, landmarks=False)
def _(slices):
    for data in slices:
        data.RescaleSlope, data.RescaleIntercept = "-1", "1024"


for _kind in ("ED", "MGML", "PCT"):

    @edit(f"RescaleType {_kind}", REFUSE, "NOT-HU")
    def _(slices, kind=_kind):
        for data in slices:
            data.RescaleType = kind


@edit("virtual monoenergetic pictures in HU", LOAD)
def _(slices):
    for data in slices:
        data.ImageType = ["DERIVED", "PRIMARY", "AXIAL", "VMI"]


# Folders as they come


@case("series split over two folders with the same file names", LOAD)
def _(folder):
    slices = series()
    half = SLICES // 2
    write(folder / "A", slices[:half])
    write(folder / "B", slices[half:], [f"IM{k + 1:04d}.dcm" for k in range(SLICES - half)])


@case("series split over two folders that overlap", WARN, "DUPLICATE-DROPPED")
def _(folder):
    slices = series()
    write(folder / "A", slices[:15])
    write(folder / "B", slices[10:])


@case("five slices sent again with new identifiers", REFUSE, "SAME-POSITION")
def _(folder):
    write(folder / "A", series())
    again = series()[:5]
    for k, data in enumerate(again):
        set_uid(data, f"1.2.3.2.77.{k + 1}")
    write(folder / "B", again)


def whole_study() -> list[FileDataset]:
    """Return scouts, a dose sheet, a report, a curve of contrast and the CT."""
    return [
        *series(),
        *(
            data
            for n in range(5)
            for data in in_series(
                [localiser(f"1.2.3.61{n}", matrix=(90, 70), tagged=True)], f"1.2.3.61{n}"
            )
        ),
        object_of_class(SECONDARY_CAPTURE, "CT", "1.2.3.62"),
        object_of_class(PDF, "DOC", "1.2.3.63"),
        *in_series(
            [image(centred_position(AXIAL, (0, 0, 2.0), 3), AXIAL, k, "HFS") for k in range(9)],
            "1.2.3.64",
        ),
    ]


@case("a whole study: scout, dose sheet, report, contrast tracking", WARN, "OTHER-SERIES")
def _(folder):
    write(folder, whole_study())


@case("CT and PET of one study", WARN, "OTHER-SERIES")
def _(folder):
    pet = in_series(series(), "1.2.3.65", Modality="PT", SOPClassUID=PET_IMAGE)
    write(folder, [*series(), *pet])


@case("CT with a sagittal reformat of its own series, one chosen", WARN, "OTHER-SERIES",
      series_uid=SERIES)  # fmt: skip
def _(folder):
    sagittal = in_series(series((0, 1, 0, 0, 0, -1), (-1, 0, 0)), "1.2.3.66")
    write(folder, [*series(), *sagittal])


@edit("a sagittal reformat under the same Series UID", REFUSE, "MIXED-ORIENTATION")
def _(slices):
    sagittal = in_series(series((0, 1, 0, 0, 0, -1), (-1, 0, 0), slices=12), "1.2.3.67")
    for data in sagittal:
        data.SeriesInstanceUID = SERIES
    return [*slices, *sagittal]


@edit("a dose sheet under the same Series UID", WARN, "SET-ASIDE")
def _(slices):
    return [*slices, object_of_class(SECONDARY_CAPTURE, "CT", SERIES)]


@edit("a screen shot of CT class without a place, same Series UID", WARN, "SET-ASIDE")
def _(slices):
    shot = image(centred_position(AXIAL, (0, 0, 2.0), 1), AXIAL, 91, "HFS")
    shot.InstanceNumber = SLICES + 1
    shot.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]
    del shot.ImagePositionPatient, shot.ImageOrientationPatient
    return [*slices, shot]


@edit("raw data of the maker under the same Series UID", WARN, "SET-ASIDE")
def _(slices):
    return [*slices, object_of_class(SIEMENS_NON_IMAGE, "CT", SERIES)]


# Several volumes in one series


@edit("three phases of the heart", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    phases = []
    for phase in (30, 50, 70):
        part = series()
        for k, data in enumerate(part):
            set_uid(data, f"1.2.3.2.{phase}.{k + 1}")
            data.NominalPercentageOfCardiacPhase = phase
        phases += part
    return phases


@edit("ten phases of breathing, told apart by their descriptions", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    phases = []
    for phase in range(10):
        part = series(slices=5)
        for k, data in enumerate(part):
            set_uid(data, f"1.2.3.2.{phase}.{k + 1}")
            data.SeriesDescription = f"4D {phase * 10}%"
        phases += part
    return phases


@edit("phases of contrast, told apart by the time alone", REFUSE, "SEVERAL-VOLUMES")
def _(slices):
    phases = []
    for minute in (1, 3):
        part = series()
        for k, data in enumerate(part):
            set_uid(data, f"1.2.3.2.{minute}.{k + 1}")
            data.AcquisitionTime = f"10{minute:02d}00"
        phases += part
    return phases


@edit("a gated scan of one phase, each slice at its own time", LOAD)
def _(slices):
    for k, data in enumerate(slices):
        data.TriggerTime, data.AcquisitionTime = str(700 + k), f"1011{k:02d}"


@case("Enhanced CT of two phases", REFUSE, "SAME-POSITION")
def _(folder):
    write(folder, [enhanced(series() + series())])


# Other machines


@edit("cone beam of an angiography suite", REFUSE, "NOT-CT")
def _(slices):
    for data in slices:
        data.SOPClassUID, data.Modality = XRAY_3D, "XA"


@edit("multi-frame screen capture of a CT", REFUSE, "NOT-CT")
def _(slices):
    whole = enhanced(slices)
    whole.SOPClassUID = MULTI_FRAME_WORD_CAPTURE
    return [whole]


@edit("photon counting, 1024 x 1024", LOAD, slices=4, landmarks=False, exact_voxels=False)
def _(slices):
    for data in slices[:4]:
        data.PixelSpacing = ["0.2", "0.2"]
        set_hu(data, np.kron(hu_of(data), np.ones((24, 19)))[:1024, :1024])
    return slices[:4]


# Files


@case("an empty file before the others", REFUSE, "UNREADABLE-FILE")
def _(folder):
    write(folder, series())
    (folder / "IM0000.dcm").write_bytes(b"")


@case("a slice with a kilobyte of zeros before it", REFUSE, "UNREADABLE-FILE", "MISSING-SLICE")
def _(folder):
    write(folder, series())
    victim = folder / "IM0007.dcm"
    victim.write_bytes(bytes(1024) + victim.read_bytes())


@case("a download not finished, under its working name", REFUSE, "PIXELS-SHORT")
def _(folder):
    write(folder, series())
    last = folder / f"IM{SLICES:04d}.dcm"
    content = last.read_bytes()
    last.unlink()
    (folder / f"{last.name}.part").write_bytes(content[:-900])


@case("a download not begun, under its working name", REFUSE, "UNREADABLE-FILE")
def _(folder):
    write(folder, series())
    last = folder / f"IM{SLICES:04d}.dcm"
    last.unlink()
    (folder / f"{last.name}.crdownload").write_bytes(b"")


@case("a packed copy beside the slices", WARN, "NOT-DICOM")
def _(folder):
    write(folder, series())
    (folder / "study.zip").write_bytes(b"PK\x03\x04" + bytes(200))


@case("copies whose names say so", WARN, "DUPLICATE-DROPPED")
def _(folder):
    write(folder, series())
    for k in (3, 9):
        copy(folder / f"IM{k:04d}.dcm", folder / f"Kopie von IM{k:04d} (2).dcm")


@case("every slice is a link to a file elsewhere", LOAD)
def _(folder):
    write(folder / "store", series())
    (folder / "view").mkdir()
    for file in (folder / "store").iterdir():
        (folder / "view" / file.name).symlink_to(file)
    return folder / "view"


@case("a folder that holds a link to itself", LOAD)
def _(folder):
    write(folder, series())
    (folder / "again").symlink_to(folder)


@case("names of 200 characters beyond ASCII", LOAD)
def _(folder):
    long = "Wirbels\u00e4ule \u2603 " * 10
    write(folder, series(), [f"{long}{k:03d}.dcm" for k in range(SLICES)])
