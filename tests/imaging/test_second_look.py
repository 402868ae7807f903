"""What a second pair of eyes found: slices turned over, names that steer, causes first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from imaging.dicom_patient import hu_of, series, set_hu, write
from planner.domain.errors import InputRefusedError
from planner.imaging import deidentify_series, inspect, load_ct
from planner.imaging.picture_checks import odd_slices
from planner.imaging.voxels import read_voxels

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(3)


def lopsided(slices: int = 12) -> np.ndarray:
    """Return noisy slices of a patient with a bright left side that widens slowly."""
    hu = RANDOM.normal(40.0, 30.0, (slices, 64, 64))
    for k in range(slices):
        hu[k, :, : 20 + k] += 600.0
    return hu.astype(np.int16)


def test_that_anatomy_and_noise_are_not_odd() -> None:
    assert odd_slices(lopsided()) == []


@pytest.mark.parametrize("k", [1, 5, 10])
def test_that_a_slice_turned_left_to_right_is_odd_as_a_whole(k: int) -> None:
    samples = lopsided()
    samples[k] = samples[k][:, ::-1]
    # 64 rows change by 600 HU on two thirds of their length, so the rows show it too.
    assert [found[0] for found in odd_slices(samples)] == [k]


def test_that_a_slice_from_elsewhere_is_odd_though_no_row_is_damaged() -> None:
    samples = lopsided()
    samples[6] = samples[6] + 60
    assert odd_slices(samples) == [(6, None)]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(4, 9)], "slices 5, 10 of 20"),
        ([(4, 9), (5, 11)], "slices 5, 10 of 20, and 1 more such group"),
        ([(4, 9), (5, 11), (6, 13)], "slices 5, 10 of 20, and 2 more such groups"),
    ],
)
def test_that_repeated_pictures_are_counted_in_words(tmp_path: Path, pairs, words: str) -> None:
    slices = series(slices=20)
    for data in slices:
        hu = hu_of(data)
        noisy = hu + RANDOM.normal(0.0, 30.0, hu.shape).round()
        set_hu(data, noisy.clip(-1000.0, 1000.0))
    for first, again in pairs:
        slices[again].PixelData = slices[first].PixelData
    write(tmp_path, slices)
    found = {one.code: one for one in load_ct(tmp_path).record.findings}
    assert f"({words})" in found["DCM-REPEATED-PICTURE"].message
    assert " 0 more" not in found["DCM-REPEATED-PICTURE"].message


def test_that_a_turned_slice_is_named(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        hu = hu_of(data)
        hu[:, :28][hu[:, :28] > -900] += 300.0
        set_hu(data, hu)
    set_hu(slices[9], hu_of(slices[9])[:, ::-1])
    write(tmp_path, slices)
    found = {one.code: one for one in load_ct(tmp_path).record.findings}
    assert found["DCM-ODD-SLICE"].files == ("IM0010.dcm",)


def test_that_a_file_that_cannot_be_read_is_said_before_the_gap_it_leaves(tmp_path: Path) -> None:
    write(tmp_path, series())
    victim = tmp_path / "IM0010.dcm"
    victim.write_bytes(victim.read_bytes()[:300])
    with pytest.raises(InputRefusedError, match=r"IM0010\.dcm") as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-UNREADABLE-FILE"


def test_that_an_attribute_is_called_by_its_name(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        data.SliceThickness = None
    write(tmp_path, slices)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"1.8\\1.6 ", b"1,8\\1,6 "))
    with pytest.raises(InputRefusedError, match=r"PixelSpacing \(0028,0030\)"):
        load_ct(tmp_path)


def test_that_no_name_of_a_file_steers_a_terminal(tmp_path: Path) -> None:
    write(tmp_path, series())
    (tmp_path / "no\x1b[2Jtes\n\u202e.txt").write_text("x")
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("x")
    for found in inspect(tmp_path).series[0].findings:
        shown = found.message + "".join(found.files)
        assert shown.isprintable()
        shown.encode("utf-8")


def test_that_a_folder_that_may_not_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, series())
    (tmp_path / "shut").mkdir()
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(InputRefusedError, match="shut: the folder cannot be opened"):
        load_ct(tmp_path)


def test_that_a_copy_of_files_without_meta_is_the_same_scan(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for place, data in enumerate(series()):
        data.file_meta = type(data.file_meta)()
        data.preamble = None
        data.save_as(
            tmp_path / "in" / f"{place}.dcm", implicit_vr=True, little_endian=True,
            enforce_file_format=False,
        )  # fmt: skip
    files = deidentify_series(tmp_path / "in", tmp_path / "out")
    assert len(files) == 26
    assert ImplicitVRLittleEndian.encode() in files[0].read_bytes()
    before, after = load_ct(tmp_path / "in"), load_ct(tmp_path / "out")
    assert before.record.sha256 == after.record.sha256


def test_that_no_copy_is_made_where_an_overlay_hides_in_the_pixels(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        words = np.frombuffer(data.PixelData, "<u2").copy()
        words[::7] |= 0x8000
        data.PixelData = words.tobytes()
        data.add_new(0x60000100, "US", 16)
        data.add_new(0x60000102, "US", 15)
    write(tmp_path / "in", slices)
    assert load_ct(tmp_path / "in").hu.max() < 3000
    with pytest.raises(InputRefusedError, match="overlay") as refused:
        deidentify_series(tmp_path / "in", tmp_path / "out")
    assert refused.value.code == "DCM-BURNED-IN"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_that_a_disc_taken_out_on_the_way_is_said_of_the_slice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    slices = series()
    if packed:
        for data in slices:
            data.compress(RLELossless, generate_instance_uid=False)
    write(tmp_path, slices)

    def read_late(*given: object) -> object:
        (tmp_path / "IM0013.dcm").unlink()
        return read_voxels(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("planner.imaging.gate.read_voxels", read_late)
    with pytest.raises(InputRefusedError, match=r"opened before.*IM0013\.dcm") as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-UNREADABLE-FILE"
