"""Published experiments, and what this model says of each: plausibility, not validation."""

from planner.physics.published.comparing import Compared, Verdict, compare
from planner.physics.published.experiments import Experiment, Figure, NotRun, experiments, not_run

__all__ = [
    "Compared",
    "Experiment",
    "Figure",
    "NotRun",
    "Verdict",
    "compare",
    "experiments",
    "not_run",
]
