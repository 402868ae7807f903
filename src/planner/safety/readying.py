"""Surfaces a check measures to, made before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from planner.domain.structures import CANAL, PLEURA
from planner.geometry.capsule import Capsule
from planner.safety.measured import MissingInputError
from planner.safety.ruler import outlined, ruler_for
from planner.safety.spared import VESSELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Plan, Trajectory
    from planner.safety.ruler import Ruler
    from planner.safety.scene import Scene

BESIDE_LEVELS = (*VESSELS, PLEURA)
"""Large outlines that rules look at beside planned levels only."""


FINE_MM = 2.0
"""A needle stands for itself by a capsule of this diameter: only where it lies counts here."""


def make_ready(plan: Plan, scene: Scene, beat: Callable[[], None]) -> None:
    """Make the surfaces and fields that a check of ``plan`` measures to, once for all outlines.

    It takes seconds on a slow machine, and a check that says nothing for so long could not be
    told from one that hangs. What is missing is said by the check itself.
    """
    ruler, anatomy = ruler_for(scene.anatomy), scene.anatomy
    levels = {needle.level for needle in plan.trajectories}
    if not levels:
        return
    names = {CANAL, *ruler.foramina_outlined(), *outlined(anatomy, "")} - set(BESIDE_LEVELS)
    names |= {name for name in BESIDE_LEVELS if any(anatomy.outlines(name, at) for at in levels)}
    for needle in plan.trajectories:
        ruler.remembered(
            ("ready", needle.level), partial(_measured_once, ruler, needle, names, beat)
        )


def _measured_once(
    ruler: Ruler, needle: Trajectory, names: set[str], beat: Callable[[], None]
) -> bool:
    """Measure about one needle, for the surfaces and fields that stay behind."""
    body = Capsule(needle.entry, needle.tip, FINE_MM / 2.0)
    made: list[Callable[[], object]] = [partial(ruler.bone, needle.level)]
    made += [partial(ruler.needle, body, name) for name in sorted(names)]
    for make in made:
        beat()
        try:
            make()
        except MissingInputError:
            continue
    beat()
    return True
