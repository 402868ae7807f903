"""Finds the compressed frames inside encapsulated Pixel Data (PS3.5 annex A.4)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from planner.imaging.codes import Code
from planner.imaging.frames import FrameRefusedError
from planner.imaging.limits import MAX_ELEMENTS

if TYPE_CHECKING:
    from planner.imaging.header import FileHeader

Part = tuple[int, int]
"""Offset in the file and length of one fragment."""

_HEAD = Struct("<HHI")
_ITEM = (0xFFFE, 0xE000)
_END = (0xFFFE, 0xE0DD)


def frame_parts(file: FileHeader, frames: int) -> list[list[Part]]:
    """Return the fragments of each frame.

    Raises
    ------
    FrameRefusedError
        When the items are damaged, cut short, or cannot be told apart by frame.
    """
    items = _items(file)
    if not items:
        raise FrameRefusedError(Code.PIXELS_SHORT, "no fragments")
    (table_at, table_length), *parts = items
    if frames == 1:
        return [parts]
    if len(parts) == frames:
        return [[part] for part in parts]
    table = file.read(table_at, table_length)
    starts = [int.from_bytes(table[at : at + 4], "little") for at in range(0, len(table), 4)]
    first = table_at + table_length
    by_start: dict[int, list[Part]] = {}
    current: list[Part] = []
    for offset, length in parts:
        start = offset - _HEAD.size - first
        if start in starts:
            current = by_start.setdefault(start, [])
        current.append((offset, length))
    if len(by_start) != frames or starts != sorted(by_start):
        raise FrameRefusedError(Code.PIXEL_CODING, "the frames cannot be told apart")
    return [by_start[start] for start in starts]


def _items(file: FileHeader) -> list[Part]:
    """Walk the items; the first is the offset table."""
    items: list[Part] = []
    at = file.data.pixel_offset
    while len(items) < MAX_ELEMENTS:
        head = file.read(at, _HEAD.size)
        if len(head) < _HEAD.size:
            break
        group, element, length = _HEAD.unpack(head)
        at += _HEAD.size
        if (group, element) == _END:
            return items
        if (group, element) != _ITEM or at + length > file.size:
            break
        items.append((at, length))
        at += length
    raise FrameRefusedError(Code.PIXELS_SHORT, "the compressed data ends too early")
