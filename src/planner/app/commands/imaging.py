"""``planner inspect``, ``planner convert`` and ``planner deidentify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.output import Outcome, check_out_folder, progress
from planner.domain.errors import InputRefusedError
from planner.domain.volume import GateVerdict
from planner.imaging import deidentify_series, load_ct, write_volume
from planner.imaging import inspect as inspect_path

if TYPE_CHECKING:
    import argparse

REFUSED = 3
"""The exit code of ``planner inspect`` on an input that would be refused."""


def inspect(arguments: argparse.Namespace) -> Outcome:
    """Say what the gate says of a CT, without planning anything."""
    found = inspect_path(arguments.ct, progress)
    verdict, document = found.verdict, found.as_json()
    if arguments.series:
        chosen = [one for one in found.series if one.series_uid == arguments.series]
        if not chosen:
            known = ", ".join(one.series_uid for one in found.series) or "none"
            raise InputRefusedError(
                "DCM-NO-SUCH-SERIES", f"The series that was asked for is not here. There: {known}."
            )
        verdict = chosen[0].verdict
        document["series"] = [one.as_json() for one in chosen]
        document["verdict"] = verdict.value
    return Outcome(document, exit_code=REFUSED if verdict is GateVerdict.REFUSE else 0)


def convert(arguments: argparse.Namespace) -> Outcome:
    """Write the volume as the planner sees it."""
    check_out_folder(arguments.out)
    ct = load_ct(arguments.ct, arguments.series, progress)
    write_volume(arguments.out, ct.geometry, ct.hu)
    return Outcome(
        {
            "out": str(arguments.out),
            "size": list(ct.geometry.size_ijk),
            "spacing_mm": list(ct.geometry.spacing_mm),
            "sha256": ct.record.sha256,
            "verdict": ct.record.verdict.value,
            "warnings": [f"{found.message} ({found.code})" for found in ct.record.findings],
        }
    )


def deidentify(arguments: argparse.Namespace) -> Outcome:
    """Write a de-identified copy of a series."""
    files = deidentify_series(arguments.ct, arguments.out, arguments.series, progress)
    return Outcome({"out": str(arguments.out), "files": len(files)})
