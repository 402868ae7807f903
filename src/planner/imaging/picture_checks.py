"""Looks at the pictures for what a header cannot show: damaged or turned slices, swapped sides."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code, finding
from planner.imaging.plausible_hu import doubt_of_hu
from planner.imaging.position import AXIAL_COSINE
from planner.imaging.stack import StackRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.volume import GateFinding
    from planner.imaging.frames import Frame

ODD_ROW_HU = 100.0
"""Mean change along a row, to both neighbouring slices, that anatomy does not make."""

ODD_ROW_RATIO = 4.0
"""... while the neighbours agree with each other this many times better."""

ODD_SLICE_HU = 20.0
"""Mean change of a whole slice, to both neighbours, below which nothing is said."""

ODD_SLICE_RATIO = 1.25
"""... while the neighbours agree this many times better. Anatomy and noise stay at 1 or below: a
slice lies between its neighbours. One that is turned over or from elsewhere does not."""

TURNED_RATIO, AXIAL_TURNED_RATIO = 1.5, 1.15
"""A cut between turned slices differs by this much more than the steps beside it and than with
one side turned. Axial sections through a body are always less alike turned than as they are, even
10 mm apart round a spine (0.95 at most); coronal ones, at the flanks, up to 1.3 times more. The
smaller ratio needs steps that are even, as noise makes them; those of drawings are not."""

TURNED_FITS = 1.3
"""... and a slice that, once turned, is as near as its neighbours are to theirs, to this factor;
after a mere shift it is not."""

BROKEN_HU = 50.0
BROKEN_RATIO = 2.0
"""Mean change from one slice to the next that breaks the picture, and how much more than the
steps beside it. In real axial scans a step is up to 1.2 times that beside it, at 5 mm too; only
these are judged, for sagittal and coronal slices enter a flat skin at once."""

NOISE_HU = 3.0
"""Median difference of the tissue of neighbouring slices that noise makes at least; of drawn
slices most pixels are alike, and two slices for good reason."""

WOVEN_SHARE = 0.5
"""With more odd slices than this, two volumes take turns."""

FEWEST_JUDGED = 6
"""Fewer inner slices than this cannot show a weave."""

RESCALE_JUMP_HU = 3.0
"""Median change of tissue between neighbours where slope or intercept changes; about 0 in real
scans."""

TISSUE_HU = -500
"""Air and filler do not tell a slope that changes; what is denser does."""

SWAPPED_GAIN = 0.2
"""How much better rows must correlate with rows and columns exchanged to call them swapped."""

HALVES_ALIKE = 0.5
"""Correlation of the left half of a picture with the right, not mirrored, that no body has."""

_JUDGED_SLICES = 8

_COMPARED_PIXELS = 128
"""Pictures are thinned to about so many pixels across before they are turned."""


def check_pictures(
    frames: Sequence[Frame],
    samples: NDArray[np.int16],
    hu: NDArray[np.int16],
    steps: tuple[int, int],
    digests: Sequence[bytes],
) -> list[GateFinding]:
    """Judge the slices against each other.

    Parameters
    ----------
    samples
        Every few pixels of each slice, shape ``(k, j, i)``.
    steps
        Row and column step of the samples.
    digests
        Of each slice; equal where two are the same to the last value.

    Raises
    ------
    StackRefusedError
        When rows and columns look swapped, or a rescale value is wrong for a slice.
    """
    _check_swapped(frames[0], hu)
    _check_rescale(frames, samples)
    odd = odd_slices(samples)
    judged = len(samples) - 2
    if judged >= FEWEST_JUDGED and len(odd) > WOVEN_SHARE * judged:
        detail = "every other picture agrees, its neighbours do not"
        raise StackRefusedError([finding(Code.SEVERAL_VOLUMES, detail)])
    notes = []
    for k, row in odd:
        where = "as a whole" if row is None else f"near row {row * steps[0] + 1}"
        shown = f"slice {k + 1} of {len(frames)}, {where}"
        notes.append(finding(Code.ODD_SLICE, shown, [frames[k].file.name]))
    axial = abs(frames[0].normal[2]) > AXIAL_COSINE
    even = axial and _differ_by_noise(*samples[len(samples) // 2 - 1 :][:2])
    turned = turned_slices(samples, hu, AXIAL_TURNED_RATIO if even else TURNED_RATIO)
    for where, chosen in turned:
        names = [frames[k].file.name for k in chosen]
        notes.append(finding(Code.TURNED_SLICES, where, names))
    named = {k for k, _ in odd} | {k for _, chosen in turned for k in (chosen[0], chosen[-1])}
    for k in broken_after(samples) if axial else ():
        there = all(_shows_something(samples[n], frames[n]) for n in (k, k + 1))
        if there and not named.intersection((k, k + 1)):
            shown = f"from slice {k + 1} to {k + 2} of {len(frames)}"
            names = [frames[k].file.name, frames[k + 1].file.name]
            notes.append(finding(Code.BROKEN_PICTURE, shown, names))
    repeated = repeated_pictures(samples, digests)
    if repeated:
        first = ", ".join(str(k + 1) for k in repeated[0][:5])
        shown = f"slices {first} of {len(frames)}"
        if more := len(repeated) - 1:
            shown += f", and {more} more such group{'s' if more > 1 else ''}"
        names = [frames[k].file.name for alike in repeated for k in alike]
        notes.append(finding(Code.REPEATED_PICTURE, shown, names))
    doubt = doubt_of_hu(samples)
    if doubt:
        notes.append(finding(Code.HU_DOUBTFUL, doubt))
    return notes


def odd_slices(samples: NDArray[np.int16]) -> list[tuple[int, int | None]]:
    """Return slices, and a row in each, that differ from two neighbours which agree.

    The mean absolute difference along each row is compared: bit rot and lost blocks damage
    whole rows, anatomy and noise do not. No row is given for a slice that differs as a whole,
    such as one that is turned over. End slices have one neighbour and are not judged.
    """
    if len(samples) < 3:
        return []
    step = _row_differences(samples, 1)
    across = _row_differences(samples, 2)
    nearest = np.minimum(step[:-1], step[1:])
    odd = (nearest > ODD_ROW_HU) & (nearest > ODD_ROW_RATIO * across)
    whole = np.minimum(step[:-1].mean(axis=1), step[1:].mean(axis=1))
    unlike = (whole > ODD_SLICE_HU) & (whole > ODD_SLICE_RATIO * across.mean(axis=1))
    return [
        (int(k) + 1, int(odd[k].argmax()) if odd[k].any() else None)
        for k in np.flatnonzero(odd.any(axis=1) | unlike)
    ]


def _row_differences(samples: NDArray[np.int16], apart: int) -> NDArray[np.float64]:
    """Return the mean absolute difference of rows ``apart`` slices from each other."""
    rows = [
        np.abs(after.astype(np.int32) - before).mean(axis=1)
        for before, after in zip(samples[:-apart], samples[apart:], strict=True)
    ]
    return np.array(rows, dtype=np.float64)


def broken_after(samples: NDArray[np.int16]) -> list[int]:
    """Return the slices after which the picture does not go on, ends included."""
    if len(samples) < FEWEST_JUDGED:
        return []
    step = _row_differences(samples, 1).mean(axis=1)
    beside = np.maximum(np.append(0.0, step[:-1]), np.append(step[1:], 0.0))
    # An end has one step beside it, which chance may make small; the next counts too.
    beside[0], beside[-1] = max(step[1:3]), max(step[-3:-1])
    return np.flatnonzero((step > BROKEN_HU) & (step > BROKEN_RATIO * beside)).tolist()


def _shows_something(sample: NDArray[np.int16], frame: Frame) -> bool:
    """Tell apart the air beyond a body that ends from pixels that were never written, all zero."""
    unwritten = bool((sample == round(frame.intercept)).all())
    return unwritten or bool((sample > TISSUE_HU).any())


def repeated_pictures(samples: NDArray[np.int16], digests: Sequence[bytes]) -> list[list[int]]:
    """Return groups of slices with one picture; none where there is no noise to tell by."""
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    for k, digest in enumerate(digests):
        places[digest].append(k)
    groups = [alike for alike in places.values() if len(alike) > 1]
    return [alike for alike in groups if _beside_differ(samples, alike)]


def _beside_differ(samples: NDArray[np.int16], alike: list[int]) -> bool:
    """Tell whether slices differ by noise from those beside them."""
    beside = {end + way for end in (alike[0], alike[-1]) for way in (-1, 1)}
    beside -= {-1, len(samples), *alike}
    here = samples[alike[0]]
    return bool(beside) and all(_differ_by_noise(here, samples[k]) for k in beside)


def _differ_by_noise(here: NDArray[np.int16], there: NDArray[np.int16]) -> bool:
    """Tell whether tissue differs as noise does: everywhere."""
    tissue = (here > TISSUE_HU) & (there > TISSUE_HU)
    difference = np.abs(here.astype(np.int32) - there)[tissue]
    return bool(difference.size and np.median(difference) >= NOISE_HU)


def turned_slices(
    samples: NDArray[np.int16], hu: NDArray[np.int16], ratio: float = TURNED_RATIO
) -> list[tuple[str, range]]:
    """Return slices that fit those beside them only when turned or mirrored, and how.

    The stack is cut where a picture differs more from the one before than their neighbours do,
    and where that one fits clearly better turned. Every other part is turned against the
    longest. This finds the first and the last slice, and several side by side, of which each
    has a neighbour that agrees with it.
    """
    step = np.append(_row_differences(samples, 1).mean(axis=1), 0.0)
    beside = np.maximum(np.roll(step, 1), np.roll(step, -1))[:-1]
    jumps = np.flatnonzero((step[:-1] > ODD_SLICE_HU) & (step[:-1] > ratio * beside))
    cuts: dict[int, str] = {}
    for k in jumps:
        how, gain = _best_turn(hu[k], hu[k + 1])
        if gain > ratio and (gain > TURNED_RATIO or step[k] / gain < TURNED_FITS * beside[k]):
            cuts[int(k) + 1] = how
    ends = [0, *cuts, len(hu)]
    parts = [range(first, end) for first, end in pairwise(ends)]
    longest = max(range(len(parts)), key=lambda place: len(parts[place]))
    return [
        (
            f"slices {part[0] + 1} to {part[-1] + 1} of {len(hu)}, "
            f"{cuts.get(part[0]) or cuts[part[-1] + 1]}",
            part,
        )
        for place, part in enumerate(parts)
        if (place - longest) % 2
    ]


def _best_turn(plane: NDArray[np.int16], other: NDArray[np.int16]) -> tuple[str, float]:
    """Say how ``other`` must be turned to fit ``plane`` best, and how much better it then fits."""
    thin = max(1, max(plane.shape) // _COMPARED_PIXELS)
    here = plane[thin // 2 :: thin, thin // 2 :: thin].astype(np.int32)
    there = other[thin // 2 :: thin, thin // 2 :: thin].astype(np.int32)
    differences = {
        how: float(np.abs(here - turned).mean())
        for how, turned in _turned(there).items()
        if turned.shape == here.shape
    }
    best = min(differences, key=lambda how: differences[how])
    as_it_is = float(np.abs(here - there).mean())
    return best, as_it_is / max(differences[best], 1e-9)


def _turned(plane: NDArray[np.int32]) -> dict[str, NDArray[np.int32]]:
    """Return the picture in the seven ways it can be turned and mirrored."""
    return {
        "mirrored from side to side": plane[:, ::-1],
        "mirrored up and down": plane[::-1],
        "turned by 180 degrees": plane[::-1, ::-1],
        "turned by 90 degrees": np.rot90(plane),
        "turned by 270 degrees": np.rot90(plane, 3),
        "with rows and columns exchanged": plane.T,
        "turned and mirrored": plane[::-1, ::-1].T,
    }


def _check_rescale(frames: Sequence[Frame], samples: NDArray[np.int16]) -> None:
    """Where slope or intercept changes from slice to slice, the HU must not.

    They jump where one is wrong. Where all creep, no jump is large, but the slices would fit
    each other better had nothing changed.
    """
    wrong, changed = [], []
    jumps, unchanged_jumps = [], []
    for k in range(len(frames) - 1):
        before, after = frames[k], frames[k + 1]
        if (before.slope, before.intercept) == (after.slope, after.intercept):
            continue
        here, there = samples[k].astype(np.float64), samples[k + 1].astype(np.float64)
        stored = (there - after.intercept) / after.slope
        as_before = stored * before.slope + before.intercept
        seen = (here > TISSUE_HU) | (there > TISSUE_HU)
        seen = seen if seen.any() else np.ones_like(seen)
        jumps.append(float(np.median((there - here)[seen])))
        unchanged_jumps.append(float(np.median((as_before - here)[seen])))
        changed += [before.file.name, after.file.name]
        if abs(jumps[-1]) > RESCALE_JUMP_HU:
            wrong += changed[-2:]
    if not wrong and _creeps(jumps, unchanged_jumps):
        wrong = changed
    if wrong:
        raise StackRefusedError([finding(Code.RESCALE_JUMP, files=wrong)])


def _creeps(jumps: list[float], unchanged: list[float]) -> bool:
    """Tell whether small jumps add up that would not be there had the rescale not changed."""
    total, other = abs(sum(jumps)), abs(sum(unchanged))
    worse = sum(jump**2 for jump in jumps) > sum(jump**2 for jump in unchanged)
    return worse and total > RESCALE_JUMP_HU + 2.0 * other


def _check_swapped(frame: Frame, hu: NDArray[np.int16]) -> None:
    """Rows read with the wrong length do not resemble the rows beside them.

    Rows of twice their length do, but then each half resembles the other even more.
    """
    chosen = np.unique(np.linspace(0, len(hu) - 1, _JUDGED_SLICES).astype(int))
    as_read = float(np.mean([_row_correlation(hu[k]) for k in chosen]))
    other = max(
        float(np.mean([_row_correlation(hu[k].reshape(-1, length)) for k in chosen]))
        for length in {frame.rows, 2 * frame.columns}
        if frame.pixel_count % length == 0
    )
    half = frame.columns // 2
    halves = np.mean([_correlation(hu[k][:, :half], hu[k][:, half : 2 * half]) for k in chosen])
    if other > as_read + SWAPPED_GAIN or halves > max(as_read, HALVES_ALIKE):
        raise StackRefusedError([finding(Code.SWAPPED_MATRIX, f"{frame.columns} x {frame.rows}")])


def _row_correlation(plane: NDArray[np.int16]) -> float:
    """Return the correlation of each pixel with the one below it, in some of the rows."""
    step = max(1, len(plane) // _COMPARED_PIXELS)
    above, below = plane[:-1:step], plane[1::step]
    return _correlation(above, below) if np.ptp(plane) else 1.0


def _correlation(some: NDArray[np.int16], others: NDArray[np.int16]) -> float:
    """Return the correlation of two pictures, 0 where one of them is empty."""
    a, b = (values.astype(np.float64).ravel() for values in (some, others))
    a -= a.mean()
    b -= b.mean()
    power = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / power if power > 0.0 else 0.0
