"""Asks the picture whether the spine's posterior side lies where the header puts posterior.

A patient who lay face down but was entered as face up has a header that agrees with itself and
exchanges left and right. Three cues that know nothing of each other look at thinned slices: how
far the column lies from either skin, on which side a spinous process stands out, and which way
a drawn vertebra fits best. Each may stay silent. It takes two to contradict the header and none
that agrees with it, because a false alarm on a sound scan teaches people to click it away.

Bone is the same on the left and the right: a picture that is only mirrored is not found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from planner.imaging.spine_blocks import Block, blocks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

DRAWN_HU = 1000

ENOUGH = 2
"""What the cues must weigh to contradict.

With this much agreement the slow one, shape, is not asked; nor where the others are silent, for
alone it cannot contradict.
"""


class Facing(StrEnum):
    """Where the posterior side of the spine lies, by the picture."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """What each cue says: +1 posterior is where the header has it, -1 it is not, 0 silent.

    The process weighs 2 where it stands out in many places and always on one side.
    """

    skin: int
    process: int
    shape: int

    @property
    def facing(self) -> Facing:
        """Weigh the cues."""
        said = (self.skin, self.process, self.shape)
        if max(said) <= 0 and sum(said) <= -ENOUGH:
            return Facing.CONTRADICTS
        if min(said) >= 0 and sum(said) > 0:
            return Facing.AGREES
        return Facing.UNKNOWN


def facing_of(hu: NDArray[np.int16], geometry: VolumeGeometry) -> Facing:
    """Tell whether the picture's posterior is the header's; ``hu`` has shape ``[k, j, i]``."""
    return posterior_cues(hu, geometry).facing


def facing_of_outlines(labels: NDArray[np.uint8], geometry: VolumeGeometry) -> Facing:
    """Tell the same from outlines of whole vertebrae, which hold nothing but bone."""
    drawn = np.where(labels > 0, DRAWN_HU, 0).astype(np.int16)
    return posterior_cues(drawn, geometry).facing


def posterior_cues(hu: NDArray[np.int16], geometry: VolumeGeometry) -> Cues:
    """Return what the picture says of the header's posterior.

    Parameters
    ----------
    hu
        Shape ``[k, j, i]``.
    """
    blocks = blocks_of(hu, geometry)
    skin, process = skin_cue(blocks), process_cue(blocks)
    settled = min(skin, process) >= 0 and skin + process >= ENOUGH
    silent = skin == process == 0
    shape = 0 if settled or silent else shape_cue(blocks)
    return Cues(skin=skin, process=process, shape=shape)


FEWEST_VOTES = 2
MAJORITY = 0.75
"""Blocks that have an opinion must be this many and agree to this part."""


def _majority(votes: list[int]) -> int:
    """Return what nearly all blocks with an opinion say; 0 when they do not agree."""
    given = len(votes) - votes.count(0)
    for side in (1, -1):
        if given >= FEWEST_VOTES and votes.count(side) >= MAJORITY * given:
            return side
    return 0


SKIN_HALF_WIDTH_MM = 25.0
THICKER_THAN_A_TABLE_MM = 15.0
BODY_DEPTH_MM = 150.0
"""Less than this from skin to skin is a cropped field of view, not a trunk."""

NEARER = 0.65
"""The column is near one skin when its distance is this part of that to the other."""


def skin_cue(blocks: list[Block]) -> int:
    """Tell on which side of the body the column lies; in a trunk that is the back."""
    return _majority([_skin_vote(block) for block in blocks])


def _skin_vote(block: Block) -> int:
    """Return +1 where the column is nearer to posterior skin, -1 to anterior, 0 if neither."""
    y_mm, x_mm = block.pixel_mm
    x = (np.arange(block.tissue.shape[2]) - block.column[1]) * x_mm
    rows = block.tissue[:, :, np.abs(x) < SKIN_HALF_WIDTH_MM].mean(axis=(0, 2)) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate(([False], rows, [False])).astype(np.int8)))
    runs = [
        (first, end)
        for first, end in edges.reshape(-1, 2)
        if (end - first) * y_mm >= THICKER_THAN_A_TABLE_MM
    ]
    if not runs or runs[0][0] == 0 or runs[-1][1] == len(rows):
        return 0
    front_mm = (block.column[0] - runs[0][0]) * y_mm
    back_mm = (runs[-1][1] - block.column[0]) * y_mm
    if min(front_mm, back_mm) <= 0.0 or front_mm + back_mm < BODY_DEPTH_MM:
        return 0
    return int(back_mm < NEARER * front_mm) - int(front_mm < NEARER * back_mm)


PROCESS_HALF_WIDTH_MM = 6.0
BESIDE_MM = (9.0, 24.0)
SEEN = 0.22
"""Share of a block's planes in which bone must be met; noise is met in fewer."""

NARROW = 0.5
"""A row is narrow where bone beside the middle is met less than this part as often."""

GAP_MM = 12.0
STANDS_OUT_MM = 9.0
"""On the digital spines and three patients the process stands out by 9 to 28 mm more than
anything at the front of a body."""

SURE_PROCESSES = 3


def process_cue(blocks: list[Block]) -> int:
    """Tell on which side narrow bone stands out; 2 where enough blocks say so with one voice."""
    votes = [_process_vote(block) for block in blocks]
    sure = len(votes) - votes.count(0) >= SURE_PROCESSES and not (1 in votes and -1 in votes)
    return (2 if sure else 1) * _majority(votes)


def _process_vote(block: Block) -> int:
    """Return +1 where narrow bone stands out behind, -1 in front, 0 nowhere."""
    behind, before = standing_out_mm(block.bone.mean(axis=0), block.pixel_mm, block.column)
    return int(behind - before >= STANDS_OUT_MM) - int(before - behind >= STANDS_OUT_MM)


def standing_out_mm(
    share: NDArray[np.float64], pixel_mm: tuple[float, float], column: tuple[float, float]
) -> tuple[float, float]:
    """Return the length of narrow bone at the high and the low end of the rows round a column."""
    pairs = (share[:, :-1] + share[:, 1:]) / 2.0
    off_mm = np.abs(np.arange(pairs.shape[1]) + 0.5 - column[1]) * pixel_mm[1]
    nearest, farthest = BESIDE_MM
    middle = pairs[:, off_mm <= PROCESS_HALF_WIDTH_MM].max(axis=1, initial=0.0)
    beside = pairs[:, (off_mm > nearest) & (off_mm <= farthest)].max(axis=1, initial=0.0)
    ends = _run_round(np.maximum(middle, beside) > SEEN, column[0], GAP_MM / pixel_mm[0])
    if ends is None:
        return 0.0, 0.0
    first, last = ends
    wide = beside[first : last + 1] >= NARROW * np.maximum(middle[first : last + 1], SEEN)
    if not wide.any():
        return 0.0, 0.0
    return float(wide[::-1].argmax()) * pixel_mm[0], float(wide.argmax()) * pixel_mm[0]


def _run_round(rows: NDArray[np.bool_], centre: float, gap: float) -> tuple[int, int] | None:
    """Return first and last of the true rows round ``centre`` that lie within ``gap``."""
    index = np.flatnonzero(rows)
    if not index.size:
        return None
    nearest = int(np.abs(index - centre).argmin())
    if abs(index[nearest] - centre) > gap:
        return None
    breaks = np.flatnonzero(np.diff(index) > gap)
    first = max((int(at) + 1 for at in breaks if at < nearest), default=0)
    last = min((int(at) for at in breaks if at >= nearest), default=len(index) - 1)
    return int(index[first]), int(index[last])


WINDOW_MM = 48.0
SEARCH_MM = 15.0
SCALES = (0.8, 1.0)
"""A thoracic and a lumbar vertebra."""

FLAT = 0.1
"""Standard deviation of the share of bone below which there is nothing to fit."""

FITS = 0.6
FITS_BETTER_BY = 0.06


def shape_cue(blocks: list[Block]) -> int:
    """Fit a drawn vertebra in all four directions; count where one fits clearly best."""
    return _majority([_shape_vote(block) for block in blocks])


def _shape_vote(block: Block) -> int:
    """Return +1 where the vertebra fits as the header says, -1 where it fits turned."""
    share = block.bone.mean(axis=0)
    half = [round(WINDOW_MM / mm) for mm in block.pixel_mm]
    reach = [round(SEARCH_MM / mm) for mm in block.pixel_mm]
    pad = [(h + r, h + r) for h, r in zip(half, reach, strict=True)]
    padded = np.pad(share, pad)
    y, x = (round(place) for place in block.column)
    region = padded[y : y + 2 * (half[0] + reach[0]) + 1, x : x + 2 * (half[1] + reach[1]) + 1]
    windows = sliding_window_view(region, (2 * half[0] + 1, 2 * half[1] + 1))
    flat = np.ascontiguousarray(windows).reshape(-1, windows.shape[2] * windows.shape[3])
    behind, left = np.meshgrid(
        *(np.arange(-h, h + 1) * mm for h, mm in zip(half, block.pixel_mm, strict=True)),
        indexing="ij",
    )
    as_stated, *turned = (
        max(_best_fit(flat, *_vertebra(y / scale, x / scale)) for scale in SCALES)
        for y, x in ((behind, left), (-behind, left), (left, behind), (-left, behind))
    )
    if as_stated >= FITS and as_stated >= max(turned) + FITS_BETTER_BY:
        return 1
    return -int(max(turned) >= FITS and max(turned) >= as_stated + FITS_BETTER_BY)


def _vertebra(
    y_mm: NDArray[np.float64], x_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Draw how often bone is met over the height of a vertebra, and where that counts.

    ``y_mm`` grows to posterior from the back of the body, ``x_mm`` sideways.
    """
    y = y_mm + 18.0
    body = np.hypot(x_mm / 22.0, y / 16.0)
    bone = np.where(body < 1.0, 0.7, 0.0)
    bone[(body > 0.8) & (body < 1.05)] = 1.0
    bone[(np.hypot(x_mm / 20.0, (y - 27.0) / 15.0) < 1.0) & (y > 14.0)] = 0.8
    bone[np.hypot(x_mm / 12.0, (y - 25.0) / 9.0) < 1.0] = 0.1
    bone[(np.abs(x_mm) < 4.0) & (y > 38.0) & (y < 62.0)] = 0.6
    off = np.abs(x_mm)
    bone[(off > 18.0) & (off < 34.0) & (np.abs(y - 27.0) < 6.0)] = 0.3
    return bone, np.hypot(x_mm / 38.0, (y - 18.0) / 48.0) < 1.0


def _best_fit(
    windows: NDArray[np.float64], bone: NDArray[np.float64], counts: NDArray[np.bool_]
) -> float:
    """Return the highest correlation of the drawing with any window; 0 where nothing varies."""
    seen = windows[:, counts.ravel()]
    drawn = bone[counts] - bone[counts].mean()
    spread = np.sqrt(((seen - seen.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))
    varied = spread > FLAT * np.sqrt(counts.sum())
    if not varied.any():
        return 0.0
    fits = (seen[varied] @ drawn) / spread[varied]
    return float(fits.max() / np.sqrt((drawn**2).sum()))
