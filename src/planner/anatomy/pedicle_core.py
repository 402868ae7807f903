"""The straight core of a pedicle: bone that goes unbroken from arch to body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np

from planner.anatomy.pedicle_box import STEP_MM
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.pedicle_box import PedicleBox

INWARD_DEG = np.arange(-10.0, 41.0, 5.0)
"""How far a pedicle may turn to the middle on its way forward."""

DOWNWARD_DEG = np.arange(-10.0, 26.0, 5.0)
"""How far it may dip on its way forward; thoracic ones do by up to 20 degrees."""

_UNBROKEN = 0.85
"""Share of the way that must be bone; marrow lost to a lesion leaves gaps in an outline."""

_LEAST_AREA_MM2 = 6.0
_FROM_CANAL_MM = 12.0
_SLANT_PRICE = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleCore:
    """A line through a pedicle in straightened coordinates.

    Attributes
    ----------
    middle_svu
        Its middle; ``u`` away from the midline.
    inward, downward
        Tangents of its slants on its way forward.
    area_mm2
        Section of what goes unbroken along it.
    """

    middle_svu: tuple[float, float, float]
    inward: float
    downward: float
    area_mm2: float


def pedicle_core(box: PedicleBox) -> PedicleCore | None:
    """Return the line along which most bone goes unbroken; ``None`` where none does."""
    bone = box.inside > 0.5
    ahead = box.v_mm - box.v_mm.mean()
    best: PedicleCore | None = None
    best_value = 0.0
    for downward in np.tan(np.deg2rad(DOWNWARD_DEG)):
        lowered = np.rint(downward * ahead / STEP_MM).astype(np.int64)
        for inward in np.tan(np.deg2rad(INWARD_DEG)):
            share = _unbroken(bone, lowered, np.rint(inward * ahead / STEP_MM).astype(np.int64))
            piece = _largest(share >= _UNBROKEN, box)
            if piece is None:
                continue
            area = float(piece.sum()) * STEP_MM**2
            value = area * (1.0 - _SLANT_PRICE * abs(np.rad2deg(np.arctan(downward))))
            if area >= _LEAST_AREA_MM2 and value > best_value:
                row, column = (index.mean() for index in np.nonzero(piece))
                place = (
                    float(box.s_mm[0] + row * STEP_MM),
                    float(box.v_mm.mean()),
                    float(box.u_mm[0] + column * STEP_MM),
                )
                best_value, best = value, PedicleCore(
                    middle_svu=place, inward=float(inward), downward=float(downward),
                    area_mm2=area,
                )  # fmt: skip
    return best


def _unbroken(
    bone: NDArray[np.bool_], lowered: NDArray[np.int64], moved_in: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return over (s, u) the share of layers that are bone along a slanting line.

    A line that runs down or inward as it goes forward is met at ``-shift`` in a layer.
    """
    count = np.zeros(bone.shape[1:], np.int64)
    _count_along(bone, lowered, moved_in, count)
    return count / len(bone)


@kernel
def _count_along(
    bone: NDArray[np.bool_],
    lowered: NDArray[np.int64],
    moved_in: NDArray[np.int64],
    count: NDArray[np.int64],
) -> None:
    """Add every layer to ``count``, moved by its shifts and rolled round the edges."""
    layers, rows, columns = bone.shape
    for layer in range(layers):
        for row in range(rows):
            to = (row + lowered[layer]) % rows
            for column in range(columns):
                if bone[layer, row, column]:
                    count[to, (column + moved_in[layer]) % columns] += 1


def _largest(core: NDArray[np.bool_], box: PedicleBox) -> NDArray[np.bool_] | None:
    """Return the largest piece that begins near the canal."""
    if not core.any():
        return None
    pieces, count = cc3d.connected_components(core, connectivity=4, return_N=True)
    near = box.u_mm < box.canal_half_mm + _FROM_CANAL_MM
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    beside = np.bincount(pieces[:, near].ravel(), minlength=count + 1)
    sizes[beside == 0] = 0
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax()) if sizes.any() else None
