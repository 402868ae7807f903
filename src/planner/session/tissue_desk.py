"""The tissue map over the slices: on demand, and only while it is that of the plan shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.drawing import TissueMark
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices

    _Key = tuple[object, ...]


SLOT = "tissue"


class TissueDesk:
    """Works the map out anew when what it rests on changed and was let go."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._made: tuple[_Key, TissueMark | None] | None = None
        self._asked: _Key | None = None
        self.is_shown = False

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._made = self._asked = None
        self.is_shown = False

    def toggle(self) -> None:
        """Show the map, or take it away."""
        self.is_shown = not self.is_shown
        self._asked = None
        self._floor.refresh()

    @property
    def mark(self) -> TissueMark | None:
        """The map of the plan as it is now; ``None`` while it is worked out or not shown."""
        if not self.is_shown or self._made is None or self._made[0] != self._now():
            return None
        return self._made[1]

    def name_at(self, point: object) -> str:
        """Return what the model takes a point for, where the map is shown."""
        mark = self.mark
        return "" if mark is None else mark.name_at(point)  # type: ignore[arg-type]  # a PointLps

    def _now(self) -> _Key | None:
        """Return all that the map rests on; ``None`` without outlines and a needle."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None or anatomy is None or self._edits.document is None:
            return None
        plan = self._edits.plan
        if not plan.trajectories:
            return None
        return (ct, anatomy, plan.trajectories, plan.ablations, plan.protection)

    def follow(self, *, is_void: bool) -> None:
        """Work the map out where the shown one is of another plan; never during a drag."""
        key = self._now()
        if not self.is_shown or key is None or is_void or self._edits.is_dragging:
            return
        if key == self._asked or SLOT in self._jobs.busy:
            return
        self._asked = key
        ct, anatomy, plan = self._case.ct, self._edits.anatomy, self._edits.plan

        def work(ct: CtVolume, anatomy: Anatomy) -> TissueMark | None:
            return self._services.tissue_map(plan, ct, anatomy)

        def came(value: object) -> None:
            self._made = (key, value)  # type: ignore[assignment]  # what tissue_map returns

        if ct is not None and anatomy is not None:
            self._jobs.start(SLOT, "Telling tissue apart", lambda _report: work(ct, anatomy), came)
