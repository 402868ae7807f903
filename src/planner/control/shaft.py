"""One straight shaft: its axis by the middles of its sections, its ends, and how thick it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import label, map_coordinates

from planner.geometry.points import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.control.bright import Run
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

HALF_WIDTH_MM: Final = 7.0
CELL_MM: Final = 0.4
STEP_MM: Final = 0.5
"""Sections across a shaft: half their width, their cells, and how far they lie apart."""

LONGEST_GAP_MM: Final = 8.0
"""A shaft darkened by its own streaks may be lost over this and is still one shaft."""

OUTWARD_MM: Final = 15.0
"""How far a shaft is followed beyond a bright stretch on each pass."""

CORRELATED_MM: Final = 4.0
"""Sections nearer together err alike: they share voxels."""

FAR_OFF_MM: Final = 1.5
"""A section whose middle lies farther from the axis is not the shaft's own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaft:
    """A straight shaft as its sections show it.

    Attributes
    ----------
    at, axis
        A point of the axis and its unit direction, LPS.
    along_mm
        float64 ``(n,)``: places of the sections from ``at``, rising, ``STEP_MM`` apart.
    area_mm2
        float64 ``(n,)``: area of each section above half its brightness, 0 where nothing is.
    thin
        bool ``(n,)``: whether the section stands alone, with less dense matter all round.
    off_mm
        float64 ``(n,)``: distance of each section's middle from the axis, NaN where nothing is.
    angle_sd_deg
        One standard deviation of the axis's angle.
    peak_hu
        Brightness along the axis, at most what the scan can store.
    """

    at: Vector
    axis: Vector
    along_mm: NDArray[np.float64]
    area_mm2: NDArray[np.float64]
    thin: NDArray[np.bool_]
    off_mm: NDArray[np.float64]
    angle_sd_deg: float
    peak_hu: float

    @property
    def length_mm(self) -> float:
        """Length over which the shaft is seen."""
        return float(self.along_mm[-1] - self.along_mm[0])

    @property
    def apparent_diameter_mm(self) -> float:
        """Diameter above half the brightness, blooming and all, in the middle of all sections."""
        area = self.area_mm2[self.thin]
        return float(2.0 * np.sqrt(np.median(area) / np.pi)) if area.size else float("inf")

    @property
    def thin_share(self) -> float:
        """Share of the length over which it stands alone."""
        return float(self.thin.mean())

    @property
    def turned(self) -> Shaft:
        """The same shaft, its axis the other way round."""
        return replace(
            self,
            axis=-self.axis,
            along_mm=-self.along_mm[::-1],
            area_mm2=self.area_mm2[::-1],
            thin=self.thin[::-1],
            off_mm=self.off_mm[::-1],
        )

    def place(self, along_mm: float) -> Vector:
        """Return a point of the axis, LPS mm."""
        return np.asarray(self.at + along_mm * self.axis)


def across(axis: Vector) -> tuple[Vector, Vector]:
    """Return two unit vectors at right angles to an axis and to each other."""
    least = np.zeros(3)
    least[int(np.argmin(np.abs(axis)))] = 1.0
    one = unit(np.cross(axis, least))
    return one, np.cross(axis, one)


def read_hu(ct: CtVolume, places_mm: Vector, outside_hu: float = np.nan) -> NDArray[np.float64]:
    """Return HU at places of any shape ``(..., 3)`` between voxels; ``outside_hu`` outside."""
    index = np.moveaxis(ct.geometry.ijk(places_mm)[..., ::-1], -1, 0)
    return np.asarray(
        map_coordinates(ct.hu, index, output=np.float64, order=1, mode="constant", cval=outside_hu)
    )


def shaft_of(ct: CtVolume, run: Run) -> Shaft | None:
    """Follow a straight stretch to both sides and fit its axis; ``None`` where it dissolves."""
    at, axis = 0.5 * (run.start + run.end), unit(run.end - run.start)
    low, high = -0.5 * run.length_mm, 0.5 * run.length_mm
    shaft: Shaft | None = None
    for _ in range(6):
        found = _sections(ct, at, axis, low - OUTWARD_MM, high + OUTWARD_MM)
        if found is None:
            return None
        shaft, offsets = found
        kept = shaft.thin & (shaft.off_mm < FAR_OFF_MM)
        if kept.sum() < 10:
            break
        at, axis, angle = _line_through(shaft, offsets, kept)
        grown = shaft.along_mm[0] < low - 1.0 or shaft.along_mm[-1] > high + 1.0
        low, high = float(shaft.along_mm[0]), float(shaft.along_mm[-1])
        shaft = replace(shaft, at=at, axis=axis, angle_sd_deg=angle)
        if not grown:
            break
    return shaft


def _sections(
    ct: CtVolume, at: Vector, axis: Vector, low: float, high: float
) -> tuple[Shaft, NDArray[np.float64]] | None:
    """Return the shaft by its sections between two places, and the offsets of their middles."""
    one, other = across(axis)
    side = np.arange(-HALF_WIDTH_MM, HALF_WIDTH_MM + CELL_MM / 2.0, CELL_MM)
    along = np.arange(low, high + STEP_MM / 2.0, STEP_MM)
    flat = side[:, None, None] * one + side[None, :, None] * other
    pictures = read_hu(ct, at + along[:, None, None, None] * axis + flat, outside_hu=-1024.0)
    centre = len(side) // 2
    on_axis = pictures[:, centre - 2 : centre + 3, centre - 2 : centre + 3].max(axis=(1, 2))
    peak = float(np.percentile(on_axis, 75.0))
    half = 0.5 * peak
    area, off = np.zeros(len(along)), np.full(len(along), np.nan)
    thin = np.zeros(len(along), dtype=bool)
    offsets = np.full((len(along), 2), np.nan)
    for place, picture in enumerate(pictures):
        pieces, count = label(picture > half)
        own = _own_piece(pieces, count, centre)
        if own == 0:
            continue
        mask = pieces == own
        area[place] = float(mask.sum()) * CELL_MM**2
        weights = np.where(mask, picture - half, 0.0)
        offsets[place] = [
            float((weights.sum(axis=1) * side).sum() / weights.sum()),
            float((weights.sum(axis=0) * side).sum() / weights.sum()),
        ]
        off[place] = float(np.hypot(*offsets[place]))
        edge = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
        thin[place] = not edge
    inside = _unbroken((area > 0.0) & (off < FAR_OFF_MM), along)
    if inside is None:
        return None
    usual = np.median(area[inside][thin[inside]]) if thin[inside].any() else np.inf
    thin &= area < 1.8 * usual
    shaft = Shaft(
        at=at,
        axis=axis,
        along_mm=along[inside],
        area_mm2=area[inside],
        thin=thin[inside],
        off_mm=off[inside],
        angle_sd_deg=np.inf,
        peak_hu=peak,
    )
    return shaft, offsets[inside]


def _own_piece(pieces: NDArray[np.int32], count: int, centre: int) -> int:
    """Return the number of the piece at the axis or nearest to it within 1.2 mm; 0 for none."""
    if count == 0:
        return 0
    reach = 3
    near = pieces[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1]
    if near[reach, reach] != 0:
        return int(near[reach, reach])
    places = np.argwhere(near != 0)
    if not len(places):
        return 0
    first = places[np.argmin(((places - reach) ** 2).sum(axis=1))]
    return int(near[first[0], first[1]])


def _unbroken(there: NDArray[np.bool_], along: NDArray[np.float64]) -> slice | None:
    """Return the longest stretch without a gap longer than ``LONGEST_GAP_MM``."""
    seen = np.flatnonzero(there)
    if not seen.size:
        return None
    breaks = np.flatnonzero(np.diff(along[seen]) > LONGEST_GAP_MM)
    first = np.concatenate([[0], breaks + 1])
    last = np.concatenate([breaks, [seen.size - 1]])
    widest = int(np.argmax(seen[last] - seen[first]))
    return slice(int(seen[first[widest]]), int(seen[last[widest]]) + 1)


def _line_through(
    shaft: Shaft, offsets: NDArray[np.float64], kept: NDArray[np.bool_]
) -> tuple[Vector, Vector, float]:
    """Return a better point and axis through the sections' middles, and the angle's spread."""
    one, other = across(shaft.axis)
    along, middle = shaft.along_mm[kept], float(shaft.along_mm[kept].mean())
    spread = 0.0
    moves = []
    for column in (0, 1):
        values = offsets[kept, column]
        weight = np.ones_like(values)
        slope, level, rest = 0.0, 0.0, values
        for _ in range(8):
            slope, level = np.polyfit(along - middle, values, 1, w=np.sqrt(weight))
            rest = values - level - slope * (along - middle)
            scale = max(1.4826 * float(np.median(np.abs(rest))), 0.02)
            weight = 1.0 / (1.0 + (rest / (2.0 * scale)) ** 2)
        moves.append((slope, level))
        independent = STEP_MM * len(along) / CORRELATED_MM
        deviation = float(np.sqrt((weight * rest**2).sum() / weight.sum()))
        spread += (deviation / (along.std() * np.sqrt(max(independent, 1.0)))) ** 2
    axis = unit(shaft.axis + moves[0][0] * one + moves[1][0] * other)
    at = shaft.place(middle) + moves[0][1] * one + moves[1][1] * other
    at = at - middle * axis
    return at, axis, float(np.degrees(np.sqrt(spread)))
