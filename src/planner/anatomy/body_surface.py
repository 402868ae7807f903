"""The side wall and endplates of the vertebral bodies, as smooth optimal surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import held_at
from planner.anatomy.optimal_surface import calmed_radius, smooth_surface
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.domain.progress import unreported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.wall_lines import WallLines
    from planner.domain.progress import ProgressReport

ANGLES = 72
"""Directions round the body axis; 0 is anterior, positive to the left."""

RADII_MM = np.arange(7.0, 34.0, 0.5)

HEIGHTS_MM = np.arange(0.0, 9.01, 0.5)
"""How far an endplate may lie from the middle plane of its disc."""

SURFACE_BIAS_MM = 0.45
"""How far outside the bone the steepest fall of HU lies behind a thin cortex, after blur.

Human outlines of three subjects lie 0.4 mm inside it, the walls of digital spines 0.5 mm.
"""

ENDPLATE_BIAS_MM = 0.45
"""The same for endplates, which are thicker."""

_EXPECTED_HEIGHT_MM = 3.0

_BEHIND_PRICE = 0.7
_PLATE_WITHIN_MM = 6.0
_PLATE_SHARES = 0.8, 0.2
"""An endplate begins, and is certain, so far on the way from disc to the usual crest of it."""

_LEAST_PLATE_HU = 60.0
_PLATE_STEPS = 5
"""So many samples past its crest, 2.5 mm, no blurred endplate still has its face."""

_PRIOR_MM = 6.0
_HALF_WIDTH_RATIO = 1.25
_LATERAL_REACH_MM = 30.0

_ENDPLATE_REACH_MM = 12.0
"""Walls this far along the spine from the middle of a disc bound its endplates."""

_FILTERS_MM = 8
"""Rows that the filters before the endplates look beyond their own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodySurfaces:
    """Surfaces in straightened coordinates.

    Attributes
    ----------
    radius_mm
        Shape ``(n, ANGLES)``: side wall round ``(walls.centre_mm, 0)``.
    half_width_mm
        Shape ``(n,)``: expected lateral half axis.
    below, above
        Shape ``(discs, v, u)``: ``s`` of the endplate below each disc (the superior endplate of
        the lower vertebra) and above it; beyond the body the last height goes on.
    """

    radius_mm: NDArray[np.float64]
    half_width_mm: NDArray[np.float64]
    below: NDArray[np.float64]
    above: NDArray[np.float64]


def body_surfaces(
    straight: NDArray[np.float32], discs: DiscSearch, report: ProgressReport = unreported
) -> BodySurfaces:
    """Find side walls along the whole spine and both endplates of every disc."""
    image = _smooth(straight)
    radius, half_width = _side_wall(image, discs.walls)
    slope = _slope(image)
    count, pairs = len(discs.s_mm), []
    for n in range(count):
        report(n / count, f"outlining the endplates of disc {n + 1} of {count}")
        pairs.append(_endplates(image, slope, discs, n))
    return _surfaces(radius, half_width, pairs)


def surfaces_of_discs(
    straight: NDArray[np.float32], discs: DiscSearch, old: DiscSearch, before: BodySurfaces
) -> BodySurfaces:
    """Return the surfaces for other discs between the same walls: only new discs are looked at."""
    pairs = []
    for n in range(len(discs.s_mm)):
        same = np.flatnonzero(
            (old.s_mm == discs.s_mm[n])
            & (old.tilt_rad == discs.tilt_rad[n])
            & (old.coronal_tilt_rad == discs.coronal_tilt_rad[n])
        )
        if len(same):
            pairs.append((before.below[same[0]], before.above[same[0]]))
        else:
            pairs.append(_endplates_near(straight, discs, n))
    return _surfaces(before.radius_mm, before.half_width_mm, pairs)


def surfaces_of_rows(
    straight: NDArray[np.float32], discs: DiscSearch, before: BodySurfaces, rows: slice
) -> BodySurfaces:
    """Return the surfaces with some rows of the straightened spine looked at anew.

    What edges are strong is judged over the whole spine, so that all rows would move a little.
    """
    found, found_width = _side_wall(_smooth(straight), discs.walls)
    radius, half_width = before.radius_mm.copy(), before.half_width_mm.copy()
    radius[rows], half_width[rows] = found[rows], found_width[rows]
    pairs = [
        _endplates_near(straight, discs, n)
        if rows.start - _ENDPLATE_REACH_MM < s < rows.stop + _ENDPLATE_REACH_MM
        else (before.below[n], before.above[n])
        for n, s in enumerate(discs.s_mm)
    ]
    return _surfaces(radius, half_width, pairs)


def _smooth(straight: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(np.clip(straight, -60, 450), 0.6))


def _slope(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter1d(image, 0.9, axis=0, order=1))


def _endplates_near(
    straight: NDArray[np.float32], discs: DiscSearch, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the endplates of one disc, filtering only the rows they can lie in."""
    plane = disc_plane(discs, n)
    low = max(0, int(plane.min() - HEIGHTS_MM[-1]) - _FILTERS_MM)
    high = min(len(straight), int(plane.max() + HEIGHTS_MM[-1]) + _FILTERS_MM + 2)
    if high <= low:
        return plane, plane.copy()
    image, slope = np.zeros_like(straight), np.zeros_like(straight)
    image[low:high] = _smooth(straight[low:high])
    slope[low:high] = _slope(image[low:high])
    return _endplates(image, slope, discs, n)


def _surfaces(
    radius: NDArray[np.float64],
    half_width: NDArray[np.float64],
    pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> BodySurfaces:
    empty = np.empty((0, len(V_MM), len(U_MM)))
    return BodySurfaces(
        radius_mm=radius,
        half_width_mm=half_width,
        below=np.stack([pair[0] for pair in pairs]) if pairs else empty,
        above=np.stack([pair[1] for pair in pairs]) if pairs else empty,
    )


def disc_plane(discs: DiscSearch, n: int) -> NDArray[np.float64]:
    """Return ``s`` of the middle plane of disc ``n`` over ``(v, u)``."""
    s = discs.s_mm[n]
    v = V_MM[:, None] - discs.walls.centre_at(s)
    return np.asarray(
        s + v * np.tan(discs.tilt_rad[n]) + U_MM[None] * np.tan(discs.coronal_tilt_rad[n])
    )


def _side_wall(
    image: NDArray[np.float32], walls: WallLines
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the radius over (s, angle) and the expected lateral half axis over s."""
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    centre = walls.centre_mm
    half_depth = 0.5 * (walls.anterior_mm - walls.posterior_mm)
    edge = _outward_edge(image, centre, angle)
    half_width = _half_width(edge, angle, half_depth)
    ellipse = (half_depth * half_width)[:, None] / np.hypot(
        half_width[:, None] * np.cos(angle), half_depth[:, None] * np.sin(angle)
    )
    prior = 0.25 * ((RADII_MM - ellipse[:, :, None]) / _PRIOR_MM) ** 2
    cost = (1.0 - edge + prior).astype(np.float32)
    radius = RADII_MM[smooth_surface(cost, step_price=0.06, jump_price=0.35, circular=True)]
    calm = calmed_radius(radius, median=(3, 5), sigma=(0.7, 0.8))
    return calm - SURFACE_BIAS_MM, half_width


def _outward_edge(
    image: NDArray[np.float32], centre_mm: NDArray[np.float64], angle: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how strongly HU falls outward, 0 to 1.6, over (s, angle, radius)."""
    place = np.arange(len(image))[:, None, None]
    v = centre_mm[:, None, None] + np.cos(angle)[None, :, None] * RADII_MM
    u = np.sin(angle)[None, :, None] * RADII_MM
    rays = held_at(image, [place, v - V_MM[0], u - U_MM[0]])
    fall = np.clip(-ndimage.gaussian_filter1d(rays, 1.6, axis=2, order=1), 0.0, None)
    return np.asarray(np.clip(fall / np.percentile(fall, 97), 0.0, 1.6), dtype=np.float64)


def _half_width(
    edge: NDArray[np.float64], angle: NDArray[np.float64], half_depth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the lateral half axis for each ``s``, from both lateral rays."""
    lateral = [int(np.abs(angle - side * np.pi / 2).argmin()) for side in (1, -1)]
    profile = ndimage.gaussian_filter1d(edge[:, lateral].mean(1), 10, axis=0)
    expected = _HALF_WIDTH_RATIO * half_depth[:, None]
    best = RADII_MM[(profile * np.exp(-0.5 * ((RADII_MM - expected) / 5.0) ** 2)).argmax(1)]
    calm = ndimage.median_filter(best, 31, mode="nearest")
    return np.asarray(ndimage.gaussian_filter1d(calm, 6, mode="nearest"))


def _endplates(
    image: NDArray[np.float32], slope: NDArray[np.float32], discs: DiscSearch, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``s`` over (v, u) of the endplate below and the one above disc ``n``."""
    walls = discs.walls
    whole = disc_plane(discs, n)
    rows = slice(
        int(np.searchsorted(V_MM, walls.posterior_mm.min() - 4.0)),
        int(np.searchsorted(V_MM, walls.anterior_mm.max() + 5.0)),
    )
    columns = slice(
        int(np.searchsorted(U_MM, -_LATERAL_REACH_MM)),
        int(np.searchsorted(U_MM, _LATERAL_REACH_MM + 1.0)),
    )
    plane = whole[rows, columns]
    row, column = np.meshgrid(
        np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop), indexing="ij"
    )
    surfaces = []
    for direction in (-1, 1):
        s = plane[..., None] + direction * HEIGHTS_MM
        index = [s, row[..., None], column[..., None]]
        rise = direction * held_at(slope, index)
        edge = np.clip(rise, 0.0, None)
        edge = np.clip(edge / (np.percentile(edge, 96) + 1e-6), 0.0, 1.5)
        cost = 1.0 - edge + 0.012 * (HEIGHTS_MM - _EXPECTED_HEIGHT_MM) ** 2
        lines = held_at(image, index)
        cost = (cost + _BEHIND_PRICE * _behind_plate(lines)).astype(np.float32)
        height = HEIGHTS_MM[smooth_surface(cost, step_price=0.08, jump_price=0.5)]
        height = ndimage.gaussian_filter(ndimage.median_filter(height, 5), 1.0) + ENDPLATE_BIAS_MM
        margins = ((rows.start, len(V_MM) - rows.stop), (columns.start, len(U_MM) - columns.stop))
        surfaces.append(whole + direction * np.pad(height, margins, mode="edge"))
    return surfaces[0], surfaces[1]


def _behind_plate(lines: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how sure it is, 0 to 1, that a line from the disc has passed the endplate.

    Between thin discs' plates HU fall too little for a steep rise; without this a grain of marrow
    deep in the body is as good.

    Parameters
    ----------
    lines
        HU from the middle of the disc outward, shape ``(rows, columns, heights)``.
    """
    within = lines[:, :, HEIGHTS_MM <= _PLATE_WITHIN_MM]
    disc, plate = float(np.median(lines[:, :, 0])), float(np.median(within.max(axis=2)))
    begins, over = (share * max(plate - disc, _LEAST_PLATE_HU) for share in _PLATE_SHARES)
    crossed = np.maximum.accumulate(np.clip((lines - disc - begins) / over, 0.0, 1.0), axis=2)
    out = np.zeros(lines.shape)
    out[:, :, _PLATE_STEPS:] = crossed[:, :, :-_PLATE_STEPS]
    return out
