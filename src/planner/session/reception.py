"""Receives what the user points at: looks into a folder, lets choose, streams the slices in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.document.plan_file import is_plan_file
from planner.domain.errors import InputRefusedError, PlannerError
from planner.session.chooser import chooser_state, opens_straight
from planner.session.incoming import IncomingScan, SliceFeed
from planner.session.opened_case import CT_GONE, OTHER_CT, MissingScan, OpenedCase
from planner.session.outlines import outline_volume
from planner.session.state_words import day

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Plan
    from planner.domain.progress import ProgressReport
    from planner.imaging.inspection import Inspection
    from planner.session.chooser import ChooserState
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.ports import CaseServices
    from planner.session.view_protocols import ReceptionView

NOT_READ_WHOLE = "Loading was stopped. An incomplete scan is never shown as if it were one."


class Reception:
    """What is open stays until the new case is whole and the gate has given its verdict.

    ``arrived`` gets the case. ``looking`` gets every newer state of the slices on their way
    in, and ``None`` when there are no more, whether the scan came or was refused.
    """

    def __init__(
        self,
        services: CaseServices,
        view: ReceptionView,
        floor: Floor,
        jobs: JobDesk,
        *,
        arrived: Callable[[OpenedCase, Path | None], None],
        looking: Callable[[IncomingScan | None], None],
    ) -> None:
        self._services = services
        self._view = view
        self._floor = floor
        self._jobs = jobs
        self._arrived = arrived
        self._looking = looking
        self._inspection: Inspection | None = None
        self.names_hidden = False
        self.coming: IncomingScan | None = None
        """The slices on the screen while a scan is read."""
        self.refusal = ""
        """Why what was asked for last was not opened; empty when it was."""
        self.choice: ChooserState | None = None
        """What the user is choosing from."""

    def drop(self, path: Path) -> None:
        """Open what was dragged onto the window: a plan file, else a scan."""
        (self.open_plan if is_plan_file(path) else self.open_scan)(path)

    # scans

    def open_scan(self, path: Path) -> None:
        """Look what is there; open it when it is one series, else let the user choose."""
        self.decline()
        self._start(
            f"Looking into {path.name}",
            lambda report: self._services.look(path, report),
            lambda value: self._looked(path, value),
        )

    def open_series(self, path: Path, series_uid: str) -> None:
        """Open one series of a folder that was looked into elsewhere."""
        self.decline()
        self._load(path, series_uid)

    def open_sample(self) -> None:
        """Open the sample case for learning; it is made on its first use."""
        self.decline()
        self._start(
            "Making the sample case",
            self._services.sample_scan,
            lambda value: self._load(value, None),  # type: ignore[arg-type]  # a Path, see ports
        )

    def _looked(self, path: Path, value: object) -> None:
        found: Inspection | None = value  # type: ignore[assignment]  # what look returns
        if found is None or not found.series:
            # A volume file, or nothing: load_ct opens the one and says what is wrong of the other.
            self._load(path, None)
            return
        only = opens_straight(found)
        if only is not None:
            self._load(path, only)
            return
        self._inspection = found
        self._offer()

    def _offer(self) -> None:
        if self._inspection is not None:
            self.choice = chooser_state(self._inspection, names_hidden=self.names_hidden)
            self._view.show_chooser(self.choice)

    def hide_names(self, *, hidden: bool) -> None:
        """Hide or show the names in the chooser too."""
        self.names_hidden = hidden
        self._offer()

    def choose(self, series_uid: str) -> None:
        """Open a series of the folder that was looked into."""
        found = self._inspection
        if found is None or self.choice is None:
            return
        rows = [row for group in self.choice.groups for row in group.rows]
        row = next((row for row in rows if row.series_uid == series_uid), None)
        if row is None or row.refused:
            self._floor.say(row.refused if row else "Choose a series first.", is_error=True)
            return
        self.decline()
        self._load(found.path, series_uid)

    def decline(self) -> None:
        """Choose nothing."""
        self._inspection = self.choice = None
        self._view.show_chooser(None)

    def _load(self, path: Path, series_uid: str | None) -> None:
        feed = SliceFeed()

        def work(report: ProgressReport) -> object:
            ct = self._services.open_scan(path, report, series_uid, feed)
            return OpenedCase(plan=self._services.new_plan(ct), ct=ct, anatomy=None)

        self._start("Reading the scan", work, self._scan_read, feed)

    def _scan_read(self, value: object) -> None:
        opened: OpenedCase = value  # type: ignore[assignment]  # what the work above returns
        self._floor.say(f"{opened.ct.geometry.size_ijk[2]} slices read.")
        self._arrived(opened, None)  # what it says, such as an exercise that was left, stays

    # plans

    def open_plan(self, path: Path, ct_path: Path | None = None) -> None:
        """Read a plan, then the scan it was made on: where it was, or where the user says."""
        read: list[Plan] = []
        feed = SliceFeed()

        def work(report: ProgressReport) -> object:
            plan = self._services.load_plan(path)
            read.append(plan)
            ct, anatomy = self._services.reopen(plan, report, ct_path, feed)
            drawn = outline_volume(anatomy) if anatomy else None
            return OpenedCase(plan=plan, ct=ct, anatomy=anatomy, drawn=drawn)

        def refused(error: PlannerError) -> None:
            code = error.code if isinstance(error, InputRefusedError) else ""
            if read and code in (CT_GONE, OTHER_CT):
                other = (ct_path or Path(read[0].scan.locator)) if code == OTHER_CT else None
                self._view.show_missing_scan(
                    MissingScan(
                        plan_file=path, sentence=str(error), wanted=_wanted(read[0]), other=other
                    )
                )
            else:
                self._refuse(error)

        self._start(
            "Reading the plan", work, lambda value: self._plan_read(path, value), feed, refused
        )

    def _plan_read(self, path: Path, value: object) -> None:
        opened: OpenedCase = value  # type: ignore[assignment]  # what open_plan's work returns
        self._arrived(opened, path)
        self._floor.say(f"Plan opened, revision {opened.plan.revision}.")

    # what every opening has in common

    def _start(
        self,
        message: str,
        work: Callable[[ProgressReport], object],
        done: Callable[[object], None],
        feed: SliceFeed | None = None,
        refused: Callable[[PlannerError], None] | None = None,
    ) -> None:
        """Run one opening; slices on the screen go when it ends in any way."""
        self._clear()
        self.refusal = ""
        refuse = refused or self._refuse

        def look() -> None:
            if feed is not None and (newer := feed.newer()) is not None:
                self.coming = newer
                self._looking(newer)

        def finished(value: object) -> None:
            self.coming = None
            done(value)

        self._jobs.start(
            "open", message, work, finished, progressed=look, refused=refuse, gone=self._gone
        )

    def _gone(self) -> None:
        if self.coming is not None:
            self._clear()
            self._floor.say(NOT_READ_WHOLE)

    def _refuse(self, error: PlannerError) -> None:
        self.refusal = str(error)
        self._floor.say(self.refusal, is_error=True)

    def _clear(self) -> None:
        """Take slices that did not become a scan off the screen."""
        if self.coming is not None:
            self.coming = None
            self._looking(None)


def _wanted(plan: Plan) -> str:
    scan = plan.scan
    parts = (scan.series_description, day(scan.acquired))
    words = " · ".join(part for part in parts if part)
    return words or "a series without a description"
