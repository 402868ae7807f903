"""One study in a process of its own, so that what it does to the process is its own affair."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from planner.app.batch.records import Outcome, Record

if TYPE_CHECKING:
    from pathlib import Path

    from planner.app.batch.studies import Study

ATTEMPTS = 2
"""A process that was killed, as for want of memory, is started once more."""

LONGEST_S = 3600.0
"""A study that takes longer is given up; the largest tried took a minute."""

INPUT_REFUSED = 3


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
        found = _document(run.stdout)
        if found is not None:
            return _record(study, run.returncode, found)
        said = f"Its process ended with {_words(run.returncode)} and without a word."
    return Record(study=study.key, outcome=Outcome.FAILED, code="PROCESS", said=said, found={})


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
    outcome = Outcome.REFUSED if exit_code == INPUT_REFUSED else Outcome.FAILED
    return Record(
        study=study.key, outcome=outcome, code=error["code"], said=error["message"], found={}
    )


def _words(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
