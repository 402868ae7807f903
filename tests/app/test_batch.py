"""Many studies at once: resumed, on workers that die, and the same as one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from phantoms import small
from planner.app.batch import alone, studies
from planner.app.batch.records import Outcome, RecordFolder
from planner.app.main import main
from planner.domain.levels import Level, Side
from planner.imaging import write_volume
from planner.phantom.make import make_phantom


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digital spine, files that are none, and what is not looked at."""
    folder = tmp_path_factory.mktemp("cohort")
    phantom = make_phantom(small(levels=(Level.L3, Level.L4), spacing_mm=(1.5, 1.5, 2.0)))
    write_volume(folder / "Miller^Anna.nii.gz", phantom.ct.geometry, phantom.ct.hu)
    (folder / "empty").mkdir()
    (folder / "broken.nii").write_bytes(b"not a volume")
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


def rows(out: Path, name: str) -> list[dict]:
    return parquet.read_table(out / f"{name}.parquet").to_pylist()


@pytest.mark.slow
def test_that_two_workers_give_what_one_gives_and_the_next_run_does_nothing_again(
    cohort: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    said = {}
    for workers in (1, 2):
        with_own_cache(monkeypatch, tmp_path / f"cache {workers}")
        out = tmp_path / str(workers)
        said[workers] = run(capsys, cohort, "--out", out, "--workers", workers)
    assert said[1]["outcomes"] == said[2]["outcomes"] == {"measured": 1, "refused": 2}
    for name in ("studies", "vertebrae"):
        assert rows(tmp_path / "1", name) == rows(tmp_path / "2", name)
    again = run(capsys, cohort, "--out", tmp_path / "2")
    assert again["done_before"] == 3
    assert again["outcomes"] == said[2]["outcomes"]


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
        "backend": "b",
        "notes": ["one.", "two."],
    }
    folder = RecordFolder(out)
    folder.prepare(studies.studies_in(cohort))
    for study in studies.studies_in(cohort):
        refused = study.place.name == "broken.nii"
        outcome = Outcome.REFUSED if refused else Outcome.MEASURED
        folder.keep(
            alone.Record(
                study=study.key, outcome=outcome, code="X" if refused else "",
                said="No." if refused else "", found={} if refused else found,
            )
        )  # fmt: skip
    said = run(capsys, cohort, "--out", out)
    assert list(said["not_measured"].values()) == ["No."]
    one, other = rows(out, "vertebrae")
    assert one["study"] < other["study"]
    assert one["level"] == "L3"
    assert one["pedicle_width_left_low_mm"] == 8.0
    assert one[f"pedicle_height_{Side.LEFT}_high_mm"] == 15.0
    assert one["pedicle_width_right_best_mm"] is None
    assert one["flags"] == "thin; noise of 40 HU"
    assert (one["wall_intact"], one["breaches"], one["breach_mm2"]) == (False, 2, 25.0)
    assert [row["levels"] for row in rows(out, "studies") if row["outcome"] == "measured"] == [
        1,
        1,
    ]


def test_that_no_result_names_a_patient_but_the_list_of_places(cohort: Path, tmp_path, capsys):
    out = tmp_path / "out"
    folder, found = RecordFolder(out), studies.studies_in(cohort)
    folder.prepare(found)
    for study in found:
        folder.keep(alone.Record(study=study.key, outcome=Outcome.MEASURED, found={}))
    run(capsys, cohort, "--out", out)
    naming = [
        path.name for path in out.rglob("*") if path.is_file() and b"Miller" in path.read_bytes()
    ]
    assert naming == ["places.json"]
    assert not [path for path in out.rglob("*") if "Miller" in path.name]


def test_that_a_changed_file_makes_another_study_and_an_empty_folder_none(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.dcm").write_bytes(b"1")
    (first,) = studies.studies_in(tmp_path)
    assert studies.studies_in(tmp_path) == (first,)
    (tmp_path / "a" / "2.dcm").write_bytes(b"2")
    (second,) = studies.studies_in(tmp_path)
    assert second.key != first.key
    assert (
        main(["batch", str(tmp_path / "a" / ".."), "--out", str(tmp_path), "--workers", "0"]) == 2
    )
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
    os.kill(os.getpid(), signal.SIGKILL)
print('{"levels": {}, "backend": "b", "notes": []}')
"""


@pytest.mark.parametrize(("deaths", "outcome"), [(1, "measured"), (2, "failed")])
def test_that_a_killed_study_is_tried_again_and_else_said_and_left_for_the_next_run(
    tmp_path, monkeypatch, capsys, deaths, outcome
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.nii").write_bytes(b"")
    counter, script = tmp_path / "starts", tmp_path / "dies.py"
    script.write_text(DIES, encoding="utf-8")
    program = [sys.executable, str(script), str(counter), str(deaths)]
    monkeypatch.setattr(alone, "_program", lambda: program)
    said = run(capsys, tmp_path / "in", "--out", tmp_path / "out")
    assert said["outcomes"] == {outcome: 1}
    if outcome == "failed":
        assert "signal 9" in "".join(said["not_measured"].values())
        assert run(capsys, tmp_path / "in", "--out", tmp_path / "out")["outcomes"] == {
            "measured": 1
        }


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers; returns its address and the workers' processes."""
    pytest.importorskip("distributed")
    started = []

    def start(*words: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen([sys.executable, "-m", *words], **quiet))
        return started[-1]

    where = tmp_path / "scheduler.json"
    start("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
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
    for number in range(4):
        (place / f"{number}.nii").write_bytes(b"not a volume")
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
    assert said["outcomes"] == {"refused": 4}


def test_that_a_scheduler_that_does_not_answer_is_said(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("planner.app.batch.cluster.REACHED_WITHIN_S", 0.5)
    (tmp_path / "one.nii").write_bytes(b"")
    words = ["batch", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main([*words, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "nothing answers at tcp://127.0.0.1:9" in capsys.readouterr().err
