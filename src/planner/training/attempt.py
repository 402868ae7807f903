"""An attempt: what a trainee read, planned and did, as a value and as a file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from planner.document.plan_values import NotAPlanError, plain_from_plan, plan_from_plain
from planner.document.whole_file import write_whole
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.geometry.points import PointLps
from planner.training.standard import DANGERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.plan import Plan

FORMAT: Final = "planner-attempt"
VERSION: Final = 1
SUFFIX: Final = ".attempt"
LARGEST_FILE_BYTES: Final = 64 * 1024 * 1024
LONGEST_NAME: Final = 80


class LesionSide(StrEnum):
    """Which side of its vertebra a lesion lies on."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    """In the midline, or on both sides of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a trainee says of the scan before the program says anything.

    Attributes
    ----------
    treat
        Whether this patient should be treated here.
    approach, side
        The way in that was chosen; ``None`` where nobody is treated.
    dangers
        Ids, as in ``standard.DANGERS``.
    """

    level: Level
    lesion_side: LesionSide
    treat: bool
    dangers: frozenset[str] = frozenset()
    approach: Approach | None = None
    side: Side | None = None

    def __post_init__(self) -> None:
        if unknown := self.dangers - set(DANGERS):
            raise ValueError(f"nobody knows the danger {', '.join(sorted(unknown))}")
        if self.treat and (self.approach is None or self.side is None):
            raise ValueError("who treats says by which way and from which side")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step, ``at_s`` after the beginning; ``plan`` is what stood then."""

    at_s: float
    words: str
    plan: Plan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at an exercise.

    Attributes
    ----------
    id
        Random letters, so that a file collected twice counts once.
    by
        What the trainee calls himself.
    seconds
        From the beginning to submission.
    plan
        ``None`` where nothing was planned.
    thermocouple
        Where the trainee would lay one.
    hints
        Ids of the hints that were read, in order.
    shots
        X-ray pictures taken; ``None`` where the plan was made on the CT.
    """

    id: str
    exercise: str
    by: str
    started_utc: str
    seconds: float
    reading: Reading
    plan: Plan | None = None
    thermocouple: PointLps | None = None
    hints: tuple[str, ...] = ()
    moves: tuple[Move, ...] = field(default=())
    shots: int | None = None

    def __post_init__(self) -> None:
        if not self.by.strip() or len(self.by) > LONGEST_NAME:
            raise ValueError(f"an attempt needs a name of 1 to {LONGEST_NAME} letters")
        if not (isfinite(self.seconds) and self.seconds >= 0.0):
            raise ValueError(f"an attempt takes no negative time, got {self.seconds}")
        if self.shots is not None and self.shots < 0:
            raise ValueError("shots cannot be negative")


def save_attempt(path: Path, attempt: Attempt) -> None:
    """Write an attempt whole, or leave what was there.

    Raises
    ------
    SaveFailedError
        When the file could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, attempt_bytes(attempt))


def attempt_bytes(attempt: Attempt) -> bytes:
    """Return the bytes of the file of an attempt; equal attempts give equal bytes."""
    plain = _plain(attempt)
    text = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "sha256": _digest(plain),
            "attempt": plain,
        },
        allow_nan=False,
        indent=1,
        sort_keys=False,
    )
    return text.encode("ascii") + b"\n"


def load_attempt(path: Path) -> Attempt:
    """Read an attempt.

    Raises
    ------
    InputRefusedError
        ``TRAIN-UNREADABLE``, ``TRAIN-NOT-AN-ATTEMPT``, ``TRAIN-NEWER`` or ``TRAIN-DAMAGED``.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise _not_one(path)
        stored = json.loads(path.read_bytes())
    except OSError as failure:
        raise InputRefusedError(
            "TRAIN-UNREADABLE",
            f"{path.name} could not be read ({failure.strerror or failure}). "
            "Check that the file exists and that you may read it.",
        ) from failure
    except (ValueError, RecursionError) as failure:
        raise _not_one(path) from failure
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise _not_one(path)
    if isinstance(stored.get("version"), int) and stored["version"] > VERSION:
        raise InputRefusedError(
            "TRAIN-NEWER",
            f"{path.name} was written by a newer version of this program. Update the program.",
        )
    plain = stored.get("attempt")
    try:
        if stored.get("sha256") != _digest(plain):
            raise _damaged(path, "its digest does not match its content")
        return _attempt(plain)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as failure:
        raise _damaged(path, f"{type(failure).__name__}: {failure}") from failure


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain, allow_nan=False, sort_keys=True).encode()).hexdigest()


def _not_one(path: Path) -> InputRefusedError:
    return InputRefusedError(
        "TRAIN-NOT-AN-ATTEMPT", f"{path.name} is not an attempt of this program."
    )


def _damaged(path: Path, why: str) -> InputRefusedError:
    return InputRefusedError(
        "TRAIN-DAMAGED",
        f"{path.name} is damaged and is not scored: {why}. Ask for it again.",
    )


def _plain(attempt: Attempt) -> dict[str, Any]:
    reading = attempt.reading
    at = attempt.thermocouple
    return {
        "id": attempt.id,
        "exercise": attempt.exercise,
        "by": attempt.by,
        "started_utc": attempt.started_utc,
        "seconds": attempt.seconds,
        "reading": {
            "level": reading.level,
            "lesion_side": reading.lesion_side,
            "treat": reading.treat,
            "dangers": sorted(reading.dangers),
            "approach": reading.approach,
            "side": reading.side,
        },
        "plan": None if attempt.plan is None else plain_from_plan(attempt.plan),
        "thermocouple": None if at is None else at.array.tolist(),
        "hints": list(attempt.hints),
        "moves": [
            {
                "at_s": move.at_s,
                "words": move.words,
                "plan": None if move.plan is None else plain_from_plan(move.plan),
            }
            for move in attempt.moves
        ],
        "shots": attempt.shots,
    }


def _attempt(plain: Any) -> Attempt:
    if set(plain) != {one.name for one in fields(Attempt)}:
        raise ValueError("its parts are not those of an attempt")
    reading = plain["reading"]
    return Attempt(
        id=_text(plain["id"]),
        exercise=_text(plain["exercise"]),
        by=_text(plain["by"]),
        started_utc=_text(plain["started_utc"]),
        seconds=_seconds(plain["seconds"]),
        reading=Reading(
            level=Level(reading["level"]),
            lesion_side=LesionSide(reading["lesion_side"]),
            treat=_yes_or_no(reading["treat"]),
            dangers=frozenset(_text(one) for one in reading["dangers"]),
            approach=_or_none(reading["approach"], Approach),
            side=_or_none(reading["side"], Side),
        ),
        plan=_or_none(plain["plan"], _plan),
        thermocouple=_or_none(plain["thermocouple"], PointLps.of),
        hints=tuple(_text(one) for one in plain["hints"]),
        moves=tuple(
            Move(
                at_s=_seconds(one["at_s"]),
                words=_text(one["words"]),
                plan=_or_none(one["plan"], _plan),
            )
            for one in plain["moves"]
        ),
        shots=_or_none(plain["shots"], _count),
    )


def _plan(plain: Any) -> Plan:
    try:
        return plan_from_plain(plain)
    except NotAPlanError as refusal:
        raise ValueError(str(refusal)) from refusal


def _or_none(value: Any, make: Callable[[Any], Any]) -> Any:
    return None if value is None else make(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither yes nor no")
    return value
