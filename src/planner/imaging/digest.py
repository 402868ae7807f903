"""The identity of a scan: a digest of its voxels and of where they lie."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

_FORMAT = "planner scan 1"


def slice_digest(hu: NDArray[np.int16]) -> bytes:
    """Return the SHA-256 of one slice, little endian, shape ``[j, i]``."""
    return hashlib.sha256(np.ascontiguousarray(hu, dtype="<i2").data).digest()


def scan_sha256_of_slices(geometry: VolumeGeometry, digests: Iterable[bytes]) -> str:
    """Return the digest of a scan from its slices' digests in grid order.

    The grid enters in steps of a nanometre, so that no rounding of a machine shows.
    """
    total = hashlib.sha256(_FORMAT.encode())
    numbers = [value for row in geometry.affine[:3] for value in row]
    grid = " ".join(f"{round(value, 6) + 0.0:.6f}" for value in numbers)
    total.update(f"{geometry.size_ijk} {grid}".encode())
    for digest in digests:
        total.update(digest)
    return total.hexdigest()


def scan_sha256(geometry: VolumeGeometry, hu: NDArray[np.int16]) -> str:
    """Return the digest a ``ScanRecord`` carries: hex SHA-256 of HU ``[k, j, i]`` and grid."""
    return scan_sha256_of_slices(geometry, (slice_digest(plane) for plane in hu))
