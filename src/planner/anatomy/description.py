"""From a segmented spine to the ``Anatomy`` that other rooms read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.body_measures import measure_body
from planner.anatomy.foramina import foramen, pedicle_end, sacral_end
from planner.anatomy.naming import rib_bearing, rib_shares, sacrum_number
from planner.anatomy.native_grid import clipped_to_scan, native_crop, nearest_in, shapes_on
from planner.anatomy.pedicles import pedicles
from planner.anatomy.posterior_wall import posterior_wall
from planner.anatomy.skin import patient_on_crop
from planner.anatomy.spine_model import Box, widened
from planner.anatomy.work_grid import bounds_mm
from planner.domain import structures
from planner.domain.anatomy import Anatomy, Origin, Pedicle, Quality, QualityVerdict, Vertebra
from planner.domain.levels import RIGHT_FORAMEN_OFFSET, Level, Side, foramen_label
from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.anatomy.naming import NamedLevels
    from planner.anatomy.spine_model import SpineModel
    from planner.domain.progress import ProgressReport
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

KEPT_MM = np.array([65.0, 85.0, 25.0]), np.array([65.0, 110.0, 25.0])
"""Reach of the kept box from the canal to right/anterior/inferior and left/posterior/superior.

Behind it is deep enough to hold the skin of most patients.
"""


UNEQUAL_PEDICLES = 0.9
UNEQUAL_PEDICLES_MM = 1.0
"""Pedicles that differ by both are more often an error than a finding: those of sound digital
spines differ by 0.6 mm or less in 95 of 100 vertebrae, and most wrong widths are of one side."""

FLAT_PEDICLE = 0.65
"""A pedicle lower than this share of its width is seen at L5 at most; more often it was measured
in front of its narrowest place."""


STANDS_OUT = 0.75, 1.3
"""A pedicle narrower or wider than both beside it by these factors is more often an error: among
218 of sound digital spines none was under 0.86 or over 1.2 times both. It is held against the
wider pedicle of each, because a fault takes both vertebrae on one side as easily as one."""

NARROW_BESIDE_ONE = 0.7
"""With one vertebra to compare with, it takes this to stand out; an L4 beside its L5 has 0.7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who made the outlines, and what else should be said of them.

    Attributes
    ----------
    origins
        Of single vertebrae by their number, where a person changed them.
    """

    backend: str
    origin: Origin
    notes: tuple[str, ...] = ()
    accepted: frozenset[Level] = field(default_factory=frozenset)
    origins: Mapping[int, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """What differs from a model that was measured before.

    Attributes
    ----------
    touched
        Numbers, in the new model, of the vertebrae to measure anew.
    table
        uint8, shape ``(256,)``: new number of each old one, 0 where it is gone.
    box
        The part of the work grid that holds all that is measured anew.
    differs
        The part of the work grid outside which every voxel is the same; ``box`` when ``None``.
    """

    touched: frozenset[int]
    table: NDArray[np.uint8]
    box: Box
    differs: Box | None = None


def with_difference(change: Change, old: SpineModel, new: SpineModel) -> Change:
    """Return the change with the part of the grid in which two models differ."""
    table = change.table
    differing = old.canal != new.canal
    for name in ("vertebrae", "bodies", "discs"):
        differing |= table[getattr(old, name)] != getattr(new, name)
    found = ndimage.find_objects(differing.view(np.uint8))
    return replace(change, differs=found[0] if found else _ONE_VOXEL)


_ONE_VOXEL: Box = (slice(0, 1), slice(0, 1), slice(0, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """All that is measured before a level has a name; numbers run from 1 at the lowest.

    Attributes
    ----------
    vertebrae
        By number; the level in them is a placeholder.
    work_foramina
        uint8 on the work grid: number of the vertebra above, plus 100 on the right.
    geometry
        The kept part of the scan's own grid.
    labels, bodies, discs, foramina
        uint8 on it, by number; a disc has the number of the vertebra below it.
    canal, skin
        bool on it.
    """

    vertebrae: Mapping[int, Vertebra]
    work_foramina: NDArray[np.uint8]
    geometry: VolumeGeometry
    labels: NDArray[np.uint8]
    bodies: NDArray[np.uint8]
    discs: NDArray[np.uint8]
    foramina: NDArray[np.uint8]
    canal: NDArray[np.bool_]
    skin: NDArray[np.bool_]


def describe(
    model: SpineModel,
    names: NamedLevels,
    qualities: Sequence[Quality],
    provenance: Provenance,
    report: ProgressReport,
) -> Anatomy:
    """Measure every vertebra and put everything on the CT's own grid."""
    return assemble(measure(model, provenance.origin, report), model, names, qualities, provenance)


def measure(
    model: SpineModel,
    origin: Origin,
    report: ProgressReport,
    before: Measured | None = None,
    change: Change | None = None,
) -> Measured:
    """Measure every vertebra, or only what changed since ``before``."""
    if before is None or change is None:
        before = _nothing_measured(model)
        everything = frozenset(range(1, model.count + 1))
        change = Change(touched=everything, table=_NO_NUMBERS, box=model.whole)
    vertebrae = {
        int(change.table[number]): found
        for number, found in before.vertebrae.items()
        if change.table[number]
    }
    near = model.within(change.box)
    boxes = near.boxes()
    bearing = rib_bearing(rib_shares(model))
    for done, number in enumerate(sorted(change.touched)):
        report(0.6 + 0.3 * done / len(change.touched), f"measuring vertebra {number}")
        found = _vertebra(near, number, boxes[number - 1], origin, ribs=bearing[number - 1])
        vertebrae.pop(number, None)
        if found is not None:
            vertebrae[number] = found
    report(0.92, "outlining foramina")
    work_foramina = _renumbered_foramina(before.work_foramina, change)
    _outline_foramina(near, vertebrae, change, sacrum_number(model), work_foramina[change.box])
    report(0.95, "mapping back to the scan")
    return _on_scan(model, vertebrae, work_foramina, before, change)


_NO_NUMBERS = np.zeros(256, np.uint8)


def _nothing_measured(model: SpineModel) -> Measured:
    """Return the empty description of a model on the part of the scan that is kept."""
    points = model.curve.points_mm
    low, high = clipped_to_scan(model.ct, points.min(0) - KEPT_MM[0], points.max(0) + KEPT_MM[1])
    geometry, box = native_crop(model.ct.geometry, low, high)
    empty = np.zeros(geometry.shape_kji, np.uint8)
    return Measured(
        vertebrae={},
        work_foramina=np.zeros(model.vertebrae.shape, np.uint8),
        geometry=geometry,
        labels=empty,
        bodies=empty,
        discs=empty,
        foramina=empty,
        canal=empty.astype(np.bool_),
        skin=~patient_on_crop(model.ct, geometry, box),
    )


def _vertebra(
    model: SpineModel, number: int, box: Box | None, origin: Origin, *, ribs: bool
) -> Vertebra | None:
    """Measure one vertebra; ``None`` when it has no body."""
    if box is None:
        return None
    found = pedicles(model, number, box, ribs=ribs)
    body = measure_body(model, number, box, found)
    if body is None:
        return None
    whole = model.vertebrae[box] == number
    return Vertebra(
        level=_UNNAMED,
        centroid=PointLps.of(model.points_mm(whole, box).mean(0)),
        volume_ml=float(whole.sum()) * model.volume.geometry.voxel_volume_mm3 / 1000.0,
        body_centre=PointLps.of(body.centre_mm),
        body_volume_ml=body.volume_ml,
        body_size_mm=body.size_mm,
        left=_triple(body.left),
        anterior=_triple(body.anterior),
        superior=_triple(body.superior),
        quality=Quality(verdict=QualityVerdict.CHECK),
        origin=origin,
        pedicles=found,
        posterior_wall=posterior_wall(model, number, box),
    )


_UNNAMED = Level.S1
"""Stands in a measured vertebra until ``assemble`` puts its name."""


def _with_part_flags(
    quality: Quality,
    level: Level,
    below: Level | None,
    found: Mapping[Side, Pedicle],
    beside: Sequence[Mapping[Side, Pedicle]] = (),
) -> Quality:
    """Flag what the method is not made for: the sacrum, the foramina on it, unequal pedicles."""
    flags = list(quality.flags)
    if level is Level.S1:
        flags.append("the sacrum is outlined roughly")
    if below is Level.S1:
        flags.append(
            "the lower end of its foramina is estimated: on the sacrum a pedicle has no edge"
        )
    if len(found) < len(Side):
        flags.append("a pedicle was not found")
    else:
        widths = sorted(pedicle.width_mm.best for pedicle in found.values())
        if widths[0] < min(UNEQUAL_PEDICLES * widths[1], widths[1] - UNEQUAL_PEDICLES_MM):
            flags.append("the pedicles differ in width: check both")
    if level is not Level.S1 and any(
        pedicle.height_mm.best < FLAT_PEDICLE * pedicle.width_mm.best for pedicle in found.values()
    ):
        flags.append("a pedicle is much wider than high: it may be narrower than measured")
    if level is not Level.S1 and any(_stands_out(found, beside, side) for side in found):
        flags.append("a pedicle is unlike those above and below in width: check it")
    verdict = QualityVerdict.CHECK if flags else quality.verdict
    return Quality(verdict=verdict, flags=tuple(flags))


def _stands_out(
    found: Mapping[Side, Pedicle], beside: Sequence[Mapping[Side, Pedicle]], side: Side
) -> bool:
    """Tell whether a pedicle is much narrower than those next to it, or wider on its side."""
    mine, (low, high) = found[side].width_mm.best, STANDS_OUT
    near = [other[side].width_mm.best for other in beside if side in other]
    widest = [
        max(pedicle.width_mm.best for pedicle in other.values()) for other in beside if other
    ]
    narrow = mine < (low if len(widest) > 1 else NARROW_BESIDE_ONE) * min(widest, default=0.0)
    return narrow or (len(near) == 2 and mine > high * max(near))


def _triple(vector: Vector) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _renumbered_foramina(before: NDArray[np.uint8], change: Change) -> NDArray[np.uint8]:
    """Return the foramina that stay, under their new numbers."""
    table = np.zeros(256, np.uint8)
    for offset in (0, RIGHT_FORAMEN_OFFSET):
        kept = change.table[1:RIGHT_FORAMEN_OFFSET].copy()
        # A foramen belongs to two vertebrae, so one change is enough to outline it anew.
        kept[np.isin(kept, [*change.touched, *(n + 1 for n in change.touched)])] = 0
        table[offset + 1 : offset + RIGHT_FORAMEN_OFFSET] = np.where(kept > 0, kept + offset, 0)
    return table[before]


def _outline_foramina(
    model: SpineModel,
    vertebrae: Mapping[int, Vertebra],
    change: Change,
    sacrum: int | None,
    out: NDArray[np.uint8],
) -> None:
    """Outline every changed foramen between two neighbours that both have that pedicle."""
    for number in sorted(change.touched | {n + 1 for n in change.touched}):
        if number not in vertebrae or number - 1 not in vertebrae:
            continue
        if not (model.bodies == number).any():
            continue
        for side in Side:
            pedicle, below = (vertebrae[n].pedicles.get(side) for n in (number, number - 1))
            if pedicle is None:
                continue
            upper = pedicle_end(model, pedicle, above=True)
            lower = sacral_end(model, sacrum, upper, side) if number - 1 == sacrum else None
            if lower is None and below is not None:
                lower = pedicle_end(model, below, above=False)
            if lower is not None:
                code = number + (RIGHT_FORAMEN_OFFSET if side is Side.RIGHT else 0)
                box, inside = foramen(model, upper, lower, side)
                out[box][inside] = code


def _on_scan(
    model: SpineModel,
    vertebrae: Mapping[int, Vertebra],
    work_foramina: NDArray[np.uint8],
    before: Measured,
    change: Change,
) -> Measured:
    """Map what changed to the scan's own grid."""
    geometry, whole = before.geometry, model.volume.geometry

    def mapped(
        differs: Box, *images: tuple[NDArray[np.uint8], NDArray[np.generic]]
    ) -> Iterator[NDArray[np.uint8]]:
        # A voxel of the scan reads the nearest eight of the work grid. What is read from beyond
        # the part that is looked at would be wrong, so more is looked at than is written.
        written = widened(differs, 1, whole.shape_kji)
        read = widened(differs, 3, whole.shape_kji)
        grid = model.volume.within(read).geometry
        part, place = native_crop(geometry, *bounds_mm(grid))
        inside = nearest_in(written, whole, part)
        for kept, changed in images:
            out = kept.copy()
            out[place] = np.where(inside, shapes_on(changed[read], grid, part), out[place])
            yield out

    table = change.table
    outlines = mapped(
        change.differs or change.box,
        (before.canal.astype(np.uint8), model.canal),
        (table[before.labels], model.vertebrae),
        (table[before.bodies], model.bodies),
        (table[before.discs], model.discs),
    )
    inside_canal, labels, bodies, discs = outlines
    canal = inside_canal.astype(np.bool_)
    labels[canal] = 0
    bodies[bodies != labels] = 0
    (foramina,) = mapped(
        change.box, (_renumbered_foramina(before.foramina, change), work_foramina)
    )
    return Measured(
        vertebrae=vertebrae,
        work_foramina=work_foramina,
        geometry=geometry,
        labels=labels,
        bodies=bodies,
        discs=discs,
        foramina=foramina,
        canal=canal,
        skin=before.skin,
    )


def assemble(
    measured: Measured,
    model: SpineModel,
    names: NamedLevels,
    qualities: Sequence[Quality],
    provenance: Provenance,
) -> Anatomy:
    """Put the names of the levels on everything that was measured."""
    by_number = {n + 1: level for n, level in enumerate(names.levels) if level is not None}
    vertebrae: dict[Level, Vertebra] = {}
    own, above, foramina = (np.zeros(256, np.uint8) for _ in range(3))
    for number, level in by_number.items():
        found = measured.vertebrae.get(number)
        upper = by_number.get(number + 1)
        if upper is not None:
            above[number] = upper.verse_label
        if found is None:
            continue
        own[number] = level.verse_label
        foramina[number] = foramen_label(level, Side.LEFT)
        foramina[number + RIGHT_FORAMEN_OFFSET] = foramen_label(level, Side.RIGHT)
        vertebrae[level] = replace(
            found,
            level=level,
            level_doubt=names.doubts[number - 1],
            quality=_with_part_flags(
                qualities[number - 1],
                level,
                by_number.get(number - 1),
                found.pedicles,
                [
                    measured.vertebrae[n].pedicles
                    for n in (number - 1, number + 1)
                    if n in measured.vertebrae and by_number.get(n) is not Level.S1
                ],
            ),
            origin=provenance.origins.get(number, provenance.origin),
            accepted=level in provenance.accepted,
        )
    labels, bodies = own[measured.labels], own[measured.bodies]
    holes = foramina[measured.foramina]
    labels[(holes > 0) & (bodies == 0)] = 0
    return Anatomy(
        geometry=measured.geometry,
        labels=labels,
        bodies=bodies,
        discs=above[measured.discs],
        foramina=holes,
        canal=measured.canal,
        vertebrae=vertebrae,
        backend=provenance.backend,
        ct_sha256=model.ct.record.sha256,
        masks={structures.SKIN: measured.skin},
        notes=provenance.notes,
    )
