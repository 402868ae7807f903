"""Needles in a control scan: every straight shaft of metal, and why what is none was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.control.bright import bright_pieces, straight_runs
from planner.control.shaft import STEP_MM, shaft_of
from planner.control.skin import skin_crossing_mm, surroundings
from planner.control.tip import end_of, straightened, top_of_scale
from planner.domain.progress import unreported
from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from planner.control.bright import Piece
    from planner.control.shaft import Shaft
    from planner.control.skin import Surroundings
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

THICKEST_MM: Final = 4.8
"""A shaft that shows thicker, less its blooming, is a screw or a rod: 8 gauge is 4.2 mm."""

BLOOM_MM: Final = 0.5
"""Metal shows thicker by about this where a scan is cut off at its top; what is thicker than a
needle is thicker by more."""

LEAST_THIN: Final = 0.35
"""A shaft must stand alone over this share of its length; the rest may lie in cement."""

LEAST_DEPTH_MM: Final = 10.0
"""What goes less deep under the skin lies on it."""

SAME_AXIS_MM: Final = 1.5
SAME_AXIS_DEG: Final = 2.5
"""Two stretches nearer than this over their whole length are one shaft."""

BORDER_MM: Final = 3.0
"""A shaft whose end has no farther to go to the border of the scan is cut off by it."""

OPEN_END_MM, OPEN_AIR = 12.0, 0.5
"""An end that stands so far out of the body, with so much of what is beside it air, is a hub."""

THICK_SLICES_MM: Final = 1.6
"""Beyond this tips were not always found within half a millimetre (ADR 820)."""

ODD_END_MM, ODD_MISFIT, ODD_WIDTH_MM = 2.5, 3.0, 1.5
"""An end that is fitted farther from the last bright section than this and its ground face, that
leaves more unexplained, or that is so much thicker or thinner than its shaft, is no plain end."""

TIP_DOUBT_MM: Final = 0.2
"""What the model of an end may be off by besides what its fit says (ADR 820)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNeedle:
    """One needle as a control scan shows it, in that scan's own frame.

    Attributes
    ----------
    tip
        Where half of the shaft's section has ended along its axis, LPS mm; with a ground tip the
        middle of the face. ``None`` where the tip is not in the scan.
    beyond_mm
        How far the point of a ground tip may stand beyond ``tip``.
    last_seen
        The deepest place of the shaft in the scan; the tip lies there or deeper.
    entry
        Where its axis crosses the skin; ``None`` where that is not in the scan.
    direction
        Unit vector towards the tip, LPS.
    diameter_mm
        What fits best, rough: a thin needle in a scan cut off at its top is known to 0.8 mm.
    tip_sd_mm, axis_sd_deg
        One standard deviation each.
    bend_mm
        How far the shaft strays from a straight line.
    seen_mm
        Length over which it is seen.
    notes
        What to mind, in sentences.
    """

    tip: PointLps | None
    beyond_mm: float
    last_seen: PointLps
    entry: PointLps | None
    direction: tuple[float, float, float]
    diameter_mm: float
    tip_sd_mm: float
    axis_sd_deg: float
    bend_mm: float
    seen_mm: float
    notes: tuple[str, ...] = ()

    @property
    def outermost(self) -> PointLps:
        """The entry, or where it is not in the scan a place of the shaft that is."""
        if self.entry is not None:
            return self.entry
        back = -self.seen_mm * np.array(self.direction)
        return self.last_seen.moved(back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something dense that is taken for no needle, and why."""

    at: PointLps
    volume_mm3: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNeedles:
    """All that is dense in a control scan.

    Attributes
    ----------
    needles
        From the patient's right to left, by where they enter.
    refused
        Everything else, largest first.
    grains
        Specks of a few voxels that were not looked at.
    """

    needles: tuple[FoundNeedle, ...]
    refused: tuple[Refused, ...]
    grains: int


def find_needles(ct: CtVolume, report: ProgressReport = unreported) -> FoundNeedles:
    """Return the needles of a control scan in its own frame, LPS mm.

    Everything that is denser than bone is either a needle or refused with a reason.
    ``report`` may raise to stop the work.
    """
    report(0.05, "looking for metal")
    pieces, grains = bright_pieces(ct)
    step_mm = 2.5 * max(ct.geometry.spacing_mm)
    shafts: list[tuple[Shaft, Piece]] = []
    refused: list[Refused] = []
    for piece in pieces:
        runs, _ = straight_runs(piece, step_mm)
        own = [shaft for shaft in (shaft_of(ct, run) for run in runs) if shaft is not None]
        shafts += [(shaft, piece) for shaft in own]
        if not own:
            refused.append(_of_piece(piece, _lump_words(piece)))
    report(0.4, "following shafts")
    top_hu = top_of_scale(ct)
    needles: list[FoundNeedle] = []
    alone = _one_of_each(shafts)
    for place, (shaft, piece) in enumerate(alone):
        judged = _judged(ct, shaft, top_hu)
        if isinstance(judged, FoundNeedle):
            needles.append(judged)
        else:
            refused.append(
                Refused(
                    at=PointLps.of(shaft.place(float(shaft.along_mm.mean()))),
                    volume_mm3=piece.volume_mm3,
                    why=judged,
                )
            )
        report(0.4 + 0.6 * (place + 1) / len(alone), "measuring needles")
    return FoundNeedles(
        needles=tuple(sorted(needles, key=lambda one: one.outermost.x_mm)),
        refused=tuple(sorted(refused, key=lambda one: -one.volume_mm3)),
        grains=grains,
    )


def _of_piece(piece: Piece, why: str) -> Refused:
    return Refused(at=PointLps.of(piece.middle), volume_mm3=piece.volume_mm3, why=why)


def _lump_words(piece: Piece) -> str:
    reach = float(np.linalg.norm(np.ptp(piece.points_mm, axis=0)))
    if reach < 12.0:
        return f"a dense spot of {reach:.0f} mm: too short for a shaft"
    return f"dense over {reach:.0f} mm but not straight: cement, a cable or an implant"


def _one_of_each(shafts: list[tuple[Shaft, Piece]]) -> list[tuple[Shaft, Piece]]:
    """Return the shafts, longest first, without those that lie along a longer one."""
    kept: list[tuple[Shaft, Piece]] = []
    for shaft, piece in sorted(shafts, key=lambda pair: -pair[0].length_mm):
        if not any(_same(shaft, other) for other, _ in kept):
            kept.append((shaft, piece))
    return kept


def _same(shorter: Shaft, longer: Shaft) -> bool:
    limit = max(SAME_AXIS_MM, 0.5 * longer.apparent_diameter_mm)
    ends = np.stack([shorter.place(float(shorter.along_mm[end])) for end in (0, -1)])
    along = (ends - longer.at) @ longer.axis
    away = np.linalg.norm(ends - longer.at - along[:, None] * longer.axis, axis=1)
    low, high = longer.along_mm[0] - 10.0, longer.along_mm[-1] + 10.0
    return bool((away < limit).all() and ((along > low) & (along < high)).all())


def _judged(ct: CtVolume, shaft: Shaft, top_hu: float) -> FoundNeedle | str:
    """Return the needle that a shaft is, or why it is none."""
    thick = shaft.apparent_diameter_mm - BLOOM_MM
    if shaft.thin_share < LEAST_THIN or not np.isfinite(thick):
        return "no shaft that stands alone: cement, a plate or several implants together"
    if thick > THICKEST_MM:
        return f"{thick:.1f} mm thick over {shaft.length_mm:.0f} mm: a screw or a rod"
    round_it = surroundings(ct, shaft)
    depth = float(round_it.in_tissue.sum()) * STEP_MM
    if depth == 0.0:
        return "outside the patient, or on the skin: table, coil, cable or wire"
    if depth < LEAST_DEPTH_MM:
        return f"only {depth:.0f} mm of it lie under the skin: a wire on the skin"
    shaft, round_it = _towards_tip(ct, shaft, round_it)
    shaft = straightened(ct, shaft, top_hu)
    ends = _is_cut(ct, shaft, 0), _is_cut(ct, shaft, -1)
    inner = float(np.median(round_it.along_mm[round_it.in_tissue]))
    crossing = skin_crossing_mm(ct, shaft, inner, float(shaft.along_mm[0]) - 25.0)
    if crossing is not None and crossing < shaft.along_mm[0] - BORDER_MM:
        crossing = None
        if not ends[0]:
            return "both its ends lie under the skin: a pin, a clip or a piece of an implant"
    if crossing is None and not ends[0]:
        return "it neither leaves the skin nor the scan: a pin or a piece of an implant"
    if crossing is None and ends[1]:
        return "neither its entry nor its tip is in the scan, so it cannot be told from a rod"
    return _needle(ct, shaft, crossing, top_hu, is_cut=ends[1])


def _towards_tip(ct: CtVolume, shaft: Shaft, round_it: Surroundings) -> tuple[Shaft, Surroundings]:
    """Return the shaft so that its axis runs inward: from the border, or else away from air.

    A shaft that leaves the scan at one end has its tip at the other, unless that one stands far
    out in air: a hub does, and a tip that has just reached gas in a bowel or a lung does not.
    """
    third = max(len(round_it.along_mm) // 3, 1)
    air = np.nan_to_num(round_it.air_share, nan=1.0)
    leaves = _is_cut(ct, shaft, 0), _is_cut(ct, shaft, -1)
    if leaves[0] is not leaves[1]:
        inward = air if leaves[1] else air[::-1]
        in_air_mm = STEP_MM * int((inward < OPEN_AIR).argmax())
        backward = leaves[1] is (in_air_mm < OPEN_END_MM)
    else:
        backward = float(air[:third].mean()) < float(air[-third:].mean())
    if not backward:
        return shaft, round_it
    turned = shaft.turned
    return turned, surroundings(ct, turned)


def _is_cut(ct: CtVolume, shaft: Shaft, end: int) -> bool:
    """Tell whether a shaft runs out of the scan at one end, and does not lie along its border."""
    outward = -shaft.axis if end == 0 else shaft.axis
    index = ct.geometry.ijk(shaft.place(float(shaft.along_mm[end])))
    per_mm = ct.geometry.ijk_from_lps[:3, :3] @ outward
    size = np.array(ct.geometry.size_ijk)
    left = np.where(per_mm > 0.0, size - 1.0 - index, index)
    with np.errstate(divide="ignore"):
        to_border_mm = left / np.abs(per_mm)
    return bool(to_border_mm.min() < BORDER_MM)


def _needle(
    ct: CtVolume, shaft: Shaft, crossing: float | None, top_hu: float, *, is_cut: bool
) -> FoundNeedle:
    notes = []
    last = float(shaft.along_mm[-1])
    end = None if is_cut else end_of(ct, shaft, last, top_hu)
    if is_cut:
        notes.append("its tip is NOT in the scan: it lies deeper than the last place seen")
    elif end is None:
        notes.append("too little of its end lies in the scan for its tip to be found")
    tip_sd_mm = float("inf") if end is None else float(np.hypot(end.sd_mm, TIP_DOUBT_MM))
    if end is not None:
        apart = abs(end.along_mm - last)
        wider = abs(end.diameter_mm - (shaft.apparent_diameter_mm - BLOOM_MM))
        is_odd = end.misfit > ODD_MISFIT or wider > ODD_WIDTH_MM
        if is_odd or apart > end.beyond_mm + ODD_END_MM:
            notes.append(
                "its end does not look like that of a straight shaft: read the tip by hand"
            )
            tip_sd_mm = max(tip_sd_mm, apart)
    apart_mm = max(ct.geometry.spacing_mm)
    if apart_mm > THICK_SLICES_MM:
        notes.append(f"slices {apart_mm:.1f} mm apart: the tip may be off by a millimetre or more")
    if crossing is None:
        notes.append("where it enters the skin is not in the scan")
    own = shaft.thin & np.isfinite(shaft.off_mm)
    bend = float(np.percentile(shaft.off_mm[own], 95.0))
    tip_along = last if end is None else end.along_mm
    x, y, z = shaft.axis.tolist()
    return FoundNeedle(
        tip=None if end is None else PointLps.of(shaft.place(end.along_mm)),
        beyond_mm=0.0 if end is None else end.beyond_mm,
        last_seen=PointLps.of(shaft.place(tip_along)),
        entry=None if crossing is None else PointLps.of(shaft.place(crossing)),
        direction=(x, y, z),
        diameter_mm=shaft.apparent_diameter_mm - BLOOM_MM if end is None else end.diameter_mm,
        tip_sd_mm=tip_sd_mm,
        axis_sd_deg=shaft.angle_sd_deg,
        bend_mm=bend,
        seen_mm=tip_along - float(shaft.along_mm[0]),
        notes=tuple(notes),
    )
