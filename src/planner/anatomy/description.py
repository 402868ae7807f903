"""From a segmented spine to the ``Anatomy`` that other rooms read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.body_measures import measure_body
from planner.anatomy.foramina import foramen
from planner.anatomy.native_grid import clipped_to_scan, labels_on, native_crop
from planner.anatomy.pedicles import pedicles
from planner.anatomy.posterior_wall import posterior_wall
from planner.anatomy.skin import patient_mask
from planner.domain import structures
from planner.domain.anatomy import Anatomy, Origin, Pedicle, Quality, QualityVerdict, Vertebra
from planner.domain.levels import Level, Side, foramen_label
from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.anatomy.naming import NamedLevels
    from planner.anatomy.spine_model import SpineModel
    from planner.domain.progress import ProgressReport
    from planner.geometry.points import Vector

KEPT_MM = np.array([65.0, 85.0, 25.0]), np.array([65.0, 110.0, 25.0])
"""Reach of the kept box from the canal to right/anterior/inferior and left/posterior/superior.

Behind it is deep enough to hold the skin of most patients.
"""


UNEQUAL_PEDICLES = 0.6
"""A narrower pedicle below this share of the wider one is more often an error than a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who made the outlines, and what else should be said of them."""

    backend: str
    origin: Origin
    notes: tuple[str, ...] = ()
    accepted: frozenset[Level] = field(default_factory=frozenset)


def describe(
    model: SpineModel,
    names: NamedLevels,
    qualities: Sequence[Quality],
    provenance: Provenance,
    report: ProgressReport,
) -> Anatomy:
    """Measure every vertebra and put everything on the CT's own grid."""
    by_number = {n + 1: level for n, level in enumerate(names.levels) if level is not None}
    vertebrae: dict[Level, Vertebra] = {}
    boxes = model.boxes()
    for number, level in by_number.items():
        report(0.6 + 0.3 * number / (model.count + 1), f"measuring {level}")
        box = boxes[number - 1]
        if box is None:
            continue
        measured = _vertebra(model, number, level, names, qualities, provenance)
        if measured is not None:
            vertebrae[level] = measured
    report(0.92, "outlining foramina")
    foramina = _foramina(model, by_number, vertebrae)
    report(0.95, "mapping back to the scan")
    return _assembled(model, by_number, vertebrae, foramina, provenance)


def _vertebra(
    model: SpineModel,
    number: int,
    level: Level,
    names: NamedLevels,
    qualities: Sequence[Quality],
    provenance: Provenance,
) -> Vertebra | None:
    """Measure one vertebra; ``None`` when it has no body."""
    box = model.boxes()[number - 1]
    if box is None:
        return None
    found = pedicles(model, number, box, provenance.origin)
    body = measure_body(model, number, box, found)
    if body is None:
        return None
    whole = model.vertebrae[box] == number
    return Vertebra(
        level=level,
        centroid=PointLps.of(model.points_mm(whole, box).mean(0)),
        volume_ml=float(whole.sum()) * model.volume.geometry.voxel_volume_mm3 / 1000.0,
        body_centre=PointLps.of(body.centre_mm),
        body_volume_ml=body.volume_ml,
        body_size_mm=body.size_mm,
        left=_triple(body.left),
        anterior=_triple(body.anterior),
        superior=_triple(body.superior),
        quality=_with_part_flags(qualities[number - 1], level, found),
        origin=provenance.origin,
        pedicles=found,
        posterior_wall=posterior_wall(model, number, box),
        level_doubt=names.doubts[number - 1],
        accepted=level in provenance.accepted,
    )


def _with_part_flags(quality: Quality, level: Level, found: Mapping[Side, Pedicle]) -> Quality:
    """Flag S1 always, because the method is made for free vertebrae, and unequal pedicles."""
    flags = list(quality.flags)
    if level is Level.S1:
        flags.append("the sacrum is outlined roughly")
    if len(found) < len(Side):
        flags.append("a pedicle was not found")
    else:
        widths = sorted(pedicle.width_mm.best for pedicle in found.values())
        if widths[0] < UNEQUAL_PEDICLES * widths[1]:
            flags.append("the pedicles differ in width: check both")
    verdict = QualityVerdict.CHECK if flags else quality.verdict
    return Quality(verdict=verdict, flags=tuple(flags))


def _triple(vector: Vector) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _foramina(
    model: SpineModel, by_number: Mapping[int, Level], vertebrae: Mapping[Level, Vertebra]
) -> NDArray[np.uint8]:
    """Return every foramen between two neighbours that both have that pedicle."""
    out = np.zeros(model.vertebrae.shape, np.uint8)
    for number, level in by_number.items():
        below = by_number.get(number - 1)
        if level not in vertebrae or below is None or below not in vertebrae:
            continue
        for side in Side:
            upper = vertebrae[level].pedicles.get(side)
            lower = vertebrae[below].pedicles.get(side)
            if upper is None or lower is None:
                continue
            wall = model.bodies[model.bodies == number]
            if not wall.size:
                continue
            wall_v = _wall_v(model, number)
            out[foramen(model, upper, lower, side, wall_v)] = foramen_label(level, side)
    return out


def _wall_v(model: SpineModel, number: int) -> float:
    """Return ``v`` of the posterior wall of one body in the midline."""
    s, v, u = model.located
    body = (model.bodies == number) & (np.abs(u) < 6.0)
    low = body & (s < model.centre_s[number - 1])
    values = v[low] if low.any() else v[model.bodies == number]
    return float(np.percentile(values, 2))


def _assembled(
    model: SpineModel,
    by_number: Mapping[int, Level],
    vertebrae: Mapping[Level, Vertebra],
    foramina: NDArray[np.uint8],
    provenance: Provenance,
) -> Anatomy:
    """Write level numbers and map everything to the native grid."""
    points = model.curve.points_mm
    low, high = clipped_to_scan(model.ct, points.min(0) - KEPT_MM[0], points.max(0) + KEPT_MM[1])
    geometry, box = native_crop(model.ct.geometry, low, high)
    table = np.zeros(256, np.uint8)
    for number, level in by_number.items():
        if level in vertebrae:
            table[number] = level.verse_label
    above = np.zeros(256, np.uint8)
    for number in by_number:
        upper = by_number.get(number + 1)
        if upper is not None:
            above[number] = upper.verse_label
    grid = model.volume.geometry
    superior_axis = 2 - int(np.abs(geometry.direction[2]).argmax())
    return Anatomy(
        geometry=geometry,
        labels=labels_on(table[model.vertebrae], grid, geometry),
        bodies=labels_on(table[model.bodies], grid, geometry),
        discs=labels_on(above[model.discs], grid, geometry),
        foramina=labels_on(foramina, grid, geometry),
        canal=labels_on(model.canal, grid, geometry).astype(np.bool_),
        vertebrae=vertebrae,
        backend=provenance.backend,
        ct_sha256=model.ct.record.sha256,
        masks={structures.SKIN: ~patient_mask(model.ct.hu[box], superior_axis)},
        notes=provenance.notes,
    )
