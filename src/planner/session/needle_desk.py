"""Places needles at the crosshair, and asks for proposals to a level and a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.levels import Level, Side
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices, Suggestions


class NeedleDesk:
    """The next needle: where it goes, and what speaks for the proposed one."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self.reasons: tuple[str, ...] = ()
        """Why the needle proposed last was proposed; empty when none was."""

    def forget(self) -> None:
        """Drop the last proposal, as for another scan."""
        self.reasons = ()

    def place(self, *, is_entry: bool) -> None:
        """Put the entry or the tip at the crosshair."""
        if self._panes.state is not None:
            cursor = self._panes.state.cursor
            self._floor.act(lambda: self._edits.place(cursor, is_entry=is_entry))

    def choose_level(self, level: Level | None) -> None:
        """Choose the level for the next needle."""
        self._edits.level = level
        anatomy = self._edits.anatomy
        if level is not None and anatomy is not None and level in anatomy.vertebrae:
            self._panes.jump(anatomy.vertebrae[level].body_centre)
        self._floor.refresh()

    def choose_side(self, side: Side | None) -> None:
        """Choose the side for the next needle; ``None`` takes it from the entry."""
        self._edits.side = side
        self._floor.refresh()

    def suggest(self) -> None:
        """Propose the best needle for the chosen level and side."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        level, side = self._edits.level, self._edits.side
        say = self._floor.say
        if ct is None or anatomy is None or level is None or side is None:
            say("Outline the spine, then choose a level and a side.", is_error=True)
            return
        if level not in anatomy.vertebrae:
            say(f"{level} is not outlined, so no path to it can be proposed.", is_error=True)
            return
        self._jobs.start(
            "suggest",
            f"Looking for a path to {level} {side}",
            lambda report: self._services.suggest(ct, anatomy, level, side, report),
            self._suggestion_came,
        )

    def _suggestion_came(self, value: object) -> None:
        offers: Suggestions = value  # type: ignore[assignment]  # what suggest returns
        if not offers.ranked:
            self.forget()
            self._floor.say("No path is proposed: " + " ".join(offers.none_because), is_error=True)
            return
        self.reasons = offers.ranked[0].reasons
        self._floor.act(lambda: self._edits.take(offers.ranked[0]))
        needle = self._edits.needle
        if needle is not None:
            self._panes.jump(needle.tip)
