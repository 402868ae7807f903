"""A distance that was measured, and the error of one that could not be."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps


class MissingInputError(Exception):
    """A rule cannot run because something it needs is not there (rule E12).

    Attributes
    ----------
    kind
        Findings of one kind are put together: ``answer``, ``anatomy``, ``prediction``,
        ``catalogue`` or ``scan``.
    """

    def __init__(self, what: str, *, kind: str = "anatomy", structure: str = "") -> None:
        super().__init__(what)
        self.kind = kind
        self.structure = structure


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A distance that two independent ways agree on.

    Attributes
    ----------
    distance_mm
        Signed: zero or less means touching or inside.
    at
        Point of the structure's surface nearest to the object.
    simulated
        True where it is the distance of tissue that a simulation says dies.
    """

    structure: str
    distance_mm: float
    at: PointLps
    simulated: bool = False

    def __post_init__(self) -> None:
        structure: object = self.structure
        if not isinstance(structure, str) or not structure:
            raise TypeError("a distance to no structure")
        if not isfinite(self.distance_mm):
            raise ValueError(f"the distance to {self.structure} is not finite")
