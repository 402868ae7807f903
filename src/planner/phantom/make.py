"""From a recipe to a digital spine: the scan and its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.progress import unreported
from planner.domain.volume import CtVolume, GateVerdict, PatientIdentity, ScanRecord
from planner.imaging import scan_sha256
from planner.phantom.beam import SeveralEnergies
from planner.phantom.canvas import Canvas
from planner.phantom.draw import draw_spine, draw_trunk
from planner.phantom.model import model_of
from planner.phantom.recipe import FieldOfView
from planner.phantom.scan_frame import scan_geometry
from planner.phantom.scanner import add_noise, blur, stored
from planner.phantom.spine_truth import (
    Landmarks,
    find_landmarks,
    landmarks_document,
    levels_inside,
    truth_anatomy,
)
from planner.phantom.streaks import add_streaks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.phantom.recipe import Recipe

BESIDE_MM = 110.0
"""Tissue a ray meets, over all directions, beside the field about the spine (a trunk of 360 by
240 mm less 180)."""

GRAIN_BLOCK = 64
"""Edge of the block of noise that gives marrow and fat their texture; a power of two."""


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
    foreign
        uint8 ``[k, j, i]``: 2 old cement, 3 metal (the numbers of ``additions``), 0 elsewhere.
    moved
        Of a second scan: for each level, shape ``(4, 4)``, where a point of it, LPS mm in the
        first scan, lies now. Empty for a first scan.
    """

    recipe: Recipe
    ct: CtVolume
    truth: Anatomy
    landmarks: Landmarks
    foreign: NDArray[np.uint8]
    moved: Mapping[Level, NDArray[np.float64]]


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
    trunk = draw_trunk(canvas, model, recipe, grain, report)
    report(0.35, "drawing the spine")
    draw_spine(canvas, model, recipe, grain, trunk)
    report(0.65, "scanning")
    spacing = geometry.spacing_mm
    blur(canvas.hu, spacing, recipe.slice_thickness_mm or spacing[2], recipe.kernel)
    if recipe.needles:
        report(0.75, "adding streaks")
        beside_mm = BESIDE_MM if recipe.field_of_view is FieldOfView.SPINE else 0.0
        add_streaks(canvas.hu, spacing, recipe.noise_seed, SeveralEnergies(beside_mm))
    elif recipe.cement or recipe.laid_cement or recipe.screws or recipe.needle is not None:
        report(0.75, "adding streaks")
        add_streaks(canvas.hu, spacing, recipe.noise_seed)
    report(0.8, "adding noise")
    add_noise(canvas.hu, spacing, recipe.noise_hu, recipe.kernel, recipe.noise_seed)
    voxels = stored(canvas.hu, recipe.highest_hu)
    ct = CtVolume(geometry=geometry, hu=voxels, record=_record(recipe, geometry, voxels))
    report(0.9, "writing down the truth")
    landmarks = find_landmarks(model, grain, ct, levels_inside(recipe))
    truth = truth_anatomy(canvas, landmarks, ct, lesion_asked=bool(recipe.lesions))
    report(1.0, "done")
    return Phantom(
        recipe=recipe,
        ct=ct,
        truth=truth,
        landmarks=landmarks,
        foreign=canvas.foreign,
        moved={level: model.moved[level] for level in landmarks if level in model.moved},
    )


def _record(recipe: Recipe, geometry: VolumeGeometry, voxels: NDArray[np.int16]) -> ScanRecord:
    """Return the record of a scan of a person who never was."""
    return ScanRecord(
        sha256=scan_sha256(geometry, voxels),
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
        convolution_kernel=recipe.kernel.value.upper(),
    )


def truth_document(phantom: Phantom) -> dict[str, object]:
    """Return ``truth.json``: the landmarks, and the scan they belong to."""
    document: dict[str, object] = {
        "ct_sha256": phantom.ct.record.sha256,
        "seed": phantom.recipe.seed,
        "patient_position": phantom.recipe.position.value,
        **landmarks_document(phantom.landmarks),
    }
    if phantom.moved:
        document["posture_seed"] = phantom.recipe.posture_seed
        document["lps_from_first_scan"] = {
            str(level): matrix.tolist() for level, matrix in phantom.moved.items()
        }
    return document
