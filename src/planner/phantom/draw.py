"""A spine model and its trunk onto the arrays, in the order in which they hide one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Side, foramen_label
from planner.phantom import additions, fields, lungs
from planner.phantom import paint_bone as bone
from planner.phantom.blades import ends_mm
from planner.phantom.canvas import slabs
from planner.phantom.chest_organs import CARINA
from planner.phantom.organ_rows import OPACIFIED_HU
from planner.phantom.paint_shapes import paint_finely, paint_shape, paint_within
from planner.phantom.paint_spine import mark_foramen, paint_canal, paint_disc
from planner.phantom.paint_trunk import PLEURA, TrunkMaps, TrunkTable, paint_trunk
from planner.phantom.recipe import Position
from planner.phantom.ribs import cartilages, chains
from planner.phantom.soft_vessels import soft_vessels
from planner.phantom.spine_truth import foramen_corner
from planner.phantom.trunk import TABLE_STEP_MM, skin_ends, spine_line, trunk_table
from planner.phantom.vertebra_shape import corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.phantom.canvas import Canvas
    from planner.phantom.model import SpineModel
    from planner.phantom.recipe import Recipe

FINEST_SAMPLE_MM = 0.5
"""Voxels at a bone surface are sampled at least this finely."""

NEEDLE_SAMPLE_MM = 0.25
"""A needle of 1 mm with a ground tip is sampled at least this finely."""

BONE_BLEND_MM = 1.5
"""Fillets between parts reach this far beyond the parts themselves."""

WORKERS = 2
"""Threads that paint side by side; compiled painters hold no lock."""

CARTILAGE_HU = 105.0
"""Cartilage of the ribs in an adult."""

CONUS, CONUS_SD, LOWEST_CONUS, HIGHEST_CONUS = 12.3, 0.5, 13.3, 11.3
"""Running level of the end of the cord: mean lower third of L1 (Saifuddin 1998, n=504)."""


def draw_trunk(
    canvas: Canvas,
    model: SpineModel,
    recipe: Recipe,
    grain: NDArray[np.float32],
    report: ProgressReport,
) -> TrunkTable:
    """Draw everything that is not spine, slab by slab, and return its table."""
    soft_mm = min(canvas.geometry.spacing_mm[:2])
    table = trunk_table(model.posture, canvas.heights_mm(), recipe, soft_mm)
    prone = recipe.position in (Position.HFP, Position.FFP)
    front, back = skin_ends(table)
    couch = (float(front.min()), -1.0) if prone else (float(back.max()), 1.0)
    maps = TrunkMaps(canvas.hu, canvas.organs, canvas.skin)
    parts = slabs(canvas.hu.shape[0])

    def paint(part: NDArray[np.int64]) -> None:
        paint_trunk(maps, canvas.grid, part, table, grain, couch)

    with ThreadPoolExecutor(WORKERS) as pool:
        for place, _ in enumerate(pool.map(paint, parts)):
            report(0.02 + 0.33 * (place + 1) / len(parts), "drawing the trunk")
    _draw_lungs(canvas, model, recipe)
    _draw_soft(canvas, model, recipe, table)
    return table


def _draw_soft(canvas: Canvas, model: SpineModel, recipe: Recipe, table: TrunkTable) -> None:
    """Draw the vessels of liver, kidneys and mesentery, and the cartilage of the ribs."""
    for row in cartilages(model, table):
        _draw_within(canvas, row, CARTILAGE_HU, None)
    for row, hu, organ in soft_vessels(model, recipe):
        _draw_within(canvas, row, hu, organ)


def _draw_within(canvas: Canvas, row: NDArray[np.float64], hu: float, organ: int | None) -> None:
    """Draw one blade, inside one organ only unless ``organ`` is ``None``."""
    box = canvas.box(ends_mm(row), float(row[fields.REACH]) + 1.5)
    if not canvas.meets(box):
        return
    if organ is None:
        paint_shape(canvas.hu, canvas.foreign, canvas.grid, box, row, hu, 0)
    else:
        paint_within(canvas.hu, canvas.organs, organ, canvas.grid, box, row, hu)


def _draw_lungs(canvas: Canvas, model: SpineModel, recipe: Recipe) -> None:
    """Draw bronchi, and inside the lungs their branches and vessels."""
    if not (canvas.organs == PLEURA).any():
        return
    whole = model.posture.line.rows[:, 2]
    reach = float(whole.min()), float(whole.max())
    spine = spine_line(model.posture, reach)
    carina, hilum = (
        lungs.place_mm(spine, reach[0], TABLE_STEP_MM, level) for level in (CARINA, lungs.HILUM)
    )
    scratch = np.zeros_like(canvas.organs)
    for row, hu in lungs.main_bronchi(carina, hilum):
        box = canvas.box(ends_mm(row), float(row[fields.REACH]) + 1.5)
        if canvas.meets(box):
            paint_shape(canvas.hu, scratch, canvas.grid, box, row, hu, 0)
    random = np.random.default_rng([recipe.seed, 9])
    blood_hu = OPACIFIED_HU[recipe.contrast][0]
    for row, hu in lungs.lung_trees(hilum, blood_hu, random):
        box = canvas.box(ends_mm(row), float(row[fields.REACH]) + 1.5)
        if canvas.meets(box):
            paint_within(canvas.hu, canvas.organs, PLEURA, canvas.grid, box, row, hu)


def draw_spine(
    canvas: Canvas,
    model: SpineModel,
    recipe: Recipe,
    grain: NDArray[np.float32],
    trunk: TrunkTable,
) -> None:
    """Draw ribs, canal, roots, discs, bone and metal, and mark what is left as foramina."""
    marrow = marrow_row(recipe)
    _draw_ribs(canvas, model, marrow, grain, trunk)
    _draw_canal(canvas, model, recipe)
    for added in additions.roots(model):
        _draw_added(canvas, added, canvas.roots)
    for added in additions.soft_tumour(model, recipe):
        _draw_added(canvas, added, canvas.foreign)
    for upper, lower in pairwise(model.posture.placed):
        ends = np.array([model.posture.placed[level].centre for level in (upper, lower)])
        box = canvas.box(ends, 36.0)
        rows = model.rows[upper], model.rows[lower]
        gas = float(any(item.vacuum for item in recipe.wear if item.level is upper))
        kind = upper.verse_label, gas
        paint_disc(canvas.hu, canvas.discs, canvas.grid, box, kind, rows)
    for added in additions.leaks(model, recipe):
        _draw_added(canvas, added, canvas.foreign)
    _draw_bones(canvas, model, marrow, grain)
    for added in additions.metal(model, recipe):
        _draw_added(canvas, added, canvas.foreign)
    for needle in recipe.needles:
        for added in additions.laid(needle):
            _draw_finely(canvas, added)
    canvas.settle()
    for cord in recipe.laid_cement:
        _draw_finely(canvas, additions.cement_cord(cord))
    _mark_foramina(canvas, model)


def _draw_added(canvas: Canvas, added: additions.Added, marks: NDArray[np.uint8]) -> None:
    box = canvas.box(added.ends_mm(), float(added.row[fields.REACH]) + 1.5)
    if canvas.meets(box):
        paint_shape(canvas.hu, marks, canvas.grid, box, added.row, added.hu, added.number)


def _draw_finely(canvas: Canvas, added: additions.Added) -> None:
    box = canvas.box(added.ends_mm(), float(added.row[fields.REACH]) + 1.5)
    if canvas.meets(box):
        fine = np.array(
            [int(np.ceil(step / NEEDLE_SAMPLE_MM)) for step in canvas.geometry.spacing_mm]
        )
        maps = canvas.hu, canvas.foreign
        paint_finely(*maps, canvas.grid, box, added.row, (added.hu, added.number), fine)


def _sampling(canvas: Canvas) -> NDArray[np.int64]:
    return np.array([int(np.ceil(s / FINEST_SAMPLE_MM)) for s in canvas.geometry.spacing_mm])


def _draw_ribs(
    canvas: Canvas,
    model: SpineModel,
    marrow: NDArray[np.float64],
    grain: NDArray[np.float32],
    trunk: TrunkTable,
) -> None:
    """Draw ribs and iliac wings; they have no label, as in the VerSe convention."""
    maps = bone.BoneMaps(canvas.hu, canvas.labels, canvas.bodies, canvas.lesion)
    tissue = bone.BoneTissue(marrow, np.zeros((0, bone.LESION_COLUMNS)), grain)
    fine = _sampling(canvas)
    for rows, ends in chains(model, trunk):
        reach = float(rows.blades[:, fields.REACH].max())
        box = canvas.box(ends, reach + 1.0)
        if canvas.meets(box):
            bone.paint_bone(maps, canvas.grid, box, 0, rows, tissue, fine)


def _draw_canal(canvas: Canvas, model: SpineModel, recipe: Recipe) -> None:
    random = np.random.default_rng([recipe.seed, 6])
    conus = float(np.clip(random.normal(CONUS, CONUS_SD), HIGHEST_CONUS, LOWEST_CONUS))
    line = model.posture.line.rows
    low, high = canvas.heights_mm()
    inside = line[(line[:, 2] > low - 20.0) & (line[:, 2] < high + 20.0)]
    box = canvas.box(inside[:, :3], 26.0)
    paint_canal(canvas.hu, canvas.canal, canvas.grid, box, line, conus)


def _draw_bones(
    canvas: Canvas, model: SpineModel, marrow: NDArray[np.float64], grain: NDArray[np.float32]
) -> None:
    """Draw every third vertebra side by side, so that no two at work can share a voxel."""
    maps = bone.BoneMaps(canvas.hu, canvas.labels, canvas.bodies, canvas.lesion)
    fine = _sampling(canvas)

    def paint(level: Level) -> None:
        rows = model.rows[level]
        box = canvas.box(model.posture.placed[level].lps(corners(rows)), BONE_BLEND_MM)
        if canvas.meets(box):
            tissue = bone.BoneTissue(marrow, model.lesions[level], grain)
            bone.paint_bone(maps, canvas.grid, box, level.verse_label, rows, tissue, fine)

    with ThreadPoolExecutor(WORKERS) as pool:
        for first in (0, 1, 2):
            list(pool.map(paint, list(model.posture.placed)[first::3]))


def _mark_foramina(canvas: Canvas, model: SpineModel) -> None:
    for upper, lower in pairwise(model.posture.placed):
        for side in Side:
            corner = foramen_corner(model, upper, lower, side)
            box = canvas.box(corner[:1], 24.0)
            number = foramen_label(upper, side)
            mark_foramen(canvas.foramina, canvas.taken, canvas.grid, box, number, corner)


def marrow_row(recipe: Recipe) -> NDArray[np.float64]:
    """Return trabecular HU, grain and cortex of the person.

    L1 reads 226 HU below 30 years and falls 2.5 a year (Jang 2019, Radiology 291:360).
    """
    random = np.random.default_rng([recipe.seed, 7])
    own = 28.0 * float(np.clip(random.normal(), -2.0, 2.0))
    usual = 226.0 - 2.5 * max(recipe.age - 28.0, 0.0)
    trabecular = max(usual + own, 70.0) * (0.5 if recipe.osteoporosis else 1.0)
    thin = 0.7 if recipe.osteoporosis else 1.0
    row = np.zeros(bone.MARROW_COLUMNS)
    row[bone.TRABECULAR] = trabecular
    row[bone.GRAIN] = 0.38 * trabecular + 18.0
    row[bone.CORTEX_HU] = 1050.0
    row[bone.BODY_CORTEX], row[bone.ARCH_CORTEX] = 0.55 * thin, 1.35 * thin
    row[bone.SEED_SHIFT] = recipe.seed % 23
    return row
