"""Many studies at once: resumed, on workers that die, and the same as one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from phantoms import small
from planner.app.batch import alone, studies
from planner.app.batch import cluster as cluster_room
from planner.app.batch.records import Outcome, RecordFolder
from planner.app.main import main
from planner.domain.levels import Level, Side
from planner.imaging import write_volume
from planner.phantom.make import make_phantom

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digital spine, a file that is none, and what is not looked at."""
    folder = tmp_path_factory.mktemp("cohort")
    phantom = make_phantom(small(levels=(Level.L3, Level.L4), spacing_mm=(2.0, 2.0, 3.0)))
    write_volume(folder / "Miller^Anna.nii.gz", phantom.ct.geometry, phantom.ct.hu)
    (folder / "Huber^Bea.nii").write_bytes(b"not a volume")
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("not a study", encoding="utf-8")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    exit_code = main(["batch", *(str(word) for word in words), "--json"])
    shown = capsys.readouterr()
    assert exit_code == 0, shown.err
    return json.loads(shown.out)


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory):
    """Outlines made by one run must not be what the next one finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANNER_DATA", str(tmp_path_factory.mktemp("data")))
        yield


def with_own_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(folder))


def printing(document: dict) -> list[str]:
    """A program that says nothing but this, and ends with 5."""
    words = f"import sys; print({json.dumps(json.dumps(document))}); sys.exit(5)"
    return [sys.executable, "-c", words]


def naming(out: Path, *names: str) -> list[str]:
    """The files and folders that hold one of the names, or bear it."""
    tables = {path: str(parquet.read_table(path).to_pylist()) for path in out.glob("*.parquet")}
    return sorted(
        {
            path.name
            for path in out.rglob("*")
            for name in names
            if name in path.name + tables.get(path, "")
            or (path.is_file() and name.encode() in path.read_bytes())
        }
    )


def rows(out: Path, name: str) -> list[dict]:
    return parquet.read_table(out / f"{name}.parquet").to_pylist()


@pytest.mark.slow
def test_that_a_study_is_measured_as_alone_and_the_next_run_does_nothing_again(
    cohort: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    """Cohorts of a hundred, on workers and clusters: ``hundred_studies_by_hand.py``."""
    with_own_cache(monkeypatch, tmp_path / "cache")
    out = tmp_path / "out"
    said = run(capsys, cohort, "--out", out, "--workers", "2")
    assert said["outcomes"] == {"measured": 1, "refused": 1}
    assert len("".join(said["not_measured"].values())) > 20
    assert naming(out, "Miller", "Huber") == ["places.json"]
    (study,) = [one for one in studies.studies_in(cohort) if one.place.name.startswith("Miller")]
    alone_out = tmp_path / "alone.nii.gz"
    assert main(["segment", str(study.place), "--out", str(alone_out), "--json"]) == 0
    segmented = json.loads(capsys.readouterr().out)
    record = RecordFolder(out).of(study.key)
    assert record is not None
    assert record.found["levels"] == segmented["levels"]
    assert RecordFolder(out).labels_of(study).read_bytes() == alone_out.read_bytes()
    assert {row["level"] for row in rows(out, "vertebrae")} == set(segmented["levels"])
    again = run(capsys, cohort, "--out", out)
    assert (again["done_before"], again["outcomes"]) == (2, said["outcomes"])


def test_that_the_tables_say_what_the_segmenter_said(cohort: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    found = {
        "levels": {
            "L3": {
                "volume_ml": 55.5,
                "quality": {"verdict": "check", "flags": ["thin", "noise of 40 HU"]},
                "level_doubt": "counted",
                "pedicles": {
                    "left": {"width_mm": [8.0, 9.0, 9.5], "height_mm": [13.0, 14.0, 15.0]}
                },
                "posterior_wall": {
                    "intact": False,
                    "breaches": [{"at_mm": [0, 0, 0], "area_mm2": 12.5}] * 2,
                },
            }
        },
        "scan": {"verdict": "warn", "findings": ["DCM-LOSSY"]},
        "backend": "b",
        "notes": ["one.", "two."],
    }
    folder = RecordFolder(out)
    folder.prepare(studies.studies_in(cohort))
    for study in studies.studies_in(cohort):
        refused = study.place.name == "Huber^Bea.nii"
        outcome = Outcome.REFUSED if refused else Outcome.MEASURED
        folder.keep(
            alone.Record(
                study=study.key, outcome=outcome, code="X" if refused else "",
                said="No." if refused else "", found={} if refused else found,
            )
        )  # fmt: skip
    said = run(capsys, cohort, "--out", out)
    assert list(said["not_measured"].values()) == ["No."]
    (one,) = rows(out, "vertebrae")
    assert one["level"] == "L3"
    assert one["pedicle_width_left_low_mm"] == 8.0
    assert one[f"pedicle_height_{Side.LEFT}_high_mm"] == 15.0
    assert one["pedicle_width_right_best_mm"] is None
    assert one["flags"] == "thin; noise of 40 HU"
    assert (one["wall_intact"], one["breaches"], one["breach_mm2"]) == (False, 2, 25.0)
    both = rows(out, "studies")
    assert [row["study"] for row in both] == sorted(row["study"] for row in both)
    by_outcome = {row["outcome"]: row for row in both}
    assert by_outcome["measured"]["levels"] == 1
    assert by_outcome["measured"]["scan_findings"] == "DCM-LOSSY"
    refused = by_outcome["refused"]
    assert (refused["code"], refused["said"]) == ("X", "No.")
    assert [refused[name] for name in ("scan_verdict", "levels", "notes")] == [None] * 3


def test_that_a_fault_of_a_child_is_told_without_the_file_it_was_at(
    tmp_path, monkeypatch, capsys
) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    place.mkdir()
    (place / "Miller^Anna.nii").write_bytes(b"")
    (study,) = studies.studies_in(place)
    child = {"error": {"code": "FAULT", "message": f"a fault at {study.place}"}}
    monkeypatch.setattr(alone, "_program", lambda: printing(child))
    said = run(capsys, place, "--out", out)
    assert said["outcomes"] == {"failed": 1}
    assert "FAULT" in "".join(said["not_measured"].values())
    assert naming(out, "Miller") == ["places.json"]
    assert "Miller" not in f"{study}{said}"


def test_that_a_changed_file_makes_another_study_and_an_empty_folder_none(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.dcm").write_bytes(b"1")
    (first,) = studies.studies_in(tmp_path)
    assert studies.studies_in(tmp_path) == (first,)
    (tmp_path / "a" / "2.dcm").write_bytes(b"2")
    (second,) = studies.studies_in(tmp_path)
    assert second.key != first.key
    words = ["batch", str(tmp_path), "--out", str(tmp_path.parent / "out")]
    assert main([*words, "--workers", "0"]) == 2
    assert "number of workers" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["batch", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    assert "no study" in capsys.readouterr().err


DIES = """
import os, signal, sys
from pathlib import Path
seen = Path(sys.argv[1])
starts = int(seen.read_text()) if seen.exists() else 0
seen.write_text(str(starts + 1))
if starts < int(sys.argv[2]):
    os.kill(os.getpid(), signal.Signals[sys.argv[3]])
print('{"levels": {}, "scan": {"verdict": "load", "findings": []}, "backend": "b", "notes": []}')
"""


@pytest.mark.parametrize(
    ("deaths", "by", "outcome"),
    [(1, "SIGKILL", "measured"), (2, "SIGKILL", "want of memory"), (2, "SIGSEGV", "signal 11")],
)
def test_that_a_killed_study_is_tried_again_and_else_said_and_left_for_the_next_run(
    tmp_path, monkeypatch, capsys, deaths, by, outcome
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.nii").write_bytes(b"")
    counter, script = tmp_path / "starts", tmp_path / "dies.py"
    script.write_text(DIES, encoding="utf-8")
    program = [sys.executable, str(script), str(counter), str(deaths), by]
    monkeypatch.setattr(alone, "_program", lambda: program)
    said = run(capsys, tmp_path / "in", "--out", tmp_path / "out")
    if outcome == "measured":
        assert said["outcomes"] == {"measured": 1}
        return
    assert said["outcomes"] == {"failed": 1}
    (row,) = rows(tmp_path / "out", "studies")
    assert outcome in row["said"]
    assert (row["code"], row["levels"]) == ("PROCESS", None)
    again = run(capsys, tmp_path / "in", "--out", tmp_path / "out")
    assert (again["done_before"], again["outcomes"]) == (0, {"measured": 1})


STOPS = """
import os, signal, sys, time
from pathlib import Path
with open(sys.argv[1], "a") as starts:
    starts.write("x")
if Path(sys.argv[1]).stat().st_size == 1:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Path(sys.argv[1] + ".going").touch()
    time.sleep(60)
print('{"levels": {}, "scan": {"verdict": "load", "findings": []}, "backend": "b", "notes": []}')
"""

WORKS = """
import signal, sys
from pathlib import Path
from planner.app.batch import alone
from planner.app.batch.records import RecordFolder, Study
from planner.app.batch.run import work_through
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell began it behind
alone._program = lambda: [sys.executable, *sys.argv[1:3]]
folder = RecordFolder(Path(sys.argv[3]))
studies = [Study(key=str(number), place=Path("none")) for number in range(3)]
folder.prepare(studies)
work_through(studies, folder, 1, "", lambda *_: None)
"""


def test_that_a_run_stopped_by_hand_ends_at_once_and_is_gone_on_with(tmp_path) -> None:
    """Ctrl-C reaches the studies too; the one that had no time to say so is not begun again."""
    for name, words in (("stops", STOPS), ("works", WORKS)):
        (tmp_path / f"{name}.py").write_text(words, encoding="utf-8")
    first, out = tmp_path / "first", tmp_path / "out"
    command = [sys.executable, str(tmp_path / "works.py"), str(tmp_path / "stops.py"), str(first),
               str(out)]  # fmt: skip
    run_now = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60.0
    while not first.with_name("first.going").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run_now.pid, signal.SIGINT)
    _, said = run_now.communicate(timeout=30.0)
    assert b"KeyboardInterrupt" in said or b"stopped as asked" in said
    assert first.read_text() == "x"
    subprocess.run(command, check=True)
    assert first.read_text() == "xxxx"
    records = [RecordFolder(out).of(str(number)) for number in range(3)]
    assert [one and one.outcome for one in records] == [Outcome.MEASURED] * 3


def test_that_a_program_without_a_writer_of_parquet_keeps_the_records_and_says_so(
    tmp_path, monkeypatch, capsys
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.nii").write_bytes(b"")
    child = {"levels": {}, "scan": {"verdict": "load", "findings": []}, "backend": "b",
             "notes": []}  # fmt: skip
    monkeypatch.setattr(alone, "_program", lambda: printing(child))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = run(capsys, tmp_path / "in", "--out", tmp_path / "out")
    assert (said["tables"], said["outcomes"]) == ([], {"measured": 1})
    assert "planner[cohort]" in said["no_tables"]
    monkeypatch.undo()
    later = run(capsys, tmp_path / "in", "--out", tmp_path / "out")
    assert (len(later["tables"]), later["done_before"]) == (2, 1)
    assert [row["outcome"] for row in rows(tmp_path / "out", "studies")] == ["measured"]


def test_that_results_among_the_studies_are_refused(tmp_path, capsys) -> None:
    (tmp_path / "one.nii").write_bytes(b"")
    assert main(["batch", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "write elsewhere" in capsys.readouterr().err


STANDS_IN = """
import os, sys, time
if "segment" in sys.orig_argv:
    time.sleep(0.5)
    print('{"error": {"code": "ANA-NO-SPINE", "message": "There is none."}}', flush=True)
    os._exit(3)
"""
"""What Python reads first when it starts: the child of a worker ends here, as a refused study."""


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers; returns its address and the workers' processes."""
    started = []
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(STANDS_IN, encoding="utf-8")
    behind = os.environ.get("PYTHONPATH", "")
    run_in = {**os.environ, "PYTHONPATH": f"{tmp_path / 'first'}{os.pathsep}{behind}"}

    def start(*words: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", *words]
        started.append(subprocess.Popen(command, env=run_in, **quiet))
        return started[-1]

    where = tmp_path / "scheduler.json"
    start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
          "--scheduler-file", str(where))  # fmt: skip
    deadline = time.monotonic() + 60.0
    while not where.exists() or not where.read_text(encoding="utf-8").endswith("}"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    address = json.loads(where.read_text(encoding="utf-8"))["address"]
    workers = [
        start("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
              "--no-dashboard", "--local-directory", str(tmp_path))
        for _ in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_that_a_cluster_that_loses_a_worker_loses_no_study(tmp_path, cluster, capsys) -> None:
    address, workers = cluster
    place, out = tmp_path / "in", tmp_path / "out"
    place.mkdir()
    for number in range(8):
        (place / f"{number}.nii").write_bytes(b"")
    killed = []

    def strike() -> None:
        done = out / "studies"
        while not list(done.glob("*.json")):
            time.sleep(0.05)
        killed.append(os.kill(workers[0].pid, signal.SIGKILL))

    striker = threading.Thread(target=strike, daemon=True)
    striker.start()
    said = run(capsys, place, "--out", out, "--scheduler", address)
    striker.join(10.0)
    assert killed
    assert said["outcomes"] == {"refused": 8}
    assert {row["said"] for row in rows(out, "studies")} == {"There is none."}


def test_that_a_scheduler_that_does_not_answer_is_said(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("planner.app.batch.cluster.REACHED_WITHIN_S", 0.5)
    place = tmp_path / "in"
    place.mkdir()
    (place / "one.nii").write_bytes(b"")
    words = ["batch", str(place), "--out", str(tmp_path / "out")]
    assert main([*words, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "nothing answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def test_that_what_a_worker_raises_costs_one_study_and_names_no_place(tmp_path) -> None:
    (tmp_path / "Miller^Anna.nii").write_bytes(b"")
    (study,) = studies.studies_in(tmp_path)

    def raises() -> alone.Record:
        raise ModuleNotFoundError(f"no planner for {study.place}")

    record = cluster_room.sent(raises, study)
    assert (record.outcome, record.is_final) == (Outcome.FAILED, False)
    assert "ModuleNotFoundError" in record.said
    assert "Miller" not in str(record)
