"""From a recipe to a digital spine: the scan and its truth."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Side, foramen_label
from planner.domain.progress import unreported
from planner.domain.volume import CtVolume, GateVerdict, PatientIdentity, ScanRecord
from planner.phantom import paint_bone as bone
from planner.phantom.canvas import Canvas, slabs
from planner.phantom.model import SpineModel, model_of
from planner.phantom.paint_spine import mark_foramen, paint_canal, paint_disc
from planner.phantom.paint_trunk import TrunkMaps, paint_trunk
from planner.phantom.recipe import DRAWN_LEVELS, Position, Recipe
from planner.phantom.scan_frame import scan_geometry
from planner.phantom.scanner import add_noise, blur, stored
from planner.phantom.spine_truth import (
    Landmarks,
    find_landmarks,
    foramen_corner,
    landmarks_document,
    levels_inside,
    truth_anatomy,
)
from planner.phantom.trunk import trunk_table
from planner.phantom.vertebra_shape import corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.progress import ProgressReport

FINEST_SAMPLE_MM = 0.5
"""Voxels at a bone surface are sampled at least this finely."""

BONE_BLEND_MM = 1.5
"""Fillets between parts reach this far beyond the parts themselves."""

GRAIN_BLOCK = 64
"""Edge of the block of noise that gives marrow and fat their texture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom:
    """A digital spine.

    Attributes
    ----------
    ct
        The scan as a scanner would give it.
    truth
        What is really there, on the same grid.
    landmarks
        Points, widths, heights and axes per level, from the formulas and not from the voxels.
    """

    recipe: Recipe
    ct: CtVolume
    truth: Anatomy
    landmarks: Landmarks


def make_phantom(recipe: Recipe, report: ProgressReport = unreported) -> Phantom:
    """Make the scan and the truth of a recipe.

    Equal recipes give equal voxels. ``report`` may raise to stop the work.
    """
    model = model_of(recipe)
    geometry = scan_geometry(recipe, model.posture)
    canvas = Canvas.blank(geometry)
    random = np.random.default_rng([recipe.seed, 5])
    grain = random.standard_normal((GRAIN_BLOCK,) * 3, dtype=np.float32)
    report(0.02, "drawing the trunk")
    _draw_trunk(canvas, model, recipe, grain, report)
    report(0.35, "drawing the spine")
    _draw_spine(canvas, model, recipe, grain)
    report(0.65, "scanning")
    thick = recipe.slice_thickness_mm or recipe.spacing_mm[2]
    blur(canvas.hu, geometry.spacing_mm, thick)
    report(0.8, "adding noise")
    add_noise(canvas.hu, geometry.spacing_mm, recipe.noise_hu, recipe.seed)
    voxels = stored(canvas.hu)
    ct = CtVolume(geometry=geometry, hu=voxels, record=_record(recipe, geometry.affine, voxels))
    report(0.9, "writing down the truth")
    landmarks = find_landmarks(model, grain, ct, levels_inside(recipe))
    truth = truth_anatomy(canvas, landmarks, ct, lesion_asked=bool(recipe.lesions))
    report(1.0, "done")
    return Phantom(recipe=recipe, ct=ct, truth=truth, landmarks=landmarks)


def _record(recipe: Recipe, affine: object, voxels: NDArray[np.int16]) -> ScanRecord:
    """Return the record of a scan of a person who never was."""
    digest = hashlib.sha256(repr(affine).encode() + voxels.tobytes()).hexdigest()
    return ScanRecord(
        sha256=digest,
        verdict=GateVerdict.LOAD,
        findings=(),
        locator="",
        patient=PatientIdentity(
            name=f"PHANTOM^SEED {recipe.seed}", patient_id=f"PHANTOM-{recipe.seed}", sex="O"
        ),
        patient_position=recipe.position.value,
        series_description=f"Digital spine, seed {recipe.seed}",
        acquired="20260101",
        slice_thickness_mm=recipe.slice_thickness_mm or recipe.spacing_mm[2],
        gantry_tilt_deg=recipe.tilt_deg,
        convolution_kernel="STANDARD",
    )


def _draw_trunk(
    canvas: Canvas,
    model: SpineModel,
    recipe: Recipe,
    grain: NDArray[np.float32],
    report: ProgressReport,
) -> None:
    low, high = canvas.heights_mm()
    table = trunk_table(model.posture, low, high, recipe.seed, recipe.contrast)
    prone = recipe.position in (Position.HFP, Position.FFP)
    back = table.outline[:, 1] + table.outline[:, 3]
    front = table.outline[:, 1] - table.outline[:, 3]
    couch = (float(front.min()), -1.0) if prone else (float(back.max()), 1.0)
    parts = slabs(canvas.hu.shape[0])
    for place, part in enumerate(parts):
        paint_trunk(
            TrunkMaps(canvas.hu, canvas.organs, canvas.skin),
            canvas.grid,
            part,
            table,
            grain,
            couch,
        )
        report(0.02 + 0.33 * (place + 1) / len(parts), "drawing the trunk")


def _draw_spine(
    canvas: Canvas, model: SpineModel, recipe: Recipe, grain: NDArray[np.float32]
) -> None:
    """Draw canal, discs and bone, then mark what is left free between the pedicles."""
    line = model.posture.line.rows
    random = np.random.default_rng([recipe.seed, 6])
    conus = 12.3 + float(np.clip(random.normal(0.0, 0.5), -1.0, 1.2))
    inside = line[np.abs(line[:, 2] - np.mean(canvas.heights_mm())) < np.ptp(canvas.heights_mm())]
    box = canvas.box(inside[:, :3], 26.0)
    paint_canal(canvas.hu, canvas.canal, canvas.grid, box, line, conus)
    placed = model.posture.placed
    for upper, lower in pairwise(DRAWN_LEVELS):
        ends = np.array([placed[upper].centre, placed[lower].centre])
        paint_disc(
            canvas.hu, canvas.discs, canvas.grid, canvas.box(ends, 36.0), upper.verse_label,
            model.rows[upper], model.rows[lower],
        )  # fmt: skip
    marrow = marrow_row(recipe)
    maps = bone.BoneMaps(canvas.hu, canvas.labels, canvas.bodies, canvas.lesion)
    fine = np.array([int(np.ceil(s / FINEST_SAMPLE_MM)) for s in recipe.spacing_mm])
    for level, rows in model.rows.items():
        box = canvas.box(placed[level].lps(corners(rows)), BONE_BLEND_MM)
        if not canvas.meets(box):
            continue
        tissue = bone.BoneTissue(marrow, model.lesions[level], grain)
        bone.paint_bone(maps, canvas.grid, box, level.verse_label, rows, tissue, fine)
    canvas.settle()
    for upper, lower in pairwise(DRAWN_LEVELS):
        for side in (Side.LEFT, Side.RIGHT):
            corner = foramen_corner(model, upper, lower, side)
            box = canvas.box(corner[:1], 24.0)
            mark_foramen(
                canvas.foramina, canvas.taken, canvas.grid, box, foramen_label(upper, side), corner
            )


def marrow_row(recipe: Recipe) -> NDArray[np.float64]:
    """Return trabecular HU, grain and cortex of the person.

    L1 reads 226 HU below 30 years and falls 2.5 a year (Jang 2019, Radiology 291:360).
    """
    random = np.random.default_rng([recipe.seed, 7])
    usual = (
        226.0 - 2.5 * max(recipe.age - 28.0, 0.0) + float(np.clip(random.normal(), -2, 2)) * 28.0
    )
    trabecular = max(usual, 70.0) * (0.5 if recipe.osteoporosis else 1.0)
    thin = 0.7 if recipe.osteoporosis else 1.0
    row = np.zeros(bone.MARROW_COLUMNS)
    row[bone.TRABECULAR] = trabecular
    row[bone.GRAIN] = 0.22 * trabecular + 8.0
    row[bone.CORTEX_HU] = 1250.0
    row[bone.BODY_CORTEX], row[bone.ARCH_CORTEX] = 0.55 * thin, 1.15 * thin
    row[bone.SEED_SHIFT] = recipe.seed % 23
    return row


def truth_document(phantom: Phantom) -> dict[str, object]:
    """Return ``truth.json``: the landmarks, and the scan they belong to."""
    return {
        "ct_sha256": phantom.ct.record.sha256,
        "seed": phantom.recipe.seed,
        "patient_position": phantom.recipe.position.value,
        **landmarks_document(phantom.landmarks),
    }
