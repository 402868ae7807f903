"""Where a shaft ends: a bundle of blurred filaments laid over the voxels about its end.

A scan shows metal far too large: it is blurred, and cut off at what the scan can store, so that
half of what is SHOWN lies well outside the metal. The same blur widens the shaft, where its
course is known; a model of both at once tells how far the end has bloomed. See ADR 820.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import least_squares
from scipy.special import ndtr

from planner.control.shaft import across
from planner.geometry.points import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.control.shaft import Shaft
    from planner.domain.volume import CtVolume

BEFORE_MM: Final = 7.0
BEYOND_MM: Final = 3.5
BESIDE_MM: Final = 3.8
"""Voxels so far before and beyond the end, and beside the axis, are compared."""

END_MM: Final = 4.0
SHORTEST_FIT_MM: Final = 12.0
MOST_VOXELS: Final = 4000
"""The axis is fitted so far from both ends, over no less, by no more voxels."""

CORRELATED: Final = 4.0
"""So many neighbouring voxels err alike."""

NOISE_HU: Final = 80.0
SHARE: Final = 0.08
"""What a voxel may be off by: noise and streaks, and a share of its reading."""

STORED_SHARE: Final = 1e-4
"""This share of bright voxels at one top reading means that the scan stores no more."""

USUAL_BLUR_MM: Final = 0.6
USUAL_HU: Final = 10000.0
"""Spread of a usual kernel in the slice, and what steel reads (recalled); weak priors only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShaftEnd:
    """The end of a shaft.

    Attributes
    ----------
    along_mm
        Place along the shaft where half of its section has ended.
    sd_mm
        One standard deviation of that.
    beyond_mm
        How far a ground point may stand beyond it: the fitted bevel's half length.
    diameter_mm, blur_mm, metal_hu
        Of the model that fits best.
    misfit
        Root mean square of what is left, in parts of what a voxel may be off by.
    """

    along_mm: float
    sd_mm: float
    beyond_mm: float
    diameter_mm: float
    blur_mm: float
    metal_hu: float
    misfit: float


def top_of_scale(ct: CtVolume) -> float:
    """Return the highest HU the scan stores, infinity where nothing is cut off."""
    top = int(ct.hu.max())
    count = int((ct.hu >= top - 1).sum())
    return float(top) if count > 20 else float("inf")


def _filaments() -> NDArray[np.float64]:
    """Return places of equal weight in a disc of radius 1, shape ``(19, 2)``."""
    rings = [(0.0, 1), (0.47, 6), (0.83, 12)]
    places = []
    for radius, count in rings:
        turn = 2.0 * np.pi * np.arange(count) / count
        places.append(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1))
    return np.concatenate(places)


FILAMENTS: Final = _filaments()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Voxels:
    """Voxels about an end in the shaft's own frame, and how the scan blurs there."""

    along: NDArray[np.float64]
    beside: NDArray[np.float64]
    hu: NDArray[np.float64]
    in_slice: NDArray[np.float64]
    through: NDArray[np.float64]
    """Covariances of unit blur within the slice and of the slice's own, both (3, 3), shaft frame
    (axis, one, other)."""
    top_hu: float


def end_of(ct: CtVolume, shaft: Shaft, about_mm: float, top_hu: float) -> ShaftEnd | None:
    """Fit the end of a shaft near ``about_mm``, the shaft running up to it from below.

    Returns ``None`` where too little of it lies in the scan.
    """
    voxels = _voxels(ct, shaft, about_mm - BEFORE_MM, about_mm + BEYOND_MM, top_hu)
    if len(voxels.hu) < 40:
        return None
    radius = min(max(0.5 * shaft.apparent_diameter_mm - 0.4, 0.35), 2.4)
    start = np.array(
        [about_mm - 0.4, 0.0, 0.0, 0.0, 0.0, np.log(radius), np.log(USUAL_HU), np.log(0.6), 100.0]
    )
    low = np.array([about_mm - 6.0, -4.0, -4.0, -1.5, -1.5, np.log(0.25), 7.2, np.log(0.25), -900])
    high = np.array([about_mm + 4.0, 4.0, 4.0, 1.5, 1.5, np.log(2.6), 10.8, np.log(1.4), 1500.0])
    prior = np.array(
        [0.0, 0.0, 0.0, 0.0, 0.0, np.log(radius), np.log(USUAL_HU), np.log(USUAL_BLUR_MM), 100.0]
    )
    spread = np.array([1e6, 1.0, 1.0, 1.0, 1.0, 0.5, 0.8, 0.35, 300.0])

    def off(values: NDArray[np.float64]) -> NDArray[np.float64]:
        wrong = (_model(values, voxels) - voxels.hu) / (NOISE_HU + SHARE * np.abs(voxels.hu))
        return np.concatenate([wrong, (values - prior) / spread])

    fit = least_squares(
        off,
        start,
        bounds=(low, high),
        loss="soft_l1",
        x_scale=np.array([0.2, 0.5, 0.5, 0.1, 0.1, 0.1, 0.2, 0.1, 50.0]),
        max_nfev=60,
    )
    count = len(voxels.hu)
    rest = fit.fun[:count]
    misfit = float(np.sqrt((rest**2).mean()))
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * max(misfit**2, 1.0) * CORRELATED
    diameter = 2.0 * float(np.exp(fit.x[5]))
    return ShaftEnd(
        along_mm=float(fit.x[0]),
        sd_mm=float(np.sqrt(covariance[0, 0])),
        beyond_mm=0.5 * diameter * float(np.hypot(fit.x[1], fit.x[2])),
        diameter_mm=diameter,
        blur_mm=float(np.exp(fit.x[7])),
        metal_hu=float(np.exp(fit.x[6])),
        misfit=misfit,
    )


def straightened(ct: CtVolume, shaft: Shaft, top_hu: float) -> Shaft:
    """Return the shaft with the axis of the straight tube that fits its voxels best.

    Sections between thick slices are read between two cut-off values and lie where neither says;
    the tube is compared with the voxels themselves. A worse fit leaves the shaft as it is.
    """
    low, high = float(shaft.along_mm[0]) + END_MM, float(shaft.along_mm[-1]) - END_MM
    if high - low < SHORTEST_FIT_MM:
        return shaft
    voxels = _voxels(ct, shaft, low, high, top_hu, most=MOST_VOXELS)
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    share = (voxels.along - middle) / half
    radius = np.log(min(max(0.5 * shaft.apparent_diameter_mm - 0.4, 0.35), 2.4))
    prior = np.array([0.0, 0.0, 0.0, 0.0, radius, np.log(USUAL_HU), np.log(USUAL_BLUR_MM), 50.0])
    spread = np.array([2.0, 2.0, 2.0, 2.0, 0.5, 0.8, 0.35, 300.0])

    def off(values: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = voxels.beside - values[:2] - share[:, None] * values[2:4]
        wrong = _tube(values[4:8], voxels, moved) - voxels.hu
        wrong /= NOISE_HU + SHARE * np.abs(voxels.hu)
        return np.concatenate([wrong, (values - prior) / spread])

    fit = least_squares(
        off, prior, loss="soft_l1", x_scale=np.array([0.1] * 5 + [0.2, 0.1, 50.0]), max_nfev=40
    )
    if float((off(fit.x) ** 2).sum()) > float((off(prior) ** 2).sum()):
        return shaft
    one, other = across(shaft.axis)
    sideways = fit.x[2] * one + fit.x[3] * other
    axis = unit(shaft.axis + sideways / half)
    at = shaft.place(middle) + fit.x[0] * one + fit.x[1] * other - middle * axis
    count = len(voxels.hu)
    scale = max(float((fit.fun[:count] ** 2).mean()), 1.0) * CORRELATED
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * scale
    angle = float(np.degrees(np.sqrt(covariance[2, 2] + covariance[3, 3]) / half))
    return replace(shaft, at=at, axis=axis, angle_sd_deg=angle)


def _voxels(
    ct: CtVolume, shaft: Shaft, low_mm: float, high_mm: float, top_hu: float, most: int = 0
) -> _Voxels:
    """Return the voxels about a stretch of a shaft, at most so many of them, evenly thinned."""
    geometry = ct.geometry
    ends = np.stack([shaft.place(low_mm), shaft.place(high_mm)])
    index = geometry.ijk(ends)
    reach = np.abs(geometry.ijk_from_lps[:3, :3]).sum(axis=1) * BESIDE_MM
    size = np.array(geometry.size_ijk)
    low = np.clip(np.floor(index.min(axis=0) - reach), 0, size).astype(int)
    high = np.clip(np.ceil(index.max(axis=0) + reach) + 1, 0, size).astype(int)
    i, j, k = (np.arange(a, b) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(k, j, i, indexing="ij"), axis=-1).reshape(-1, 3)
    places = geometry.lps_mm(grid[:, ::-1].astype(np.float64)) - shaft.at
    one, other = across(shaft.axis)
    along = places @ shaft.axis
    beside = np.stack([places @ one, places @ other], axis=1)
    near = (along > low_mm) & (along < high_mm) & ((beside**2).sum(axis=1) < BESIDE_MM**2)
    if most:
        near = np.flatnonzero(near)
        near = near[:: len(near) // most + 1]
    grid = grid[near]
    frame = np.stack([shaft.axis, one, other])
    columns, rows = geometry.direction[:, 0], geometry.direction[:, 1]
    normal = np.cross(columns, rows)
    flat = frame @ (np.outer(columns, columns) + np.outer(rows, rows)) @ frame.T
    apart = abs(float(geometry.lps_from_ijk[:3, 2] @ normal))
    thick = max(ct.record.slice_thickness_mm or apart, apart)
    variance = thick**2 / 12.0 + (0.2 * apart) ** 2
    return _Voxels(
        along=along[near],
        beside=beside[near],
        hu=ct.hu[grid[:, 0], grid[:, 1], grid[:, 2]].astype(np.float64),
        in_slice=flat,
        through=variance * frame @ np.outer(normal, normal) @ frame.T,
        top_hu=top_hu,
    )


def _model(values: NDArray[np.float64], voxels: _Voxels) -> NDArray[np.float64]:
    """Return what the scan would read: half-endless filaments, blurred and cut off."""
    end, slope_one, slope_other, shift_one, shift_other = values[:5]
    radius, metal, blur = np.exp(values[5:8])
    spread = blur**2 * voxels.in_slice + voxels.through
    lateral = spread[1:, 1:]
    inverse = np.linalg.inv(lateral)
    lean = inverse @ spread[1:, 0]
    axial = np.sqrt(max(float(spread[0, 0] - spread[0, 1:] @ lean), 1e-4))
    height = metal * radius**2 / (2.0 * len(FILAMENTS) * np.sqrt(np.linalg.det(lateral)))
    total = np.full(len(voxels.hu), values[8])
    for one, other in FILAMENTS * radius:
        apart = voxels.beside - (one + shift_one, other + shift_other)
        density = np.exp(-0.5 * np.einsum("ni,ij,nj->n", apart, inverse, apart))
        ends = end + slope_one * one + slope_other * other
        total += height * density * ndtr((ends - voxels.along + apart @ lean) / axial)
    return np.asarray(np.minimum(total, voxels.top_hu))


def _tube(
    values: NDArray[np.float64], voxels: _Voxels, beside: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what the scan would read of an endless tube about the places ``beside`` is from."""
    radius, metal, blur = np.exp(values[:3])
    spread = blur**2 * voxels.in_slice + voxels.through
    lateral = spread[1:, 1:]
    inverse = np.linalg.inv(lateral)
    height = metal * radius**2 / (2.0 * len(FILAMENTS) * np.sqrt(np.linalg.det(lateral)))
    total = np.full(len(voxels.hu), values[3])
    for place in FILAMENTS * radius:
        apart = beside - place
        total += height * np.exp(-0.5 * np.einsum("ni,ij,nj->n", apart, inverse, apart))
    return np.asarray(np.minimum(total, voxels.top_hu))
