"""Walks the data elements of a DICOM file without trusting a single length in it.

DICOM PS3.5 section 7. Written here, and not left to a general reader, because the gate must
see every limit before memory is spent, must never guess at a damaged header, and reads a few
dozen values from thousands of files. Nothing is interpreted: values stay bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

from planner.imaging.limits import MAX_ELEMENTS, MAX_NESTING, MAX_VALUE_BYTES

PIXEL_DATA = 0x7FE00010
FLOAT_PIXEL_DATA = (0x7FE00008, 0x7FE00009)
UNDEFINED_LENGTH = 0xFFFFFFFF

_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())


class DamagedFileError(Exception):
    """The bytes do not form a DICOM data set; the text says why, without any of its values."""


class BeyondWindowError(Exception):
    """The bytes at hand end before the walk does; more of the file is needed."""


@dataclass(slots=True)
class DataSet:
    """Elements of one data set or item.

    Attributes
    ----------
    values
        Raw bytes by tag (group * 65536 + element).
    sequences
        Items by tag, only of the sequences that were asked for.
    little
        Byte order of binary values.
    pixel_offset, pixel_length
        Where Pixel Data lies in the file; length ``UNDEFINED_LENGTH`` when encapsulated and
        offset -1 when there is none.
    """

    little: bool = True
    values: dict[int, bytes] = field(default_factory=dict)
    sequences: dict[int, list[DataSet]] = field(default_factory=dict)
    pixel_offset: int = -1
    pixel_length: int = 0


class ElementWalk:
    """One walk over one buffer.

    Parameters
    ----------
    buffer
        The first bytes of the file (all of them, or a window).
    total
        Length of the whole file; an element may not claim more.
    explicit, little
        The transfer syntax.
    wanted_sequences
        Tags whose items are kept, at any depth.
    """

    def __init__(
        self,
        buffer: bytes,
        *,
        total: int,
        explicit: bool,
        little: bool,
        wanted_sequences: frozenset[int] = frozenset(),
    ) -> None:
        self._buffer = buffer
        self._total = total
        self._explicit = explicit
        self._little = little
        self._wanted = wanted_sequences
        order = "<" if little else ">"
        self._pair = Struct(order + "HH").unpack_from
        self._short = Struct(order + "H").unpack_from
        self._long = Struct(order + "I").unpack_from
        self._count = 0

    def data_set(self, start: int) -> DataSet:
        """Read the top-level elements from ``start`` up to Pixel Data or the end of the file."""
        found = DataSet(little=self._little)
        at, last_tag = start, -1
        while at < self._total:
            tag, vr, length, at = self._element_head(at)
            if tag <= last_tag:
                raise DamagedFileError("its elements are out of order or repeated")
            last_tag = tag
            if tag == PIXEL_DATA or tag in FLOAT_PIXEL_DATA:
                if tag == PIXEL_DATA:
                    found.pixel_offset, found.pixel_length = at, length
                return found
            at = self._value(found, tag, vr, length, at, depth=0)
        return found

    def _need(self, end: int) -> None:
        if end > len(self._buffer):
            if end > self._total:
                raise DamagedFileError("an element is longer than the file")
            raise BeyondWindowError

    def _element_head(self, at: int) -> tuple[int, bytes, int, int]:
        """Return tag, VR (empty when implicit), length and the value's offset."""
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise DamagedFileError("it holds more elements than any image has")
        self._need(at + 8)
        group, element = self._pair(self._buffer, at)
        tag = group << 16 | element
        if group == 0xFFFE or not self._explicit:
            return tag, b"", self._long(self._buffer, at + 4)[0], at + 8
        vr = self._buffer[at + 4 : at + 6]
        if vr in _SHORT_VRS:
            return tag, vr, self._short(self._buffer, at + 6)[0], at + 8
        if vr not in _LONG_VRS:
            raise DamagedFileError("it holds an element of an unknown kind")
        self._need(at + 12)
        return tag, vr, self._long(self._buffer, at + 8)[0], at + 12

    def _value(
        self, found: DataSet, tag: int, vr: bytes, length: int, at: int, *, depth: int
    ) -> int:
        """Keep or step over one value; return the offset after it."""
        if tag >> 16 == 0xFFFE:
            raise DamagedFileError("a sequence mark stands where an element should")
        if length == UNDEFINED_LENGTH:
            return self._sequence(found, tag, at, None, depth + 1, as_implicit=vr == b"UN")
        end = at + length
        if end > self._total:
            raise DamagedFileError("an element is longer than the file")
        if vr == b"SQ" or (vr in (b"", b"UN") and length >= 8 and self._starts_item(at)):
            return self._sequence(found, tag, at, end, depth + 1, as_implicit=vr == b"UN")
        self._need(end)
        if length <= MAX_VALUE_BYTES:
            found.values[tag] = self._buffer[at:end]
        return end

    def _starts_item(self, at: int) -> bool:
        self._need(at + 8)
        group, element = self._pair(self._buffer, at)
        return bool((group << 16 | element) == _ITEM)

    def _sequence(
        self,
        found: DataSet,
        tag: int,
        at: int,
        end: int | None,
        depth: int,
        *,
        as_implicit: bool,
    ) -> int:
        """Walk the items of a sequence; return the offset after it.

        A sequence of kind UN is implicit VR inside (PS3.5 section 6.2.2 note 2).
        """
        if depth > MAX_NESTING:
            raise DamagedFileError(f"its sequences are nested more than {MAX_NESTING} deep")
        explicit_outside = self._explicit
        self._explicit = explicit_outside and not as_implicit
        items: list[DataSet] = []
        while end is None or at < end:
            item_tag, _, length, at = self._element_head(at)
            if item_tag == _SEQUENCE_END and end is None:
                break
            if item_tag != _ITEM:
                raise DamagedFileError("a sequence holds something other than items")
            item = DataSet(little=self._little)
            at = self._item(item, at, length, end, depth)
            if tag in self._wanted:
                items.append(item)
        self._explicit = explicit_outside
        if tag in self._wanted:
            found.sequences[tag] = items
        return at

    def _item(
        self, item: DataSet, at: int, length: int, sequence_end: int | None, depth: int
    ) -> int:
        """Walk one item; return the offset after it."""
        end = None if length == UNDEFINED_LENGTH else at + length
        limit = self._total if sequence_end is None else sequence_end
        if end is not None and end > limit:
            raise DamagedFileError("an item is longer than its sequence")
        while end is None or at < end:
            tag, vr, value_length, at = self._element_head(at)
            if tag == _ITEM_END and end is None:
                return at
            at = self._value(item, tag, vr, value_length, at, depth=depth)
            if end is not None and at > end:
                raise DamagedFileError("an element is longer than its item")
        return at

    def meta(self, start: int) -> tuple[DataSet, int]:
        """Read the elements of group 0002; return them and the offset after them."""
        found = DataSet()
        at = start
        while at + 2 <= self._total:
            self._need(at + 2)
            if self._buffer[at : at + 2] != b"\x02\x00":
                break
            tag, vr, length, at = self._element_head(at)
            at = self._value(found, tag, vr, length, at, depth=0)
        return found, at


def file_meta(buffer: bytes, start: int, total: int) -> tuple[DataSet, int]:
    """Read file meta information (PS3.10 section 7.1), always explicit little endian."""
    return ElementWalk(buffer, total=total, explicit=True, little=True).meta(start)
