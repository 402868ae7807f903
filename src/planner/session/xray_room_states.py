"""The room with two X-ray pictures and nothing else, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from planner.training.blind_needle import BlindNeedle

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from planner.fluoroscopy import XrayView
    from planner.geometry.capsule import Capsule

VIEWS: Final = ("ap", "lateral")
FURTHEST_TURN_DEG: Final = 45.0
TABLE_MM: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """How an arm was turned from straight.

    Attributes
    ----------
    turn_deg
        Towards the patient's left (AP) or back (lateral).
    tilt_deg
        Towards the head.
    """

    turn_deg: float = 0.0
    tilt_deg: float = 0.0

    def __post_init__(self) -> None:
        if not max(abs(self.turn_deg), abs(self.tilt_deg)) <= FURTHEST_TURN_DEG:
            raise ValueError(f"an arm turns {FURTHEST_TURN_DEG:g} degrees and no further")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How far the middle of both pictures went from where the room was entered."""

    left_mm: float = 0.0
    head_mm: float = 0.0
    back_mm: float = 0.0

    def __post_init__(self) -> None:
        if not max(abs(self.left_mm), abs(self.head_mm), abs(self.back_mm)) <= TABLE_MM:
            raise ValueError(f"the table goes {TABLE_MM:g} mm and no further")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """One picture that was taken, with the needle as it lay then.

    Attributes
    ----------
    number, at_s
        Counted over both arms, from 1; seconds since the exercise began.
    grey
        uint8 ``[row, column]``, bone bright, without the needle.
    """

    number: int
    at_s: float
    title: str
    words: str
    view: XrayView
    grey: NDArray[np.uint8]
    needle: Capsule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class XrayRoomState:
    """Everything the room shows.

    Attributes
    ----------
    shown
        The last picture of each arm; an arm that took none is not in it.
    is_busy
        A picture is being taken, or the skin looked for; nothing else can be done.
    """

    needle: BlindNeedle = field(default_factory=BlindNeedle)
    arms: Mapping[str, Arm] = field(default_factory=dict)
    table: Table = Table()
    shown: Mapping[str, Shot] = field(default_factory=dict)
    shots: int = 0
    is_busy: bool = False
