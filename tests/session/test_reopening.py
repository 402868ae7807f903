"""A plan opens on its own scan only; of any other it is said what it is."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest

from imaging.dicom_patient import series, set_hu, set_uid, write
from planner.app.main import INPUT_REFUSED, main
from planner.catalog import load_catalog
from planner.document.plan_file import save_plan
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level
from planner.domain.plan import AnatomyBinding, Plan, ScanBinding
from planner.imaging import load_ct, write_volume
from planner.phantom import Recipe, make_phantom
from planner.session.cases import Case, new_plan, reopen_case, without_outlines
from planner.session.opened_case import CT_GONE, NO_OUTLINES, OTHER_CT

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset


def plan_on(folder: Path) -> Plan:
    """Return an empty plan on the one scan of a folder."""
    return Plan(
        plan_id="00000000-0000-4000-8000-000000000001",
        created_utc="2026-01-02T03:04:05Z",
        anatomy=AnatomyBinding(backend=NO_OUTLINES),
        scan=ScanBinding.to(load_ct(folder).record),
    )


def test_that_a_plan_carries_what_the_picture_says_against_the_header() -> None:
    phantom = make_phantom(Recipe(seed=7, levels=(Level.L1, Level.L3), spacing_mm=(2.0, 2.0, 3.0)))
    turned = np.diag([-1.0, -1.0, 1.0, 1.0]) @ phantom.ct.geometry.lps_from_ijk
    geometry = type(phantom.ct.geometry).from_matrix(phantom.ct.geometry.size_ijk, turned)
    with TemporaryDirectory() as folder:
        write_volume(Path(folder) / "ct.nrrd", geometry, phantom.ct.hu)
        ct = load_ct(Path(folder) / "ct.nrrd")
    binding = AnatomyBinding(backend=NO_OUTLINES)
    case = Case(ct=ct, anatomy=without_outlines(ct), binding=binding, catalog=load_catalog())
    warnings = new_plan(case).scan.gate_warnings
    assert any(warning.startswith("DCM-POSTERIOR-SIDE: ") for warning in warnings)


def changed(**attributes: str) -> list[FileDataset]:
    slices = series()
    for data in slices:
        for keyword, value in attributes.items():
            setattr(data, keyword, value)
    return slices


def one_voxel_off() -> list[FileDataset]:
    slices = series()
    hu = np.full((44, 56), 40.0)
    set_hu(slices[3], hu)
    return slices


def other_series() -> list[FileDataset]:
    slices = changed(SeriesInstanceUID="1.2.9")
    for k, data in enumerate(slices):
        set_uid(data, f"1.2.9.{k}")
    return slices


OTHERS = {
    "the same voxels under another name": (changed(PatientID="P2"), "same voxels, but names"),
    "another patient, series": (changed(PatientID="P2", SeriesInstanceUID="9.9"), "ANOTHER"),
    "another series": (other_series(), "another series of the same patient"),
    "another voxel": (one_voxel_off(), "voxels or geometry differ"),
    "a slice less": (series()[:-1], "voxels or geometry differ"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_that_only_the_scan_of_a_plan_opens_under_it(tmp_path: Path, name: str) -> None:
    write(tmp_path / "own", series())
    plan = plan_on(tmp_path / "own")
    slices, words = OTHERS[name]
    write(tmp_path / "other", slices)
    with pytest.raises(InputRefusedError, match=words) as refused:
        reopen_case(plan, load_catalog(), ct_path=tmp_path / "other")
    assert refused.value.code == OTHER_CT
    assert "Analytic" not in str(refused.value)


@pytest.mark.parametrize("name", OTHERS)
def test_that_corrections_of_a_plan_are_played_on_its_own_scan_only(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "own", series())
    save_plan(tmp_path / "made.plan.json", plan_on(tmp_path / "own"))
    slices, words = OTHERS[name]
    write(tmp_path / "other", slices)
    line = ["segment", str(tmp_path / "other"), "--out", str(tmp_path / "out.nrrd"), "--json"]
    assert main([*line, "--corrections", str(tmp_path / "made.plan.json")]) == INPUT_REFUSED
    said = capsys.readouterr()
    assert OTHER_CT in said.out + said.err
    assert words in said.out + said.err
    assert not (tmp_path / "out.nrrd").exists()


def test_that_a_plan_whose_scan_is_gone_says_so_and_opens_where_it_was_moved(
    tmp_path: Path,
) -> None:
    write(tmp_path / "own", series())
    plan = plan_on(tmp_path / "own")
    (tmp_path / "own").rename(tmp_path / "moved")
    with pytest.raises(InputRefusedError) as refused:
        reopen_case(plan, load_catalog())
    assert refused.value.code == CT_GONE
    moved = reopen_case(plan, load_catalog(), ct_path=tmp_path / "moved")
    assert moved.ct.record.sha256 == plan.scan.sha256
