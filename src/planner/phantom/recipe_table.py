"""A recipe as a TOML table, as the sample cases write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps
from planner.phantom.recipe import (
    Contrast,
    FieldOfView,
    Fracture,
    FractureKind,
    Kernel,
    LaidCement,
    LaidNeedle,
    Leak,
    OldCement,
    PlacedNeedle,
    Position,
    Recipe,
    parse_lesion,
    parse_levels,
)
from planner.phantom.variants import Wear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLAIN = (
    "seed",
    "slice_thickness_mm",
    "noise_hu",
    "tilt_deg",
    "age",
    "scoliosis_deg",
    "rotation_deg",
    "osteoporosis",
    "lumbar_count",
    "sacralised",
    "highest_hu",
    "posture_seed",
)


def recipe_from_table(table: Mapping[str, object]) -> Recipe:
    """Read a recipe.

    Besides numbers: ``levels = "T10-L5"``, ``lesions = ["L3:lytic:r=9"]``,
    ``fractures = ["T12:wedge:0.35"]``, ``cement = ["L4:4.0:disc,vein"]``, ``screws = ["L2"]``,
    ``needle = "L3:left"``, ``needles = ["0,90,0:0,-5,0:2.4:45"]`` (back end, tip, mm, bevel),
    ``laid_cement = ["0,0,0:0,9,0:3"]`` (both ends, radius),
    ``wear = ["L4:0.5:osteophytes=4,vacuum,facets,schmorl=5"]``,
    ``position``, ``contrast``, ``kernel``, ``field_of_view``, ``spacing_mm`` and ``matrix``.

    Raises
    ------
    UsageError
        When a key is not known or a value cannot be read.
    """
    values: dict[str, object] = {}
    for key, value in table.items():
        if key in _PLAIN:
            values[key] = value
        elif key in _READERS:
            try:
                values[key] = _READERS[key](value)
            except (ValueError, TypeError) as error:
                raise UsageError(f"'{key}' of a recipe cannot be read: {error}") from error
        else:
            raise UsageError(f"'{key}' is not part of a recipe")
    return Recipe(**values)  # type: ignore[arg-type]  # Recipe checks its own fields


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts is wanted")
    return value


def _fracture(text: str) -> Fracture:
    level, kind, loss = text.split(":")
    return Fracture(level=Level(level.upper()), kind=FractureKind(kind), loss=float(loss))


def _cement(text: str) -> OldCement:
    level, volume, *rest = text.split(":")
    leaks = tuple(Leak(name) for part in rest for name in part.split(","))
    return OldCement(level=Level(level.upper()), volume_ml=float(volume), leaks=leaks)


def _wear(text: str) -> Wear:
    """Read the disc below a level, its loss of height, and what else is worn there."""
    level, loss, *rest = text.split(":")
    found = dict(word.partition("=")[::2] for part in rest for word in part.split(",") if word)
    if unknown := sorted(set(found) - {"osteophytes", "vacuum", "facets", "schmorl"}):
        raise ValueError(f"'{unknown[0]}' is not a kind of wear")
    return Wear(
        level=Level(level.upper()),
        disc_loss=float(loss),
        osteophyte_mm=float(found.get("osteophytes", 0.0)),
        vacuum="vacuum" in found,
        facets="facets" in found,
        schmorl_mm=float(found.get("schmorl", 0.0)),
    )


def _needle(value: object) -> PlacedNeedle:
    level, side = str(value).split(":")
    return PlacedNeedle(level=Level(level.upper()), side=Side(side))


def _place(text: str) -> PointLps:
    return PointLps.of(_numbers([float(part) for part in text.split(",")], 3))


def _laid_needle(text: str) -> LaidNeedle:
    """Read back end, tip, thickness and bevel."""
    back, tip, thick, bevel = text.split(":")
    return LaidNeedle(
        back=_place(back), tip=_place(tip), outer_diameter_mm=float(thick), bevel_deg=float(bevel)
    )


def _laid_cement(text: str) -> LaidCement:
    """Read both ends and the radius."""
    start, end, radius = text.split(":")
    return LaidCement(start=_place(start), end=_place(end), radius_mm=float(radius))


def _numbers(value: object, count: int) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"a list of {count} numbers is wanted")
    return tuple(float(item) for item in value)


_READERS: Mapping[str, Callable[[object], object]] = {
    "levels": lambda value: parse_levels(str(value)),
    "lesions": lambda value: tuple(parse_lesion(text) for text in _texts(value)),
    "fractures": lambda value: tuple(_fracture(text) for text in _texts(value)),
    "cement": lambda value: tuple(_cement(text) for text in _texts(value)),
    "screws": lambda value: tuple(Level(text.upper()) for text in _texts(value)),
    "wear": lambda value: tuple(_wear(text) for text in _texts(value)),
    "needle": _needle,
    "needles": lambda value: tuple(_laid_needle(text) for text in _texts(value)),
    "laid_cement": lambda value: tuple(_laid_cement(text) for text in _texts(value)),
    "position": lambda value: Position(str(value)),
    "kernel": lambda value: Kernel(str(value)),
    "contrast": lambda value: Contrast(str(value)),
    "field_of_view": lambda value: FieldOfView(str(value)),
    "spacing_mm": lambda value: _numbers(value, 3),
    "matrix": lambda value: tuple(int(count) for count in _numbers(value, 2)),
}
