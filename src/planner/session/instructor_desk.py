"""What an instructor does: give exercises out, collect attempts, compare a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.errors import UsageError
from planner.session.training_states import CaseRow, GroupRow, InstructorState, ResultRow
from planner.training.progress import result_of, write_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.errors import PlannerError
    from planner.session.job_desk import JobDesk
    from planner.session.ports import CaseServices
    from planner.session.training_work import Collected
    from planner.training.attempt import Attempt
    from planner.training.group import GroupView

SLOT: Final = "collect"
NOTHING: Final = "Collect attempts first."
HARDEST: Final = 3
"""How many criteria of a group are named, hardest first."""


class InstructorDesk:
    """Holds what was collected.

    ``tried`` runs an act, says in one sentence why it cannot be done, and shows what came of it.
    """

    def __init__(
        self,
        services: CaseServices,
        jobs: JobDesk,
        tried: Callable[[Callable[[], None]], None],
        refused: Callable[[PlannerError], None],
    ) -> None:
        self._services = services
        self._jobs = jobs
        self._try = tried
        self._refused = refused
        self._collected: Collected | None = None
        self._done = ""

    def give_out(
        self, path: Path, title: str, cases: tuple[str, ...], first: int, count: int, *, xray: bool
    ) -> None:
        """Write an assignment: so many spines of each case, by seed; seed 0 is the case itself."""

        def write() -> None:
            from planner.training.exercise import named  # noqa: PLC0415 - loads after the window
            from planner.training.group import Assignment  # noqa: PLC0415 - loads after the window

            seeds = range(first, first + count)
            names = tuple(named(case, seed) for case in cases for seed in seeds)
            made = Assignment(title=title, exercises=names, is_xray=xray)
            self._services.training.save_assignment(path, made)
            self._done = f"{len(names)} exercises given out in {path.name}."

        self._try(write)

    def collect(self, folder: Path) -> None:
        """Score every attempt in a folder, in the background."""

        def came(value: object) -> None:
            self._collected = value  # type: ignore[assignment]  # what collect returns
            self._done = ""
            self._try(lambda: None)

        self._jobs.start(
            SLOT,
            "Scoring the attempts of a group",
            lambda report: self._services.training.collect(folder, report),
            came,
            refused=self._refused,
        )

    def export(self, path: Path) -> None:
        """Write what was collected as CSV."""

        def write() -> None:
            found = self._collected
            if found is None:
                raise UsageError(NOTHING)
            results = tuple(result_of(one.attempt, one.card) for one in found.scored)
            write_csv(path, results, tuple(self._services.training.standard.criteria))
            self._done = f"Written to {path.name}."

        self._try(write)

    def export_own(self, path: Path) -> None:
        """Write what was scored on this computer as CSV."""

        def write() -> None:
            self._services.training.export(path)
            self._done = f"Written to {path.name}."

        self._try(write)

    def change_standard(
        self, pass_percent: float, weights: dict[str, float], fatal: dict[str, bool]
    ) -> None:
        """Keep what counts in the instructor's own file; it is used from now on."""

        def write() -> None:
            path = self._services.training.change_standard(pass_percent, weights, fatal)
            self._done = f"What counts is kept in {path}."

        self._try(write)

    def attempt(self, name: str) -> Attempt | None:
        """Return a collected attempt by its id."""
        found = self._collected
        scored = () if found is None else found.scored
        return next((one.attempt for one in scored if one.attempt.id == name), None)

    @property
    def state(self) -> InstructorState:
        """What the panel shows."""
        from planner.training.group import compared  # noqa: PLC0415 - loads after the window

        work = self._services.training
        standard, found = work.standard, self._collected
        results = (
            [] if found is None else [result_of(one.attempt, one.card) for one in found.scored]
        )
        weights = {one.id: one.weight for one in standard.criteria.values()}
        titles = {one.id: one.title for one in standard.criteria.values()}
        return InstructorState(
            cases=tuple(CaseRow(id=one.id, title=one.title) for one in work.exercises()),
            done=self._done,
            refused=() if found is None else found.refused,
            groups=tuple(_group(view, titles) for view in compared(results, weights)),
            pass_percent=standard.pass_percent,
            weights=tuple((one.id, one.title, one.weight) for one in standard.criteria.values()),
            fatal=tuple((one.id, one.words, one.counts) for one in standard.fatal.values()),
        )


def _group(view: GroupView, titles: dict[str, str]) -> GroupRow:
    count = len(view.results)
    return GroupRow(
        exercise=view.exercise,
        words=f"{view.passed} of {count} passed, {view.middle_percent:.0f} % in the middle.",
        results=tuple(
            ResultRow(
                attempt=one.attempt,
                by=one.by_whom,
                words=f"{one.percent:.0f} %, {'passed' if one.passed else 'not passed'}"
                + (", fatal step" if one.fatal else ""),
            )
            for one in view.results
        ),
        hardest=tuple(
            f"{titles[one.criterion]}: {100.0 * one.middle:.0f} % of its points in the middle."
            for one in view.criteria[:HARDEST]
        ),
    )
