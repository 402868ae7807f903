"""Names the parts of one vertebra, by rules in its own frame round its pedicles."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra

Box = tuple[slice, slice, slice]


class VertebraPart(IntEnum):
    """A part of a vertebra; the value is its number in a label volume."""

    BODY = 1
    PEDICLE_LEFT = 2
    PEDICLE_RIGHT = 3
    TRANSVERSE_LEFT = 4
    TRANSVERSE_RIGHT = 5
    LAMINA_LEFT = 6
    LAMINA_RIGHT = 7
    ARTICULAR_LEFT = 8
    ARTICULAR_RIGHT = 9
    SPINOUS = 10

    @property
    def words(self) -> str:
        """The part in words, such as ``pedicle left``."""
        return self.name.lower().replace("_", " ")


BEHIND_ISTHMUS_MM = 4.0
"""A pedicle goes on this far behind its narrowest section."""

BESIDE_PEDICLE_MM = 2.0
"""A transverse process begins this far lateral to the outer wall of the pedicle."""

HALF_SPINOUS_MM = 6.0
LAMINA_MM = 7.0
"""Thickness of the laminae behind the canal; what lies behind them in the middle is spinous."""


def vertebra_parts(anatomy: Anatomy, level: Level) -> tuple[Box, NDArray[np.uint8]]:
    """Return the index box of a vertebra on the anatomy's grid and its parts in that box.

    Raises
    ------
    UsageError
        When the level is not outlined or lacks a pedicle: then the parts cannot be told.
    """
    vertebra = anatomy.vertebrae.get(level)
    found = ndimage.find_objects((anatomy.labels == level.verse_label).astype(np.uint8))
    if vertebra is None or not found:
        raise UsageError(f"{level} is not outlined")
    if len(vertebra.pedicles) < len(Side):
        raise UsageError(f"a pedicle of {level} was not found, so its parts cannot be told")
    box: Box = (found[0][0], found[0][1], found[0][2])
    whole = anatomy.labels[box] == level.verse_label
    parts = np.zeros(whole.shape, np.uint8)
    index = np.argwhere(whole)
    points = anatomy.geometry.lps_mm(
        (index + [axis.start for axis in box])[:, ::-1].astype(np.float64)
    )
    left, forward, up = _in_frame(vertebra, points)
    body = anatomy.bodies[box][whole] == level.verse_label
    parts[whole] = _named(vertebra, left, forward, up, body)
    return box, parts


def _in_frame(
    vertebra: Vertebra, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance to the left, forward and up from the body's centre, mm."""
    axes = np.array((vertebra.left, vertebra.anterior, vertebra.superior))
    local = (points - vertebra.body_centre.array) @ axes.T
    return local[:, 0], local[:, 1], local[:, 2]


def _named(
    vertebra: Vertebra,
    left: NDArray[np.float64],
    forward: NDArray[np.float64],
    up: NDArray[np.float64],
    body: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Return the part of every voxel."""
    out = np.zeros(len(left), np.uint8)
    inner = min(_place(vertebra, p)[0] * p.side.sign - 0.5 * p.width_mm.best
                for p in vertebra.pedicles.values())  # fmt: skip
    middle = (np.abs(left) < min(HALF_SPINOUS_MM, max(2.0, inner))) & ~body
    # The canal is open in front of the laminae, so the first bone in the midline is theirs.
    behind = forward < float(np.mean([_place(vertebra, p)[1] for p in vertebra.pedicles.values()]))
    arch = middle & behind
    front_of_arch = float(np.percentile(forward[arch], 95)) if arch.any() else float("-inf")
    for side, pedicle in vertebra.pedicles.items():
        is_left = side is Side.LEFT
        mine = (left > 0.0) == is_left
        lateral = left * side.sign
        across, along, height = _place(vertebra, pedicle)
        outer = across * side.sign + 0.5 * pedicle.width_mm.best
        half = 0.5 * pedicle.height_mm.best
        names = (
            (VertebraPart.LAMINA_LEFT, VertebraPart.ARTICULAR_LEFT, VertebraPart.TRANSVERSE_LEFT,
             VertebraPart.PEDICLE_LEFT)
            if is_left
            else (VertebraPart.LAMINA_RIGHT, VertebraPart.ARTICULAR_RIGHT,
                  VertebraPart.TRANSVERSE_RIGHT, VertebraPart.PEDICLE_RIGHT)
        )  # fmt: skip
        lamina, articular, transverse, own = names
        out[mine] = lamina
        joint = (up > height + half) | (up < height - half - 0.6 * vertebra.body_size_mm[2])
        out[mine & joint & (lateral > 0.5 * inner)] = articular
        out[mine & (lateral > outer + BESIDE_PEDICLE_MM) & (np.abs(up - height) < 1.5 * half)] = (
            transverse
        )
        near = (forward > along - BEHIND_ISTHMUS_MM) & (np.abs(up - height) <= half + 1.0)
        out[mine & near & (lateral <= outer + BESIDE_PEDICLE_MM) & (lateral > inner - 2.0)] = own
    out[middle & (forward < front_of_arch - LAMINA_MM)] = VertebraPart.SPINOUS
    out[body] = VertebraPart.BODY
    return out


def _place(vertebra: Vertebra, pedicle: Pedicle) -> tuple[float, float, float]:
    """Return the isthmus in the frame of the vertebra."""
    left, forward, up = _in_frame(vertebra, pedicle.isthmus.array[None])
    return float(left[0]), float(forward[0]), float(up[0])
