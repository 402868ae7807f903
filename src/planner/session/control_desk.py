"""Keeps in the plan where a control scan shows the selected needle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.document.control_commands import drop_control, keep_control

if TYPE_CHECKING:
    from pathlib import Path

    from planner.geometry.points import PointLps
    from planner.imaging.inspection import Inspection
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices

NO_NEEDLE = "Select the needle that the control scan shows."


class ControlDesk:
    """Looks at the header of a control scan, and keeps a reading or says why not."""

    def __init__(
        self, services: CaseServices, floor: Floor, jobs: JobDesk, edits: PlanDesk
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._edits = edits

    def keep(
        self, scan: Path, entry: PointLps, tip: PointLps, offset: PointLps | None, at_utc: str
    ) -> None:
        """Keep where the control scan shows entry and tip, in that scan's own coordinates."""
        needle = self._edits.needle
        if needle is None:
            self._floor.say(NO_NEEDLE, is_error=True)
            return

        def came(value: object) -> None:
            from planner.session.control_reading import control_reading, control_series  # noqa: PLC0415 - loads after the window

            found: Inspection | None = value  # type: ignore[assignment]  # what look returns

            def put() -> None:
                reading = control_reading(
                    self._edits.plan,
                    needle.id,
                    control_series(found),
                    entry=entry,
                    tip=tip,
                    offset=offset,
                    at_utc=at_utc,
                )
                self._edits.do(keep_control(reading))
                self._floor.say("Control reading kept; the card says how to turn the needle.")

            self._floor.act(put)

        self._jobs.start(
            "control",
            "Looking at the control scan",
            lambda report: self._services.look(scan, report),
            came,
        )

    def drop(self) -> None:
        """Take the last reading of the selected needle away."""
        needle = self._edits.needle
        if needle is None:
            self._floor.say(NO_NEEDLE, is_error=True)
            return
        self._floor.act(lambda: self._edits.do(drop_control(needle.id)))
