"""Control scans read by the program: needles and cement as they lie, and how far they are off."""

from planner.control.cement import CementMap, cement_map
from planner.control.leaks import FoundCement, FoundLeak, LeakClass, find_cement, next_step
from planner.control.needles import FoundNeedle, FoundNeedles, Refused, find_needles
from planner.control.pairing import Deviation, Paired, Pairing, deviation, pair_needles

__all__ = [
    "CementMap",
    "Deviation",
    "FoundCement",
    "FoundLeak",
    "FoundNeedle",
    "FoundNeedles",
    "LeakClass",
    "Paired",
    "Pairing",
    "Refused",
    "cement_map",
    "deviation",
    "find_cement",
    "find_needles",
    "next_step",
    "pair_needles",
]
