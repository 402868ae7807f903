"""A case on paper and in other programs' formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.exchange.export import ExportKind, PaperForm, export_plan, possible_kinds
from planner.planning import measure
from planner.report.build import build_report
from planner.report.model import Fact, Paper
from planner.report.pdf import make_pdf, write_pdf
from planner.session.cases import access_diameter_mm, check, scene_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from planner.domain.plan import Plan, Trajectory, TrajectoryId
    from planner.domain.sourced import Interval
    from planner.planning import TrajectoryMeasures
    from planner.report.model import Report
    from planner.session.cases import Case

CLEARANCES_ON_PAPER = 6
"""The nearest structures of a needle that fit its table; the findings name any that matter."""


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
        files += export_plan(folder, plan, scene, kinds, paper=form, verdict=assessment.verdict)
    return Exported(files=tuple(files), left_out="" if wanted else left_out)


def _report(plan: Plan, case: Case, paper: Paper) -> Report:
    predictions, assessment = check(plan, case)
    return build_report(
        plan,
        scene_of(case, predictions),
        assessment,
        catalog=case.catalog,
        measures=measures_in_words(plan, case),
        paper=paper,
    )


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
    return measure(trajectory, case.ct, case.anatomy, outer_diameter_mm=diameter_mm)


def measures_in_words(plan: Plan, case: Case) -> dict[TrajectoryId, tuple[Fact, ...]]:
    """Return the measures of every needle as labelled lines."""
    return {
        trajectory.id: _in_words(measured)
        for trajectory in plan.trajectories
        if (measured := measures_of(plan, case, trajectory)) is not None
    }


def _in_words(measured: TrajectoryMeasures) -> tuple[Fact, ...]:
    facts = [_fact("Access diameter", f"{measured.outer_diameter_mm:.1f} mm")]
    if measured.skin_to_tip_mm is not None:
        facts.append(_fact("Skin to tip", _interval(measured.skin_to_tip_mm)))
    if measured.bone_depth_mm is not None:
        facts.append(_fact("Depth in bone", _interval(measured.bone_depth_mm)))
    if measured.pedicle is not None:
        margin = measured.pedicle
        facts.append(
            _fact(
                "Thinnest pedicle bone beside the needle",
                f"{_interval(margin.worst_mm)}, {margin.worst_direction} "
                f"(Gertzbein-Robbins {margin.gertzbein_robbins})",
            )
        )
    if "endplate" in measured.angles_deg:
        facts.append(_fact("Angle to the endplates", f"{measured.angles_deg['endplate']:.0f}°"))
    if measured.tip is not None:
        place = (
            "in the front third of the body"
            if measured.tip.in_anterior_third
            else (
                "in the body, behind its front third"
                if measured.tip.in_body
                else "outside the body"
            )
        )
        facts.append(_fact("Tip", place))
    for clearance in measured.clearances[:CLEARANCES_ON_PAPER]:
        name = clearance.structure.replace("_", " ").replace(":", " ")
        facts.append(_fact(f"Needle to {name}", _interval(clearance.distance_mm)))
    return tuple(facts)


def _fact(label: str, value: str) -> Fact:
    return Fact(label=label, value=value)


def _interval(value: Interval) -> str:
    return f"{value.best:.1f} mm ({value.low:.1f} to {value.high:.1f})"
