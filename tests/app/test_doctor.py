"""What the doctor sees, and that nothing of a patient or a person is in its bundle."""

import ast
import base64
import json
import logging
import zipfile
from pathlib import Path

import pytest

from planner.app import diagnostics, doctor
from planner.app.commands import doctor as command
from planner.app.doctor import Diagnosis, Health, examine, memory_bytes, unwritable
from planner.app.log_file import KEPT_FILES, log_folder, start_log, where
from planner.app.main import FINDINGS_HOLD, INPUT_REFUSED, main
from planner.domain.errors import PlannerError, SaveFailedError
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import write_ct_series
from planner.safety.tiny_spine import tiny_spine

ROOT = Path(__file__).parents[2]
PATIENT, PATIENT_ID, BORN, USER = "Zebedee^Quuxington", "PID4711X", "19340229", "drgrizzlewick"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "home" / USER / "cache"))
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "home" / USER / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home" / USER))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home" / USER))
    monkeypatch.setenv("LOGNAME", USER)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the two looks that take seconds; the test of the whole doctor has them."""
    fewer = {k: v for k, v in doctor._LOOKS.items() if k not in {"graphics", "fonts"}}
    monkeypatch.setattr(doctor, "_LOOKS", fewer)


def test_that_a_whole_installation_has_nothing_bad() -> None:
    seen = {one.name: one for one in examine()}
    bad = {one.name: one.sentence for one in seen.values() if one.health is Health.BAD}
    assert bad == {}
    assert {"graphics", "memory", "disk", "fonts", "cache", "self-test"} <= set(seen)
    assert seen["graphics"].details["drawn"] is True
    assert seen["program"].details["rules"] > 30


def test_that_memory_is_that_of_the_machine() -> None:
    total, free = memory_bytes()
    assert 2**29 < free < total < 2**46


def test_that_what_cannot_be_looked_at_is_bad_and_the_rest_is_still_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> Diagnosis:
        raise PlannerError("The data files of the program are missing.")

    def broken() -> Diagnosis:
        raise ZeroDivisionError

    looks = {"first": refused, "second": broken, "memory": doctor._memory}
    monkeypatch.setattr(doctor, "_LOOKS", looks)
    first, second, third = examine()
    assert (first.health, first.sentence) == (
        Health.BAD,
        "The data files of the program are missing.",
    )
    assert second.health is Health.BAD
    assert "ZeroDivisionError" in second.sentence
    assert third.health is not Health.BAD


def test_that_graphics_that_end_their_process_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    seen = doctor._graphics()
    assert seen.health is Health.BAD
    assert "exit code" in seen.sentence


@pytest.mark.parametrize(
    ("total", "free", "words"),
    [(4, 3, "600 fine slices"), (8, 1, "Close other programs"), (8, 6, "free.")],
)
def test_that_little_memory_is_doubtful(
    total: int, free: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "memory_bytes", lambda: (total * doctor.GIB, free * doctor.GIB))
    seen = doctor._memory()
    assert words in seen.sentence
    assert (seen.health is Health.GOOD) == (words == "free.")


def test_that_a_disk_without_room_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_room", lambda folder: doctor.GIB)
    assert doctor._disk().health is Health.DOUBTFUL


def test_that_a_cache_that_cannot_be_written_is_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "file" / "cache"))
    seen = doctor._cache()
    assert seen.health is Health.DOUBTFUL
    assert "Results are not affected" in seen.sentence
    assert unwritable(tmp_path) == ""


@pytest.mark.usefixtures("_quick")
def test_that_something_bad_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True
    ill = Diagnosis(name="disk", health=Health.BAD, sentence="It is gone.")
    monkeypatch.setattr(command, "examine", lambda: iter([ill]))
    assert main(["doctor"]) == FINDINGS_HOLD
    assert "It is gone." in capsys.readouterr().out


@pytest.mark.usefixtures("_quick")
def test_that_a_bundle_holds_nothing_of_a_patient_or_a_person(tmp_path: Path) -> None:
    """A scan of somebody is read, refused and lost beforehand; the logs of that are inside."""
    grid = VolumeGeometry.axis_aligned((64, 64, 40), (4.0, 4.0, 4.0), (-128.0, -128.0, -80.0))
    ct, _ = tiny_spine(grid)
    place = tmp_path / "home" / USER / PATIENT
    files = write_ct_series(place / "ct", ct)
    _name_the_patient(files)
    assert main(["inspect", str(place / "ct")]) == 0
    (place / "gone.nrrd").write_bytes(PATIENT.encode() * 40)
    assert main(["inspect", str(place / "gone.nrrd")]) == INPUT_REFUSED
    start_log("view")
    with pytest.raises(OSError, match=PATIENT.split("^")[1]) as lost:
        (place / "lost" / PATIENT).read_bytes()
    log = logging.getLogger("planner")
    log.error("the command failed: %s", where(lost.value))
    log.error("checks stopped", exc_info=lost.value)
    bundle = tmp_path / "bundle.zip"
    assert main(["doctor", "--bundle", str(bundle)]) == 0
    with zipfile.ZipFile(bundle) as archive:
        texts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    logged = "".join(text for name, text in texts.items() if name.startswith("log/"))
    assert "FileNotFoundError at " in logged
    assert "< app/test_doctor.py:" in logged
    whole = "\n".join([*texts, *texts.values()]).lower()
    secrets = [PATIENT, *PATIENT.split("^"), PATIENT_ID, BORN, USER, str(tmp_path / "home")]
    coded = [base64.b64encode(one.encode()).decode().rstrip("=") for one in secrets]
    assert [one for one in (*secrets, *coded) if one.lower() in whole] == []
    assert "read them before you send them" in texts["README.txt"].lower()


def _name_the_patient(files: tuple[Path, ...]) -> None:
    import pydicom  # noqa: PLC0415

    for file in files:
        header = pydicom.dcmread(file)
        header.PatientName, header.PatientID, header.PatientBirthDate = PATIENT, PATIENT_ID, BORN
        header.save_as(file)
    assert header.PatientName == PATIENT


def test_that_a_bundle_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(SaveFailedError, match="another folder"):
        diagnostics.write_bundle(tmp_path / "no folder" / "b.zip", [])
    assert list(tmp_path.iterdir()) == []


def test_that_a_name_is_taken_out_as_a_word_and_not_out_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diagnostics, "_user", lambda: "ann")
    assert diagnostics.nameless("C:\\Users\\ann\\x, canny, /srv/ann") == (
        "C:\\Users\\<user>\\x, canny, /srv/<user>"
    )


def test_that_a_run_with_nothing_to_say_makes_no_log() -> None:
    start_log("devices")
    logging.getLogger("planner.imaging").info("all is well")
    assert not log_folder().exists()


def test_that_old_logs_go_and_the_newest_stay() -> None:
    log_folder().mkdir(parents=True)
    for number in range(KEPT_FILES + 5):
        (log_folder() / f"20200101T0000{number:02d}Z-1.txt").write_text("old")
    start_log("view")
    logging.getLogger("planner").error("the check has not come back")
    names = sorted(one.name for one in log_folder().iterdir())
    assert len(names) == KEPT_FILES
    assert "has not come back" in (log_folder() / names[-1]).read_text()


LOGGED = {
    "_LOG.error('reading failed with %s', kind)",
    "_LOG.error('rule %s stopped: %s', rule, type(fault).__name__)",
    "_LOG.error('the check stopped: %s', type(fault).__name__)",
    "_log.error('checks stopped: %s', type(error).__name__)",
    "_log.error('the check has not come back')",
    "_log.error('the check stopped: %s', type(fault).__name__)",
    "_log.error('the command failed: %s', where(error))",
    "_log.warning('a simulation was not kept for next time: %s', error.strerror)",
    "_log.warning('a stored simulation is not of the inputs its name says; it is not used')",
    "_log.warning('compiling ahead ended with %d', process.returncode)",
    "_log.warning('outlines were not kept for next time: %s', error.strerror)",
    "_log.warning('the stored outlines %s are damaged; they are made anew', path.name)",
    "_log.warning('the stored simulation %s is damaged; it is not used', path.name)",
}
"""Every sentence that reaches the log on disk. ``path.name`` is a digest in both stores, ``kind``
the type of an exception. Before a line is added here: can it hold a name, a header, a path?"""


def test_that_every_sentence_of_the_log_was_looked_at_for_names() -> None:
    said = set()
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "logging" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of, name = ast.unparse(node.func.value), node.func.attr
                names = {"warning", "error", "critical", "exception", "log"}
                if name in names and of.lower() in {"_log", "log", "logger", "logging"}:
                    said.add(ast.unparse(node))
    assert said == LOGGED
