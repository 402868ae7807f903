"""Lists the fetched scans of this computer, and removes those a person chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.session.fetching import SCANS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.kept_scans import KeptScan

KEPT = "kept"


class ScansDesk:
    """Without a user's folder nothing is fetched and nothing is listed."""

    def __init__(self, folder: Path | None, floor: Floor, jobs: JobDesk, case: CaseDesk) -> None:
        self._folder = folder
        self._floor = floor
        self._jobs = jobs
        self._case = case

    def look(self, show: Callable[[tuple[KeptScan, ...], str], None]) -> None:
        """Look what is there, then ``show`` it with the folder it lies in."""
        folder = self._folder
        if folder is None:
            self._floor.say("Nothing is kept on this computer.")
            return
        ct = self._case.ct
        open_series = "" if ct is None else ct.record.series_uid

        def work(_report: object) -> object:
            from planner.session.kept_scans import kept_scans  # noqa: PLC0415 - loads after the window

            return kept_scans(folder, open_series=open_series)

        def found(value: object) -> None:
            scans: tuple[KeptScan, ...] = value  # type: ignore[assignment]  # what work returns
            show(scans, str(folder / SCANS))

        self._jobs.start(KEPT, "Looking at fetched scans", work, found)

    def remove(self, scans: tuple[KeptScan, ...]) -> None:
        """Remove scans from this computer, and say how many."""
        folder = self._folder
        if folder is None:
            return

        def work(_report: object) -> object:
            from planner.session.kept_scans import remove_scans  # noqa: PLC0415 - loads after the window

            return remove_scans(folder, scans)

        self._jobs.start(
            KEPT,
            "Removing fetched scans",
            work,
            lambda count: self._floor.say(f"Removed from this computer: {count} fetched scans."),
        )
