"""Older revisions: a save takes nothing away, and what is opened to be read stays as it was."""

from dataclasses import replace

import pytest

from planner.document.plan_file import load_plan
from planner.document.revisions import MOST_KEPT, keep_revision, revisions_of
from planner.domain.levels import Level, Side
from planner.session.keeping_desk import NONE_KEPT
from planner.session.needle_numbers import NeedleNumber
from presenter_desk import Desk


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "user")
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    made.work.needles.suggest()
    made.settle()
    yield made
    made.work.close()


def reason(desk):
    return desk.view.show_availability.call_args.args[0]["revisions"]


def shorten(desk, by_mm=5.0):
    needle = desk.work.edits.needle
    desk.work.needles.type_number(NeedleNumber.DEPTH, needle.length_mm - by_mm)
    desk.settle()


def test_that_every_save_is_kept_and_the_same_content_once(desk, tmp_path):
    assert reason(desk) == NONE_KEPT
    home = tmp_path / "one.plan"
    desk.work.case.save(home)
    first = load_plan(home)
    assert reason(desk) == ""
    desk.work.case.save(home)
    assert len(desk.work.keeping.revisions) == 1
    shorten(desk)
    desk.work.case.save(home)
    newest, oldest = desk.work.keeping.revisions
    assert newest.title == "Revision 2 · L3 left"
    assert load_plan(oldest.path) == first
    assert load_plan(newest.path) == load_plan(home)
    assert first.scan.patient.name not in repr((newest, oldest))


def test_that_an_older_revision_is_compared_beside_the_plan(desk, tmp_path):
    home = tmp_path / "one.plan"
    desk.work.case.save(home)
    shorten(desk)
    desk.work.case.save(home)
    desk.work.compare.with_file(desk.work.keeping.revisions[-1].path)
    desk.settle()
    shown = desk.view.show_comparison.call_args.args[0]
    assert shown.title.startswith("revision 1")
    assert any("L3 left" in row.what or "needle" in row.what.lower() for _, row in shown.rows)
    other = desk.view.show_drawing.call_args.args[0].other
    assert all(needle.locked for needle in other.needles)


def test_that_one_opened_to_be_read_takes_no_edit_and_has_no_file_to_overwrite(desk, tmp_path):
    work, home = desk.work, tmp_path / "one.plan"
    work.case.save(home)
    first = load_plan(home)
    shorten(desk)
    work.case.save(home)
    second = home.read_bytes()
    oldest = work.keeping.revisions[-1]
    kept = oldest.path.read_bytes()
    work.reception.drop(oldest.path)
    desk.settle()
    assert work.case.path is None
    assert not work.case.has_unsaved_work
    assert work.edits.plan.trajectories == first.trajectories
    before = work.edits.plan
    work.edits.select(before.trajectories[0].id)
    shorten(desk)
    assert work.edits.plan is before, "it is locked"
    assert "lock" in desk.said.text.lower()
    assert home.read_bytes() == second
    assert oldest.path.read_bytes() == kept
    assert [row.path for row in work.keeping.revisions][-1] == oldest.path, "the list stays"


def test_that_a_plan_made_elsewhere_keeps_what_it_was_before_the_first_save_here(desk, tmp_path):
    home = tmp_path / "one.plan"
    desk.work.case.save(home)
    elsewhere = Desk(tmp_path / "another user")
    try:
        elsewhere.work.reception.drop(home)
        elsewhere.settle()
        (row,) = elsewhere.work.keeping.revisions
        assert load_plan(row.path) == load_plan(home)
    finally:
        elsewhere.work.close()


def test_that_a_damaged_revision_is_left_out_and_a_full_folder_only_said(desk, tmp_path):
    home = tmp_path / "one.plan"
    desk.work.case.save(home)
    shorten(desk)
    desk.work.case.save(home)
    newest, oldest = desk.work.keeping.revisions
    oldest.path.write_bytes(b"not a plan")
    assert [row.path for row in desk.work.keeping.revisions] == [newest.path]
    folder = newest.path.parent
    for old in folder.iterdir():
        old.unlink()
    folder.rmdir()
    folder.write_bytes(b"in the way")
    shorten(desk)
    assert desk.work.case.save(home)
    assert load_plan(home).revision == 3, "the save itself is not held up"


def test_that_only_the_newest_revisions_stay(desk, tmp_path):
    home = tmp_path / "one.plan"
    desk.work.case.save(home)
    plan = load_plan(home)
    for number in range(MOST_KEPT + 3):
        keep_revision(tmp_path / "kept", "a", replace(plan, revision=number + 1), home)
    names = sorted(path.name for path in (tmp_path / "kept" / "a").iterdir())
    assert len(names) == MOST_KEPT
    assert names[0].startswith("r00004")
    assert len(revisions_of(tmp_path / "kept", "a")) == MOST_KEPT
