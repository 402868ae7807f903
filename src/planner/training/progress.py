"""What was scored on this computer: one SQLite table, and the same as CSV."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from planner.document.whole_file import write_whole
from planner.domain.errors import SaveFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.training.attempt import Attempt
    from planner.training.score_card import ScoreCard

FILE_NAME: Final = "progress.sqlite"
WAIT_S: Final = 5.0
"""How long another window may hold the table."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS results (
    attempt TEXT PRIMARY KEY, exercise TEXT NOT NULL, by_whom TEXT NOT NULL,
    started_utc TEXT NOT NULL, seconds REAL NOT NULL, percent REAL NOT NULL,
    passed INTEGER NOT NULL, fatal TEXT NOT NULL, points TEXT NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scored attempt.

    Attributes
    ----------
    fatal
        Ids of fatal steps.
    points
        By criterion.
    """

    attempt: str
    exercise: str
    by_whom: str
    started_utc: str
    seconds: float
    percent: float
    passed: bool
    fatal: tuple[str, ...]
    points: Mapping[str, float]


def result_of(attempt: Attempt, card: ScoreCard) -> Result:
    """Return what is remembered of a scored attempt."""
    return Result(
        attempt=attempt.id,
        exercise=attempt.exercise,
        by_whom=attempt.by,
        started_utc=attempt.started_utc,
        seconds=attempt.seconds,
        percent=card.percent,
        passed=card.passed,
        fatal=tuple(one.id for one in card.fatal),
        points={one.id: one.points for one in card.criteria},
    )


class Progress:
    """The table of one computer. It remembers results; the attempts themselves are files."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME

    def keep(self, result: Result) -> None:
        """Remember a result; the same attempt scored again takes the place of its old one.

        Raises
        ------
        SaveFailedError
            When the table cannot be written; the file of the attempt is not touched.
        """
        row = (
            result.attempt,
            result.exercise,
            result.by_whom,
            result.started_utc,
            result.seconds,
            result.percent,
            int(result.passed),
            json.dumps(list(result.fatal)),
            json.dumps(dict(result.points), allow_nan=False),
        )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=WAIT_S)) as table, table:
                table.execute(_TABLE)
                table.execute("INSERT OR REPLACE INTO results VALUES (?,?,?,?,?,?,?,?,?)", row)
        except (OSError, sqlite3.Error) as failure:
            raise self._failed("written", failure) from failure

    def results(self) -> tuple[Result, ...]:
        """Return every result, oldest first.

        Raises
        ------
        SaveFailedError
            When the table is there and cannot be read.
        """
        if not self._file.exists():
            return ()
        try:
            with closing(sqlite3.connect(self._file, timeout=WAIT_S)) as table:
                table.execute(_TABLE)
                rows = table.execute("SELECT * FROM results ORDER BY started_utc, attempt")
                return tuple(_result(row) for row in rows)
        except (OSError, sqlite3.Error, ValueError, TypeError) as failure:
            raise self._failed("read", failure) from failure

    def done(self) -> frozenset[str]:
        """Return the names of the exercises that were done."""
        return frozenset(one.exercise for one in self.results())

    def _failed(self, done: str, failure: Exception) -> SaveFailedError:
        return SaveFailedError(
            f"The progress in {self._file} could not be {done} ({failure}). The files of the "
            "attempts are not touched; move that file away, and score them again."
        )


def _result(row: tuple[object, ...]) -> Result:
    values = dict(zip((one.name for one in fields(Result)), row, strict=True))
    values["passed"] = bool(values["passed"])
    values["fatal"] = tuple(json.loads(str(values["fatal"])))
    values["points"] = json.loads(str(values["points"]))
    return Result(**values)  # type: ignore[arg-type]  # the columns of the table, in its order


def csv_text(results: tuple[Result, ...], criteria: tuple[str, ...]) -> str:
    """Return results as CSV, one line each; a criterion that did not apply stays empty.

    A text that a spreadsheet would take for a formula is led by an apostrophe.
    """
    out = io.StringIO()
    table = csv.writer(out)
    head = ("attempt", "exercise", "by", "started_utc", "seconds", "percent", "passed", "fatal")
    table.writerow((*head, *criteria))
    for one in results:
        texts = (one.attempt, one.exercise, one.by_whom, one.started_utc)
        points = [f"{one.points[name]:.2f}" if name in one.points else "" for name in criteria]
        table.writerow(
            (
                *(_plain(text) for text in texts),
                f"{one.seconds:.0f}",
                f"{one.percent:.1f}",
                "yes" if one.passed else "no",
                " ".join(one.fatal),
                *points,
            )
        )
    return out.getvalue()


def write_csv(path: Path, results: tuple[Result, ...], criteria: tuple[str, ...]) -> None:
    """Write results as CSV.

    Raises
    ------
    SaveFailedError
        When the file cannot be written; what was there before is still there.
    """
    write_whole(path, csv_text(results, criteria).encode("utf-8"))


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
