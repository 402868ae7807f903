"""The measuring tools: a press on a slice begins a measure, a release ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.session.measuring import HINTS, POINTS, Measure, MeasureKind, measured
from planner.session.touch import Tool

if TYPE_CHECKING:
    from planner.session.case_desk import CaseDesk
    from planner.session.correction_desk import CorrectionDesk
    from planner.session.floor import Floor
    from planner.session.touch import Touch


KINDS_BY_ACTION = {
    "measure_distance": MeasureKind.DISTANCE,
    "measure_angle": MeasureKind.ANGLE,
    "measure_region": MeasureKind.REGION,
}


class MeasureDesk:
    """Holds the measures of the open scan, and sends each press to the tool in the hand.

    There is one hand: taking a measuring tool puts a correction tool down, and the other way.
    """

    def __init__(self, floor: Floor, case: CaseDesk, corrections: CorrectionDesk) -> None:
        self._floor = floor
        self._case = case
        self._corrections = corrections
        self._drawn: Measure | None = None
        self._made: tuple[Measure, ...] = ()
        self.kind: MeasureKind | None = None

    @property
    def hint(self) -> str:
        """What to do with the tool; empty without one."""
        return HINTS[self.kind] if self.kind else ""

    @property
    def marks(self) -> tuple[Measure, ...]:
        """What is drawn over the slices."""
        return self._made if self._drawn is None else (*self._made, self._drawn)

    @property
    def reasons(self) -> dict[str, str]:
        """Why an action is off, by its id; empty when it is on."""
        nothing = "" if self._made else "Nothing was measured."
        return {"measure_undo": nothing, "measure_clear": nothing}

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._drawn, self._made = None, ()

    def choose(self, kind: MeasureKind) -> None:
        """Take a tool into the hand, or put it down when it is there."""
        self._drawn = None
        self.kind = None if self.kind is kind else kind
        if self._corrections.tool:
            self._corrections.choose(Tool.NONE)
        self._floor.refresh()

    def correct(self, tool: Tool) -> None:
        """Take a correction tool instead."""
        self._drawn = self.kind = None
        self._corrections.choose(tool)

    def let_go(self) -> bool:
        """Put the tool down, whichever it is; tell whether there was one."""
        if self.kind is not None:
            self.choose(self.kind)
            return True
        if self._corrections.tool:
            self._corrections.choose(Tool.NONE)
            return True
        return False

    def remove_last(self) -> None:
        """Take the newest measure away."""
        self._drawn, self._made = None, self._made[:-1]
        self._floor.refresh()

    def remove_all(self) -> None:
        """Take every measure away."""
        self.forget()
        self._floor.refresh()

    # the hand

    def press(self, touch: Touch) -> None:
        """Begin a measure, or the second arm of an angle."""
        if self.kind is None:
            self._corrections.press(touch)
            return
        begun = self._drawn
        if begun is None:
            begun = Measure(kind=self.kind, points=(touch.at,), normal=touch.normal)
        self._drawn = replace(begun, points=(*begun.points, touch.at))
        self._measure()

    def move(self, touch: Touch) -> None:
        """Move the newest point."""
        if self.kind is None:
            self._corrections.move(touch)
        elif self._drawn is not None:
            self._drawn = replace(self._drawn, points=(*self._drawn.points[:-1], touch.at))
            self._measure()

    def release(self) -> None:
        """End the measure, or the first arm of an angle; a mere click measures nothing."""
        if self.kind is None:
            self._corrections.release()
            return
        drawn = self._drawn
        if drawn is not None and len(drawn.points) == POINTS[drawn.kind]:
            if drawn.is_whole:
                self._made = (*self._made, drawn)
                self._floor.say(
                    f"{drawn.kind.value[0].upper()}{drawn.kind.value[1:]}: {drawn.words}."
                )
            self._drawn = None
        self._floor.refresh()

    def _measure(self) -> None:
        if self._drawn is not None and self._case.ct is not None:
            self._drawn = replace(self._drawn, words=measured(self._drawn, self._case.ct))
        self._floor.refresh()
