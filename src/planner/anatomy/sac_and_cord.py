"""Dural sac, cord and cauda equina, estimated from the canal: CT shows only its bone.

Each is a pair of regions. The possible one is the canal itself over the levels the structure may
reach, so that it is never smaller than what was judged before. The likely one is what published
sizes leave of it. They are drawn, listed and measured to; no rule and no simulation reads them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage

from planner.anatomy.naming import NOT_COUNTABLE
from planner.catalog import resource_path
from planner.domain import structures
from planner.domain.anatomy import EstimatedRegion
from planner.domain.levels import Level
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.geometry.points import Vector

THIRDS: Final = {"upper": -0.27, "middle": 0.0, "lower": 0.27}
"""Middle of each third of a body from the body's middle, in vertebrae: a disc is a fifth."""

HALF_THIRD: Final = 0.13

DOUBTED_BY: Final = 1.0
"""A counted name may be off by one vertebra; a rib more or less, or a transitional one."""

USUAL_PERIOD_MM: Final = 28.0
"""Beyond the last vertebra in the scan, where no neighbour tells how far the next one is."""

_STATION: Final = 0.1
"""The canal's half depth is taken over so many vertebrae, about 3 mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSizes:
    """What ``resources/anatomy/sac_and_cord.toml`` says.

    Attributes
    ----------
    epidural_mm, cord_depth_mm
        From the canal's bone to the sac, and the cord from front to back.
    conus, conus_highest, conus_lowest
        Where the cord ends, in vertebrae below the middle of L1.
    """

    epidural_mm: Sourced
    cord_depth_mm: Sourced
    conus: Sourced
    conus_highest: Sourced
    conus_lowest: Sourced


@cache
def published_sizes() -> PublishedSizes:
    """Read the sizes and where they come from."""
    path = resource_path("anatomy", "sac_and_cord.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))

    def number(name: str) -> Sourced:
        row: dict[str, Any] = table[name]
        return Sourced(value=row["value"], status=Status(row["status"]), source=row["source"])

    def end(name: str, further: float = 0.0) -> Sourced:
        row: dict[str, Any] = table[name]
        value = place_of(Level(row["level"])) + THIRDS[row["third"]] + further
        return Sourced(value=value, status=Status(row["status"]), source=row["source"])

    return PublishedSizes(
        epidural_mm=number("epidural_likely_mm"),
        cord_depth_mm=number("cord_depth_mm"),
        conus=end("conus_likely"),
        conus_highest=end("conus_highest", -HALF_THIRD),
        conus_lowest=end("conus_lowest", HALF_THIRD),
    )


def with_sac_and_cord(anatomy: Anatomy) -> Anatomy:
    """Return the anatomy with what is estimated from its canal; nothing where there is none.

    What a person outlined by hand is not estimated beside it.
    """
    if not anatomy.canal.any() or not anatomy.vertebrae:
        return anatomy
    box = _box(anatomy.canal)
    k, j, i = box
    geometry = anatomy.geometry.cropped(
        (i.start, j.start, k.start), (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    )
    canal = np.ascontiguousarray(anatomy.canal[box])
    index = np.argwhere(canal)
    place = places_along(anatomy, geometry.lps_mm(index[:, ::-1].astype(np.float64)))
    depth = edt.edt(canal, anisotropy=geometry.spacing_mm[::-1], black_border=False)[canal]
    depth_mm = depth - 0.5 * min(geometry.spacing_mm)
    sizes = published_sizes()
    in_sac = depth_mm >= sizes.epidural_mm.value
    middle = depth_mm >= _half_depth_mm(depth_mm, place) - 0.5 * sizes.cord_depth_mm.value
    above, below = place < sizes.conus.value, place >= sizes.conus.value
    doubt = _doubt_of_names(anatomy)
    may_be_cord = place < sizes.conus_lowest.value + doubt
    may_be_cauda = place >= sizes.conus_highest.value - doubt
    everywhere = np.ones(len(place), np.bool_)

    def region(likely: NDArray[np.bool_], possible: NDArray[np.bool_]) -> EstimatedRegion:
        return EstimatedRegion(
            geometry=geometry, likely=_filled(canal, likely), possible=_filled(canal, possible)
        )

    found = {
        structures.ESTIMATED_SAC: region(in_sac, everywhere),
        structures.ESTIMATED_CORD: region(in_sac & middle & above, may_be_cord),
        structures.ESTIMATED_CAUDA: region(in_sac & below, may_be_cauda),
    }
    drawn = {
        structures.ESTIMATE_OF[name] for name in anatomy.masks if name in structures.ESTIMATE_OF
    }
    return replace(
        anatomy,
        estimates={
            name: one for name, one in found.items() if name not in drawn and one.possible.any()
        },
    )


def place_of(level: Level) -> float:
    """Return how many vertebrae a level lies below L1; T13 and L6 lie between their neighbours."""
    usual = [one for one in Level if one not in (Level.T13, Level.L6)]
    above = sum(one.order < level.order for one in usual)
    return above - usual.index(Level.L1) - (0.5 if level not in usual else 0.0)


def places_along(anatomy: Anatomy, points_mm: Vector) -> NDArray[np.float64]:
    """Return where points lie along the spine, in vertebrae below the middle of L1.

    Between two bodies it is the share of the way from the middle plane of one to the other's.
    """
    spine = sorted(anatomy.vertebrae.values(), key=lambda one: one.level.order)
    below_mm = np.stack([_below_mm(one, points_mm) for one in spine])
    nearest = np.abs(below_mm).argmin(axis=0)
    here = np.take_along_axis(below_mm, nearest[None], axis=0)[0]
    other = nearest + np.where(here > 0.0, 1, -1)
    inside = (other >= 0) & (other < len(spine))
    beside = np.take_along_axis(below_mm, np.clip(other, 0, len(spine) - 1)[None], axis=0)[0]
    places = np.array([place_of(one.level) for one in spine])
    span = np.where(inside, np.abs(here) + np.abs(beside), USUAL_PERIOD_MM)
    step = np.where(inside, places[np.clip(other, 0, len(spine) - 1)] - places[nearest], 0.0)
    step = np.where(inside, step, np.sign(here))
    return np.asarray(places[nearest] + step * np.abs(here) / np.maximum(span, 1e-6))


def _below_mm(vertebra: Vertebra, points_mm: Vector) -> NDArray[np.float64]:
    offset = vertebra.body_centre.array - points_mm
    return np.asarray(offset @ np.array(vertebra.superior))


def _half_depth_mm(depth_mm: NDArray[np.float64], place: NDArray[np.float64]) -> Vector:
    """Return for each voxel of the canal how deep its middle lies, at its place on the spine."""
    station = np.floor((place - place.min()) / _STATION).astype(np.int64)
    deepest = np.zeros(int(station.max()) + 1)
    np.maximum.at(deepest, station, depth_mm)
    return np.asarray(ndimage.maximum_filter1d(deepest, 3, mode="nearest")[station])


def _doubt_of_names(anatomy: Anatomy) -> float:
    """Return how many vertebrae the names may be off."""
    doubts = {vertebra.level_doubt for vertebra in anatomy.vertebrae.values()}
    if NOT_COUNTABLE in doubts:
        return float(len(Level))
    return DOUBTED_BY if doubts - {""} else 0.0


def _filled(canal: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    out = np.zeros_like(canal)
    out[canal] = chosen
    return out


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the box of a mask with a voxel to spare, in which surfaces close."""
    slices = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        held = np.flatnonzero(mask.any(axis=others))
        low, high = max(int(held[0]) - 1, 0), min(int(held[-1]) + 2, mask.shape[axis])
        slices.append(slice(low, high))
    return slices[0], slices[1], slices[2]
