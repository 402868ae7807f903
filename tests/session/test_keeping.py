"""Work that was not saved is offered again, plans are found again, and nobody is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from planner.document.journal import left_behind
from planner.domain.levels import Level, Side
from planner.settings.recents import Recent, load_recents, remember
from presenter_desk import Desk


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.work.close()


def plan_a_needle(desk):
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()


def crash(desk):
    """End as a killed program does: nothing is asked and nothing is tidied up."""
    desk.work.keeping._journal.settle()
    desk.work.keeping._journal.close()
    desk.work.keeping._journal = None
    desk.work.close()


def kept(desk):
    return desk.view.show_kept.call_args.args[0]


def sheets(tmp_path):
    return list((tmp_path / "journal").glob("*.plan"))


def test_that_a_crash_is_followed_by_an_offer_that_says_when_and_which_level(tmp_path):
    first = Desk(tmp_path)
    plan_a_needle(first)
    plan = first.work.edits.plan
    crash(first)
    second = Desk(tmp_path)
    (offer,) = kept(second).offers
    assert offer.title == "L3 left"
    assert "1 needle" in offer.detail
    assert str(datetime.now(UTC).astimezone().year) in offer.detail
    assert "never saved" in offer.detail
    assert "never saved" in second.said.text
    name = plan.scan.patient.name
    assert name
    assert name not in repr(kept(second))
    second.work.reception.drop(offer.sheet)
    second.settle()
    assert second.work.edits.plan.trajectories == plan.trajectories
    assert second.work.case.has_unsaved_work
    assert second.work.case.path is None
    assert kept(second).offers == ()
    second.work.keeping._journal.settle()
    assert offer.sheet not in sheets(tmp_path)
    assert len(sheets(tmp_path)) == 1, "what was recovered is in the journal again"
    second.work.close()
    assert sheets(tmp_path) == []


def test_that_recovered_work_of_a_saved_plan_goes_back_to_its_file(tmp_path):
    home = tmp_path / "mine.plan"
    first = Desk(tmp_path)
    plan_a_needle(first)
    assert first.work.case.save(home)
    first.work.act(lambda: first.work.edits.write_notes("new"))
    crash(first)
    second = Desk(tmp_path)
    (offer,) = kept(second).offers
    assert "changes after its last save" in offer.detail
    second.work.reception.drop(offer.sheet)
    second.settle()
    assert second.work.case.path == home
    assert second.work.case.save(home)
    assert second.work.edits.plan.revision == 2
    assert second.work.edits.plan.notes == "new"
    second.work.close()


def test_that_a_saved_plan_leaves_nothing_in_the_journal(tmp_path, desk):
    plan_a_needle(desk)
    desk.work.keeping._journal.settle()
    assert len(sheets(tmp_path)) == 1
    desk.work.case.save(tmp_path / "mine.plan")
    desk.work.keeping._journal.settle()
    assert sheets(tmp_path) == []


def test_that_undo_back_to_the_saved_plan_empties_the_journal(tmp_path, desk):
    plan_a_needle(desk)
    desk.work.case.save(tmp_path / "mine.plan")
    desk.work.act(lambda: desk.work.edits.write_notes("n"))
    desk.work.keeping._journal.settle()
    assert len(sheets(tmp_path)) == 1
    desk.work.act(desk.work.edits.undo)
    desk.work.keeping._journal.settle()
    assert sheets(tmp_path) == []


def test_that_work_nobody_wants_is_thrown_away(tmp_path):
    first = Desk(tmp_path)
    plan_a_needle(first)
    crash(first)
    second = Desk(tmp_path)
    second.work.keeping.throw_away(kept(second).offers[0].sheet)
    assert kept(second).offers == ()
    assert left_behind(tmp_path / "journal") == ((), ())
    second.work.close()


def test_that_a_journal_in_trouble_is_said_once_and_stays_on_the_screen(tmp_path):
    (tmp_path / "journal").write_text("in the way", "utf-8")
    desk = Desk(tmp_path)
    plan_a_needle(desk)
    desk.work.keeping._journal.settle()
    desk.work.refresh()
    assert "save it" in desk.said.text
    assert kept(desk).trouble == desk.said.text
    desk.work.say("something else")
    desk.work.refresh()
    assert desk.said.text == "something else"
    desk.work.close()


def test_that_recents_carry_a_hashed_id_and_the_level_but_no_name(tmp_path, desk):
    plan_a_needle(desk)
    desk.work.case.save(tmp_path / "Doe^Jane.plan")
    (row,) = kept(desk).recents
    assert row.title.endswith("L3 left")
    assert "plan-under-test" not in row.title
    assert "Doe" not in row.title + row.detail
    assert row.file_name == "Doe^Jane.plan"


def test_that_recents_are_newest_first_once_each_and_not_many(tmp_path):
    for number in (*range(20), 19):
        remember(
            tmp_path,
            Recent(
                id=str(number),
                path=f"/{number}",
                words="",
                opened_utc="2026-01-01T00:00:00+00:00",
            ),
        )
    assert [one.id for one in load_recents(tmp_path)] == [str(n) for n in range(19, 7, -1)]


@pytest.mark.parametrize("content", ["", "{}", '[{"id": 3}]', '[{"id": "a"}]', "[1, null]"])
def test_that_a_damaged_list_of_recents_is_an_empty_one(tmp_path, content):
    (tmp_path / "recents.json").write_text(content, "utf-8")
    assert load_recents(tmp_path) == ()


def test_that_a_list_of_recents_that_cannot_be_written_is_only_said(desk, monkeypatch):
    plan_a_needle(desk)
    folder = desk.work.keeping._folder

    def read_only(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", read_only)
    assert desk.work.case.save(folder / "mine.plan")
    said = [call.args[0].text for call in desk.view.show_message.call_args_list]
    assert any("recent plans could not be written" in text for text in said)


def test_that_without_a_user_folder_nothing_is_kept():
    desk = Desk()
    plan_a_needle(desk)
    assert kept(desk).offers == ()
    desk.work.close()


def test_that_a_locked_plan_takes_no_edit_until_it_is_unlocked(desk):
    plan_a_needle(desk)
    work, plan = desk.work, desk.work.edits.plan
    work.act(lambda: work.edits.lock("Dr Doe", "2026-01-02T03:04:05"))
    desk.settle()
    locked = work.edits.plan
    assert work.plan_shown.lock == "Locked by Dr Doe, 2026-01-02T03:04 UTC."
    for edit in (
        work.edits.undo,
        work.edits.delete,
        lambda: work.edits.write_notes("n"),
        work.edits.toggle_lock,
    ):
        work.act(edit)
        assert work.edits.plan is locked
        assert "Unlock it to change it" in desk.said.text
    why = desk.view.show_availability.call_args.args[0]
    assert (
        why["delete"] == why["tool_wall"] == "Locked by Dr Doe, 2026-01-02T03:04 UTC. "
        "Unlock the plan first."
    )
    assert desk.view.show_drawing.call_args.args[0].needles[0].locked
    work.act(work.edits.unlock)
    assert work.edits.plan == plan
    work.act(work.edits.delete)
    assert work.edits.plan.trajectories == ()
    desk.settle()


def test_that_a_lock_needs_a_name(desk):
    plan_a_needle(desk)
    desk.work.act(lambda: desk.work.edits.lock("  ", "2026-01-02T03:04:05"))
    assert desk.work.edits.plan.lock is None
    assert "person with a name" in desk.said.text
