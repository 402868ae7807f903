"""Plans that come back from an archive, read before anybody is told they are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner import pacs
from planner.document.plan_file import load_plan
from planner.domain.errors import InputRefusedError
from planner.domain.progress import unreported
from planner.session.kept_states import treated

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.progress import ProgressReport
    from planner.settings.nodes import PacsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPlan:
    """One plan file that came back whole; ``series_uid`` is the scan it was made on.

    ``treated`` says which levels it treats.
    """

    path: Path
    plan_id: str
    revision: int
    series_uid: str
    treated: str


def get_checked_plans(
    settings: PacsSettings,
    study_uid: str,
    place: Path,
    *,
    node: str = "",
    report: ProgressReport = unreported,
) -> tuple[ReturnedPlan, ...]:
    """Put the plans of a study at ``place``, each read and found to be of that study.

    Raises
    ------
    PlannerError
        When one is damaged, newer than this program or of another study; none is kept then.
    """

    def read(path: Path) -> ReturnedPlan:
        plan = load_plan(path)
        if plan.scan.study_uid != study_uid:
            raise InputRefusedError(
                "PACS-OTHER-STUDY",
                "The archive keeps a plan of another study with this one. No plan was kept. "
                "Report it to the archive.",
            )
        return ReturnedPlan(
            path=path,
            plan_id=plan.plan_id,
            revision=plan.revision,
            series_uid=plan.scan.series_uid,
            treated=treated(plan),
        )

    found: list[ReturnedPlan] = []
    files = pacs.get_plans(
        settings,
        study_uid,
        place,
        node=node,
        report=report,
        check=lambda path: found.append(read(path)),
    )
    return tuple(replace(one, path=path) for one, path in zip(found, files, strict=True))
