"""Keeps the verdict honest: void in the same call as any edit, and never shown stale."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.errors import PlannerError
from planner.session.answering import answers_without_finding
from planner.session.drawing import CementMark
from planner.session.finding_rows import finding_rows, headline, margin_rows
from planner.session.jobs import JobDone, JobFailed, JobStopped
from planner.session.window_states import CheckPhase, CheckState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import CementId, Plan
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.session.jobs import JobEvent, JobRunner
    from planner.session.ports import CaseServices, Evaluation

SLOT = "check"

_log = logging.getLogger(__name__)


class NotThisStateError(PlannerError):
    """A check came back that says nothing of the state that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Derived:
    evaluation: Evaluation
    fills: Mapping[CementId, CementMark]


class CheckDesk:
    """Derives zones, cement and findings in the background.

    ``changed`` is called after every change of :attr:`state`, in the thread of the runner.
    """

    def __init__(
        self, services: CaseServices, runner: JobRunner, changed: Callable[[], None]
    ) -> None:
        self._services = services
        self._runner = runner
        self._changed = changed
        self._input: tuple[Plan, CtVolume, Anatomy | None] | None = None
        self.state = CheckState()
        self.evaluation: Evaluation | None = None
        """What was derived from the plan as it is now; ``None`` while nothing is current."""
        self.last: Evaluation | None = None
        """The newest evaluation, current or not; only parts whose inputs are equal may be used."""
        self.fills: Mapping[CementId, CementMark] = {}
        """The fills of ``last`` as drawn."""

    def forget(self) -> None:
        """Have nothing to check."""
        self._runner.cancel(SLOT)
        self._input = self.evaluation = self.last = None
        self._become(CheckState())

    def invalidate(self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None) -> None:
        """Void the verdict now, then check the new state in the background."""
        if self._input is not None and self._input[2] is not anatomy:
            self.last, self.fills = None, {}
        self._input = (plan, ct, anatomy)
        self.evaluation = None
        self._become(
            CheckState(
                phase=CheckPhase.CHECKING,
                headline="Not evaluated",
                detail="The plan changed; it is being checked.",
                side_confirmed=side_words(plan),
            )
        )
        self._start()

    def wait(self, reason: str) -> None:
        """Void the verdict until something else is ready, and check nothing meanwhile."""
        self._runner.cancel(SLOT)
        self._input = self.evaluation = None
        self._become(
            CheckState(phase=CheckPhase.NOT_EVALUATED, headline="Not evaluated", detail=reason)
        )

    def retry(self) -> None:
        """Check again, as after checks stopped."""
        if self._input is not None:
            self.invalidate(*self._input)

    def stop(self, error: BaseException) -> None:
        """Void the verdict because something failed anywhere."""
        self._runner.cancel(SLOT)
        self.evaluation = None
        _log.error("checks stopped: %s", type(error).__name__)
        _log.debug("checks stopped", exc_info=error)
        sentence = str(error) if isinstance(error, PlannerError) else _fault(error)
        self._become(
            CheckState(
                phase=CheckPhase.STOPPED,
                headline="Checks stopped",
                detail=f"{sentence} The verdict is void until the checks have run again.",
            )
        )

    def select(self, fingerprint: str) -> None:
        """Mark one finding."""
        if self.state.phase is CheckPhase.CURRENT and self._input and self.evaluation:
            self._become(_current(self._input[0], self.evaluation, fingerprint))

    def _start(self) -> None:
        if self._input is None:
            return
        plan, ct, anatomy = self._input

        def work(report: ProgressReport) -> _Derived:
            found = self._services.evaluate(plan, ct, anatomy, report)
            drawn = found.cements if found.assessment.input_sha256 else ()
            fills = {item.cement_injection_id: CementMark.of(item) for item in drawn}
            return _Derived(evaluation=found, fills=fills)

        self._runner.submit(SLOT, work, self._on_event)

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, JobDone):
            self._finish(event.value)
        elif isinstance(event, JobFailed):
            self.stop(event.error)
        elif isinstance(event, JobStopped) and self.state.phase is CheckPhase.CHECKING:
            self._become(
                CheckState(
                    phase=CheckPhase.NOT_EVALUATED,
                    headline="Not evaluated",
                    detail="The check was stopped before it ended.",
                )
            )

    def _finish(self, value: object) -> None:
        if self._input is None or not isinstance(value, _Derived):
            self.stop(TypeError("the check answered with something else"))
            return
        found = value.evaluation
        if found.plan is not self._input[0]:
            return
        try:
            self._check_it_is_of(*self._input, found)
            state = _current(found.plan, found, "")
        except Exception as error:  # noqa: BLE001 - whatever fails here voids the verdict
            self.stop(error)
            return
        self.evaluation, self.last, self.fills = found, found, value.fills
        self._become(state)

    def _check_it_is_of(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, found: Evaluation
    ) -> None:
        """Make sure that a check has finished and is of the very state that is shown.

        Raises
        ------
        NotThisStateError
            When it is not; the verdict is then void.
        """
        judged = found.assessment.input_sha256
        if not judged:
            raise NotThisStateError(found.assessment.findings[0].message)
        if judged != self._services.state_sha256(plan, ct, anatomy, found):
            raise NotThisStateError("The check that came back is of another state than this one.")

    def _become(self, state: CheckState) -> None:
        self.state = state
        self._changed()


def _current(plan: Plan, evaluation: Evaluation, selected: str) -> CheckState:
    assessment = evaluation.assessment
    rows = finding_rows(plan, assessment)
    words, detail = headline(assessment)
    return CheckState(
        phase=CheckPhase.CURRENT,
        verdict=assessment.verdict,
        headline=words,
        detail=detail,
        findings=rows,
        margins=margin_rows(plan, assessment, evaluation.margins),
        evidence=assessment.evidence,
        void_answers=answers_without_finding(plan, assessment.findings),
        selected=selected,
        side_confirmed=side_words(plan),
    )


def side_words(plan: Plan) -> str:
    """Say who confirmed left and right, and when; empty while nobody has."""
    given = plan.side_confirmation
    return "" if given is None else f"Confirmed by {given.by}, {given.at_utc[:16]} UTC"


def _fault(error: BaseException) -> str:
    return f"A fault of ours ({type(error).__name__}: {error})."
