"""The window asks an archive: one that fails as real ones do, and a real Orthanc."""

import os
import shutil
from types import SimpleNamespace

import pytest

from pacs.archives import LEAVES_SOCKETS, TITLE, Archive, listening
from pacs.orthanc import TITLE as ORTHANC
from planner import pacs
from planner.app.services import Services
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.progress import unreported
from planner.exchange.export import ExportKind
from planner.pacs.peer import StudyFound
from planner.session.fetching import Fetching
from planner.session.output import export_case
from planner.settings.nodes import PacsSettings, load_pacs
from planner.settings.settled import settled_id
from planner.viewer.main_window import MainWindow
from planner.viewer.panels.fetch_dialog import KEY

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytestmark = [pytest.mark.qt, *LEAVES_SOCKETS]
SOON_MS = 120_000


def profile(folder, port=0, title=TITLE, watched=""):
    """Write settings with an archive at a port, or with a watched folder."""
    folder.mkdir()
    text = f'[watch]\nfolder = "{watched}"\n'
    if port:
        text = f'[[node]]\nname = "archive"\nhost = "127.0.0.1"\nport = {port}\n'
        text += f'title = "{title}"\n'
    (folder / "pacs.toml").write_text(text)
    return folder


class QuickServices(Services):
    """The real use cases; nothing is compiled for a needle that nobody drags."""

    def prepare(self):
        pass

    def warm(self, ct, report):
        pass


@pytest.fixture
def window_on(qtbot):
    def make(folder):
        window = MainWindow(QuickServices(folder), folder)
        window.ask.may_close = lambda: True
        qtbot.addWidget(window)
        window.show()
        return window

    return make


def searched(window, qtbot, patient_id):
    window.actions_by_id["fetch"].trigger()
    dialog = window.ask._fetch
    dialog.patient_id.setText(patient_id)
    dialog.search.click()
    qtbot.waitUntil(lambda: not window.desk.jobs.busy, timeout=SOON_MS)
    return dialog


def choose(dialog, key):
    """Mark the row of a series or a plan, as a click does."""
    rows = [dialog.contents.item(row, 0) for row in range(dialog.contents.rowCount())]
    dialog.contents.selectRow([item.data(KEY) for item in rows].index(key))


def test_that_a_series_is_found_received_whole_and_opened(scan, tmp_path, qtbot, window_on):
    with listening(Archive(scan.objects)) as archive:
        window = window_on(profile(tmp_path / "me", archive.port))
        window.actions_by_id["hide_names"].trigger()
        dialog = searched(window, qtbot, str(scan.objects[0].PatientID))
        shown = [dialog.studies.item(0, column).text() for column in range(3)]
        assert shown == ["Patient 1, name hidden", "hidden", "hidden"]
        assert dialog.contents.item(0, 3).text() == str(len(scan.files))
        assert dialog.ok.isEnabled()
        dialog.ok.click()
        qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=SOON_MS)
        qtbot.waitUntil(lambda: not window.desk.jobs.busy, timeout=SOON_MS)
    assert not dialog.isVisible()
    assert window.desk.ct.record.series_uid == scan.series
    kept = list((tmp_path / "me" / "fetched").iterdir())
    assert [len(list(path.iterdir())) for path in kept] == [len(scan.files)]


def test_that_half_a_series_and_a_wrong_title_are_said_and_leave_nothing(
    scan, tmp_path, qtbot, window_on
):
    with listening(Archive(scan.objects, sends=scan.objects[:6])) as archive:
        window = window_on(profile(tmp_path / "me", archive.port))
        dialog = searched(window, qtbot, "P")
        choose(dialog, scan.series)
        dialog.ok.click()
        qtbot.waitUntil(lambda: bool(dialog.error.text()), timeout=SOON_MS)
        half = f"6 of the {len(scan.files)} objects it says the series has"
        assert half in dialog.error.text()
        assert dialog.isVisible()
        assert window.desk.ct is None
        settings = tmp_path / "me" / "pacs.toml"
        settings.write_text(settings.read_text().replace(TITLE, "SOMEBODY"))
        searched(window, qtbot, "P")
    assert "PLANNER calling SOMEBODY" in dialog.error.text()
    assert not dialog.ok.isEnabled()
    assert dialog.ok.toolTip() == "Choose a series or a plan first."
    assert list((tmp_path / "me" / "fetched").iterdir()) == []


def test_that_a_study_that_arrives_is_offered_and_opens_in_one_act(
    scan, tmp_path, qtbot, window_on
):
    watched = tmp_path / "watched"
    watched.mkdir()
    window = window_on(profile(tmp_path / "me", watched=watched))
    assert not window.arrival.isVisible()
    assert not window.actions_by_id["fetch"].isEnabled()
    assert "No PACS is set up" in window.actions_by_id["fetch"].toolTip()
    for path in scan.files:
        shutil.copy(path, watched)
        os.utime(watched / path.name, (1.0e9, 1.0e9))
    window.desk.arrivals.look()
    qtbot.waitUntil(window.arrival.isVisible, timeout=SOON_MS)
    assert f"{len(scan.files)} slices" in window.arrival.words.text()
    assert window.desk.ct is None
    window.arrival.open.click()
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=SOON_MS)
    qtbot.waitUntil(lambda: not window.desk.jobs.busy, timeout=SOON_MS)
    assert not window.arrival.isVisible()
    assert window.desk.ct.record.series_uid == scan.series


def test_that_a_real_archive_gives_a_scan_and_its_plan_to_an_empty_profile(
    scan, orthanc, tmp_path, qtbot, window_on
):
    here = Services(profile(tmp_path / "here", orthanc.dicom_port, ORTHANC))
    pacs.send(load_pacs(tmp_path / "here"), [scan.folder])
    ct = here.open_scan(scan.folder, lambda *_said: None)
    plan = here.save_plan(tmp_path / "mine.plan", here.new_plan(ct))
    export_case(plan, here._case(ct, None, plan.anatomy), tmp_path / "out", [ExportKind.PLAN])
    pacs.send(load_pacs(tmp_path / "here"), [tmp_path / "out"])
    window = window_on(profile(tmp_path / "there", orthanc.dicom_port, ORTHANC))
    dialog = searched(window, qtbot, str(scan.objects[0].PatientID))
    assert dialog.contents.item(0, 2).text().startswith("Revision 1 · no needle yet")
    choose(dialog, "PLAN 0")
    assert dialog.ok.text() == "Reopen plan"
    dialog.ok.click()
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=SOON_MS)
    qtbot.waitUntil(lambda: not window.desk.jobs.busy, timeout=SOON_MS)
    assert window.desk.edits.plan.plan_id == plan.plan_id
    assert window.desk.ct.record.sha256 == ct.record.sha256


def test_that_an_earlier_copy_stays_until_a_newer_one_is_whole(scan, tmp_path):
    fetching = Fetching(profile(tmp_path / "me", (archive := Archive(scan.objects)).port))
    with listening(archive):
        asked = ("archive", scan.study, scan.series, unreported)
        place, objects = fetching.fetch(*asked)
        first = sorted((path.name, path.stat().st_ino) for path in place.iterdir())
        assert objects == len(first) == len(scan.files)
        archive.sends = scan.objects[:6]
        with pytest.raises(InputRefusedError, match="6 of the 12"):
            fetching.fetch(*asked)
        assert sorted((path.name, path.stat().st_ino) for path in place.iterdir()) == first
        archive.sends = None
        assert fetching.fetch(*asked) == (place, objects)
    assert sorted((path.name, path.stat().st_ino) for path in place.iterdir()) != first
    assert list(place.parent.iterdir()) == [place]


def test_that_a_kind_narrows_a_query_and_what_is_not_said_of_stays(monkeypatch):
    found = [
        StudyFound(
            study_uid=uid, patient_id="", patient_name="", birth_date="", date="", description="",
            accession="", modalities=kinds,
        )
        for uid, kinds in (("ct", ("CT", "SR")), ("mr", ("MR",)), ("unsaid", ()))
    ]  # fmt: skip
    peer = SimpleNamespace(find_studies=lambda _query: found)
    monkeypatch.setattr("planner.pacs.archive._peer", lambda _settings, _name: peer)
    for kind, kept in (("CT", ["ct", "unsaid"]), ("", ["ct", "mr", "unsaid"])):
        query = pacs.StudyQuery(patient_id="P", modality=kind)
        assert [one.study_uid for one in pacs.find_studies(PacsSettings(), query)] == kept
    with pytest.raises(UsageError, match="everybody"):
        pacs.StudyQuery(modality="CT")


def test_that_a_scan_that_was_let_be_is_not_offered_at_the_next_start(
    scan, tmp_path, qtbot, window_on
):
    watched = tmp_path / "watched"
    shutil.copytree(scan.folder, watched)
    for path in watched.iterdir():
        os.utime(path, (1.0e9, 1.0e9))
    me = profile(tmp_path / "me", watched=watched)
    first = window_on(me)
    qtbot.waitUntil(first.arrival.isVisible, timeout=SOON_MS)
    first.desk.arrivals.let_be()
    second = Fetching(me)
    (one,) = second.look(unreported).complete
    assert settled_id(one.series_uid, one.slices) in second.settled()
    assert settled_id(one.series_uid, one.slices + 1) not in second.settled()
    desk = first.desk.arrivals
    desk._known.clear()  # as a window that has just started
    desk._see(second.setup(), second.look(unreported))
    assert desk.state is None
