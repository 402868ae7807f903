"""Cement as one fluid that pushes a front through a porous medium, slowly.

``u = -(K / mu) grad p``, ``div u = source``, ``p = 0`` on the front, and the front moves with
``u / porosity``. The viscosity cancels: the shape hangs only on ratios of permeability, on the
volume and on what is closed. Each voxel keeps how full it is; a full one belongs to the fluid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE, _FRONT = -1, -2
"""A voxel that is neither fluid nor beside it; a voxel that is being filled."""

MOST_ITERATIONS = 200
RESIDUAL = 1e-3
"""Of the conjugate gradients, relative; a tenth of it moves no voxel in the refinement test."""

LEAST_FULL = 0.02
"""Nearer to the fluid the front is not taken, so that no link is infinite."""

SPARE = 64
"""Room kept in the list of the fluid for what one step may add beyond its estimate."""


class Porous(NamedTuple):
    """The medium, flat: permeability (0 closed), room in mm3, and how to reach neighbours."""

    permeability: NDArray[np.float32]
    room_mm3: NDArray[np.float32]
    steps: NDArray[np.int64]
    ratio: NDArray[np.float64]


class Fluid(NamedTuple):
    """What is full and what is being filled.

    ``place`` is a voxel's number in the fluid, or ``_NONE`` or ``_FRONT``; ``others`` and
    ``links`` are the fluid neighbours of each fluid voxel and their conductances; ``work`` holds
    pressure, residual, direction and image of the conjugate gradients.
    """

    place: NDArray[np.int32]
    voxels: NDArray[np.int32]
    others: NDArray[np.int32]
    links: NDArray[np.float64]
    diagonal: NDArray[np.float64]
    source: NDArray[np.float64]
    work: NDArray[np.float64]
    front: NDArray[np.int32]
    flux: NDArray[np.float64]
    full: NDArray[np.float64]
    arrival_mm3: NDArray[np.float32]


@kernel
def _link(a: float, b: float) -> float:
    """Return the conductance between two open voxel centres, on a grid of edge one."""
    return 2.0 * a * b / (a + b)


@kernel
def _to_front(inside: float, filling: float, full: float) -> float:
    """Return the conductance from a centre to the front in the next voxel, ``full`` of it in."""
    return 1.0 / (0.5 / inside + max(full, LEAST_FULL) / filling)


@kernel
def _join(voxel: int, count: int, front_count: int, porous: Porous, fluid: Fluid) -> int:
    """Make a voxel the fluid's last, and its open neighbours front; return how long that is."""
    fluid.voxels[count] = voxel
    fluid.place[voxel] = count
    fluid.source[count] = 0.0
    fluid.work[0, count] = 0.0
    for way in range(6):
        other = voxel + porous.steps[way]
        fluid.others[count, way] = _NONE
        fluid.links[count, way] = 0.0
        if porous.permeability[other] <= 0.0:
            continue
        known = fluid.place[other]
        if known >= 0:
            link = porous.ratio[way] * _link(
                porous.permeability[voxel], porous.permeability[other]
            )
            fluid.others[count, way] = known
            fluid.links[count, way] = link
            fluid.others[known, way ^ 1] = count
            fluid.links[known, way ^ 1] = link
        elif known == _NONE:
            fluid.place[other] = _FRONT
            fluid.front[front_count] = other
            front_count += 1
    return front_count


@kernel
def _apply(count: int, vector: NDArray[np.float64], fluid: Fluid) -> float:
    """Put the matrix times ``vector`` in ``work[3]``; return its product with ``vector``."""
    total = 0.0
    for n in range(count):
        value = fluid.diagonal[n] * vector[n]
        for way in range(6):
            other = fluid.others[n, way]
            if other >= 0:
                value -= fluid.links[n, way] * vector[other]
        fluid.work[3, n] = value
        total += value * vector[n]
    return total


@kernel
def _solve(count: int, fluid: Fluid) -> None:
    """Solve for the pressure, from where it stands, by conjugate gradients (Jacobi)."""
    pressure, rest, way, image = fluid.work[0], fluid.work[1], fluid.work[2], fluid.work[3]
    source, diagonal = fluid.source, fluid.diagonal
    _apply(count, pressure, fluid)
    norm, size = 0.0, 0.0
    for n in range(count):
        rest[n] = source[n] - image[n]
        way[n] = rest[n] / diagonal[n]
        norm += rest[n] * way[n]
        size += source[n] * source[n] / diagonal[n]
    done = 0
    while norm > RESIDUAL * RESIDUAL * size and done < MOST_ITERATIONS:
        length = norm / _apply(count, way, fluid)
        new = 0.0
        for n in range(count):
            pressure[n] += length * way[n]
            rest[n] -= length * image[n]
            new += rest[n] * rest[n] / diagonal[n]
        share = new / norm
        norm = new
        for n in range(count):
            way[n] = rest[n] / diagonal[n] + share * way[n]
        done += 1


@kernel
def _press(count: int, front_count: int, porous: Porous, fluid: Fluid) -> tuple[float, float]:
    """Find the flux into every front voxel; return its sum and what the front still takes."""
    for n in range(count):
        total = 1e-12
        for way in range(6):
            total += fluid.links[n, way]
        fluid.diagonal[n] = total
    for n in range(front_count):
        voxel = fluid.front[n]
        for way in range(6):
            inside = voxel + porous.steps[way]
            known = fluid.place[inside]
            if known >= 0:
                fluid.diagonal[known] += porous.ratio[way] * _to_front(
                    porous.permeability[inside], porous.permeability[voxel], fluid.full[voxel]
                )
    _solve(count, fluid)
    total, still = 0.0, 0.0
    for n in range(front_count):
        voxel = fluid.front[n]
        comes = 0.0
        for way in range(6):
            inside = voxel + porous.steps[way]
            known = fluid.place[inside]
            if known >= 0 and fluid.work[0, known] > 0.0:
                comes += (
                    porous.ratio[way]
                    * fluid.work[0, known]
                    * _to_front(
                        porous.permeability[inside], porous.permeability[voxel], fluid.full[voxel]
                    )
                )
        fluid.flux[n] = comes
        total += comes
        still += max(1.0 - fluid.full[voxel], 0.0) * porous.room_mm3[voxel]
    return total, still


@kernel
def _pass_on(
    voxel: int, over_mm3: float, placed_mm3: float, porous: Porous, fluid: Fluid
) -> float:
    """Give what a voxel could not hold to those behind it; return what none could take."""
    total = 0.0
    for way in range(6):
        other = voxel + porous.steps[way]
        if fluid.place[other] == _FRONT:
            total += porous.ratio[way] * _link(
                porous.permeability[voxel], porous.permeability[other]
            )
    if not total > 0.0:
        return over_mm3
    for way in range(6):
        other = voxel + porous.steps[way]
        if fluid.place[other] == _FRONT:
            link = porous.ratio[way] * _link(
                porous.permeability[voxel], porous.permeability[other]
            )
            was = fluid.full[other]
            fluid.full[other] = was + link / total * over_mm3 / porous.room_mm3[other]
            if was < 0.5 <= fluid.full[other]:
                fluid.arrival_mm3[other] = placed_mm3
    return 0.0


@kernel
def _fill_front(
    front_count: int,
    total: float,
    before_mm3: float,
    step_mm3: float,
    porous: Porous,
    fluid: Fluid,
) -> None:
    """Share one step out over the front."""
    for n in range(front_count):
        voxel = fluid.front[n]
        was = fluid.full[voxel]
        now = was + fluid.flux[n] / total * step_mm3 / porous.room_mm3[voxel]
        if was < 0.5 <= now:
            fluid.arrival_mm3[voxel] = before_mm3 + step_mm3 * (0.5 - was) / (now - was)
        fluid.full[voxel] = now


@kernel
def _take_in(
    count: int, front_count: int, placed_mm3: float, porous: Porous, fluid: Fluid
) -> tuple[int, int, float]:
    """Make full front voxels fluid; return both lengths and what found no room."""
    lost = 0.0
    n = 0
    while n < front_count and count < fluid.voxels.size:
        voxel = fluid.front[n]
        if fluid.full[voxel] < 1.0:
            n += 1
            continue
        over = (fluid.full[voxel] - 1.0) * porous.room_mm3[voxel]
        fluid.full[voxel] = 1.0
        front_count -= 1
        fluid.front[n] = fluid.front[front_count]
        front_count = _join(voxel, count, front_count, porous, fluid)
        count += 1
        lost += _pass_on(voxel, over, placed_mm3, porous, fluid)
    return count, front_count, lost


@kernel
def _open_outlet(
    own: NDArray[np.int64], count: int, front_count: int, placed_mm3: float, porous: Porous,
    fluid: Fluid,
) -> tuple[int, int, float]:  # fmt: skip
    """Fill the outlet and let all that is given come from it."""
    fluid.source[:count] = 0.0
    for n in range(own.size):
        voxel = own[n]
        if fluid.place[voxel] < 0:
            if fluid.place[voxel] == _FRONT:
                at = 0
                while fluid.front[at] != voxel:
                    at += 1
                front_count -= 1
                fluid.front[at] = fluid.front[front_count]
            placed_mm3 += (1.0 - fluid.full[voxel]) * porous.room_mm3[voxel]
            if fluid.full[voxel] < 0.5:
                fluid.arrival_mm3[voxel] = placed_mm3
            fluid.full[voxel] = 1.0
            front_count = _join(voxel, count, front_count, porous, fluid)
            count += 1
        fluid.source[fluid.place[voxel]] = 1.0 / own.size
    return count, front_count, placed_mm3


@kernel
def _blank(size: int, most: int) -> Fluid:
    return Fluid(
        np.full(size, _NONE, np.int32),
        np.empty(most, np.int32),
        np.empty((most, 6), np.int32),
        np.empty((most, 6)),
        np.empty(most),
        np.empty(most),
        np.empty((4, most)),
        np.empty(size, np.int32),
        np.empty(size),
        np.zeros(size),
        np.full(size, np.inf, np.float32),
    )


@kernel
def flood(
    permeability: NDArray[np.float32],
    room_mm3: NDArray[np.float32],
    seeds: NDArray[np.int64],
    first_seed: NDArray[np.int64],
    until_mm3: NDArray[np.float64],
    step: tuple[float, float],
    along_k: float,
) -> tuple[NDArray[np.float32], NDArray[np.float64], float, int]:
    """Give cement through seeds until the volume is in or nothing is open.

    Parameters
    ----------
    permeability
        ``[k, j, i]``; 0 where closed, and closed all over the outermost layer.
    room_mm3
        Same shape: what one voxel takes, above 0 where it is open.
    seeds, first_seed
        Flat indices of the outlet, stage after stage, and where each stage begins in them, with
        their count at the end. A cannula that is drawn back has several stages.
    until_mm3
        Volume given at the end of each stage.
    step
        A step is this share of what the front still takes, but no less than so many mm3.
    along_k
        Permeability along ``k`` over that along ``i`` and ``j``.

    Returns
    -------
    arrival_mm3, full, placed_mm3, solves
        Volume given when a voxel is half full, infinite where it never is; how full each is,
        0 to 1; what found room; and how often the pressure was solved for.
    """
    shape = permeability.shape
    row, plane = shape[2], shape[1] * shape[2]
    porous = Porous(
        permeability.ravel(),
        room_mm3.ravel(),
        np.array([1, -1, row, -row, plane, -plane]),
        np.array([1.0, 1.0, 1.0, 1.0, along_k, along_k]),
    )
    size = permeability.size
    most = min(size, _most_voxels(porous, until_mm3[-1]) + seeds.size + SPARE)
    fluid = _blank(size, most)
    count, front_count, solves, placed = 0, 0, 0, 0.0
    for stage in range(until_mm3.size):
        own = seeds[first_seed[stage] : first_seed[stage + 1]]
        count, front_count, placed = _open_outlet(own, count, front_count, placed, porous, fluid)
        while placed < until_mm3[stage] - 1e-9 and front_count > 0 and count < most:
            total, still = _press(count, front_count, porous, fluid)
            solves += 1
            if not total > 0.0:
                break
            given = min(max(step[1], step[0] * still), until_mm3[stage] - placed)
            _fill_front(front_count, total, placed, given, porous, fluid)
            placed += given
            count, front_count, lost = _take_in(count, front_count, placed, porous, fluid)
            placed -= lost
    return fluid.arrival_mm3.reshape(shape), fluid.full.reshape(shape), placed, solves


@kernel
def _most_voxels(porous: Porous, volume_mm3: float) -> int:
    """Return how many voxels a volume can at most fill: as many as of the least room."""
    least = np.inf
    for n in range(porous.room_mm3.size):
        if porous.permeability[n] > 0.0 and porous.room_mm3[n] < least:
            least = porous.room_mm3[n]
    return int(volume_mm3 / least) + 1 if least < np.inf else 0
