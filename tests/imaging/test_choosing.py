"""What a chooser of series is told: what each is, which is best for planning, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from imaging.dicom_patient import (
    AXIAL,
    SERIES,
    STEP_MM,
    decimal,
    image,
    series,
    set_uid,
    write,
)
from imaging.odd_content_cases import localiser
from planner.domain.volume import GateVerdict
from planner.imaging import inspect
from planner.imaging.traits import (
    Plane,
    Region,
    Sharpness,
    plane_of,
    region_of,
    sharpness_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import FileDataset

LONG = 64
"""Slices of 2 mm that cover more than ``LONG_ENOUGH_MM``."""


def one_series(number: int, **attributes: object) -> list[FileDataset]:
    """Return a series of its own that differs in ``attributes``."""
    slices = series()
    for k, data in enumerate(slices):
        set_uid(data, f"1.2.{number}.{k + 1}")
        data.SeriesInstanceUID, data.SeriesNumber = f"1.2.{number}", number
        for keyword, value in attributes.items():
            setattr(data, keyword, value)
    return slices


def spaced(number: int, step_mm: float, slices: int) -> list[FileDataset]:
    """Return a series of its own with another step."""
    made = series(slices=slices, step_mm=step_mm)
    for k, data in enumerate(made):
        set_uid(data, f"1.2.{number}.{k + 1}")
        data.SeriesInstanceUID, data.SliceThickness = f"1.2.{number}", decimal(step_mm)
    return made


BETTER_AND_WORSE: dict[str, tuple[list[FileDataset], list[FileDataset], str]] = {
    "thin before thick": (spaced(1, 1.0, 30), spaced(2, 5.0, 30), "5.0 mm apart blur"),
    "long before short": (spaced(1, STEP_MM, LONG), spaced(2, 1.9, 20), "covers only 38 mm"),
    "bone before smooth": (
        one_series(1),
        one_series(2, ConvolutionKernel="B20f"),
        "smooth kernel",
    ),
    "standard before lung": (
        one_series(1, ConvolutionKernel="STANDARD"),
        one_series(2, ConvolutionKernel="LUNG"),
        "lung kernel",
    ),
    "bone before standard when all else is equal": (
        one_series(1, ConvolutionKernel="BONE"),
        one_series(2, ConvolutionKernel="STANDARD"),
        "standard kernel",
    ),
    "scanned before reformatted": (
        one_series(1),
        one_series(2, ImageType=["DERIVED", "SECONDARY", "MPR"]),
        "reformatted",
    ),
    "axial before sagittal": (
        one_series(1),
        [
            data
            for k, data in enumerate(series((0, 1, 0, 0, 0, -1), (-1, 0, 0)))
            for _ in [set_uid(data, f"1.2.2.{k + 1}")]
            for _ in [setattr(data, "SeriesInstanceUID", "1.2.2")]
        ],
        "sagittal slices",
    ),
    "original before derived": (
        one_series(1),
        one_series(2, ImageType=["DERIVED", "PRIMARY", "AXIAL"]),
        "derived",
    ),
    "plain before contrast": (
        one_series(1),
        one_series(2, ContrastBolusAgent="Iodine"),
        "contrast medium",
    ),
    "lossless before lossy": (
        one_series(1),
        one_series(2, LossyImageCompression="01"),
        "compressed with loss",
    ),
    "spine before head": (
        one_series(1, BodyPartExamined="LSPINE"),
        one_series(2, BodyPartExamined="HEAD", SeriesDescription="a"),
        "another part",
    ),
}


@pytest.mark.parametrize("name", BETTER_AND_WORSE)
@pytest.mark.parametrize("turned", [False, True])
def test_that_the_better_series_comes_first_and_the_other_says_why(
    tmp_path: Path, name: str, turned: bool
) -> None:
    better, worse, reason = BETTER_AND_WORSE[name]
    uids = [better[0].SeriesInstanceUID, worse[0].SeriesInstanceUID]
    names = ("b", "a") if turned else ("a", "b")
    write(tmp_path / names[0], better)
    write(tmp_path / names[1], worse)
    found = inspect(tmp_path, pixels=False)
    assert [one.series_uid for one in found.series] == uids
    assert [one.rank for one in found.series] == [0, 1]
    assert any(reason in clause for clause in found.series[1].advice), found.series[1].advice
    assert not any(reason in clause for clause in found.series[0].advice)


def test_that_what_each_is_stands_in_words(tmp_path: Path) -> None:
    write(tmp_path / "a", one_series(1, ContrastBolusAgent="Iodine"))
    write(tmp_path / "b", [localiser("1.2.2", matrix=(44, 56), tagged=True)])
    report = image(np.zeros(3), AXIAL, 0, "HFS")
    set_uid(report, "1.2.3.99")
    report.SeriesInstanceUID, report.Modality = "1.2.3", "SR"
    write(tmp_path / "c", [report])
    broken = one_series(4)
    write(tmp_path / "d", broken[:10] + broken[11:])
    capture = image(np.zeros(3), AXIAL, 0, "HFS")
    set_uid(capture, "1.2.5.99")
    capture.SeriesInstanceUID, capture.SOPClassUID = "1.2.5", "1.2.840.10008.5.1.4.1.1.7"
    write(tmp_path / "e", [capture])
    found = inspect(tmp_path, pixels=False)
    kinds = {one.series_uid: one.kind for one in found.series}
    assert kinds == {
        "1.2.1": "Axial slices, bone kernel, contrast medium",
        "1.2.2": "CT localiser",
        "1.2.3": "Not CT slices (SR)",
        "1.2.4": "CT slices that do not form one volume",
        "1.2.5": "Pictures made from a CT, not its slices",
    }
    advice = {one.series_uid: one.advice for one in found.series}
    assert advice["1.2.4"] == ("cannot be used",)
    assert [one.series_uid for one in found.choices] == ["1.2.1"]


def test_that_series_are_grouped_by_patient_and_study(tmp_path: Path) -> None:
    write(tmp_path / "a", one_series(1))
    write(tmp_path / "b", one_series(2, StudyInstanceUID="1.2.99", AcquisitionDate="20240506"))
    namesake = one_series(3, PatientID="P2")
    write(tmp_path / "c", namesake)
    found = inspect(tmp_path, pixels=False)
    groups = {
        group.patient.patient_id: [[one.series_uid for one in s.series] for s in group.studies]
        for group in found.patients
    }
    assert groups == {"P1": [["1.2.1"], ["1.2.2"]], "P2": [["1.2.3"]]}
    assert found.patients[0].studies[1].date == "20240506"
    assert len({group.key for group in found.patients}) == 2
    assert not any("Analytic" in group.key for group in found.patients)


def test_that_thumbnails_come_with_the_list_and_a_broken_one_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path / "a", one_series(1))
    broken = one_series(2)
    for data in broken:
        data.BitsStored, data.HighBit = 8, 7
    write(tmp_path / "b", broken)
    found = {
        one.series_uid: one for one in inspect(tmp_path, pixels=False, thumbnails=True).series
    }
    assert found["1.2.1"].thumbnail is not None
    assert found["1.2.1"].thumbnail.shape == (44, 56)
    assert found["1.2.2"].thumbnail is None
    assert found["1.2.2"].verdict is GateVerdict.REFUSE
    assert [one.thumbnail for one in inspect(tmp_path, pixels=False).series] == [None, None]
    assert SERIES not in found


@pytest.mark.parametrize(
    ("kernel", "sharpness"),
    [
        ("B60s", Sharpness.BONE), ("B30f", Sharpness.STANDARD), ("B20f", Sharpness.SMOOTH),
        ("Br40d\\3", Sharpness.STANDARD), ("Hr60f", Sharpness.BONE), ("Bl57d", Sharpness.LUNG),
        ("BONEPLUS", Sharpness.BONE), ("STANDARD", Sharpness.STANDARD), ("SOFT", Sharpness.SMOOTH),
        ("LUNG", Sharpness.LUNG), ("YB", Sharpness.BONE), ("B", Sharpness.STANDARD),
        ("FC30", Sharpness.BONE), ("FC08", Sharpness.STANDARD), ("FC52", Sharpness.LUNG),
        ("", Sharpness.UNKNOWN), ("XYZ", Sharpness.UNKNOWN), ("FC77", Sharpness.UNKNOWN),
    ],
)  # fmt: skip
def test_that_kernels_are_sorted_by_their_makers_conventions(
    kernel: str, sharpness: Sharpness
) -> None:
    assert sharpness_of(kernel) is sharpness


@pytest.mark.parametrize(
    ("body_part", "words", "region"),
    [
        ("LSPINE", "", Region.SPINE), ("", "CT LWS nativ", Region.SPINE),
        ("CHEST", "spine recon", Region.TRUNK), ("", "Abdomen Pelvis", Region.TRUNK),
        ("HEAD", "", Region.ELSEWHERE), ("", "Knee left", Region.ELSEWHERE),
        ("", "recon 2", Region.UNKNOWN),
    ],
)  # fmt: skip
def test_that_the_part_of_the_body_is_read_from_what_is_stated(
    body_part: str, words: str, region: Region
) -> None:
    assert region_of(body_part, words) is region


def test_that_a_plane_is_named_after_the_axis_it_is_near() -> None:
    tilted: Callable[[float], tuple[float, float, float]] = lambda deg: (  # noqa: E731
        0.0,
        float(np.sin(np.radians(deg))),
        float(np.cos(np.radians(deg))),
    )
    assert plane_of((0.0, 0.0, -1.0)) is Plane.AXIAL
    assert plane_of(tilted(20.0)) is Plane.AXIAL
    assert plane_of(tilted(45.0)) is Plane.OBLIQUE
    assert plane_of((1.0, 0.0, 0.0)) is Plane.SAGITTAL
    assert plane_of((0.0, 1.0, 0.0)) is Plane.CORONAL


def test_that_scouts_of_one_picture_each_are_not_called_a_scattered_series(tmp_path: Path) -> None:
    scouts = [localiser(f"1.2.3.61{n}", matrix=(44, 56), tagged=True) for n in range(5)]
    for n, scout in enumerate(scouts):
        set_uid(scout, f"1.2.3.610.{n}")
    write(tmp_path, [*series(), *scouts])
    codes = {one.code for found in inspect(tmp_path).series for one in found.findings}
    assert codes == {"DCM-NOT-CT"}
