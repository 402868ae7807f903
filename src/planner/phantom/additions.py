"""What is added to a spine one shape at a time: roots, tumour outside bone, cement, metal."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level, Side, foramen_label
from planner.geometry.points import unit
from planner.phantom import fields
from planner.phantom.blades import blade, cut_blade, ends_mm
from planner.phantom.recipe import Leak, Place
from planner.phantom.vertebra_shape import pedicle_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.phantom.model import SpineModel
    from planner.phantom.posture import Placed
    from planner.phantom.recipe import (
        LaidCement,
        LaidNeedle,
        Lesion,
        OldCement,
        PlacedNeedle,
        Recipe,
    )

TUMOUR, CEMENT, METAL = 1, 2, 3
"""Numbers in the map of what does not belong in a spine."""

ROOT_HU, GANGLION_HU, TUMOUR_HU = 30.0, 42.0, 50.0
CEMENT_HU, TITANIUM_HU, STEEL_HU = 2300.0, 7000.0, 14000.0
"""Barium cement 1500 to 3000 (recalled); metals beyond what a scanner stores."""

SCREW_RADIUS_MM, SCREW_FORWARD_MM, SCREW_BACK_MM = 2.9, 26.0, 20.0
ROD_RADIUS_MM = 2.75
NEEDLE_FORWARD_MM, NEEDLE_BACK_MM = 14.0, 105.0
HUB_RADIUS_MM, HUB_HU = 4.5, 250.0

DORSAL_GANGLION_BELOW_MM = 3.2
"""Middle of the ganglion below the pedicle's lower edge: it lies in the upper foramen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Added:
    """One shape in LPS: a blade's row, its HU and the number it is marked with."""

    row: NDArray[np.float64]
    hu: float
    number: int

    def ends_mm(self) -> Vector:
        """Return both ends of the axis, shape ``(2, 3)``, LPS mm."""
        return ends_mm(self.row)


def tube(start: Vector, end: Vector, radius_mm: float, hu: float, number: int) -> Added:
    """Return a round tube between two LPS points."""
    across = np.array([0.3, 0.5, -0.8])
    radii = (radius_mm,) * 4
    return Added(row=blade(start, end, across, radii), hu=hu, number=number)


def lump(
    centre: Vector, axes: NDArray[np.float64], half_mm: Vector, hu: float, number: int
) -> Added:
    """Return a rounded lump with half sizes along the columns of ``axes``."""
    longest = int(np.argmax(half_mm))
    one, other = (axis for axis in range(3) if axis != longest)
    reach = max(half_mm[longest] - min(half_mm[one], half_mm[other]), 0.1)
    along = axes[:, longest] * reach
    row = blade(
        centre - along,
        centre + along,
        axes[:, one],
        (half_mm[one] * 0.8, half_mm[one] * 0.8, half_mm[other] * 0.8, half_mm[other] * 0.8),
        (-0.2 * half_mm[one], -0.2 * half_mm[other]),
    )
    row[fields.REACH] = half_mm[one] + half_mm[other]
    return Added(row=row, hu=hu, number=number)


def roots(model: SpineModel) -> Iterator[Added]:
    """Give every nerve root with its ganglion, numbered as foramina are."""
    placed = model.posture.placed
    for level in list(placed)[:-1]:
        for side in Side:
            yield from _root(placed[level], side, foramen_label(level, side))


def _root(placed: Placed, side: Side, number: int) -> Iterator[Added]:
    """Give one root: from the sac, under its pedicle, through the foramen and on."""
    shape, sign = placed.shape, side.sign
    lumbar = placed.level.region == "lumbar"
    isthmus, _ = pedicle_frame(placed, side)
    wall = shape.endplate_depth_mm / 2.0
    under = isthmus[2] - shape.pedicle_height_mm / 2.0 - DORSAL_GANGLION_BELOW_MM
    inner = np.array(
        [
            sign * (0.5 * shape.canal_width_mm - 3.5),
            wall + 0.4 * shape.canal_depth_mm,
            isthmus[2] + (6.0 if lumbar else 0.0),
        ]
    )
    ganglion = np.array([isthmus[0], wall + 0.30 * shape.canal_depth_mm, under - 0.8])
    beyond = ganglion + np.array([sign * 16.0, -7.0, -14.0 if lumbar else -5.0])
    thick = 1.7 if lumbar else 1.3
    yield tube(placed.lps(inner), placed.lps(ganglion), thick, ROOT_HU, number)
    yield tube(placed.lps(ganglion), placed.lps(beyond), thick, ROOT_HU, number)
    along = unit(beyond - ganglion) * 2.2
    ends = placed.lps(ganglion - along), placed.lps(ganglion + along)
    yield tube(*ends, 2.9 if lumbar else 2.2, GANGLION_HU, number)


def soft_tumour(model: SpineModel, recipe: Recipe) -> Iterator[Added]:
    """Give tumour that lies outside bone; discs and bone are drawn over it."""
    for lesion in recipe.lesions:
        placed = model.posture.placed[lesion.level]
        if lesion.epidural_mm > 0.0:
            yield _epidural(placed, lesion)
        if lesion.foraminal is not None:
            yield _foraminal(placed, lesion.foraminal)


def leaks(model: SpineModel, recipe: Recipe) -> Iterator[Added]:
    """Give old cement outside bone; it takes the place of disc, and bone is drawn over it."""
    for cement in recipe.cement:
        for leak in cement.leaks:
            yield _leak(model, cement, leak)


def _epidural(placed: Placed, lesion: Lesion) -> Added:
    """Return tumour on the posterior wall, ``epidural_mm`` deep at its middle."""
    wall = placed.shape.endplate_depth_mm / 2.0
    aside = {Place.PEDICLE_LEFT: 0.3, Place.PEDICLE_RIGHT: -0.3}.get(lesion.place, 0.0)
    wide = min(0.8 * lesion.r_mm, 0.42 * placed.shape.canal_width_mm)
    middle = np.array([aside * placed.shape.canal_width_mm, wall, 0.0])
    half = np.array([wide, lesion.epidural_mm, 0.9 * lesion.r_mm])
    return lump(placed.lps(middle), placed.axes, half, TUMOUR_HU, TUMOUR)


def _foraminal(placed: Placed, side: Side) -> Added:
    """Return tumour that fills the upper part of the foramen below the level."""
    isthmus, _ = pedicle_frame(placed, side)
    drop = placed.shape.pedicle_height_mm / 2.0 + 4.5
    half = np.array([0.5 * placed.shape.pedicle_width_mm + 4.0, 4.5, 5.5])
    return lump(
        placed.lps(isthmus - np.array([0.0, 1.0, drop])), placed.axes, half, TUMOUR_HU, TUMOUR
    )


def _leak(model: SpineModel, cement: OldCement, leak: Leak) -> Added:
    """Return one leak of old cement."""
    placed = model.posture.placed[cement.level]
    shape = placed.shape
    wide, deep = shape.endplate_width_mm / 2.0, shape.endplate_depth_mm / 2.0
    tall = shape.height_mm / 2.0
    if leak is Leak.VEIN:
        start = placed.lps(np.array([0.9 * wide, 0.0, 0.0]))
        end = placed.lps(np.array([wide + 4.0, -0.9 * deep, 0.9 * tall]))
        return tube(start, end, 1.4, CEMENT_HU, CEMENT)
    middle, half = {
        Leak.DISC: ((0.2 * wide, -0.2 * deep, tall + 0.4 * shape.disc_below_mm), (8.0, 6.0, 2.0)),
        Leak.EPIDURAL: ((0.25 * shape.canal_width_mm, deep + 1.8, 0.0), (2.6, 1.8, 9.0)),
        Leak.PARAVERTEBRAL: ((-(wide + 2.5), -0.2 * deep, 0.1 * tall), (4.0, 6.0, 8.0)),
    }[leak]
    return lump(placed.lps(np.array(middle)), placed.axes, np.array(half), CEMENT_HU, CEMENT)


def metal(model: SpineModel, recipe: Recipe) -> Iterator[Added]:
    """Give screws, rods and a needle; they are drawn last."""
    heads: dict[Side, list[Vector]] = {Side.LEFT: [], Side.RIGHT: []}
    for level in recipe.screws:
        for side in Side:
            middle, forward = _pedicle_axis(model, level, side)
            head = middle - forward * SCREW_BACK_MM
            tip = middle + forward * SCREW_FORWARD_MM
            yield tube(head, tip, SCREW_RADIUS_MM, TITANIUM_HU, METAL)
            yield tube(head - forward * 5.0, head + forward * 2.0, 6.0, TITANIUM_HU, METAL)
            heads[side].append(head)
    for ends in heads.values():
        for one, other in itertools.pairwise(ends):
            yield tube(one, other, ROD_RADIUS_MM, TITANIUM_HU, METAL)
    if recipe.needle is not None:
        yield _needle(model, recipe.needle)


def _needle(model: SpineModel, needle: PlacedNeedle) -> Added:
    middle, forward = _pedicle_axis(model, needle.level, needle.side)
    ends = middle - forward * NEEDLE_BACK_MM, middle + forward * NEEDLE_FORWARD_MM
    return tube(*ends, needle.outer_diameter_mm / 2.0, STEEL_HU, METAL)


def cement_cord(cord: LaidCement) -> Added:
    """Return a cord of cement; its ends are round."""
    return tube(cord.start.array, cord.end.array, cord.radius_mm, cord.hu, CEMENT)


def laid(needle: LaidNeedle) -> tuple[Added, ...]:
    """Return the hub, if there is one, and the shaft with its ground tip."""
    back, tip, radius = needle.back.array, needle.tip.array, needle.outer_diameter_mm / 2.0
    along = unit(tip - back)
    row = blade(back, tip + along * radius, np.array([0.3, 0.5, -0.8]), (radius,) * 4)
    bevel, roll = np.radians(needle.bevel_deg), np.radians(needle.roll_deg)
    one = row[fields.ACROSS : fields.ACROSS + 3]
    other = row[fields.UPRIGHT : fields.UPRIGHT + 3]
    normal = along * np.sin(bevel) + (one * np.cos(roll) + other * np.sin(roll)) * np.cos(bevel)
    middle = tip - along * radius / np.tan(bevel)
    shaft = Added(row=cut_blade(row, normal, float(normal @ middle)), hu=needle.hu, number=METAL)
    if needle.hub_mm == 0.0:
        return (shaft,)
    hub = tube(back, back + along * needle.hub_mm, HUB_RADIUS_MM, HUB_HU, 0)
    return hub, shaft


def _pedicle_axis(model: SpineModel, level: Level, side: Side) -> tuple[Vector, Vector]:
    placed = model.posture.placed[level]
    middle, axis = pedicle_frame(placed, side)
    return placed.lps(middle), np.asarray(placed.axes @ axis, dtype=np.float64)
