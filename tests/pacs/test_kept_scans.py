"""Fetched scans on this computer: seen, referred to, and removed on a person's word alone."""

import os
import shutil
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from document.strategies import simple_plan
from planner.app.main import WRONG_USAGE, main
from planner.document.plan_file import save_plan
from planner.domain.errors import UsageError
from planner.session.fetching import PLANS, SCANS
from planner.session.keeping_desk import JOURNAL
from planner.session.kept_scans import kept_scans, remove_scans
from planner.settings.recents import Recent, hashed_id, remember
from planner.viewer.panels.kept_scans_dialog import KeptScansDialog

DAY_S = 86_400.0


@pytest.fixture
def profile(scan, tmp_path, monkeypatch):
    """A user's folder with the scan fetched 40 days ago, another today, and a stranger's file."""
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path))
    for uid, days in ((scan.series, 40.0), ("2.25.99", 0.0)):
        place = tmp_path / SCANS / hashed_id(uid)
        shutil.copytree(scan.folder, place)
        fetched = place.stat().st_mtime - days * DAY_S
        os.utime(place, (fetched, fetched))
    (tmp_path / SCANS / "my notes").mkdir()
    return tmp_path


def plan_on(series_uid):
    plan = simple_plan()
    return replace(plan, scan=replace(plan.scan, series_uid=series_uid))


def refer(profile, kind, series_uid):
    """Let a plan refer to a scan in one of the ways a plan may lie there."""
    folder = {"journal": JOURNAL, "fetched": PLANS, "recent": "elsewhere"}[kind]
    (profile / folder).mkdir(exist_ok=True)
    path = profile / folder / "case.plan"
    save_plan(path, plan_on(series_uid))
    if kind == "recent":
        opened = "2026-11-22T08:00:00+00:00"
        remember(profile, Recent(id="x", path=str(path), words="L3 left", opened_utc=opened))


def test_that_what_lies_there_is_told_the_oldest_first(profile, scan):
    old, new = kept_scans(profile)
    assert old.path.name == hashed_id(scan.series)
    assert (round(old.days), old.objects, old.used_by) == (40, len(scan.files), ())
    assert old.size_bytes == sum(path.stat().st_size for path in scan.files)
    assert old.patient in scan.patient.replace("^", ", ")
    assert new.days < 1.0


@pytest.mark.parametrize(
    ("kind", "says"),
    [("journal", "unsaved work"), ("recent", "recent plan L3 left"), ("fetched", "fetched plan")],
)
def test_that_a_plan_that_refers_to_a_scan_is_named_and_holds_it(
    profile, scan, capsys, kind, says
):
    refer(profile, kind, scan.series)
    assert kept_scans(profile)[0].used_by == (says,)
    name = hashed_id(scan.series)
    assert main(["pacs", "kept", "--remove-older", "30"]) == WRONG_USAGE
    assert says in capsys.readouterr().err
    assert (profile / SCANS / name).exists()
    assert main(["pacs", "kept", "--remove", name, "--even-used"]) == 0
    assert not (profile / SCANS / name).exists()


def test_that_the_open_scan_is_named(profile, scan):
    assert kept_scans(profile, open_series=scan.series)[0].used_by == ("open now",)


def test_that_age_removes_the_old_alone_and_nothing_that_is_not_a_scan(profile, scan):
    assert main(["pacs", "kept", "--remove-older", "30"]) == 0
    left = sorted(path.name for path in (profile / SCANS).iterdir())
    assert left == sorted([hashed_id("2.25.99"), "my notes"])
    assert main(["pacs", "kept", "--remove", "ffffffff"]) == WRONG_USAGE
    assert main(["pacs", "kept"]) == 0


def test_that_nothing_outside_the_folder_is_ever_removed(profile, scan):
    (one, *_) = kept_scans(profile)
    for path in (scan.folder, profile / SCANS / "my notes", profile / SCANS):
        with pytest.raises(UsageError, match="is not a scan"):
            remove_scans(profile, [replace(one, path=path)])
    assert scan.files[0].exists()
    link = profile / SCANS / "0123abcd"
    link.symlink_to(scan.folder)
    remove_scans(profile, [replace(one, path=link)])
    assert not link.exists()
    assert scan.files[0].exists()


@pytest.mark.qt
def test_that_the_dialog_ticks_by_age_what_nothing_refers_to_and_hides_names(profile, scan, qtbot):
    refer(profile, "recent", "2.25.99")
    scans = kept_scans(profile)
    dialog = KeptScansDialog(scans, "fetched", names_hidden=True)
    qtbot.addWidget(dialog)
    shown = [dialog.table.item(row, 0).text() for row in range(2)]
    assert shown == ["Scan 1, name hidden", "Scan 2, name hidden"]
    assert not dialog.remove.isEnabled()
    dialog.days.setValue(30)
    dialog.tick_older()
    assert dialog.ticked == scans[:1]
    dialog._boxes[1].setCheckState(Qt.CheckState.Checked)
    heard = []
    dialog.remove_wanted.connect(heard.append)
    dialog.remove.click()
    assert heard == [scans]
