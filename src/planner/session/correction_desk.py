"""The tools that correct the outlines: each press becomes one correction of the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.document import commands
from planner.document.plan_document import Command
from planner.domain.corrections import (
    BodyClicked,
    BoneThreshold,
    CanalPoint,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    LesionGrown,
    LevelCount,
    NamesShifted,
)
from planner.session.disc_line import DiscLine, disc_line, moved, new_disc, tilted
from planner.session.hand_drawn import SCRIBBLE_MM, Brush, GrowLimits, Stroke, correction_of
from planner.session.tool_marks import CorrectionState, StrokeMark, ToolMarks
from planner.session.touch import BRUSHES, DRAWN, HINTS, Tool

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.corrections import Correction, DiscPlane
    from planner.domain.levels import Level
    from planner.domain.plan import Plan
    from planner.geometry.points import PointLps
    from planner.session.floor import Floor
    from planner.session.outline_desk import OutlineDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.touch import Touch

STROKE_STEP = 0.3
"""Share of the brush radius between two points of a stroke."""

HALF_DISC_MM = 8.0
"""A disc line that moved less than this is still the one that was touched."""


@dataclass(frozen=True, slots=True)
class _Grip:
    """A disc line in the hand: by its middle, or by one end."""

    number: int
    before: DiscPlane
    line: DiscLine
    start: PointLps
    normal: tuple[float, float, float]
    turns: bool


class CorrectionDesk:
    """Holds the tool; what it makes lies in the plan, so that undo takes it back."""

    def __init__(
        self, services: CaseServices, floor: Floor, edits: PlanDesk, outlines: OutlineDesk
    ) -> None:
        self._services = services
        self._floor = floor
        self._edits = edits
        self._outlines = outlines
        self._grip: _Grip | None = None
        self._dragged: DiscPlane | None = None
        self._chosen: PointLps | None = None
        self._stroke: StrokeMark | None = None
        self._normal: tuple[float, float, float] = (0.0, 0.0, 1.0)
        self._level: Level | None = None
        self.tool = Tool.NONE
        self.brush = Brush()
        self.growing = GrowLimits()

    # what is shown

    @property
    def state(self) -> CorrectionState:
        """What the panel shows."""
        return CorrectionState(
            tool=self.tool,
            brush=self.brush,
            growing=self.growing,
            level=self.level,
            threshold_hu=self._threshold_hu,
            count=self._count,
            made=len(self._made),
            has_lines=bool(self._discs),
            disc_chosen=self._chosen_number is not None,
            is_redoing=self._outlines.is_stale,
        )

    @property
    def marks(self) -> ToolMarks:
        """What is drawn over the slices."""
        void = "OUTLINES BEING CORRECTED" if self._outlines.is_stale else ""
        discs = self._discs if self.tool in (Tool.DISC, Tool.ADD_DISC) and not void else ()
        if self._grip is not None and self._dragged is not None and discs:
            number = self._grip.number
            discs = (*discs[:number], self._dragged, *discs[number + 1 :])
        guides = self._edits.anatomy.guides if self._edits.anatomy else None
        walls = (guides.posterior_wall_mm, guides.anterior_wall_mm) if guides else ()
        return ToolMarks(
            hint=HINTS.get(self.tool, "").format(
                level=self.level or "the level",
                paint=self.brush.in_words(self.level or ""),
                where="in all slices it reaches" if self.brush.is_ball else "on this slice",
            ),
            discs=discs,
            walls_mm=walls if self.tool is Tool.WALL and not void else (),
            chosen=self._chosen_number if self.tool is Tool.DISC else None,
            stroke=self._stroke,
            void=void,
        )

    @property
    def _discs(self) -> tuple[DiscPlane, ...]:
        anatomy = self._edits.anatomy
        return anatomy.guides.discs if anatomy is not None and anatomy.guides else ()

    @property
    def _chosen_number(self) -> int | None:
        chosen = self._chosen
        if chosen is None:
            return None
        places = [disc.middle.distance_mm(chosen) for disc in self._discs]
        nearest = min(range(len(places)), key=places.__getitem__, default=None)
        return nearest if nearest is not None and places[nearest] < HALF_DISC_MM else None

    @property
    def level(self) -> Level | None:
        """The vertebra that is marked in the list, while there is one of that name."""
        anatomy = self._edits.anatomy
        return self._level if anatomy is not None and self._level in anatomy.vertebrae else None

    @property
    def _threshold_hu(self) -> float | None:
        """Where the user said that bone of the marked level begins."""
        said = [self._made[place] for place in self._thresholds]
        last = said[-1] if said else None
        return last.threshold_hu if isinstance(last, BoneThreshold) else None

    @property
    def _made(self) -> tuple[Correction, ...]:
        document = self._edits.document
        return document.plan.anatomy.corrections if document else ()

    @property
    def _thresholds(self) -> tuple[int, ...]:
        """Places in the list of all thresholds for the marked level."""
        anatomy, level = self._edits.anatomy, self.level
        if anatomy is None or level is None:
            return ()
        return tuple(
            place
            for place, word in enumerate(self._made)
            if isinstance(word, BoneThreshold) and _nearest(anatomy, word.at) is level
        )

    @property
    def _count(self) -> LevelCount:
        counts = [word for word in self._made if isinstance(word, LevelCount)]
        return counts[-1] if counts else LevelCount()

    # choosing a tool

    def mark(self, level: Level | None) -> None:
        """Choose the vertebra that scribbles, brush and threshold belong to."""
        self._level = level
        self._floor.refresh()

    def choose(self, tool: Tool) -> None:
        """Take a tool into the hand; the same again, or ``NONE``, puts it down."""
        self.tool = Tool.NONE if tool is self.tool else tool
        self._let_go()
        self._chosen = None
        if self.tool is not Tool.NONE:
            self._outlines.prepare()
        self._floor.refresh()

    def forget(self) -> None:
        """Put everything down, as for another scan."""
        self.tool = Tool.NONE
        self._let_go()
        self._chosen = None

    def size_brush(self, radius_mm: float) -> None:
        """Choose the radius of the brush and the eraser."""
        self.brush = replace(self.brush, radius_mm=radius_mm)
        self._floor.refresh()

    def choose_paint(self, paint: str) -> None:
        """Choose what brush and eraser paint."""
        self.brush = replace(self.brush, paint=paint)
        self._floor.refresh()

    def shape_brush(self, is_ball: bool) -> None:
        """Let brush and eraser reach beyond the slice, or not."""
        self.brush = replace(self.brush, is_ball=is_ball)
        self._floor.refresh()

    def limit_growing(self, limits: GrowLimits) -> None:
        """Choose what the next lesion that is grown may take in."""
        self.growing = limits
        self._floor.refresh()

    # a press, a move, a release

    def press(self, touch: Touch) -> None:
        """Use the tool at a place."""
        if self._edits.anatomy is None:
            return
        if self._outlines.is_stale:
            self._floor.say("Wait until the last correction has been worked in.", is_error=True)
            return
        if self.tool is Tool.BODY:
            self._make(BodyClicked(at=touch.at))
        elif self.tool is Tool.CANAL:
            self._make(CanalPoint(at=touch.at))
        elif self.tool is Tool.GROW:
            self._grow(touch.at)
        elif self.tool is Tool.ADD_DISC and self._discs:
            self._make(DiscAdded(plane=new_disc(touch.at, self._discs)))
        elif self.tool is Tool.DISC:
            self._grab(touch)
        elif self.tool in DRAWN:
            self._normal = touch.normal
            ink_mm = self.brush.radius_mm if self.tool in BRUSHES else SCRIBBLE_MM
            self._stroke = StrokeMark(
                points=(touch.at,), radius_mm=ink_mm, erase=self.tool is Tool.ERASE
            )
            self._floor.refresh()

    def move(self, touch: Touch) -> None:
        """Go on with what was pressed."""
        if self._grip is not None:
            grip = self._grip
            if grip.turns:
                self._dragged = tilted(grip.before, grip.line, touch.at, grip.normal)
            else:
                self._dragged = moved(grip.before, grip.start, touch.at)
            self._floor.refresh()
        elif self._stroke is not None:
            last = self._stroke.points[-1]
            if last.distance_mm(touch.at) >= STROKE_STEP * self._stroke.radius_mm:
                self._stroke = replace(self._stroke, points=(*self._stroke.points, touch.at))
                self._floor.refresh()

    def release(self) -> None:
        """Make one correction of what was drawn or dragged."""
        grip, dragged, stroke = self._grip, self._dragged, self._stroke
        self._let_go()
        if grip is not None and dragged is not None and dragged != grip.before:
            self._chosen = dragged.middle
            self._make(DiscMoved(disc=grip.before.middle, plane=dragged))
        elif stroke is not None and (anatomy := self._edits.anatomy) is not None:
            drawn = Stroke(
                points=stroke.points,
                normal=self._normal,
                brush=self.brush,
                vertebra=anatomy.vertebrae[self.level] if self.level else None,
                guides=anatomy.guides,
            )
            self._floor.act(lambda: self._make(correction_of(self.tool, drawn)))
            self._floor.refresh()
        else:
            self._floor.refresh()

    def _grow(self, at: PointLps) -> None:
        limits = self.growing
        if limits.is_empty:
            self._floor.say(
                "The lower HU limit of a lesion must lie below the upper.", is_error=True
            )
            return
        self._make(
            LesionGrown(
                at=at,
                low_hu=limits.low_hu,
                high_hu=limits.high_hu,
                reach_mm=limits.reach_mm,
            )
        )

    def _grab(self, touch: Touch) -> None:
        """Take hold of the disc line under the mouse, by its middle or by an end."""
        best: tuple[float, _Grip] | None = None
        for number, disc in enumerate(self._discs):
            line = disc_line(disc, touch.at, touch.normal)
            if line is None:
                continue
            for place, turns in ((line.middle, False), (line.start, True), (line.end, True)):
                away_mm = place.distance_mm(touch.at)
                grip = _Grip(number, disc, line, touch.at, touch.normal, turns)
                if away_mm <= touch.reach_mm and (best is None or away_mm < best[0]):
                    best = (away_mm, grip)
        self._grip = best[1] if best else None
        self._dragged = best[1].before if best else None
        self._chosen = best[1].before.middle if best else None
        self._floor.refresh()

    def _let_go(self) -> None:
        self._grip = self._dragged = self._stroke = None

    # corrections without a place in a picture

    def delete_disc(self) -> None:
        """Delete the disc line that was touched last."""
        number = self._chosen_number
        if number is None:
            self._floor.say("Touch a disc line first.", is_error=True)
            return
        self._chosen = None
        self._make(DiscDeleted(disc=self._discs[number].middle))

    def set_threshold(self, threshold_hu: float | None) -> None:
        """Say where bone of the marked level begins; ``None`` leaves it to the program again."""
        anatomy, level = self._edits.anatomy, self.level
        if anatomy is None or level is None or threshold_hu == self._threshold_hu:
            return
        at = anatomy.vertebrae[level].body_centre
        if threshold_hu is not None:
            self._make(BoneThreshold(at=at, threshold_hu=threshold_hu))
            return
        gone = self._thresholds
        word = self._made[gone[-1]]
        touched = self._services.touched_levels(anatomy, word)
        self._floor.act(lambda: self._edits.do(_without(gone, touched)))

    def count_levels(self, thoracic: int, lumbar: int) -> None:
        """Say how many thoracic and lumbar vertebrae this patient has."""
        word = LevelCount(thoracic=thoracic, lumbar=lumbar)
        if word != self._count:
            self._make(word)

    def shift_names(self, steps: int) -> None:
        """Move every level name along the spine, to the head where positive."""
        self._make(NamesShifted(steps=steps))

    def rename(self, level: Level, name: Level) -> None:
        """Say that the vertebra now called ``level`` is ``name``; the others are counted on."""
        anatomy = self._edits.anatomy
        if anatomy is None or level not in anatomy.vertebrae:
            return
        self._floor.act(lambda: self._edits.do(_named(anatomy, level, name)))

    def clear(self) -> None:
        """Take back every correction."""
        self._floor.act(lambda: self._edits.do(commands.clear_corrections()))

    def _make(self, word: Correction) -> None:
        anatomy = self._edits.anatomy
        if anatomy is None:
            return
        touched = self._services.touched_levels(anatomy, word)
        self._floor.act(lambda: self._edits.do(commands.correct(word, touched=touched)))


def _nearest(anatomy: Anatomy, point: PointLps) -> Level:
    return min(
        anatomy.vertebrae.values(), key=lambda one: one.body_centre.distance_mm(point)
    ).level


def _without(places: tuple[int, ...], touched: frozenset[Level]) -> Command:
    """Return the edit that takes some corrections out of the list, in one step."""

    def apply(plan: Plan) -> Plan:
        for place in reversed(places):
            plan = commands.remove_correction(place, touched=touched).apply(plan)
        return plan

    return Command("Remove correction", apply)


def _named(anatomy: Anatomy, level: Level, name: Level) -> Command:
    """Return the edit that names one vertebra; an older name of it, and shifts, give way."""
    at = anatomy.vertebrae[level].body_centre

    def is_other(seed: tuple[Level, PointLps]) -> bool:
        nearest = min(
            anatomy.vertebrae.values(), key=lambda one: one.body_centre.distance_mm(seed[1])
        )
        return seed[0] is not name and nearest.level is not level

    def apply(plan: Plan) -> Plan:
        binding = plan.anatomy
        seeds = [*filter(is_other, binding.seeds), (name, at)]
        return replace(
            plan,
            anatomy=replace(
                binding,
                seeds=tuple(sorted(seeds, key=lambda seed: seed[0].order)),
                corrections=tuple(
                    word for word in binding.corrections if not isinstance(word, NamesShifted)
                ),
                accepted_levels=(),
            ),
        )

    return Command(f"Name {name}", apply)
