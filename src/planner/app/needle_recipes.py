"""Digital spines with needles in them, drawn from a seed: what a control CT may show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps, unit
from planner.phantom.model import model_of
from planner.phantom.recipe import (
    FieldOfView,
    Kernel,
    LaidNeedle,
    OldCement,
    Position,
    Recipe,
)
from planner.phantom.variants import spine_levels
from planner.phantom.vertebra_shape import pedicle_frame

if TYPE_CHECKING:
    from planner.geometry.points import Vector
    from planner.phantom.model import SpineModel

LEVELS: Final = (
    Level.T8, Level.T10, Level.T12, Level.L1, Level.L2, Level.L3, Level.L4, Level.L5,
)  # fmt: skip

DIAMETERS_MM: Final = (1.27, 1.47, 1.65, 1.83, 2.11, 2.41, 3.05)
"""18 to 11 gauge."""

SPACINGS_MM: Final = (
    (0.6, 0.6, 0.8), (0.8, 0.8, 1.0), (0.7, 0.7, 1.0), (0.75, 0.75, 1.5), (0.8, 0.8, 2.0),
    (0.7, 0.7, 3.0),
)  # fmt: skip

EXTENDED_HU: Final = 30710
"""Top of an extended scale."""

BEYOND_SCAN_MM: Final = 90.0
"""The tip of a needle that is cut off lies so far in front of the pedicle."""

UNDER_SKIN_MM: Final = 125.0
"""A needle's back end lies so far behind the pedicle, or nearer where it is deep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleTrial:
    """One scan and what lies in it.

    Attributes
    ----------
    needles
        Those that are to be found, as laid in the recipe.
    cut
        Of those, the ones whose tip lies outside the scan.
    story
        What is hard about it.
    """

    recipe: Recipe
    needles: tuple[LaidNeedle, ...]
    cut: tuple[LaidNeedle, ...] = ()
    story: str = ""


def needle_trial(seed: int) -> NeedleTrial:
    """Return the scan of a seed, with two or three needles; equal seeds give equal scans."""
    random = np.random.default_rng([seed, 14])
    level = LEVELS[int(random.integers(len(LEVELS)))]
    recipe = Recipe(
        seed=seed,
        levels=(level, level),
        field_of_view=FieldOfView.SPINE,
        position=Position.HFP if random.random() < 0.8 else Position.HFS,
        spacing_mm=SPACINGS_MM[seed % len(SPACINGS_MM)],
        kernel=(Kernel.STANDARD, Kernel.BONE, Kernel.SOFT, Kernel.STANDARD)[seed // 6 % 4],
        noise_hu=float(random.uniform(10.0, 35.0)),
        highest_hu=EXTENDED_HU if seed % 5 == 3 else 3071,
        tilt_deg=float(random.uniform(-12.0, 12.0)) if seed % 9 == 4 else 0.0,
    )
    below = _below(level)
    if seed % 7 == 2:
        recipe = replace(recipe, screws=(below,))
    if seed % 8 == 6:
        recipe = replace(recipe, levels=(level, below))
    if seed % 7 == 5:
        recipe = replace(recipe, cement=(OldCement(level=level, volume_ml=3.0),))
    model = model_of(recipe)
    kind = ("both sides", "parallel", "crossed", "both sides", "out of plane")[seed % 5]
    needles = _laid(model, level, kind, random)
    wires = (_wire(model, level, random),) if seed % 4 == 1 else ()
    cut = _cut(model, level, random) if seed % 8 == 6 else ()
    recipe = replace(recipe, needles=(*needles, *cut, *wires))
    return NeedleTrial(recipe=recipe, needles=(*needles, *cut), cut=cut, story=kind)


def _below(level: Level) -> Level:
    spine = spine_levels()
    return spine[spine.index(level) + 1]


def _needle(tip: Vector, forward: Vector, random: np.random.Generator) -> LaidNeedle:
    """Return a needle of any usual make whose tip is where it is wanted."""
    outside = float(random.uniform(-25.0, 15.0))
    return LaidNeedle(
        back=PointLps.of(tip - (UNDER_SKIN_MM + outside) * forward),
        tip=PointLps.of(tip),
        outer_diameter_mm=float(random.choice(DIAMETERS_MM)),
        bevel_deg=float(random.choice([25.0, 35.0, 45.0, 60.0, 90.0])),
        roll_deg=float(random.uniform(0.0, 360.0)),
        hu=float(random.choice([9000.0, 14000.0, 20000.0])),
        hub_mm=float(random.choice([0.0, 20.0])),
    )


def _turned(forward: Vector, random: np.random.Generator, most: float) -> Vector:
    return unit(forward + most * random.standard_normal(3))


def _laid(
    model: SpineModel, level: Level, kind: str, random: np.random.Generator
) -> tuple[LaidNeedle, ...]:
    placed = model.posture.placed[level]
    ways = {}
    for side in Side:
        middle, axis = pedicle_frame(placed, side)
        ways[side] = placed.lps(middle), np.asarray(placed.axes @ axis, dtype=np.float64)
    found = []
    for side, (middle, axis) in ways.items():
        forward = _turned(axis, random, 0.25 if kind == "out of plane" else 0.06)
        tip = middle + float(random.uniform(2.0, 22.0)) * forward
        found.append(_needle(tip, forward, random))
        if kind == "parallel" and side is Side.LEFT:
            beside = unit(np.cross(forward, [0.0, 0.0, 1.0])) * random.choice([-1.0, 1.0])
            apart = float(random.uniform(5.5, 9.0))
            found.append(
                _needle(
                    tip + apart * beside - float(random.uniform(0.0, 12.0)) * forward,
                    forward,
                    random,
                )
            )
        if kind == "crossed" and side is Side.LEFT:
            through = middle - 30.0 * forward
            other = unit(forward + 0.5 * unit(np.cross(forward, [0.0, 0.0, 1.0])))
            found.append(_needle(through + 25.0 * other, other, random))
    return tuple(found)


def _wire(model: SpineModel, level: Level, random: np.random.Generator) -> LaidNeedle:
    """Return a wire of a grid on the skin of the back, along the spine."""
    placed = model.posture.placed[level]
    back = placed.lps(np.array([float(random.uniform(-35.0, 35.0)), 0.0, 0.0]))
    skin_mm = float(random.uniform(78.0, 82.0))
    start = back + np.array([0.0, skin_mm, -30.0])
    return LaidNeedle(
        back=PointLps.of(start),
        tip=PointLps.of(start + np.array([0.0, 0.0, 60.0])),
        outer_diameter_mm=1.0,
    )


def _cut(model: SpineModel, level: Level, random: np.random.Generator) -> tuple[LaidNeedle, ...]:
    """Return a needle through the body and out of the scan in front and above."""
    placed = model.posture.placed[level]
    middle, _ = pedicle_frame(placed, Side.LEFT)
    forward = unit(np.array([0.0, -0.9, 0.5]))
    tip = placed.lps(middle) + BEYOND_SCAN_MM * forward
    needle = _needle(tip, forward, random)
    return (replace(needle, back=PointLps.of(tip - (BEYOND_SCAN_MM + 120.0) * forward)),)
