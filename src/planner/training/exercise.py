"""Exercises: a digital spine with a story, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, ClinicalAnswers
from planner.phantom.recipe import Place
from planner.phantom.samples import SampleCase, load_samples
from planner.training.files import number, read_table, refuse_unknown, training_file, words
from planner.training.seeds import LARGEST_SEED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.phantom.recipe import Recipe

BETWEEN: Final = "."
"""Stands between a case and a seed in the name of an exercise."""

RADIUS_STEP_MM: Final = 0.5

_MIRRORED: Final = {
    Place.LEFT: Place.RIGHT,
    Place.PEDICLE_LEFT: Place.PEDICLE_RIGHT,
    Place.LAMINA_LEFT: Place.LAMINA_RIGHT,
}
_OTHER_PLACE: Final = {**_MIRRORED, **{value: key for key, value in _MIRRORED.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """An approach that is right for a case; ``side`` is ``None`` where both are."""

    approach: Approach
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What the reference plan does with the way it finds.

    Attributes
    ----------
    settings
        Power in W and time in s, strongest first; the first that keeps nerves below the heat
        that earns nothing is taken, else the last.
    """

    device: str
    settings: tuple[tuple[float, float], ...]
    cement: str
    cement_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    id
        Of the case, with a seed behind a dot where it is another one like it.
    title, story
        What a trainee reads first; neither names the level.
    lesson
        What to take away; it tells the answer, and is shown with the score.
    recipe
        Decides the scan and its truth.
    level
        The vertebra with the lesion.
    why_not
        Why the right plan is not to treat; empty where treating is right.
    ways
        Approaches that are right, before what the pedicles of this very spine allow.
    treatment
        ``None`` exactly where ``why_not`` says why.
    chart
        What the team knows of the patient, by field of ``ClinicalAnswers``.
    """

    id: str
    title: str
    story: str
    lesson: str
    difficulty: str
    recipe: Recipe
    level: Level
    why_not: str = ""
    ways: tuple[WayIn, ...] = ()
    treatment: Treatment | None = None
    chart: Mapping[str, object] = field(default_factory=dict)

    @property
    def treat(self) -> bool:
        """Whether treating is right."""
        return self.treatment is not None

    def __post_init__(self) -> None:
        if (self.treatment is None) is not bool(self.why_not):
            raise ValueError("an exercise has either a treatment or a reason against one")
        if self.treat and not self.ways:
            raise ValueError("an exercise that is treated needs a way in")
        if self.level not in {lesion.level for lesion in self.recipe.lesions}:
            raise ValueError(f"{self.level} of this spine has no lesion")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Like:
    """What a seed may change."""

    levels: tuple[Level, ...]
    r_mm: tuple[float, float]
    mirror: bool


def exercises(user_folder: Path | None = None) -> tuple[Exercise, ...]:
    """Return the exercises over the sample cases, easiest first.

    Raises
    ------
    UsageError
        When a file of theirs cannot be right.
    """
    return tuple(_read(case, user_folder)[0] for case in load_samples())


def exercise(name: str, user_folder: Path | None = None) -> Exercise:
    """Return the exercise of that name, such as ``easy-l3`` or ``easy-l3.1042``.

    Raises
    ------
    UsageError
        When there is no such case, the seed is none, or a file cannot be right.
    """
    case_id, dot, text = name.partition(BETWEEN)
    case = next((one for one in load_samples() if one.id == case_id), None)
    if case is None:
        known = ", ".join(one.id for one in load_samples())
        raise UsageError(f"There is no case '{case_id}'; there are {known}.")
    found, like = _read(case, user_folder)
    if not dot:
        return found
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= LARGEST_SEED:
        raise UsageError(f"'{text}' is no seed of an exercise: 1 to {LARGEST_SEED}.")
    return _varied(found, like, int(text))


def named(case_id: str, seed: int) -> str:
    """Return the name of an exercise; seed 0 is the case itself."""
    return f"{case_id}{BETWEEN}{seed}" if seed else case_id


def another_like(name: str, done: frozenset[str] = frozenset()) -> str:
    """Return the name of the next exercise like one, that is not among those done."""
    case_id, _, text = name.partition(BETWEEN)
    seed = int(text) if text else 0
    for step in range(1, LARGEST_SEED + 1):
        other = f"{case_id}{BETWEEN}{(seed + step - 1) % LARGEST_SEED + 1}"
        if other not in done:
            return other
    raise UsageError(f"Every exercise like {case_id} was done.")


def _varied(plain: Exercise, like: _Like, seed: int) -> Exercise:
    """Return another spine with the same kind of trouble; equal seeds give equal exercises."""
    random = Random(f"{plain.id} {seed}")
    level = random.choice(like.levels)
    steps = round((like.r_mm[1] - like.r_mm[0]) / RADIUS_STEP_MM)
    r_mm = like.r_mm[0] + RADIUS_STEP_MM * random.randint(0, steps)
    turned = like.mirror and random.random() < 0.5
    recipe = _moved(plain.recipe, plain.level, level)
    lesions = tuple(
        replace(
            one,
            r_mm=r_mm,
            place=_OTHER_PLACE.get(one.place, one.place) if turned else one.place,
            foraminal=one.foraminal.other if turned and one.foraminal else one.foraminal,
        )
        for one in recipe.lesions
    )
    return replace(
        plain,
        id=f"{plain.id}{BETWEEN}{seed}",
        recipe=replace(recipe, seed=seed, lesions=lesions),
        level=level,
        ways=tuple(
            replace(way, side=way.side.other) if turned and way.side else way for way in plain.ways
        ),
    )


def _moved(recipe: Recipe, old: Level, new: Level) -> Recipe:
    """Move disease, hardware and the scan up or down the spine together."""
    spine = recipe.spine
    shift = spine.index(new) - spine.index(old)

    def at(level: Level) -> Level:
        return spine[min(max(spine.index(level) + shift, 0), len(spine) - 1)]

    return replace(
        recipe,
        levels=(at(recipe.levels[0]), at(recipe.levels[1])),
        lesions=tuple(replace(one, level=at(one.level)) for one in recipe.lesions),
        fractures=tuple(replace(one, level=at(one.level)) for one in recipe.fractures),
        cement=tuple(replace(one, level=at(one.level)) for one in recipe.cement),
        screws=tuple(at(one) for one in recipe.screws),
    )


def _read(case: SampleCase, user_folder: Path | None) -> tuple[Exercise, _Like]:
    path = training_file(f"cases/{case.id}.toml", user_folder)
    return read_table(path, lambda table: _made(case, table))


def _made(case: SampleCase, table: Mapping[str, Any]) -> tuple[Exercise, _Like]:
    known = {"title", "story", "why_not", "like", "way", "reference", "chart"}
    refuse_unknown(table, known, "the exercise")
    chart = dict(table["chart"])
    refuse_unknown(chart, {one.name for one in fields(ClinicalAnswers)}, "the chart")
    ClinicalAnswers(**chart)
    found = Exercise(
        id=case.id,
        title=words(table, "title", "the exercise"),
        story=words(table, "story", "the exercise"),
        lesson=case.lesson,
        difficulty=case.difficulty,
        recipe=case.recipe,
        level=case.level,
        why_not=str(table.get("why_not", "")),
        ways=tuple(_way(one) for one in table.get("way", ())),
        treatment=_treatment(table["reference"]) if "reference" in table else None,
        chart=chart,
    )
    like = _like(table["like"])
    for level in like.levels:
        _varied(found, replace(like, levels=(level,)), 1)
    return found, like


def _way(table: Mapping[str, Any]) -> WayIn:
    refuse_unknown(table, {"approach", "side"}, "a way in")
    side = words(table, "side", "a way in")
    return WayIn(approach=Approach(table["approach"]), side=None if side == "any" else Side(side))


def _treatment(table: Mapping[str, Any]) -> Treatment:
    where = "the reference"
    refuse_unknown(table, {one.name for one in fields(Treatment)}, where)
    if not table["settings"]:
        raise ValueError("settings of the reference must name one")
    return Treatment(
        device=words(table, "device", where),
        settings=tuple(_setting(*one) for one in table["settings"]),
        cement=words(table, "cement", where),
        cement_ml=number(table, "cement_ml", where, 0.1, 12.0),
    )


def _setting(power_w: float, time_s: float) -> tuple[float, float]:
    if not (1.0 <= power_w <= 300.0 and 1.0 <= time_s <= 7200.0):
        raise ValueError(f"no device works at {power_w:g} W for {time_s:g} s")
    return float(power_w), float(time_s)


def _like(table: Mapping[str, Any]) -> _Like:
    refuse_unknown(table, {"levels", "r_mm", "mirror"}, "like")
    low, high = table["r_mm"]
    if not isinstance(table["mirror"], bool):
        raise TypeError("mirror of like must be true or false")
    if not 1.0 <= low <= high <= 30.0:
        raise ValueError(f"r_mm of like must run upward from 1 to 30, got {low} to {high}")
    levels = tuple(Level(one) for one in table["levels"])
    if not levels:
        raise ValueError("levels of like must name one")
    return _Like(levels=levels, r_mm=(low, high), mirror=table["mirror"])
