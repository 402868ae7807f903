"""From stored values to Hounsfield units, one slice at a time and in place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code
from planner.imaging.digest import slice_digest
from planner.imaging.frames import Frame, FrameRefusedError, PixelFormat

if TYPE_CHECKING:
    from numpy.typing import NDArray

AIR_HU = -1000
"""What a padded pixel is shown as; it is also marked as outside the scan."""

HIGHEST_PADDING_HU = -900
"""A padding value above this is tissue or fat, not emptiness, and is not applied."""

UNDECLARED_FILLER_HU = -1100
"""Corners below this are filler that the header does not declare: air is -1000."""

UNEVEN_FILLER_HU = -1500
"""Corners that differ are filler below this: scanners fill with -2000, -2048 or -3024."""

BEYOND_FIELD_SHARE = 0.95
"""Share of the corners that must be padding before air-valued padding means "not seen"."""

_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceFacts:
    """What one slice shows once converted.

    Attributes
    ----------
    outside
        Padded pixels, shape ``[j, i]``, or ``None`` when there are none.
    sample
        Every few pixels of the slice, for comparing slices.
    padding_ignored
        The declared padding value is that of tissue and was not applied.
    """

    digest: bytes
    outside: NDArray[np.bool_] | None
    sample: NDArray[np.int16]
    padding_ignored: bool


def sample_steps(rows: int, columns: int) -> tuple[int, int]:
    """Return the row and column step of ``SliceFacts.sample``."""
    return max(1, rows // 128), max(1, columns // 64)


def to_hu(target: NDArray[np.int16], frame: Frame) -> SliceFacts:
    """Turn the 16-bit words in ``target``, shape ``[j, i]``, into HU in place.

    Raises
    ------
    FrameRefusedError
        When a value lies outside the stated bits, or its HU outside int16.
    """
    words = target.view(np.uint16)
    outside = _padded(words, frame.pixels)
    ignored = False
    if outside is not None:
        padding_hu = _padding_hu(frame)
        if padding_hu > HIGHEST_PADDING_HU:
            ignored, outside = True, None
        elif padding_hu > UNDECLARED_FILLER_HU:
            outside = _beyond_field(outside)
    signed = _within_bits(words, frame, outside)
    _rescale(target, frame, outside, signed=signed)
    filler = _filler(target)
    if filler is not None:
        outside = filler if outside is None else outside | filler
    if outside is not None:
        target[outside] = AIR_HU
    row_step, column_step = sample_steps(frame.rows, frame.columns)
    return SliceFacts(
        digest=slice_digest(target),
        outside=outside,
        sample=target[::row_step, ::column_step].copy(),
        padding_ignored=ignored,
    )


def _padded(words: NDArray[np.uint16], pixels: PixelFormat) -> NDArray[np.bool_] | None:
    """Find declared padding; ``None`` when no pixel has it."""
    if pixels.padding is None:
        return None
    low, high = pixels.padding
    if low == high:
        mask = words == np.uint16(low & 0xFFFF)
    else:
        values = words.view(np.int16) if pixels.signed else words
        mask = (values >= low) & (values <= high)
    return np.asarray(mask) if mask.any() else None


def _beyond_field(padded: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Keep padding outside the round field of view, if all of that is padding.

    Where the padding value is that of air, air inside the field has it too and was seen.
    """
    beyond = _outside_circle(padded.shape[0], padded.shape[1])
    if not beyond.any() or padded[beyond].mean() < BEYOND_FIELD_SHARE:
        return None
    return np.asarray(padded & beyond)


@cache
def _outside_circle(rows: int, columns: int) -> NDArray[np.bool_]:
    """Mark the pixels outside the ellipse that touches the edges, shape ``[j, i]``."""
    j, i = np.ogrid[:rows, :columns]
    y, x = (2 * j + 1) / rows - 1.0, (2 * i + 1) / columns - 1.0
    return np.asarray(x**2 + y**2 > 1.0)


def _padding_hu(frame: Frame) -> float:
    """Return the HU the lowest-density end of the padding would have as tissue."""
    ends = frame.pixels.padding or (0, 0)
    return max(frame.slope * value + frame.intercept for value in ends)


def _within_bits(
    words: NDArray[np.uint16], frame: Frame, outside: NDArray[np.bool_] | None
) -> bool:
    """Check that values fit BitsStored, extend the sign; tell whether words are signed now."""
    pixels = frame.pixels
    bits = pixels.bits_stored
    if bits == 16:
        return pixels.signed
    limit = 1 << bits
    if pixels.overlay_in_high_bits:
        words &= np.uint16(limit - 1)
    if pixels.signed:
        values = words.view(np.int16)
        low, high = int(values.min()), int(values.max())
        if outside is not None and (low < -limit // 2 or high >= limit // 2):
            low, high = _range_where(values, ~outside)
        if low >= 0 and limit // 2 <= high < limit:
            values[values >= limit // 2] -= limit
            _check_sign(values, frame, outside)
        elif low < -limit // 2 or high >= limit // 2:
            raise FrameRefusedError(Code.BITS_OVERFLOW, f"BitsStored {bits}")
        return True
    high = int(words.max())
    if high >= limit and outside is not None:
        high = _range_where(words, ~outside)[1]
    if high >= limit:
        raise FrameRefusedError(Code.BITS_OVERFLOW, f"BitsStored {bits}")
    return False


def _check_sign(
    values: NDArray[np.int16], frame: Frame, outside: NDArray[np.bool_] | None
) -> None:
    """Refuse values that only a wrong sign flag puts below air; padding and filler may lie there.

    Unsigned pixels that are flagged as signed turn dense bone into less than nothing.
    """
    corners = {int(values[j, i]) for j in (0, -1) for i in (0, -1)}
    below = values * frame.slope + frame.intercept < UNDECLARED_FILLER_HU
    below &= ~np.isin(values, list(corners))
    if outside is not None:
        below &= ~outside
    if below.any():
        detail = f"signed in BitsStored {frame.pixels.bits_stored}, {int(below.sum())} below air"
        raise FrameRefusedError(Code.BITS_OVERFLOW, detail)


def _range_where(
    values: NDArray[np.int16] | NDArray[np.uint16], mask: NDArray[np.bool_]
) -> tuple[int, int]:
    kept = values[mask]
    return (int(kept.min()), int(kept.max())) if kept.size else (0, 0)


def _rescale(
    target: NDArray[np.int16], frame: Frame, outside: NDArray[np.bool_] | None, *, signed: bool
) -> None:
    """Apply slope and intercept in place, with no value wrapped."""
    values = target if signed else target.view(np.uint16)
    low, high = int(values.min()), int(values.max())
    whole = frame.slope == 1.0 and frame.intercept.is_integer()
    in_place = high <= _INT16.max and _fits(frame.intercept, frame.intercept)
    if whole and in_place and _fits(low + frame.intercept, high + frame.intercept):
        if frame.intercept:
            np.add(target, np.int16(frame.intercept), out=target)
        return
    hu = np.rint(values * frame.slope + frame.intercept)
    if outside is not None:
        hu[outside] = AIR_HU
    if not _fits(float(hu.min()), float(hu.max())):
        raise FrameRefusedError(Code.HU_RANGE, f"{hu.min():.0f} to {hu.max():.0f} HU")
    target[...] = hu


def _fits(low: float, high: float) -> bool:
    return bool(_INT16.min <= low and high <= _INT16.max)


def _filler(hu: NDArray[np.int16]) -> NDArray[np.bool_] | None:
    """Find filler outside the field of view that the header does not declare.

    After compression with loss filler is no longer one value; then all that is emptier than
    air counts, as long as the corners are far emptier: air whose scale is wrong is not.
    """
    corners = {int(hu[j, i]) for j in (0, -1) for i in (0, -1)}
    if len(corners) == 1:
        filler = corners.pop()
        return np.asarray(hu == filler) if filler < UNDECLARED_FILLER_HU else None
    return np.asarray(hu < UNDECLARED_FILLER_HU) if max(corners) < UNEVEN_FILLER_HU else None
