"""Ours beside what was published."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

from planner.physics.published.cold import agar, gel
from planner.physics.published.heated_bone import cadaver, disc, osteoid, sheep, swine
from planner.physics.published.round_needles import anchor, meat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.physics.published.experiments import Experiment, Figure
    from planner.physics.published.reading import Bench, Reading

RUNS: Mapping[str, Callable[[Bench, Experiment], dict[str, Reading]]] = {
    "cadaver": cadaver,
    "osteoid": osteoid,
    "sheep": sheep,
    "disc": disc,
    "swine": swine,
    "gel": gel,
    "agar": agar,
    "anchor": anchor,
    "meat": meat,
}
"""How each experiment of the data file is run."""


class Verdict(StrEnum):
    """How ours stands to the published band."""

    WITHIN = "within"
    SPAN = "out; its span reaches in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One published figure and ours."""

    experiment: Experiment
    figure: Figure
    ours: Reading

    @property
    def verdict(self) -> Verdict:
        """Judge the nominal value; a span of assumptions that reaches in does not pass."""
        low, high = self.figure.low, self.figure.high
        if low <= self.ours.value <= high:
            return Verdict.WITHIN
        reaches = self.ours.low <= high and self.ours.high >= low
        return Verdict.SPAN if reaches else Verdict.OUT

    @property
    def difference(self) -> float:
        """Ours less what was published, in the unit of the figure."""
        return self.ours.value - self.figure.value.value

    @property
    def bands_away(self) -> float:
        """How far out, in half widths of the band; 0 within. For sorting."""
        low, high = self.figure.low, self.figure.high
        half = 0.5 * (high - low) if isfinite(high - low) else 0.05 * abs(self.figure.value.value)
        return max(low - self.ours.value, self.ours.value - high, 0.0) / half


def compare(bench: Bench, experiment: Experiment) -> tuple[Compared, ...]:
    """Run an experiment and set each of its figures beside ours."""
    ours = RUNS[experiment.id](bench, experiment)
    return tuple(
        Compared(experiment=experiment, figure=figure, ours=ours[figure.key])
        for figure in experiment.figures
    )
