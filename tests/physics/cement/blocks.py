"""Blocks of bone that closed forms are known for."""

import numpy as np

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.physics.cement.build import Surroundings, cement_medium, centres_mm
from planner.physics.cement.flow_numbers import flow_numbers

MARROW_HU = 40
OPEN_SHARE = 0.96
"""Of a voxel of that HU, by the stated assumption."""

CORTEX_HU = 700


def cube(edge_mm=44.0, spacing_mm=1.0):
    """A grid about the origin."""
    count = round(edge_mm / spacing_mm)
    start = -spacing_mm * (count - 1) / 2.0
    return VolumeGeometry.axis_aligned((count,) * 3, (spacing_mm,) * 3, (start,) * 3)


def nothing(geometry):
    return np.zeros(geometry.shape_kji, np.bool_)


def open_bone(geometry, hu=None):
    """Bone everywhere without a shell that could hold anything: the grid ends first."""
    bone = ~nothing(geometry)
    hu = np.full(bone.shape, MARROW_HU) if hu is None else hu
    none = nothing(geometry)
    around = Surroundings(bone=bone, canal=none, foramina=none, discs=none, closed=none)
    return cement_medium(hu, around, geometry)


def box_of_bone(geometry, half_mm=(16.0, 13.0, 12.0), hole=None, shell_mm=1.0):
    """A box of marrow in a shell of cortex, with a canal behind and a disc above and below.

    ``hole`` takes centres and tells where the shell is replaced by soft tissue.
    """
    place = centres_mm(geometry)
    depth = (np.abs(place) - np.array(half_mm)).max(axis=-1)
    bone = depth <= 0.0
    hu = np.full(bone.shape, 40.0)
    hu[bone] = MARROW_HU + 80.0
    hu[bone & (depth > -shell_mm)] = CORTEX_HU
    x, y, z = np.moveaxis(place, -1, 0)
    if hole is not None:
        hu[bone & hole(x, y, z) & (depth > -2.5)] = 45.0
    around = Surroundings(
        bone=bone,
        canal=~bone & (y > half_mm[1]) & (np.abs(x) < 10.0) & (np.abs(z) <= half_mm[2] + 4.0),
        foramina=~bone & (y > half_mm[1]) & (np.abs(x) >= 10.0),
        discs=~bone & (np.abs(z) > half_mm[2]) & (y <= half_mm[1]),
        closed=nothing(geometry),
    )
    return cement_medium(hu, around, geometry)


def at(x=0.0, y=0.0, z=0.0):
    return PointLps(x, y, z)


NUMBERS = flow_numbers()
ALONG = 1.0 / NUMBERS.bone["across_over_along_spine"].value
