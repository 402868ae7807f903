"""The outlined parts a person may choose the tissue of, and what a choice says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level, Side, foramen_label
from planner.domain.structures import CANAL, foramen
from planner.domain.tissue_choice import DISCS, LESION, Ball, OutlinedPart

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.tissue_choice import TissueChoice

    Mask = NDArray[np.bool_]
    Labels = NDArray[np.uint8]


def mask_of(
    part: OutlinedPart,
    anatomy: Anatomy,
    on_places: Callable[[Mask], Mask],
    numbers: Callable[[Labels], Labels],
) -> Mask | None:
    """Return where a part lies; ``None`` where nothing of that name is outlined.

    Parameters
    ----------
    on_places, numbers
        What an outline, or numbers, of the anatomy's grid are at the places asked for.
    """
    name = part.name
    if name == LESION:
        return None if anatomy.lesion is None else on_places(anatomy.lesion)
    if name == DISCS:
        return np.asarray(numbers(anatomy.discs) > 0)
    if name == CANAL:
        return on_places(anatomy.canal)
    if name in anatomy.masks:
        return on_places(anatomy.masks[name])
    if name in tuple(Level):
        return np.asarray(numbers(anatomy.labels) == Level(name).verse_label)
    kind, _, place = name.partition(":")
    if kind != "foramen":
        return None
    level, _, side = place.partition(":")
    return np.asarray(numbers(anatomy.foramina) == foramen_label(Level(level), Side(side)))


def parts_outlined(anatomy: Anatomy, levels: Collection[Level]) -> tuple[OutlinedPart, ...]:
    """Return every part tissue may be chosen for: the lesion and ``levels`` first."""
    found = [] if anatomy.lesion is None else [LESION]
    found += [level.value for level in Level if level in levels and level in anatomy.vertebrae]
    found += [DISCS] if anatomy.discs.any() else []
    found += [CANAL] if anatomy.canal.any() else []
    found += sorted(anatomy.masks)
    known = set(np.unique(anatomy.foramina).tolist())
    found += [
        foramen(level, side)
        for level in Level
        for side in Side
        if level in levels and foramen_label(level, side) in known
    ]
    return tuple(OutlinedPart(name=name) for name in found)


def is_outlined(part: OutlinedPart, anatomy: Anatomy) -> bool:
    """Tell whether a part holds anything."""
    mask = mask_of(part, anatomy, lambda mask: mask, lambda labels: labels)
    return mask is not None and bool(mask.any())


def choice_words(choice: TissueChoice, anatomy: Anatomy | None) -> str:
    """Say a choice, and where its part is not outlined that it changes nothing."""
    part = choice.part
    if anatomy is None or isinstance(part, Ball) or is_outlined(part, anatomy):
        return choice.words
    return f"{choice.words}: NOT OUTLINED, so nothing is changed"
