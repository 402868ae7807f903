"""Works through the studies that are not done, here or on a cluster."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING

from planner.app.batch.alone import CANCELLED, measured
from planner.app.batch.cluster import measured_on
from planner.domain.errors import CancelledByUserError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from planner.app.batch.records import Record, RecordFolder, Study
    from planner.domain.progress import ProgressReport


def work_through(
    studies: Sequence[Study],
    folder: RecordFolder,
    workers: int,
    scheduler: str,
    report: ProgressReport,
) -> int:
    """Measure what has no final record yet, keep each as it comes, and return how many.

    Ending it at any moment loses the studies that were being worked on and nothing else.
    """
    left = [study for study in studies if not _is_done(folder.of(study.key))]
    if not left:
        return 0
    jobs = [(study, folder.labels_of(study)) for study in left]
    found = measured_on(scheduler, jobs) if scheduler else _here(jobs, workers)
    with closing(found):
        for done, record in enumerate(found, 1):
            folder.keep(record)
            report(done / len(left), f"{done} of {len(left)}: {record.study} {record.outcome}")
    return len(left)


def _is_done(record: Record | None) -> bool:
    return record is not None and record.is_final


def _here(jobs: Sequence[tuple[Study, Path]], workers: int) -> Generator[Record]:
    """Give each record as it is made; each study is a process, so threads only wait."""
    stopped = Event()

    def turn(study: Study, labels: Path) -> Record:
        # Ctrl-C reaches the studies before this process: none may be begun in between.
        record = None if stopped.is_set() else measured(study, labels)
        if record is None or record.code == CANCELLED:
            stopped.set()
            raise CancelledByUserError("stopped as asked")
        return record

    pool = ThreadPoolExecutor(workers, thread_name_prefix="study")
    try:
        for one in as_completed([pool.submit(turn, *job) for job in jobs]):
            yield one.result()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
