"""Control scans read by the program: needles as they lie, and how far they are off."""

from planner.control.needles import FoundNeedle, FoundNeedles, Refused, find_needles
from planner.control.pairing import Deviation, Paired, Pairing, deviation, pair_needles

__all__ = [
    "Deviation",
    "FoundNeedle",
    "FoundNeedles",
    "Paired",
    "Pairing",
    "Refused",
    "deviation",
    "find_needles",
    "pair_needles",
]
