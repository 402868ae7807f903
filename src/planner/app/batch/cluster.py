"""The same studies on the workers of a Dask scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.batch.alone import failed, measured
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from planner.app.batch.records import Record, Study

REACHED_WITHIN_S = 20.0


def measured_on(scheduler: str, jobs: Sequence[tuple[Study, Path]]) -> Generator[Record]:
    """Give each record as a worker sends it. Places must be the same on every worker.

    Raises
    ------
    UsageError
        When Dask is not installed, or nothing answers at ``scheduler``.
    """
    try:
        from distributed import Client, as_completed  # noqa: PLC0415 - only who has a cluster
    except ImportError as missing:
        raise UsageError(
            "Dask is not installed here; install planner[cohort], or leave --scheduler out"
        ) from missing
    try:
        client = Client(  # type: ignore[no-untyped-call]  # no types
            scheduler, timeout=REACHED_WITHIN_S, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as silent:
        raise UsageError(
            f"nothing answers at {scheduler}; start 'dask scheduler' and 'dask worker', and give "
            "the address the scheduler prints"
        ) from silent
    with client:
        # Not pure: a study is measured on disk, where the same words may find other files.
        work = {
            client.submit(measured, study, labels, pure=False): study for study, labels in jobs
        }
        for one in as_completed(work, loop=client.loop):  # type: ignore[no-untyped-call]  # no types
            yield sent(one.result, work[one])


def sent(result: Callable[[], Record], study: Study) -> Record:
    """Return what a worker sent, or a record of why nothing came."""
    try:
        return result()
    except Exception as lost:  # noqa: BLE001 - whatever a worker raises; its words may hold a path
        return failed(
            study,
            "CLUSTER",
            f"The cluster gave it up ({type(lost).__name__}). A worker must have planner, and "
            "reach the same folders by the same names. Run the same again.",
        )
