"""``planner doctor``: what this machine and this installation can do, in sentences."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from planner.app.diagnostics import as_lines, write_bundle
from planner.app.doctor import Health, examine
from planner.app.main import FINDINGS_HOLD
from planner.app.output import Outcome, check_out_folder

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def doctor(arguments: argparse.Namespace) -> Outcome:
    """Examine, say what was seen, and write the bundle where one is asked for."""
    bundle: Path | None = arguments.bundle
    if bundle is not None:
        check_out_folder(bundle)
    seen = []
    for one in examine():
        seen.append(one)
        print(f"looked at {one.name}", file=sys.stderr, flush=True)
    bad = any(one.health is Health.BAD for one in seen)
    summary = as_lines(seen)
    files: tuple[str, ...] = ()
    if bundle is not None:
        files = write_bundle(bundle, seen)
        summary += (
            f"\n\nThe bundle {bundle} holds {', '.join(files)}. All of it is plain text: read it "
            "before you send it."
        )
    return Outcome(
        {
            "healthy": not bad,
            "seen": [asdict(one) for one in seen],
            "bundle": None if bundle is None else str(bundle),
            "files": list(files),
        },
        exit_code=FINDINGS_HOLD if bad else 0,
        summary=summary,
    )
