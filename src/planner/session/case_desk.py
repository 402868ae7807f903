"""Opens scans and plans, and keeps the plan's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.document.plan_file import is_plan_file
from planner.domain.errors import PlannerError
from planner.session.outlines import OutlineVolume, outline_volume

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedCase:
    """A scan that was read, and the plan on it."""

    plan: Plan
    ct: CtVolume
    anatomy: Anatomy | None
    drawn: OutlineVolume | None = None


class CaseDesk:
    """Holds the open scan; ``begun`` is called when another one has taken its place."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        edits: PlanDesk,
        begun: Callable[[OpenedCase], None],
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._edits = edits
        self._begun = begun
        self._saved: Plan | None = None
        self.ct: CtVolume | None = None
        self.path: Path | None = None
        """The file of the plan."""

    # opening

    def open_scan(self, path: Path) -> None:
        """Read a CT in the background; what is open stays until it is read."""
        self._jobs.start(
            "open",
            "Reading the scan",
            lambda report: self._services.open_scan(path, report),
            self._scan_opened,
        )

    def open_plan(self, path: Path) -> None:
        """Read a plan, then the scan it was made on."""

        def work(report: ProgressReport) -> object:
            plan = self._services.load_plan(path)
            ct, anatomy = self._services.reopen(plan, report)
            drawn = outline_volume(anatomy) if anatomy else None
            return OpenedCase(plan=plan, ct=ct, anatomy=anatomy, drawn=drawn)

        self._jobs.start(
            "open", "Reading the plan", work, lambda value: self._plan_opened(path, value)
        )

    def drop(self, path: Path) -> None:
        """Open what was dragged onto the window: a plan file, else a scan."""
        (self.open_plan if is_plan_file(path) else self.open_scan)(path)

    def _scan_opened(self, value: object) -> None:
        ct: CtVolume = value  # type: ignore[assignment]  # what open_scan returns
        plan = self._services.new_plan(ct)
        self._begin(OpenedCase(plan=plan, ct=ct, anatomy=None), None)
        self._floor.say(f"{ct.geometry.size_ijk[2]} slices read.")

    def _plan_opened(self, path: Path, value: object) -> None:
        opened: OpenedCase = value  # type: ignore[assignment]  # what open_plan's work returns
        self._begin(opened, path)
        self._floor.say(f"Plan opened, revision {opened.plan.revision}.")

    def _begin(self, opened: OpenedCase, path: Path | None) -> None:
        self.ct, self.path, self._saved = opened.ct, path, opened.plan
        self._begun(opened)

    # the file of the plan

    @property
    def unsaved(self) -> bool:
        """Whether the plan differs from its file."""
        return self._edits.document is not None and self._edits.plan != self._saved

    @property
    def has_unsaved_work(self) -> bool:
        """Whether closing would lose a needle or an answer."""
        return self.unsaved and bool(self._edits.plan.trajectories or self._edits.plan.notes)

    def save(self, path: Path) -> bool:
        """Write the plan; tell whether it worked."""
        document = self._edits.document
        if document is None:
            return False
        try:
            saved = self._services.save_plan(path, document.plan)
        except PlannerError as refusal:
            self._floor.say(str(refusal), is_error=True)
            return False
        self.path, self._saved = path, saved
        document.mark_saved(saved)
        self._floor.refresh()
        self._floor.say(f"Saved as revision {saved.revision}.")
        return True
