"""What was published, read from a data file with status and source."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.domain.sourced import Sourced

_FIGURE_KEYS = frozenset({"key", "name", "unit", "value", "low", "high", "band"})
_EXPERIMENT_KEYS = frozenset({"id", "title", "not_published", "assumed", "figures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One published number.

    Attributes
    ----------
    low, high
        What ours is judged against, in ``unit``; minus or plus infinity where it is one limit.
    band
        Where ``low`` and ``high`` come from.
    """

    key: str
    name: str
    unit: str
    value: Sourced
    low: float
    high: float
    band: str

    @property
    def band_words(self) -> str:
        """The band ours is judged against, and where it comes from."""
        ends = [f"{end:g}" for end in (self.low, self.high) if isfinite(end)]
        return f"{self.band}: {' to '.join(ends)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A published experiment.

    Attributes
    ----------
    not_published
        What is not in the text that could be read, so that it had to be assumed.
    assumed
        The numbers our run has instead, by key with the unit in the key.
    """

    id: str
    title: str
    not_published: str
    assumed: Mapping[str, Sourced]
    figures: tuple[Figure, ...]

    def number(self, key: str) -> float:
        """Return one of the assumed numbers."""
        return self.assumed[key].value


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A published experiment that is not run here, and why."""

    title: str
    reason: str


def experiments(path: Path | None = None) -> tuple[Experiment, ...]:
    """Read the experiments that are run.

    Raises
    ------
    InputRefusedError
        When the file is wrong.
    """
    return tuple(_experiment(item) for item in _file(path).sections("experiments"))


def not_run(path: Path | None = None) -> tuple[NotRun, ...]:
    """Read the experiments that are not run, with the reason."""
    return tuple(
        NotRun(title=item.text("title"), reason=item.text("reason"))
        for item in _file(path).sections("not_run")
    )


def _file(path: Path | None) -> Section:
    section = Section.of_file(path or resource_path("physics", "published.toml"))
    section.refuse_other_keys({"experiments", "not_run"})
    return section


def _experiment(section: Section) -> Experiment:
    section.refuse_other_keys(_EXPERIMENT_KEYS)
    return Experiment(
        id=section.text("id"),
        title=section.text("title"),
        not_published=section.text("not_published"),
        assumed=MappingProxyType(section.numbers("assumed")),
        figures=tuple(_figure(item) for item in section.sections("figures")),
    )


def _figure(section: Section) -> Figure:
    section.refuse_other_keys(_FIGURE_KEYS)
    if not {"low", "high"} & set(section.values):
        section.refuse("a figure needs low, high or both to be judged")
    return Figure(
        key=section.text("key"),
        name=section.text("name"),
        unit=section.text("unit"),
        value=section.sourced("value"),
        low=section.number(section.values["low"], "low") if "low" in section.values else -inf,
        high=section.number(section.values["high"], "high") if "high" in section.values else inf,
        band=section.text("band"),
    )
