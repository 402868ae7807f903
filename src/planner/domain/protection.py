"""A layer that is put between heat or cold and a nerve: gas, dextrose in water, or saline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NewType

from planner.geometry.ellipsoid import Spheroid

if TYPE_CHECKING:
    from planner.geometry.points import PointLps

LayerId = NewType("LayerId", str)

THINNEST_MM, THICKEST_MM = 1.0, 30.0
NARROWEST_MM, WIDEST_MM = 4.0, 80.0
"""Outside of these a layer is a slip of the hand."""

UNIT_TOLERANCE = 1e-6


class Agent(StrEnum):
    """What a protecting layer is made of."""

    CO2 = "CO2"
    DEXTROSE = "D5W"
    SALINE = "saline"

    @property
    def is_gas(self) -> bool:
        """Whether it rises; a fluid falls."""
        return self is Agent.CO2

    @property
    def conducts(self) -> bool:
        """Whether it carries current, so that it must not be used with radiofrequency."""
        return self is Agent.SALINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionLayer:
    """A planned layer, thickest in its middle.

    The scan shows the tissue as it lay without the layer, so nothing is pushed aside: tissue
    within the layer counts as layer.

    Attributes
    ----------
    across
        Unit vector through the layer, from the heat to what is protected, LPS.
    thickness_mm, width_mm
        In the middle along ``across``, and at right angles to it.
    """

    id: LayerId
    agent: Agent
    centre: PointLps
    across: tuple[float, float, float]
    thickness_mm: float
    width_mm: float

    def __post_init__(self) -> None:
        if abs(sqrt(sum(value**2 for value in self.across)) - 1.0) > UNIT_TOLERANCE:
            raise ValueError("the direction through a layer must be a unit vector")
        if not (isfinite(self.thickness_mm) and THINNEST_MM <= self.thickness_mm <= THICKEST_MM):
            raise ValueError(
                f"A layer is {THINNEST_MM:g} to {THICKEST_MM:g} mm thick, "
                f"not {self.thickness_mm:g} mm."
            )
        if not (isfinite(self.width_mm) and NARROWEST_MM <= self.width_mm <= WIDEST_MM):
            raise ValueError(
                f"A layer is {NARROWEST_MM:g} to {WIDEST_MM:g} mm wide, not {self.width_mm:g} mm."
            )

    @property
    def shape(self) -> Spheroid:
        """The lens it fills."""
        return Spheroid(
            centre=self.centre,
            axis=self.across,
            half_length_mm=self.thickness_mm / 2.0,
            half_width_mm=self.width_mm / 2.0,
        )

    @property
    def words(self) -> str:
        """Such as ``CO2, 5 mm thick and 20 mm wide``."""
        return f"{self.agent}, {self.thickness_mm:g} mm thick and {self.width_mm:g} mm wide"
