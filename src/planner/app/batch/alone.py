"""One study in a process of its own, so that what it does to the process is its own affair."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from planner.app.batch.records import Outcome, Record
from planner.imaging.codes import Code

if TYPE_CHECKING:
    from pathlib import Path

    from planner.app.batch.records import Study

ATTEMPTS = 2
"""A process that was killed, as for want of memory, is started once more."""

LONGEST_S = 3600.0
"""A study that takes longer is given up; the largest tried took a minute."""

REFUSED = (2, 3)
"""Exit codes that come again for the same study: what was asked, or the scan, cannot be used."""

KILLED = -9
STOPPED_BY_HAND = (-signal.SIGINT, 0xC000013A)
"""How a process ends that Ctrl-C reached before it could say so; the second is on Windows."""

GATE_SENTENCES = {one.value: one.sentence for one in Code}

CANCELLED = "CANCELLED"
"""What a child says, or would have said, that was stopped by hand."""

SEGMENTER_CODES = "ANA-"
"""Refusals whose sentences hold no name of a file."""


def measured(study: Study, labels: Path) -> Record:
    """Run ``planner segment`` on a study; whatever becomes of it is a record."""
    command = [*_program(), "segment", str(study.place), "--out", str(labels), "--json"]
    said = ""
    for _ in range(ATTEMPTS):
        try:
            run = subprocess.run(command, capture_output=True, check=False, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            said = f"It was given up after {LONGEST_S / 60.0:.0f} minutes."
            break
        except OSError:  # no memory or no process left; its words may hold a path
            said = "Its process could not be started. Run the same again with fewer workers."
            break
        found = _document(run.stdout)
        if found is not None:
            return _record(study, run.returncode, found)
        if run.returncode in STOPPED_BY_HAND:
            return failed(study, CANCELLED, "It was stopped as asked.")
        said = _end(run.returncode)
    return failed(study, "PROCESS", said)


def failed(study: Study, code: str, said: str) -> Record:
    """Return the record of a study of which nothing is known, and which is tried again."""
    return Record(study=study.key, outcome=Outcome.FAILED, code=code, said=said, found={})


def _program() -> list[str]:
    """Return how this program is started: a built one is its own interpreter."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "planner"]


def _document(printed: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(printed)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _record(study: Study, exit_code: int, found: dict[str, Any]) -> Record:
    error = found.get("error")
    if not error:
        kept = {name: item for name, item in found.items() if name not in {"out", "seconds"}}
        return Record(study=study.key, outcome=Outcome.MEASURED, found=kept)
    outcome = Outcome.REFUSED if exit_code in REFUSED else Outcome.FAILED
    code = error["code"]
    said = _without_names(code, error["message"])
    return Record(study=study.key, outcome=outcome, code=code, said=said, found={})


def _without_names(code: str, message: str) -> str:
    """Return why a study was not measured; names of files, which may be a patient's, are not said.

    The whole sentence is what ``planner segment`` says of the place that ``places.json`` holds.
    """
    if code in GATE_SENTENCES:
        return GATE_SENTENCES[code]
    if code.startswith(SEGMENTER_CODES):
        return message
    return f"It was not measured ({code}); 'planner segment' on it alone says why."


def _end(exit_code: int) -> str:
    if exit_code == KILLED:
        return (
            f"Its process was killed {ATTEMPTS} times (signal 9), as a machine does for want of "
            "memory. Run the same again with fewer workers."
        )
    words = f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
    return f"Its process ended {ATTEMPTS} times with {words} and without a word."
