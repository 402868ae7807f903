"""Where a voxel lies, as far as cement is concerned."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from planner.domain.cement import LeakPath


class Place(IntEnum):
    """Codes of ``CementMedium.place``."""

    BONE = 0
    EPIDURAL = 1
    FORAMINAL = 2
    DISCAL = 3
    PARAVERTEBRAL = 4
    BASIVERTEBRAL = 5
    NEEDLE_TRACK = 6
    CLOSED = 7
    """Other bone, and what lies outside the scan: cement is not followed into it."""


class Kind(IntEnum):
    """Codes of ``CementMedium.kind``: what is special about a voxel."""

    PLAIN = 0
    ABLATED = 1
    CAVITY = 2
    VEIN = 3
    TRACK = 4
    TAKEN = 5
    """Cement of an earlier injection."""


PATHS: Final = {
    LeakPath.EPIDURAL: Place.EPIDURAL,
    LeakPath.FORAMINAL: Place.FORAMINAL,
    LeakPath.DISCAL: Place.DISCAL,
    LeakPath.PARAVERTEBRAL: Place.PARAVERTEBRAL,
    LeakPath.BASIVERTEBRAL: Place.BASIVERTEBRAL,
    LeakPath.NEEDLE_TRACK: Place.NEEDLE_TRACK,
}
