"""What cannot be exported is refused in a sentence, and nothing is left half written."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from exchange.hospital import loaded_case
from planner.domain.errors import NotBuiltYetError, PlannerError, SaveFailedError, UsageError
from planner.domain.finding import Verdict
from planner.domain.volume import CtVolume
from planner.exchange.export import ExportKind, export_plan, possible_kinds
from planner.imaging.outbound.parts import place_kji
from report.cases import make_case, make_geometry


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    return folder, loaded_case(folder / "ct", "straight")


def with_record(case, **changes):
    record = replace(case.ct.record, **changes)
    ct = CtVolume(geometry=case.ct.geometry, hu=case.ct.hu, record=record)
    return replace(case, ct=ct)


def test_that_a_scan_without_dicom_gives_no_dicom_but_everything_else(tmp_path) -> None:
    case = make_case()
    with pytest.raises(PlannerError, match="not read from DICOM"):
        export_plan(tmp_path, case.plan, case, [ExportKind.SEG])
    assert list(tmp_path.iterdir()) == []
    kinds, why = possible_kinds(case)
    assert "DICOM" in why
    files = export_plan(tmp_path, case.plan, case, kinds)
    assert {path.suffix for path in files} == {".json", ".stl", ".obj", ".gz", ".nrrd"}


def test_that_slices_without_one_frame_of_reference_give_no_object_that_needs_one(
    scanned, tmp_path
) -> None:
    _, case = scanned
    alone = with_record(case, frame_of_reference_uid="")
    kinds, why = possible_kinds(alone)
    assert "frame of reference" in why
    assert ExportKind.SEG not in kinds
    assert ExportKind.PDF in kinds
    with pytest.raises(PlannerError, match="frame of reference"):
        export_plan(tmp_path, case.plan, alone, [ExportKind.RTSTRUCT])


def test_that_a_missing_slice_is_counted(scanned, tmp_path) -> None:
    _, case = scanned
    record = case.ct.record
    uids = ("1.2.3", *record.sop_uids[1:])
    with pytest.raises(PlannerError, match="1 of the 60 slices"):
        export_plan(tmp_path, case.plan, with_record(case, sop_uids=uids), [ExportKind.SEG])


def test_that_a_scan_that_moved_is_named(scanned, tmp_path) -> None:
    _, case = scanned
    gone = with_record(case, locator=str(tmp_path / "gone"))
    with pytest.raises(PlannerError, match="no longer at"):
        export_plan(tmp_path / "out", case.plan, gone, [ExportKind.RTSTRUCT])


def test_that_a_grid_the_files_do_not_have_is_refused(scanned, tmp_path) -> None:
    _, case = scanned
    matrix = case.ct.geometry.lps_from_ijk
    matrix[:3, 0] *= -1.0
    mirrored = type(case.ct.geometry).from_matrix(case.ct.geometry.size_ijk, matrix)
    ct = CtVolume(geometry=mirrored, hu=case.ct.hu, record=case.ct.record)
    with pytest.raises(PlannerError, match="do not lie where"):
        export_plan(tmp_path, case.plan, replace(case, ct=ct), [ExportKind.SEG])


def test_that_a_multi_frame_scan_is_said_not_to_be_built(scanned, tmp_path) -> None:
    _, case = scanned
    one = with_record(case, sop_uids=case.ct.record.sop_uids[:1])
    with pytest.raises(NotBuiltYetError, match="multi-frame"):
        export_plan(tmp_path, case.plan, one, [ExportKind.SEG])


def test_that_another_scan_than_the_plans_exports_nothing(scanned, tmp_path) -> None:
    _, case = scanned
    other = with_record(case, sha256="00" * 32)
    with pytest.raises(PlannerError, match="not the one the plan was made on"):
        export_plan(tmp_path, case.plan, other, [ExportKind.MARKUPS])


def test_that_outlines_off_the_grid_are_not_moved_to_fit() -> None:
    grid = make_geometry()
    matrix = grid.lps_from_ijk
    matrix[:3, 3] += (0.4, 0.0, 0.0)
    shifted = type(grid).from_matrix((10, 10, 10), matrix)
    with pytest.raises(PlannerError, match="without moving it"):
        place_kji(shifted, grid, "canal")
    crop = grid.cropped((3, 4, 5), (10, 11, 12))
    assert place_kji(crop, grid, "canal") == (slice(5, 17), slice(4, 15), slice(3, 13))


def test_that_a_paper_is_needed_for_the_pdf(scanned, tmp_path) -> None:
    _, case = scanned
    with pytest.raises(UsageError, match="Make the report first"):
        export_plan(tmp_path, case.plan, case, [ExportKind.PDF])
    with pytest.raises(UsageError, match="Nothing to export"):
        export_plan(tmp_path, case.plan, case, [])


def test_that_a_failure_half_way_leaves_nothing(scanned, tmp_path, monkeypatch) -> None:
    _, case = scanned

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("planner.exchange.export.write_stl", full)
    with pytest.raises(SaveFailedError, match="No space left"):
        export_plan(tmp_path, case.plan, case, [ExportKind.MARKUPS, ExportKind.STL])
    assert list(tmp_path.iterdir()) == []


def test_that_only_a_clear_verdict_leaves_out_the_word_draft(scanned, tmp_path) -> None:
    _, case = scanned
    for verdict in Verdict:
        (path,) = export_plan(
            tmp_path / verdict, case.plan, case, [ExportKind.RTSTRUCT], verdict=verdict
        )
        draft = "DRAFT" in pydicom.dcmread(path).SeriesDescription
        assert draft == (verdict is not Verdict.CLEAR)


def test_that_a_plan_without_predictions_exports_its_anatomy(scanned, tmp_path) -> None:
    _, case = scanned
    bare = replace(case, zones={}, cements={})
    files = export_plan(tmp_path, case.plan, bare, [ExportKind.STL])
    assert {path.stem for path in files} == {
        "vertebra-L3", "canal", "foramen-L3-left", "foramen-L3-right",
    }  # fmt: skip
    assert all(np.fromfile(path, np.uint8).size > 84 for path in files)
