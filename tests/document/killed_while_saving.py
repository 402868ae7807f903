"""Run by a test in a process of its own: children edit and save without rest and are killed.

Each child says on a pipe which edit it makes and which is on disk; the parent kills it at a
random moment and reads what is left. Without a rest in the journal edits come as fast as they
can; with one, fifty in a second. Prints a JSON line with what it found.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from document.strategies import simple_plan
from planner.document.journal import Journal, left_behind
from planner.document.plan_file import load_plan, save_plan

TEXT = "a note that makes the file as long as a real plan is. " * 150


def plan_of(number):
    return simple_plan(notes=f"{number} {TEXT}")


def number_of(plan):
    return int(plan.notes.split()[0])


def work_until_killed(folder: Path, pipe: int, pause_s: float) -> None:
    journal = Journal(folder / "journal", pause_s=pause_s)
    number = 0
    while True:
        number += 1
        if pause_s:
            time.sleep(0.02)
        plan = plan_of(number)
        os.write(pipe, b"e%d %r\n" % (number, time.time()))
        journal.keep(plan, folder / "case.plan")
        if number % (50 if pause_s else 3) == 0:
            os.write(pipe, b"s%d %r\n" % (number, time.time()))
            save_plan(folder / "case.plan", plan)
            os.write(pipe, b"S%d %r\n" % (number, time.time()))
        elif number % 3 == 1 and not pause_s:
            journal.settle()
            os.write(pipe, b"J%d %r\n" % (number, time.time()))


def newest(lines, letter):
    return max((int(line[1:].split()[0]) for line in lines if line.startswith(letter)), default=0)


def one_death(folder: Path, luck: random.Random, life_s: float, pause_s: float) -> float:
    """Return how old the oldest edit was that the death lost, in seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work_until_killed(folder, writing, pause_s)
    os.close(writing)
    time.sleep(luck.uniform(0.0, life_s))
    os.kill(child, signal.SIGKILL)
    died = time.time()
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode().splitlines()
    lines = [line for line in lines if line.count(" ") == 1]
    edits = {int(line[1:].split()[0]): float(line.split()[1]) for line in lines if line[0] == "e"}
    return judge(folder, lines, edits, died)


def judge(folder: Path, lines, edits, died: float) -> float:
    last, on_disk = max(edits, default=0), 0
    plan_file = folder / "case.plan"
    if plan_file.exists():
        on_disk = number_of(load_plan(plan_file))
    assert on_disk >= newest(lines, "S"), "a save that was done is lost"
    assert on_disk <= newest(lines, "s")
    found, complaints = left_behind(folder / "journal")
    assert complaints == ()
    kept = [number_of(work.plan) for work in found]
    assert max([*kept, on_disk]) >= newest(lines, "J"), "work that was in the journal is lost"
    for work in found:
        assert work.plan == replace(plan_of(number_of(work.plan)), saved_sha256="")
    lost = [at for number, at in edits.items() if max([*kept, on_disk]) < number <= last]
    return max((died - at for at in lost), default=0.0)


def main(folder: Path, deaths: int, seed: int, life_s: float, pause_s: float) -> None:
    luck, worst, drafts = random.Random(seed), 0.0, 0
    for number in range(deaths):
        place = folder / str(number)
        place.mkdir()
        worst = max(worst, one_death(place, luck, life_s, pause_s))
        drafts += len(list(place.rglob("*.part")))
        for item in sorted(place.rglob("*"), reverse=True):
            item.rmdir() if item.is_dir() else item.unlink()
        place.rmdir()
    answer = {"deaths": deaths, "oldest_lost_s": round(worst, 3), "drafts_left": drafts}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *map(float, sys.argv[4:]))
