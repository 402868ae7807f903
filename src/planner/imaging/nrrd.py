"""NRRD in and out (https://teem.sourceforge.net/nrrd/format.html).

Read with its voxels attached or in one file beside it; written attached.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.codes import Code
from planner.imaging.grid_file import (
    GridFile,
    GridFileError,
    check_size,
    is_possible,
    raw_bytes,
    unzipped_bytes,
    voxels_from,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_LONGEST_HEADER = 1024 * 1024
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_SEGMENT = re.compile(r"^(Segment\d+_(?:Name|LabelValue|Layer)):=(.*?)\r?$", re.MULTILINE)
_TYPES = {
    "int8": "i1", "signed char": "i1", "int8_t": "i1",
    "uint8": "u1", "unsigned char": "u1", "uchar": "u1", "uint8_t": "u1",
    "int16": "i2", "short": "i2", "short int": "i2", "signed short": "i2", "int16_t": "i2",
    "uint16": "u2", "unsigned short": "u2", "ushort": "u2", "uint16_t": "u2",
    "int32": "i4", "int": "i4", "signed int": "i4", "int32_t": "i4",
    "uint32": "u4", "unsigned int": "u4", "uint": "u4", "uint32_t": "u4",
    "float": "f4", "double": "f8",
}  # fmt: skip
_NAMES = {
    "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "f4": "float", "f8": "double",
}  # fmt: skip
_SPACES = {
    "left-posterior-superior": (1.0, 1.0), "lps": (1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0), "ras": (-1.0, -1.0),
    "left-anterior-superior": (1.0, -1.0), "las": (1.0, -1.0),
}  # fmt: skip


def read_nrrd(path: Path) -> GridFile:
    """Read one volume; the grid comes out in LPS.

    Raises
    ------
    GridFileError
        When it is not one volume in a named patient space.
    """
    with path.open("rb") as file:
        start_of_file = file.read(_LONGEST_HEADER)
    if not start_of_file.startswith(b"NRRD000"):
        raise GridFileError(Code.VOLUME_FILE, "not an NRRD file")
    blank = _BLANK_LINE.search(start_of_file)
    header = start_of_file if blank is None else start_of_file[: blank.start()]
    fields = _fields(header.decode("utf-8", "replace"))
    apart = fields.get("data file", fields.get("datafile"))
    if apart is not None:
        source, start = _beside(path, apart), 0
    elif blank is not None:
        source, start = path, blank.end()
    else:
        raise GridFileError(Code.VOLUME_FILE, "its header does not end")
    size = _size(fields)
    dtype = _dtype(fields)
    geometry = VolumeGeometry.from_matrix(size, _lps_from_ijk(fields))
    length = int(np.prod(size, dtype=np.int64)) * dtype.itemsize
    encoding = fields.get("encoding", "").lower()
    data: bytes | bytearray
    if encoding in ("gzip", "gz"):
        data = unzipped_bytes(source, start, length)
    elif encoding == "raw":
        data = raw_bytes(source, start, length)
    else:
        raise GridFileError(Code.VOLUME_FILE, "only raw and gzip encodings are read")
    return GridFile(
        geometry=geometry,
        voxels=voxels_from(data, dtype, size),
        segments=_segments(header.decode("utf-8", "replace")),
    )


def _segments(header: str) -> dict[int, str]:
    """Return the names that 3D Slicer gives the values of a segmentation (``.seg.nrrd``)."""
    said = dict(_SEGMENT.findall(header))
    names = {key[:-5]: name for key, name in said.items() if key.endswith("_Name")}
    found: dict[int, str] = {}
    for key, name in names.items():
        value = said.get(f"{key}_LabelValue", "").strip()
        known = value.isdecimal() and 0 < int(value) < 256 and int(value) not in found
        if not known or said.get(f"{key}_Layer", "0") != "0":
            raise GridFileError(Code.VOLUME_KIND, "its segments overlap or have no value")
        found[int(value)] = name.strip()
    return found


def _beside(path: Path, name: str) -> Path:
    """Return the file of the voxels, which must lie in the folder of the header."""
    if name.split()[:1] == ["LIST"] or "%" in name:
        raise GridFileError(Code.VOLUME_FILE, "its voxels are spread over several files")
    plain = name not in ("", ".", "..") and not any(mark in name for mark in "/\\:\0")
    found = path.parent / name
    if not plain or found.resolve().parent != path.parent.resolve():
        raise GridFileError(Code.VOLUME_PATH, "")
    if not found.is_file():
        raise GridFileError(Code.VOLUME_FILE, "the file of its voxels is not beside it")
    return found


def _fields(header: str) -> dict[str, str]:
    fields = {}
    for line in header.splitlines()[1:]:
        if line.startswith("#") or ":=" in line:
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise GridFileError(Code.VOLUME_FILE, "a header line cannot be read")
        name = name.strip().lower()
        if name in fields:
            raise GridFileError(Code.VOLUME_FILE, f"its header states {name} twice")
        fields[name] = value.strip()
    for name in ("line skip", "lineskip", "byte skip", "byteskip"):
        if fields.get(name, "0") != "0":
            raise GridFileError(Code.VOLUME_FILE, "bytes before the voxels are to be skipped")
    if "spacings" in fields and "space directions" in fields:
        raise GridFileError(Code.VOLUME_ORIENTATION, "spacings and directions are both stated")
    units = set(fields.get("space units", "").replace('"', " ").split())
    if not units <= {"mm", "millimeter", "millimetre"}:
        raise GridFileError(Code.VOLUME_ORIENTATION, "its lengths are not in millimetres")
    return fields


def _size(fields: dict[str, str]) -> tuple[int, int, int]:
    parts = fields.get("sizes", "").split()
    if fields.get("dimension") != "3" or len(parts) != 3 or not all(p.isdecimal() for p in parts):
        raise GridFileError(Code.VOLUME_KIND, f"dimension {fields.get('dimension', 'missing')}")
    i, j, k = (int(part) for part in parts)
    check_size((i, j, k))
    return (i, j, k)


def _dtype(fields: dict[str, str]) -> np.dtype[np.generic]:
    kind = _TYPES.get(fields.get("type", "").lower())
    if kind is None:
        raise GridFileError(Code.VOLUME_VALUES, "an unknown number type")
    endian = fields.get("endian", "little" if kind.endswith("1") else "")
    if endian not in ("little", "big"):
        raise GridFileError(Code.VOLUME_FILE, "the byte order is not stated")
    return np.dtype(("<" if endian == "little" else ">") + kind)


def _lps_from_ijk(fields: dict[str, str]) -> NDArray[np.float64]:
    flips = _SPACES.get(fields.get("space", "").lower())
    if flips is None or "space directions" not in fields or "space origin" not in fields:
        raise GridFileError(Code.VOLUME_ORIENTATION, "no patient space is stated")
    try:
        columns = [_vector(part) for part in fields["space directions"].split(") ")]
        origin = _vector(fields["space origin"])
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(columns).T
        matrix[:3, 3] = origin
    except ValueError:
        raise GridFileError(Code.VOLUME_ORIENTATION, "the directions cannot be read") from None
    if not is_possible(matrix):
        raise GridFileError(Code.VOLUME_ORIENTATION, "the directions are impossible")
    return np.diag([*flips, 1.0, 1.0]) @ matrix


def _vector(part: str) -> list[float]:
    return [float(number) for number in part.strip().strip("()").split(",")]


def nrrd_bytes(geometry: VolumeGeometry, voxels: NDArray[np.generic]) -> bytes:
    """Return an NRRD file in LPS with gzip encoding; shear is kept in the directions."""
    matrix = geometry.lps_from_ijk
    vectors = ["(" + ",".join(repr(float(x)) for x in matrix[:3, c]) + ")" for c in range(4)]
    kind = voxels.dtype.newbyteorder("=").str[1:]
    header = (
        "NRRD0004\n"
        f"type: {_NAMES[kind]}\n"
        "dimension: 3\n"
        "space: left-posterior-superior\n"
        f"sizes: {' '.join(str(count) for count in geometry.size_ijk)}\n"
        f"space directions: {' '.join(vectors[:3])}\n"
        "kinds: domain domain domain\n"
        "endian: little\n"
        "encoding: gzip\n"
        f"space origin: {vectors[3]}\n\n"
    )
    stored = np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<"))
    return header.encode("ascii") + gzip.compress(stored.tobytes(), compresslevel=4, mtime=0)
