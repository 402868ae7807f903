"""How likely cement leaves a vertebra, from runs whose doubtful inputs differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.domain.cement import LeakChance, LeakForecast, LeakPath
from planner.domain.progress import unreported
from planner.physics.cement.fill import darcy
from planner.physics.cement.leaks import leak_volumes
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.plan import CementId
    from planner.domain.progress import ProgressReport
    from planner.physics.cement.flow_numbers import FlowNumbers
    from planner.physics.cement.medium import CementMedium

SEED = 8
"""The same members for every plan, so that two tips are compared and not two draws."""

BLOCK = 64
"""Edge of the block of noise, a voxel each; a grid beyond it sees it again."""

GRAIN_VOXELS = 2.0
"""Bone keeps its character over this distance."""

COARSE_STEP = (0.8, 20.0)
"""Members take longer steps than the nominal run (Dice 0.99): they differ by far more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """How one run differs from the nominal one."""

    tip_mm: tuple[float, float, float]
    hu_offset: float
    cortex_share: float
    vein_open: bool
    shift: tuple[int, int, int]


def members(numbers: FlowNumbers) -> tuple[Member, ...]:
    """Return the runs, the same at every call."""
    random = np.random.default_rng(SEED)
    table, cortex = numbers.ensemble, numbers.cortex
    count = round(table["members"].value)
    # Vein and cortex are laid out evenly over their range and shuffled, so that few runs cover it.
    even = (np.arange(count) + 0.5) / count
    veins = random.permutation(even) < numbers.vein["open_share"].value
    low, high = cortex["least_share"].value, cortex["greatest_share"].value
    shares = low + (high - low) * random.permutation(even)
    offsets = table["hu_offset"].value * (2.0 * random.permutation(even) - 1.0)
    found = []
    for number in range(count):
        way = random.normal(size=3)
        tip = way / np.linalg.norm(way) * table["tip_mm"].value * random.random() ** (1.0 / 3.0)
        shift = random.integers(0, BLOCK, 3)
        found.append(
            Member(
                tip_mm=(float(tip[0]), float(tip[1]), float(tip[2])),
                hu_offset=float(offsets[number]),
                cortex_share=float(shares[number]),
                vein_open=bool(veins[number]),
                shift=(int(shift[0]), int(shift[1]), int(shift[2])),
            )
        )
    return tuple(found)


def forecast(
    medium: CementMedium,
    outlets: Sequence[Outlet],
    *,
    injection_id: CementId,
    contrast: float = 1.0,
    report: ProgressReport = unreported,
) -> LeakForecast:
    """Return how many runs leak where, and at what volume first.

    ``report`` is called before every run and may raise to stop.
    """
    runs = members(medium.numbers)
    asked_ml = outlets[-1].until_ml
    firsts: dict[LeakPath, list[float]] = {path: [] for path in LeakPath}
    for number, member in enumerate(runs):
        report(number / len(runs), "Estimating where cement may leak")
        case = FlowCase(
            contrast=contrast,
            hu_offset=member.hu_offset,
            cortex_share=member.cortex_share,
            vein_open=member.vein_open,
            spread=_spread(medium, member, contrast),
        )
        moved = [
            Outlet(tip=one.tip.moved(np.array(member.tip_mm)), until_ml=one.until_ml)
            for one in outlets
        ]
        flow = darcy(medium, openness(medium, case), moved, COARSE_STEP)
        for path, ml in leak_volumes(medium, flow.arrival_ml, vein_open=member.vein_open).items():
            firsts[path].append(ml)
    chances = {path: _chance(found, len(runs)) for path, found in firsts.items()}
    return LeakForecast(cement_injection_id=injection_id, asked_ml=asked_ml, chances=chances)


def _chance(found_ml: list[float], runs: int) -> LeakChance:
    every: list[float | None] = [*sorted(found_ml), *[None] * (runs - len(found_ml))]
    return LeakChance(
        leaking=len(found_ml), runs=runs, first_ml=(every[0], every[runs // 2], every[-1])
    )


def _spread(medium: CementMedium, member: Member, contrast: float) -> NDArray[np.float32]:
    """Return the factors on permeability of one run, as a view of the tiled block."""
    sd = contrast * medium.numbers.ensemble["log_permeability_sd"].value
    high, deep, wide = medium.hu.shape
    tiled = _tiled(sd, tuple(-(-size // BLOCK) + 1 for size in (high, deep, wide)))
    k, j, i = member.shift
    return tiled[k : k + high, j : j + deep, i : i + wide]


@lru_cache(maxsize=4)
def _tiled(sd: float, counts: tuple[int, ...]) -> NDArray[np.float32]:
    noise = np.random.default_rng(SEED).standard_normal((BLOCK,) * 3)
    smooth = ndimage.gaussian_filter(noise, GRAIN_VOXELS, mode="wrap")
    return np.tile(np.exp(smooth * (sd / smooth.std())), counts).astype(np.float32)
