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

ESTIMATED_SAC: Final = "estimated_dural_sac"
ESTIMATED_CORD: Final = "estimated_cord"
ESTIMATED_CAUDA: Final = "estimated_cauda_equina"
ESTIMATED_ROOT: Final = "estimated_root"
ESTIMATED_GANGLION: Final = "estimated_ganglion"
"""Begin the names of what is estimated of one root, in which its ganglion lies, and of that."""
ESTIMATE_OF: Final = {
    DURAL_SAC: ESTIMATED_SAC,
    CORD: ESTIMATED_CORD,
    "cauda_equina": ESTIMATED_CAUDA,
}
"""What an estimate of the canal's contents is called, by what it estimates. No structure has such
a name, so that what is estimated never passes for what was outlined."""

OTHER_NEEDLE: Final = "other_needle"
"""What one needle is measured to that may run into another."""

BONE_PREFIX: Final = "bone:"

_PLACE = r":(C[1-7]|T1[0-3]|T[1-9]|L[1-6]|S1):(left|right)"
_PATTERN = re.compile(
    r"cord|canal|dural_sac|posterior_wall|aorta|vena_cava|pleura|skin|(root|foramen)" + _PLACE
)
_ESTIMATE = re.compile(r"estimated_(dural_sac|cord|cauda_equina|(root|ganglion)" + _PLACE + r")")


def root(level: Level, side: Side) -> str:
    """Name the nerve root that leaves below the pedicle of ``level``."""
    return f"root:{level}:{side}"


def foramen(upper: Level, side: Side) -> str:
    """Name the foramen below the pedicle of ``upper``."""
    return f"foramen:{upper}:{side}"


def estimated_root(level: Level, side: Side) -> str:
    """Name what is estimated of the root that leaves below the pedicle of ``level``."""
    return f"{ESTIMATED_ROOT}:{level}:{side}"


def estimated_ganglion(level: Level, side: Side) -> str:
    """Name what is estimated of the ganglion of that root."""
    return f"{ESTIMATED_GANGLION}:{level}:{side}"


def bone(level: Level) -> str:
    """Name the surface of a vertebral body with its discs, which no outline of its own has."""
    return f"{BONE_PREFIX}{level}"


def in_words(name: str) -> str:
    """Return a structure's name as a reader says it, such as ``L3 left foramen``."""
    parts = name.split(":")
    if len(parts) == 3:  # kind, level, side
        how, _, kind = parts[0].rpartition("_")
        return f"{how} {parts[1]} {parts[2]} {kind}".lstrip()
    if len(parts) == 2:  # kind, level
        return f"surface of the {parts[1]} {parts[0]}"
    return name.replace("_", " ")


def is_structure(name: str) -> bool:
    """Tell whether ``name`` is one of the names this project uses."""
    return _PATTERN.fullmatch(name) is not None


def is_estimate(name: str) -> bool:
    """Tell whether ``name`` is one of the names of what is estimated and not seen."""
    return _ESTIMATE.fullmatch(name) is not None
