"""Small digital spines that tests of every room share; each is made once per run.

Made on a field of 180 mm about the spine, down to the skin of the back, 1 mm voxels.
"""

from __future__ import annotations

from functools import lru_cache

from planner.domain.levels import Level, Side
from planner.phantom.make import Phantom, make_phantom
from planner.phantom.recipe import (
    FieldOfView,
    Kernel,
    Lesion,
    Matter,
    Place,
    PlacedNeedle,
    Position,
    Recipe,
)


def small(**changes: object) -> Recipe:
    """Return the recipe of a small case, with changes."""
    usual = {"seed": 3, "levels": (Level.L2, Level.L4), "field_of_view": FieldOfView.SPINE}
    return Recipe(**(usual | changes))  # type: ignore[arg-type]  # Recipe checks its fields


@lru_cache(maxsize=1)
def healthy_l3() -> Phantom:
    """L2-L4 with nothing wrong."""
    return make_phantom(small())


@lru_cache(maxsize=1)
def easy_l3() -> Phantom:
    """L2-L4, a lytic lesion of 7 mm in the front of L3, the posterior wall whole."""
    lesion = Lesion(level=Level.L3, kind=Matter.LYTIC, r_mm=7.0, place=Place.ANTERIOR)
    return make_phantom(small(lesions=(lesion,)))


@lru_cache(maxsize=1)
def broken_wall_l3() -> Phantom:
    """L2-L4, a lytic lesion of 9 mm that has broken the posterior wall of L3."""
    lesion = Lesion(
        level=Level.L3, kind=Matter.LYTIC, r_mm=9.0, place=Place.POSTERIOR, breach=True
    )
    return make_phantom(small(lesions=(lesion,)))


@lru_cache(maxsize=1)
def feet_first_prone_l3() -> Phantom:
    """The easy case lying on the front, feet first: every picture axis runs the other way."""
    lesion = Lesion(level=Level.L3, kind=Matter.LYTIC, r_mm=7.0, place=Place.ANTERIOR)
    return make_phantom(small(lesions=(lesion,), position=Position.FFP))


@lru_cache(maxsize=1)
def thoracic_t7() -> Phantom:
    """T6-T8 with nothing wrong."""
    return make_phantom(small(levels=(Level.T6, Level.T8)))


@lru_cache(maxsize=1)
def second_scan_l3() -> Phantom:
    """L2-L4 again: lying otherwise, prone, a sharper kernel, other voxels, a needle."""
    return make_phantom(
        small(
            posture_seed=1,
            position=Position.HFP,
            kernel=Kernel.BONE,
            spacing_mm=(0.9, 0.9, 1.25),
            noise_hu=30.0,
            needle=PlacedNeedle(level=Level.L3, side=Side.LEFT),
        )
    )
