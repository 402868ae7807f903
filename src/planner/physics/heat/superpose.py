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
from planner.physics.heat.dose import (
    HIGHEST_OFFSET,
    LOWEST_OFFSET,
    REFERENCE_CELSIUS,
    power_of_two,
)
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

NOT_WORTH_K: Final = 0.1
"""Where all needles but the nearest change less than this, they are not added to it."""

_COUNTS_FROM: Final = np.float32(40.0)
"""A sum that stays below adds no dose worth telling: a minute counts less than a second."""

_LOG_TWO: Final = np.float32(np.log(2.0))
_BODY: Final = np.float32(ARTERIAL_CELSIUS)
_PER_STEP: Final = np.float32(1.0 / STEP_MM)
_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)


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
    return all_together(points_mm, [needles], times_s, is_cold=is_cold)[0]


def all_together(
    points_mm: Vector,
    ends: Sequence[Sequence[NeedleField]],
    times_s: NDArray[np.float64],
    *,
    is_cold: bool,
) -> tuple[Together, ...]:
    """Return what needles do at points, for every end of what is not known of them.

    Parameters
    ----------
    ends
        The same needles at each end, on the same tables: a point is looked up only once.
    """
    count, sign = len(points_mm), -1.0 if is_cold else 1.0
    body = np.float32(sign * ARTERIAL_CELSIUS)
    worst = np.empty((2 * len(ends), count), dtype=np.float32)
    worst[0::2] = body
    worst[1::2] = np.log10(SMALLEST_DOSE_MIN)
    change = np.zeros((2, count), dtype=np.float32)
    for one in zip(*ends, strict=True):
        tables = [table for end in one for table in (sign * end.extreme, end.dose_level)]
        table = np.stack(tables, axis=-1, dtype=np.float32)
        _read(points_mm, _place_of(one[0]), table, body, worst, change)
    extremes = [np.float32(sign) * line for line in worst[0::2]]
    doses = [np.power(np.float32(10.0), line) for line in worst[1::2]]
    if len(ends[0]) > 1:
        where = np.flatnonzero(change[0] - change[1] > NOT_WORTH_K)
        total = np.zeros((len(where), len(ends) * len(times_s)), dtype=np.float32)
        for one in zip(*ends, strict=True):
            rise = np.ascontiguousarray(np.concatenate([end.rise for end in one], axis=-1))
            _add(points_mm, where, _place_of(one[0]), rise, total)
        for end, (extreme, dose) in enumerate(zip(extremes, doses, strict=True)):
            part = total[:, end * len(times_s) : (end + 1) * len(times_s)]
            if is_cold:
                content = part.min(axis=1) + np.float32(ARTERIAL_CELSIUS)
                extreme[where] = np.minimum(extreme[where], frozen_celsius(content))
            else:
                _gather(np.ascontiguousarray(part), times_s, where, extreme, dose)
                np.minimum(extreme, np.float32(SUPERHEATED_CELSIUS), out=extreme)
    return tuple(
        Together(extreme_celsius=extreme, cem43_min=dose)
        for extreme, dose in zip(extremes, doses, strict=True)
    )


class _Place(NamedTuple):
    """Where the tables of a needle lie."""

    tip_mm: Vector
    backward: Field
    first_mm: np.float32


def _place_of(needle: NeedleField) -> _Place:
    return _Place(needle.tip_mm, needle.backward.astype(np.float32), np.float32(needle.first_mm))


@kernel
def _row_and_column(points_mm: Vector, n: int, at: _Place) -> tuple[np.float32, np.float32]:
    """Return the row and the column of a point in the tables of a needle."""
    x = np.float32(points_mm[n, 0] - at.tip_mm[0])
    y = np.float32(points_mm[n, 1] - at.tip_mm[1])
    z = np.float32(points_mm[n, 2] - at.tip_mm[2])
    along = x * at.backward[0] + y * at.backward[1] + z * at.backward[2]
    across = np.sqrt(max(x * x + y * y + z * z - along * along, _ZERO))
    return (along - at.first_mm) * _PER_STEP, across * _PER_STEP


@kernel
def _read(
    points_mm: Vector, at: _Place, table: Field, body: np.float32, worst: Field, change: Field
) -> None:
    """Take the worst of what is there and what one needle does by itself.

    Parameters
    ----------
    table
        ``[s, r, channel]``: of each end what is extreme, with a sign that makes more the worse,
        and the dose.
    body
        What is extreme where the needle does nothing.
    worst
        ``[channel, n]``; changed in place.
    change
        Sum and largest of the needles' changes of temperature, ``[2, n]``; changed in place.
    """
    rows, columns, channels = table.shape
    for n in range(len(points_mm)):
        row, column = _row_and_column(points_mm, n, at)
        if not (_ZERO <= row < rows - 1 and column < columns - 1):
            continue
        s, r = int(row), int(column)
        u, v = row - np.float32(s), column - np.float32(r)
        a, b = (_ONE - u) * (_ONE - v), (_ONE - u) * v
        c, d = u * (_ONE - v), u * v
        most = _ZERO
        for n_th in range(channels):
            value = (
                a * table[s, r, n_th]
                + b * table[s, r + 1, n_th]
                + c * table[s + 1, r, n_th]
                + d * table[s + 1, r + 1, n_th]
            )
            worst[n_th, n] = max(worst[n_th, n], value)
            if n_th % 2 == 0:
                most = max(most, value - body)
        change[0, n] += most
        change[1, n] = max(change[1, n], most)


@kernel
def _add(
    points_mm: Vector, where: NDArray[np.int64], at: _Place, rise: Field, total: Field
) -> None:
    """Add the rise of one needle at every time, at some of the points."""
    rows, columns, times = rise.shape
    for m in range(len(where)):
        row, column = _row_and_column(points_mm, where[m], at)
        if not (_ZERO <= row < rows - 1 and column < columns - 1):
            continue
        s, r = int(row), int(column)
        u, v = row - np.float32(s), column - np.float32(r)
        a, b = (_ONE - u) * (_ONE - v), (_ONE - u) * v
        c, d = u * (_ONE - v), u * v
        for t in range(times):
            total[m, t] += (
                a * rise[s, r, t]
                + b * rise[s, r + 1, t]
                + c * rise[s + 1, r, t]
                + d * rise[s + 1, r + 1, t]
            )


@kernel
def _doublings(celsius: np.float32) -> np.float32:
    """Return the logarithm to base two of the dose rate."""
    off = min(max(celsius - REFERENCE_CELSIUS, LOWEST_OFFSET), HIGHEST_OFFSET)
    return off if off > _ZERO else off + off


@kernel
def _gather(
    total: Field,
    times_s: NDArray[np.float64],
    where: NDArray[np.int64],
    extreme: Field,
    dose: Field,
) -> None:
    """Take the peak and the dose of summed rises where they exceed what is there.

    Between two times the temperature runs straight, so the dose is the mean of an exponential.
    """
    for m in range(total.shape[0]):
        n = where[m]
        highest = total[m, 0]
        for t in range(1, total.shape[1]):
            highest = max(highest, total[m, t])
        extreme[n] = max(extreme[n], _BODY + highest)
        if _BODY + highest < _COUNTS_FROM:
            continue
        minutes = _ZERO
        before, begun_s = _doublings(_BODY), 0.0
        rate_before = power_of_two(before)
        for t in range(total.shape[1]):
            after = _doublings(_BODY + total[m, t])
            rate = power_of_two(after)
            mean = np.float32(0.5) * (rate + rate_before)
            if abs(after - before) > np.float32(1e-2):
                mean = (rate - rate_before) / (_LOG_TWO * (after - before))
            minutes += np.float32((times_s[t] - begun_s) / 60.0) * mean
            before, rate_before, begun_s = after, rate, times_s[t]
        dose[n] = max(dose[n], minutes)
