"""The straightened spine: made when it is looked at, and void with the outlines it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.straightened import StraightPicture

SLOT = "straight"


class StraightDesk:
    """Keeps the pictures of the scan and outlines that are open."""

    def __init__(self, jobs: JobDesk, case: CaseDesk, edits: PlanDesk, panes: PaneDesk) -> None:
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._asked: object = None
        self._made: tuple[object, tuple[StraightPicture, ...]] = (None, ())

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._asked, self._made = None, (None, ())

    @property
    def pictures(self) -> tuple[StraightPicture, ...]:
        """Those of the very scan and outlines that are open, while they are looked at."""
        state = self._panes.state
        if state is None or not state.straight or self._made[0] != self._now():
            return ()
        return self._made[1]

    def _now(self) -> tuple[CtVolume, Anatomy] | None:
        ct, anatomy = self._case.ct, self._edits.anatomy
        return None if ct is None or anatomy is None else (ct, anatomy)

    def follow(self, *, is_void: bool) -> None:
        """Straighten what is looked at, once for each scan and its outlines."""
        state, key = self._panes.state, self._now()
        if state is None or not state.straight or key is None or is_void:
            return
        if key == self._asked or SLOT in self._jobs.busy:
            return
        self._asked = key

        def work(ct: CtVolume, anatomy: Anatomy) -> tuple[StraightPicture, ...]:
            from planner.session.straightened import straighten  # noqa: PLC0415 - loads after the window

            return straighten(ct, anatomy)

        def came(value: object) -> None:
            self._made = (key, value)  # type: ignore[assignment]  # what straighten returns

        self._jobs.start(SLOT, "Laying the spine straight", lambda _report: work(*key), came)
