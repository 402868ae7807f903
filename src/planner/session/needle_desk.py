"""Places needles at the crosshair, and asks for proposals to a level and a side."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from planner.document import commands
from planner.domain.errors import UsageError
from planner.domain.plan import Approach
from planner.session.needle_numbers import typed
from planner.session.needle_size import size_typed
from planner.session.ports import Wish
from planner.session.window_states import Offered

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level, Side
    from planner.domain.plan import TrajectoryId
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.needle_numbers import NeedleNumber
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
        self._rounds = count(1)
        self.approach: Approach | None = None
        self.forget()

    def forget(self) -> None:
        """Drop the proposals, as for another scan."""
        self._offers: Suggestions | None = None
        self._anatomy: Anatomy | None = None
        self._place = 0
        self._ids: tuple[TrajectoryId, ...] = ()
        self._round = ""

    @property
    def offered(self) -> Offered:
        """What was proposed last; nothing once level, side or outlines are others."""
        offers = self._offers
        if offers is None or self._anatomy is not self._edits.anatomy:
            return Offered()
        ranked = offers.ranked
        reasons = (*offers.notes, *ranked[self._place].reasons) if ranked else ()
        return Offered(
            titles=tuple(one.title or one.trajectory.approach for one in ranked),
            taken=self._place,
            reasons=reasons,
            none_because=offers.none_because,
        )

    def place(self, *, is_entry: bool) -> None:
        """Put the entry or the tip at the crosshair; a new needle has the chosen approach."""
        if self._panes.state is not None:
            cursor, approach = self._panes.state.cursor, self.approach or Approach.TRANSPEDICULAR
            self._floor.act(
                lambda: self._edits.place(cursor, is_entry=is_entry, approach=approach)
            )

    def choose_level(self, level: Level | None) -> None:
        """Choose the level for the next needle."""
        self._edits.level = level
        self.forget()
        anatomy = self._edits.anatomy
        if level is not None and anatomy is not None and level in anatomy.vertebrae:
            self._panes.jump(anatomy.vertebrae[level].body_centre)
        self._floor.refresh()

    def choose_side(self, side: Side | None) -> None:
        """Choose the side for the next needle; ``None`` takes it from the entry."""
        self._edits.side = side
        self.forget()
        self._floor.refresh()

    def look_along(self) -> None:
        """Lay the panes along the selected needle, or show slices again."""
        state, axis = self._panes.state, self._edits.axis
        if state is None:
            return
        if axis is None:
            self._floor.say("Select a needle first.", is_error=True)
        self._panes.lay_along(axis if state.needle is None else None)

    def snap(self) -> None:
        """Lay the selected needle on the axis of its pedicle, as deep as it is."""
        ct, anatomy, needle = self._case.ct, self._edits.anatomy, self._edits.needle
        if ct is None or needle is None:
            return
        if anatomy is None or needle.level not in anatomy.vertebrae:
            self._floor.say(f"{needle.level} is not outlined.", is_error=True)
            return
        vertebra = anatomy.vertebrae[needle.level]
        from planner.planning import course_of, snapped_to_pedicle  # noqa: PLC0415 - loads after the window

        laid = snapped_to_pedicle(needle, vertebra, ct, course_of(needle, anatomy))
        if laid is None:
            self._floor.say(f"No {needle.side} pedicle of {needle.level} is known.", is_error=True)
            return
        self._floor.act(lambda: self._edits.lay(laid))

    def type_number(self, name: NeedleNumber, value: float) -> None:
        """Take a number typed for the selected needle."""
        ct = self._case.ct

        def put() -> None:
            needle = self._edits.needle
            if ct is not None and needle is not None:
                self._edits.lay(typed(needle, name, value, ct))

        self._floor.act(put)
        self._floor.refresh()

    def type_size(self, words: str) -> None:
        """Take the size of the selected bone needle, as typed or chosen."""

        def put() -> None:
            needle = self._edits.needle
            if needle is None:
                return
            size = size_typed(words, self._services.needles.values())
            if size != needle.size:
                self._edits.do(commands.set_size(needle.id, size))

        self._floor.act(put)

    def change_approach(self, approach: Approach) -> None:
        """Say how the selected needle goes in; it is measured and judged anew."""

        def put() -> None:
            needle = self._edits.needle
            if needle is None or needle.approach is approach:
                return
            from planner.planning.corridors import corridors_for  # noqa: PLC0415 - loads after the window

            if not corridors_for(needle.level, approach):
                raise UsageError(f"A {approach} path is not used at {needle.level}.")
            self._edits.do(commands.set_approach(needle.id, approach))

        self._floor.act(put)
        self._floor.refresh()

    def choose_approach(self, approach: Approach | None) -> None:
        """Choose how needles go in; ``None``: all that suit, and by hand through the pedicle."""
        self.approach = approach
        self.forget()
        self._floor.refresh()

    # proposals

    def suggest(self) -> None:
        """Propose the best needles for the chosen level, and side where one is chosen."""
        self._ask(self._edits.level, self._edits.side, self.wish, ())

    def suggest_two(self) -> None:
        """Propose two needles at once, one from each side."""
        self._ask(self._edits.level, None, replace(self.wish, two_needles=True), ())

    def suggest_again(self, *, keep_entry: bool) -> None:
        """Propose again with the entry or the tip of the selected needle frozen."""
        needle = self._edits.needle
        if needle is None:
            self._floor.say("Select the needle whose end shall stay.", is_error=True)
            return
        if needle.locked:
            self._floor.say("The needle is locked.", is_error=True)
            return
        wish = replace(
            self.wish,
            entry=needle.entry if keep_entry else None,
            target=None if keep_entry else needle.tip,
            size=needle.size,
        )
        self._ask(needle.level, needle.side, wish, (needle.id,))

    @property
    def wish(self) -> Wish:
        """Return what is asked for: the approach, and the device planned first for its zone."""
        document = self._edits.document
        burns = document.plan.ablations if document is not None else ()
        device_id = burns[0].device_id if burns else ""
        return Wish(device_id=device_id, approach=self.approach)

    def _ask(
        self,
        level: Level | None,
        side: Side | None,
        wish: Wish,
        instead_of: tuple[TrajectoryId, ...],
    ) -> None:
        ct, anatomy = self._case.ct, self._edits.anatomy
        say = self._floor.say
        if ct is None or anatomy is None or level is None:
            say("Outline the spine, then choose a level.", is_error=True)
            return
        if level not in anatomy.vertebrae:
            say(f"{level} is not outlined, so no path to it can be proposed.", is_error=True)
            return
        where = f"{level} {side}" if side else f"{level} from both sides"
        self._jobs.start(
            "suggest",
            f"Looking for a path to {where}",
            lambda report: self._services.suggest(ct, anatomy, level, side, report, wish),
            lambda value: self._came(value, anatomy, instead_of),
        )

    def _came(self, value: object, anatomy: Anatomy, instead_of: tuple[TrajectoryId, ...]) -> None:
        offers: Suggestions = value  # type: ignore[assignment]  # what suggest returns
        self.forget()
        self._offers, self._anatomy = offers, anatomy
        if not offers.ranked:
            self._floor.say("No path is proposed: " + " ".join(offers.none_because), is_error=True)
            return
        self._ids = instead_of
        self._round = f"proposals-{next(self._rounds)}"
        self.take(0)

    def take(self, place: int) -> None:
        """Put a proposal into the plan in the place of the one before; one undo step in all."""
        offers = self._offers
        is_old = self._anatomy is not self._edits.anatomy
        if offers is None or is_old or not 0 <= place < len(offers.ranked):
            return
        chosen = offers.ranked[place]

        def put() -> None:
            self._ids = self._edits.take(chosen, self._ids, self._round)
            self._place = place

        self._floor.act(put)
        needle = self._edits.needle
        if needle is not None and needle.tip == chosen.trajectory.tip:
            self._panes.jump(needle.tip)

    def step(self, by: int) -> None:
        """Take the next proposal, or the one before; round at the ends."""
        if self._offers is not None and self._offers.ranked:
            self.take((self._place + by) % len(self._offers.ranked))
