"""Writes the checked plan to paper and to other programs' files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.check_desk import CheckDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices, Evaluation


class PaperDesk:
    """Nothing goes out before the plan as it is now was checked."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        checks: CheckDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._checks = checks

    def write_report(self, path: Path) -> None:
        """Write the PDF of the plan as it was checked."""
        self._put_out(
            "Writing the PDF",
            lambda *checked: (
                f"{self._services.write_report(path, *checked)} pages written to {path.name}."
            ),
        )

    def export(self, folder: Path) -> None:
        """Write what other programs read, of the plan as it was checked."""
        self._put_out(
            "Exporting", lambda *checked: self._services.export(folder, *checked).strip()
        )

    def archives(self) -> tuple[str, ...]:
        """Return the archives a plan may be sent to; says why there is none."""
        try:
            found = self._services.archives()
        except UsageError as error:
            self._floor.say(str(error), is_error=True)
            return ()
        if not found:
            self._floor.say(
                "No PACS is set up. docs/reference/pacs.md shows what belongs in pacs.toml.",
                is_error=True,
            )
        return found

    def send(self, archive: str) -> None:
        """Send plan, report and outlines, of the plan as it was checked."""
        evaluation, ct = self._checks.evaluation, self._case.ct
        anatomy = self._edits.anatomy
        if evaluation is None or ct is None:
            self._floor.say("Wait until the plan is checked.", is_error=True)
            return
        self._jobs.start(
            "send",
            f"Sending to {archive}",
            lambda report: self._services.send(archive, ct, anatomy, evaluation, report),
            lambda said: self._floor.say(str(said)),
        )

    def _put_out(
        self, title: str, write: Callable[[CtVolume, Anatomy | None, Evaluation], str]
    ) -> None:
        evaluation, ct = self._checks.evaluation, self._case.ct
        anatomy = self._edits.anatomy
        if evaluation is None or ct is None:
            self._floor.say("Wait until the plan is checked.", is_error=True)
            return
        self._jobs.start(
            "report",
            title,
            lambda _report: write(ct, anatomy, evaluation),
            lambda said: self._floor.say(str(said)),
        )
