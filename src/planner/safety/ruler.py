"""Distances between what is planned and what must be spared, each taken two ways."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from scipy.spatial import cKDTree

from planner.domain.levels import Level, Side, foramen_label
from planner.domain.prediction import Exposure, KilledTissue, PredictedCement
from planner.domain.structures import (
    CANAL,
    OTHER_NEEDLE,
    POSTERIOR_WALL,
    SKIN,
    bone,
    foramen,
    in_words,
)
from planner.domain.while_open import kept_while_open
from planner.geometry.gaps import capsule_gap
from planner.geometry.points import PointLps
from planner.safety.distance_field import FIELD_REACH_MM
from planner.safety.frame import check_wall
from planner.safety.gives import gives
from planner.safety.measured import Measured, MissingInputError
from planner.safety.nearest_pair import nearest_pair
from planner.safety.same_array import SameArray
from planner.safety.surfaces import (
    StructureSurface,
    cropped_to_filled,
    exposed_face_points,
    in_voxels,
)
from planner.safety.zone_surface import least_over_zone, zone_points

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.geometry.capsule import Capsule
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

_Value = TypeVar("_Value")

AGREEMENT_MM = 0.5
"""Two ways of taking one distance may differ by no more; beyond, neither is believed."""

TOUCHING_MM = 1e-9
"""Nearer than this is the rounding of a float, and said to be touching: 0, not -1.8e-15 mm."""

NEEDLE_STEP_MM = 0.4
"""Step along a needle: the distance between two samples is off by under 0.02 mm at 1 mm."""

SKIN_REACH_MM = 30.0
"""Skin further from a zone than this is beyond every limit; the distance then reads 30 mm."""

BLOCK = 16
"""Voxels by which the place where the skin is looked for moves, so that it is seldom another."""

SOLIDS = (PredictedCement, KilledTissue, Exposure)
"""Made anew by every edit, and some megabytes each."""

REMEMBERED = 1024
"""Distances kept: some hundred edits of a plan of four needles."""


class Voxels(Protocol):
    """A solid of voxels: cement, or tissue that is said to die."""

    @property
    def geometry(self) -> VolumeGeometry:
        """The grid of the voxels."""

    def filled(self) -> NDArray[np.bool_]:
        """Tell which voxels belong to it, ``[k, j, i]``."""


class Ruler:
    """Measures in one anatomy, and remembers what it measured."""

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy = anatomy
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._of_solids: WeakKeyDictionary[object, OrderedDict[Hashable, Any]] = (
            WeakKeyDictionary()
        )
        self._lock = Lock()  # the card of a needle is measured beside a check

    def structure(self, name: str) -> StructureSurface:
        """Return a structure by name.

        Raises
        ------
        MissingInputError
            When it was not outlined, or the outline is empty.
        """
        array, label = _array(self._anatomy, name)
        return surface_of(name, self._anatomy.geometry, SameArray(array), label)

    def needle(self, needle: Capsule, name: str) -> Measured:
        """Return the distance from a needle's side to a structure."""
        return self.remembered(self._measure_needle, needle, name)

    def zone(self, zone: Spheroid, name: str) -> Measured:
        """Return the distance from a zone's surface to a structure."""
        return self.remembered(self._measure_zone, zone, name)

    def cement(self, cement: PredictedCement, name: str) -> Measured:
        """Return the distance from the surface of the cement to a structure."""
        return self.remembered(self._measure_voxels, cement, name)

    def killed(self, killed: KilledTissue, name: str) -> Measured:
        """Return the distance from tissue that is said to die to a structure."""
        return self.remembered(self._measure_voxels, killed, name)

    def between_needles(self, one: Capsule, other: Capsule) -> Measured:
        """Return the distance between the sides of two needles."""
        return self.remembered(_measure_between, one, other)

    def needle_to_wall(self, needle: Capsule, level: Level) -> Measured:
        """Return the distance from a needle's side to the posterior wall of a level."""
        return self.remembered(self._measure_needle_to_wall, needle, level)

    def _measure_needle_to_wall(self, needle: Capsule, level: Level) -> Measured:
        wall = self._wall(level)
        exact = needle.signed_distance_mm(wall)
        near, _ = self.wall_tree(level).query(needle.axis_points_mm(NEEDLE_STEP_MM))
        place = int(exact.argmin())
        return _agreed(
            POSTERIOR_WALL, float(exact[place]), float(near.min()) - needle.radius_mm, wall[place]
        )

    def cement_to_wall(self, cement: PredictedCement, level: Level) -> Measured:
        """Return the distance from the cement to the posterior wall of a level."""
        return self.remembered(self._measure_voxels_to_wall, cement, level)

    def killed_to_wall(self, killed: KilledTissue, level: Level) -> Measured:
        """Return the distance from tissue that is said to die to a level's posterior wall."""
        return self.remembered(self._measure_voxels_to_wall, killed, level)

    def _measure_voxels_to_wall(self, solid: Voxels, level: Level) -> Measured:
        wall = self._wall(level)
        surface, _ = self.voxel_points(solid)
        place, first, _ = nearest_pair(cKDTree(surface), wall)
        _, second, _ = nearest_pair(self.wall_tree(level), surface)
        inside = in_voxels(solid.geometry, solid.filled(), wall)
        if inside.any():
            place, first, second = int(inside.argmax()), 0.0, 0.0
        return _agreed(POSTERIOR_WALL, first, second, wall[place])

    def bone(self, level: Level) -> StructureSurface:
        """Return the outlined body of a vertebra with the discs, as one solid."""
        bodies, discs = SameArray(self._anatomy.bodies), SameArray(self._anatomy.discs)
        return bone_of(level, self._anatomy.geometry, bodies, discs)

    def depth_in_bone(self, needle: Capsule, level: Level, vertebra: Vertebra) -> Measured:
        """Return how deep the front of a needle lies in the body and discs; negative outside.

        Where no part of it reaches the front half of the body, the depth is that of the tip.
        """
        return self.remembered(self._measure_depth, needle, level, vertebra, about=(needle, level))

    def _measure_depth(self, needle: Capsule, level: Level, vertebra: Vertebra) -> Measured:
        points = needle.axis_points_mm(NEEDLE_STEP_MM)
        ahead = (points - vertebra.body_centre.array) @ np.array(vertebra.anterior) > 0.0
        front = points[ahead] if ahead.any() else points[-1:]
        solid = self.bone(level)
        near, nearest = solid.tree.query(front)
        signed = np.where(solid.holds(front), near, -near)
        place = int(signed.argmin())
        first = float(signed[place]) - needle.radius_mm
        second = -float(solid.field_mm(front).max()) - needle.radius_mm
        return _agreed(bone(level), first, second, solid.surface_mm[int(nearest[place])])

    def lesion_points(self, level: Level) -> Vector:
        """Return the voxel centres of the lesion inside one vertebra, shape ``(n, 3)``, LPS."""
        return self.remembered(self._lesion_points, level)

    def lesion_in_zone(self, zone: Spheroid, level: Level) -> Vector:
        """Return how far each point of the lesion lies from a zone; negative inside."""
        return self.remembered(self._lesion_to_zone, zone, level)

    def _lesion_to_zone(self, zone: Spheroid, level: Level) -> Vector:
        return zone.signed_distance_mm(self.lesion_points(level))

    def _lesion_points(self, level: Level) -> Vector:
        lesion = self._anatomy.lesion
        if lesion is None:
            raise MissingInputError("no lesion is outlined", structure="lesion")
        places = np.argwhere(lesion & (self._anatomy.labels == level.verse_label))
        return self._anatomy.geometry.lps_mm(places[:, ::-1].astype(np.float64))

    def zone_points(self, zone: Spheroid) -> Vector:
        """Return points spread over a zone's surface and within, once."""
        return self.remembered(zone_points, zone)

    @gives(bool)
    def any_of(self, name: str) -> bool:
        """Tell whether an outlined structure has a voxel in this grid."""
        return self.remembered(self._any_of, name)

    def _any_of(self, name: str) -> bool:
        return bool(_mask(self._anatomy, name).any())

    @gives(bool)
    def holds_level(self, level: Level) -> bool:
        """Tell whether any voxel carries the label of a level."""
        return self.remembered(self._holds_level, level)

    def _holds_level(self, level: Level) -> bool:
        return bool((self._anatomy.labels == level.verse_label).any())

    def foramina_outlined(self) -> tuple[str, ...]:
        """Name every foramen that has a voxel."""
        return self.remembered(self._foramina_outlined)

    def remembered(
        self,
        work_out: Callable[..., _Value],
        *given: Any,
        about: Hashable = None,
        keep: Callable[[_Value], bool] = lambda _: True,
    ) -> _Value:
        """Return what ``work_out`` makes of what it is given, worked out once.

        It is found again by ``about``, all that decides the answer in this anatomy, where not
        everything given can be compared. An error is not remembered, nor what ``keep`` says no
        to. A method is known by its function, for a ruler that holds itself is freed late. What
        is remembered of a solid of voxels goes with it: nobody can ask for it again.
        """
        about = given if about is None else about
        parts = about if isinstance(about, tuple) else (about,)
        solid = next((part for part in parts if isinstance(part, SOLIDS)), None)
        others = tuple(None if part is solid else part for part in parts)
        key = (getattr(work_out, "__func__", work_out), others)
        with self._lock:
            known = self._known
            if solid is not None:
                known = self._of_solids.setdefault(solid, OrderedDict())
            if key in known:
                known.move_to_end(key)
                found: _Value = known[key]
                return found
        made = work_out(*given)
        if keep(made):
            with self._lock:
                known[key] = made
                if len(known) > REMEMBERED:
                    known.popitem(last=False)
        return made

    def wall_tree(self, level: Level) -> cKDTree:
        """Return the posterior wall of a level for asking which point is nearest."""
        return self.remembered(self._tree_of_wall, level)

    def _tree_of_wall(self, level: Level) -> cKDTree:
        return cKDTree(self._wall(level))

    def _foramina_outlined(self) -> tuple[str, ...]:
        present = set(np.unique(self._anatomy.foramina).tolist())
        return tuple(
            foramen(level, side)
            for level in Level
            for side in Side
            if foramen_label(level, side) in present
        )

    def zone_to_skin(self, zone: Spheroid) -> Measured:
        """Return the distance from a zone's surface to the skin.

        Where no skin is near it is as far as was looked: ``SKIN_REACH_MM``, or to the edge of
        the outlines where that is nearer.
        """
        return self.remembered(self._measure_skin, zone)

    def _measure_skin(self, zone: Spheroid) -> Measured:
        """Measure to what lies outside the patient, looked for about the zone only."""
        geometry = self._anatomy.geometry
        outer = max(zone.half_length_mm, zone.half_width_mm)
        index = geometry.ijk(zone.centre.array)
        steps_per_mm = np.linalg.norm(geometry.ijk_from_lps[:3, :3], axis=1)
        size = np.array(geometry.size_ijk)
        to_edge = np.minimum(index + 0.5, size - 0.5 - index) / steps_per_mm
        seen_mm = min(SKIN_REACH_MM, float(to_edge.min()) - outer)
        half = (outer + SKIN_REACH_MM) * steps_per_mm
        low = np.clip(BLOCK * np.floor((index - half) / BLOCK), 0, size - 1).astype(int)
        high = np.clip(BLOCK * np.ceil((index + half + 1) / BLOCK), low + 1, size).astype(int)
        (i, j, k), (i_end, j_end, k_end) = low.tolist(), high.tolist()
        box = (slice(k, k_end), slice(j, j_end), slice(i, i_end))
        far = Measured(structure=SKIN, distance_mm=seen_mm, at=zone.centre)
        if not _mask(self._anatomy, SKIN)[box].any():
            return far
        drawn, label = _array(self._anatomy, SKIN)
        air = air_of(geometry, SameArray(drawn), label, (i, j, k), (i_end, j_end, k_end))
        place, first = air.cells.nearest(zone)
        if first >= seen_mm:
            return far
        if air.holds(zone.centre.array[None, :])[0]:
            first = min(first, -zone.half_width_mm)
        second = least_over_zone(zone, self.zone_points(zone), air.field_mm)
        return _agreed(SKIN, first, second, air.surface_mm[place])

    def _measure_needle(self, needle: Capsule, name: str) -> Measured:
        structure = self.structure(name)
        axis = needle.axis_points_mm(NEEDLE_STEP_MM)
        place, first = structure.cells.nearest(needle)
        within = structure.holds(axis)
        if within.any():
            depth, _ = structure.tree.query(axis[within])
            first = -float(depth.max()) - needle.radius_mm
        second = float(structure.field_mm(axis).min()) - needle.radius_mm
        return _agreed(name, first, second, structure.surface_mm[place])

    def _measure_zone(self, zone: Spheroid, name: str) -> Measured:
        structure = self.structure(name)
        place, first = structure.cells.nearest(zone)
        if structure.holds(zone.centre.array[None, :])[0]:
            first = min(first, -zone.half_width_mm)
        second = least_over_zone(zone, self.zone_points(zone), structure.field_mm)
        return _agreed(name, first, second, structure.surface_mm[place])

    def _measure_voxels(self, solid: Voxels, name: str) -> Measured:
        structure = self.structure(name)
        surface, centres = self.voxel_points(solid)
        _, first, nearest = nearest_pair(structure.tree, surface)
        held = in_voxels(solid.geometry, solid.filled(), structure.surface_mm)
        if structure.holds(centres).any() or held.any():
            first = min(0.0, -first)
        second = float(structure.field_mm(surface).min())
        return _agreed(name, first, second, structure.surface_mm[nearest])

    def voxel_points(self, solid: Voxels) -> tuple[Vector, Vector]:
        """Return points on the surface of cement or dead tissue and its voxel centres, once."""
        return self.remembered(points_of, solid)

    def _wall(self, level: Level) -> Vector:
        return self.remembered(self._wall_points, level)

    def _wall_points(self, level: Level) -> Vector:
        vertebra = self._anatomy.vertebrae.get(level)
        wall = None if vertebra is None else vertebra.posterior_wall
        if vertebra is None or wall is None or not len(wall.points_mm):
            raise MissingInputError(
                f"the posterior wall of {level} is not outlined", structure=POSTERIOR_WALL
            )
        if not np.isfinite(wall.points_mm).all():
            raise ValueError("the posterior wall has points that are not finite")
        check_wall(vertebra, wall.points_mm)
        return wall.points_mm


@kept_while_open(96)
def surface_of(
    name: str, geometry: VolumeGeometry, drawn: SameArray, label: int
) -> StructureSurface:
    """Return the surface of one structure, made once for each array."""
    return StructureSurface.of_mask(name, geometry, np.asarray(drawn.array == label))


@kept_while_open(8)
def bone_of(
    level: Level, geometry: VolumeGeometry, bodies: SameArray, discs: SameArray
) -> StructureSurface:
    """Return the body of a vertebra with the discs as one solid, made once."""
    mask = (bodies.array == level.verse_label) | (discs.array != 0)
    return StructureSurface.of_mask(bone(level), geometry, np.asarray(mask))


@kept_while_open(8)
def air_of(
    geometry: VolumeGeometry,
    drawn: SameArray,
    label: int,
    low: tuple[int, int, int],
    high: tuple[int, int, int],
) -> StructureSurface:
    """Return what lies outside the patient in a box of voxels, from ``low`` to before ``high``."""
    (i, j, k), (i_end, j_end, k_end) = low, high
    crop = np.asarray(drawn.array[k:k_end, j:j_end, i:i_end] == label)
    size = (i_end - i, j_end - j, k_end - k)
    return StructureSurface.of_mask(SKIN, geometry.cropped(low, size), crop)


@kept_while_open(2)
def ruler_for(anatomy: Anatomy) -> Ruler:
    """Return the ruler of an anatomy.

    The arrays are made read-only, because a distance remembered for outlines that were then
    painted over would be a stale warning.
    """
    masks = [anatomy.labels, anatomy.bodies, anatomy.discs, anatomy.foramina, anatomy.canal]
    masks += [mask for mask in (anatomy.lesion, *anatomy.masks.values()) if mask is not None]
    for mask in masks:
        mask.flags.writeable = False
    return Ruler(anatomy)


def points_of(solid: Voxels) -> tuple[Vector, Vector]:
    """Return points on the surface of a solid and its voxel centres, each ``(n, 3)`` LPS.

    Raises
    ------
    MissingInputError
        When it fills nothing; a rule on dead tissue asks before.
    """
    filled = solid.filled()
    if not filled.any():
        raise MissingInputError("the cement fills nothing", kind="prediction")
    low, crop = cropped_to_filled(filled)
    surface = exposed_face_points(crop, solid.geometry.spacing_mm) + low[::-1]
    centres = np.argwhere(crop)[:, ::-1] + low[::-1]
    return solid.geometry.lps_mm(surface), solid.geometry.lps_mm(centres.astype(np.float64))


def _measure_between(one: Capsule, other: Capsule) -> Measured:
    gap = capsule_gap(one, other)
    sampled_mm = float(other.signed_distance_mm(one.axis_points_mm(NEEDLE_STEP_MM)).min())
    towards = gap.at_one.array - gap.at_other.array
    apart_mm = float(np.linalg.norm(towards))
    side = other.radius_mm / max(apart_mm, other.radius_mm)  # never beyond the axis of the first
    at_mm = gap.at_other.array + side * towards
    return _agreed(OTHER_NEEDLE, gap.mm, sampled_mm - one.radius_mm, at_mm)


def _agreed(name: str, first_mm: float, second_mm: float, at_mm: Vector) -> Measured:
    """Return the first distance when the second agrees.

    Beyond the reach of the field the second way only says "at least so far". Where both ways
    say touching, they agree, because depth inside is not what a rule asks for.
    """
    if np.isnan(first_mm) or np.isnan(second_mm):
        raise MissingInputError(
            f"the distance to the {in_words(name)} is not a number", structure=name
        )
    reach = FIELD_REACH_MM - AGREEMENT_MM
    both_far = first_mm >= reach - AGREEMENT_MM and second_mm >= reach - AGREEMENT_MM
    both_touch = first_mm <= 0.0 and second_mm <= 0.0
    if not (both_far or both_touch or abs(first_mm - second_mm) <= AGREEMENT_MM):
        raise MissingInputError(
            f"two ways of measuring the distance to the {in_words(name)} differ "
            f"({first_mm:.1f} and {second_mm:.1f} mm)",
            structure=name,
        )
    if abs(first_mm) < TOUCHING_MM:
        first_mm = 0.0
    return Measured(structure=name, distance_mm=first_mm, at=PointLps.of(at_mm))


def _mask(anatomy: Anatomy, name: str) -> NDArray[np.bool_]:
    array, label = _array(anatomy, name)
    return np.asarray(array if array.dtype == np.bool_ else array == label, dtype=np.bool_)


def _array(anatomy: Anatomy, name: str) -> tuple[NDArray[np.generic], int]:
    """Return the array a structure is drawn in, and the value it is drawn with."""
    if name == CANAL:
        return anatomy.canal, True
    if name.startswith("foramen:"):
        _, level, side = name.split(":")
        return anatomy.foramina, foramen_label(Level(level), Side(side))
    found = anatomy.masks.get(name)
    if found is None:
        raise MissingInputError(f"the {in_words(name)} is not outlined", structure=name)
    return found, True


def foramina_of(level: Level, anatomy: Anatomy) -> tuple[str, ...]:
    """Name the foramina a pedicle of ``level`` bounds: those below it and those above it."""
    above = [item for item in anatomy.vertebrae if item.order < level.order]
    names = [foramen(level, side) for side in Side]
    if above:
        upper = max(above, key=lambda item: item.order)
        names += [foramen(upper, side) for side in Side]
    return tuple(names)


def outlined(anatomy: Anatomy, prefix: str) -> tuple[str, ...]:
    """Name every extra mask that starts with ``prefix``, such as ``root:``; never the skin."""
    return tuple(
        sorted(name for name in anatomy.masks if name.startswith(prefix) and name != SKIN)
    )
