"""The regions of a plan's scene as parts, in one order for every format."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from planner.domain.anatomy import Origin
from planner.domain.levels import Side, foramen_label
from planner.domain.prediction import PredictedZone
from planner.domain.structures import ESTIMATED_SAC, in_words
from planner.imaging.outbound.parts import Part, PartKind, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import AblationId, CementId, Plan, Trajectory, TrajectoryId
    from planner.domain.prediction import MissingZone, PredictedCement
    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry

COLOURS: Final = {
    PartKind.VERTEBRA: (214, 198, 160),
    PartKind.CANAL: (204, 121, 167),
    PartKind.FORAMEN: (0, 158, 115),
    PartKind.LESION: (213, 94, 0),
    PartKind.ZONE: (230, 159, 0),
    PartKind.CEMENT: (86, 180, 233),
    PartKind.ESTIMATE: (187, 187, 187),
}
"""Okabe and Ito's colours, as on paper; bone and what is estimated are not of theirs."""


class Exported(Protocol):
    """What is exported besides the plan; scenes of the rules have all of it."""

    @property
    def ct(self) -> CtVolume:
        """The scan."""

    @property
    def anatomy(self) -> Anatomy | None:
        """The outlines."""

    @property
    def zones(self) -> Mapping[AblationId, PredictedZone | MissingZone]:
        """One prediction per ablation."""

    @property
    def cements(self) -> Mapping[CementId, PredictedCement]:
        """One prediction per cement injection."""


def parts_of(plan: Plan, scene: Exported) -> tuple[Part, ...]:
    """Return every region that holds at least one voxel: anatomy, then predictions."""
    found: list[Part] = []
    if scene.anatomy is not None:
        found += _anatomy_parts(scene.anatomy)
    found += _zone_parts(plan, scene)
    found += _cement_parts(plan, scene)
    return tuple(part for part in found if part.mask.any())


def needle_name(plan: Plan, trajectory_id: TrajectoryId) -> tuple[str, Trajectory]:
    """Return a needle's file-safe name, such as ``1-L3-left``, and the needle."""
    trajectory = plan.trajectory(trajectory_id)
    number = plan.trajectories.index(trajectory) + 1
    return f"{number}-{trajectory.level}-{trajectory.side}", trajectory


def _anatomy_parts(anatomy: Anatomy) -> Iterator[Part]:
    levels = sorted(anatomy.vertebrae, key=lambda one: one.order)
    for level in levels:
        geometry, mask = trimmed(anatomy.labels == level.verse_label, anatomy.geometry)
        yield Part(
            key=f"vertebra-{level}",
            name=f"{level} vertebra",
            kind=PartKind.VERTEBRA,
            colour=COLOURS[PartKind.VERTEBRA],
            made_by=anatomy.backend,
            geometry=geometry,
            mask=mask,
            level=level,
            is_manual=anatomy.vertebrae[level].origin is Origin.PAINTED,
        )
    yield _unnamed(anatomy, "canal", "spinal canal", PartKind.CANAL, anatomy.canal)
    for level, side in product(levels, Side):
        wanted = foramen_label(level, side)
        geometry, mask = trimmed(anatomy.foramina == wanted, anatomy.geometry)
        yield Part(
            key=f"foramen-{level}-{side}",
            name=f"foramen below {level}, {side}",
            kind=PartKind.FORAMEN,
            colour=COLOURS[PartKind.FORAMEN],
            made_by=anatomy.backend,
            geometry=geometry,
            mask=mask,
            level=level,
            side=side,
        )
    if anatomy.lesion is not None:
        yield _unnamed(anatomy, "lesion", "lesion", PartKind.LESION, anatomy.lesion)
    yield from _estimates(anatomy)


def _estimates(anatomy: Anatomy) -> Iterator[Part]:
    """Yield where sac, cord, cauda equina, roots and ganglia likely lie, and how far they may.

    What may hold the sac is the whole canal, and what may hold a root the canal beside its
    foramen and that; those are parts already.
    """
    for structure, region in anatomy.estimates.items():
        words = in_words(structure).removeprefix("estimated ")
        shown, source = [("likely", region.likely)], "the canal"
        if ":" in structure:
            source = "bone"
        elif structure != ESTIMATED_SAC:
            shown.append(("possible", region.possible))
        for how, whole in shown:
            geometry, mask = trimmed(whole, region.geometry)
            yield Part(
                key=f"estimated-{words.replace(' ', '-')}-{how}",
                name=f"{words}, {how} (estimated from {source})",
                kind=PartKind.ESTIMATE,
                colour=COLOURS[PartKind.ESTIMATE],
                made_by=f"{anatomy.backend}, published sizes",
                geometry=geometry,
                mask=mask,
            )


def _unnamed(
    anatomy: Anatomy, key: str, name: str, kind: PartKind, whole: NDArray[np.bool_]
) -> Part:
    """Return a part of the anatomy that belongs to no one level."""
    geometry, mask = trimmed(whole, anatomy.geometry)
    return Part(
        key=key,
        name=name,
        kind=kind,
        colour=COLOURS[kind],
        made_by=anatomy.backend,
        geometry=geometry,
        mask=mask,
    )


def _zone_parts(plan: Plan, scene: Exported) -> Iterator[Part]:
    for number, ablation in enumerate(plan.ablations, start=1):
        zone = scene.zones.get(ablation.id)
        if not isinstance(zone, PredictedZone):
            continue
        needle, trajectory = needle_name(plan, ablation.trajectory_id)
        grid, mask = _voxels(zone, scene.ct.geometry)
        yield Part(
            key=f"zone-{number}-needle-{needle}",
            name=f"predicted zone, needle {needle}",
            kind=PartKind.ZONE,
            colour=COLOURS[PartKind.ZONE],
            made_by=f"{zone.model.name} {zone.model.version} ({zone.model.tier})",
            geometry=grid,
            mask=mask,
            level=trajectory.level,
            shape=zone.shape,
        )


def _cement_parts(plan: Plan, scene: Exported) -> Iterator[Part]:
    for number, injection in enumerate(plan.cements, start=1):
        cement = scene.cements.get(injection.id)
        if cement is None:
            continue
        needle, trajectory = needle_name(plan, injection.trajectory_id)
        geometry, mask = trimmed(cement.filled(), cement.geometry)
        yield Part(
            key=f"cement-{number}-needle-{needle}",
            name=f"predicted cement, needle {needle}",
            kind=PartKind.CEMENT,
            colour=COLOURS[PartKind.CEMENT],
            made_by=f"{cement.model.name} {cement.model.version} ({cement.model.tier})",
            geometry=geometry,
            mask=mask,
            level=trajectory.level,
        )


def _voxels(zone: PredictedZone, grid: VolumeGeometry) -> tuple[VolumeGeometry, NDArray[np.bool_]]:
    """Return the crop of the scan's grid that holds a zone, and the voxels within."""
    reach = max(zone.shape.half_length_mm, zone.shape.half_width_mm)
    corners = zone.shape.centre.array + reach * np.array(
        [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    )
    index = grid.ijk(corners)
    last = np.array(grid.size_ijk) - 1
    low = np.clip(np.floor(index.min(axis=0)).astype(int), 0, last)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int), 0, last)
    start = (int(low[0]), int(low[1]), int(low[2]))
    i, j, k = (int(count) for count in high - low + 1)
    crop = grid.cropped(start, (i, j, k))
    kk, jj, ii = np.indices(crop.shape_kji)
    centres = crop.lps_mm(np.stack([ii, jj, kk], axis=-1).reshape(-1, 3))
    return crop, zone.shape.contains(centres).reshape(crop.shape_kji)
