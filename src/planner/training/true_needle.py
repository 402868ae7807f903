"""Measures one needle on the truth, whatever it is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from planner.domain import structures
from planner.domain.errors import UsageError
from planner.domain.levels import Side
from planner.domain.plan import Approach
from planner.domain.while_open import kept_while_open
from planner.geometry.points import unit
from planner.planning import Direction, measure
from planner.training.outcome import Near, TrueNeedle

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.planning.measures import TrajectoryMeasures

IN_CANAL: Final = (structures.CANAL, structures.DURAL_SAC, structures.CORD)
ORGANS: Final = (structures.AORTA, structures.VENA_CAVA, structures.PLEURA)
NERVE_KINDS: Final = ("root", "foramen")

BESIDE_MM: Final = 1.0
"""A needle whose axis passes the isthmus this far outside the wall was still meant for the
pedicle: it scrapes it. Farther to the outside it goes beside it."""


def true_needle(
    needle: Trajectory, ct: CtVolume, truth: Anatomy, *, outer_diameter_mm: float
) -> TrueNeedle:
    """Measure a needle on the truth.

    The vertebra is the one its tip lies in or is nearest to, the side the one it goes in on,
    and the way that by which it passes the isthmus: names count for nothing, but that a needle
    called transpedicular has breached the pedicle where it goes beside it.
    """
    vertebra = _vertebra(needle, truth)
    side = _side(needle, vertebra)
    passes = _at_isthmus(needle, vertebra, side, outer_diameter_mm)
    through = passes is not None and _scrapes_at_most(passes, outer_diameter_mm)
    meant = through or needle.approach is Approach.TRANSPEDICULAR
    asked = Approach.TRANSPEDICULAR if meant else needle.approach
    there = replace(needle, level=vertebra.level, side=side, approach=asked)
    found = measure(there, ct, truth, outer_diameter_mm=outer_diameter_mm)
    pedicle = found.pedicle if meant else None
    way = Approach.TRANSPEDICULAR if through else _named_way(needle.approach)
    breach_mm = 0.0 if pedicle is None else pedicle.breach_mm
    return TrueNeedle(
        id=needle.id,
        named_level=needle.level,
        named_side=needle.side,
        level=vertebra.level,
        side=side,
        way=way,
        tip=needle.tip,
        breach_mm=breach_mm,
        breach_way=(
            _breach_way(pedicle.worst_direction, passes) if pedicle and breach_mm > 0.0 else None
        ),
        breach_at=None if pedicle is None else pedicle.at,
        canal=_nearest(found, IN_CANAL),
        root=_nearest(found, NERVE_KINDS),
        organ=_nearest(found, ORGANS),
        in_body=found.tip is not None and found.tip.in_body,
        to_lesion_mm=to_lesion_mm(needle, truth),
    )


def to_lesion_mm(needle: Trajectory, truth: Anatomy) -> float:
    """Return how far the tip is from the lesion, 0 inside it.

    Raises
    ------
    UsageError
        For a spine without a lesion, which is no exercise.
    """
    tree = _lesion_tree(truth)
    far, _ = tree.query(needle.tip.array)
    half_voxel_mm = max(truth.geometry.spacing_mm) / 2.0
    return max(0.0, float(far) - half_voxel_mm)


@kept_while_open(2)
def _lesion_tree(truth: Anatomy) -> cKDTree:
    index = np.argwhere(truth.lesion) if truth.lesion is not None else np.empty((0, 3))
    if not len(index):
        raise UsageError("This spine has no lesion, so there is nothing to score on it.")
    return cKDTree(truth.geometry.lps_mm(index[:, ::-1].astype(np.float64)))


def _vertebra(needle: Trajectory, truth: Anatomy) -> Vertebra:
    """Return the vertebra the tip is in, else the one whose body is nearest."""
    place = np.rint(truth.geometry.ijk(needle.tip.array)).astype(int)
    size = np.array(truth.geometry.size_ijk)
    if ((place >= 0) & (place < size)).all():
        label = int(truth.labels[place[2], place[1], place[0]])
        for level, vertebra in truth.vertebrae.items():
            if level.verse_label == label:
                return vertebra
    return min(truth.vertebrae.values(), key=lambda one: one.body_centre.distance_mm(needle.tip))


def _side(needle: Trajectory, vertebra: Vertebra) -> Side:
    """Return the side of the vertebra on which a needle begins."""
    offset = needle.entry.array - vertebra.body_centre.array
    return Side.LEFT if float(offset @ np.array(vertebra.left)) > 0.0 else Side.RIGHT


@dataclass(frozen=True, slots=True)
class _AtIsthmus:
    """How far a needle's side stands out of the isthmus, mm; negative inside the wall."""

    lateral_mm: float
    medial_mm: float
    above_mm: float


def _at_isthmus(
    needle: Trajectory, vertebra: Vertebra, side: Side, outer_diameter_mm: float
) -> _AtIsthmus | None:
    """Return where a needle passes the isthmus; ``None`` where it does not."""
    pedicle = vertebra.pedicles.get(side)
    if pedicle is None:
        return None
    axis, isthmus = np.array(pedicle.axis), pedicle.isthmus.array
    way = needle.tip.array - needle.entry.array
    speed = float(way @ axis)
    if speed <= 0.0:
        return None
    share = float((isthmus - needle.entry.array) @ axis) / speed
    if not 0.0 <= share <= 1.0:
        return None
    offset = needle.entry.array + share * way - isthmus
    outward_mm = float(offset @ (side.sign * unit(_across(vertebra.left, axis))))
    up_mm = float(offset @ unit(_across(vertebra.superior, axis)))
    half_mm = (pedicle.width_mm.best - outer_diameter_mm) / 2.0
    return _AtIsthmus(
        lateral_mm=outward_mm - half_mm,
        medial_mm=-outward_mm - half_mm,
        above_mm=abs(up_mm) - (pedicle.height_mm.best - outer_diameter_mm) / 2.0,
    )


def _scrapes_at_most(passes: _AtIsthmus, outer_diameter_mm: float) -> bool:
    """Tell whether a needle passes inside the wall, scrapes it from outside, or lies medial."""
    reach_mm = BESIDE_MM + outer_diameter_mm
    return passes.lateral_mm <= reach_mm and passes.above_mm <= reach_mm


def _across(direction: tuple[float, float, float], axis: Vector) -> Vector:
    """Return the part of a direction at right angles to an axis of length one."""
    whole = np.array(direction)
    return np.asarray(whole - axis * float(whole @ axis))


def _breach_way(found: Direction, passes: _AtIsthmus | None) -> Direction:
    """Return which way a needle leaves; out at a corner on the side of the canal is medial."""
    up_or_down = found in (Direction.SUPERIOR, Direction.INFERIOR)
    if up_or_down and passes is not None and passes.medial_mm > 0.0:
        return Direction.MEDIAL
    return found


def _named_way(approach: Approach) -> Approach:
    """Return how a needle beside the pedicle goes: as it is called, unless that is through it."""
    return Approach.PARAPEDICULAR if approach is Approach.TRANSPEDICULAR else approach


def _nearest(found: TrajectoryMeasures, kinds: tuple[str, ...]) -> Near | None:
    for one in found.clearances:
        if one.structure.split(":")[0] in kinds:
            return Near(structure=one.structure, distance_mm=one.distance_mm.best, at=one.at)
    return None
