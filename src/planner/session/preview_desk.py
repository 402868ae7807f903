"""Keeps the preview of heat and cold beside the hand: one run at a time, never a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.coverage_words import coverage_lines
from planner.domain.errors import PlannerError
from planner.domain.structures import in_words
from planner.session.jobs import JobDone, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.anatomy import Anatomy
    from planner.domain.coverage import Coverage
    from planner.domain.live_preview import LivePreview, PreviewAt
    from planner.domain.plan import AblationId, Plan
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.drawing import SimulatedMark
    from planner.session.floor import Floor
    from planner.session.jobs import JobEvent, JobRunner
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices

SLOT = "preview"
NEAREST = 3
"""Structures that are named with their distance and temperature."""


class PreviewDesk:
    """Previews the plan shown after every change.

    A needle that is dragged changes faster than it can be previewed. So the next run starts when
    the last one is done, of the plan as it then is, and what a run gave is shown though the hand
    has moved on; when the hand rests it is of the plan shown.
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
        self._asked: tuple[object, ...] | None = None
        self._is_running = False
        self._found: tuple[LivePreview, ...] = ()
        self._marks: tuple[SimulatedMark, ...] = ()
        self._of: tuple[object, ...] | None = None
        self._why_none = ""

    def forget(self) -> None:
        """Have nothing to preview."""
        self._runner.cancel(SLOT)
        self._is_running = False
        self._asked = self._of = None
        self._found, self._marks, self._why_none = (), (), ""

    def follow(self, *, is_void: bool) -> None:
        """Preview the plan as it is now, unless it is previewed already."""
        key = None if is_void else self._key()
        if key is None:
            if self._of is not None or self._is_running:
                self.forget()
            return
        if key == self._of or self._is_running:
            return
        self._start(key)

    @property
    def is_of_the_plan(self) -> bool:
        """Whether what is shown is of the very plan shown, and not of a moment before."""
        return self._of is not None and self._of == self._key()

    @property
    def marks(self) -> tuple[SimulatedMark, ...]:
        """What is drawn; nothing once the hand rests on another plan than that of the preview."""
        return self._marks if self._is_running or self.is_of_the_plan else ()

    def lines(self, ablation_id: AblationId | None) -> tuple[str, ...]:
        """Return what the preview says of an ablation, in words."""
        if self._why_none and self._of == self._key():
            return (self._why_none,)
        for one in self._found if self.marks else ():
            if ablation_id is not None and ablation_id in one.extents:
                return preview_lines(one, ablation_id)
        return ()

    @property
    def separations(self) -> tuple[str, ...]:
        """What protecting layers have to make up for, by the preview of the plan shown."""
        return tuple(line for one in self._found if self.marks for line in one.layers)

    def coverage(self, ablation_id: AblationId | None) -> tuple[Coverage, ...]:
        """Return what is covered of lesion and target volume by the preview shown."""
        for one in self._found if self.marks else ():
            if ablation_id in one.extents:
                return tuple(x for x in (one.coverage, one.target_coverage) if x is not None)
        return ()

    def _key(self) -> tuple[object, ...] | None:
        """Return all that a preview looks at; ``None`` where there is nothing to preview."""
        if self._edits.document is None or self._case.ct is None or self._edits.anatomy is None:
            return None
        plan = self._edits.plan
        if not plan.ablations or not self._edits.anatomy.vertebrae:
            return None
        needles = [plan.trajectory(item.trajectory_id) for item in plan.ablations]
        where = tuple((item.level, item.entry, item.tip) for item in needles)
        seen = (self._edits.anatomy, self._case.ct)  # themselves: an id is given again once freed
        by_hand = (plan.protection, plan.tissue_choices)
        return (plan.ablations, plan.ablation_order, *by_hand, where, *seen)

    def _start(self, key: tuple[object, ...]) -> None:
        plan, ct, anatomy = self._edits.plan, self._case.ct, self._edits.anatomy
        if ct is None or anatomy is None:
            return
        self._asked, self._is_running = key, True
        self._runner.submit(SLOT, lambda _report: self._made(plan, ct, anatomy), self._on_event)

    def _made(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> object:
        """Preview, and make ready what is drawn; runs in a worker."""
        from planner.session.simulated_marks import preview_mark  # noqa: PLC0415 - loads after the window

        found = self._services.preview(plan, ct, anatomy)
        return found, tuple(preview_mark(one) for one in found)

    def _on_event(self, event: JobEvent) -> None:
        if not isinstance(event, JobDone | JobFailed):
            return
        self._is_running = False
        self._of = self._asked
        self._found, self._marks, self._why_none = (), (), ""
        if isinstance(event, JobDone):
            self._found, self._marks = event.value  # type: ignore[misc]  # what ``_made`` returns
        elif isinstance(event.error, PlannerError):
            self._why_none = str(event.error)
        else:
            self._floor.fault(event.error)
        self._changed()


def preview_lines(one: LivePreview, ablation_id: AblationId) -> tuple[str, ...]:
    """Return size, coverage and the nearest structures, no finer than the band earns."""
    size = one.extents[ablation_id]
    lines = ["Preview: no tissue dies."]
    if size.volume_ml > 0.0:
        lines = [
            f"Preview: {size.length_mm:.0f} × {size.width_mm:.0f} mm ± {one.band_mm:.0f} mm, "
            f"{size.volume_ml:.0f} mL alone"
        ]
    for coverage in (one.coverage, one.target_coverage):
        lines += [] if coverage is None else coverage_lines(coverage)
    near = sorted(one.structures, key=lambda name: _distance(one.structures[name]))
    lines += [_at(name, one.structures[name], is_cold=one.is_cold) for name in near[:NEAREST]]
    lines.append(f"{one.model.name}, preview, {one.model.status}; no rule counts on it")
    return tuple(lines)


def _distance(at: PreviewAt) -> float:
    return float("inf") if at.distance_mm is None else at.distance_mm


def _at(name: str, at: PreviewAt, *, is_cold: bool) -> str:
    way = "down to" if is_cold else "up to"
    where = "in the zone" if _distance(at) <= 0.0 else f"{_distance(at):.0f} mm"
    return f"{in_words(name)}: {where}, {way} {at.worst_celsius:.0f} °C"
