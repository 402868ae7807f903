"""What counts, how much, and what fails an attempt: data that an instructor may change."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from planner.document.whole_file import write_whole
from planner.domain.errors import UsageError
from planner.domain.sourced import Status
from planner.training.files import (
    FOLDER,
    number,
    read_table,
    refuse_unknown,
    training_file,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STANDARD_FILE: Final = "standard.toml"

ROUNDING: Final = 0.051
"""Points are typed to a tenth; what differs by less was not changed by the hand."""

MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    "level": (),
    "side": (),
    "dangers": ("each_false",),
    "decision": (),
    "approach": (),
    "breach": ("full_mm", "none_mm", "none_medial_mm"),
    "canal": ("full_mm", "none_mm"),
    "roots": ("full_mm", "none_mm"),
    "organs": ("full_mm", "none_mm"),
    "tip": ("full_mm", "none_mm"),
    "coverage": ("full_percent", "none_percent"),
    "heat": ("full_celsius", "none_celsius", "full_cold_celsius", "none_cold_celsius"),
    "thermocouple": ("full_mm", "none_mm"),
    "cement": ("full_share", "none_share"),
    "warnings": ("full_open", "none_open"),
    "checklist": ("full_percent", "none_percent"),
    "time": ("full_min", "none_min"),
    "shots": ("full_shots", "none_shots", "least_shots"),
}
"""Every criterion in the order of the work, with the marks it is judged by."""

MORE_IS_BETTER: Final = frozenset({"canal", "roots", "organs", "coverage", "checklist"})
"""Criteria whose mark for full points lies above that for none."""

FATAL: Final = ("wrong-level", "wrong-side", "canal-crossed", "contraindicated")

DANGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "canal-near": ("present_mm", "arguable_mm"),
    "wall-broken": (),
    "epidural": (),
    "foramen": ("present_mm", "arguable_mm"),
    "pedicle-tumour": (),
    "pedicle-narrow": ("present_mm", "arguable_mm"),
    "two-needles": (),
    "endplate-broken": (),
    "cord-symptoms": (),
    "lung": ("present_mm", "arguable_mm"),
    "hardware": (),
    "turned": (),
    "thin-bone": (),
}
"""Every danger that can be named, with the distances it is told by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that is scored.

    Attributes
    ----------
    marks
        Numbers it is judged by, with their unit in the name.
    hint, source
        What teaches it, and where that comes from.
    """

    id: str
    title: str
    weight: float
    marks: Mapping[str, float]
    hint: str
    source: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class FatalStep:
    """A step that fails an attempt whatever its points, where it counts."""

    id: str
    words: str
    counts: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """Something that can make a case dangerous; ``look`` says where to see it."""

    id: str
    words: str
    look: str
    source: str
    status: Status
    marks: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """All that an attempt is judged by."""

    pass_percent: float
    criteria: Mapping[str, Criterion]
    fatal: Mapping[str, FatalStep]
    dangers: Mapping[str, Danger]


def load_standard(user_folder: Path | None = None) -> Standard:
    """Read what counts; files of the user's own folder take the place of ours.

    Raises
    ------
    UsageError
        When a file cannot be right: a mark missing, doubled, unknown, or the wrong way round.
    """
    pass_percent, criteria, fatal = read_table(
        training_file(STANDARD_FILE, user_folder), _standard
    )
    dangers = read_table(training_file("dangers.toml", user_folder), _dangers)
    return Standard(pass_percent=pass_percent, criteria=criteria, fatal=fatal, dangers=dangers)


def change_standard(
    user_folder: Path,
    pass_percent: float,
    weights: Mapping[str, float],
    fatal: Mapping[str, bool],
) -> Path:
    """Write the instructor's own standard with other points, pass mark and fatal steps.

    All else, marks, hints and comments too, stays as it stood. Returns where it is.

    Raises
    ------
    UsageError
        When it could not be right; what was there before is still there.
    SaveFailedError
        When it cannot be written.
    """
    now = load_standard(user_folder)
    changed = training_file(STANDARD_FILE, user_folder).read_text(encoding="utf-8")
    if abs(pass_percent - now.pass_percent) > ROUNDING:
        changed = _with_line(changed, "pass_percent", f"{pass_percent:.1f}")
    for name, weight in weights.items():
        if abs(weight - now.criteria[name].weight) > ROUNDING:
            changed = _with_line(changed, "weight", f"{weight:.1f}", record=name)
    for name, counts in fatal.items():
        changed = _with_line(changed, "counts", str(counts).lower(), record=name)
    path = user_folder / FOLDER / STANDARD_FILE
    try:
        _standard(tomllib.loads(changed))
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"This cannot count so: {error}.") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, changed.encode("utf-8"))
    return path


def _with_line(text: str, name: str, value: str, record: str = "") -> str:
    """Return a file with another value on the line ``name`` of a record, or of the head."""
    lines = text.splitlines(keepends=True)
    here = not record
    for place, line in enumerate(lines):
        key, _, rest = line.partition("=")
        if key.strip() == "id":
            here = rest.strip().strip("\"'") == record
        elif here and key.strip() == name:
            lines[place] = f"{name} = {value}\n"
            return "".join(lines)
    raise UsageError(f"{STANDARD_FILE} has no line {name} after the id of {record or 'its head'}.")


def _standard(
    table: Mapping[str, Any],
) -> tuple[float, dict[str, Criterion], dict[str, FatalStep]]:
    refuse_unknown(table, {"pass_percent", "criterion", "fatal"}, "the standard")
    criteria = _by_id([_criterion(one) for one in table["criterion"]], tuple(MARKS), "criterion")
    if not any(one.weight for one in criteria.values()):
        raise ValueError("at least one criterion must weigh something")
    fatal = _by_id([_fatal(one) for one in table["fatal"]], FATAL, "fatal step")
    return number(table, "pass_percent", "the standard", 0.0, 100.0), criteria, fatal


def _by_id(made: list[Any], known: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return records in their own order of work; each must be there once."""
    ids = [one.id for one in made]
    if missing := [name for name in known if name not in ids]:
        raise ValueError(f"it lacks the {what} {', '.join(missing)}")
    if len(ids) != len(known):
        wrong = sorted({name for name in ids if name not in known or ids.count(name) > 1})
        raise ValueError(f"it has an unknown or doubled {what}: {', '.join(wrong)}")
    return {name: next(one for one in made if one.id == name) for name in known}


def _criterion(table: Mapping[str, Any]) -> Criterion:
    name = words(table, "id", "a criterion")
    wanted = MARKS.get(name, ())
    plain = {"id", "title", "weight", "hint", "source", "status"}
    refuse_unknown(table, plain | set(wanted), f"criterion {name}")
    marks = {mark: number(table, mark, name, -1e6, 1e6) for mark in wanted}
    for mark, value in marks.items():
        if not mark.startswith("none_"):
            continue
        full = marks[_full_mark(name, mark)]
        rises = name in MORE_IS_BETTER or "cold" in mark
        if not (full > value if rises else full < value):
            way = "above" if rises else "below"
            raise ValueError(f"full points of {name} must lie {way} {mark}, got {full:g}")
    return Criterion(
        id=name,
        title=words(table, "title", name),
        weight=number(table, "weight", name, 0.0, 1000.0),
        marks=marks,
        hint=words(table, "hint", name),
        source=words(table, "source", name),
        status=Status(table["status"]),
    )


def _full_mark(criterion: str, none_mark: str) -> str:
    return "full_mm" if criterion == "breach" else none_mark.replace("none_", "full_")


def _fatal(table: Mapping[str, Any]) -> FatalStep:
    name = words(table, "id", "a fatal step")
    refuse_unknown(table, {"id", "words", "counts", "source"}, f"fatal step {name}")
    if not isinstance(table["counts"], bool):
        raise TypeError(f"counts of {name} must be true or false")
    return FatalStep(
        id=name,
        words=words(table, "words", name),
        counts=table["counts"],
        source=words(table, "source", name),
    )


def _dangers(table: Mapping[str, Any]) -> dict[str, Danger]:
    refuse_unknown(table, {"danger"}, "the list of dangers")
    return _by_id([_danger(one) for one in table["danger"]], tuple(DANGERS), "danger")


def _danger(table: Mapping[str, Any]) -> Danger:
    name = words(table, "id", "a danger")
    wanted = DANGERS.get(name, ())
    plain = {"id", "words", "look", "source", "status"}
    refuse_unknown(table, plain | set(wanted), f"danger {name}")
    marks = {mark: number(table, mark, name, 0.0, 100.0) for mark in wanted}
    if wanted and not marks["present_mm"] <= marks["arguable_mm"]:
        raise ValueError(f"arguable_mm of {name} must not lie below present_mm")
    return Danger(
        id=name,
        words=words(table, "words", name),
        look=words(table, "look", name),
        source=words(table, "source", name),
        status=Status(table["status"]),
        marks=marks,
    )
