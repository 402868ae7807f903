"""Outlines the spine, or takes its outlines from a file, and builds the meshes of the 3-D view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.session.outlines import OutlineVolume, outline_volume
from planner.session.surfaces import anatomy_surfaces, bone_surface

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.progress import ProgressReport
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.view_protocols import PictureView


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outlined:
    anatomy: Anatomy
    drawn: OutlineVolume


class OutlineDesk:
    """Gives the plan its anatomy; the anatomy itself is kept by the ``PlanDesk``."""

    def __init__(
        self,
        services: CaseServices,
        view: PictureView,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._view = view
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self.drawn: OutlineVolume | None = None
        """The outlines as drawn."""

    def segment(self) -> None:
        """Outline the spine in the background."""
        if (ct := self._case.ct) is not None:
            seeds = dict(self._edits.plan.anatomy.seeds)
            self._outline(
                "Outlining the spine",
                lambda report: self._services.segment(ct, seeds, report),
                None,
            )

    def import_labels(self, path: Path) -> None:
        """Take the outlines from a label file."""
        if (ct := self._case.ct) is not None:
            self._outline(
                "Reading the outlines",
                lambda report: self._services.import_anatomy(ct, path, report),
                path,
            )

    def _outline(
        self, message: str, make: Callable[[ProgressReport], Anatomy], labels: Path | None
    ) -> None:
        def work(report: ProgressReport) -> _Outlined:
            anatomy = make(report)
            return _Outlined(anatomy=anatomy, drawn=outline_volume(anatomy))

        self._jobs.start("segment", message, work, lambda value: self._outlined(value, labels))

    def _outlined(self, value: object, labels: Path | None) -> None:
        made: _Outlined = value  # type: ignore[assignment]  # what the work above returns
        anatomy, edits = made.anatomy, self._edits
        edits.anatomy = anatomy
        self.show(made.drawn)
        command = self._services.bind_anatomy(anatomy, labels)
        before = edits.plan
        self._floor.act(lambda: edits.do(command))
        if edits.plan is before:
            self._floor.derive()
        self.build_surfaces()
        levels = sorted(anatomy.vertebrae, key=lambda item: item.order)
        found = f"{levels[0]} to {levels[-1]}" if levels else "no vertebra"
        if levels and not edits.plan.trajectories:
            middle = anatomy.vertebrae[levels[len(levels) // 2]]
            self._panes.move_cursor(middle.body_centre)
        self._floor.say(f"Outlined {found}. Look at every level before you plan on it.")

    def show(self, drawn: OutlineVolume | None) -> None:
        """Draw other outlines."""
        self.drawn = drawn
        self._view.show_outlines(drawn)

    def build_surfaces(self) -> None:
        """Build the meshes in the background: of the outlines, or of all bone before there are."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None:
            return

        def work(report: ProgressReport) -> object:
            return anatomy_surfaces(anatomy, report) if anatomy else bone_surface(ct, report)

        self._jobs.start("surfaces", "Building the 3-D view", work, self._surfaces_built)

    def _surfaces_built(self, value: object) -> None:
        self._view.show_surfaces(value)  # type: ignore[arg-type]  # what the work returns
