"""``planner phantom``: a digital spine and its truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.app.commands.anatomy import write_structures
from planner.app.output import Outcome, progress
from planner.domain.errors import UsageError
from planner.imaging import write_ct_series
from planner.phantom import Recipe, make_phantom, parse_lesion, parse_levels, truth_document

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from planner.phantom import Phantom


def phantom(arguments: argparse.Namespace) -> Outcome:
    """Make a digital spine as a DICOM series, and its truth beside it."""
    try:
        recipe = Recipe(
            seed=arguments.seed,
            levels=parse_levels(arguments.levels),
            lesions=tuple(parse_lesion(text) for text in arguments.lesion),
            position=arguments.position,
            spacing_mm=arguments.spacing,
            noise_hu=arguments.noise_hu,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
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


def _write_truth(folder: Path, made: Phantom) -> None:
    write_structures(folder, made.ct, made.truth)
    document = json.dumps(truth_document(made), indent=1, allow_nan=False)
    (folder / "truth.json").write_text(document, encoding="utf-8")
