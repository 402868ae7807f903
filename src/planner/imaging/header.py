"""Opens one file and reads its header: the first of the gate's two passes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from planner.imaging import tags
from planner.imaging.elements import (
    BeyondWindowError,
    DamagedFileError,
    DataSet,
    ElementWalk,
    file_meta,
)
from planner.imaging.limits import MAX_HEADER_BYTES
from planner.imaging.syntaxes import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAXES,
    TransferSyntax,
)
from planner.imaging.values import text

if TYPE_CHECKING:
    from pathlib import Path

_PREAMBLE = 128
_MAGIC = b"DICM"
_FIRST_WINDOW = 16 * 1024
_EXECUTABLE_STARTS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"PK")


class NotDicomError(Exception):
    """The file does not begin like DICOM at all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileHeader:
    """The header of one DICOM file.

    Attributes
    ----------
    name
        Path below the folder that was asked for, for messages.
    size
        Bytes of the file, or of the data set once inflated.
    without_meta
        It has no file meta information; the coding was inferred.
    executable_preamble
        Its preamble is that of a program (CVE-2019-11687); it is never run.
    """

    path: Path
    name: str
    size: int
    data: DataSet
    syntax: TransferSyntax
    without_meta: bool = False
    executable_preamble: bool = False

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` from ``offset`` of the data; return the bytes that were there."""
        if self.syntax.deflated:
            part = inflated(self.path)[offset : offset + len(target)]
            target[: len(part)] = part
            return len(part)
        with self.path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.readinto(target) or 0

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes (fewer at the end of the file) from ``offset``."""
        length = max(0, min(length, self.size - offset))
        target = bytearray(length)
        return bytes(target[: self.read_into(offset, memoryview(target))])


@dataclass(slots=True)
class HeaderReader:
    """Reads headers one after another; remembers how long they are in this folder."""

    _window: int = field(default=_FIRST_WINDOW)

    def read(self, path: Path, name: str) -> FileHeader:
        """Return the header of ``path``.

        Raises
        ------
        NotDicomError
            When it does not begin like DICOM.
        DamagedFileError
            When it does, but cannot be read to its pixels.
        """
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            if size == 0:
                raise DamagedFileError("the file is empty")
            return self._read(file, path, name, size)

    def _read(self, file: BinaryIO, path: Path, name: str, size: int) -> FileHeader:
        while True:
            file.seek(0)
            buffer = file.read(min(self._window, size))
            try:
                return _parse(buffer, path, name, size)
            except BeyondWindowError:
                if self._window >= MAX_HEADER_BYTES:
                    raise DamagedFileError("its header is larger than any image has") from None
                self._window *= 4


def _parse(buffer: bytes, path: Path, name: str, size: int) -> FileHeader:
    """Read a header from the first bytes of a file."""
    if buffer[_PREAMBLE : _PREAMBLE + 4] == _MAGIC:
        meta, start = file_meta(buffer, _PREAMBLE + 4, size)
        executable = buffer.startswith(_EXECUTABLE_STARTS)
        uid = text(meta, tags.TRANSFER_SYNTAX_UID)
        without_meta = not uid
    else:
        start, executable, without_meta = 0, False, True
        uid = ""
    if without_meta:
        uid = _inferred_syntax(buffer[start : start + 8])
    syntax = TRANSFER_SYNTAXES.get(uid)
    if syntax is None:
        raise DamagedFileError("its transfer syntax is not one that is read here")
    if syntax.deflated:
        buffer = inflated(path, start)
        start, size = 0, len(buffer)
    walk = ElementWalk(
        buffer,
        total=size,
        explicit=syntax.explicit,
        little=syntax.little,
        wanted_sequences=tags.SEQUENCES,
    )
    return FileHeader(
        path=path,
        name=name,
        size=size,
        data=walk.data_set(start),
        syntax=syntax,
        without_meta=without_meta,
        executable_preamble=executable,
    )


def _inferred_syntax(head: bytes) -> str:
    """Infer the coding of a data set without file meta from its first element.

    Such a data set begins with group 0008 in little endian (PS3.5 section 7.1).
    """
    if len(head) < 8 or head[0:2] != b"\x08\x00" or head[3] != 0:
        raise NotDicomError
    return EXPLICIT_LITTLE if head[4:6].isalpha() and head[4:6].isupper() else IMPLICIT_LITTLE


def inflated(path: Path, start: int | None = None) -> bytes:
    """Return the data set of a deflated file, at most ``MAX_HEADER_BYTES`` of it.

    Raises
    ------
    DamagedFileError
        When it unpacks to more (a deflate bomb) or does not unpack.
    """
    with path.open("rb") as file:
        packed = file.read(MAX_HEADER_BYTES)
    if start is None:
        _, start = file_meta(packed, _PREAMBLE + 4, len(packed))
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(memoryview(packed)[start:], MAX_HEADER_BYTES)
    except zlib.error:
        raise DamagedFileError("its deflated data cannot be unpacked") from None
    if unpacker.unconsumed_tail:
        raise DamagedFileError(
            f"it unpacks to more than {MAX_HEADER_BYTES // 1024**2} MiB (a deflate bomb)"
        )
    if not unpacker.eof:
        raise DamagedFileError("its deflated data ends too early")
    return data
