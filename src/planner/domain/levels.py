"""Vertebral levels, sides, and their numbers in the VerSe convention."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """A side of the PATIENT. Left is +x in LPS."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def sign(self) -> int:
        """+1 for left and -1 for right: the sign of x in LPS."""
        return 1 if self is Side.LEFT else -1

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Level(StrEnum):
    """A vertebral level, listed from the head down."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    L6 = "L6"
    S1 = "S1"

    @property
    def verse_label(self) -> int:
        """Number in a VerSe label map (T13 is 28, the sacrum 26)."""
        return _VERSE_LABEL[self]

    @property
    def order(self) -> int:
        """Place counted from the head, C1 = 0."""
        return _ORDER[self]

    @property
    def region(self) -> str:
        """``cervical``, ``thoracic``, ``lumbar`` or ``sacral``."""
        return {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}[self.value[0]]

    @classmethod
    def from_verse_label(cls, label: int) -> Level:
        """Return the level of a VerSe number.

        Raises
        ------
        ValueError
            When no level has that number.
        """
        for level, number in _VERSE_LABEL.items():
            if number == label:
                return level
        raise ValueError(f"{label} is not a VerSe vertebra label")


_ORDER = {level: place for place, level in enumerate(Level)}
_VERSE_LABEL = (
    {Level(f"C{n}"): n for n in range(1, 8)}
    | {Level(f"T{n}"): 7 + n for n in range(1, 13)}
    | {Level(f"L{n}"): 19 + n for n in range(1, 7)}
    | {Level.S1: 26, Level.T13: 28}
)

RIGHT_FORAMEN_OFFSET = 100
"""In a foramen label map, left is the VerSe label of the upper vertebra, right adds this."""


def foramen_label(upper: Level, side: Side) -> int:
    """Return the value of one foramen in a label map (L3 left 22, L3 right 122)."""
    return upper.verse_label + (RIGHT_FORAMEN_OFFSET if side is Side.RIGHT else 0)
