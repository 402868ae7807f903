"""The cement of a needle in the hand: a marching front, one run at a time, never a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import PlannerError
from planner.session.drawing import CementMark
from planner.session.jobs import JobDone, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import CementId, Plan
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.jobs import JobEvent, JobRunner
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices

SLOT = "cement in the hand"


class CementDrag:
    """Fills the plan under the hand until the check has the Darcy fill of where it rests.

    The next run starts when the last one is done, of the plan as it then is. Nothing of it is
    judged, measured or printed.
    """

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        runner: JobRunner,
        case: CaseDesk,
        edits: PlanDesk,
        changed: Callable[[], None],
    ) -> None:
        self._services = services
        self._floor = floor
        self._runner = runner
        self._case = case
        self._edits = edits
        self._changed = changed
        self._is_running = False
        self._of: Plan | None = None
        self._marks: Mapping[CementId, CementMark] = {}

    def forget(self) -> None:
        """Have nothing to draw."""
        self._runner.cancel(SLOT)
        self._is_running = False
        self._of, self._marks = None, {}

    def follow(self, *, is_void: bool) -> None:
        """Fill the plan as it is now, where a hand moves it."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if is_void or not self._edits.is_dragging or ct is None or anatomy is None:
            return
        plan = self._edits.plan
        if self._is_running or plan is self._of or not plan.cements:
            return
        self._is_running = True
        self._runner.submit(SLOT, lambda _report: self._made(plan, ct, anatomy), self._on_event)

    def marks_beside(self, drawn: set[CementId]) -> list[CementMark]:
        """Return the fills of this plan's injections that no check has filled yet."""
        if self._edits.document is None:
            return []
        wanted = {one.id for one in self._edits.plan.cements} - drawn
        return [mark for key, mark in self._marks.items() if key in wanted]

    def _made(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> object:
        """Fill, and make ready what is drawn; runs in a worker."""
        found = self._services.preview_cement(plan, ct, anatomy)
        return plan, {one.cement_injection_id: CementMark.of(one) for one in found}

    def _on_event(self, event: JobEvent) -> None:
        if not isinstance(event, JobDone | JobFailed):
            return
        self._is_running = False
        self._marks = {}
        if isinstance(event, JobDone):
            self._of, self._marks = event.value  # type: ignore[misc]  # what ``_made`` returns
        elif not isinstance(event.error, PlannerError):
            self._floor.fault(event.error)
        self._changed()
