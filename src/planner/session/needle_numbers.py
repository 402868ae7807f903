"""The numbers of a needle that are typed: depth, angles, and where its two ends lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.errors import UsageError
from planner.domain.plan import SHORTEST_TRAJECTORY_MM, Approach
from planner.geometry.points import PointLps, unit
from planner.session.needle_size import size_words, sizes_offered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.devices import Needle
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume


class NeedleNumber(StrEnum):
    """What can be typed; the names of coordinates say which way is positive."""

    DEPTH = "depth"
    INWARD = "inward"
    UPWARD = "upward"
    ENTRY_LEFT = "entry left"
    ENTRY_BACK = "entry back"
    ENTRY_HEAD = "entry head"
    TIP_LEFT = "tip left"
    TIP_BACK = "tip back"
    TIP_HEAD = "tip head"


ENTRY = (NeedleNumber.ENTRY_LEFT, NeedleNumber.ENTRY_BACK, NeedleNumber.ENTRY_HEAD)
TIP = (NeedleNumber.TIP_LEFT, NeedleNumber.TIP_BACK, NeedleNumber.TIP_HEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleNumbers:
    """The numbers of the selected needle.

    Attributes
    ----------
    values
        Millimetres from entry to tip, degrees towards the midline and towards the head, and the
        ends in DICOM LPS mm; always from the two ends, so that nothing adds up.
    approach
        How it is measured and judged.
    size
        Of the bone needle in words; ``sizes`` are those of the catalogue.
    """

    values: dict[NeedleNumber, float]
    locked: bool
    approach: Approach = Approach.TRANSPEDICULAR
    size: str = ""
    sizes: tuple[str, ...] = ()


def numbers_of(needle: Trajectory, catalogue: Iterable[Needle] = ()) -> NeedleNumbers:
    """Return what the fields show; ``catalogue`` is of the bone needles that can be chosen."""
    ends = dict(zip((*ENTRY, *TIP), (*needle.entry.array, *needle.tip.array), strict=True))
    return NeedleNumbers(
        values={
            NeedleNumber.DEPTH: needle.length_mm,
            NeedleNumber.INWARD: needle.towards_midline_deg,
            NeedleNumber.UPWARD: needle.upward_deg,
            **{name: float(value) for name, value in ends.items()},
        },
        locked=needle.locked,
        approach=needle.approach,
        size=size_words(needle.size),
        sizes=sizes_offered(catalogue),
    )


def typed(needle: Trajectory, name: NeedleNumber, value: float, ct: CtVolume) -> Trajectory:
    """Return a needle with one number typed.

    A depth moves the tip along the needle. An angle turns it about its tip and its entry goes to
    the skin on the new line, or as far out as before where the scan does not show skin there. A
    coordinate moves that end alone.

    Raises
    ------
    UsageError
        When that leaves no needle.
    """
    from planner.planning import with_angles, with_depth  # noqa: PLC0415 - loads after the window
    from planner.planning.body_outline import skin_on_line  # noqa: PLC0415 - with it

    if name is NeedleNumber.DEPTH:
        if value < SHORTEST_TRAJECTORY_MM:
            raise UsageError(f"A needle is at least {SHORTEST_TRAJECTORY_MM:g} mm long.")
        return with_depth(needle, value)
    if name in (NeedleNumber.INWARD, NeedleNumber.UPWARD):
        is_inward = name is NeedleNumber.INWARD
        if not is_inward and not abs(value) < 90.0:
            raise UsageError("A needle leans less than 90 degrees towards the head or the feet.")
        turned = with_angles(
            needle,
            towards_midline_deg=value if is_inward else needle.towards_midline_deg,
            upward_deg=needle.upward_deg if is_inward else value,
        )
        outward = unit(turned.entry.array - turned.tip.array)
        return replace(turned, entry=skin_on_line(ct, turned.tip, outward) or turned.entry)
    is_entry = name in ENTRY
    moving, staying = (needle.entry, needle.tip) if is_entry else (needle.tip, needle.entry)
    place = moving.array
    place[(ENTRY if is_entry else TIP).index(name)] = value
    point = PointLps.of(place)
    if point.distance_mm(staying) < SHORTEST_TRAJECTORY_MM:
        raise UsageError("Entry and tip would be at the same place.")
    return replace(needle, entry=point) if is_entry else replace(needle, tip=point)
