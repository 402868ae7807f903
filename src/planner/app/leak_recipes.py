"""Digital spines with cement that leaked, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.control.leaks import LeakClass
from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps
from planner.phantom.model import model_of
from planner.phantom.recipe import FieldOfView, Kernel, LaidCement, OldCement, Recipe
from planner.phantom.vertebra_shape import pedicle_frame

if TYPE_CHECKING:
    from planner.geometry.points import Vector
    from planner.phantom.posture import Placed

LEVELS: Final = (Level.T9, Level.T11, Level.L1, Level.L2, Level.L3, Level.L4)

SPACINGS_MM: Final = ((0.7, 0.7, 1.0), (0.8, 0.8, 1.0), (0.75, 0.75, 1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTrial:
    """One scan, its leaks by class, and the ways its needles came."""

    recipe: Recipe
    level: Level
    leaks: tuple[tuple[LeakClass, LaidCement], ...]
    tracks: tuple[tuple[PointLps, PointLps], ...]


def leak_trial(seed: int) -> LeakTrial:
    """Return the scan of a seed with three leaks of different kinds; every sixth has none."""
    random = np.random.default_rng([seed, 21])
    level = LEVELS[int(random.integers(len(LEVELS)))]
    recipe = Recipe(
        seed=seed,
        levels=(level, level),
        field_of_view=FieldOfView.SPINE,
        spacing_mm=SPACINGS_MM[seed % len(SPACINGS_MM)],
        kernel=(Kernel.STANDARD, Kernel.SOFT, Kernel.BONE)[seed // 3 % 3],
        noise_hu=float(random.uniform(10.0, 30.0)),
        cement=(OldCement(level=level, volume_ml=float(random.uniform(1.5, 4.0))),),
    )
    placed = model_of(recipe).posture.placed[level]
    tracks = tuple(_track(placed, side) for side in Side)
    first = (LeakClass.DISCAL, LeakClass.EPIDURAL, LeakClass.ACCESS_TRACK)
    other = (LeakClass.FORAMINAL, LeakClass.PARAVERTEBRAL, LeakClass.VENOUS)
    kinds = () if seed % 6 == 0 else (first, other)[seed % 2]
    leaks = tuple((kind, _leak(kind, placed, random)) for kind in kinds)
    return LeakTrial(
        recipe=replace(recipe, laid_cement=tuple(cord for _, cord in leaks)),
        level=level,
        leaks=leaks,
        tracks=tracks,
    )


def _way(placed: Placed, side: Side) -> tuple[Vector, Vector]:
    middle, axis = pedicle_frame(placed, side)
    return placed.lps(middle), np.asarray(placed.axes @ axis, dtype=np.float64)


def _track(placed: Placed, side: Side) -> tuple[PointLps, PointLps]:
    middle, forward = _way(placed, side)
    return PointLps.of(middle - 70.0 * forward), PointLps.of(middle + 20.0 * forward)


def _leak(kind: LeakClass, placed: Placed, random: np.random.Generator) -> LaidCement:
    """Return one leak: where and how large, by chance within its place."""
    shape = placed.shape
    wide, deep = shape.endplate_width_mm / 2.0, shape.endplate_depth_mm / 2.0
    tall = shape.height_mm / 2.0
    side = float(random.choice([-1.0, 1.0]))
    vary = random.uniform(-1.0, 1.0, 3)
    if kind is LeakClass.ACCESS_TRACK:
        middle, forward = _way(placed, Side.LEFT if side > 0.0 else Side.RIGHT)
        ends = middle - 26.0 * forward, middle - (36.0 + 6.0 * vary[0]) * forward
        return _cord(*ends, 1.5 + 0.4 * vary[1], random)
    if kind is LeakClass.VENOUS:
        start = placed.lps(np.array([side * (wide + 3.0), -0.3 * deep, -0.3 * tall]))
        end = placed.lps(
            np.array([side * (wide + 5.0), -0.3 * deep, (0.9 + 0.4 * vary[0]) * tall])
        )
        return _cord(start, end, 1.3 + 0.3 * vary[1], random)
    places = {
        LeakClass.DISCAL: ((0.3 * wide * vary[0], 0.3 * deep * vary[1],
                            side * (tall + 0.5 * shape.disc_below_mm)), (3.0, 0.0, 0.0), 2.0),
        LeakClass.EPIDURAL: ((0.2 * shape.canal_width_mm * vary[0], deep + 3.2, 3.0 * vary[1]),
                             (0.0, 0.0, 3.0), 1.8),
        LeakClass.FORAMINAL: ((side * (0.5 * shape.canal_width_mm + 6.0), deep + 3.0,
                               -tall - 0.3 + 1.0 * vary[1]), (0.0, 0.0, 1.0), 2.0),
        LeakClass.PARAVERTEBRAL: ((-side * (wide + 4.0), 2.0 * vary[0] - 0.3 * deep,
                                   2.0 * vary[1]),
                                  (0.0, 2.0, 2.0), 3.3),
    }  # fmt: skip
    at, half, radius = places[kind]
    one = placed.lps(np.array(at) - half)
    other = placed.lps(np.array(at) + half)
    return _cord(one, other, radius * (1.0 + 0.2 * vary[2]), random)


def _cord(start: Vector, end: Vector, radius_mm: float, random: np.random.Generator) -> LaidCement:
    return LaidCement(
        start=PointLps.of(start), end=PointLps.of(end), radius_mm=radius_mm,
        hu=2200.0 * float(random.uniform(0.9, 1.1)),
    )  # fmt: skip
