"""What is really there: landmarks from the formulas, and label maps as an anatomy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from planner.domain import structures
from planner.domain.anatomy import (
    Anatomy,
    Origin,
    Pedicle,
    PosteriorWall,
    Quality,
    QualityVerdict,
    Vertebra,
    WallBreach,
)
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps
from planner.phantom.paint_bone import FILLED, LESION_BREACH, LESION_KIND, lesion_field
from planner.phantom.paint_trunk import AORTA, PLEURA, VENA_CAVA
from planner.phantom.section import pedicle_section, wall_v
from planner.phantom.vertebra_shape import pedicle_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.phantom.canvas import Canvas
    from planner.phantom.model import SpineModel
    from planner.phantom.posture import Placed
    from planner.phantom.recipe import Recipe

WALL_STEP_MM = 1.0

CORTEX_SEARCH_MM = 1.5
"""The cortex at a wall point is the highest HU this close along the normal."""

BACKEND = "phantom-truth 1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelLandmarks:
    """Points and sizes of one vertebra, read from the formulas and not from the voxels.

    Attributes
    ----------
    wall_points_mm
        Shape ``(n, 3)``, LPS: the posterior wall, about 1 mm apart.
    wall_broken
        bool, shape ``(n,)``: where a lesion has gone through.
    wall_cortex_hu
        Highest HU of the scan within 1.5 mm along the normal.
    endplates
        A point and the outward unit normal, LPS, of the ``superior`` and ``inferior`` rim.
    """

    placed: Placed
    pedicles: Mapping[Side, Pedicle]
    wall_points_mm: Vector
    wall_broken: NDArray[np.bool_]
    wall_cortex_hu: NDArray[np.float64]
    endplates: Mapping[str, tuple[Vector, Vector]]


Landmarks = dict[Level, LevelLandmarks]


def levels_inside(recipe: Recipe) -> tuple[Level, ...]:
    """Return the levels that are wholly inside the scan of a recipe."""
    first, last = recipe.levels
    return tuple(level for level in recipe.spine if first.order <= level.order <= last.order)


def find_landmarks(
    model: SpineModel, grain: NDArray[np.float32], ct: CtVolume, levels: tuple[Level, ...]
) -> Landmarks:
    """Read the landmarks of some levels."""
    found: Landmarks = {}
    for level in levels:
        placed = model.posture.placed[level]
        local = _wall_grid(model, level)
        points = placed.lps(local)
        found[level] = LevelLandmarks(
            placed=placed,
            pedicles={side: _pedicle(model, level, side) for side in Side},
            wall_points_mm=points,
            wall_broken=_broken(local, model.lesions[level], grain),
            wall_cortex_hu=_cortex_hu(ct, points, placed.axes[:, 1]),
            endplates=_endplates(placed),
        )
    return found


def _pedicle(model: SpineModel, level: Level, side: Side) -> Pedicle:
    placed = model.posture.placed[level]
    middle, axis = pedicle_frame(placed, side)
    direction = placed.axes @ axis
    centre, width, height = pedicle_section(
        placed.lps(middle),
        direction,
        placed.axes[:, 2],
        model.rows[level],
    )
    return Pedicle(
        side=side,
        isthmus=PointLps.of(centre),
        axis=_triple(direction),
        width_mm=Interval(width, width, width),
        height_mm=Interval(height, height, height),
    )


def _triple(vector: Vector) -> tuple[float, float, float]:
    return (float(vector[0]), float(vector[1]), float(vector[2]))


def _wall_grid(model: SpineModel, level: Level) -> NDArray[np.float64]:
    """Return points on the wall between the pedicles, own frame, shape ``(n, 3)``."""
    shape, body = model.posture.placed[level].shape, model.rows[level].body
    half = 0.5 * shape.canal_width_mm - 1.0
    tall = 0.5 * shape.posterior_height_mm - 2.0
    across = np.arange(-np.floor(half), half + 0.01, WALL_STEP_MM)
    upright = np.arange(-np.floor(tall), tall + 0.01, WALL_STEP_MM)
    return np.array([[u, wall_v(u, w, body), w] for w in upright for u in across])


def _broken(
    points: NDArray[np.float64], lesions: NDArray[np.float64], grain: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Tell which wall points a lesion that breaks bone has taken."""
    broken = np.zeros(len(points), dtype=np.bool_)
    for row in lesions:
        if row[LESION_BREACH] > 0.0 and row[LESION_KIND] != FILLED:
            broken |= np.array([lesion_field(u, v, w, row, grain) < 0.0 for u, v, w in points])
    return broken


def _cortex_hu(ct: CtVolume, points: Vector, normal: Vector) -> NDArray[np.float64]:
    offsets = np.arange(-CORTEX_SEARCH_MM, CORTEX_SEARCH_MM + 0.01, 0.25)
    places = points[:, None, :] + offsets[None, :, None] * normal
    index = ct.geometry.ijk(places)[..., ::-1]
    values = map_coordinates(
        ct.hu, np.moveaxis(index, -1, 0), output=np.float64, order=1, mode="nearest"
    )
    return np.asarray(values.max(axis=1))


def _endplates(placed: Placed) -> dict[str, tuple[Vector, Vector]]:
    """Return the rim planes; they lean by half the wedge each."""
    half = np.radians(placed.shape.wedge_deg) / 2.0
    planes = {}
    for name, sign in (("superior", 1.0), ("inferior", -1.0)):
        point = placed.lps(np.array([0.0, 0.0, sign * placed.shape.height_mm / 2.0]))
        normal = placed.axes @ np.array([0.0, np.sin(half), sign * np.cos(half)])
        planes[name] = (point, normal)
    return planes


def truth_anatomy(
    canvas: Canvas, landmarks: Landmarks, ct: CtVolume, *, lesion_asked: bool
) -> Anatomy:
    """Gather the painted maps and the landmarks."""
    masks = {
        structures.CORD: canvas.canal == 3,
        structures.DURAL_SAC: canvas.canal >= 2,
        structures.AORTA: canvas.organs == AORTA,
        structures.VENA_CAVA: canvas.organs == VENA_CAVA,
        structures.PLEURA: canvas.organs == PLEURA,
        structures.SKIN: canvas.skin == 0,
        **_root_masks(canvas, landmarks),
    }
    partial = sorted(
        {Level.from_verse_label(int(n)) for n in np.unique(canvas.labels) if n} - set(landmarks),
        key=lambda level: level.order,
    )
    notes = (f"Only partly inside the scan: {', '.join(partial)}.",) if partial else ()
    return Anatomy(
        geometry=canvas.geometry,
        labels=canvas.labels,
        bodies=canvas.bodies,
        discs=canvas.discs,
        foramina=canvas.foramina,
        canal=canvas.canal > 0,
        vertebrae={level: _vertebra(canvas, level, marks) for level, marks in landmarks.items()},
        backend=BACKEND,
        ct_sha256=ct.record.sha256,
        lesion=canvas.lesion == 1 if lesion_asked else None,
        masks=masks,
        notes=notes,
    )


def _root_masks(canvas: Canvas, landmarks: Landmarks) -> dict[str, NDArray[np.bool_]]:
    """Return each root's mask; only its own box is written, so that memory stays untouched."""
    masks = {}
    for level, marks in landmarks.items():
        if level is Level.S1:
            continue
        box = canvas.box(marks.placed.centre[None, :], 70.0)
        part = (slice(box[4], box[5]), slice(box[2], box[3]), slice(box[0], box[1]))
        for side in Side:
            mask = np.zeros(canvas.geometry.shape_kji, dtype=np.bool_)
            mask[part] = canvas.roots[part] == foramen_label(level, side)
            masks[structures.root(level, side)] = mask
    return masks


def _vertebra(canvas: Canvas, level: Level, marks: LevelLandmarks) -> Vertebra:
    placed = marks.placed
    whole, whole_ml = _middle_and_volume(canvas, canvas.labels, level, placed)
    body, body_ml = _middle_and_volume(canvas, canvas.bodies, level, placed)
    broken = marks.wall_points_mm[marks.wall_broken]
    breaches = (
        (WallBreach(at=PointLps.of(broken.mean(axis=0)), area_mm2=len(broken) * WALL_STEP_MM**2),)
        if len(broken)
        else ()
    )
    shape = placed.shape
    return Vertebra(
        level=level,
        centroid=whole,
        volume_ml=whole_ml,
        body_centre=body,
        body_volume_ml=body_ml,
        body_size_mm=(shape.endplate_width_mm, shape.endplate_depth_mm, shape.height_mm),
        left=_triple(placed.axes[:, 0]),
        anterior=_triple(-placed.axes[:, 1]),
        superior=_triple(placed.axes[:, 2]),
        quality=Quality(verdict=QualityVerdict.PLAUSIBLE),
        origin=Origin.TRUTH,
        pedicles=marks.pedicles,
        posterior_wall=PosteriorWall(
            points_mm=marks.wall_points_mm,
            cortex_hu=marks.wall_cortex_hu,
            intact=not breaches,
            breaches=breaches,
        ),
    )


def _middle_and_volume(
    canvas: Canvas, labels: NDArray[np.uint8], level: Level, placed: Placed
) -> tuple[PointLps, float]:
    """Return the centroid and the volume in mL of one label."""
    box = canvas.box(placed.centre[None, :], 90.0)
    part = labels[box[4] : box[5], box[2] : box[3], box[0] : box[1]] == level.verse_label
    k, j, i = np.nonzero(part)
    index = np.stack([i + box[0], j + box[2], k + box[4]], axis=1)
    centre = canvas.geometry.lps_mm(index.mean(axis=0))
    return PointLps.of(centre), float(len(i) * canvas.geometry.voxel_volume_mm3 / 1000.0)


def foramen_corner(model: SpineModel, upper: Level, lower: Level, side: Side) -> Vector:
    """Return the frame and half sizes of the space between two pedicles, shape ``(5, 3)``.

    Rows: middle, outward, back and up unit axes (LPS), half sizes along them in mm.
    """
    placed_0, placed_1 = model.posture.placed[upper], model.posture.placed[lower]
    above, _ = pedicle_frame(placed_0, side)
    below, _ = pedicle_frame(placed_1, side)
    one, other = placed_0.lps(above), placed_1.lps(below)
    up = (one - other) / np.linalg.norm(one - other)
    back = placed_0.axes[:, 1] - up * float(placed_0.axes[:, 1] @ up)
    back /= np.linalg.norm(back)
    out = np.cross(back, up) * side.sign
    out *= np.sign(out @ placed_0.axes[:, 0] * side.sign)
    shapes = placed_0.shape, placed_1.shape
    half_out = max(4.5, 0.25 * sum(shape.pedicle_width_mm for shape in shapes) + 1.0)
    depth = 0.5 * sum(shape.canal_depth_mm for shape in shapes)
    gap = np.linalg.norm(one - other) - 0.5 * sum(shape.pedicle_height_mm for shape in shapes)
    half = np.array([half_out, 0.5 * depth, 0.5 * gap + 1.5])
    middle = 0.5 * (one + other) + 0.05 * depth * back
    return np.stack([middle, out, back, up, half])


def landmarks_document(landmarks: Landmarks) -> dict[str, object]:
    """Return the landmarks as a JSON document; points are LPS mm."""
    return {
        "backend": BACKEND,
        "frame": "DICOM LPS, mm",
        "levels": {str(level): _level_document(marks) for level, marks in landmarks.items()},
    }


def _level_document(marks: LevelLandmarks) -> dict[str, object]:
    placed, shape = marks.placed, marks.placed.shape
    broken = marks.wall_points_mm[marks.wall_broken]
    return {
        "body_centre_mm": placed.centre.tolist(),
        "left": placed.axes[:, 0].tolist(),
        "posterior": placed.axes[:, 1].tolist(),
        "superior": placed.axes[:, 2].tolist(),
        "body_size_mm": [shape.endplate_width_mm, shape.endplate_depth_mm, shape.height_mm],
        "anterior_height_mm": shape.anterior_height_mm,
        "posterior_height_mm": shape.posterior_height_mm,
        "canal_width_mm": shape.canal_width_mm,
        "canal_depth_mm": shape.canal_depth_mm,
        "pedicles": {
            side.value: {
                "isthmus_mm": pedicle.isthmus.array.tolist(),
                "axis": list(pedicle.axis),
                "width_mm": pedicle.width_mm.best,
                "height_mm": pedicle.height_mm.best,
            }
            for side, pedicle in marks.pedicles.items()
        },
        "posterior_wall": {
            "points_mm": np.round(marks.wall_points_mm, 3).tolist(),
            "cortex_hu": np.round(marks.wall_cortex_hu, 1).tolist(),
            "broken": marks.wall_broken.tolist(),
            "breach_centre_mm": broken.mean(axis=0).tolist() if len(broken) else None,
            "breach_area_mm2": len(broken) * WALL_STEP_MM**2,
        },
        "endplates": {
            name: {"point_mm": point.tolist(), "normal": normal.tolist()}
            for name, (point, normal) in marks.endplates.items()
        },
    }
