"""Looks at the pictures for what a header cannot show: damaged or turned slices, swapped sides."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code, finding
from planner.imaging.plausible_hu import doubt_of_hu
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

TURNED_RATIO = 1.5
"""A cut between turned slices differs by this much more than the steps beside it and than with
one side turned. Sections through a body are nowhere so much more alike turned than as they are."""

WOVEN_SHARE = 0.5
"""With more odd slices than this, two volumes take turns."""

FEWEST_JUDGED = 6
"""Fewer inner slices than this cannot show a weave."""

RESCALE_JUMP_HU = 3.0
"""Median change between neighbours where slope or intercept changes; about 0 in real scans."""

SWAPPED_GAIN = 0.2
"""How much better rows must correlate with rows and columns exchanged to call them swapped."""

_JUDGED_SLICES = 8

_COMPARED_PIXELS = 128
"""Pictures are thinned to about so many pixels across before they are turned."""


def check_pictures(
    frames: Sequence[Frame],
    samples: NDArray[np.int16],
    hu: NDArray[np.int16],
    steps: tuple[int, int],
) -> list[GateFinding]:
    """Judge the slices against each other.

    Parameters
    ----------
    samples
        Every few pixels of each slice, shape ``(k, j, i)``.
    steps
        Row and column step of the samples.

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
    for where, chosen in turned_slices(samples, hu):
        names = [frames[k].file.name for k in chosen]
        notes.append(finding(Code.TURNED_SLICES, where, names))
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


def turned_slices(samples: NDArray[np.int16], hu: NDArray[np.int16]) -> list[tuple[str, range]]:
    """Return slices that fit those beside them only when turned or mirrored, and how.

    The stack is cut where a picture differs more from the one before than their neighbours do,
    and where that one fits clearly better turned. Every other part is turned against the
    longest. This finds the first and the last slice, and several side by side, of which each
    has a neighbour that agrees with it.
    """
    step = np.append(_row_differences(samples, 1).mean(axis=1), 0.0)
    beside = np.maximum(np.roll(step, 1), np.roll(step, -1))[:-1]
    jumps = np.flatnonzero((step[:-1] > ODD_SLICE_HU) & (step[:-1] > TURNED_RATIO * beside))
    cuts = {int(k) + 1: how for k in jumps if (how := _turn_between(hu[k], hu[k + 1]))}
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


def _turn_between(plane: NDArray[np.int16], other: NDArray[np.int16]) -> str:
    """Say how ``other`` must be turned to fit ``plane`` clearly better; empty if it need not."""
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
    return best if as_it_is > TURNED_RATIO * differences[best] else ""


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
    """Where slope or intercept changes from slice to slice, the HU must not jump."""
    wrong = []
    for k in range(len(frames) - 1):
        before, after = frames[k], frames[k + 1]
        if (before.slope, before.intercept) == (after.slope, after.intercept):
            continue
        jump = float(np.median(samples[k + 1].astype(np.int32) - samples[k]))
        if abs(jump) > RESCALE_JUMP_HU:
            wrong += [before.file.name, after.file.name]
    if wrong:
        raise StackRefusedError([finding(Code.RESCALE_JUMP, files=wrong)])


def _check_swapped(frame: Frame, hu: NDArray[np.int16]) -> None:
    """Rows read with the wrong length do not resemble the rows beside them."""
    if frame.rows == frame.columns:
        return
    chosen = np.unique(np.linspace(0, len(hu) - 1, _JUDGED_SLICES).astype(int))
    as_read = np.mean([_row_correlation(hu[k]) for k in chosen])
    swapped = np.mean([_row_correlation(hu[k].reshape(hu.shape[2], -1)) for k in chosen])
    if swapped > as_read + SWAPPED_GAIN:
        raise StackRefusedError([finding(Code.SWAPPED_MATRIX, f"{frame.columns} x {frame.rows}")])


def _row_correlation(plane: NDArray[np.int16]) -> float:
    """Return the correlation of each pixel with the one below it."""
    above = plane[:-1].astype(np.float64).ravel()
    below = plane[1:].astype(np.float64).ravel()
    above -= above.mean()
    below -= below.mean()
    power = float(np.sqrt((above**2).sum() * (below**2).sum()))
    return float((above * below).sum()) / power if power > 0.0 else 1.0
