"""Pennes' bioheat equation on a regular grid, one thread.

    rho c dT/dt = div(k grad T) - w (T - Ta) + Q

Explicit in time; the outermost layer of voxels keeps its temperature. Perfusion ends where
the tissue is coagulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import fused_kernel, kernel
from planner.physics.heat.dose import COAGULATED_CEM43_MIN, dose_rate

if TYPE_CHECKING:
    from planner.physics.heat.links import Field, Links

ARTERIAL_CELSIUS: Final = 37.0

STABLE_SHARE: Final = 0.95
"""Share of the largest step that keeps every weight of the explicit scheme positive."""

_SHUT: Final = np.float32(COAGULATED_CEM43_MIN)
_ZERO: Final = np.float32(0.0)
_SIXTY: Final = np.float32(60.0)


class Body(NamedTuple):
    """What the heat flows through.

    Attributes
    ----------
    along_i, along_j, along_k
        Heat links, see ``links.Links``.
    per_capacity
        1 / (rho c) in m3 K/J; zero holds a voxel at its temperature.
    perfusion
        w in W/(m3 K).
    """

    along_i: Field
    along_j: Field
    along_k: Field
    per_capacity: Field
    perfusion: Field


class Step(NamedTuple):
    """Numbers of one time step.

    Attributes
    ----------
    power
        Factor on the heat array (W when that is per watt).
    arterial
        Ta in Celsius.
    ceiling
        Highest temperature kept: water boils there, and the heat of vapour is dropped.
    """

    seconds: np.float32
    power: np.float32
    arterial: np.float32
    ceiling: np.float32

    @classmethod
    def of(
        cls,
        seconds: float,
        power: float = 1.0,
        arterial: float = ARTERIAL_CELSIUS,
        ceiling: float = np.inf,
    ) -> Step:
        """Round the numbers to those of the fields."""
        numbers = (np.float32(value) for value in (seconds, power, arterial, ceiling))
        return cls(*numbers)


def body_of(links: Links, per_capacity: Field, perfusion: Field) -> Body:
    """Return the body with these links."""
    return Body(*links, per_capacity, perfusion)


def stable_step_s(body: Body) -> float:
    """Return the longest step the explicit scheme takes without ringing."""
    rate = stiffness_per_s(body)
    return float(STABLE_SHARE / rate) if rate > 0.0 else np.inf


def stiffness_per_s(body: Body) -> float:
    """Return the largest sum of conductances over heat capacity, 1/s; inner voxels only."""
    inner = (slice(1, -1),) * 3
    total = np.zeros(tuple(length - 2 for length in body.per_capacity.shape))
    total += body.perfusion[inner]
    for axis, faces in ((2, body.along_i), (1, body.along_j), (0, body.along_k)):
        after = tuple(slice(2, None) if a == axis else slice(1, -1) for a in range(3))
        total += faces[inner]
        total += faces[after]
    return float((total * body.per_capacity[inner]).max())


@fused_kernel
def _gain(now: Field, body: Body, k: int, j: int, i: int) -> np.float32:
    """Return the heat that flows into a voxel from its six neighbours, W/m3."""
    here = now[k, j, i]
    return np.float32(
        body.along_i[k, j, i + 1] * (now[k, j, i + 1] - here)
        - body.along_i[k, j, i] * (here - now[k, j, i - 1])
        + body.along_j[k, j + 1, i] * (now[k, j + 1, i] - here)
        - body.along_j[k, j, i] * (here - now[k, j - 1, i])
        + body.along_k[k + 1, j, i] * (now[k + 1, j, i] - here)
        - body.along_k[k, j, i] * (here - now[k - 1, j, i])
    )


@fused_kernel
def advance(now: Field, new: Field, body: Body, heat: Field, cem43_min: Field, step: Step) -> None:
    """Take one explicit step from ``now`` to ``new`` and add to the dose, row by row.

    Parameters
    ----------
    heat
        Q in W/m3, or per watt of ``step.power``.
    cem43_min
        Dose so far; changed in place. Perfusion is off where it reached coagulation.
    """
    depth, rows, columns = now.shape
    minutes = step.seconds / _SIXTY
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            for i in range(1, columns - 1):
                here = now[k, j, i]
                flow = body.perfusion[k, j, i]
                flow = flow if cem43_min[k, j, i] < _SHUT else _ZERO
                gain = _gain(now, body, k, j, i)
                gain += step.power * heat[k, j, i] - flow * (here - step.arterial)
                value = here + step.seconds * body.per_capacity[k, j, i] * gain
                new[k, j, i] = min(value, step.ceiling)
            # A loop of its own: both together need more registers than a core has.
            for i in range(1, columns - 1):
                cem43_min[k, j, i] += minutes * dose_rate(new[k, j, i])


@kernel
def rate_of_change(
    now: Field, rate: Field, body: Body, heat: Field, cem43_min: Field, step: Step
) -> None:
    """Write dT/dt in K/s for the inner voxels; ``step.seconds`` plays no part."""
    depth, rows, columns = now.shape
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            for i in range(1, columns - 1):
                flow = body.perfusion[k, j, i]
                flow = flow if cem43_min[k, j, i] < _SHUT else _ZERO
                gain = _gain(now, body, k, j, i)
                gain += step.power * heat[k, j, i] - flow * (now[k, j, i] - step.arterial)
                rate[k, j, i] = body.per_capacity[k, j, i] * gain
