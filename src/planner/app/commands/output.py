"""``planner report`` and ``planner export``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.commands.checking import plan_and_case
from planner.app.output import Outcome, check_out_folder
from planner.domain.errors import UsageError
from planner.exchange.export import ExportKind
from planner.report.model import Paper
from planner.session.output import export_case, report_case

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

PAPERS = {"a4": Paper.A4, "letter": Paper.LETTER}

KIND_OF_WORD: Mapping[str, ExportKind] = {
    "seg": ExportKind.SEG,
    "rtstruct": ExportKind.RTSTRUCT,
    "pdf": ExportKind.PDF,
    "markups": ExportKind.MARKUPS,
    "stl": ExportKind.STL,
    "obj": ExportKind.OBJ,
    "plan-dicom": ExportKind.PLAN,
}


def report(arguments: argparse.Namespace) -> Outcome:
    """Write a plan to PDF."""
    check_out_folder(arguments.out)
    plan, case = plan_and_case(arguments)
    pages = report_case(plan, case, arguments.out, paper=PAPERS[arguments.paper])
    return Outcome({"out": str(arguments.out), "pages": pages, "revision": plan.revision})


def export(arguments: argparse.Namespace) -> Outcome:
    """Write what other programs read."""
    named = [
        kind for word, kind in KIND_OF_WORD.items() if vars(arguments)[word.replace("-", "_")]
    ]
    if not named and not arguments.all:
        words = ", ".join(f"--{word}" for word in KIND_OF_WORD)
        raise UsageError(f"say what to export: {words} or --all")
    plan, case = plan_and_case(arguments)
    exported = export_case(plan, case, arguments.out, None if arguments.all else named)
    return Outcome(
        {"files": [str(path) for path in exported.files], "left_out": exported.left_out}
    )
