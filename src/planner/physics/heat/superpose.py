"""Round needles laid into the patient, and added up where there are several.

Heat flow is linear but for blood that stops and tissue that dries, so the rises of several
needles add. Cold is added as heat content, because ice has to be paid for only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.result import SMALLEST_DOSE_MIN
from planner.physics.heat.sources import SUPERHEATED_CELSIUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.physics.heat.links import Field
    from planner.physics.heat.metal import Triple
    from planner.physics.heat.round_needle import RoundResult

STEP_MM: Final = 0.75
"""Of the even table a needle is read from."""

LATENT_K: Final = 60.0
"""Latent heat as degrees of unfrozen tissue: 58 in cancellous bone, 69 in tumour. Derived."""

MUSHY_FROM_CELSIUS: Final = -1.0
MUSHY_TO_CELSIUS: Final = -8.0
FROZEN_SHARE: Final = 0.6
"""Of the heat capacity that is left in ice. Derived."""

_LOG_TWO: Final = np.float32(np.log(2.0))
_REFERENCE: Final = np.float32(43.0)
_ZERO: Final = np.float32(0.0)


class NeedleField(NamedTuple):
    """One needle's tables on an even grid ``[s, r]``, float32, and where it lies.

    Attributes
    ----------
    tip_mm, backward
        float64 ``(3,)``: patient mm, and a unit vector.
    first_mm
        Place along the needle of the first slice; rings begin at 0.
    extreme, dose_level
        Peak (or lowest) in Celsius, and the decimal logarithm of the dose in minutes.
    rise
        Change from body temperature, or of heat content for cold, at the times that all needles
        share: ``[s, r, t]``.
    """

    tip_mm: Vector
    backward: Vector
    first_mm: float
    extreme: Field
    dose_level: Field
    rise: Field


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """What all needles do at some points; float32 ``(n,)``."""

    extreme_celsius: Field
    cem43_min: Field


def needle_field(result: RoundResult, tip_mm: Triple, backward: Triple) -> NeedleField:
    """Lay a needle into the patient.

    The core of metal counts as the tissue at its side, as a cooled shaft is none that lives.
    """
    rings = result.rings
    s_at = np.arange(rings.s_mm[0], rings.s_mm[-1] + STEP_MM, STEP_MM)
    r_at = np.arange(0.0, rings.r_mm[-1] + STEP_MM, STEP_MM)
    along = _weights(rings.s_centre_mm, s_at)
    across = _weights(rings.r_centre_mm, r_at).T

    def even(cells: NDArray[np.float64]) -> Field:
        filled = cells.copy()
        metal = rings.piece >= 0
        filled[..., metal, 0] = filled[..., metal, 1]
        return np.asarray(along @ filled @ across, dtype=np.float32)

    celsius = heat_content(result.celsius) if result.is_cold else result.celsius
    rise = np.stack([even(one) for one in celsius], axis=-1) - np.float32(ARTERIAL_CELSIUS)
    dose = np.log10(np.maximum(result.cem43_min, SMALLEST_DOSE_MIN))
    return NeedleField(
        np.array(tip_mm, dtype=np.float64),
        np.array(backward, dtype=np.float64) / np.linalg.norm(backward),
        float(s_at[0]),
        even(result.extreme_celsius),
        even(dose),
        np.ascontiguousarray(rise),
    )


def _weights(centres: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that reads values at ``centres`` straight between them; held outside."""
    index = np.clip(np.searchsorted(centres, at) - 1, 0, len(centres) - 2)
    share = np.clip((at - centres[index]) / np.diff(centres)[index], 0.0, 1.0)
    found = np.zeros((len(at), len(centres)))
    rows = np.arange(len(at))
    found[rows, index] = 1.0 - share
    found[rows, index + 1] = share
    return found


def heat_content(celsius: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the heat content of tissue as the temperature of tissue that never freezes."""
    mushy = np.clip(celsius, MUSHY_TO_CELSIUS, MUSHY_FROM_CELSIUS) - MUSHY_FROM_CELSIUS
    frozen = np.minimum(np.asarray(celsius, dtype=np.float64) - MUSHY_TO_CELSIUS, 0.0)
    per_k = LATENT_K / (MUSHY_FROM_CELSIUS - MUSHY_TO_CELSIUS)
    return np.asarray(
        np.maximum(celsius, MUSHY_FROM_CELSIUS) + mushy * per_k + frozen * FROZEN_SHARE
    )


def frozen_celsius(content: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the temperature of tissue with a heat content: the inverse of the above."""
    per_k = LATENT_K / (MUSHY_FROM_CELSIUS - MUSHY_TO_CELSIUS)
    last = MUSHY_FROM_CELSIUS - LATENT_K
    mushy = (
        MUSHY_FROM_CELSIUS
        + (np.clip(content, last, MUSHY_FROM_CELSIUS) - MUSHY_FROM_CELSIUS) / per_k
    )
    frozen = np.minimum(np.asarray(content, dtype=np.float64) - last, 0.0) / FROZEN_SHARE
    return np.where(content >= MUSHY_FROM_CELSIUS, content, mushy + frozen)


def together(
    points_mm: Vector,
    needles: Sequence[NeedleField],
    times_s: NDArray[np.float64],
    *,
    is_cold: bool,
) -> Together:
    """Return what needles do at points, LPS mm, shape ``(n, 3)``."""
    count = len(points_mm)
    extreme = np.full(count, ARTERIAL_CELSIUS, dtype=np.float32)
    level = np.full(count, np.log10(SMALLEST_DOSE_MIN), dtype=np.float32)
    for needle in needles:
        _read(points_mm, needle, extreme, level, is_cold)
    dose = np.power(np.float32(10.0), level)
    if len(needles) > 1:
        total = np.zeros((count, len(times_s)), dtype=np.float32)
        for needle in needles:
            _add(points_mm, needle, total)
        if is_cold:
            content = total.min(axis=1) + np.float32(ARTERIAL_CELSIUS)
            extreme = np.minimum(extreme, frozen_celsius(content).astype(np.float32))
        else:
            _gather(total, times_s, extreme, dose)
            np.minimum(extreme, np.float32(SUPERHEATED_CELSIUS), out=extreme)
    return Together(extreme_celsius=extreme, cem43_min=dose)


@kernel
def _place(points_mm: Vector, n: int, needle: NeedleField) -> tuple[float, float]:
    """Return the row and the column of a point in the tables of a needle."""
    x = points_mm[n, 0] - needle.tip_mm[0]
    y = points_mm[n, 1] - needle.tip_mm[1]
    z = points_mm[n, 2] - needle.tip_mm[2]
    along = x * needle.backward[0] + y * needle.backward[1] + z * needle.backward[2]
    across = np.sqrt(max(x * x + y * y + z * z - along * along, 0.0))
    return (along - needle.first_mm) / STEP_MM, across / STEP_MM


@kernel
def _between(table: Field, row: float, column: float) -> float:
    s, r = int(row), int(column)
    u, v = row - s, column - r
    low = (1.0 - v) * table[s, r] + v * table[s, r + 1]
    high = (1.0 - v) * table[s + 1, r] + v * table[s + 1, r + 1]
    return float((1.0 - u) * low + u * high)


@kernel
def _read(
    points_mm: Vector, needle: NeedleField, extreme: Field, level: Field, is_cold: bool
) -> None:
    """Take the worst of what is there and what one needle does by itself."""
    rows, columns = needle.extreme.shape
    for n in range(len(points_mm)):
        row, column = _place(points_mm, n, needle)
        if not (0.0 <= row < rows - 1 and column < columns - 1):
            continue
        value = np.float32(_between(needle.extreme, row, column))
        if is_cold:
            extreme[n] = min(extreme[n], value)
        else:
            extreme[n] = max(extreme[n], value)
            level[n] = max(level[n], np.float32(_between(needle.dose_level, row, column)))


@kernel
def _add(points_mm: Vector, needle: NeedleField, total: Field) -> None:
    """Add the rise of one needle at every time."""
    rows, columns, times = needle.rise.shape
    for n in range(len(points_mm)):
        row, column = _place(points_mm, n, needle)
        if not (0.0 <= row < rows - 1 and column < columns - 1):
            continue
        s, r = int(row), int(column)
        u, v = np.float32(row - s), np.float32(column - r)
        one = np.float32(1.0)
        a, b = (one - u) * (one - v), (one - u) * v
        c, d = u * (one - v), u * v
        for t in range(times):
            total[n, t] += (
                a * needle.rise[s, r, t]
                + b * needle.rise[s, r + 1, t]
                + c * needle.rise[s + 1, r, t]
                + d * needle.rise[s + 1, r + 1, t]
            )


@kernel
def _rate(celsius: np.float32) -> np.float32:
    """Return equivalent minutes at 43 degrees per minute."""
    off = min(max(celsius - _REFERENCE, np.float32(-8.0)), np.float32(17.0))
    return np.float32(np.exp(_LOG_TWO * (off if off > _ZERO else off + off)))


@kernel
def _gather(total: Field, times_s: NDArray[np.float64], extreme: Field, dose: Field) -> None:
    """Take the peak and the dose of summed rises where they exceed what is there.

    Between two times the temperature runs straight, so the dose is the mean over a logarithm.
    """
    body = np.float32(ARTERIAL_CELSIUS)
    for n in range(total.shape[0]):
        highest = total[n, 0]
        for t in range(1, total.shape[1]):
            highest = max(highest, total[n, t])
        extreme[n] = max(extreme[n], body + highest)
        if body + highest < np.float32(40.0):
            continue
        minutes = _ZERO
        before, begun = _rate(body), 0.0
        for t in range(total.shape[1]):
            after = _rate(body + total[n, t])
            span = np.float32((times_s[t] - begun) / 60.0)
            ratio = after / before
            mean = after
            if abs(ratio - np.float32(1.0)) > np.float32(1e-3):
                mean = (after - before) / np.log(ratio)
            minutes += span * mean
            before, begun = after, times_s[t]
        dose[n] = max(dose[n], minutes)
