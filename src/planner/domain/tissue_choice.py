"""What a person says a part of the patient is made of, against what HU and outlines say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Final, NewType

from planner.domain.levels import Level
from planner.domain.structures import in_words, is_structure

if TYPE_CHECKING:
    from planner.geometry.points import PointLps

TissueChoiceId = NewType("TissueChoiceId", str)

SMALLEST_MM, LARGEST_MM = 1.0, 40.0
"""Radius of a ball; outside of these it is a slip of the hand."""

LESION: Final = "lesion"
DISCS: Final = "discs"


class TissueKind(StrEnum):
    """The classes of tissue of the heat model, as a plan writes them."""

    SOFT = "soft"
    CORTICAL = "cortical"
    CANCELLOUS = "cancellous"
    LYTIC = "lytic"
    BLASTIC = "blastic"
    CSF = "csf"
    EPIDURAL_FAT = "epidural-fat"
    DISC = "disc"
    CORD = "cord"
    NERVE = "nerve"
    FAT = "fat"
    VESSEL = "vessel"
    GAS = "gas"
    CEMENT = "cement"
    WATER = "water"

    @property
    def words(self) -> str:
        """As a sentence has it."""
        return _WORDS[self]


_WORDS: Final = {
    TissueKind.SOFT: "soft tissue",
    TissueKind.CORTICAL: "cortical bone",
    TissueKind.CANCELLOUS: "cancellous bone",
    TissueKind.LYTIC: "lytic tumour",
    TissueKind.BLASTIC: "blastic tumour",
    TissueKind.CSF: "cerebrospinal fluid",
    TissueKind.EPIDURAL_FAT: "epidural fat",
    TissueKind.DISC: "disc",
    TissueKind.CORD: "spinal cord",
    TissueKind.NERVE: "nerve",
    TissueKind.FAT: "fat",
    TissueKind.VESSEL: "vessel",
    TissueKind.GAS: "gas",
    TissueKind.CEMENT: "bone cement",
    TissueKind.WATER: "water",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlinedPart:
    """All of an outline: ``lesion``, ``discs``, a level for its vertebra, or a structure."""

    name: str

    def __post_init__(self) -> None:
        known = self.name in (LESION, DISCS, *Level) or is_structure(self.name)
        if not known:
            raise ValueError(f"there is no part '{self.name}' of a patient")

    @property
    def words(self) -> str:
        """Such as ``L3`` or ``the lesion``."""
        return self.name if self.name in tuple(Level) else f"the {in_words(self.name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """All that is nearer to a point than a radius."""

    centre: PointLps
    radius_mm: float

    def __post_init__(self) -> None:
        if not (isfinite(self.radius_mm) and SMALLEST_MM <= self.radius_mm <= LARGEST_MM):
            raise ValueError(
                f"A ball of tissue has a radius of {SMALLEST_MM:g} to {LARGEST_MM:g} mm, "
                f"not {self.radius_mm:g} mm."
            )

    @property
    def words(self) -> str:
        """Such as ``the ball of 8 mm about 12.0, -30.0, 410.0 (LPS mm)``."""
        where = ", ".join(f"{value:.1f}" for value in self.centre.array)
        return f"the ball of {self.radius_mm:g} mm about {where} (LPS mm)"


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueChoice:
    """A part that counts as another class of tissue than HU and outlines make of it.

    Attributes
    ----------
    becomes
        What it counts as.
    only
        Only what counted as this before the choice; ``None`` for the whole part.
    """

    id: TissueChoiceId
    part: OutlinedPart | Ball
    becomes: TissueKind
    only: TissueKind | None = None

    def __post_init__(self) -> None:
        if self.only is self.becomes:
            raise ValueError(f"{self.becomes.words} as {self.becomes.words} changes nothing")

    @property
    def words(self) -> str:
        """Such as ``lytic tumour in L3 counts as cancellous bone``."""
        part = self.part.words if self.only is None else f"{self.only.words} in {self.part.words}"
        return f"{part} counts as {self.becomes.words}"
