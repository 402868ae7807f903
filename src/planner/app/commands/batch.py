"""``planner batch``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from planner.app.batch.records import RecordFolder
from planner.app.batch.run import work_through
from planner.app.batch.studies import studies_in
from planner.app.batch.table import require_parquet, write_tables
from planner.app.output import Outcome, progress

if TYPE_CHECKING:
    import argparse


def batch(arguments: argparse.Namespace) -> Outcome:
    """Outline and measure every study of a folder, each in a process of its own."""
    require_parquet()
    studies = studies_in(arguments.folder)
    folder = RecordFolder(arguments.out)
    folder.prepare(studies)
    done_now = work_through(studies, folder, arguments.workers, arguments.scheduler, progress)
    records = [found for study in studies if (found := folder.of(study.key)) is not None]
    tables = write_tables(arguments.out, records)
    counts = Counter(record.outcome.value for record in records)
    return Outcome(
        {
            "studies": len(studies),
            "done_before": len(studies) - done_now,
            "outcomes": dict(sorted(counts.items())),
            "not_measured": {record.study: record.said for record in records if record.said},
            "tables": [str(path) for path in tables],
            "places": str(arguments.out / "places.json"),
        }
    )
