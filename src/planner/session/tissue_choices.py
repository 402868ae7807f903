"""What a person chose for parts of the patient, as the tissue map takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.tissue_choice import Ball, TissueKind
from planner.physics.heat.tissue_classes import TissueClass
from planner.physics.heat.tissue_map import ChosenTissue
from planner.planning.tissue_parts import mask_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.tissue_choice import TissueChoice
    from planner.geometry.points import Vector

    Mask = NDArray[np.bool_]
    Labels = NDArray[np.uint8]

CLASS_OF: Final = {kind: TissueClass[kind.name] for kind in TissueKind}


def chosen_at(
    choices: Sequence[TissueChoice],
    anatomy: Anatomy,
    on_places: Callable[[Mask], Mask],
    numbers: Callable[[Labels], Labels],
    points_mm: Callable[[], Vector],
) -> tuple[ChosenTissue, ...]:
    """Return the choices as masks of some places, in their order.

    A part that is not outlined holds nothing.

    Parameters
    ----------
    on_places, numbers
        What an outline, or numbers, of the anatomy's grid are at the places.
    points_mm
        Gives the places, LPS mm, ``(..., 3)`` in the shape of what the others return; asked only
        where a ball needs it.
    """
    found = []
    for choice in choices:
        mask: Mask | None
        if isinstance(choice.part, Ball):
            away = np.linalg.norm(points_mm() - choice.part.centre.array, axis=-1)
            mask = np.asarray(away <= choice.part.radius_mm)
        else:
            mask = mask_of(choice.part, anatomy, on_places, numbers)
        if mask is not None:
            only = None if choice.only is None else CLASS_OF[choice.only]
            found.append(ChosenTissue(mask=mask, becomes=CLASS_OF[choice.becomes], only=only))
    return tuple(found)
