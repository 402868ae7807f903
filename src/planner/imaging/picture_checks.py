"""Looks at the pictures for what a header cannot show: a damaged slice, swapped sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code, finding
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

WOVEN_SHARE = 0.5
"""With more odd slices than this, two volumes take turns."""

FEWEST_JUDGED = 6
"""Fewer inner slices than this cannot show a weave."""

BODY_HU = (-200.0, 300.0)
"""Fat, soft tissue, blood and marrow; AIR_SEEN_HU of a volume file is its lower end."""

BODY_SHARE = 0.02
"""Part of a CT of a body that is so at least; a trunk has 30 to 90 %."""

EMPTIER_THAN_AIR_HU = -1100.0
EMPTIER_SHARE = 0.01
"""Noise below air; more of it is a shift, for filler is taken out before."""

RESCALE_JUMP_HU = 3.0
"""Median change between neighbours where slope or intercept changes; about 0 in real scans."""

SWAPPED_GAIN = 0.2
"""How much better rows must correlate with rows and columns exchanged to call them swapped."""

_JUDGED_SLICES = 8


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
    doubt = doubt_of_hu(samples)
    if doubt:
        notes.append(finding(Code.HU_DOUBTFUL, doubt))
    return notes


def doubt_of_hu(samples: NDArray[np.int16]) -> str:
    """Say why values cannot be the HU of a body; empty when they can."""
    low, high = BODY_HU
    lowest = int(samples.min())
    if lowest > low:
        return f"lowest value {lowest}"
    emptier = float((samples < EMPTIER_THAN_AIR_HU).mean())
    if emptier > EMPTIER_SHARE:
        return f"{emptier:.0%} lie below air"
    body = float(((samples >= low) & (samples <= high)).mean())
    if body < BODY_SHARE:
        return f"only {body:.1%} lie from {low:.0f} to {high:.0f}"
    return ""


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
