"""Cuts a volume, thinned and turned to the patient's axes, into blocks that show the column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

PIXEL_MM = 3.0
PLANE_MM = 6.0
"""What the volume is thinned to: 5 ms for a trunk, and a spinous process is still 2 pixels."""

BLOCK_MM = 40.0
"""About one vertebra and a disc; the cues look at one block at a time, and blocks overlap."""

MOST_BLOCKS = 12
AXIS_COSINE = 0.8
"""Grids turned further than 37 degrees from the patient's axes are not judged."""

BONE_HU = 200.0
TISSUE_HU = -300.0
MIDLINE_MM = 60.0
"""The column lies within this of the middle of the body; hips and shoulders do not."""

_NEAR_MM = (40.0, 25.0)
"""Half depth and half width of what counts as column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Part of the trunk, about one vertebra high, in the patient's axes.

    Attributes
    ----------
    bone, tissue
        bool, shape ``(planes, y, x)``; y grows to posterior, x to the left.
    pixel_mm
        Along y and x.
    column
        Pixel (y, x) of the middle of the bone that stands for the column.
    """

    bone: NDArray[np.bool_]
    tissue: NDArray[np.bool_]
    pixel_mm: tuple[float, float]
    column: tuple[float, float]


def blocks_of(hu: NDArray[np.int16], geometry: VolumeGeometry) -> list[Block]:
    """Cut a thinned volume, turned to the patient's axes, into blocks that show a column."""
    direction = geometry.direction
    axes = [int(np.abs(direction[lps]).argmax()) for lps in range(3)]
    cosines = [float(direction[lps, axis]) for lps, axis in enumerate(axes)]
    if len(set(axes)) < 3 or min(abs(cosine) for cosine in cosines) < AXIS_COSINE:
        return []
    wanted_mm = (PIXEL_MM, PIXEL_MM, PLANE_MM)
    steps = [
        max(1, int(mm / geometry.spacing_mm[axis]))
        for mm, axis in zip(wanted_mm, axes, strict=True)
    ]
    x_mm, y_mm, z_mm = (step * geometry.spacing_mm[a] for step, a in zip(steps, axes, strict=True))
    thin = hu.transpose([2 - axes[2], 2 - axes[1], 2 - axes[0]])
    thin = thin[tuple(slice(None, None, step) for step in reversed(steps))]
    turned = [place for place, lps in enumerate((2, 1, 0)) if cosines[lps] < 0.0]
    thin = np.flip(thin, tuple(turned))
    planes = max(1, round(BLOCK_MM / z_mm))
    starts = range(0, max(1, len(thin) - planes // 2), max(1, planes // 2))
    some = np.unique(np.linspace(0, len(starts) - 1, MOST_BLOCKS).astype(int))
    found = (_block(thin[starts[n] : starts[n] + planes], (y_mm, x_mm)) for n in some)
    return [block for block in found if block is not None]


def _block(hu: NDArray[np.int16], pixel_mm: tuple[float, float]) -> Block | None:
    bone, tissue = hu > BONE_HU, hu > TISSUE_HU
    across = tissue.mean(axis=(0, 1))
    share = bone.mean(axis=0)
    if not across.any() or not share.any():
        return None
    x = np.arange(hu.shape[2])
    middle = float((across * x).sum() / across.sum())
    dense = _mean_over(share, 36.0, pixel_mm) * (np.abs(x - middle) * pixel_mm[1] < MIDLINE_MM)
    place = np.array(np.unravel_index(dense.argmax(), dense.shape), dtype=np.float64)
    index = np.indices(share.shape, dtype=np.float64)
    reach = np.array(_NEAR_MM) / pixel_mm
    for _ in range(3):
        near = share * (np.abs(index - place[:, None, None]) < reach[:, None, None]).all(axis=0)
        if not near.any():
            return None
        place = (index * near).sum(axis=(1, 2)) / near.sum()
    column = (float(place[0]), float(place[1]))
    return Block(bone=bone, tissue=tissue, pixel_mm=pixel_mm, column=column)


def _mean_over(
    picture: NDArray[np.float64], width_mm: float, pixel_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the mean over a square round each pixel."""
    for axis in (0, 1):
        half = max(1, round(width_mm / pixel_mm[axis] / 2.0))
        pad = [(0, 0), (0, 0)]
        pad[axis] = (half + 1, half)
        sums = np.pad(picture, pad).cumsum(axis=axis)
        high = np.moveaxis(sums, axis, 0)[2 * half + 1 :]
        low = np.moveaxis(sums, axis, 0)[: -2 * half - 1]
        picture = np.moveaxis((high - low) / (2 * half + 1), 0, axis)
    return picture
