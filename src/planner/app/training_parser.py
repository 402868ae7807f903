"""The words of ``planner train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.domain.levels import Side
from planner.domain.plan import Approach
from planner.training.attempt import LesionSide

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_verbs(
    verbs: Any,
    command: Callable[[Any, str, str, str], argparse.ArgumentParser],
    level: Callable[[str], object],
    point: Callable[[str], object],
) -> None:
    """Add every verb; ``command`` makes one, the others read a level and a point."""
    exercises = command(verbs, "list", "List the exercises.", "training")
    exercises.set_defaults(handler="planner.app.commands.training:exercises")
    scan = command(verbs, "scan", "Write the scan of an exercise as DICOM.", "training")
    scan.add_argument("exercise", metavar="EXERCISE", help="such as easy-l3 or easy-l3.1042")
    scan.add_argument("--out", type=Path, required=True, help="folder for the DICOM series")
    assign = command(verbs, "assign", "Write a file of exercises to give out.", "training")
    assign.add_argument("exercises", nargs="+", metavar="EXERCISE", help="as list names them")
    assign.add_argument("--title", required=True, help="what trainees see")
    assign.add_argument("--xray", action="store_true", help="lead the needle under X-ray alone")
    assign.add_argument("--out", type=Path, required=True, help="the file to give out")
    attempt = command(verbs, "attempt", "Write an attempt from words and a plan.", "training")
    attempt.add_argument("exercise", metavar="EXERCISE", help="as list names it")
    attempt.add_argument("--by", required=True, metavar="NAME", help="who made it")
    attempt.add_argument("--level", type=level, required=True, help="of the lesion")
    attempt.add_argument(
        "--lesion-side", choices=list(LesionSide), required=True, help="where in the vertebra"
    )
    attempt.add_argument(
        "--danger", action="append", default=[], metavar="ID", help="as list names it"
    )
    attempt.add_argument("--do-not-treat", action="store_true", help="instead of a way in")
    attempt.add_argument("--approach", choices=list(Approach), help="the way in")
    attempt.add_argument("--side", choices=list(Side), help="the way in")
    attempt.add_argument("--plan", type=Path, metavar="PLAN", help="what was planned")
    attempt.add_argument("--thermocouple", type=point, metavar="x,y,z", help="where one is put")
    attempt.add_argument("--minutes", type=float, default=0.0, help="how long it took")
    attempt.add_argument("--out", type=Path, required=True, help="the attempt file")
    score = command(verbs, "score", "Score attempts on the truth.", "training")
    score.add_argument("files", nargs="+", type=Path, metavar="ATTEMPT", help="attempt files")
    score.add_argument("--reference", type=Path, metavar="PLAN", help="write the reference plan")
    compare = command(verbs, "compare", "Score and compare a group's attempts.", "training")
    compare.add_argument(
        "files", nargs="+", type=Path, metavar="ATTEMPT|FOLDER", help="attempts of a group"
    )
    progress = command(verbs, "progress", "Show what was scored on this computer.", "training")
    progress.add_argument("--csv", type=Path, metavar="FILE", help="also write it as a table")
