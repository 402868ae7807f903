"""Applies one correction to the outlines and redoes only what it touches.

Each correction is a step from one ``CorrectedSpine`` to the next. Playing the same corrections
in the same order gives the same outlines, whether it is done at once or one by one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.body_surface import surfaces_of_discs, surfaces_of_rows
from planner.anatomy.builtin import bears_ribs
from planner.anatomy.canal_bend import bent_to
from planner.anatomy.canal_beside_foramina import held_beside_foramina
from planner.anatomy.canal_surface import canal_radius_mm
from planner.anatomy.description import Change
from planner.anatomy.disc_lines import (
    deleted_disc,
    discs_round_body,
    moved_disc,
    with_disc,
)
from planner.anatomy.drawn_walls import held_to_walls, moved_walls
from planner.anatomy.instances import (
    BONE_OVER_SOFT_HU,
    NO_VERTEBRA,
    SplitChoices,
    split_vertebrae,
    stations,
)
from planner.anatomy.naming import vertebra_near
from planner.anatomy.spine_curve import straightened
from planner.anatomy.spine_parts import SpineParts, spine_parts
from planner.anatomy.strokes import along_line
from planner.domain.corrections import (
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    CanalPoint,
    Correction,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    WallLine,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.anatomy.body_surface import BodySurfaces
    from planner.anatomy.builtin import SpineOutline
    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.spine_model import Box
    from planner.geometry.points import PointLps

REACH_BELOW, REACH_ABOVE = 1.5, 1.0
"""How far a vertebra reaches from its body centre along the spine, in level heights."""

MARGIN_MM = 6.0
"""Rows kept beyond what is redone, so that filters see the same neighbours."""

SLAB_V_MM, SLAB_U_MM = (-60.0, 56.0), (-50.0, 50.0)
"""Extent across the spine that is redone: all that bone is accepted in."""


_ONE_VOXEL: Box = (slice(0, 1), slice(0, 1), slice(0, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectedSpine:
    """The outlines with what the user said of them so far.

    Attributes
    ----------
    said
        Thresholds, scribbles and wall lines: they hold whenever something near is redone.
    change
        What differs from the step before; ``None`` for the automatic outlines.
    clicked
        Numbers of vertebrae that a correction redid.
    """

    outline: SpineOutline
    said: tuple[Correction, ...] = ()
    change: Change | None = None
    clicked: frozenset[int] = frozenset()


@singledispatch
def corrected(correction: object, spine: CorrectedSpine) -> CorrectedSpine:
    """Return the outlines after one correction of them."""
    raise TypeError(f"{type(correction).__name__} does not correct the outlines of {spine}")


@corrected.register
def _(correction: DiscMoved, spine: CorrectedSpine) -> CorrectedSpine:
    old = spine.outline.spine
    return _with_discs(spine, moved_disc(old, correction.disc, correction.plane))


@corrected.register
def _(correction: DiscAdded, spine: CorrectedSpine) -> CorrectedSpine:
    return _with_discs(spine, with_disc(spine.outline.spine, correction.plane))


@corrected.register
def _(correction: DiscDeleted, spine: CorrectedSpine) -> CorrectedSpine:
    return _with_discs(spine, deleted_disc(spine.outline.spine, correction.disc))


@corrected.register
def _(correction: BodyClicked, spine: CorrectedSpine) -> CorrectedSpine:
    found = discs_round_body(spine.outline.spine, correction.at)
    number = _number_at(spine.outline, found, correction.at)
    return _with_discs(spine, found, also=(number,))


@corrected.register
def _(correction: BoneThreshold, spine: CorrectedSpine) -> CorrectedSpine:
    number = vertebra_near(spine.outline.model(), correction.at, "the vertebra of the threshold")
    said = replace(spine, said=(*spine.said, correction))
    # Where its neighbours end is told at their own thresholds, so they stay as they are.
    return _resplit(said, said.outline, _identity(), {number}, neighbours=0)


@corrected.register
def _(correction: BoneScribble, spine: CorrectedSpine) -> CorrectedSpine:
    outline = spine.outline
    s, _, _ = outline.spine.curve.locate(np.array([p.array for p in correction.points]))
    places = stations(outline.spine.discs)
    near = np.abs(places.centre_s[:, None] - s[None]).min(axis=1) < 1.2 * places.height_mm
    numbers = {int(n) + 1 for n in np.flatnonzero(near)}
    if correction.owner is not None:
        numbers.add(vertebra_near(outline.model(), correction.owner, "the owner of the scribble"))
    said = replace(spine, said=(*spine.said, correction))
    return _resplit(said, outline, _identity(), numbers)


@corrected.register
def _(correction: WallLine, spine: CorrectedSpine) -> CorrectedSpine:
    old = spine.outline.spine
    walls, rows = moved_walls(old, correction)
    said = (*spine.said, correction)
    discs = replace(old.discs, walls=walls)
    found = surfaces_of_rows(old.straight, discs, old.surfaces, rows)
    new = replace(old, discs=discs, surfaces=_held(found, discs, old.curve, said))
    outline = replace(spine.outline, spine=new)
    return _resplit(
        replace(spine, said=said), outline, _identity(), _numbers_at(discs, rows.start, rows.stop)
    )


@corrected.register
def _(correction: CanalPoint, spine: CorrectedSpine) -> CorrectedSpine:
    old = spine.outline
    curve, walls, rows = bent_to(old.spine, correction.at)
    straight = old.spine.straight.copy()
    straight[rows] = straightened(old.ct.hu, old.ct.geometry, curve, rows)
    discs = replace(old.spine.discs, walls=walls)
    new = replace(old.spine, curve=curve, straight=straight, discs=discs)
    found = surfaces_of_rows(straight, discs, old.spine.surfaces, rows)
    # What edges are strong is judged over the whole spine: elsewhere the canal stays as it is.
    radius = old.spine.canal_radius_mm.copy()
    found_mm = canal_radius_mm(straight)
    radius[rows] = held_beside_foramina(found_mm, straight, discs.s_mm)[rows]
    new = replace(new, surfaces=_held(found, discs, curve, spine.said), canal_radius_mm=radius)
    box = _box(old, float(rows.start), float(rows.stop))
    located = old.located.copy()
    located[:, *box] = curve.locate_grid(old.volume.within(box).geometry)
    outline = replace(old, spine=new, located=located)
    numbers = _numbers_at(discs, rows.start, rows.stop)
    return _resplit(spine, outline, _identity(), numbers)


def _identity() -> NDArray[np.uint8]:
    return np.arange(256, dtype=np.uint8)


def _held(
    found: BodySurfaces, discs: DiscSearch, curve: SpineCurve, said: Iterable[Correction]
) -> BodySurfaces:
    """Hold the surfaces to the lines the user drew."""
    return held_to_walls(
        found, discs, curve, [word for word in said if isinstance(word, WallLine)]
    )


def _with_discs(
    spine: CorrectedSpine, discs: DiscSearch, also: Iterable[int] = ()
) -> CorrectedSpine:
    """Redo the vertebrae whose discs differ, and those beside them."""
    old = spine.outline.spine
    table, changed = _matched(old.discs, discs)
    new = replace(
        old, discs=discs, surfaces=surfaces_of_discs(old.straight, discs, old.discs, old.surfaces)
    )
    outline = replace(spine.outline, spine=new)
    return _resplit(spine, outline, table, changed | set(also))


def _matched(old: DiscSearch, new: DiscSearch) -> tuple[NDArray[np.uint8], set[int]]:
    """Return the new number of each vertebra whose discs stayed, and the other new numbers."""

    def bounds(discs: DiscSearch) -> list[tuple[object, object]]:
        edges: list[object] = [
            "low",
            *zip(
                discs.s_mm.tolist(),
                discs.tilt_rad.tolist(),
                discs.coronal_tilt_rad.tolist(),
                strict=True,
            ),
            "high",
        ]
        return list(itertools.pairwise(edges))

    numbers = {pair: n + 1 for n, pair in enumerate(bounds(new))}
    table = np.zeros(256, np.uint8)
    for n, pair in enumerate(bounds(old)):
        table[n + 1] = numbers.get(pair, 0)
    return table, set(numbers.values()) - {int(n) for n in table if n}


def _numbers_at(discs: DiscSearch, low_s: float, high_s: float) -> set[int]:
    """Return the numbers of the vertebrae whose body meets a stretch of the spine."""
    edges = np.r_[-np.inf, discs.s_mm, np.inf]
    return {n + 1 for n in range(len(edges) - 1) if edges[n] < high_s and edges[n + 1] > low_s}


def _number_at(outline: SpineOutline, discs: DiscSearch, point: PointLps) -> int:
    """Return the number, between new discs, of the body at a point."""
    s, _, _ = outline.spine.curve.locate(point.array[None])
    return int(np.searchsorted(discs.s_mm, float(s[0]))) + 1


def _box(outline: SpineOutline, low_s: float, high_s: float) -> Box:
    """Return the part of the work grid that a stretch of the spine lies in."""
    curve = outline.spine.curve
    last = len(curve) - 1.0
    # The curve bends between the ends of the stretch, so every place along it counts.
    along = np.arange(np.clip(low_s, 0.0, last), np.clip(high_s, 0.0, last) + 1.0, 4.0)
    s, v, u = np.meshgrid(along, SLAB_V_MM, SLAB_U_MM, indexing="ij")
    index = outline.volume.geometry.ijk(curve.at(s, v, u)).reshape(-1, 3)[:, ::-1]
    margin = MARGIN_MM / outline.volume.spacing_mm
    shape = np.array(outline.volume.hu.shape)
    start = np.clip(np.floor(index.min(axis=0) - margin), 0, shape - 1).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0) + margin) + 1, start + 1, shape).astype(int)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return k, j, i


def _resplit(
    spine: CorrectedSpine,
    outline: SpineOutline,
    table: NDArray[np.uint8],
    changed: set[int],
    neighbours: int = 1,
) -> CorrectedSpine:
    """Outline the changed vertebrae and their neighbours anew, in their part of the grid."""
    places = stations(outline.spine.discs)
    count = len(places.centre_s)
    if not changed:
        nothing = Change(touched=frozenset(), table=table, box=_ONE_VOXEL)
        return replace(spine, outline=outline, change=nothing)
    wanted = sorted(
        {m for n in changed for m in range(n - neighbours, n + neighbours + 1) if 1 <= m <= count}
    )
    low = places.centre_s[wanted[0] - 1] - REACH_BELOW * places.height_mm[wanted[0] - 1]
    high = places.centre_s[wanted[-1] - 1] + REACH_ABOVE * places.height_mm[wanted[-1] - 1]
    box = _box(outline, float(low), float(high))
    kept = table.copy()
    kept[np.isin(kept, wanted)] = 0
    vertebrae = kept[outline.vertebrae]
    # A view would have every kernel compiled once more, for strides, at the first redo.
    located = np.ascontiguousarray(outline.located[:, *box])
    parts = _parts(outline, table, box, located)
    near = SpineParts(bodies=parts.bodies[box], discs=parts.discs[box], canal=parts.canal[box])
    free = vertebrae[box] == 0
    ribs = bears_ribs(outline.spine, outline.volume, outline.soft_hu)
    for over_soft_hu, numbers in _by_threshold(spine, outline, wanted).items():
        split = split_vertebrae(
            outline.volume.within(box),
            located,
            near,
            outline.spine,
            SplitChoices(
                soft_hu=outline.soft_hu,
                bone_over_soft_hu=over_soft_hu,
                wanted=frozenset(numbers),
                ribs=ribs,
                scribbles=_scribbles(spine, outline, box),
            ),
        )
        found = free & (split > 0)
        vertebrae[box][found] = split[found]
        free &= ~found
    touched = changed | _differing(table, spine.outline, outline, parts, vertebrae, box)
    mine = {int(table[n]) for n in spine.clicked if table[n]} | changed
    return replace(
        spine,
        outline=replace(outline, parts=parts, vertebrae=vertebrae),
        change=Change(touched=frozenset(touched), table=table, box=box),
        clicked=frozenset(mine),
    )


def _differing(
    table: NDArray[np.uint8],
    old: SpineOutline,
    new: SpineOutline,
    parts: SpineParts,
    vertebrae: NDArray[np.uint8],
    box: Box,
) -> set[int]:
    """Return the numbers of vertebrae that have gained or lost a voxel or the canal beside.

    Those whose voxels lie elsewhere along the spine count too.
    """
    before = table[old.vertebrae[box]]
    after = vertebrae[box]
    moved = (before != after) | (table[old.parts.bodies[box]] != parts.bodies[box])
    # Foramina end at canal and discs, which the vertebrae beside them share.
    walls = old.parts.canal[box] != parts.canal[box]
    moved |= walls | (table[old.parts.discs[box]] != parts.discs[box])
    if new.located is not old.located:
        moved |= (old.located[:, *box] != new.located[:, *box]).any(axis=0)
    met = np.r_[before[moved], after[moved]]
    beside = parts.discs[box][moved]
    level = np.searchsorted(new.spine.discs.s_mm, new.located[0, *box][walls]) + 1
    numbers = {int(n) for some in (met, beside, level) for n in np.flatnonzero(np.bincount(some))}
    return numbers - {0}


def _parts(
    outline: SpineOutline, table: NDArray[np.uint8], box: Box, located: NDArray[np.float32]
) -> SpineParts:
    """Return bodies, discs and canal, found anew in ``box`` and renumbered elsewhere."""
    new = spine_parts(
        located,
        outline.spine.discs,
        outline.spine.surfaces,
        outline.spine.canal_radius_mm,
    )
    bodies, discs = table[outline.parts.bodies], table[outline.parts.discs]
    canal = outline.parts.canal.copy()
    bodies[box], discs[box], canal[box] = new.bodies, new.discs, new.canal
    return SpineParts(bodies=bodies, discs=discs, canal=canal)


def _by_threshold(
    spine: CorrectedSpine, outline: SpineOutline, wanted: list[int]
) -> dict[float, list[int]]:
    """Group vertebrae by how much denser than soft tissue their bone is; the last word counts."""
    said: dict[int, float] = {}
    for word in spine.said:
        if isinstance(word, BoneThreshold):
            number = _number_at(outline, outline.spine.discs, word.at)
            said[number] = word.threshold_hu - outline.soft_hu
    groups: dict[float, list[int]] = {}
    for number in wanted:
        groups.setdefault(said.get(number, BONE_OVER_SOFT_HU), []).append(number)
    return groups


def _scribbles(spine: CorrectedSpine, outline: SpineOutline, box: Box) -> NDArray[np.int32] | None:
    """Return where the user said whose the bone is."""
    words = [word for word in spine.said if isinstance(word, BoneScribble)]
    if not words:
        return None
    geometry = outline.volume.within(box).geometry
    out = np.zeros(geometry.shape_kji, np.int32)
    for word in words:
        number = NO_VERTEBRA
        if word.owner is not None:
            number = _number_at(outline, outline.spine.discs, word.owner)
        place, mask = along_line(geometry, word.points, word.radius_mm)
        out[place][mask] = number
    return out
