"""Metal in the tissue: needles as cylinders, each at one temperature.

Metal conducts heat fifty times better than bone, so an electrode or shaft is one lumped body.
Left as tissue, it makes a zone two to three times too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.domain.while_open import kept_while_open
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.links import Field, Links
    from planner.physics.heat.medium import Medium

NEEDLE_CAPACITY_J_PER_M3_K: Final = 0.5 * 8000.0 * 500.0 + 0.5 * 4.18e6
"""A needle as half steel wall, half water. It only sets how fast the needle itself warms."""

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cylinder:
    """A straight piece of needle between two points, in grid millimetres (x, y, z)."""

    start_mm: Triple
    end_mm: Triple
    radius_mm: float

    def __post_init__(self) -> None:
        if not (self.length_mm > 0.0 and self.radius_mm > 0.0):
            raise ValueError("a cylinder needs a length and a radius above zero")

    @property
    def length_mm(self) -> float:
        """Distance between its ends."""
        return float(np.linalg.norm(np.subtract(self.end_mm, self.start_mm)))

    @property
    def axis(self) -> NDArray[np.float64]:
        """Unit vector from start to end, shape ``(3,)``."""
        return np.subtract(self.end_mm, self.start_mm) / self.length_mm

    @property
    def side_area_m2(self) -> float:
        """Area of the curved surface."""
        return 2.0 * np.pi * self.radius_mm * self.length_mm * 1e-6

    @property
    def volume_m3(self) -> float:
        """Volume between its ends."""
        return np.pi * self.radius_mm**2 * self.length_mm * 1e-9

    def along_and_across_mm(
        self, medium: Medium
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each voxel's place along the axis from the start, and its distance from it."""
        x, y, z = (c - o for c, o in zip(medium.centres_mm(), self.start_mm, strict=True))
        u, v, w = self.axis
        along = x * u + y * v + z * w
        return along, np.sqrt(np.maximum(x * x + y * y + z * z - along**2, 0.0))

    def distance_mm(self, medium: Medium) -> NDArray[np.float64]:
        """Return the signed distance of every voxel centre to the surface; negative inside.

        A run asks for it five times; what was worked out last is kept, and cannot be written to.
        """
        return _distance_mm(self, medium)


@kept_while_open(4)
def _distance_mm(piece: Cylinder, medium: Medium) -> NDArray[np.float64]:
    found = np.empty(medium.tissue.shape)
    size_mm = (piece.length_mm, piece.radius_mm)
    _write_distance_mm(found, medium.spacing_mm, np.array(piece.start_mm), piece.axis, size_mm)
    found.flags.writeable = False
    return found


@kernel
def _write_distance_mm(
    found: NDArray[np.float64],
    spacing_mm: float,
    start_mm: NDArray[np.float64],
    axis: NDArray[np.float64],
    size_mm: tuple[float, float],
) -> None:
    """Write the signed distance to a cylinder of some length and radius."""
    length_mm, radius_mm = size_mm
    depth, rows, columns = found.shape
    for k in range(depth):
        z = k * spacing_mm - start_mm[2]
        for j in range(rows):
            y = j * spacing_mm - start_mm[1]
            for i in range(columns):
                x = i * spacing_mm - start_mm[0]
                along = x * axis[0] + y * axis[1] + z * axis[2]
                across = np.sqrt(max(x * x + y * y + z * z - along * along, 0.0))
                side = across - radius_mm
                end = max(-along, along - length_mm)
                beyond = max(side, 0.0) ** 2 + max(end, 0.0) ** 2
                found[k, j, i] = min(max(side, end), 0.0) + np.sqrt(beyond)


@kernel
def hold(temperature: Field, metal: NDArray[np.int64], celsius: float) -> None:
    """Write one temperature to the voxels of a piece of metal."""
    flat = temperature.ravel()
    for cell in metal:
        flat[cell] = celsius


class Contact(NamedTuple):
    """How one piece of metal touches the tissue.

    Attributes
    ----------
    metal
        Flat indices of the voxels it fills.
    tissue
        Flat indices of the voxels at the far end of its links; one may come twice.
    conductance
        W/K of each of those links.
    """

    metal: NDArray[np.int64]
    tissue: NDArray[np.int64]
    conductance: NDArray[np.float64]


class CloseTissue(NamedTuple):
    """Tissue so near the metal that an explicit step over its whole link would ring.

    Attributes
    ----------
    voxels
        Flat indices, each once.
    conductance
        W/K to the metal beyond what the explicit step carries.
    capacity
        J/K of the voxel.
    """

    voxels: NDArray[np.int64]
    conductance: NDArray[np.float64]
    capacity: NDArray[np.float64]


def close_tissue(
    whole: Contact, carried: Contact, capacity_j_per_k: NDArray[np.float64]
) -> CloseTissue:
    """Return what the links of ``carried`` leave out of the links of ``whole``."""
    rest = whole.conductance - carried.conductance
    voxels, place = np.unique(whole.tissue[rest > 0.0], return_inverse=True)
    conductance = np.bincount(place, weights=rest[rest > 0.0], minlength=len(voxels))
    return CloseTissue(voxels, conductance.astype(np.float64), capacity_j_per_k.ravel()[voxels])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """A coolant inside the metal: its film coefficient and its temperature."""

    film_w_per_m2_k: float = 0.0
    celsius: float = 25.0


class Exchange(NamedTuple):
    """Numbers of a lumped body: heat capacity J/K, coolant W/K and its temperature."""

    capacity: float
    coolant_w_per_k: float
    coolant_celsius: float


def exchange_of(cylinder: Cylinder, cooling: Cooling) -> Exchange:
    """Return the lumped numbers of a piece of needle."""
    return Exchange(
        capacity=cylinder.volume_m3 * NEEDLE_CAPACITY_J_PER_M3_K,
        coolant_w_per_k=cooling.film_w_per_m2_k * cylinder.side_area_m2,
        coolant_celsius=cooling.celsius,
    )


def contact_of(inside: NDArray[np.bool_], links: Links, voxel_m3: float) -> Contact:
    """Find the links between the voxels ``inside`` and the rest."""
    tissue: list[NDArray[np.int64]] = []
    conductance: list[NDArray[np.float64]] = []
    metal = np.argwhere(inside)
    for axis, faces in links.by_array_axis():
        for toward in (-1, 1):
            far = metal.copy()
            far[:, axis] += toward
            there = (far[:, axis] >= 0) & (far[:, axis] < inside.shape[axis])
            near, far = metal[there], far[there]
            outside = ~inside[tuple(far.T)]
            near, far = near[outside], far[outside]
            face = near if toward < 0 else far
            tissue.append(np.ravel_multi_index(tuple(far.T), inside.shape))
            conductance.append(faces[tuple(face.T)].astype(np.float64) * voxel_m3)
    return Contact(np.flatnonzero(inside), np.concatenate(tissue), np.concatenate(conductance))


@kernel
def relax(
    temperature: Field,
    contact: Contact,
    exchange: Exchange,
    heat_w: float,
    seconds: float,
    celsius: float,
) -> float:
    """Return the temperature of a lumped body ``seconds`` on.

    Solved exactly for neighbours that hold still, so it takes any step. Its mean over the step
    is written to its voxels: tissue that is then stepped takes up just what the metal gave.
    """
    flat = temperature.ravel()
    conductance = exchange.coolant_w_per_k
    inflow = exchange.coolant_w_per_k * exchange.coolant_celsius + heat_w
    for n in range(contact.tissue.size):
        conductance += contact.conductance[n]
        inflow += contact.conductance[n] * flat[contact.tissue[n]]
    settled = inflow / conductance
    spans = conductance * seconds / exchange.capacity
    left = np.exp(-spans)
    hold(temperature, contact.metal, settled + (celsius - settled) * (1.0 - left) / spans)
    return float(settled + (celsius - settled) * left)


@kernel
def exchange_closely(
    temperature: Field, close: CloseTissue, body_capacity: float, seconds: float, celsius: float
) -> float:
    """Let metal and the tissue close to it exchange heat; return the metal's temperature.

    One implicit step for the metal and all its close voxels together: stable at any step, and
    no heat is lost.
    """
    flat = temperature.ravel()
    capacity = body_capacity
    heat = body_capacity * celsius
    for n in range(close.voxels.size):
        pull = seconds * close.conductance[n] / close.capacity[n]
        joined = close.capacity[n] * pull / (1.0 + pull)
        capacity += joined
        heat += joined * flat[close.voxels[n]]
    celsius = heat / capacity
    for n in range(close.voxels.size):
        pull = seconds * close.conductance[n] / close.capacity[n]
        voxel = close.voxels[n]
        flat[voxel] = (flat[voxel] + pull * celsius) / (1.0 + pull)
    return celsius
