"""What a volume file holds before anybody says whether it is CT or labels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code
from planner.imaging.limits import MAX_MATRIX, MAX_VOXELS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

GZIP_MAGIC = b"\x1f\x8b"


class GridFileError(Exception):
    """The file does not hold one volume on a known grid."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridFile:
    """Voxels of any number type, shape ``[k, j, i]``, on their grid."""

    geometry: VolumeGeometry
    voxels: NDArray[np.generic]


def check_size(size: tuple[int, ...]) -> None:
    """Refuse sizes no volume has, before anything is allocated."""
    if (
        any(not 1 <= count <= 4 * MAX_MATRIX for count in size)
        or int(np.prod(size, dtype=object)) > MAX_VOXELS
    ):
        raise GridFileError(Code.TOO_LARGE, " x ".join(str(count) for count in size))


def unzipped(packed: bytes, most: int) -> bytes:
    """Unpack gzip data, at most ``most`` bytes of it."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(packed, most)
    except zlib.error:
        raise GridFileError(Code.VOLUME_FILE, "its compressed data is damaged") from None


def read_start(path: Path, length: int) -> bytes:
    """Return the first ``length`` bytes, unpacked when the file is compressed."""
    with path.open("rb") as file:
        start = file.read(2 * length)
    if start.startswith(GZIP_MAGIC):
        return unzipped(start, length)
    return start[:length]


def voxels_from(
    data: bytes, dtype: np.dtype[np.generic], size_ijk: tuple[int, int, int]
) -> NDArray[np.generic]:
    """Return the array of a file's voxel bytes, i fastest."""
    i, j, k = size_ijk
    expected = i * j * k * dtype.itemsize
    if len(data) < expected:
        raise GridFileError(Code.PIXELS_SHORT, f"{len(data)} of {expected} bytes")
    voxels = np.frombuffer(data, dtype=dtype, count=i * j * k).reshape(k, j, i)
    return voxels.astype(dtype.newbyteorder("="), copy=False)
