"""Leads through an exercise: reading, plan, score. Nothing automatic speaks before its time."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from planner.document.commands import add_trajectory
from planner.domain.errors import PlannerError
from planner.session import training_words as say
from planner.session.floor import Floor
from planner.session.instructor_desk import InstructorDesk
from planner.session.move_log import MoveLog
from planner.session.replay_desk import ReplayDesk
from planner.session.training_states import ExerciseRow, TrainingPhase, TrainingState
from planner.session.xray_room_desk import XrayRoomDesk
from planner.training.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.document.plan_document import PlanChanged, PlanDocument
    from planner.domain.plan import Plan, Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.case_desk import CaseDesk
    from planner.session.compare_desk import CompareDesk
    from planner.session.job_desk import JobDesk
    from planner.session.outline_desk import OutlineDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.reception import Reception
    from planner.session.training_work import Scored
    from planner.session.xray_room_states import XrayRoomState
    from planner.training.attempt import Reading
    from planner.training.exercise import Exercise

    _Shown = TypeVar("_Shown")

SLOT: Final = "training"
GONE: Final = "Another scan was opened, so the exercise was left and not scored."

_HOLDING: Final = {
    TrainingPhase.READING: (say.NO_AUTOMATIC, say.READ_FIRST),
    TrainingPhase.PLANNING: (say.NO_PROPOSALS, say.HIDDEN),
    TrainingPhase.SCORING: (say.NO_PROPOSALS, say.HIDDEN),
}

_FREE: Final = frozenset({TrainingPhase.IDLE, TrainingPhase.INSTRUCTING})
"""No exercise is under way, and none is shown."""


class TrainingView(Protocol):
    """The panel."""

    def show_training(self, state: TrainingState) -> None:
        """Show an exercise, or the choice of one."""
        ...

    def show_xray_room(self, state: XrayRoomState | None) -> None:
        """Show two X-ray pictures and nothing else of the patient; ``None`` shows all again."""
        ...


class TrainingFloor(Floor, Protocol):
    """The workstation, with the desks an exercise goes through."""

    jobs: JobDesk
    case: CaseDesk
    edits: PlanDesk
    panes: PaneDesk
    outlines: OutlineDesk
    reception: Reception
    compare: CompareDesk


class TrainingDesk:
    """One exercise at a time."""

    def __init__(
        self,
        services: CaseServices,
        floor: TrainingFloor,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._services = services
        self._floor = floor
        self._clock = clock
        self._view: TrainingView | None = None
        self._shown: TrainingState | None = None
        self._room_shown: XrayRoomState | None = None
        self._phase = TrainingPhase.IDLE
        self._heading = self._error = self._kept = ""
        self._rows: tuple[ExerciseRow, ...] = ()
        self._is_xray = False
        self.room = XrayRoomDesk(floor.jobs, self._publish, self._note_needle)
        self.instructor = InstructorDesk(services, floor.jobs, self._try, self._refused)
        self._replay = ReplayDesk(floor.panes)
        self._forget()

    def _forget(self) -> None:
        self._exercise: Exercise | None = None
        self._place: Path | None = None
        self._reading: Reading | None = None
        self._laid: PointLps | None = None
        self._hints: tuple[str, ...] = ()
        self._log = MoveLog(self._clock, "")
        self._scored: Scored | None = None
        self._reference: Path | None = None
        self._replay.forget()
        self.room.leave()

    def shown_by(self, view: TrainingView) -> None:
        """Show everything there, from now on."""
        self._view = view
        self._publish()

    # what is held back

    @property
    def is_holding(self) -> bool:
        """Whether automatic answers are hidden."""
        return self._phase in _HOLDING or self._phase is TrainingPhase.XRAY

    def held_back(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """Return why each action is off, with those off that would give an answer away."""
        self._publish()
        names, why = _HOLDING.get(self._phase, ((), ""))
        if self.room.state is not None:
            names, why = tuple(reasons.keys() - say.STAYS_ON), say.XRAY_ALONE
        elif self._phase is TrainingPhase.REPLAYING:
            names, why = tuple(reasons.keys() - say.LOOKS), say.REPLAYED
        return {**reasons, **dict.fromkeys(names, why)}

    def unless_held(self, shown: _Shown, instead: _Shown) -> _Shown:
        """Return what is shown, or ``instead`` while automatic answers are hidden."""
        return instead if self.is_holding else shown

    # choosing

    def open(self) -> None:
        """Offer the exercises; one that is under way goes on."""
        if self._phase in _FREE or self._phase is TrainingPhase.SCORED:
            self._offer("Choose an exercise", ())

    def open_assignment(self, path: Path) -> None:
        """Offer what an instructor gave out."""

        def offer() -> None:
            given = self._services.training.assignment(path)
            self._is_xray = given.is_xray
            self._offer(given.title, given.exercises)

        self._try(offer)

    def _offer(self, heading: str, names: tuple[str, ...]) -> None:
        def offer() -> None:
            work = self._services.training
            found = [work.exercise(name) for name in names] or work.exercises()
            self._rows = say.exercise_rows(found, work.results())
            self._phase, self._heading = TrainingPhase.CHOOSING, heading

        self._try(offer)

    def begin(self, name: str, *, xray: bool = False) -> None:
        """Make the scan of an exercise where it is not made yet, and open it.

        With ``xray`` the needle is led under two X-ray pictures alone.
        """

        def start() -> None:
            work = self._services.training
            wanted = work.exercise(name)
            self._forget()
            self._is_xray = xray
            self._open_scan(wanted)

        self._try(start)

    def _open_scan(self, wanted: Exercise) -> None:
        work = self._services.training
        self._exercise, self._phase = wanted, TrainingPhase.OPENING
        self._floor.jobs.start(
            SLOT,
            "Making the scan of the exercise",
            lambda report: work.scan(wanted.id, report),
            self._scan_made,
            refused=self._refused,
            gone=self._back_to_choice,
        )

    def _scan_made(self, value: object) -> None:
        self._place = Path(str(value)).resolve()
        self._floor.reception.open_scan(self._place)
        self._publish()

    def another(self) -> None:
        """Begin another exercise like the last one."""
        if self._exercise is not None:
            name, xray = self._exercise.id, self._is_xray
            self._try(lambda: self.begin(self._services.training.another_like(name), xray=xray))

    def leave(self) -> None:
        """Leave training; what was not submitted is not scored."""
        self._phase = TrainingPhase.IDLE
        self._replay.end()
        self._forget()
        self._floor.jobs.cancel(SLOT)
        self._floor.refresh()

    def opened(self, ct: CtVolume, document: PlanDocument) -> None:
        """Begin the clock when the scan of the exercise is open; another scan ends it."""
        if self._phase in _FREE or self._phase is TrainingPhase.CHOOSING:
            return
        if self._phase is not TrainingPhase.OPENING or not self._is_ours(ct):
            was_scored = self._phase in (TrainingPhase.SCORED, TrainingPhase.REPLAYING)
            self._replay.forget()
            self.leave()
            if not was_scored:
                self._floor.say(GONE)
            return
        if self._replay.attempt is not None:
            self._begin_replay(document)
            return
        self._phase = TrainingPhase.READING
        self._log = MoveLog(self._clock, _now())
        document.subscribe(self._moved)

    def _is_ours(self, ct: CtVolume) -> bool:
        """Tell whether a scan lies where that of the exercise does.

        A scan that says no place passes: whose plan it is, its digest decides before it is scored.
        """
        locator = ct.record.locator
        return not locator or Path(locator).resolve() == self._place

    # the exercise

    def _moved(self, change: PlanChanged) -> None:
        if change.label != "Save" and self._phase in (
            TrainingPhase.READING,
            TrainingPhase.PLANNING,
        ):
            self._log.note(change.label, change.new)

    def hint(self, name: str) -> None:
        """Show a hint, and note that it was read."""
        if name not in self._hints:
            self._hints = (*self._hints, name)
            self._log.note(f"Hint: {name}")
        self._publish()

    def commit(self, reading: Reading) -> None:
        """Take the reading for good; the plan comes next."""
        if self._phase is TrainingPhase.READING:
            self._reading, self._phase = reading, TrainingPhase.PLANNING
            self._log.note(f"Reading: {say.reading_words(reading)}")
            if self._is_xray and reading.treat:
                self._enter_room(reading)
            self._floor.refresh()

    def _enter_room(self, reading: Reading) -> None:
        ct, view = self._floor.case.ct, self._floor.panes.state
        if ct is not None and view is not None:
            diameter_mm = self._services.training.bare_diameter_mm
            self._phase = TrainingPhase.XRAY
            self.room.enter(ct, view.cursor, reading, diameter_mm)

    def _note_needle(self, words: str, needle: Trajectory | None) -> float:
        """Note what was done under X-ray, with the needle as it lay then; return when."""
        return self._log.note(words, self._plan_with(needle))

    def _plan_with(self, needle: Trajectory | None) -> Plan | None:
        document = self._floor.edits.document
        if document is None:
            return None
        return replace(document.plan, trajectories=() if needle is None else (needle,))

    def in_room(self, act: Callable[[XrayRoomDesk], None]) -> None:
        """Do something under X-ray; say in a sentence why it cannot be done."""
        if self._phase is TrainingPhase.XRAY:
            self._try(lambda: act(self.room))

    def lay_thermocouple(self) -> None:
        """Lay the thermocouple at the crosshair."""
        view = self._floor.panes.state
        if self._phase is TrainingPhase.PLANNING and view is not None:
            self._laid = view.cursor
            self._log.note("Thermocouple laid")
            self._publish()

    def submit(self, by: str) -> None:
        """Keep the attempt as a file, and score it in the background."""
        exercise, reading = self._exercise, self._reading
        is_ready = self._phase in (TrainingPhase.PLANNING, TrainingPhase.XRAY)
        if not is_ready or exercise is None or reading is None:
            return
        room = self.room.state

        def score() -> None:
            document = self._floor.edits.document
            plan = None if document is None else document.plan
            if room is not None:
                plan = self._plan_with(self.room.needle)
            attempt = Attempt(
                id=secrets.token_hex(8),
                exercise=exercise.id,
                by=by.strip() or "nobody",
                started_utc=self._log.began_utc,
                seconds=self._log.seconds,
                reading=reading,
                plan=plan,
                thermocouple=self._laid,
                hints=self._hints,
                moves=self._log.moves,
                shots=None if room is None else room.shots,
            )
            work = self._services.training
            self._kept = str(work.keep(attempt))
            self._phase = TrainingPhase.SCORING
            self._floor.jobs.start(
                SLOT,
                "Scoring on the truth",
                lambda report: work.score(attempt, report),
                self._came,
                refused=self._refused,
                gone=self._not_scored,
            )
            self._floor.refresh()

        self._try(score)

    def _came(self, value: object) -> None:
        scored: Scored = value  # type: ignore[assignment]  # what score returns
        self._scored, self._phase = scored, TrainingPhase.SCORED
        if scored.reference is not None:
            self._try(lambda: self._keep_reference(scored))
        if self.room.state is not None:
            self._show_what_happened(scored)
        self._floor.refresh()

    def _show_what_happened(self, scored: Scored) -> None:
        """Leave the room: the needle as it lies, in 3-D, in bone as it really is."""
        self.room.leave()
        needles = () if scored.attempt.plan is None else scored.attempt.plan.trajectories
        for needle in needles:
            self._floor.edits.do(add_trajectory(needle))
        self._floor.panes.lay_out(large="3d")
        if needles:
            self._floor.panes.jump(needles[0].tip)
        self.show_truth()

    def show_truth(self) -> None:
        """Draw what is really where, once the attempt is scored."""
        scored, exercise = self._scored, self._exercise
        if self._phase is TrainingPhase.SCORED and scored is not None and scored.truth is not None:
            self._floor.outlines.adopt(scored.truth)
        elif self._phase is TrainingPhase.REPLAYING and exercise is not None:
            name, work = exercise.id, self._services.training
            self._floor.outlines.adopt_made(lambda report: work.truth(name, report))

    def _keep_reference(self, scored: Scored) -> None:
        self._reference = self._services.training.keep_reference(scored)

    def show_reference(self) -> None:
        """Lay the reference plan beside the trainee's."""
        if self._reference is not None and self._phase is TrainingPhase.SCORED:
            self._floor.compare.with_file(self._reference)

    # seeing an attempt again, and what an instructor does

    def replay_file(self, path: Path) -> None:
        """See the attempt of a file again, move by move."""
        self._try(lambda: self._replay_it(self._services.training.load(path)))

    def replay(self, name: str = "") -> None:
        """See a collected attempt again, or the one that was just scored."""
        own = None if self._scored is None else self._scored.attempt
        attempt = self.instructor.attempt(name) if name else own
        if attempt is not None:
            self._try(lambda: self._replay_it(attempt))

    def _replay_it(self, attempt: Attempt) -> None:
        wanted = self._services.training.exercise(attempt.exercise)
        self._forget()
        self._replay.take(attempt)
        self._open_scan(wanted)

    def _begin_replay(self, document: PlanDocument) -> None:
        try:
            self._replay.opened(document)
        except PlannerError as refusal:
            self.leave()
            self._floor.say(str(refusal), is_error=True)
        else:
            self._phase = TrainingPhase.REPLAYING

    def go_to_move(self, place: int) -> None:
        """Show the plan as it stood after so many moves."""
        if self._phase is TrainingPhase.REPLAYING:
            self._replay.go(place)
            self._floor.refresh()

    def instruct(self) -> None:
        """Show what an instructor does; an exercise that is under way goes on instead."""
        if self._phase in (TrainingPhase.CHOOSING, TrainingPhase.IDLE):
            self._phase = TrainingPhase.INSTRUCTING
            self._publish()

    # failing in a sentence

    def _try(self, act: Callable[[], None]) -> None:
        self._error = ""
        try:
            act()
        except PlannerError as refusal:
            self._refused(refusal)
        self._publish()

    def _refused(self, error: PlannerError) -> None:
        self._error = str(error)
        self._floor.say(self._error, is_error=True)

    def _back_to_choice(self) -> None:
        if self._phase is TrainingPhase.OPENING:
            self._phase = TrainingPhase.CHOOSING
            self._publish()

    def _not_scored(self) -> None:
        """Let the trainee submit again, when scoring was stopped or refused."""
        if self._phase is TrainingPhase.SCORING:
            in_room = self.room.state is not None
            self._phase = TrainingPhase.XRAY if in_room else TrainingPhase.PLANNING
            self._publish()

    # showing

    @property
    def state(self) -> TrainingState:
        """What the panel shows."""
        phase, exercise = self._phase, self._exercise
        base = TrainingState(phase=phase, error=self._error)
        if phase is TrainingPhase.CHOOSING:
            return replace(
                base, heading=self._heading, exercises=self._rows, is_xray=self._is_xray
            )
        if phase is TrainingPhase.INSTRUCTING:
            return replace(base, instructor=self.instructor.state)
        if exercise is None or phase is TrainingPhase.IDLE:
            return base
        if phase is TrainingPhase.REPLAYING:
            return replace(base, heading=exercise.title, replay=self._replay.state)
        standard = self._services.training.standard
        reading = phase is TrainingPhase.READING
        of_plan = say.OF_XRAY if phase is TrainingPhase.XRAY else say.OF_PLANNING
        edits, scored = self._floor.edits, self._scored
        plan = None if edits.document is None else edits.plan
        at = self._laid
        return replace(
            base,
            heading=exercise.title,
            story=exercise.story,
            chart=say.chart_lines(exercise.chart),
            dangers=tuple((one.id, one.words) for one in standard.dangers.values()),
            hints=say.hint_rows(standard, say.OF_READING if reading else of_plan, self._hints),
            reading="" if self._reading is None else say.reading_words(self._reading),
            todo=say.todo(plan, is_outlined=edits.anatomy is not None, laid=at)
            if self._reading is not None and self._reading.treat and self.room.state is None
            else (),
            is_xray=self._is_xray,
            thermocouple="" if at is None else "Laid. Press again to move it to the crosshair.",
            verdict="" if scored is None else say.verdict_words(scored.card),
            rows=() if scored is None else say.score_rows(scored.card),
            lesson=exercise.lesson if scored is not None else "",
            has_reference=self._reference is not None,
            kept=self._kept if scored is not None else "",
        )

    def _publish(self) -> None:
        state = self.state
        if self._view is None:
            return
        if self.room.state is not self._room_shown:
            self._room_shown = self.room.state
            self._view.show_xray_room(self._room_shown)
        if state != self._shown:
            self._shown = state
            self._view.show_training(state)


def _now() -> str:
    from planner.session.cases import now_utc  # noqa: PLC0415 - loads after the window

    return now_utc()
