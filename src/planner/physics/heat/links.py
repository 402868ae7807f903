"""Conductances of the faces between voxels, also where metal cuts a face."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Field: TypeAlias = NDArray[np.float32]
"""float32 ``[k, j, i]``: half the bytes of float64, and the solvers are bound by bytes."""

SHORTEST_ELECTRIC_CUT = 0.05
"""Smallest share of a voxel a current link may keep; shorter links spoil the conditioning."""

SHORTEST_HEAT_CUT = 0.5
"""Smallest share of a voxel a heat link may keep in an explicit step; shorter links would
shorten the stable step. What such a link carries beyond it is exchanged implicitly."""

SHORTEST_CLOSE_CUT = 0.02
"""Smallest share of a voxel a heat link may keep in the implicit exchange."""


class Links(NamedTuple):
    """Conductance of the face BEFORE each voxel along i, j and k, over the voxel's volume.

    For heat in W/(m3 K), for current in S/m3. The first face along each axis is zero.
    """

    along_i: Field
    along_j: Field
    along_k: Field

    def by_array_axis(self) -> Iterator[tuple[int, Field]]:
        """Yield each array axis with its faces."""
        yield 2, self.along_i
        yield 1, self.along_j
        yield 0, self.along_k

    def sums(self) -> NDArray[np.float64]:
        """Return the sum over the six faces of each voxel."""
        total = np.zeros(self.along_i.shape)
        for axis, faces in self.by_array_axis():
            total += faces
            np.moveaxis(total, axis, 0)[:-1] += np.moveaxis(faces, axis, 0)[1:]
        return total


class Cuts(NamedTuple):
    """Links that end on metal.

    Attributes
    ----------
    metal
        bool ``[k, j, i]``: voxels whose centre lies in metal.
    along_i, along_j, along_k
        Length of the link through the face BEFORE each voxel over the spacing, NaN where the
        link is whole.
    """

    metal: NDArray[np.bool_]
    along_i: NDArray[np.float64]
    along_j: NDArray[np.float64]
    along_k: NDArray[np.float64]

    def by_array_axis(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Yield each array axis with its shares."""
        yield 2, self.along_i
        yield 1, self.along_j
        yield 0, self.along_k

    def within(self, box: tuple[slice, slice, slice]) -> Cuts:
        """Return the cuts in a box of the grid."""
        return Cuts(self.metal[box], self.along_i[box], self.along_j[box], self.along_k[box])


def harmonic_links(conductivity: NDArray[np.floating], spacing_mm: float) -> Links:
    """Return the links of voxels in series: the harmonic mean keeps the flux right at a step.

    Parameters
    ----------
    conductivity
        ``[k, j, i]``, W/(m K) or S/m; zero insulates.
    """
    spacing_m = spacing_mm / 1000.0
    faces = []
    for axis in (2, 1, 0):
        value = np.moveaxis(np.asarray(conductivity, dtype=np.float64), axis, 0)
        face = np.zeros(value.shape)
        both = value[1:] + value[:-1]
        np.divide(2.0 * value[1:] * value[:-1], both, out=face[1:], where=both > 0.0)
        faces.append(_packed(face / spacing_m**2, axis))
    return Links(*faces)


def cut_links(
    conductivity: NDArray[np.floating],
    spacing_mm: float,
    cuts: Cuts,
    shortest: float,
    plain_links: Links | None = None,
) -> Links:
    """Return links that end on metal where it lies: tissue conducts over the link's own length.

    Parameters
    ----------
    shortest
        Smallest share of the spacing a link may keep.
    plain_links
        ``harmonic_links`` of the same tissue, where they are at hand.
    """
    links = plain_links or harmonic_links(conductivity, spacing_mm)
    faces = []
    for (axis, plain), (_, shares) in zip(
        links.by_array_axis(), cuts.by_array_axis(), strict=True
    ):
        value = np.moveaxis(conductivity, axis, 0)
        metal = np.moveaxis(cuts.metal, axis, 0)
        share = np.moveaxis(shares, axis, 0)[1:]
        face = np.moveaxis(plain, axis, 0).astype(np.float64)
        cut = np.isfinite(share)
        tissue = np.where(metal[1:], value[:-1], value[1:])[cut]
        length_m = np.maximum(share[cut], shortest) * spacing_mm / 1000.0
        face[1:][cut] = tissue / length_m / (spacing_mm / 1000.0)
        faces.append(_packed(face, axis))
    return Links(*faces)


def _packed(face: NDArray[np.float64], axis: int) -> Field:
    return np.ascontiguousarray(np.moveaxis(face, 0, axis), dtype=np.float32)
