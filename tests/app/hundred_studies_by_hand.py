"""Digital spines measured one by one, by two workers, and on a Dask cluster that loses a worker.

``PYTHONPATH=src:tests python tests/app/hundred_studies_by_hand.py COUNT FOLDER``

Every way starts with a cache of its own, so that no outline is another's. Tables and outlines must
be the same to the last byte. FOLDER is gone on with where it is.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from phantoms import small
from planner.domain.levels import Level
from planner.imaging import write_volume
from planner.phantom.make import make_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACING_MM = (2.0, 2.0, 3.0)
KILLED_AFTER = 0.1
"""Share of the studies after which a worker of the cluster is killed."""


def make_cohort(folder: Path, count: int) -> None:
    """Make what is not there yet: spines of two vertebrae, coarse, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        path = folder / f"{seed:04d}.nii.gz"
        if not path.exists():
            recipe = small(seed=seed, levels=(Level.L3, Level.L4), spacing_mm=SPACING_MM)
            phantom = make_phantom(recipe)
            write_volume(path, phantom.ct.geometry, phantom.ct.hu)


def own_places(out: Path) -> dict[str, str]:
    """Return an environment with a cache and data of its own."""
    own = {"PLANNER_CACHE": str(out) + ".cache", "PLANNER_DATA": str(out) + ".data"}
    return {**os.environ, **own}


def measure(cohort: Path, out: Path, *words: str) -> dict:
    """Run ``planner batch``; print what it took."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "planner", "batch", str(cohort), "--out", str(out), "--json"]
    run = subprocess.run([*command, *words], env=own_places(out), check=True, capture_output=True)
    said = json.loads(run.stdout)
    took = time.monotonic() - begun
    sys.stdout.write(f"{out.name}: {said['outcomes']} in {took:.0f} s\n")
    sys.stdout.flush()
    return said


@contextmanager
def cluster(out: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a scheduler and two workers; give the address, and one worker to kill."""
    started: list[subprocess.Popen[bytes]] = []
    env = own_places(out)

    def start(*words: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen([sys.executable, "-m", *words], env=env, **quiet))

    where = out.with_suffix(".scheduler")
    where.unlink(missing_ok=True)
    scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    start(*scheduler, "--no-dashboard", "--scheduler-file", str(where))
    while not where.exists() or not where.read_text(encoding="utf-8").endswith("}"):
        time.sleep(0.1)
    address = json.loads(where.read_text(encoding="utf-8"))["address"]
    for _ in range(2):
        start("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
              "--no-dashboard", "--local-directory", str(out) + ".work")  # fmt: skip
    try:
        yield address, started[1]
    finally:
        for process in started:
            process.kill()
            process.wait()


def kill_when(folder: Path, count: int, worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker as soon as so many studies are done."""
    while len(list(folder.glob("*.json"))) < count:
        time.sleep(0.2)
    os.kill(worker.pid, signal.SIGKILL)
    sys.stdout.write(f"worker {worker.pid} was killed after {count} studies\n")


def differences(one: Path, other: Path) -> list[str]:
    """Return the results that are not the same to the last byte."""
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for path in folder.rglob("*")
        if path.is_file()
    }
    return sorted(name for name in names if _bytes(one / name) != _bytes(other / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def wrong_on_cluster(cohort: Path, out: Path, count: int) -> list[str]:
    """Measure on two workers of which one is killed; return what went wrong."""
    with cluster(out) as (address, worker):
        wanted = max(1, int(KILLED_AFTER * count))
        striker = threading.Thread(
            target=kill_when, args=(out / "studies", wanted, worker), daemon=True
        )
        striker.start()
        measure(cohort, out, "--scheduler", address)
        striker.join(10.0)
        return ["no worker was killed"] * striker.is_alive()


def main() -> int:
    """Print what differs from one by one, way by way; return 1 where something did."""
    count, folder = int(sys.argv[1]), Path(sys.argv[2]).resolve()
    cohort, first = folder / "cohort", folder / "one-by-one"
    make_cohort(cohort, count)
    done = measure(cohort, first)["outcomes"]
    wrong = ["not every study has an outcome"] * (sum(done.values()) != count)
    for out in (folder / "cluster", folder / "two-workers"):
        if out.name == "cluster":
            wrong += wrong_on_cluster(cohort, out, count)
        else:
            measure(cohort, out, "--workers", "2")
        unlike = differences(first, out)
        wrong += [f"{out.name}: {name}" for name in unlike]
        files = sum(1 for path in first.rglob("*") if path.is_file())
        sys.stdout.write(f"{out.name}: {len(unlike)} of {files} files differ\n")
    sys.stdout.writelines(f"{one}\n" for one in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
