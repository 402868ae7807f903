"""What a loaded volume carries, and how loading reports on its way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from imaging.dicom_patient import SERIES, SLICES, enhanced, series, set_hu, write
from imaging.volumes import AXES, ct_on, grid
from planner.domain.errors import CancelledByUserError, InputRefusedError
from planner.domain.volume import GateVerdict
from planner.imaging import inspect, load_ct, position_in_words, scan_sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_that_the_digest_does_not_depend_on_names_order_or_packing(tmp_path: Path) -> None:
    write(tmp_path / "a", series())
    write(tmp_path / "b", series()[::-1], [f"z{k}/x.dcm" for k in range(SLICES)])
    write(tmp_path / "c", [enhanced(series())])
    digests = {load_ct(tmp_path / name).record.sha256 for name in "abc"}
    assert len(digests) == 1


def test_that_the_record_is_the_same_for_the_same_files_under_other_names(tmp_path: Path) -> None:
    write(tmp_path / "a", series())
    write(tmp_path / "b", series(), [f"{97 - k}.dcm" for k in range(SLICES)])
    first, second = (load_ct(tmp_path / name).record for name in "ab")
    assert first.sop_uids == second.sop_uids
    assert first.findings == second.findings


def test_that_one_voxel_or_a_tenth_of_a_micrometre_changes_the_digest() -> None:
    ct = ct_on(grid(AXES["HFS"]))
    hu = ct.hu.copy()
    hu[3, 4, 5] += 1
    assert scan_sha256(ct.geometry, hu) != ct.record.sha256
    moved = ct.geometry.lps_from_ijk
    moved[0, 3] += 1e-4
    other = type(ct.geometry).from_matrix(ct.geometry.size_ijk, moved)
    assert scan_sha256(other, ct.hu) != ct.record.sha256
    same = ct.geometry.lps_from_ijk
    same[0, 3] += 1e-10
    other = type(ct.geometry).from_matrix(ct.geometry.size_ijk, same)
    assert scan_sha256(other, ct.hu) == ct.record.sha256


def test_that_the_record_says_what_the_header_says(tmp_path: Path) -> None:
    write(tmp_path, series())
    record = load_ct(tmp_path).record
    assert record.series_uid == SERIES
    assert record.sop_uids == tuple(f"1.2.3.2.{k + 1}" for k in range(SLICES))
    assert record.patient.name == "Analytic^One"
    assert (record.patient_position, record.convolution_kernel) == ("HFS", "B60s")
    assert (record.slice_thickness_mm, record.acquired) == (2.0, "20260102")
    assert record.verdict is GateVerdict.LOAD


def test_that_a_name_is_read_in_its_own_character_set(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        data.SpecificCharacterSet = ["ISO 2022 IR 6", "ISO 2022 IR 87"]
        data.PatientName = "Yamada^Tarou=山田^太郎"
    write(tmp_path, slices)
    assert load_ct(tmp_path).record.patient.name == "Yamada^Tarou=山田^太郎"


def test_that_voxels_outside_the_scan_are_air_and_marked(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        hu = np.frombuffer(data.PixelData, "<u2").reshape(data.Rows, data.Columns) - 1024.0
        data.PixelRepresentation, data.RescaleIntercept = 1, "-24"
        data.BitsStored, data.HighBit = 16, 15
        hu[:5] = -2024.0
        set_hu(data, hu)
        data.add_new("PixelPaddingValue", "SS", -2000)
    write(tmp_path, slices)
    ct = load_ct(tmp_path)
    assert ct.outside_scan is not None
    assert ct.outside_scan[:, :5].all()
    assert not ct.outside_scan[:, 5:].any()
    assert (ct.hu[:, :5] == -1000).all()


@pytest.mark.parametrize("round_field", [True, False])
def test_that_air_inside_the_field_was_seen_even_if_it_has_the_padding_value(
    tmp_path: Path, round_field: bool
) -> None:
    slices = series()
    for data in slices:
        hu = np.frombuffer(data.PixelData, "<u2").reshape(data.Rows, data.Columns) - 1024.0
        j, i = np.indices(hu.shape)
        beyond = ((2 * i + 1) / 56 - 1) ** 2 + ((2 * j + 1) / 44 - 1) ** 2 > 1
        hu[beyond] = -1024.0 if round_field else -1000.0
        hu[20, 28] = -1024.0  # a bubble of air
        set_hu(data, hu)
        data.add_new("PixelPaddingValue", "US", 0)
    write(tmp_path, slices)
    ct = load_ct(tmp_path)
    if round_field:
        assert np.array_equal(ct.outside_scan[3], beyond)
    else:
        assert ct.outside_scan is None
    assert (ct.hu[:, 20, 28] == -1024).all()


def test_that_slices_arrive_in_order_before_loading_ends(tmp_path: Path) -> None:
    write(tmp_path, series())
    seen: list[int] = []
    pictures = []

    def look(geometry, hu, ready):
        assert geometry.size_ijk[2] == SLICES
        seen.append(ready)
        pictures.append(hu[ready - 1].copy())

    ct = load_ct(tmp_path, on_slices=look)
    assert seen == list(range(1, SLICES + 1))
    assert np.array_equal(np.stack(pictures), ct.hu)


def test_that_progress_grows_and_cancel_stops(tmp_path: Path) -> None:
    write(tmp_path, series())
    fractions: list[float] = []
    load_ct(tmp_path, report=lambda fraction, _: fractions.append(fraction))
    assert fractions[-1] == pytest.approx(1.0)
    assert fractions == sorted(fractions)
    assert all(0.0 <= fraction <= 1.0 for fraction in fractions)

    def cancel(fraction: float, message: str) -> None:
        if message == "Reading slices":
            raise CancelledByUserError("stop")

    with pytest.raises(CancelledByUserError):
        load_ct(tmp_path, report=cancel)
    with pytest.raises(CancelledByUserError):
        inspect(tmp_path, report=cancel)


def _two_series() -> list:
    second = series()
    for k, data in enumerate(second):
        data.SOPInstanceUID = f"1.2.9.{k + 1}"
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.SeriesInstanceUID = "1.2.9"
        data.SliceThickness = "5"
    return second


def test_that_a_choice_between_series_is_never_made_for_the_user(tmp_path: Path) -> None:
    write(tmp_path / "a", series())
    write(tmp_path / "b", _two_series())
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-PICK-SERIES"
    inspection = inspect(tmp_path)
    assert inspection.verdict is GateVerdict.WARN
    assert [one.rank for one in inspection.series] == [0, 1]
    assert load_ct(tmp_path, "1.2.9").record.series_uid == "1.2.9"
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path, "1.2.10")
    assert refused.value.code == "DCM-NO-SUCH-SERIES"


def test_that_two_patients_are_told_apart_by_name(tmp_path: Path) -> None:
    second = _two_series()
    for data in second:
        data.PatientName, data.PatientID = "Analytic^Two", "P2"
    write(tmp_path / "a", series())
    write(tmp_path / "b", second)
    with pytest.raises(InputRefusedError) as refused:
        load_ct(tmp_path)
    assert refused.value.code == "DCM-SEVERAL-PATIENTS"
    names = {one.series_uid: one.patient.name for one in inspect(tmp_path).series}
    assert names == {SERIES: "Analytic^One", "1.2.9": "Analytic^Two"}
    assert load_ct(tmp_path, "1.2.9").record.patient.name == "Analytic^Two"


def test_that_the_inspection_is_one_json_document_with_the_promised_keys(tmp_path: Path) -> None:
    slices = series()
    del slices[12]
    write(tmp_path, slices)
    document = json.loads(json.dumps(inspect(tmp_path).as_json()))
    assert document["verdict"] == "refuse"
    (one,) = document["series"]
    assert one.keys() >= {
        "series_uid", "modality", "verdict", "slices", "size", "spacing_mm",
        "patient_position", "findings",
    }  # fmt: skip
    (found,) = one["findings"]
    assert found["code"] == "DCM-MISSING-SLICE"
    assert found["severity"] == "refuse"
    assert found["files"] == ["IM0012.dcm", "IM0013.dcm"]
    assert "4.00 mm after slice 12" in found["message"]


def test_that_headers_alone_are_judged_when_pixels_are_not_wanted(tmp_path: Path) -> None:
    slices = series()
    for data in slices:
        data.Rows, data.Columns = data.Columns, data.Rows
    write(tmp_path, slices)
    assert inspect(tmp_path, pixels=False).verdict is GateVerdict.LOAD
    assert inspect(tmp_path).verdict is GateVerdict.REFUSE


@pytest.mark.parametrize(
    ("position", "words"), [("HFP", "face down"), ("FFDL", "left side"), ("", "not stated")]
)
def test_that_a_position_is_said_in_words(position: str, words: str) -> None:
    assert words in position_in_words(position)
