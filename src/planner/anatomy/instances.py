"""Tells whole vertebrae apart: bone round the canal, split by seeds and watershed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from planner.anatomy.bilinear import linear
from planner.anatomy.facets import mark_facets
from planner.anatomy.hollows import hollows
from planner.anatomy.morphology import closed, grown, shrunk
from planner.anatomy.pedicle_marrow import OVER_SOFT_HU, beside_canal, follow_marrow
from planner.anatomy.ribs_apart import ribs
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.anatomy.spine_model import widened
from planner.domain.progress import unreported
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_parts import SpineParts
    from planner.anatomy.straight_spine import StraightSpine
    from planner.anatomy.work_grid import WorkVolume
    from planner.domain.progress import ProgressReport

BONE_OVER_SOFT_HU = 130.0
"""Bone is this much denser than the muscle and fat round the spine."""

FARTHEST_LATERAL_MM = 50.0
"""No transverse process reaches farther from the midline."""

_CLOSE_MM = 1.5
_LARGEST_HOLE_MM2 = 120.0
_LARGEST_MARROW_MM2 = 900.0
_SURE_SHARE = 0.6
_END_HEIGHT_MM = 30.0
_FACET_MM = 10.0
"""An articular process is not larger than twice this."""

_PEDICLE_CORE_MM = 6.0
"""Beside the canal this much bone is pedicle, before a rib's head can begin."""

_HEADS_FROM_MM, _HEADS_BEYOND_WALL_MM, _HEADS_BESIDE_MM = 2.0, 6.0, 5.5
"""Forward from the middle of the canal and this far out from the body only ribs' heads have bone;
nearer, a head may share its cortex with a wide pedicle of T11 or T12."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stations:
    """Where each vertebra lies along the curve, from inferior to superior.

    Attributes
    ----------
    centre_s
        ``s`` of the body centres.
    height_mm
        Level-to-level distance at each.
    cut_by_scan
        Whether a disc is missing on one side, so the stack may cut the vertebra.
    """

    centre_s: NDArray[np.float64]
    height_mm: NDArray[np.float64]
    cut_by_scan: NDArray[np.bool_]


def stations(discs: DiscSearch) -> Stations:
    """Place one vertebra between neighbouring discs and one beyond each end."""
    s = discs.s_mm
    spacing = np.diff(s) if len(s) > 1 else np.array([_END_HEIGHT_MM])
    height = np.r_[spacing[0], spacing, spacing[-1]] if len(s) > 1 else np.repeat(spacing, 2)
    centre = np.r_[s[0] - 0.5 * height[0], 0.5 * (s[1:] + s[:-1]), s[-1] + 0.5 * height[-1]]
    cut = np.zeros(len(centre), np.bool_)
    cut[[0, -1]] = True
    return Stations(centre_s=centre, height_mm=height, cut_by_scan=cut)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitChoices:
    """What a split does not read from the CT.

    Attributes
    ----------
    soft_hu
        HU of soft tissue round the spine; it is measured in the volume where ``None``.
    bone_over_soft_hu
        How much denser bone is; a user may say so for one vertebra.
    wanted
        Numbers of the vertebrae to outline; ``None`` for all.
    ribs
        Which vertebrae bear ribs, from inferior to superior; none where empty.
    scribbles
        int32 on the volume's grid: where the user's word is the number of a vertebra, or
        ``NO_VERTEBRA`` for bone of none; 0 elsewhere.
    """

    soft_hu: float | None = None
    bone_over_soft_hu: float = BONE_OVER_SOFT_HU
    wanted: frozenset[int] | None = None
    ribs: tuple[bool, ...] = ()
    scribbles: NDArray[np.int32] | None = None


NO_VERTEBRA = 255
"""Seed of bone that is no vertebra's, such as a rib."""


def split_vertebrae(
    volume: WorkVolume,
    located: NDArray[np.float32],
    parts: SpineParts,
    spine: StraightSpine,
    choices: SplitChoices,
    report: ProgressReport = unreported,
) -> NDArray[np.uint8]:
    """Return whole vertebrae, uint8 ``n + 1`` from inferior to superior, on the work grid."""
    discs, surfaces = spine.discs, spine.surfaces
    soft_hu = choices.soft_hu
    if soft_hu is None:
        soft_hu = soft_tissue_hu(volume, located, parts)
    threshold_hu = soft_hu + choices.bone_over_soft_hu
    places = stations(discs)
    wall = discs.walls.posterior_at(located[0]).astype(np.float32)
    bone = _bone(volume, located, parts, wall, spine, threshold_hu)
    report(0.2, "looking for the vertebrae's own bone")
    dense = volume.hu > threshold_hu + 40.0
    laminae = _lamina_places(spine.straight, spine.canal_radius_mm, places)
    seeds = _seeds(located, parts, wall, bone, dense, spine, laminae)
    relief = -np.clip(ndimage.gaussian_filter(volume.hu, 0.5 / volume.spacing_mm), -100, 700)
    if any(choices.ribs):
        quarter = spine.canal_radius_mm.shape[1] // 4
        half_mm = spine.canal_radius_mm[:, [quarter, -quarter]].mean(1)
        near = beside_canal(located, wall, half_mm) & bone & (-relief > soft_hu + OVER_SOFT_HU)
        levels = places.centre_s, places.height_mm
        follow_marrow(seeds, -relief, near, located[0], levels, choices.ribs)
    heads = _rib_heads(located, wall, surfaces.half_width_mm, places, choices.ribs)
    report(0.4, "telling ribs apart")
    bone &= ~ribs(volume, located, relief, seeds, bone, heads, threshold_hu)
    seeds[~bone] = 0
    sure = seeds.copy()
    mark_facets(seeds, located, bone & dense, discs, surfaces.half_width_mm)
    if choices.scribbles is not None:
        _give_way(seeds, sure, choices.scribbles, volume.spacing_mm)
        said = (choices.scribbles > 0) & ~parts.canal
        bone |= said
        seeds[said] = choices.scribbles[said]
    report(0.6, "telling the vertebrae apart")
    flooded = watershed(relief, seeds, mask=bone)  # type: ignore[no-untyped-call]
    out = np.zeros(flooded.shape, np.uint8)
    boxes = ndimage.find_objects(flooded, max_label=len(places.centre_s))
    for n, found in enumerate(boxes):
        if found is None or (choices.wanted is not None and n + 1 not in choices.wanted):
            continue
        report(0.8 + 0.2 * n / len(boxes), f"outlining vertebra {n + 1} of {len(boxes)}")
        box = widened((found[0], found[1], found[2]), 2, flooded.shape)
        kept = None if choices.scribbles is None else choices.scribbles[box] == n + 1
        piece = _one_vertebra(flooded[box] == n + 1, located[:, *box], places, n, kept)
        piece &= ~parts.canal[box] & ((parts.discs[box] == 0) | bone[box]) & (out[box] == 0)
        piece &= (parts.bodies[box] == 0) | (parts.bodies[box] == n + 1)
        out[box][piece] = n + 1
    return out


def _give_way(
    seeds: NDArray[np.int32],
    sure: NDArray[np.int32],
    scribbles: NDArray[np.int32],
    spacing_mm: float,
) -> None:
    """Take back, in place, facet seeds beside a scribble that says another vertebra.

    They stand on both sides of a joint that was read wrongly; else the watershed would leave the
    process to them but for the ball that was painted.
    """
    reach = round(_FACET_MM / spacing_mm)
    for said in np.unique(scribbles[scribbles > 0]):
        (found,) = ndimage.find_objects((scribbles == said).astype(np.uint8))
        box = widened((found[0], found[1], found[2]), reach, scribbles.shape)
        away = edt.edt(np.asarray(scribbles[box] != said), anisotropy=(spacing_mm,) * 3)
        other = (seeds[box] != sure[box]) & (seeds[box] != said) & (away < _FACET_MM)
        seeds[box][other] = sure[box][other]


def soft_tissue_hu(volume: WorkVolume, located: NDArray[np.float32], parts: SpineParts) -> float:
    """Return the median HU of soft tissue round the spine."""
    _, v, u = located
    near = (parts.bodies == 0) & ~parts.canal & (v > -45) & (v < 30) & (np.abs(u) < 40)
    ring = volume.hu[near & (volume.hu > -30) & (volume.hu < 110)]
    return float(np.median(ring)) if ring.size else 40.0


def _bone(
    volume: WorkVolume,
    located: NDArray[np.float32],
    parts: SpineParts,
    wall: NDArray[np.float32],
    spine: StraightSpine,
    threshold_hu: float,
) -> NDArray[np.bool_]:
    """Return bone round the canal with its marrow filled, bodies by their surface only.

    Parameters
    ----------
    wall
        ``v`` of the posterior wall at every voxel.
    """
    s, v, u = located
    spacing = volume.spacing_mm
    smooth = ndimage.gaussian_filter(volume.hu, 0.45 / spacing)
    free = ~parts.canal & (parts.discs == 0)
    is_body = parts.bodies > 0
    beside = linear(spine.surfaces.half_width_mm, s).astype(np.float32)
    lateral = np.abs(u) > 0.75 * beside
    # In front of the wall only the body itself is accepted, so osteophytes and vessels stay out.
    rim = grown(is_body) & ~parts.canal
    allowed = (v < wall + 1.0) | rim | ((v < wall + 5.0) & lateral)
    allowed &= (
        (v < spine.discs.walls.anterior_mm.max() + 6.0)
        & (v > -60.0)
        & (np.abs(u) < FARTHEST_LATERAL_MM)
    )
    bone = np.asarray((smooth > threshold_hu) & (free | rim) & allowed)
    shut = closed(bone, max(1, round(_CLOSE_MM / spacing)))
    bone |= shut & free & (smooth > threshold_hu - 110.0) & (v < wall + 2.0)
    bone |= is_body
    certain = (smooth > threshold_hu - 110.0) | _at_pedicles(s, v, stations(spine.discs))
    _fill_marrow(bone, parts.canal, smooth, spacing, certain)
    return np.asarray((bone & ~parts.canal) | is_body)


def _at_pedicles(
    s: NDArray[np.float32], v: NDArray[np.float32], places: Stations
) -> NDArray[np.bool_]:
    """Tell which voxels lie at the height of a pedicle and not behind the canal."""
    out = np.empty(s.shape, np.bool_)
    _in_stretches(s, v, places.centre_s, places.centre_s + 0.35 * places.height_mm, out)
    return out


@kernel
def _in_stretches(
    s: NDArray[np.float32],
    v: NDArray[np.float32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    out: NDArray[np.bool_],
) -> None:
    """Fill ``out``."""
    for k in range(s.shape[0]):
        for j in range(s.shape[1]):
            for i in range(s.shape[2]):
                inside = False
                if v[k, j, i] > -6.0:
                    for n in range(low.shape[0]):
                        if low[n] < s[k, j, i] < high[n]:
                            inside = True
                out[k, j, i] = inside


def _fill_marrow(
    bone: NDArray[np.bool_],
    canal: NDArray[np.bool_],
    smooth: NDArray[np.float32],
    spacing_mm: float,
    certain: NDArray[np.bool_],
) -> None:
    """Fill enclosed holes of every axial slice in place.

    Small ones are marrow. Larger ones are marrow too where ``certain``: dense, or at the height
    of the pedicles, where no foramen can be.
    """
    largest = np.array([_LARGEST_HOLE_MM2, _LARGEST_MARROW_MM2]) / spacing_mm**2
    pieces = hollows(bone | canal, axis=0)
    sizes = np.bincount(pieces.ravel())
    # A number that is not a hollow has no voxel.
    sure = np.bincount(pieces[certain], minlength=len(sizes)) / np.maximum(sizes, 1)
    fill = (sizes < largest[0]) | ((sizes < largest[1]) & (sure > _SURE_SHARE))
    fill[0] = False
    bone |= fill[pieces] & (smooth > -40.0)


def _lamina_places(
    straight: NDArray[np.float32], canal_radius: NDArray[np.float64], places: Stations
) -> NDArray[np.float64]:
    """Return ``s`` of each vertebra's midline lamina, NaN where none is in the scan."""
    posterior = canal_radius[:, [0, 1, -1]].mean(1)
    midline = straight[:, :, np.abs(U_MM) <= 6.0]
    profile = np.zeros(len(straight))
    for s, section in enumerate(midline):
        band = (-posterior[s] >= V_MM) & (-posterior[s] - 14.0 <= V_MM)
        values = np.sort(section[band].ravel())
        profile[s] = np.clip(values[-max(1, len(values) // 3) :], 0, 600).mean()
    profile = ndimage.gaussian_filter1d(profile, 2.0)
    out = np.full(len(places.centre_s), np.nan)
    for n, (centre, height) in enumerate(zip(places.centre_s, places.height_mm, strict=True)):
        expected = centre - 0.33 * height
        low = max(0, int(expected - 0.35 * height))
        window = np.arange(low, min(len(profile), int(expected + 0.4 * height)))
        if len(window) >= 5:
            weight = np.exp(-0.5 * ((window - expected) / (0.3 * height)) ** 2)
            out[n] = window[(profile[window] * weight).argmax()]
    return out


def _seeds(
    located: NDArray[np.float32],
    parts: SpineParts,
    wall: NDArray[np.float32],
    bone: NDArray[np.bool_],
    dense: NDArray[np.bool_],
    spine: StraightSpine,
    laminae: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Mark each vertebra where it is certain: body core, pedicles, midline lamina."""
    s, v, u = located
    quarter = spine.canal_radius_mm.shape[1] // 4
    canal_half_mm = spine.canal_radius_mm[:, [quarter, -quarter]].mean(1)
    places = stations(spine.discs)
    side = np.abs(u)
    core = shrunk(parts.bodies > 0)
    seeds = np.ascontiguousarray(np.where(core, parts.bodies, 0), dtype=np.int32)
    reach = linear(canal_half_mm, s) + _PEDICLE_CORE_MM
    beside_canal = (side > 7) & (side < reach) & (v > 0) & (v < wall + 3) & bone
    midline = (side < 6) & (v < -4) & (v > -22) & bone & dense
    flat = seeds.reshape(-1)
    beside, middle = np.flatnonzero(beside_canal), np.flatnonzero(midline)
    beside_s, middle_s = s.reshape(-1)[beside], s.reshape(-1)[middle]
    lowest, highest = float(s.min()), float(s.max())
    for n, (centre, height) in enumerate(zip(places.centre_s, places.height_mm, strict=True)):
        if not lowest - height < centre < highest + height:
            continue
        flat[beside[(beside_s > centre) & (beside_s < centre + 0.28 * height)]] = n + 1
        if np.isfinite(laminae[n]):
            lamina = middle[np.abs(middle_s - laminae[n]) < 2.5]
            flat[lamina[flat[lamina] == 0]] = n + 1
    return seeds


def _rib_heads(
    located: NDArray[np.float32],
    wall: NDArray[np.float32],
    half_width_mm: NDArray[np.float64],
    places: Stations,
    bearing: tuple[bool, ...],
) -> NDArray[np.bool_]:
    """Tell where bone beside a body that bears ribs can only be the head of one.

    A vertebra with ribs has nothing far beside its body in front of the middle of its canal: its
    pedicles stand near the body's width and its transverse processes run back.
    """
    s, v, u = located
    out = np.zeros(s.shape, np.bool_)
    if not any(bearing):
        return out
    beside = (v > _HEADS_FROM_MM) & (v < wall + _HEADS_BEYOND_WALL_MM)
    beside &= np.abs(u) > linear(half_width_mm, s).astype(np.float32) + _HEADS_BESIDE_MM
    for centre, height, bears in zip(places.centre_s, places.height_mm, bearing, strict=True):
        if bears:
            out |= beside & (s > centre - 0.3 * height) & (s < centre + 0.6 * height)
    return out


def _one_vertebra(
    piece: NDArray[np.bool_],
    located: NDArray[np.float32],
    places: Stations,
    n: int,
    kept: NDArray[np.bool_] | None,
) -> NDArray[np.bool_]:
    """Cut ribs and strays off one flooded piece and smooth it; what holds ``kept`` is no stray."""
    s, _, u = located
    centre, height = places.centre_s[n], places.height_mm[n]
    piece &= np.abs(u) < FARTHEST_LATERAL_MM
    piece &= (s > centre - 1.45 * height) & (s < centre + 0.95 * height)
    pieces, count = cc3d.connected_components(piece, connectivity=6, return_N=True)
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        wanted = {int(sizes.argmax())}
        if kept is not None:
            wanted |= {int(number) for number in np.unique(pieces[kept & piece])}
        piece = np.isin(pieces, sorted(wanted))
    return _without_marrow_holes(closed(piece))


def _without_marrow_holes(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what one vertebra encloses in coronal and sagittal sections.

    In those sections the cortex of a pedicle is a closed ring however the vertebra tilts, and
    canal and foramina are open.
    """
    found = ndimage.find_objects(piece.astype(np.uint8))
    if not found or found[0] is None:
        return piece
    box = found[0]
    inner = piece[box]
    for axis in (1, 2):
        inner = inner | (hollows(inner, axis) > 0)
    piece[box] = inner
    return piece
