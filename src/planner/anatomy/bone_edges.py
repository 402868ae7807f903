"""Where bone ends along rays: read from the CT, between the last cortex and soft tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import sample
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.geometry.points import Vector

EDGE_SHARE = 0.7
"""A bone's edge is where HU fall to this share of the way from soft tissue to its cortex.

Half is right for thick bone only; behind a cortex thinner than the blur it lies outside, which
would make a pedicle wide. More than half errs to the narrow side.
"""

LEAST_CORTEX_OVER_SOFT_HU = 150.0
"""Below this no cortex is seen, as beside a lytic lesion, and the outline has to serve."""

STEP_MM = 0.25
_LONGEST_MM = 24.0
_CORTEX_WITHIN_MM = 4.0
_OUTSIDE_MM = 3.0
_GAP_SHARE, _GAP_MM = 0.4, 2.0
_ENDED_SHARE = 0.25
"""Between a cortex and a rib that does not touch it the mean of rays falls to less than this; the
marrow between two cortices of one pedicle is denser, or less dense than a gap from the start."""

_CREST_SHARE = 0.15
"""A cortex between two marrows stands out by this share of its own height above soft tissue."""

_CALM_SECTIONS = 3
"""A crest is looked for in the mean of the rays of so many sections: a grain of marrow is a crest
of one ray, a cortex of all."""

_OWN_CREST_MM = 0.75
"""A ray's own crest lies within this of that of the mean: a pedicle is round."""

_BEYOND_CREST_MM = 0.45
"""The edge lies 0.25 mm beyond the crest of two cortices that touch, and 0.75 mm beyond where a
gap between them is blurred."""

_BEHIND_EDGE_MM = 2.0
"""This far behind a bone's edge one is in what lies there, whatever the blur."""

_OUTLINE_BIAS_MM = 0.4
_LOWEST_SOFT_HU = -120.0
_SOFT_ROOM_HU = 30.0


class BoneEdges:
    """The outline and the CT about one vertebra, to be asked along rays."""

    __slots__ = ("_canal", "_geometry", "_model", "_share")

    def __init__(self, model: SpineModel, number: int, box: Box) -> None:
        self._model = model
        self._share = (model.vertebrae[box] == number).astype(np.float32)
        self._canal = model.canal[box].astype(np.float32)
        size = self._share.shape
        self._geometry = model.volume.geometry.cropped(
            (box[2].start, box[1].start, box[0].start), (size[2], size[1], size[0])
        )

    def along(
        self,
        starts: Vector,
        direction: Vector,
        *,
        rib_beside: bool = False,
    ) -> NDArray[np.float64]:
        """Return how far bone reaches from each start, NaN where the start is not in it.

        Parameters
        ----------
        starts
            LPS, shape ``(..., 3)``; for ``rib_beside`` ``(sections, heights, 3)``.
        rib_beside
            Whether a rib may lie against this bone on this way, cortex on cortex.
        """
        model = self._model
        ray = np.arange(0.0, _LONGEST_MM, STEP_MM)
        points = starts[..., None, :] + ray[:, None] * direction
        inside = sample(self._share, self._geometry, points, outside=0.0) > 0.5
        hu = sample(model.ct.hu, model.ct.geometry, points)
        calm = hu
        if rib_beside:
            calm = _calmed(hu)
        out = np.empty(starts.shape[:-1])
        _edges(
            hu.reshape(-1, len(ray)),
            calm.reshape(-1, len(ray)),
            inside.reshape(-1, len(ray)),
            model.soft_hu,
            rib_beside,
            out.reshape(-1),
        )
        return out

    def canal_behind(
        self, starts: Vector, direction: Vector, edges_mm: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return whether the canal lies just behind the edge of bone on each ray."""
        ends = starts + (np.nan_to_num(edges_mm) + _BEHIND_EDGE_MM)[..., None] * direction
        return np.asarray(sample(self._canal, self._geometry, ends, outside=0.0) > 0.5)


def _calmed(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rays, shape ``(sections, heights, n)``, as the mean of their section and the next."""
    mean = ndimage.uniform_filter1d(hu.mean(axis=1), _CALM_SECTIONS, axis=0, mode="nearest")
    return np.ascontiguousarray(np.broadcast_to(mean[:, None], hu.shape))


@kernel
def _edges(
    hu: NDArray[np.float32],
    calm: NDArray[np.float32],
    inside: NDArray[np.bool_],
    soft_hu: float,
    rib_beside: bool,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the edge of each ray."""
    for n in range(hu.shape[0]):
        if inside[n, 0] or inside[n, 1] or inside[n, 2]:
            out[n] = _edge(hu[n], calm[n], inside[n], soft_hu, rib_beside)
        else:
            out[n] = np.nan


@kernel
def _edge(
    line: NDArray[np.float32],
    calm: NDArray[np.float32],
    solid: NDArray[np.bool_],
    soft_hu: float,
    rib_beside: bool,
) -> float:
    """Return where bone ends on one ray that starts in it; ``calm`` shows it without grain."""
    count = line.shape[0]
    end = 2
    while end < count - 1 and solid[end]:
        end += 1
    outline = max(0.0, end * STEP_MM - _OUTLINE_BIAS_MM)
    first = max(0, end - int(_CORTEX_WITHIN_MM / STEP_MM))
    last = min(count, end + int(_OUTSIDE_MM / STEP_MM) + 1)
    peak = float(line[first : min(count, end + 3)].max())
    if peak < soft_hu + LEAST_CORTEX_OVER_SOFT_HU:
        return float(outline)
    soft = min(max(float(line[first:last].min()), _LOWEST_SOFT_HU), soft_hu + _SOFT_ROOM_HU)
    level = soft + EDGE_SHARE * (peak - soft)
    # The first fall that is deep enough for a gap: behind it may lie a rib.
    gap = soft + _GAP_SHARE * (peak - soft)
    deep, own = int(_GAP_MM / STEP_MM), int(_OWN_CREST_MM / STEP_MM)
    if rib_beside:
        crest = _crest(calm, last, gap, _CREST_SHARE * (peak - soft))
        if crest >= 0:
            ended = _ended(line, calm, crest, gap, soft, peak)
            if ended >= 0.0:
                return ended
            near = max(0, crest - own)
            crest = near + int(line[near : min(crest + own + 1, last)].argmax())
            if line[crest : min(crest + 2 * deep, last)].min() >= gap:
                return crest * STEP_MM + _BEYOND_CREST_MM
            first = crest
    for n in range(first + 1, last):
        before, after = float(line[n - 1]), float(line[n])
        if before >= level > after and line[n : min(n + deep, last)].min() < gap:
            return (n - 1 + (before - level) / (before - after)) * STEP_MM
    return float(outline)


@kernel
def _ended(
    line: NDArray[np.float32],
    calm: NDArray[np.float32],
    crest: int,
    gap: float,
    soft: float,
    peak: float,
) -> float:
    """Return where bone ended before a crest that is another's, mm; -1 where it did not."""
    densest = line[0]
    for n in range(1, crest):
        densest = max(densest, line[n])
        if densest >= gap and calm[n] < soft + _ENDED_SHARE * (peak - soft):
            level = soft + EDGE_SHARE * (densest - soft)
            for m in range(1, n + 1):
                if line[m - 1] >= level > line[m]:
                    return float(
                        (m - 1 + (line[m - 1] - level) / (line[m - 1] - line[m])) * STEP_MM
                    )
            return 0.0
    return -1.0


@kernel
def _crest(line: NDArray[np.float32], end: int, least: float, rise: float) -> int:
    """Return where HU first stand ``rise`` above what comes before and after; -1 if nowhere."""
    lowest, crest = line[0], 0
    for n in range(1, end):
        if line[n] < lowest:
            lowest, crest = line[n], n
        elif line[n] > line[crest]:
            crest = n
        elif line[crest] - line[n] >= rise:
            if line[crest] >= least and line[crest] - lowest >= rise:
                return crest
            lowest, crest = line[n], n
    return -1
