"""Holds the open case, and keeps the file of its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.plan import Plan
    from planner.domain.volume import CtVolume
    from planner.session.floor import Floor
    from planner.session.jobs import JobRunner
    from planner.session.opened_case import OpenedCase
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices


class CaseDesk:
    """Holds the open scan.

    ``begun`` is called when another one has taken its place, ``kept`` after every save.
    """

    def __init__(
        self,
        services: CaseServices,
        runner: JobRunner,
        floor: Floor,
        edits: PlanDesk,
        begun: Callable[[OpenedCase], None],
        kept: Callable[[], None] = lambda: None,
    ) -> None:
        self._services = services
        self._runner = runner
        self._floor = floor
        self._edits = edits
        self._begun = begun
        self._kept = kept
        self._saved: Plan | None = None
        self.ct: CtVolume | None = None
        self.path: Path | None = None
        """The file of the plan."""

    def take(self, opened: OpenedCase, path: Path | None, *, is_recovered: bool = False) -> None:
        """Let a case take the place of the open one.

        ``path`` is the file of its plan; what was recovered is not in it yet.
        """
        self.ct, self.path = opened.ct, path
        self._saved = None if is_recovered else opened.plan
        of_others = self._runner.under_way()
        self._edits.anatomy = None  # or a desk asks something of these outlines on the other scan
        self._begun(opened)
        self._runner.when_ended(of_others, self._let_others_go)

    def _let_others_go(self) -> None:
        """Let go of what was kept of other scans; a job of theirs would have it kept again."""
        if self.ct is not None:
            self._services.let_others_go(self.ct)

    @property
    def unsaved(self) -> bool:
        """Whether the plan differs from its file."""
        return self._edits.document is not None and self._edits.plan != self._saved

    @property
    def has_unsaved_work(self) -> bool:
        """Whether closing would lose more than outlines that are made again by themselves."""
        if not self.unsaved or self._saved is None:
            return self.unsaved
        outliner = self._saved.anatomy
        now = self._edits.plan
        anatomy = replace(now.anatomy, backend=outliner.backend, locator=outliner.locator)
        return replace(now, anatomy=anatomy) != self._saved

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
        self._kept()
        self._floor.refresh()
        self._floor.say(f"Saved as revision {saved.revision}.")
        return True
