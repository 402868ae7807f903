"""Stacks frames into one grid from their positions and direction cosines alone.

PS3.3 C.7.6.2.1.1. SliceThickness, SpacingBetweenSlices and InstanceNumber never make
geometry; they are only held against it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import acos, degrees, fsum, sqrt
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import tags
from planner.imaging.codes import Code, finding
from planner.imaging.frames import Frame, Triple, cross, dot
from planner.imaging.values import text

if TYPE_CHECKING:
    from planner.domain.volume import GateFinding

SAME_DIRECTION = 1e-4
"""Direction cosines of one stack agree to this (writers round to 1e-6)."""

SAME_SPACING_MM = 1e-4
"""Pixel sizes of one stack agree to this."""

EVEN_STEP_MM = 0.05
EVEN_STEP_FRACTION = 0.01
"""A step may differ from the median by the larger of the two: rounding, never a slice."""

ON_LINE_MM = 0.1
"""Slice origins lie this close to one line; headers with one decimal are 0.05 mm off."""

DRIFT_MM = 0.06
DRIFT_SLICES = 5
"""So many neighbours lie together no farther from it: rounding scatters round the line or stays
within half of its last decimal, a step that changes slowly does neither."""

SAME_PLACE_FRACTION = 0.1
"""Two slices closer than this part of the usual step lie at one position."""

TILT_DEG = 0.1
"""Below this the lean of the stack is rounding; the shear is kept all the same."""

TILT_TAG_DEG = 0.5
"""Stated and measured tilt agree to this (the tag is written to half a degree)."""

OVERLAP = 8.0
"""Slices this many times thicker than their step: overlapping slices reach 2, slabs that blend
slices 5; positions in centimetres give 10 and more."""

MAX_TILT_DEG = 45.0
"""Gantries tilt to about 30 degrees; beyond 45 it is no CT geometry."""

CORNER_MM = 0.01
"""Each corner of a tilted slice lies this close to the sheared grid."""

FIELD_FRACTION = 0.02
"""Matrix times pixel size equals the reconstruction diameter to this (it may be rounded)."""

FEWEST_SLICES = 3
"""Two slices have one step, and one step cannot be compared with another."""

_PHASES = {
    "NominalPercentageOfCardiacPhase": tags.CARDIAC_PHASE,
    "TriggerTime": tags.TRIGGER_TIME,
    "TemporalPositionIdentifier": tags.TEMPORAL_POSITION,
    "AcquisitionTime": tags.ACQUISITION_TIME,
    "SeriesDescription": tags.SERIES_DESCRIPTION,
    "ImageComments": tags.IMAGE_COMMENTS,
}
"""What tells phases of the heart, of breathing or of contrast apart. Within one volume it may
differ from slice to slice, so it is looked at only where two slices lie at one position."""

_DECIMALS = 9
"""Origins and steps are rounded to the picometre so that equal scans have equal digests."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Frames in the order of their positions, on one grid."""

    frames: tuple[Frame, ...]
    geometry: VolumeGeometry
    tilt_deg: float
    findings: tuple[GateFinding, ...]


class StackRefusedError(Exception):
    """The frames do not form one grid; ``findings`` say why."""

    def __init__(self, findings: list[GateFinding]) -> None:
        super().__init__(findings[0].code)
        self.findings = findings


def stack(frames: list[Frame]) -> Stack:
    """Put frames of one series on a grid.

    Raises
    ------
    StackRefusedError
        When they do not form exactly one evenly spaced volume.
    """
    problems = _unlike(frames)
    if problems:
        raise StackRefusedError(problems)
    if len(frames) < FEWEST_SLICES:
        raise StackRefusedError([finding(Code.TOO_FEW_SLICES, f"{len(frames)} found")])
    row, column = _usual([frame.row + frame.column for frame in frames])
    normal = cross(row, column)
    placed = sorted(
        ((dot(frame.position_mm, normal), frame) for frame in frames),
        key=lambda pair: (pair[0], pair[1].sop_uid, pair[1].index),
    )
    places = [place for place, _ in placed]
    ordered = [frame for _, frame in placed]
    step_mm = _usual_step_mm(places)
    _check_repeats(ordered, places, step_mm)
    mixture = _check_mixture(ordered)
    _check_steps(ordered, places, step_mm)
    origin, step = _line([frame.position_mm for frame in ordered])
    _check_line(ordered, origin, step)
    geometry = _geometry(ordered[0], len(ordered), (row, column), origin, step)
    tilt_deg, tilt = _tilt(ordered, geometry, step, normal)
    notes = mixture + tilt + _compare_tags(ordered, dot(step, normal), sqrt(dot(step, step)))
    return Stack(
        frames=tuple(ordered), geometry=geometry, tilt_deg=tilt_deg, findings=tuple(notes)
    )


def _usual(values: list[tuple[float, ...]]) -> tuple[Triple, Triple]:
    """Return the commonest row and column direction; the smallest of equals, not the first."""
    counts = Counter(values)
    top = max(counts.values())
    best = min(value for value, count in counts.items() if count == top)
    return (best[0], best[1], best[2]), (best[3], best[4], best[5])


def _unlike(frames: list[Frame]) -> list[GateFinding]:
    """Find frames whose matrix, pixel size or direction is not that of the majority."""
    problems = []
    for code, values, tolerance in (
        (Code.MIXED_MATRIX, [(frame.rows, frame.columns) for frame in frames], 0.0),
        (Code.MIXED_PIXEL_SPACING, [frame.spacing_mm for frame in frames], SAME_SPACING_MM),
        (
            Code.MIXED_ORIENTATION,
            [frame.row + frame.column for frame in frames],
            SAME_DIRECTION,
        ),
    ):
        counts = Counter(values)
        usual = max(counts, key=lambda value: (counts[value], value))
        other = [
            frame.file.name
            for frame, value in zip(frames, values, strict=True)
            if max(abs(a - b) for a, b in zip(value, usual, strict=True)) > tolerance
        ]
        if other:
            problems.append(finding(code, f"{len(other)} of {len(frames)} slices", other))
    return problems


def _usual_step_mm(places: list[float]) -> float:
    """Return the median distance of neighbours that do not lie at one place.

    A long step tells which those are, but not the longest: that may be a gap.
    """
    steps = sorted(after - before for before, after in pairwise(places))
    steps = [step for step in steps if step > EVEN_STEP_MM]
    if not steps:
        return EVEN_STEP_MM
    long = steps[3 * len(steps) // 4]
    return median(step for step in steps if step > SAME_PLACE_FRACTION * long)


def _check_repeats(ordered: list[Frame], places: list[float], step_mm: float) -> None:
    """Refuse slices at one position, and say what tells them apart."""
    repeated = [
        (before, after)
        for (place, before), (next_place, after) in pairwise(zip(places, ordered, strict=True))
        if next_place - place < SAME_PLACE_FRACTION * step_mm
    ]
    if not repeated:
        return
    names = [frame.file.name for pair in repeated for frame in pair]
    differing = [
        name
        for place, (name, _) in enumerate(ordered[0].mixture)
        if any(a.mixture[place] != b.mixture[place] for a, b in repeated)
    ]
    differing += [
        name
        for name, tag in _PHASES.items()
        if any(text(a.file.data, tag) != text(b.file.data, tag) for a, b in repeated)
    ]
    detail = f"{len(repeated)} positions twice"
    if differing:
        detail = f"{detail}; they differ in {', '.join(differing)}"
        raise StackRefusedError([finding(Code.SEVERAL_VOLUMES, detail, names)])
    raise StackRefusedError([finding(Code.SAME_POSITION, detail, names)])


def _check_mixture(ordered: list[Frame]) -> list[GateFinding]:
    """Refuse two reconstructions woven into one stack; note parts acquired differently."""
    notes = []
    for place, (name, _) in enumerate(ordered[0].mixture):
        values = [frame.mixture[place][1] for frame in ordered]
        changes = sum(before != after for before, after in pairwise(values))
        if not changes:
            continue
        if changes >= len(set(values)) or name == "ConvolutionKernel":
            raise StackRefusedError([finding(Code.SEVERAL_VOLUMES, f"{name} alternates")])
        if name != "AcquisitionNumber":
            notes.append(finding(Code.MIXED_ACQUISITION, name))
    return notes


def _check_steps(ordered: list[Frame], places: list[float], step_mm: float) -> None:
    tolerance = max(EVEN_STEP_MM, EVEN_STEP_FRACTION * step_mm)
    uneven = [
        place
        for place, (before, after) in enumerate(pairwise(places))
        if abs(after - before - step_mm) > tolerance
    ]
    if uneven:
        first = uneven[0]
        shown = (
            f"{step_mm:.2f} mm apart, but {places[first + 1] - places[first]:.2f} mm after "
            f"slice {first + 1} of {len(places)}"
        )
        names = [ordered[place + side].file.name for place in uneven for side in (0, 1)]
        raise StackRefusedError([finding(Code.MISSING_SLICE, shown, names)])


def _line(positions: list[Triple]) -> tuple[Triple, Triple]:
    """Fit origin and step of evenly spaced points by least squares.

    Exact sums in plain floats, so that the result is the same on every machine.
    """
    count = len(positions)
    centre = (count - 1) / 2.0
    weight = fsum((k - centre) ** 2 for k in range(count))
    origin, step = [], []
    for axis in range(3):
        values = [position[axis] for position in positions]
        slope = fsum((k - centre) * value for k, value in enumerate(values)) / weight
        slope = round(slope, _DECIMALS)
        step.append(slope)
        origin.append(round(fsum(values) / count - slope * centre, _DECIMALS))
    return (origin[0], origin[1], origin[2]), (step[0], step[1], step[2])


def _check_line(ordered: list[Frame], origin: Triple, step: Triple) -> None:
    tolerance = max(ON_LINE_MM, EVEN_STEP_FRACTION * sqrt(dot(step, step)))
    off = [
        [frame.position_mm[a] - origin[a] - k * step[a] for a in range(3)]
        for k, frame in enumerate(ordered)
    ]
    _check_drift(off)
    distances = [sqrt(sum(part**2 for part in one)) for one in off]
    if max(distances) > tolerance:
        names = [f.file.name for f, d in zip(ordered, distances, strict=True) if d > tolerance]
        detail = f"up to {max(distances):.2f} mm off"
        raise StackRefusedError([finding(Code.OFF_LINE, detail, names)])


def _check_drift(off: list[list[float]]) -> None:
    """Refuse a step that changes along the stack, by too little to show between neighbours."""
    reach = min(DRIFT_SLICES, len(off))
    drift_mm = max(
        abs(fsum(one[axis] for one in off[k : k + reach])) / reach
        for k in range(len(off) - reach + 1)
        for axis in range(3)
    )
    if drift_mm > DRIFT_MM:
        detail = f"their step changes along the stack, up to {drift_mm:.2f} mm off"
        raise StackRefusedError([finding(Code.OFF_LINE, detail)])


def _geometry(
    frame: Frame, count: int, directions: tuple[Triple, Triple], origin: Triple, step: Triple
) -> VolumeGeometry:
    """Return the grid: i along rows, j along columns, k along the line of origins."""
    row, column = directions
    matrix = np.eye(4)
    matrix[:3, 0] = np.array(row) * frame.spacing_mm[0]
    matrix[:3, 1] = np.array(column) * frame.spacing_mm[1]
    matrix[:3, 2] = step
    matrix[:3, 3] = origin
    return VolumeGeometry.from_matrix((frame.columns, frame.rows, count), matrix)


def _tilt(
    ordered: list[Frame], geometry: VolumeGeometry, step: Triple, normal: Triple
) -> tuple[float, list[GateFinding]]:
    """Measure the lean of the stack, hold it against the tag, and check every corner."""
    cosine = min(1.0, dot(step, normal) / sqrt(dot(step, step)))
    tilt_deg = degrees(acos(cosine))
    stated = {abs(frame.tilt_tag_deg) for frame in ordered if frame.tilt_tag_deg is not None}
    wrong = [tag for tag in stated if tag > TILT_TAG_DEG and abs(tag - tilt_deg) > TILT_TAG_DEG]
    if wrong:
        detail = f"stated {wrong[0]:g} degrees, measured {tilt_deg:.1f}"
        raise StackRefusedError([finding(Code.TILT_CONTRADICTS, detail)])
    if tilt_deg < TILT_DEG:
        return 0.0, []
    off_mm = worst_corner_mm(ordered, geometry)
    if tilt_deg > MAX_TILT_DEG or off_mm > CORNER_MM:
        detail = f"{tilt_deg:.1f} degrees, corners up to {off_mm:.3f} mm off"
        raise StackRefusedError([finding(Code.TILT_CORNERS, detail)])
    return tilt_deg, [finding(Code.TILT, f"{tilt_deg:.1f} degrees")]


def worst_corner_mm(ordered: list[Frame], geometry: VolumeGeometry) -> float:
    """Return how far any slice's corner lies from where the grid puts it."""
    worst = 0.0
    for k, frame in enumerate(ordered):
        ends_i, ends_j = (0, frame.columns - 1), (0, frame.rows - 1)
        index = np.array([(i, j, k) for i in ends_i for j in ends_j], dtype=np.float64)
        own = (
            np.array(frame.position_mm)
            + index[:, :1] * frame.spacing_mm[0] * np.array(frame.row)
            + index[:, 1:2] * frame.spacing_mm[1] * np.array(frame.column)
        )
        distance = np.linalg.norm(geometry.lps_mm(index) - own, axis=1).max()
        worst = max(worst, float(distance))
    return worst


def _compare_tags(ordered: list[Frame], spacing_mm: float, step_mm: float) -> list[GateFinding]:
    """Hold the stated thickness and spacing against the positions.

    The spacing tag of a tilted stack may mean across the slices or along the table.
    """
    notes = []
    tolerance = max(EVEN_STEP_MM, EVEN_STEP_FRACTION * spacing_mm)
    thin = [
        frame.thickness_mm
        for frame in ordered
        if frame.thickness_mm is not None and 0.0 < frame.thickness_mm < spacing_mm - tolerance
    ]
    if thin:
        detail = f"{min(thin):g} mm slices every {spacing_mm:.2f} mm"
        notes.append(finding(Code.SLICE_GAP, detail))
    thick = [one.thickness_mm for one in ordered if one.thickness_mm is not None]
    if thick and min(thick) >= OVERLAP * spacing_mm:
        detail = f"{min(thick):g} mm slices every {spacing_mm:.2f} mm"
        notes.append(finding(Code.SLICE_OVERLAP, detail))
    frame = ordered[0]
    width_mm = max(frame.columns * frame.spacing_mm[0], frame.rows * frame.spacing_mm[1])
    fields = {one.diameter_mm for one in ordered if one.diameter_mm}
    if any(abs(width_mm / field - 1.0) > FIELD_FRACTION for field in fields):
        shown = f"{width_mm:.1f} mm across, stated {min(fields):g} mm"
        notes.append(finding(Code.FIELD_OF_VIEW, shown))
    stated = {abs(f.spacing_between_mm) for f in ordered if f.spacing_between_mm is not None}
    wrong = [
        value for value in stated if min(abs(value - spacing_mm), abs(value - step_mm)) > tolerance
    ]
    if wrong:
        detail = f"stated {wrong[0]:g} mm, positions say {spacing_mm:.2f} mm"
        notes.append(finding(Code.SPACING_TAG, detail))
    return notes
