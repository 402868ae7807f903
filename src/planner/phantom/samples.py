"""The sample cases: stories with a recipe each, made into a scan on first use."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.catalog import sample_data_path
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.phantom.recipe_table import recipe_from_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.phantom.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCase:
    """One case for learning and for trying the program out.

    Attributes
    ----------
    order
        Place in the list, easiest first.
    story
        Who the patient is and what is asked.
    hard_because
        What makes it hard, in a sentence or two.
    lesson
        What a trainee should take away; it tells the answer.
    treat
        False for a case where the right plan is not to treat.
    preview
        A small picture, made from the case itself.
    lesion_at
        A point in the lesion, as a click would give it; ``None`` where the user shall look for it.
    answers
        What the team knows of this patient, by field of ``ClinicalAnswers``; often nothing.
    """

    id: str
    order: int
    title: str
    level: Level
    lesion: str
    difficulty: str
    story: str
    hard_because: str
    lesson: str
    treat: bool
    recipe: Recipe
    preview: Path
    lesion_at: PointLps | None = None
    answers: Mapping[str, object] = field(default_factory=dict)


def load_samples() -> tuple[SampleCase, ...]:
    """Return every sample case, easiest first.

    Raises
    ------
    PlannerError
        When the folder of sample cases is missing, or one of its files cannot be read.
    """
    files = sorted(sample_data_path().glob("*.toml"))
    return tuple(sorted((_read(file) for file in files), key=lambda case: case.order))


def sample(case_id: str) -> SampleCase:
    """Return one sample case.

    Raises
    ------
    UsageError
        When there is no such case; the message names those there are.
    """
    cases = load_samples()
    for case in cases:
        if case.id == case_id:
            return case
    known = ", ".join(case.id for case in cases)
    raise UsageError(f"there is no sample case '{case_id}'; there are {known}")


def _read(file: Path) -> SampleCase:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        return SampleCase(
            id=file.stem,
            order=int(table["order"]),
            title=str(table["title"]),
            level=Level(table["level"]),
            lesion=str(table["lesion"]),
            difficulty=str(table["difficulty"]),
            story=str(table["story"]),
            hard_because=str(table["hard_because"]),
            lesson=str(table["lesson"]),
            treat=bool(table["treat"]),
            recipe=recipe_from_table(table["recipe"]),
            preview=sample_data_path("previews", f"{file.stem}.png"),
            lesion_at=PointLps.of(at) if (at := table.get("lesion_at_mm")) else None,
            answers=table.get("answers", {}),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"the sample case {file.name} cannot be read: {error}") from error
