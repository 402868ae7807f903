"""Everything that goes wrong between an archive and us: said in words, and nothing is left."""

import copy
import errno
import logging
import ssl
from collections import namedtuple
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from pacs.archives import LEAVES_SOCKETS, Archive, listening
from planner import pacs
from planner.domain.errors import (
    CancelledByUserError,
    InputRefusedError,
    SaveFailedError,
    UsageError,
)
from planner.imaging import load_ct
from planner.settings.nodes import PacsSettings, Tls

pytestmark = LEAVES_SOCKETS
BOTH = pytest.mark.parametrize("retrieve", ["get", "move"])


def get(archive, scan, place, retrieve="get", report=None, **changes):
    settings = archive.settings(retrieve, **changes)
    kwargs = {} if report is None else {"report": report}
    return pacs.get_series(settings, scan.study, scan.series, place, **kwargs)


def refusal(archive, scan, tmp_path, retrieve="get", **changes):
    """Return the refusal of a get, after seeing that it left nothing."""
    with pytest.raises(InputRefusedError) as refused:
        get(archive, scan, tmp_path / "out" / "ct", retrieve, **changes)
    assert list(tmp_path.rglob("*.dcm")) == []
    assert list((tmp_path / "out").iterdir()) == []
    assert str(refused.value).startswith("archive: ")
    return refused.value


@BOTH
def test_that_a_whole_series_arrives_as_it_was(scan, tmp_path, retrieve) -> None:
    with listening(Archive(scan.objects)) as archive:
        found = get(archive, scan, tmp_path / "ct", retrieve)
    assert [one.series_uid for one in found.series] == [scan.series]
    assert load_ct(tmp_path / "ct").record.sha256 == load_ct(scan.folder).record.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["ct"]


@BOTH
def test_that_a_transfer_that_breaks_off_leaves_nothing(scan, tmp_path, retrieve) -> None:
    with listening(Archive(scan.objects, abort_after=3)) as archive:
        assert refusal(archive, scan, tmp_path, retrieve).code == "PACS-LOST"


@BOTH
def test_that_too_few_objects_are_not_a_series(scan, tmp_path, retrieve) -> None:
    with listening(Archive(scan.objects, sends=scan.objects[:-1])) as archive:
        refused = refusal(archive, scan, tmp_path, retrieve)
    assert refused.code == "PACS-INCOMPLETE"
    assert f"{len(scan.files) - 1} of the {len(scan.files)}" in str(refused)


def test_that_as_many_but_other_objects_are_not_the_series(scan, tmp_path) -> None:
    objects = scan.objects
    other = copy.deepcopy(objects[-1])
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = generate_uid(prefix=None)
    with listening(Archive(objects, sends=[*objects[:-1], other])) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-INCOMPLETE"


def test_that_an_archive_that_itself_has_half_is_refused_by_the_gate(scan, tmp_path) -> None:
    half = [*scan.objects[:3], *scan.objects[4:]]
    with listening(Archive(half)) as archive:
        assert refusal(archive, scan, tmp_path).code == "DCM-MISSING-SLICE"


def test_that_an_archive_that_is_still_receiving_is_not_asked_to_send(scan, tmp_path) -> None:
    with listening(Archive(scan.objects, lists=scan.objects[:-2])) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-CHANGING"


def test_that_without_any_count_nothing_is_fetched(scan, tmp_path) -> None:
    with listening(Archive(scan.objects, says=-1, lists=[])) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-NO-COUNT"


@pytest.mark.parametrize("known", ["number", "list"])
def test_that_either_count_is_enough(scan, tmp_path, known) -> None:
    short = {"says": -1} if known == "list" else {"lists": []}
    with listening(Archive(scan.objects, sends=scan.objects[:-1], **short)) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-INCOMPLETE"
    with listening(Archive(scan.objects, **short)) as archive:
        get(archive, scan, tmp_path / "ct")


@BOTH
def test_that_an_object_of_another_series_is_refused(scan, tmp_path, retrieve) -> None:
    other = copy.deepcopy(scan.objects[0])
    other.SeriesInstanceUID = generate_uid(prefix=None)
    with listening(Archive(scan.objects, sends=[*scan.objects[:2], other])) as archive:
        assert refusal(archive, scan, tmp_path, retrieve).code == "PACS-OTHER-SERIES"


def test_that_more_than_the_archive_said_is_refused(scan, tmp_path) -> None:
    few = scan.objects[:-1]
    with listening(Archive(few, sends=scan.objects)) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-LIMIT"


@pytest.mark.parametrize(
    "limit", [{"most_bytes": 20_000}, {"most_instances": 5}, {"total_s": 1e-6}], ids=str
)
def test_that_limits_hold(scan, tmp_path, limit) -> None:
    with listening(Archive(scan.objects)) as archive:
        refused = refusal(archive, scan, tmp_path, **limit)
    assert refused.code in {"PACS-LIMIT", "PACS-TOO-MANY"}


def test_that_a_series_that_is_not_there_is_named(scan, tmp_path) -> None:
    with listening(Archive([])) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-NO-SUCH-SERIES"


@BOTH
def test_that_a_full_disk_is_said_and_nothing_is_left(
    scan, tmp_path, monkeypatch, retrieve
) -> None:
    room = [4]

    def write_bytes(path, data, whole=Path.write_bytes):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with (
        listening(Archive(scan.objects)) as archive,
        pytest.raises(SaveFailedError, match=r"No space left on device.*Nothing was kept"),
    ):
        get(archive, scan, tmp_path / "out" / "ct", retrieve)
    assert list((tmp_path / "out").iterdir()) == []


def test_that_a_nearly_full_disk_is_not_filled(scan, tmp_path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 10**6)
    monkeypatch.setattr("planner.pacs.quarantine.shutil.disk_usage", lambda _: usage)
    with (
        listening(Archive(scan.objects)) as archive,
        pytest.raises(SaveFailedError, match="is full"),
    ):
        get(archive, scan, tmp_path / "out" / "ct")
    assert list((tmp_path / "out").iterdir()) == []


@BOTH
def test_that_a_stop_stops_and_leaves_nothing(scan, tmp_path, retrieve) -> None:
    calls = []

    def stop(fraction, message):
        calls.append(fraction)
        if len(calls) == 3:
            raise CancelledByUserError("stopped as asked")

    with listening(Archive(scan.objects)) as archive, pytest.raises(CancelledByUserError):
        get(archive, scan, tmp_path / "out" / "ct", retrieve, report=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert calls == sorted(calls)
    assert len(calls) == 3


def test_that_a_wrong_title_is_said(scan, tmp_path) -> None:
    with listening(Archive(scan.objects)) as archive:
        refused = refusal(archive, scan, tmp_path, title="SOMEBODY")
    assert refused.code == "PACS-REJECTED"
    assert "PLANNER calling SOMEBODY" in str(refused)


def test_that_nobody_listening_is_said(scan, tmp_path) -> None:
    refused = refusal(Archive(scan.objects), scan, tmp_path)
    assert refused.code == "PACS-UNREACHABLE"


def test_that_an_archive_that_hangs_up_is_said(scan, tmp_path) -> None:
    with listening(Archive(scan.objects, mute=True)) as archive:
        assert refusal(archive, scan, tmp_path).code == "PACS-LOST"


def test_that_a_move_to_somebody_unknown_is_said(scan, tmp_path) -> None:
    with listening(Archive(scan.objects, knows_us=False)) as archive:
        refused = refusal(archive, scan, tmp_path, "move")
    assert refused.code == "PACS-NOT-KNOWN"
    assert "it does not know where PLANNER is" in str(refused)


def test_that_an_address_that_is_not_on_the_list_is_not_heard(scan, tmp_path) -> None:
    with listening(Archive(scan.objects)) as archive:
        refused = refusal(archive, scan, tmp_path, "move", allow=("192.0.2.1",))
    assert refused.code in {"PACS-FAILED", "PACS-NOT-KNOWN"}


def test_that_a_folder_with_something_in_it_is_never_written_to(scan, tmp_path) -> None:
    mine = tmp_path / "ct" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with listening(Archive(scan.objects)) as archive, pytest.raises(UsageError, match="not empty"):
        get(archive, scan, mine.parent)
    assert [path.name for path in tmp_path.rglob("*")] == ["ct", "mine.txt"]


def test_that_tls_is_spoken_and_only_with_whom_we_believe(scan, tmp_path, certificates) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificates / "archive.pem", certificates / "archive.key")
    with listening(Archive(scan.objects), tls=server) as archive:
        believed = Tls(ca=str(certificates / "archive.pem"))
        get(archive, scan, tmp_path / "ct", tls=believed)
        stranger = Tls(ca=str(certificates / "stranger.pem"))
        for tls in (stranger, None):
            (tmp_path / "out").mkdir(exist_ok=True)
            with pytest.raises(InputRefusedError) as refused:
                get(archive, scan, tmp_path / "out" / "ct", tls=tls, silence_s=2.0)
            assert refused.value.code == "PACS-UNREACHABLE"
            assert list((tmp_path / "out").iterdir()) == []


def test_that_an_archive_that_refuses_to_store_is_said(scan) -> None:
    with listening(Archive([], store_status=0xA700)) as archive:
        with pytest.raises(InputRefusedError, match=r"A700\. 0 of") as refused:
            pacs.send(archive.settings(), [scan.folder])
        assert refused.value.code == "PACS-NOT-STORED"


def test_that_what_was_stored_is_counted_afterwards(scan) -> None:
    with listening(Archive([])) as archive:
        assert pacs.send(archive.settings(), [scan.folder]) == len(scan.files)
        sent = {str(one.SOPInstanceUID) for one in archive.stored}
        assert sent == {str(one.SOPInstanceUID) for one in scan.objects}
    with listening(Archive([], keeps=False)) as archive:
        with pytest.raises(InputRefusedError) as refused:
            pacs.send(archive.settings(), [scan.folder])
        assert refused.value.code == "PACS-NOT-THERE"


@pytest.mark.parametrize("remark", [0xB000, 0xB006, 0xB007])
def test_that_a_remark_on_what_was_stored_is_no_refusal(scan, remark) -> None:
    with listening(Archive(scan.objects, store_status=remark)) as archive:
        assert pacs.send(archive.settings(), [scan.folder]) == len(scan.files)


def test_that_two_patients_are_not_sent_together(scan, tmp_path) -> None:
    for number, one in enumerate(scan.objects[:2]):
        one.PatientID = f"P{number}"
        one.save_as(tmp_path / f"{number}.dcm")
    with listening(Archive([])) as archive:
        with pytest.raises(InputRefusedError, match=r"2 patients\. Nothing was sent"):
            pacs.send(archive.settings(), [tmp_path])
        assert archive.stored == []


def test_that_no_patient_stands_in_logs_or_file_names(scan, tmp_path, caplog) -> None:
    words = [word for word in scan.patient.split("^") if word]
    patient = str(scan.objects[0].PatientID)
    with caplog.at_level(logging.DEBUG), listening(Archive(scan.objects)) as archive:
        get(archive, scan, tmp_path / "ct")
        with pytest.raises(InputRefusedError):
            get(archive, scan, tmp_path / "no", title="SOMEBODY")
        pacs.find_studies(archive.settings(), pacs.StudyQuery(patient_name="A*", patient_id="P"))
    assert words
    ours = [one.getMessage() for one in caplog.records]
    names = [path.name for path in tmp_path.rglob("*")]
    for word in (*words, patient):
        assert not [one for one in (*ours, *names) if word in one]


def test_that_nothing_is_asked_until_a_node_is_set_up(scan, tmp_path) -> None:
    with pytest.raises(UsageError, match="No PACS is set up"):
        pacs.get_series(PacsSettings(), scan.study, scan.series, tmp_path / "ct")
    with pytest.raises(UsageError, match="everybody"):
        pacs.StudyQuery(patient_name="*")
