"""What is kept of a run: fields of extremes and dose, and the thermocouples over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import ndimage

from planner.geometry.kernels import kernel
from planner.physics.heat.dose import COAGULATED_CEM43_MIN, arrhenius_gain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium

TALLY_S: Final = 5.0
"""Extremes and times are gathered this often, with crossings in between interpolated."""

LOW_LIMIT_CELSIUS: Final = np.float32(42.0)
HIGH_LIMIT_CELSIUS: Final = np.float32(45.0)
"""Limits at nerve tissue whose times are counted: the clinical stop, and the toxic level."""

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
_HALF: Final = np.float32(0.5)
_LAST_S: Final = np.float32(NEVER_S - 1)


class Tally(NamedTuple):
    """Fields gathered along the way.

    Attributes
    ----------
    peak, lowest
        Extremes in Celsius.
    over_42_s, over_45_s
        Seconds spent above.
    to_42_s
        Seconds from the start to 42 degrees; infinite where they are never reached.
    arrhenius
        Arrhenius integral; what it gains below 42 degrees is left out.
    killed_at_s
        uint16: whole seconds of the tally at which tissue first counts as killed; ``NEVER_S``
        where it does not. What never reaches 42 degrees or a lethal cold is not looked at.
    """

    peak: Field
    lowest: Field
    over_42_s: Field
    over_45_s: Field
    to_42_s: Field
    arrhenius: Field
    killed_at_s: NDArray[np.uint16]


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
def _count_heat(
    was: Field,
    now: Field,
    tally: Tally,
    row: tuple[int, int],
    begun_s: np.float32,
    seconds: np.float32,
) -> None:
    """Add times above the limits and the Arrhenius integral of one row."""
    k, j = row
    over_42_s, over_45_s = tally.over_42_s[k, j], tally.over_45_s[k, j]
    to_42_s, arrhenius = tally.to_42_s[k, j], tally.arrhenius[k, j]
    for i in range(len(now)):
        if max(was[i], now[i]) > LOW_LIMIT_CELSIUS:
            share = _share_above(was[i], now[i], LOW_LIMIT_CELSIUS)
            if over_42_s[i] == _ZERO:
                wait = _ZERO if was[i] > LOW_LIMIT_CELSIUS else seconds * (_ONE - share)
                to_42_s[i] = begun_s + wait
            over_42_s[i] += seconds * share
            over_45_s[i] += seconds * _share_above(was[i], now[i], HIGH_LIMIT_CELSIUS)
            if arrhenius[i] < MOST_ARRHENIUS:
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
            hot = 0
            for i in range(columns):
                peak[i] = max(peak[i], now[i])
                lowest[i] = min(lowest[i], now[i])
                hot += (peak[i] > LOW_LIMIT_CELSIUS) | (lowest[i] <= _DEADLY_COLD)
            if hot > 0:  # few rows ever are, or so cold
                _count_heat(was, now, tally, (k, j), begun_s, seconds)
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

    ``cem43_min`` is the dose so far, which the run itself adds to.
    """

    medium: Medium
    points_mm: NDArray[np.float64]
    temperature: Field
    cem43_min: Field
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
        gather(self._before, temperature, self.tally, self.cem43_min, *ends)
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
