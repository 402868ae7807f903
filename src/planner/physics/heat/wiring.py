"""The circuit of a tissue as it warms, written anew in one pass.

The same links as ``cut_links`` and ``circuit_of`` give; a field is solved ten times in a run,
and there they took longer than the solving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import dividing_kernel
from planner.physics.heat.current import Circuit
from planner.physics.heat.links import SHORTEST_ELECTRIC_CUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.links import Cuts, Field

BODY_CELSIUS: Final = np.float32(37.0)
CONDUCTIVITY_RISE_PER_K: Final = np.float32(0.015)
"""Relative rise of the electric conductivity per degree above 37."""

BOILING_CELSIUS: Final = 100.0
DRY_FROM_CELSIUS: Final = np.float32(99.5)
DRY_SHARE: Final = np.float32(0.3)
"""Share of the conductivity left where tissue has dried out."""

_MOST_RISE: Final = np.float32(BOILING_CELSIUS) - BODY_CELSIUS
_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)
_TWO: Final = np.float32(2.0)


class Wiring(NamedTuple):
    """What of the circuit never changes.

    Attributes
    ----------
    cold
        Conductivity at 37 degrees, S/m.
    shorter_i, shorter_j, shorter_k
        For the face before each voxel one over the share of a voxel its link keeps at metal;
        zero where the link is whole.
    metal, given
        Voxels in metal, and all voxels whose voltage is known.
    per_area
        One over the square of the spacing, 1/m2.
    """

    cold: Field
    shorter_i: Field
    shorter_j: Field
    shorter_k: Field
    metal: NDArray[np.bool_]
    given: NDArray[np.bool_]
    per_area: np.float32


def wiring_of(
    cold: NDArray[np.float64], cuts: Cuts, given: NDArray[np.bool_], spacing_mm: float
) -> Wiring:
    """Return the wiring of tissue with a conductivity at 37 degrees and cuts at metal."""
    shares = (cuts.along_i, cuts.along_j, cuts.along_k)
    shorter = [
        np.nan_to_num(1.0 / np.maximum(share, SHORTEST_ELECTRIC_CUT), nan=0.0) for share in shares
    ]
    i, j, k = (np.ascontiguousarray(one, dtype=np.float32) for one in shorter)
    per_area = np.float32(1e6 / spacing_mm**2)
    metal = np.ascontiguousarray(cuts.metal)
    return Wiring(np.ascontiguousarray(cold, dtype=np.float32), i, j, k, metal, given, per_area)


def empty_circuit(wiring: Wiring) -> Circuit:
    """Return room for a circuit, padded by one voxel."""
    shape = tuple(length + 2 for length in wiring.cold.shape)
    return Circuit(*(np.zeros(shape, dtype=np.float32) for _ in range(4)))


@dividing_kernel
def _conductivity(temperature: Field, wiring: Wiring, warm: Field) -> None:
    depth, rows, columns = warm.shape
    for k in range(depth):
        for j in range(rows):
            line, cold, out = temperature[k, j], wiring.cold[k, j], warm[k, j]
            for i in range(columns):
                rise = min(max(line[i] - BODY_CELSIUS, _ZERO), _MOST_RISE)
                dry = DRY_SHARE if line[i] >= DRY_FROM_CELSIUS else _ONE
                out[i] = cold[i] * (_ONE + CONDUCTIVITY_RISE_PER_K * rise) * dry


@dividing_kernel
def _face(
    before: np.float32,
    here: np.float32,
    shorter: np.float32,
    here_is_metal: bool,
    per_area: np.float32,
) -> np.float32:
    """Return the link through the face before a voxel, S/m3."""
    both = before + here
    whole = _TWO * before * here / both if both > _ZERO else _ZERO
    cut = (before if here_is_metal else here) * shorter
    return per_area * (cut if shorter > _ZERO else whole)


@dividing_kernel
def _write_inverse(wiring: Wiring, circuit: Circuit) -> None:
    """Write one over the sum of the links of each free voxel."""
    depth, rows, columns = wiring.given.shape
    for k in range(depth):
        for j in range(rows):
            along_i, inverse = circuit.along_i[k + 1, j + 1], circuit.inverse[k + 1, j + 1]
            along_j, beyond_j = circuit.along_j[k + 1, j + 1], circuit.along_j[k + 1, j + 2]
            along_k, beyond_k = circuit.along_k[k + 1, j + 1], circuit.along_k[k + 2, j + 1]
            given = wiring.given[k, j]
            for i in range(columns):
                total = along_i[i + 1] + along_i[i + 2] + along_j[i + 1] + beyond_j[i + 1]
                total += along_k[i + 1] + beyond_k[i + 1]
                inverse[i + 1] = _ZERO if given[i] or total <= _ZERO else _ONE / total


@dividing_kernel
def rewire(temperature: Field, wiring: Wiring, warm: Field, circuit: Circuit) -> None:
    """Write the circuit at a temperature; ``warm`` takes the conductivity, S/m."""
    _conductivity(temperature, wiring, warm)
    depth, rows, columns = warm.shape
    area = wiring.per_area
    for k in range(depth):
        for j in range(rows):
            here, metal = warm[k, j], wiring.metal[k, j]
            out_i = circuit.along_i[k + 1, j + 1]
            out_j = circuit.along_j[k + 1, j + 1]
            out_k = circuit.along_k[k + 1, j + 1]
            cut_i, cut_j = wiring.shorter_i[k, j], wiring.shorter_j[k, j]
            cut_k = wiring.shorter_k[k, j]
            for i in range(1, columns):
                out_i[i + 1] = _face(here[i - 1], here[i], cut_i[i], metal[i], area)
            if j > 0:
                front = warm[k, j - 1]
                for i in range(columns):
                    out_j[i + 1] = _face(front[i], here[i], cut_j[i], metal[i], area)
            if k > 0:
                below = warm[k - 1, j]
                for i in range(columns):
                    out_k[i + 1] = _face(below[i], here[i], cut_k[i], metal[i], area)
    _write_inverse(wiring, circuit)
