"""``planner batch``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from planner.app.batch.records import RecordFolder
from planner.app.batch.run import work_through
from planner.app.batch.studies import studies_in
from planner.app.batch.table import can_write, write_tables
from planner.app.output import Json, Outcome, check_out_folder, progress
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    import argparse

NO_TABLES = (
    "No table was written: it would be Parquet, which needs pyarrow. Where planner[cohort] is "
    "installed, the same command writes the tables from the records and measures nothing again."
)


def batch(arguments: argparse.Namespace) -> Outcome:
    """Outline and measure every study of a folder, each in a process of its own."""
    check_out_folder(arguments.out)
    out = arguments.out.resolve()
    if out.is_relative_to(arguments.folder.resolve()):
        raise UsageError(
            f"the results {out} would lie among the studies, and be taken for one; write elsewhere"
        )
    studies = studies_in(arguments.folder)
    folder = RecordFolder(out)
    folder.prepare(studies)
    done_now = work_through(studies, folder, arguments.workers, arguments.scheduler, progress)
    records = [found for study in studies if (found := folder.of(study.key)) is not None]
    tables = write_tables(out, records) if can_write() else ()
    counts = Counter(record.outcome.value for record in records)
    document: dict[str, Json] = {
        "studies": len(studies),
        "done_before": len(studies) - done_now,
        "outcomes": dict(sorted(counts.items())),
        "not_measured": {record.study: record.said for record in records if record.said},
        "tables": [str(path) for path in tables],
        "records": str(out / "studies"),
        "places": str(out / "places.json"),
    }
    return Outcome(document if tables else {**document, "no_tables": NO_TABLES})
