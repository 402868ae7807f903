"""For an instructor: an assignment to give out, and a group compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from planner.document.whole_file import write_whole
from planner.domain.errors import UsageError
from planner.training.exercise import exercise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.training.progress import Result

FORMAT: Final = "planner-assignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Exercises to do, by name; everybody gets the same spines from it.

    With ``is_xray`` the needle is led under two X-ray pictures alone.
    """

    title: str
    exercises: tuple[str, ...]
    is_xray: bool = False

    def __post_init__(self) -> None:
        if not self.title.strip() or not self.exercises:
            raise UsageError("An assignment has a title and at least one exercise.")


def save_assignment(path: Path, assignment: Assignment, user_folder: Path | None = None) -> None:
    """Write an assignment, once every exercise in it is known.

    Raises
    ------
    UsageError
        When an exercise is none.
    SaveFailedError
        When the file cannot be written.
    """
    for name in assignment.exercises:
        exercise(name, user_folder)
    plain = {
        "format": FORMAT,
        "title": assignment.title,
        "exercises": list(assignment.exercises),
        "is_xray": assignment.is_xray,
    }
    write_whole(path, json.dumps(plain, indent=1).encode("ascii") + b"\n")


def load_assignment(path: Path, user_folder: Path | None = None) -> Assignment:
    """Read an assignment.

    Raises
    ------
    UsageError
        When the file is none, or names an exercise this program does not know.
    """
    try:
        found = _assignment(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as failure:
        raise UsageError(f"{path.name} is no assignment of this program: {failure}.") from failure
    for name in found.exercises:
        exercise(name, user_folder)
    return found


def _assignment(plain: Any) -> Assignment:
    if plain["format"] != FORMAT:
        raise ValueError("it is another kind of file")
    names = tuple(str(one) for one in plain["exercises"])
    is_xray = plain.get("is_xray", False)
    if not isinstance(is_xray, bool):
        raise TypeError("is_xray is neither true nor false")
    return Assignment(title=str(plain["title"]), exercises=names, is_xray=is_xray)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One criterion over a group: the share of its points that was earned, 0 to 1.

    Attributes
    ----------
    hardest_for
        Who earned least of it, and how much.
    """

    criterion: str
    count: int
    least: float
    middle: float
    most: float
    hardest_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group at one exercise, the criteria that were hardest first."""

    exercise: str
    results: tuple[Result, ...]
    passed: int
    middle_percent: float
    fatal: tuple[tuple[str, int], ...]
    criteria: tuple[Compared, ...]


def compared(results: Sequence[Result], weights: dict[str, float]) -> tuple[GroupView, ...]:
    """Compare results, exercise by exercise; the same attempt counts once."""
    single = {one.attempt: one for one in results}
    found = []
    for name in sorted({one.exercise for one in single.values()}):
        here = tuple(one for one in single.values() if one.exercise == name)
        fatal = [step for one in here for step in one.fatal]
        criteria = [
            _compared(key, weight, here)
            for key, weight in weights.items()
            if weight > 0.0 and any(key in one.points for one in here)
        ]
        found.append(
            GroupView(
                exercise=name,
                results=tuple(sorted(here, key=lambda one: (-one.percent, one.by_whom))),
                passed=sum(one.passed for one in here),
                middle_percent=median(one.percent for one in here),
                fatal=tuple((step, fatal.count(step)) for step in sorted(set(fatal))),
                criteria=tuple(sorted(criteria, key=lambda one: (one.middle, one.least))),
            )
        )
    return tuple(found)


def _compared(name: str, weight: float, results: Sequence[Result]) -> Compared:
    shares = [(one.points[name] / weight, one.by_whom) for one in results if name in one.points]
    least, who = min(shares)
    return Compared(
        criterion=name,
        count=len(shares),
        least=least,
        middle=median(share for share, _ in shares),
        most=max(shares)[0],
        hardest_for=who,
    )
