"""What helps at the table: the needle's card, the grid mark, the skin map, the correction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document import commands

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.plan import Plan, TrajectoryId
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.case_desk import CaseDesk
    from planner.session.drawing import SkinMark
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.needle_card import CardPart
    from planner.session.needle_desk import NeedleDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices, Wish

    _Key = tuple[CtVolume, Anatomy, Plan, TrajectoryId]


class RoomDesk:
    """Keeps the card that of the selected needle, and the map that of the outlines."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
        needles: NeedleDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._needles = needles
        self.forget()

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._key: _Key | None = None
        self._asked: _Key | None = None
        self._card: tuple[CardPart, ...] = ()
        self._map: SkinMark | None = None
        self._map_of: tuple[Anatomy | None, Level | None, Wish | None] = (None, None, None)

    @property
    def grid_mark(self) -> PointLps | None:
        """The mark of the grid on the skin that the plan keeps."""
        document = self._edits.document
        return None if document is None else document.plan.grid_mark

    @property
    def card(self) -> tuple[CardPart, ...]:
        """The card of the selected needle as it is now; empty while it is being measured."""
        return self._card if self._key is not None and self._key == self._now() else ()

    def _now(self) -> _Key | None:
        """Return what the card has to be of; ``None`` without outlines of the needle's level."""
        needle, anatomy, ct = self._edits.needle, self._edits.anatomy, self._case.ct
        if needle is None or anatomy is None or ct is None:
            return None
        if needle.level not in anatomy.vertebrae:
            return None
        return (ct, anatomy, self._edits.plan, needle.id)

    def follow(self, *, is_void: bool) -> None:
        """Measure again what changed, once it is let go; nothing on outlines that do not count."""
        key = self._now()
        if is_void:
            self._key = None
        if key is None or is_void or key == self._key:
            return
        if self._edits.is_dragging or "card" in self._jobs.busy or key == self._asked:
            return
        self._asked = key
        ct, anatomy, plan, needle = key

        def came(value: object) -> None:
            self._key, self._card = key, value  # type: ignore[assignment]  # needle_card

        self._jobs.start(
            "card",
            "Measuring the needle",
            lambda _report: self._services.needle_card(plan, needle, ct, anatomy, plan.grid_mark),
            came,
        )

    @property
    def skin(self) -> SkinMark | None:
        """The map, while outlines, needle, device and approach are those it was made of."""
        anatomy, level, wish = self._map_of
        if self._edits.anatomy is not anatomy or level is None or self._skin_wish(level) != wish:
            return None
        return self._map

    def mark_grid(self) -> None:
        """Take the crosshair as a mark of the grid on the skin; there already, take it away."""
        state = self._panes.state
        if state is None:
            return
        mark = None if self.grid_mark == state.cursor else state.cursor
        self._floor.act(lambda: self._edits.do(commands.set_grid_mark(mark)))
        set_words = "Grid mark set: card and paper give the way from it to the entry."
        self._floor.say(set_words if mark else "Grid mark taken away.")

    def say_correction(self) -> None:
        """Say how to turn the needle, as it lies in this scan, to point at the crosshair."""
        needle, state = self._edits.needle, self._panes.state
        if needle is None or state is None:
            self._floor.say("Put entry and tip where this scan shows the needle.", is_error=True)
            return
        if min(state.cursor.distance_mm(end) for end in (needle.entry, needle.tip)) < 1.0:
            self._floor.say("Put the crosshair on the target first.", is_error=True)
            return
        from planner.session.needle_card import correction_words  # noqa: PLC0415 - loads after the window

        self._floor.say(correction_words(needle, state.cursor))

    def _skin_wish(self, level: Level) -> Wish:
        """Return what goes in how: the size typed for the selected needle of that level."""
        needle = self._edits.needle
        here = needle if needle is not None and needle.level is level else None
        return replace(self._needles.wish, size=None if here is None else here.size)

    def toggle_skin(self) -> None:
        """Show what each point of the skin can reach, or take it away."""
        if self.skin is not None:
            self._map = None
            self._floor.refresh()
            return
        ct, anatomy = self._case.ct, self._edits.anatomy
        needle = self._edits.needle
        level = self._edits.level or (needle.level if needle else None)
        if ct is None or anatomy is None or level is None or level not in anatomy.vertebrae:
            self._floor.say("Outline the spine, then choose a level.", is_error=True)
            return
        wish = self._skin_wish(level)

        def came(value: object) -> None:
            self._map = value  # type: ignore[assignment]  # skin_map
            self._map_of = (anatomy, level, wish)
            if self._map is not None:
                self._floor.say(self._map.words)

        self._jobs.start(
            "skin",
            f"Looking what the skin over {level} can reach",
            lambda _report: self._services.skin_map(ct, anatomy, level, wish),
            came,
        )
