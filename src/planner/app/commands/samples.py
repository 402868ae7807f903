"""``planner phantom``: a digital spine and its truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.app.commands.anatomy import write_structures
from planner.app.output import Outcome, progress
from planner.imaging import write_ct_series
from planner.phantom import make_phantom, truth_document
from planner.phantom.recipe_table import recipe_from_table

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from planner.phantom import Phantom, Recipe


def phantom(arguments: argparse.Namespace) -> Outcome:
    """Make a digital spine as a DICOM series, and its truth beside it."""
    recipe = recipe_of(arguments)
    made = make_phantom(recipe, report=progress)
    write_ct_series(arguments.out, made.ct)
    if arguments.truth:
        _write_truth(arguments.truth, made)
    return Outcome(
        {
            "out": str(arguments.out),
            "truth": None if arguments.truth is None else str(arguments.truth),
        }
    )


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe that the words ask for; what is not said stays as usual."""
    table = {
        "seed": arguments.seed,
        "levels": arguments.levels,
        "lesions": arguments.lesion,
        "position": arguments.position,
        "spacing_mm": list(arguments.spacing),
        "noise_hu": arguments.noise_hu,
        "fractures": arguments.fracture,
        "cement": arguments.cement,
        "screws": arguments.screws,
        "wear": arguments.wear,
        "osteoporosis": arguments.osteoporosis,
        "sacralised": arguments.sacralised,
    }
    for key in (
        "needle", "highest_hu", "lumbar_count", "kernel",
        "contrast", "age", "scoliosis_deg", "rotation_deg",
        "tilt_deg", "slice_thickness_mm", "field_of_view", "matrix",
        "posture_seed",
    ):  # fmt: skip
        if (value := getattr(arguments, key)) is not None:
            table[key] = value
    for key, word in (("needles", "laid_needle"), ("laid_cement", "laid_cement")):
        if (value := getattr(arguments, word)) is not None:
            table[key] = value
    return recipe_from_table(table)


def _write_truth(folder: Path, made: Phantom) -> None:
    write_structures(folder, made.ct, made.truth)
    document = json.dumps(truth_document(made), indent=1, allow_nan=False)
    (folder / "truth.json").write_text(document, encoding="utf-8")
