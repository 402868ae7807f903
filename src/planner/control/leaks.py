"""Cement as it lies in a vertebra: how full it is, what leaked where, how near the canal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import cc3d
import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, find_objects

from planner.control.cement import cement_map
from planner.control.grids import Lookup
from planner.domain.cement import fill_class
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.control.cement import CementMap
    from planner.control.needles import FoundNeedle
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

ENTERED: Final = ("epidural", "foraminal")
"""Leaks after which nothing more is given."""

AROUND_MM: Final = 30.0
"""Leaks are looked for so far round the vertebra."""

OUTSIDE_MM: Final = 1.0
"""Cement this far outside the outline of bone has left it; nearer may be the outline's error."""

LEAST_LEAK_MM3: Final = 12.0
"""Less cement outside is not told from its blur."""

TOLD_SHARE, TOLD_MM3 = 0.2, 25.0
"""A leak that lies in several places is told for each that holds such a share, or so much."""

TRACK_MM: Final = 4.0
"""Cement behind the body so near to the way of a needle came along it."""

VEIN_MM: Final = 2.2
VEIN_LONG: Final = 4.0
"""A cord no thicker than twice this, and so many times as long as thick, lies in a vein."""


class LeakClass(StrEnum):
    """Where leaked cement lies: the places of Chen 2022 (AJNR 43:501), and veins."""

    DISCAL = "discal"
    EPIDURAL = "epidural"
    PARAVERTEBRAL = "paravertebral"
    FORAMINAL = "foraminal"
    ACCESS_TRACK = "access track"
    VENOUS = "venous"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLeak:
    """Cement outside the bone in one place.

    ``at`` is the middle of it, LPS mm; ``reach_mm`` its longest extent.
    """

    kind: LeakClass
    at: PointLps
    ml: float
    reach_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundCement:
    """The cement about one vertebra as a scan shows it, in the scan's own frame.

    Attributes
    ----------
    ml, in_bone_ml, in_body_ml
        Of all there is about the vertebra, in its bone, in its body.
    body_percent, lesion_percent
        Share of body and lesion that is cement; ``None`` where none is outlined.
    leaks
        Largest first.
    to_canal_mm, to_foramen_mm
        From the cement in the bone to the nearest place of the canal, that is to the posterior
        edge, and of a foramen; ``None`` without cement there. 0 where it touches.
    map
        What it was measured on.
    notes
        What to mind, in sentences.
    """

    level: Level
    ml: float
    in_bone_ml: float
    in_body_ml: float
    body_percent: float | None
    lesion_percent: float | None
    leaks: tuple[FoundLeak, ...]
    to_canal_mm: float | None
    to_foramen_mm: float | None
    map: CementMap
    notes: tuple[str, ...] = ()

    @property
    def lesion_class(self) -> str:
        """The class of the seed paper; empty without a lesion."""
        return "" if self.lesion_percent is None else fill_class(self.lesion_percent)


def next_step(
    found: FoundCement, *, near_below_mm: float, far_ml: float, near_ml: tuple[float, float]
) -> str:
    """Say what the schedule allows next; its limits are those of rules C1, C2 and C3.

    A wish to go on is no part of it: a person decides, and CT follows each step.
    """
    entered = [leak.kind for leak in found.leaks if leak.kind in ENTERED]
    if entered or found.to_canal_mm == 0.0 or found.to_foramen_mm == 0.0:
        where = " and ".join(sorted(set(entered))) or "at the edge of canal or foramen"
        return f"STOP: cement lies {where}. Give no more."
    known = [mm for mm in (found.to_canal_mm, found.to_foramen_mm) if mm is not None]
    if found.to_canal_mm is None and found.in_bone_ml > 0.0:
        return "NOT EVALUATED: how far the cement is from the canal is not known."
    if known and min(known) < near_below_mm:
        low, high = near_ml
        return f"{min(known):.1f} mm to the edge: give {low:g} to {high:g} mL, then CT."
    return f"Give at most {far_ml:g} mL, then CT."


def find_cement(
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    *,
    before_hu: NDArray[np.int16] | None = None,
    tracks: Sequence[tuple[PointLps, PointLps]] = (),
    needles: Sequence[FoundNeedle] = (),
) -> FoundCement:
    """Measure the cement about one vertebra.

    Parameters
    ----------
    anatomy
        Outlines in the frame of ``ct``, on any grid.
    before_hu
        The scan before, on the grid of ``ct``, as a person registered it.
    tracks
        Entry and tip of each needle that was there, planned or found, in the frame of ``ct``.
    needles
        Needles that are still there; cement is not judged beside them.

    Raises
    ------
    ValueError
        When the level is not outlined.
    """
    bone = np.argwhere(anatomy.labels == level.verse_label)
    if not len(bone):
        raise ValueError(f"{level} is not outlined")
    places = anatomy.geometry.lps_mm(bone[:, ::-1].astype(np.float64))
    corners = np.stack([places.min(axis=0), places.max(axis=0)])
    found = cement_map(ct, corners, AROUND_MM, before_hu=before_hu, needles=needles)
    look = Lookup(found.geometry, anatomy.geometry)
    labels, bodies = look.read(anatomy.labels), look.read(anatomy.bodies)
    own, body = labels == level.verse_label, bodies == level.verse_label
    others = (labels != 0) & ~own
    pieces = _own_pieces(found, own, others)
    share = np.where(pieces, found.share, 0.0)
    leaks = _leaks(found, pieces, look, anatomy, labels, tracks)
    lesion = None if anatomy.lesion is None else look.read(anatomy.lesion).astype(bool) & own
    voxel_ml = found.geometry.voxel_volume_mm3 / 1000.0
    return FoundCement(
        level=level,
        ml=float(share.sum()) * voxel_ml,
        in_bone_ml=float(share[own].sum()) * voxel_ml,
        in_body_ml=float(share[body].sum()) * voxel_ml,
        body_percent=_percent(share, body),
        lesion_percent=None if lesion is None else _percent(share, lesion),
        leaks=leaks,
        to_canal_mm=_nearest_mm(found, pieces & own, look.read(anatomy.canal) != 0),
        to_foramen_mm=_nearest_mm(found, pieces & own, look.read(anatomy.foramina) != 0),
        map=found,
        notes=_notes(found, ct),
    )


def _percent(share: NDArray[np.float32], where: NDArray[np.bool_]) -> float | None:
    return 100.0 * float(share[where].mean()) if where.any() else None


def _own_pieces(
    found: CementMap, own: NDArray[np.bool_], others: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where cement counts as this vertebra's: each piece to the bone it lies most in.

    A piece in no bone counts here: its source is not known, and it must not be lost.
    """
    numbers, count = cc3d.connected_components(
        found.sure.astype(np.uint8), connectivity=26, return_N=True
    )
    kept = np.zeros(found.sure.shape, dtype=bool)
    for number in range(1, count + 1):
        piece = numbers == number
        if (piece & others).sum() <= (piece & own).sum():
            kept |= piece
    away = binary_dilation(found.sure & ~kept, np.ones((3, 3, 3), dtype=bool), iterations=2)
    near = binary_dilation(kept, np.ones((3, 3, 3), dtype=bool), iterations=2)
    return np.asarray(near & (~away | kept))


def _leaks(
    found: CementMap,
    pieces: NDArray[np.bool_],
    look: Lookup,
    anatomy: Anatomy,
    labels: NDArray[np.uint8],
    tracks: Sequence[tuple[PointLps, PointLps]],
) -> tuple[FoundLeak, ...]:
    """Return the leaks by place, largest first."""
    spacing = tuple(reversed(found.geometry.spacing_mm))
    outside_mm = distance_transform_edt(labels == 0, sampling=spacing)
    outside = found.sure & pieces & (labels == 0)
    numbers, count = cc3d.connected_components(
        outside.astype(np.uint8), connectivity=26, return_N=True
    )
    canal = look.read(anatomy.canal).astype(bool)
    discs, foramina = look.read(anatomy.discs) != 0, look.read(anatomy.foramina) != 0
    leaks: list[FoundLeak] = []
    for number, box in enumerate(find_objects(numbers, count), start=1):
        wide = tuple(slice(max(part.start - 3, 0), part.stop + 3) for part in box)
        piece = numbers[wide] == number
        far = piece & (outside_mm[wide] > OUTSIDE_MM)
        if float(far.sum()) * found.geometry.voxel_volume_mm3 < LEAST_LEAK_MM3:
            continue
        leaks += _told(
            found,
            wide,
            piece,
            (canal[wide], discs[wide], foramina[wide]),
            labels[wide] == 0,
            tracks,
        )
    return tuple(sorted(leaks, key=lambda leak: -leak.ml))


def _told(
    found: CementMap,
    box: tuple[slice, ...],
    piece: NDArray[np.bool_],
    regions: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
    not_bone: NDArray[np.bool_],
    tracks: Sequence[tuple[PointLps, PointLps]],
) -> list[FoundLeak]:
    """Return one leak for each place that a piece lies in."""
    canal, discs, foramina = regions
    free = ~(canal | discs | foramina)
    rest = piece & free
    first = [part.start for part in box]
    kinds = {LeakClass.EPIDURAL: canal, LeakClass.DISCAL: discs & ~canal,
             LeakClass.FORAMINAL: foramina & ~canal & ~discs,
             _of_rest(found, rest, first, tracks): free}  # fmt: skip
    share = found.share[box]
    around = binary_dilation(piece, np.ones((3, 3, 3), dtype=bool), iterations=2) & not_bone
    voxel = found.geometry.voxel_volume_mm3
    sums = {kind: float(share[around & where].sum()) * voxel for kind, where in kinds.items()}
    whole = sum(sums.values())
    largest = max(sums, key=lambda kind: sums[kind])
    leaks = []
    for kind, where in kinds.items():
        mm3 = sums[kind]
        core = piece & where
        enough = mm3 > TOLD_MM3 and mm3 > TOLD_SHARE * whole
        if not core.any() or not (kind is largest or enough):
            continue
        index = np.argwhere(core) + first
        places = found.geometry.lps_mm(index[:, ::-1].astype(np.float64))
        leaks.append(
            FoundLeak(
                kind=kind,
                at=PointLps.of(places.mean(axis=0)),
                ml=mm3 / 1000.0,
                reach_mm=float(np.linalg.norm(np.ptp(places, axis=0))),
            )
        )
    return leaks


def _of_rest(
    found: CementMap,
    rest: NDArray[np.bool_],
    first: Sequence[int],
    tracks: Sequence[tuple[PointLps, PointLps]],
) -> LeakClass:
    """Say what cement beside the bone is: along a needle's way, in a vein, or beside the body."""
    if not rest.any():
        return LeakClass.PARAVERTEBRAL
    index = np.argwhere(rest) + list(first)
    places = found.geometry.lps_mm(index[:, ::-1].astype(np.float64))
    for entry, tip in tracks:
        if float((_from_line(places, entry, tip) < TRACK_MM).mean()) > 0.6:
            return LeakClass.ACCESS_TRACK
    spacing = tuple(reversed(found.geometry.spacing_mm))
    padded = np.pad(rest, 1)
    half_mm = float(np.percentile(distance_transform_edt(padded, sampling=spacing)[padded], 95.0))
    volume = len(index) * found.geometry.voxel_volume_mm3
    long_mm = volume / (np.pi * half_mm**2)
    is_vein = half_mm <= VEIN_MM and long_mm > VEIN_LONG * 2.0 * half_mm
    return LeakClass.VENOUS if is_vein else LeakClass.PARAVERTEBRAL


def _from_line(places: Vector, entry: PointLps, tip: PointLps) -> NDArray[np.float64]:
    """Return how far places lie from a needle's way between entry and tip."""
    way = unit(tip.array - entry.array)
    off = places - entry.array
    along = np.clip(off @ way, 0.0, entry.distance_mm(tip))
    return np.asarray(np.linalg.norm(off - along[:, None] * way, axis=1))


def _nearest_mm(
    found: CementMap, own: NDArray[np.bool_], there: NDArray[np.bool_]
) -> float | None:
    """Return how far cement in the bone is from a structure, less half a voxel at either side."""
    held = found.sure & own
    if not held.any() or not there.any():
        return None
    spacing = tuple(reversed(found.geometry.spacing_mm))
    nearest = float(distance_transform_edt(~there, sampling=spacing)[held].min())
    return max(nearest - min(found.geometry.spacing_mm), 0.0)


def _notes(found: CementMap, ct: CtVolume) -> tuple[str, ...]:
    notes = []
    if not found.by_change:
        notes.append("without the scan before, dense bone and cement are told apart by HU alone")
    if found.metal.any():
        notes.append("metal hides what lies within 2.5 mm of it: cement there is not counted")
    if found.sure.any() and found.plateau_hu < 1500.0:
        notes.append(f"the cement reads only {found.plateau_hu:.0f} HU: give the scan before")
    if ct.outside_scan is not None and ct.outside_scan.any():
        notes.append("the scan is padded: a leak beyond its edge is not seen")
    return tuple(notes)
