"""Protecting layers and tissue set by hand as words of the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.domain.protection import Agent, LayerId, ProtectionLayer
from planner.domain.tissue_choice import (
    Ball,
    OutlinedPart,
    TissueChoice,
    TissueChoiceId,
    TissueKind,
)
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYER_FORM = "CO2:at=x,y,z:thick=5:wide=20"
TISSUE_FORM = "L3:only=lytic:as=cancellous"
BALL = "ball"
USUAL_THICK_MM, USUAL_WIDE_MM = 5.0, 20.0
"""As the window offers them."""

_Direction: TypeAlias = "tuple[float, float, float]"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLayer:
    """A layer as typed; without ``across`` it lies between the heat and ``centre``."""

    agent: Agent
    centre: PointLps
    thickness_mm: float
    width_mm: float
    across: _Direction | None

    def __post_init__(self) -> None:
        self.between((0.0, 0.0, 1.0), LayerId("typed"))  # refuses a slip before any work

    def between(self, across: _Direction, layer_id: LayerId) -> ProtectionLayer:
        """Return the layer, across a direction unless one was typed."""
        return ProtectionLayer(
            id=layer_id,
            agent=self.agent,
            centre=self.centre,
            across=self.across or across,
            thickness_mm=self.thickness_mm,
            width_mm=self.width_mm,
        )


def layer(text: str) -> WantedLayer:
    """Read ``CO2:at=x,y,z[:thick=5][:wide=20][:across=x,y,z]``."""
    agent, given = _parts(text, {"at", "thick", "wide", "across"}, LAYER_FORM)
    agents = {str(one).lower(): one for one in Agent}
    try:
        if agent.lower() not in agents:
            raise ValueError(f"a layer is of {', '.join(str(one) for one in Agent)}")  # noqa: TRY301 - said with the form below
        across = None
        if "across" in given:
            x, y, z = unit(_point(given["across"]).array)
            across = (float(x), float(y), float(z))
        return WantedLayer(
            agent=agents[agent.lower()],
            centre=_point(_needed(given, "at")),
            thickness_mm=float(given.get("thick", USUAL_THICK_MM)),
            width_mm=float(given.get("wide", USUAL_WIDE_MM)),
            across=across,
        )
    except ValueError as refusal:
        raise _slip(text, LAYER_FORM, refusal) from refusal


def tissue(text: str) -> TissueChoice:
    """Read ``PART[:only=CLASS]:as=CLASS`` or ``ball:at=x,y,z:r=8[:only=CLASS]:as=CLASS``."""
    name, given = _parts(text, {"at", "r", "only", "as"}, TISSUE_FORM)
    try:
        part: OutlinedPart | Ball
        if name == BALL:
            part = Ball(centre=_point(_needed(given, "at")), radius_mm=float(_needed(given, "r")))
        else:
            if misplaced := sorted({"at", "r"} & given.keys()):
                raise ValueError(f"{misplaced[0]}= belongs to a ball")  # noqa: TRY301 - said with the form below
            part = OutlinedPart(name=name.upper() if name[1:].isdigit() else name)
        return TissueChoice(
            id=TissueChoiceId("typed"),
            part=part,
            becomes=_kind(_needed(given, "as")),
            only=_kind(given["only"]) if "only" in given else None,
        )
    except ValueError as refusal:
        raise _slip(text, TISSUE_FORM, refusal) from refusal


def _parts(text: str, known: set[str], form: str) -> tuple[str, Mapping[str, str]]:
    """Return the name at the front, which may hold colons, and the keys with their values."""
    pieces = text.strip().split(":")
    first = next((n for n, piece in enumerate(pieces) if "=" in piece), len(pieces))
    pairs = [piece.partition("=") for piece in pieces[first:]]
    given = {key: value for key, _, value in pairs}
    if first == 0 or len(given) != len(pairs) or not given.keys() <= known:
        raise _slip(text, form, ValueError(f"its keys are {', '.join(sorted(known))}, each once"))
    return ":".join(pieces[:first]), given


def _needed(given: Mapping[str, str], key: str) -> str:
    if key not in given:
        raise ValueError(f"{key}= is missing")
    return given[key]


def _point(text: str) -> PointLps:
    return PointLps.of(float(part) for part in text.split(","))


def _kind(text: str) -> TissueKind:
    if text not in tuple(TissueKind):
        raise ValueError(f"'{text}' is none of {', '.join(TissueKind)}")
    return TissueKind(text)


def _slip(text: str, form: str, why: ValueError) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"'{text}' cannot be read, write it as {form}: {why}")
