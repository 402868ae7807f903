"""What the training panel shows, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps


class TrainingPhase(StrEnum):
    """Where an exercise stands."""

    IDLE = "idle"
    CHOOSING = "choosing"
    OPENING = "opening"
    READING = "reading"
    PLANNING = "planning"
    XRAY = "x-ray"
    """The needle is led under two X-ray pictures, and nothing else is seen."""
    SCORING = "scoring"
    SCORED = "scored"
    INSTRUCTING = "instructing"
    REPLAYING = "replaying"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseRow:
    """One exercise to choose; ``detail`` says how hard, and what was reached before."""

    id: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HintRow:
    """A hint, with its source, once it was asked for; before that ``words`` is empty."""

    id: str
    title: str
    words: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoRow:
    """One thing to do; ``action`` is the id of the action that does it, where one does."""

    words: str
    is_done: bool
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One line of the score card; ``at`` is the point that shows it."""

    head: str
    reason: str
    source: str
    at: PointLps | None
    is_lost: bool = False
    """Whether points were lost here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One move of an attempt that is replayed."""

    at_s: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayState:
    """An attempt that is replayed; ``place`` moves of it are shown."""

    by: str
    begun: str
    place: int
    moves: tuple[MoveRow, ...]
    shots: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case that can be given out."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One collected attempt."""

    attempt: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group at one exercise."""

    exercise: str
    words: str
    results: tuple[ResultRow, ...]
    hardest: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructorState:
    """What an instructor sees.

    Attributes
    ----------
    done
        What was done last, in words.
    refused
        A sentence for each file that was not scored.
    pass_percent, weights, fatal
        What counts: the pass mark; id, title and points of each criterion; id, words and whether
        each fatal step counts.
    """

    cases: tuple[CaseRow, ...]
    done: str
    refused: tuple[str, ...]
    groups: tuple[GroupRow, ...]
    pass_percent: float
    weights: tuple[tuple[str, str, float], ...]
    fatal: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """Everything the panel shows.

    Attributes
    ----------
    heading
        Of the exercise, or of what was given out.
    chart
        What the team knows of the patient, one line each.
    dangers
        Ids and words.
    reading
        What was committed, in words.
    thermocouple
        Where it was laid, in words.
    is_xray
        Whether the needle is led under X-ray alone.
    verdict, rows, lesson
        The score card.
    """

    phase: TrainingPhase = TrainingPhase.IDLE
    heading: str = ""
    story: str = ""
    exercises: tuple[ExerciseRow, ...] = ()
    chart: tuple[str, ...] = ()
    dangers: tuple[tuple[str, str], ...] = ()
    hints: tuple[HintRow, ...] = ()
    reading: str = ""
    todo: tuple[TodoRow, ...] = ()
    thermocouple: str = ""
    is_xray: bool = False
    verdict: str = ""
    rows: tuple[ScoreRow, ...] = ()
    lesson: str = ""
    has_reference: bool = False
    kept: str = ""
    instructor: InstructorState | None = None
    replay: ReplayState | None = None
    error: str = ""
