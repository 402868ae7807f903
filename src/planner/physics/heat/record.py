"""What is kept of a run: fields of extremes and dose, and the thermocouples over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import ndimage

from planner.domain.limit_times import HEAT_LIMITS, nerve_limits
from planner.geometry.kernels import kernel
from planner.physics.heat.dose import COAGULATED_CEM43_MIN, arrhenius_gain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium

TALLY_S: Final = 5.0
"""Extremes and times are gathered this often, with crossings in between interpolated."""

INSTANT_DEATH_CELSIUS: Final = 60.0
"""Cells die within seconds (Brace 2009, PMC2941203)."""

LETHAL_COLD_CELSIUS: Final = -20.0
"""The warmer of the two thresholds in use, -20 (Papalexis 2023) and -40 (PMC4850244)."""

NEVER_S: Final = 65535
"""In a field of whole seconds: not in this run. It is later than every moment of one."""

MOST_ARRHENIUS: Final = 1e3
"""The integral is not followed beyond: of cells exp(-1000) are left, which is none."""

_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)
_DEADLY_DOSE: Final = np.float32(COAGULATED_CEM43_MIN)
_DEADLY_HEAT: Final = np.float32(INSTANT_DEATH_CELSIUS)
_DEADLY_COLD: Final = np.float32(LETHAL_COLD_CELSIUS)
_HEAT_STOP: Final = np.float32(HEAT_LIMITS.stop_celsius)
_HALF: Final = np.float32(0.5)
_LAST_S: Final = np.float32(NEVER_S - 1)


class Tally(NamedTuple):
    """Fields gathered along the way.

    Attributes
    ----------
    peak, lowest
        Extremes in Celsius.
    past_stop_s, past_harm_s
        Seconds spent past the two limits of the run: above those of heat, below those of cold.
    to_stop_s
        Seconds from the start to the first limit; infinite where it is never passed.
    arrhenius
        Arrhenius integral; what it gains below the first limit of heat is left out.
    killed_at_s
        uint16: whole seconds of the tally at which tissue first counts as killed; ``NEVER_S``
        where it does not. What never reaches 42 degrees or a lethal cold is not looked at.
    """

    peak: Field
    lowest: Field
    past_stop_s: Field
    past_harm_s: Field
    to_stop_s: Field
    arrhenius: Field
    killed_at_s: NDArray[np.uint16]


class Limits(NamedTuple):
    """The two limits of a run, as temperatures are compared: times ``way``, 1 or, of cold, -1."""

    stop: np.float32
    harm: np.float32
    way: np.float32

    @classmethod
    def of(cls, *, is_cold: bool) -> Limits:
        """Return those of cold or of heat."""
        limits, way = nerve_limits(is_cold=is_cold), -1.0 if is_cold else 1.0
        numbers = (way * limits.stop_celsius, way * limits.harm_celsius, way)
        return cls(*(np.float32(value) for value in numbers))


@kernel
def _share_above(before: np.float32, after: np.float32, limit: np.float32) -> np.float32:
    """Return the share of a straight line between two temperatures that lies above a limit."""
    low = min(before, after)
    high = max(before, after)
    if low >= limit:
        return _ONE
    if high <= limit:
        return _ZERO
    return (high - limit) / (high - low)


@kernel
def _count_times(
    was: Field,
    now: Field,
    tally: Tally,
    row: tuple[int, int],
    begun_s: np.float32,
    seconds: np.float32,
    limits: Limits,
) -> None:
    """Add times past the limits, and of heat the Arrhenius integral, of one row."""
    k, j = row
    past_stop_s, past_harm_s = tally.past_stop_s[k, j], tally.past_harm_s[k, j]
    to_stop_s, arrhenius = tally.to_stop_s[k, j], tally.arrhenius[k, j]
    for i in range(len(now)):
        before, after = limits.way * was[i], limits.way * now[i]
        if max(before, after) > limits.stop:
            share = _share_above(before, after, limits.stop)
            if past_stop_s[i] == _ZERO:
                wait = _ZERO if before > limits.stop else seconds * (_ONE - share)
                to_stop_s[i] = begun_s + wait
            past_stop_s[i] += seconds * share
            past_harm_s[i] += seconds * _share_above(before, after, limits.harm)
            if limits.way > _ZERO and arrhenius[i] < MOST_ARRHENIUS:
                gain = arrhenius_gain(float(was[i]), float(now[i]), float(seconds))
                arrhenius[i] = min(arrhenius[i] + gain, MOST_ARRHENIUS)


@kernel
def _mark_killed(tally: Tally, cem43_min: Field, row: tuple[int, int], now_s: np.uint16) -> None:
    """Write ``now_s`` where the tissue of a row counts as killed now and did not before."""
    k, j = row
    dose, peak, lowest = cem43_min[k, j], tally.peak[k, j], tally.lowest[k, j]
    killed_at_s = tally.killed_at_s[k, j]
    for i in range(len(dose)):
        if dose[i] >= _DEADLY_DOSE or peak[i] >= _DEADLY_HEAT or lowest[i] <= _DEADLY_COLD:
            killed_at_s[i] = min(killed_at_s[i], now_s)


@kernel
def gather(
    before: Field,
    after: Field,
    tally: Tally,
    cem43_min: Field,
    begun_s: np.float32,
    seconds: np.float32,
    limits: Limits,
) -> None:
    """Add a stretch of ``seconds``, begun at ``begun_s``, from one field to the next.

    ``before`` becomes ``after``; ``cem43_min`` is the dose at its end.
    """
    now_s = np.uint16(min(begun_s + seconds + _HALF, _LAST_S))
    depth, rows, columns = after.shape
    for k in range(depth):
        for j in range(rows):
            was, now = before[k, j], after[k, j]
            peak, lowest = tally.peak[k, j], tally.lowest[k, j]
            past, deadly = 0, 0
            for i in range(columns):
                peak[i] = max(peak[i], now[i])
                lowest[i] = min(lowest[i], now[i])
                farthest = max(limits.way * peak[i], limits.way * lowest[i])
                past += farthest > limits.stop
                deadly += (peak[i] > _HEAT_STOP) | (lowest[i] <= _DEADLY_COLD)
            if past > 0:  # few rows ever are so warm, or so cold
                _count_times(was, now, tally, (k, j), begun_s, seconds, limits)
            if deadly > 0:
                _mark_killed(tally, cem43_min, (k, j), now_s)
            was[:] = now


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thermometry:
    """Virtual thermocouples over time.

    Attributes
    ----------
    times_s
        Shape ``(t,)``, from the start of the first stage.
    celsius
        Shape ``(t, p)``: one column for each point asked for.
    power_w
        Shape ``(t, a)``: power of each applicator of the stage then running; NaN where a stage
        has fewer applicators.
    """

    times_s: NDArray[np.float64]
    celsius: NDArray[np.float64]
    power_w: NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Keeps what a run shows, at the first moment and then after every tally.

    ``cem43_min`` is the dose so far, which the run itself adds to; ``is_cold`` says which limits
    times are counted from.
    """

    medium: Medium
    points_mm: NDArray[np.float64]
    temperature: Field
    cem43_min: Field
    is_cold: bool
    tally: Tally = field(init=False)
    time_s: float = 0.0
    _before: Field = field(init=False)
    _rows: list[tuple[float, NDArray[np.float64], tuple[float, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        start = self.temperature
        self.tally = Tally(
            start.copy(),
            start.copy(),
            np.zeros_like(start),
            np.zeros_like(start),
            np.full_like(start, np.inf),
            np.zeros_like(start),
            np.full(start.shape, NEVER_S, np.uint16),
        )
        self._before = start.copy()
        self._rows.append((0.0, self._at_points(start), ()))

    def note(self, temperature: Field, seconds: float, powers_w: Sequence[float]) -> None:
        """Take in the field ``seconds`` after the last one."""
        begun_s = np.float32(self.time_s)
        ends = (begun_s, np.float32(seconds))
        limits = Limits.of(is_cold=self.is_cold)
        gather(self._before, temperature, self.tally, self.cem43_min, *ends, limits)
        self.time_s += seconds
        self._rows.append((self.time_s, self._at_points(temperature), tuple(powers_w)))

    def thermometry(self) -> Thermometry:
        """Return the readings so far."""
        most = max((len(row[2]) for row in self._rows), default=0)
        power = np.full((len(self._rows), most), np.nan)
        for number, row in enumerate(self._rows):
            power[number, : len(row[2])] = row[2]
        return Thermometry(
            times_s=np.array([row[0] for row in self._rows]),
            celsius=np.array([row[1] for row in self._rows]),
            power_w=power,
        )

    def _at_points(self, temperature: Field) -> NDArray[np.float64]:
        """Return the temperature between voxels, straight between their centres."""
        if not len(self.points_mm):
            return np.empty(0)
        index = (self.points_mm / self.medium.spacing_mm)[:, ::-1].T
        found = ndimage.map_coordinates(temperature, index, order=1, mode="nearest")
        return np.asarray(found, dtype=np.float64)
