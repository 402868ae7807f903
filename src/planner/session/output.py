"""A case on paper and in other programs' formats."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner import pacs
from planner.document.plan_file import plan_bytes
from planner.domain.errors import InputRefusedError
from planner.exchange.export import ExportKind, PaperForm, export_plan, possible_kinds
from planner.report.build import build_report, with_leaks
from planner.report.model import Paper
from planner.report.pdf import make_pdf, write_pdf
from planner.session.cases import access_diameter_mm, check, predict, scene_of
from planner.session.cement_filling import forecasts_of
from planner.session.ruled_measures import ruled_measures
from planner.session.thermometer_plan import planned_thermometers, thermometer_facts

if TYPE_CHECKING:
    from collections.abc import Collection

    from planner.domain.plan import Plan, Trajectory, TrajectoryId
    from planner.domain.progress import ProgressReport
    from planner.planning import TrajectoryMeasures
    from planner.report.model import Report
    from planner.session.cases import Case
    from planner.settings.nodes import PacsSettings


OUTLINES_STAY = (
    "The outlines of this plan were imported from a file, and that file does not travel with the "
    "plan: whoever opens the plan elsewhere needs it too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and in a sentence what was left out and why (empty when nothing)."""

    files: tuple[Path, ...]
    left_out: str


def report_case(plan: Plan, case: Case, path: Path, *, paper: Paper = Paper.A4) -> int:
    """Check the plan anew, write it to PDF, and return the number of pages."""
    return write_pdf(_report(plan, case, paper), path)


def export_case(
    plan: Plan, case: Case, folder: Path, wanted: Collection[ExportKind] | None = None
) -> Exported:
    """Write the wanted kinds, or all that this scan allows.

    A scan that was not read from DICOM gives the report as a plain PDF.
    """
    predictions, assessment = check(plan, case)
    scene = scene_of(case, predictions)
    possible, left_out = possible_kinds(scene)
    kinds = set(possible if wanted is None else wanted)
    files: list[Path] = []
    if ExportKind.PDF in (kinds if wanted else set(ExportKind)) and ExportKind.PDF not in possible:
        kinds.discard(ExportKind.PDF)
        folder.mkdir(parents=True, exist_ok=True)
        files.append(folder / "plan.pdf")
        report_case(plan, case, files[0])
    if kinds:
        form = None
        if any(kind.needs_paper for kind in kinds):
            form = _paper_form(_report(plan, case, Paper.A4))
        files += export_plan(
            folder,
            plan,
            scene,
            kinds,
            paper=form,
            verdict=assessment.verdict,
            plan_file=plan_bytes(plan),
        )
    notes = ["" if wanted else left_out]
    if ExportKind.PLAN in kinds and plan.anatomy.locator:
        notes.append(OUTLINES_STAY)
    return Exported(files=tuple(files), left_out=" ".join(filter(None, notes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How many objects an archive has now, and in a sentence what did not go."""

    files: int
    left_out: str


def send_case(
    plan: Plan, case: Case, settings: PacsSettings, archive: str, report: ProgressReport
) -> Sent:
    """Send every DICOM object this scan allows, the plan among them, to an archive.

    Raises
    ------
    PlannerError
        What was sent and what was not.
    """
    possible, left_out = possible_kinds(scene_of(case, predict(plan, case)))
    kinds = [kind for kind in possible if kind.is_dicom]
    if not kinds:
        raise InputRefusedError("EXPORT-NOT-POSSIBLE", left_out)
    with tempfile.TemporaryDirectory(prefix="planner-send-") as name:
        exported = export_case(plan, case, Path(name), kinds)
        files = pacs.stoppable(
            lambda follow: pacs.send(settings, exported.files, node=archive, report=follow), report
        )
    return Sent(files=files, left_out=" ".join(filter(None, (left_out, exported.left_out))))


def _report(plan: Plan, case: Case, paper: Paper) -> Report:
    predictions, assessment = check(plan, case)
    report = build_report(
        plan,
        scene_of(case, predictions),
        assessment,
        catalog=case.catalog,
        measures=measures_of_all(plan, case),
        paper=paper,
    )
    seen = planned_thermometers(predictions.simulations, plan, case.ct, case.anatomy, case.catalog)
    report = replace(report, together=(*report.together, *thermometer_facts(seen)))
    return with_leaks(report, plan, forecasts_of(plan, case, predictions.zones))


def _paper_form(report: Report) -> PaperForm:
    pdf, _ = make_pdf(report)
    return PaperForm(
        pdf=pdf,
        title=report.headline,
        pictures=tuple((one.key, one.caption, one.png) for one in report.pictures),
    )


def measures_of(plan: Plan, case: Case, trajectory: Trajectory) -> TrajectoryMeasures | None:
    """Measure one needle; ``None`` where its level has no outlines."""
    if trajectory.level not in case.anatomy.vertebrae:
        return None
    diameter_mm = access_diameter_mm(plan, trajectory.id, case.catalog)
    return ruled_measures(
        trajectory,
        case.ct,
        case.anatomy,
        outer_diameter_mm=diameter_mm,
        placement_error_mm=case.catalog.placement_error_mm,
    )


def measures_of_all(plan: Plan, case: Case) -> dict[TrajectoryId, TrajectoryMeasures]:
    """Measure every needle whose level has outlines."""
    return {
        trajectory.id: measured
        for trajectory in plan.trajectories
        if (measured := measures_of(plan, case, trajectory)) is not None
    }
