"""The quasi-static electric field of radiofrequency electrodes.

    div(sigma grad V) = 0

At 460 kHz displacement currents are small in tissue and the wavelength is metres. Solved by
conjugate gradients with a diagonal preconditioner; electrodes hold their voltage, and the edge
of the grid insulates or is earthed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.domain.errors import PlannerError
from planner.geometry.kernels import kernel
from planner.physics.heat.links import Links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.links import Field

    Row = NDArray[np.float64]

RESIDUAL: Final = 1e-3
"""Share of the first residual left. 1e-4 changes no zone and costs a sixth more."""

MOST_ITERATIONS: Final = 2000

_HALF: Final = np.float32(0.5)
_ZERO: Final = np.float32(0.0)


class CurrentNotSolvedError(PlannerError):
    """The field of the electrodes did not settle."""


class Circuit(NamedTuple):
    """Padded by one voxel all round, so that the kernels need no edge case.

    Attributes
    ----------
    along_i, along_j, along_k
        Links in S/m3.
    inverse
        1 / (sum of the links) of free voxels, zero where the voltage is given.
    """

    along_i: Field
    along_j: Field
    along_k: Field
    inverse: Field


def circuit_of(links: Links, given: NDArray[np.bool_]) -> Circuit:
    """Return the circuit of ``links`` where the voltage of the voxels ``given`` is known."""
    padded = Links(*(np.pad(face, 1) for face in links))
    total = padded.sums()
    free = (total > 0.0) & ~np.pad(given, 1, constant_values=True)
    inverse = np.zeros(total.shape, dtype=np.float32)
    inverse[free] = 1.0 / total[free]
    return Circuit(*padded, inverse)


@kernel
def _apply(voltage: Field, outflow: Field, circuit: Circuit, sums: Row) -> float:
    """Write the current out of each free voxel; return its product with the voltage.

    ``sums`` is room for one sum for each column, so that a row is added up side by side.
    """
    depth, rows, columns = voltage.shape
    sums[:] = 0.0
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            line, out, inverse = voltage[k, j], outflow[k, j], circuit.inverse[k, j]
            front, back = voltage[k, j - 1], voltage[k, j + 1]
            below, above = voltage[k - 1, j], voltage[k + 1, j]
            along_i, along_j, beyond_j = (
                circuit.along_i[k, j],
                circuit.along_j[k, j],
                circuit.along_j[k, j + 1],
            )
            along_k, beyond_k = circuit.along_k[k, j], circuit.along_k[k + 1, j]
            for i in range(1, columns - 1):
                here = line[i]
                flow = along_i[i] * (here - line[i - 1]) + along_i[i + 1] * (here - line[i + 1])
                flow += along_j[i] * (here - front[i]) + beyond_j[i] * (here - back[i])
                flow += along_k[i] * (here - below[i]) + beyond_k[i] * (here - above[i])
                flow = flow if inverse[i] > _ZERO else _ZERO
                out[i] = flow
                sums[i] += flow * here
    return float(sums.sum())


@kernel
def _descend(
    voltage: Field,
    residual: Field,
    direction: Field,
    outflow: Field,
    inverse: Field,
    reach: np.float32,
    sums: Row,
) -> float:
    """Move along ``direction``; return the new weighted square of the residual."""
    depth, rows, _ = voltage.shape
    sums[:] = 0.0
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            line, left, way = voltage[k, j], residual[k, j], direction[k, j]
            out, weight = outflow[k, j], inverse[k, j]
            for i in range(len(line)):
                line[i] += reach * way[i]
                rest = left[i] - reach * out[i]
                left[i] = rest
                sums[i] += rest * rest * weight[i]
    return float(sums.sum())


@kernel
def _turn(direction: Field, residual: Field, inverse: Field, keep: np.float32) -> None:
    depth, rows, _ = direction.shape
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            way, left, weight = direction[k, j], residual[k, j], inverse[k, j]
            for i in range(len(way)):
                way[i] = left[i] * weight[i] + keep * way[i]


def solve_voltage(circuit: Circuit, voltage: Field, residual_share: float = RESIDUAL) -> int:
    """Settle ``voltage`` in place and return how many iterations it took.

    Parameters
    ----------
    voltage
        Padded like the circuit: the given voltages, and a first guess elsewhere.

    Raises
    ------
    CurrentNotSolvedError
        When the residual does not fall far enough; the field is then of no use.
    """
    free = circuit.inverse > 0.0
    outflow = np.zeros_like(voltage)
    sums = np.zeros(voltage.shape[2])
    _apply(np.where(free, np.float32(0.0), voltage), outflow, circuit, sums)
    first = _weighted(outflow, circuit.inverse)
    _apply(voltage, outflow, circuit, sums)
    residual = np.asarray(-outflow)
    direction = residual * circuit.inverse
    square = _weighted(residual, circuit.inverse)
    for iteration in range(MOST_ITERATIONS):
        if square <= residual_share**2 * first:
            return iteration
        reach = np.float32(square / _apply(direction, outflow, circuit, sums))
        fresh = _descend(voltage, residual, direction, outflow, circuit.inverse, reach, sums)
        _turn(direction, residual, circuit.inverse, np.float32(fresh / square))
        square = fresh
    raise CurrentNotSolvedError(
        f"The electric field did not settle within {MOST_ITERATIONS} iterations. "
        "Check that the electrodes lie in the tissue and apart from one another."
    )


def _weighted(residual: Field, inverse: Field) -> float:
    return float((residual.astype(np.float64) ** 2 * inverse).sum())


@kernel
def joule_heat(voltage: Field, circuit: Circuit, heat: Field) -> None:
    """Write sigma |grad V|^2 in W/m3; a link shares its heat between its two ends.

    ``heat`` has the shape of the tissue, without the padding.
    """
    depth, rows, columns = heat.shape
    for k in range(depth):
        for j in range(rows):
            for i in range(columns):
                here = voltage[k + 1, j + 1, i + 1]
                heat[k, j, i] = _HALF * (
                    circuit.along_i[k + 1, j + 1, i + 1] * (here - voltage[k + 1, j + 1, i]) ** 2
                    + circuit.along_i[k + 1, j + 1, i + 2]
                    * (here - voltage[k + 1, j + 1, i + 2]) ** 2
                    + circuit.along_j[k + 1, j + 1, i + 1] * (here - voltage[k + 1, j, i + 1]) ** 2
                    + circuit.along_j[k + 1, j + 2, i + 1]
                    * (here - voltage[k + 1, j + 2, i + 1]) ** 2
                    + circuit.along_k[k + 1, j + 1, i + 1] * (here - voltage[k, j + 1, i + 1]) ** 2
                    + circuit.along_k[k + 2, j + 1, i + 1]
                    * (here - voltage[k + 2, j + 1, i + 1]) ** 2
                )
