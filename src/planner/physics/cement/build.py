"""The medium of one vertebra from HU and outlines on an isotropic grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.geometry.ellipsoid import Spheroid
from planner.physics.cement.flow_numbers import FlowNumbers, flow_numbers
from planner.physics.cement.medium import HIGHEST_HU, LOWEST_HU, CementMedium
from planner.physics.cement.paths import Kind, Place
from planner.physics.cement.shell import shell_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.capsule import Capsule
    from planner.geometry.points import PointLps, Vector
    from planner.geometry.volume_geometry import VolumeGeometry

    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vein:
    """The foramen of the basivertebral vein: where it is, and the way from it into the body."""

    at: PointLps
    inward: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """Outlines on the grid of the HU, bool ``[k, j, i]``.

    Attributes
    ----------
    bone
        The vertebra that is given cement, whole.
    closed
        Other vertebrae, and what lies outside the scan.
    """

    bone: Mask
    canal: Mask
    foramina: Mask
    discs: Mask
    closed: Mask
    vein: Vein | None = None


def cement_medium(
    hu: NDArray[np.floating] | NDArray[np.integer],
    around: Surroundings,
    geometry: VolumeGeometry,
    numbers: FlowNumbers | None = None,
) -> CementMedium:
    """Return the medium; bone comes before every other outline, and the canal before foramina."""
    numbers = numbers or flow_numbers()
    place = np.full(hu.shape, Place.PARAVERTEBRAL, np.uint8)
    place[_at_foramina(around.foramina, geometry, numbers)] = Place.FORAMINAL
    place[around.discs] = Place.DISCAL
    place[around.foramina] = Place.FORAMINAL
    place[around.canal] = Place.EPIDURAL
    place[_in_sac(around.canal, geometry, numbers)] = Place.CLOSED
    place[around.closed] = Place.CLOSED
    place[around.bone] = Place.BONE
    kind = np.full(hu.shape, Kind.PLAIN, np.uint8)
    if around.vein is not None:
        kind[_in_vein(around.vein, geometry, numbers) & (place != Place.CLOSED)] = Kind.VEIN
    return CementMedium(
        geometry=geometry,
        hu=np.clip(np.rint(hu), LOWEST_HU, HIGHEST_HU).astype(np.int16),
        place=place,
        kind=kind,
        shell=shell_of(around.bone, hu, geometry.spacing_mm[0], numbers),
        numbers=numbers,
    )


def hollowed(tip: PointLps, backward: Vector, volume_ml: float, numbers: FlowNumbers) -> Spheroid:
    """Return the cavity of a balloon or a stent of a volume, its front end at the tip."""
    ratio = numbers.bone["cavity_length_over_width"].value
    half_width = (volume_ml * 1000.0 * 3.0 / (4.0 * np.pi * ratio)) ** (1.0 / 3.0)
    half_length = ratio * half_width
    x, y, z = (float(value) for value in backward)
    centre = tip.moved(backward * half_length)
    return Spheroid(centre, (x, y, z), half_length, float(half_width))


def marked(
    medium: CementMedium,
    *,
    ablated: Sequence[Spheroid] = (),
    cavity: Spheroid | None = None,
    tracks: Sequence[Capsule] = (),
    taken: Mask | None = None,
) -> CementMedium:
    """Return a medium with what has been done to its bone.

    Parameters
    ----------
    ablated
        Where tissue is destroyed; it passes cement better.
    cavity
        Hollowed out by a balloon or a stent.
    tracks
        Needles that were drawn out and left a way.
    taken
        Cement of an earlier injection.
    """
    kind = medium.kind.copy()
    bone = medium.place == Place.BONE
    if ablated or tracks or cavity is not None:
        centres = centres_mm(medium.geometry)
        flat = centres.reshape(-1, 3)
        for zone in ablated:
            kind[zone.contains(flat).reshape(kind.shape) & bone] = Kind.ABLATED
        for track in tracks:
            inside = track.signed_distance_mm(flat).reshape(kind.shape) <= 0.0
            kind[_open_way(inside, medium) & (medium.place != Place.CLOSED)] = Kind.TRACK
        if cavity is not None:
            kind[cavity.contains(flat).reshape(kind.shape) & bone] = Kind.CAVITY
    if taken is not None:
        kind[taken] = Kind.TAKEN
    return replace(medium, kind=kind)


def _open_way(inside: Mask, medium: CementMedium) -> Mask:
    """Return the way of a needle without the shell that it only runs along.

    A voxel of the shell is open where the needle goes out of the bone through it; beside a needle
    that stays in a narrow pedicle the shell is thinned, not gone.
    """
    bone = medium.place == Place.BONE
    shell = np.zeros(bone.shape, np.bool_)
    shell.ravel()[medium.shell.voxels] = True
    goes_out = ndimage.binary_dilation(inside & ~bone)
    return np.asarray(inside & (~shell | goes_out))


def _at_foramina(foramina: Mask, geometry: VolumeGeometry, numbers: FlowNumbers) -> Mask:
    """Return the foramina with what lies just beside them, where the root goes on."""
    if not foramina.any():
        return foramina
    away_mm = ndimage.distance_transform_edt(~foramina, sampling=geometry.spacing_mm[::-1])
    return np.asarray(away_mm <= numbers.beyond["foramen_beside_mm"].value)


def _in_sac(canal: Mask, geometry: VolumeGeometry, numbers: FlowNumbers) -> Mask:
    """Return the part of the canal that stands for the dural sac: dura holds cement back."""
    depth_mm = ndimage.distance_transform_edt(canal, sampling=geometry.spacing_mm[::-1])
    return np.asarray(depth_mm > numbers.beyond["epidural_mm"].value)


def _in_vein(vein: Vein, geometry: VolumeGeometry, numbers: FlowNumbers) -> Mask:
    """Return the voxels of a straight vein through its foramen."""
    offset = centres_mm(geometry) - vein.at.array
    inward = offset @ np.array(vein.inward)
    across2 = np.einsum("...i,...i->...", offset, offset) - inward**2
    table = numbers.vein
    deep, beyond = table["depth_mm"].value, table["beyond_mm"].value
    return np.asarray(
        (across2 <= table["radius_mm"].value ** 2) & (inward <= deep) & (inward >= -beyond)
    )


def centres_mm(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Return the centre of every voxel, LPS, shape ``[k, j, i, 3]``."""
    k, j, i = np.indices(geometry.shape_kji)
    return geometry.lps_mm(np.stack((i, j, k), axis=-1).astype(np.float64))
