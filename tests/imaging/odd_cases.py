"""Every odd series, with the verdict and the exact codes the gate must give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.volume import GateVerdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOAD, WARN, REFUSE = GateVerdict.LOAD, GateVerdict.WARN, GateVerdict.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One odd input.

    Attributes
    ----------
    codes
        Exactly the codes of all findings.
    build
        Writes it into a folder; returns another path to open, if not the folder.
    exact_voxels
        Whether every voxel must be the patient's when it loads.
    slices
        How many slices it loads as.
    series_uid
        What the user picks, where a pick is needed.
    """

    name: str
    verdict: GateVerdict
    codes: frozenset[str]
    build: Callable[[Path], Path | None]
    exact_voxels: bool = True
    landmarks: bool = True
    slices: int = 26
    series_uid: str | None = None


CASES: list[Case] = []


def case(name: str, verdict: GateVerdict, *codes: str, **more: object) -> Callable[..., object]:
    """Register a builder under a name with its verdict and codes."""

    def register(build: Callable[[Path], Path | None]) -> Callable[[Path], Path | None]:
        add(name, verdict, build, *codes, **more)
        return build

    return register


def add(
    name: str,
    verdict: GateVerdict,
    build: Callable[[Path], Path | None],
    *codes: str,
    **more: object,
) -> None:
    full = frozenset("DCM-" + code for code in codes)
    CASES.append(Case(name=name, verdict=verdict, codes=full, build=build, **more))  # type: ignore[arg-type]
