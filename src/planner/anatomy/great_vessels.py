"""Follows aorta and vena cava along the spine as round tubes in front of and beside the bodies.

A vessel is a disc of even HU with an edge all round, in nearly the same place in the next
section. Where the edge is not seen all round, the vessel is not said to be outlined: a wrong tube
is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.bilinear import bilinear
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.straight_spine import StraightSpine

STEP_MM = 3
"""A section is looked at every so many mm along the spine."""

RADII_MM = np.arange(7.5, 17.0, 1.0)
"""From a small aorta to one that is wide but no aneurysm; what is smaller is not looked for."""

BLOOD_HU = (15.0, 480.0)
"""Anaemic plain blood to an arterial phase."""

EDGE_HU = 25.0
"""Least fall of HU to the fat or lung outside that counts as an edge, after blur."""

EDGE_NOISES = 1.2
"""The fall must also exceed the scan's noise this many times."""

BONE_STEP_HU = 150.0
"""A rise this high counts as an edge too: the vessel lies on bone."""

UNEVEN_HU = 35.0
"""Standard deviation inside a vessel, after blur, at which nothing is left of its score."""

ANGLES = 24
AORTA_WALL_MM, CAVA_WALL_MM = 1.5, 3.0
"""Added to the found circle: the wall of the aorta, and the ellipse that a vena cava is."""

SURE_RIM = 0.62
"""Share of the circumference with an edge below which a stretch is not believed."""

LEAST_RIM = 0.45
"""The same for a single section."""

LEAST_LENGTH_MM = 36
"""A believed stretch shorter than this is chance."""

EVEN_OVER_MM = 21
"""The rim is averaged over this length before it is believed."""

LEAST_STRETCH = 0.95
"""Share of a level's height over which a vessel must be believed to be outlined there."""

_CANDIDATES = 50
_SHIFT_PRICE = 0.045
_SWELL_PRICE = 0.06
_LARGEST_SHIFT_MM = 6.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tube:
    """A vessel along the spine.

    Attributes
    ----------
    s_mm, v_mm, u_mm, radius_mm
        Shape ``(n,)``: its middle and radius in straightened coordinates, every 3 mm.
    wall_mm
        What is added to the radius, so that the vessel is rather too wide.
    believed
        bool, shape ``(n,)``: where an edge is seen round enough of it.
    """

    s_mm: NDArray[np.float64]
    v_mm: NDArray[np.float64]
    u_mm: NDArray[np.float64]
    radius_mm: NDArray[np.float64]
    wall_mm: float
    believed: NDArray[np.bool_]

    def inside(self, located: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which voxels, by ``s, v, u`` of shape ``(3, k, j, i)``, lie in a believed part."""
        if not self.believed.any():
            return np.zeros(located.shape[1:], np.bool_)
        out = np.zeros(located.shape[1:], np.bool_)
        # Slice by slice: on the whole grid each of these lines would be a copy of it.
        for section, (s, v, u) in zip(out, np.moveaxis(located, 1, 0), strict=True):
            near = np.clip(np.rint((s - self.s_mm[0]) / STEP_MM), 0, len(self.s_mm) - 1)
            middle_v = np.interp(s, self.s_mm, self.v_mm)
            middle_u = np.interp(s, self.s_mm, self.u_mm)
            radius = np.interp(s, self.s_mm, self.radius_mm) + self.wall_mm
            within = (s >= self.s_mm[0] - STEP_MM) & (s <= self.s_mm[-1] + STEP_MM)
            round_middle = (v - middle_v) ** 2 + (u - middle_u) ** 2 <= radius**2
            section[:] = within & self.believed[near.astype(np.int64)] & round_middle
        return out

    def covers(self, low_s: float, high_s: float) -> bool:
        """Tell whether nearly all of a stretch of the spine is believed."""
        part = (self.s_mm >= low_s) & (self.s_mm <= high_s)
        return bool(part.any()) and float(self.believed[part].mean()) >= LEAST_STRETCH


def great_vessels(spine: StraightSpine, noise_hu: float) -> tuple[Tube, Tube]:
    """Return aorta and vena cava, each believed only where it is seen."""
    blur = 1.2 if noise_hu < UNEVEN_HU else 2.0
    image = ndimage.gaussian_filter(np.clip(spine.straight, -400, 500), (2.0, blur, blur))
    rows = np.arange(0, len(image), STEP_MM)
    places = _places()
    edge_hu = max(EDGE_HU, EDGE_NOISES * noise_hu)
    scores, rims = _scored(image, rows, places, spine, edge_hu)
    aorta = _followed(scores, rims, rows, places, side=1.0, beside=None)
    return aorta, _followed(scores, rims, rows, places, side=-1.0, beside=aorta)


def _places() -> NDArray[np.float64]:
    """Return every circle tried, rows ``(v, u, radius)``."""
    v, u, radius = np.meshgrid(
        np.arange(14.0, 63.0, 2.0), np.arange(-32.0, 33.0, 2.0), RADII_MM, indexing="ij"
    )
    fits = (v + radius < V_MM[-1] - 3.0) & (np.abs(u) + radius < U_MM[-1] - 1.0)
    return np.stack([v[fits], u[fits], radius[fits]], axis=1)


def _scored(
    image: NDArray[np.float32],
    rows: NDArray[np.int64],
    places: NDArray[np.float64],
    spine: StraightSpine,
    edge_hu: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return score and rim share of every circle in every section, ``(rows, places)``."""
    angle = 2.0 * np.pi * np.arange(ANGLES) / ANGLES
    scores = np.zeros((len(rows), len(places)), np.float32)
    rims = np.zeros_like(scores)
    walls = spine.discs.walls
    body = spine.surfaces.radius_mm
    turn = np.linspace(-np.pi, np.pi, body.shape[1], endpoint=False)
    for n, row in enumerate(rows):
        centre = float(walls.centre_mm[row])
        away = np.hypot(places[:, 0] - centre, places[:, 1])
        direction = np.arctan2(places[:, 1], places[:, 0] - centre)
        bone = np.interp(direction, turn, body[row], period=2.0 * np.pi)
        possible = away >= bone + 0.75 * places[:, 2]
        _score_section(
            image[row],
            places,
            possible,
            np.cos(angle),
            np.sin(angle),
            (float(V_MM[0]), float(U_MM[0])),
            edge_hu,
            scores[n],
            rims[n],
        )
    return scores, rims


@kernel
def _score_section(  # noqa: PLR0913 - a kernel takes arrays, not objects
    section: NDArray[np.float32],
    places: NDArray[np.float64],
    possible: NDArray[np.bool_],
    cosine: NDArray[np.float64],
    sine: NDArray[np.float64],
    first: tuple[float, float],
    edge_hu: float,
    scores: NDArray[np.float32],
    rims: NDArray[np.float32],
) -> None:
    """Fill scores and rims: edge all round, even inside, HU of blood."""
    count = len(cosine)
    for n in range(len(places)):
        if not possible[n]:
            continue
        v, u, radius = places[n, 0] - first[0], places[n, 1] - first[1], places[n, 2]
        middle = bilinear(section, v, u)
        if middle < BLOOD_HU[0] or middle > BLOOD_HU[1]:
            continue
        total, squares, edges, sharp = middle, middle * middle, 0, 0.0
        for angle in range(count):
            half_r = 0.5 * radius
            half = bilinear(section, v + half_r * cosine[angle], u + half_r * sine[angle])
            inner_r, outer_r = radius - 2.0, radius + 2.5
            inner = bilinear(section, v + inner_r * cosine[angle], u + inner_r * sine[angle])
            outer = bilinear(section, v + outer_r * cosine[angle], u + outer_r * sine[angle])
            total += half + inner
            squares += half * half + inner * inner
            step = inner - outer
            if step > edge_hu or step < -BONE_STEP_HU:
                edges += 1
            sharp += min(abs(step), 120.0)
        samples = 2 * count + 1
        mean = total / samples
        spread = np.sqrt(max(0.0, squares / samples - mean * mean))
        if mean < BLOOD_HU[0] or mean > BLOOD_HU[1] or spread > UNEVEN_HU:
            continue
        rims[n] = edges / count
        even = 1.0 - spread / UNEVEN_HU
        # Of two circles with an edge all round the wider is the vessel, not a part of it.
        scores[n] = rims[n] * (0.4 + 0.6 * even) + 0.15 * sharp / count / 120.0 + 0.008 * radius


def _followed(
    scores: NDArray[np.float32],
    rims: NDArray[np.float32],
    rows: NDArray[np.int64],
    places: NDArray[np.float64],
    *,
    side: float,
    beside: Tube | None,
) -> Tube:
    """Choose one circle in every section so that they make one tube, by dynamic programming.

    Parameters
    ----------
    side
        +1 for the aorta, on the left or in the middle; -1 for the vena cava, on the right.
    beside
        A tube that takes the place already.
    """
    lateral = places[:, 1] * side
    allowed = lateral > -6.0
    chosen: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float64]] = []
    origins: list[NDArray[np.int64]] = []
    for n in range(len(rows)):
        score = np.where(allowed, scores[n], 0.0).astype(np.float64)
        if beside is not None:
            gap = np.hypot(places[:, 0] - beside.v_mm[n], places[:, 1] - beside.u_mm[n])
            score[gap < 0.85 * (places[:, 2] + beside.radius_mm[n])] = 0.0
        best = np.argsort(-score, kind="stable")[:_CANDIDATES]
        here = score[best]
        origin = np.zeros(len(best), np.int64)
        if n:
            move = np.linalg.norm(
                places[best][:, None, :2] - places[chosen[-1]][None, :, :2], axis=2
            )
            swell = np.abs(places[best][:, None, 2] - places[chosen[-1]][None, :, 2])
            reached = values[-1][None] - _SHIFT_PRICE * move - _SWELL_PRICE * swell
            reached[move > _LARGEST_SHIFT_MM] -= 1.0
            origin = reached.argmax(axis=1)
            here = here + reached.max(axis=1)
        chosen.append(best)
        values.append(here)
        origins.append(origin)
    picked = np.zeros(len(rows), np.int64)
    place = int(values[-1].argmax())
    for n in range(len(rows) - 1, -1, -1):
        picked[n] = chosen[n][place]
        place = int(origins[n][place])
    rim = rims[np.arange(len(rows)), picked].astype(np.float64)
    calm = ndimage.uniform_filter1d(rim, EVEN_OVER_MM // STEP_MM, mode="nearest")
    sure = (calm >= SURE_RIM) & (rim >= LEAST_RIM)
    long_enough = np.ones(LEAST_LENGTH_MM // STEP_MM, np.bool_)
    v, u, radius = (ndimage.gaussian_filter1d(places[picked, axis], 1.2) for axis in range(3))
    return Tube(
        wall_mm=CAVA_WALL_MM if side < 0 else AORTA_WALL_MM,
        s_mm=rows.astype(np.float64),
        v_mm=v,
        u_mm=u,
        radius_mm=radius,
        believed=ndimage.binary_opening(sure, long_enough),
    )
