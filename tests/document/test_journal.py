"""Work that is in no file outlives the program, and nothing of it names a patient."""

import errno
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from document.strategies import simple_plan
from planner.document import journal as journal_module
from planner.document.journal import PAUSE_S, Journal, left_behind
from planner.document.plan_file import load_plan, save_plan

MOST_MAY_BE_LOST_S = 2.0
HERE = Path(__file__).parent


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "journal", pause_s=0.0)
    yield made
    made.close()


def left(tmp_path):
    found, complaints = left_behind(tmp_path / "journal")
    assert complaints == ()
    return found


def test_that_rest_and_write_stay_far_below_what_may_be_lost():
    assert 2 * PAUSE_S < MOST_MAY_BE_LOST_S


def test_that_what_was_kept_is_found_when_its_program_is_gone(tmp_path, journal):
    plan = replace(simple_plan(notes="n"), saved_sha256="of the last save")
    journal.keep(plan, tmp_path / "case.plan")
    journal.settle()
    assert left(tmp_path) == (), "its program lives"
    journal.close()
    (work,) = left(tmp_path)
    assert work.plan == plan
    assert work.home == tmp_path / "case.plan"


def test_that_the_newest_of_many_edits_is_kept(tmp_path, journal):
    for number in range(200):
        journal.keep(simple_plan(notes=str(number)), None)
    journal.settle()
    journal.close()
    (work,) = left(tmp_path)
    assert work.plan.notes == "199"
    assert work.home is None


def test_that_nothing_is_left_of_what_is_saved_or_not_wanted(tmp_path, journal):
    journal.keep(simple_plan(), None)
    journal.settle()
    journal.drop()
    journal.settle()
    assert list((tmp_path / "journal").iterdir()) == []


def test_that_a_sheet_whose_file_says_the_same_is_not_offered(tmp_path, journal):
    plan, home = simple_plan(notes="n"), tmp_path / "case.plan"
    journal.keep(plan, home)
    journal.settle()
    save_plan(home, plan)
    journal.close()
    assert left(tmp_path) == ()
    assert list((tmp_path / "journal").iterdir()) == []


def test_that_recovered_work_replaces_its_old_sheet_only_once_it_is_written(tmp_path, journal):
    journal.keep(simple_plan(notes="old"), None)
    journal.settle()
    journal.close()
    (old,) = left(tmp_path)
    second = Journal(tmp_path / "journal", pause_s=0.0)
    second.keep(simple_plan(notes="first"), None, instead_of=old.sheet)
    second.keep(simple_plan(notes="second"), None)
    second.settle()
    assert not old.sheet.exists()
    second.close()
    assert [work.plan.notes for work in left(tmp_path)] == ["second"]


def test_that_neither_names_nor_who_may_read_give_a_patient_away(tmp_path, journal):
    plan = simple_plan()
    named = replace(plan, scan=replace(plan.scan, patient=replace(plan.scan.patient, name="Doe")))
    journal.keep(named, None)
    journal.settle()
    for item in (tmp_path / "journal").iterdir():
        assert "Doe" not in item.name
        if os.name == "posix" and item.suffix != ".hold":
            assert stat.S_IMODE(item.stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_that_a_full_disk_is_said_and_the_last_good_sheet_stays(
    tmp_path, monkeypatch, journal, call
):
    journal.keep(simple_plan(notes="good"), None)
    journal.settle()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((os, "fsync", full) if call == "fsync" else (Path, "replace", full)))
    journal.keep(simple_plan(notes="too much"), None)
    journal.settle()
    assert "No space left" in journal.trouble
    assert "save it" in journal.trouble
    monkeypatch.undo()
    journal.keep(simple_plan(notes="again"), None)
    journal.close()
    assert journal.trouble == ""
    assert [work.plan.notes for work in left(tmp_path)] == ["again"]


@pytest.mark.skipif(os.name != "posix", reason="folder modes are a POSIX matter")
def test_that_a_folder_that_takes_no_file_is_said(tmp_path):
    journal = Journal(Path("/proc/journal"), pause_s=0.0)
    journal.keep(simple_plan(), None)
    journal.settle()
    assert journal.trouble.startswith("The journal could not be written")
    journal.close()


def test_that_a_failed_write_is_tried_again_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "RETRY_S", 0.0)
    blocked = tmp_path / "journal"
    blocked.write_text("a file where the folder should be", "utf-8")
    journal = Journal(blocked, pause_s=0.0)
    journal.keep(simple_plan(notes="n"), None)
    journal.settle()
    assert journal.trouble
    blocked.unlink()
    while journal.trouble:
        journal._change.acquire()
        journal._change.wait(0.01)
        journal._change.release()
    journal.close()
    assert [work.plan.notes for work in left(tmp_path)] == ["n"]


def test_that_a_damaged_sheet_is_said_and_kept(tmp_path, journal):
    journal.keep(simple_plan(), None)
    journal.settle()
    journal.close()
    (sheet,) = (tmp_path / "journal").glob("*.plan")
    sheet.write_bytes(sheet.read_bytes()[:100])
    found, complaints = left_behind(tmp_path / "journal")
    assert found == ()
    assert "damaged" in complaints[0]
    assert sheet.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be killed")
def test_that_two_hundred_deaths_while_saving_lose_nothing_and_break_no_file(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(
        [sys.executable, HERE / "killed_while_saving.py", tmp_path, "200", "1", "0.12", "0"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["deaths"] == 200


def test_that_a_sheet_is_an_ordinary_plan_file(tmp_path, journal):
    journal.keep(simple_plan(notes="n"), None)
    journal.settle()
    (sheet,) = (tmp_path / "journal").glob("*.plan")
    assert load_plan(sheet).notes == "n"
