"""How long the preview of heat takes after each move of a needle, with coverage and distances."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog import load_catalog
from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    Plan,
    Trajectory,
    TrajectoryId,
)
from planner.geometry.points import PointLps
from planner.phantom import make_phantom
from planner.phantom.recipe import FieldOfView, Lesion, Matter, Place, Recipe
from planner.session.cases import Case, new_plan
from planner.session.live_preview import PreviewBench
from planner.session.simulated_marks import preview_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEVEL = Level.L3
DRAGS, WARM_DRAGS = 40, 3
FARTHEST_MM = 4.0
BEHIND_MM = 60.0

SETTINGS: Mapping[str, Mapping[str, float | str]] = {
    "microwave, 180 s": {"device_id": "eco-mwa", "power_w": 40.0, "time_s": 180.0},
    "bipolar, 600 s": {"device_id": "star-bipolar", "setpoint_celsius": 95.0, "time_s": 600.0},
    "cold, 600 s": {"device_id": "cryo-17g", "time_s": 600.0},
}


def benchmark() -> Iterator[BenchmarkRow]:
    """Drag one needle of each kind, and one of four antennas; the bar is 100 ms at p95.

    Yields each row when it is known: the digital spine alone takes some ten seconds.
    """
    lesion = Lesion(level=LEVEL, kind=Matter.LYTIC, r_mm=7.0, place=Place.ANTERIOR)
    recipe = Recipe(
        seed=3,
        levels=(Level.L2, Level.L4),
        field_of_view=FieldOfView.SPINE,
        lesions=(lesion,),
    )
    made = make_phantom(recipe)
    binding = AnatomyBinding(backend="truth")
    case = Case(ct=made.ct, anatomy=made.truth, binding=binding, catalog=load_catalog())
    for name, how in SETTINGS.items():
        yield _row(name, case, _plan(case, 1, **how))
    yield _row("one of four antennas, 180 s", case, _plan(case, 4, **SETTINGS["microwave, 180 s"]))


def _row(name: str, case: Case, plan: Plan) -> BenchmarkRow:
    bench = PreviewBench()
    walls: list[float] = []
    cpus: list[float] = []
    for moved in _drags(plan):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for one in bench.preview(moved, case):
            preview_mark(one)
        walls.append(time.perf_counter() - wall_s)
        cpus.append(time.process_time() - cpu_s)
    walls, cpus = walls[WARM_DRAGS:], cpus[WARM_DRAGS:]
    p95, cpu95 = (1e3 * float(np.percentile(seconds, 95)) for seconds in (walls, cpus))
    return BenchmarkRow(
        name=f"preview after a drag, {name}",
        median_s=statistics.median(walls),
        best_s=min(walls),
        n=len(walls),
        note=f"p95 {p95:.0f} ms, processor {cpu95:.0f} ms; bar 100 ms",
    )


def _drags(plan: Plan) -> Iterator[Plan]:
    chance, needle = random.Random(1), plan.trajectories[0]
    for _ in range(WARM_DRAGS + DRAGS):
        step = np.array([chance.uniform(-FARTHEST_MM, FARTHEST_MM) for _ in range(3)])
        yield plan.with_trajectory(replace(needle, tip=needle.tip.moved(step)))


def _plan(case: Case, count: int, **how: float | str) -> Plan:
    needles = tuple(_needle(case, number) for number in range(count))
    burns = tuple(
        Ablation(id=AblationId(f"a{number}"), trajectory_id=needle.id, **how)  # type: ignore[arg-type]  # as the settings above have them
        for number, needle in enumerate(needles)
    )
    return replace(new_plan(case), trajectories=needles, ablations=burns)


def _needle(case: Case, number: int) -> Trajectory:
    """Return a needle through a pedicle; the third and fourth end short of the first two."""
    vertebra = case.anatomy.vertebrae[LEVEL]
    side = (Side.LEFT, Side.RIGHT)[number % 2]
    isthmus = vertebra.pedicles[side].isthmus.array
    along = vertebra.body_centre.array - isthmus
    along /= np.linalg.norm(along)
    return Trajectory(
        id=TrajectoryId(f"t{number}"),
        level=LEVEL,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps.of(isthmus - BEHIND_MM * along),
        tip=PointLps.of(vertebra.body_centre.array - 3.0 * number * along),
    )
