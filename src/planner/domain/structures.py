"""Names of the structures that distances are measured to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from planner.domain.levels import Level, Side

CORD: Final = "cord"
CANAL: Final = "canal"
DURAL_SAC: Final = "dural_sac"
POSTERIOR_WALL: Final = "posterior_wall"
AORTA: Final = "aorta"
VENA_CAVA: Final = "vena_cava"
PLEURA: Final = "pleura"
SKIN: Final = "skin"

_PATTERN = re.compile(
    r"cord|canal|dural_sac|posterior_wall|aorta|vena_cava|pleura|skin"
    r"|(root|foramen):(C[1-7]|T1[0-3]|T[1-9]|L[1-6]|S1):(left|right)"
)


def root(level: Level, side: Side) -> str:
    """Name the nerve root that leaves below the pedicle of ``level``."""
    return f"root:{level}:{side}"


def foramen(upper: Level, side: Side) -> str:
    """Name the foramen below the pedicle of ``upper``."""
    return f"foramen:{upper}:{side}"


def is_structure(name: str) -> bool:
    """Tell whether ``name`` is one of the names this project uses."""
    return _PATTERN.fullmatch(name) is not None
