"""A plan that comes back from an archive is the one that went, or it is not there."""

import json
import os
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from exchange.hospital import loaded_case
from pacs.archives import LEAVES_SOCKETS, Archive, listening
from planner import pacs
from planner.app.main import main
from planner.document.plan_file import load_plan, plan_bytes
from planner.domain.errors import InputRefusedError, SaveFailedError
from planner.exchange.export import ExportKind, export_plan
from planner.imaging.plan_object import (
    FILE_ELEMENT,
    LENGTH_ELEMENT,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    plan_bytes_of,
)
from planner.pacs.quarantine import ABANDONED_S, PREFIX
from planner.session.returned_plans import get_checked_plans

pytestmark = LEAVES_SOCKETS


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """Return a plan, and the object it travels in."""
    folder = tmp_path_factory.mktemp("plan")
    case = loaded_case(folder / "ct", "straight")
    assert case.plan.scan.study_uid == case.ct.record.study_uid
    (path,) = export_plan(
        folder / "out", case.plan, case, [ExportKind.PLAN], plan_file=plan_bytes(case.plan)
    )
    return case.plan, path


def fetched(sent, tmp_path, *objects):
    plan, _ = sent
    with listening(Archive(list(objects))) as archive:
        return get_checked_plans(
            archive.settings(), plan.scan.study_uid, tmp_path / "in" / "plans"
        )


def refused_code(sent, tmp_path, *objects):
    with pytest.raises(InputRefusedError) as refused:
        fetched(sent, tmp_path, *objects)
    assert list((tmp_path / "in").iterdir()) == []
    return refused.value.code


def test_that_a_plan_comes_back_byte_for_byte(sent, tmp_path) -> None:
    plan, path = sent
    (back,) = fetched(sent, tmp_path, pydicom.dcmread(path))
    assert back.path.read_bytes() == plan_bytes(plan)
    assert load_plan(back.path).scan == plan.scan
    assert (back.plan_id, back.revision) == (plan.plan_id, plan.revision)
    assert back.path.name == "plan-1.plan"


def test_that_an_odd_length_comes_back_as_it_was(sent, tmp_path) -> None:
    data = pydicom.dcmread(sent[1])
    ours = data.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)
    ours[FILE_ELEMENT].value = b"odd\0"
    ours[LENGTH_ELEMENT].value = 3
    data.save_as(tmp_path / "odd.dcm")
    assert plan_bytes_of(tmp_path / "odd.dcm") == b"odd"


def test_that_a_plan_comes_back_from_an_archive_that_keeps_no_types(sent, tmp_path) -> None:
    plan, path = sent
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    data.save_as(tmp_path / "plan.dcm", implicit_vr=True)
    stored = pydicom.dcmread(tmp_path / "plan.dcm")
    assert stored.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)[LENGTH_ELEMENT].VR == "UN"
    assert plan_bytes_of(tmp_path / "plan.dcm") == plan_bytes(plan)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda ours: ours.__delitem__(FILE_ELEMENT), "PACS-PLAN-BROKEN"),
        (lambda ours: ours.__delitem__(LENGTH_ELEMENT), "PACS-PLAN-BROKEN"),
        (lambda ours: setattr(ours[FILE_ELEMENT], "value", b"{}"), "PACS-PLAN-BROKEN"),
        (
            lambda ours: setattr(
                ours[FILE_ELEMENT], "value", ours[FILE_ELEMENT].value.replace(b"L3", b"L4", 1)
            ),
            "PLAN-DAMAGED",
        ),
    ],
    ids=["no file", "no length", "short", "another level"],
)
def test_that_a_harmed_plan_is_refused_and_no_other_kept(sent, tmp_path, harm, code) -> None:
    whole, harmed = pydicom.dcmread(sent[1]), pydicom.dcmread(sent[1])
    harm(harmed.private_block(PRIVATE_GROUP, PRIVATE_CREATOR))
    for number, one in enumerate((whole, harmed)):
        uid = f"1.2.3.{number}"
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = uid
    assert refused_code(sent, tmp_path, whole, harmed) == code


def test_that_a_full_disk_keeps_plans_out_too(sent, tmp_path, monkeypatch) -> None:
    whole = Path.write_bytes

    def full(path, data):
        if path.suffix == ".plan":
            raise OSError(28, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SaveFailedError, match="No space left on device"):
        fetched(sent, tmp_path, pydicom.dcmread(sent[1]))
    assert list((tmp_path / "in").iterdir()) == []


def test_that_a_plan_of_another_study_is_refused(sent, tmp_path) -> None:
    astray = pydicom.dcmread(sent[1])
    astray.StudyInstanceUID = "1.2.3.4"
    with listening(Archive([astray])) as archive, pytest.raises(InputRefusedError) as refused:
        get_checked_plans(archive.settings(), "1.2.3.4", tmp_path / "in" / "plans")
    assert refused.value.code == "PACS-OTHER-STUDY"
    assert list((tmp_path / "in").iterdir()) == []


def test_that_a_study_without_our_plans_says_so(sent, scan, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    assert refused_code(sent, tmp_path, *scan.objects) == "PACS-NO-PLAN"


def test_that_a_raw_object_of_another_program_is_no_plan(sent, tmp_path) -> None:
    other = pydicom.dcmread(sent[1])
    other[PRIVATE_GROUP, 0x10].value = "SOMEBODY ELSE"
    assert refused_code(sent, tmp_path, other) == "PACS-NO-PLAN"


def test_that_a_killed_programs_quarantine_is_swept_and_a_living_ones_is_not(
    scan, tmp_path
) -> None:
    old, new = tmp_path / f"{PREFIX}old", tmp_path / f"{PREFIX}new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "000001.dcm").write_bytes(b"")
    then = old.stat().st_mtime - ABANDONED_S - 1
    os.utime(old, (then, then))
    with listening(Archive(scan.objects)) as archive:
        pacs.get_series(archive.settings(), scan.study, scan.series, tmp_path / "ct")
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, "ct"]


def test_that_a_watched_folder_is_looked_at_from_the_command_line(scan, capsys, tmp_path) -> None:
    assert main(["pacs", "watch", str(scan.folder), "--quiet-s", "0.001", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert [one["series_uid"] for one in seen["complete"]] == [scan.series]
    assert main(["pacs", "watch", str(tmp_path / "gone"), "--json"]) == 3


def test_that_without_a_node_the_command_line_says_how(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path))
    assert main(["pacs", "echo", "--json"]) == 2
    assert "No PACS is set up" in json.loads(capsys.readouterr().out)["error"]["message"]
