"""Where cement goes, as the simple tier sees it: a front confined to the vertebral body.

Illustrative (rule C10). HU explains little of how bone lets cement through, the shell of a
vertebra is thinner than a voxel, and veins below the resolution of CT carry a quarter of the
leaks that are seen. This tier knows no leaks at all: it says how much room there is and where
the cement would lie if the body held it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.domain.plan import CementId
from planner.domain.prediction import ModelLabel, PredictedCement
from planner.domain.sourced import Status
from planner.physics.marching import march

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import PointLps
    from planner.geometry.volume_geometry import VolumeGeometry

MODEL_NAME: Final = "body-confined front"
MODEL_VERSION: Final = "1"
MODEL_SOURCE: Final = (
    "project model; HU to bone fraction is an assumption; HU-only fits of permeability explain "
    "as little as 31 % (Widmer and Ferguson 2013); BMD a weak predictor (Baroud 2004)"
)

CORTEX_HU: Final = 350.0
"""Shell voxels above this count as cortex. An assumption that needs calibration per site."""

MARROW_HU: Final = -20.0
BONE_SPAN_HU: Final = 1500.0
SOLID_RANGE: Final = (0.01, 0.95)
"""Bone fraction of a voxel is (HU - marrow) / span, kept inside the range. An assumption."""

HU_WEIGHT: Final = 0.31
"""Exponent that shrinks the effect of HU on the front's speed to the share of the variance of
permeability that HU alone was found to explain at worst (Widmer and Ferguson 2013)."""

SEED_REACH_MM: Final = 3.0
"""A tip in cortex or just outside the body still feeds open bone this near."""

START_RADIUS_MM: Final = 3.0
"""Inside it times are straight-line, because a front starts with its largest error."""

CEMENT_BAND_MM: Final = 3.0
"""Half width of the band of doubt: a tip 2 mm off changes the fill more than HU noise does."""

PATH_SAMPLES: Final = 13
"""Samples on a start path: a quarter millimetre apart, finer than any barrier."""

MARGIN_VOXELS: Final = 1
_UNNAMED: Final = CementId("cement")
MM3_PER_ML: Final = 1000.0


def cortex_barrier(
    hu: NDArray[np.int16], body: NDArray[np.bool_], threshold_hu: float = CORTEX_HU
) -> NDArray[np.bool_]:
    """Return the voxels of the body's own shell that are dense enough to hold cement back."""
    shell = body & ~ndimage.binary_erosion(body)
    return np.asarray(shell & (hu > threshold_hu), dtype=np.bool_)


def porosity(hu: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the share of each voxel that cement can take, 0 to 1."""
    solid = (np.asarray(hu, dtype=np.float64) - MARROW_HU) / BONE_SPAN_HU
    return 1.0 - np.clip(solid, *SOLID_RANGE)


def slowness(open_share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how slowly the front moves: 1 in marrow alone, more in denser bone.

    Kozeny-Carman permeability over porosity, its logarithm shrunk by ``HU_WEIGHT``.
    """
    reference = 1.0 - SOLID_RANGE[0]
    speed = (open_share / reference) ** 2 * (SOLID_RANGE[0] / (1.0 - open_share)) ** 2
    return np.asarray(speed**-HU_WEIGHT, dtype=np.float64)


def fill_cement(
    hu: NDArray[np.int16],
    body: NDArray[np.bool_],
    barrier: NDArray[np.bool_],
    geometry: VolumeGeometry,
    tip: PointLps,
    volume_ml: float,
    *,
    cement_injection_id: CementId = _UNNAMED,
) -> PredictedCement:
    """Fill ``volume_ml`` from the tip outward, inside the body and round its barrier.

    Parameters
    ----------
    hu, body, barrier
        ``[k, j, i]`` on ``geometry``. ``barrier`` is what cement may not enter.
    tip
        Where it comes out. When no open bone lies within ``SEED_REACH_MM`` nothing is placed.

    Returns
    -------
    PredictedCement
        On a crop of ``geometry`` around the body. ``placed_ml`` is less than asked for when
        the body is full.
    """
    if not (hu.shape == body.shape == barrier.shape == geometry.shape_kji):
        raise ValueError("HU, body and barrier must have the shape of the grid")
    if not body.any():
        raise ValueError("there is no vertebral body to fill")
    box, grid = _body_box(body, geometry)
    open_bone = body[box] & ~barrier[box]
    open_share = porosity(hu[box])
    cost = np.where(open_bone, slowness(open_share), np.inf)
    room_mm3 = open_share * grid.voxel_volume_mm3
    seeds, times = _seeds(cost, grid, tip)
    edges = grid.lps_from_ijk[:3, :3]
    filled_mm3, placed_mm3 = march(
        cost, room_mm3, seeds, times, volume_ml * MM3_PER_ML, edges.T @ edges
    )
    body_ml = float(body.sum()) * grid.voxel_volume_mm3 / MM3_PER_ML
    placed_ml = placed_mm3 / MM3_PER_ML
    return PredictedCement(
        cement_injection_id=cement_injection_id,
        geometry=grid,
        arrival_ml=(filled_mm3 / MM3_PER_ML).astype(np.float32),
        asked_ml=volume_ml,
        placed_ml=placed_ml,
        fill_fraction=min(placed_ml / body_ml, 1.0),
        band_mm=CEMENT_BAND_MM,
        model=_label(tip, volume_ml, float(barrier[box].sum()), body_ml),
    )


def _label(tip: PointLps, volume_ml: float, barrier_voxels: float, body_ml: float) -> ModelLabel:
    return ModelLabel(
        tier="preview",
        name=MODEL_NAME,
        version=MODEL_VERSION,
        inputs=(
            f"tip_mm = {tip.x_mm:.1f}, {tip.y_mm:.1f}, {tip.z_mm:.1f}",
            f"volume_ml = {volume_ml:g}",
            f"body_ml = {body_ml:.1f}",
            f"barrier_voxels = {barrier_voxels:.0f}",
            "leaks = not modelled",
        ),
        source=MODEL_SOURCE,
        status=Status.DERIVED,
    )


def _body_box(
    body: NDArray[np.bool_], geometry: VolumeGeometry
) -> tuple[tuple[slice, slice, slice], VolumeGeometry]:
    """Return the body's box with a margin, as array slices ``[k, j, i]`` and as a grid."""
    slices = []
    for axis, length in enumerate(body.shape):
        others = tuple(other for other in range(3) if other != axis)
        inside = np.flatnonzero(body.any(axis=others))
        low = max(int(inside[0]) - MARGIN_VOXELS, 0)
        slices.append(slice(low, min(int(inside[-1]) + 1 + MARGIN_VOXELS, length)))
    k, j, i = slices
    size = (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    return (k, j, i), geometry.cropped((i.start, j.start, k.start), size)


def _seeds(
    cost: NDArray[np.float64], grid: VolumeGeometry, tip: PointLps
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return flat indices and start times of the open voxels in straight reach of the tip."""
    ijk = np.argwhere(np.isfinite(cost))[:, ::-1].astype(np.float64)
    if not len(ijk):
        return np.empty(0, np.int64), np.empty(0)
    distance = np.linalg.norm(grid.lps_mm(ijk) - tip.array, axis=1)
    nearest = int(distance.argmin())
    if distance[nearest] > SEED_REACH_MM + max(grid.spacing_mm):
        return np.empty(0, np.int64), np.empty(0)
    origin_ijk = grid.ijk(tip.array)
    if not _cost_at(cost, origin_ijk[None])[0] < np.inf:
        origin_ijk = ijk[nearest]
        distance = np.linalg.norm(grid.lps_mm(ijk) - grid.lps_mm(origin_ijk), axis=1)
    near = distance <= START_RADIUS_MM
    share = np.linspace(0.0, 1.0, PATH_SAMPLES)[:, None, None]
    path = origin_ijk + share * (ijk[near] - origin_ijk)
    mean = _cost_at(cost, path.reshape(-1, 3)).reshape(path.shape[:2]).mean(axis=0)
    straight = np.isfinite(mean)
    flat = np.ravel_multi_index(
        tuple(ijk[near][straight, ::-1].T.astype(np.int64)), cost.shape
    ).astype(np.int64)
    return flat, mean[straight] * distance[near][straight]


def _cost_at(cost: NDArray[np.float64], ijk: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of the voxel each point, shape ``(n, 3)``, lies in; infinite outside."""
    index = np.rint(ijk).astype(np.int64)[:, ::-1]
    inside = ((index >= 0) & (index < np.array(cost.shape))).all(axis=1)
    found = np.full(len(index), np.inf)
    found[inside] = cost[tuple(index[inside].T)]
    return found
