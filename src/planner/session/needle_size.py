"""The exact size of a bone needle as it is typed or chosen: gauge, outer diameter, length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from planner.domain.errors import UsageError
from planner.domain.plan import NeedleSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.devices import Needle

AS_ASKED: Final = "As the device asks, any length"
"""The words of no choice."""

EXAMPLE: Final = "13 G, 2.41 × 150 mm"

VENDORS_DIFFER_MM: Final = 0.3
"""Bone needles of one gauge differ by 0.2 mm (recalled); the next gauge is 0.3 mm away."""

_NUMBER = r"\d+(?:[.,]\d+)?"
_TYPED = re.compile(
    rf"(?:(?P<gauge>\d+)\s*(?:g|ga|gauge)\b\s*[,;:·]?\s*)?"
    rf"(?:(?P<one>{_NUMBER})\s*(?:mm)?)?"
    rf"(?:\s*(?:[x×*/]|,\s|;|\s)\s*(?P<other>{_NUMBER})\s*(?:mm)?)?",
    re.IGNORECASE,
)


def size_words(size: NeedleSize | None) -> str:
    """Return what the field shows."""
    return AS_ASKED if size is None else size.words


def sizes_offered(needles: Iterable[Needle]) -> tuple[str, ...]:
    """Return every needle of the catalogue in each of its lengths, the thickest first."""
    found = {
        NeedleSize(
            outer_diameter_mm=needle.outer_diameter_mm.value,
            length_mm=length.value,
            gauge=needle.gauge,
        )
        for needle in needles
        for length in needle.lengths_mm
    }
    ordered = sorted(found, key=lambda size: (-size.outer_diameter_mm, size.length_mm))
    return (AS_ASKED, *(size.words for size in ordered))


def size_typed(words: str, needles: Iterable[Needle]) -> NeedleSize | None:
    """Read a size such as ``13 G, 2.41 × 150 mm``, ``13 G 150`` or ``2.5 × 120 mm``.

    A gauge alone takes the catalogue's diameter. Empty words leave the needle to the device.

    Raises
    ------
    UsageError
        When it is no size of a bone needle; it says why and what to type.
    """
    if words.strip() in ("", AS_ASKED):
        return None
    match = _TYPED.fullmatch(words.strip())
    if match is None:
        raise UsageError(f"'{words.strip()}' is no needle size. Type such as {EXAMPLE}.")
    gauge = None if match["gauge"] is None else int(match["gauge"])
    numbers = [float(found.replace(",", ".")) for found in (match["one"], match["other"]) if found]
    known = {needle.gauge: needle.outer_diameter_mm.value for needle in needles}
    if not numbers:
        raise UsageError(f"How long is the needle? Type such as {EXAMPLE}.")
    if len(numbers) == 1:
        if gauge is None:
            raise UsageError(f"Type the diameter and the length, such as {EXAMPLE}.")
        if gauge not in known:
            raise UsageError(
                f"The catalogue knows no {gauge} G needle: type its outer diameter too, such as "
                f"{gauge} G, 2.8 × 120 mm."
            )
        numbers.insert(0, known[gauge])
    thick_mm, long_mm = numbers
    if gauge in known and abs(thick_mm - known[gauge]) > VENDORS_DIFFER_MM:
        raise UsageError(
            f"A {gauge} G needle is about {known[gauge]:g} mm thick, not {thick_mm:g} mm. Read "
            "the packet again, or leave the gauge out."
        )
    try:
        return NeedleSize(outer_diameter_mm=thick_mm, length_mm=long_mm, gauge=gauge)
    except ValueError as refusal:
        raise UsageError(f"{refusal} Type such as {EXAMPLE}.") from refusal
