"""``planner assess`` and ``planner simulate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.commands.anatomy import xyz
from planner.app.main import FINDINGS_HOLD
from planner.app.output import Json, Outcome, progress
from planner.catalog import load_catalog
from planner.document.plan_file import load_plan
from planner.domain.errors import NotBuiltYetError
from planner.domain.finding import Verdict
from planner.domain.prediction import MissingZone
from planner.session.cases import check, reopen_case
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse

    from planner.domain.finding import Finding
    from planner.domain.plan import Plan
    from planner.session.cases import Case


def plan_and_case(arguments: argparse.Namespace) -> tuple[Plan, Case]:
    """Open the plan of a command and the scan it was made on."""
    plan = load_plan(arguments.plan)
    catalog = load_catalog(user_data_folder())
    return plan, reopen_case(plan, catalog, ct_path=arguments.ct, report=progress)


def assess(arguments: argparse.Namespace) -> Outcome:
    """Run every rule on a plan."""
    plan, case = plan_and_case(arguments)
    _, assessment = check(plan, case)
    held = assessment.verdict in {Verdict.HELD, Verdict.NOT_EVALUATED}
    return Outcome(
        {
            "verdict": assessment.verdict,
            "revision": assessment.revision,
            "findings": [finding_document(finding) for finding in assessment.findings],
            "checked": list(assessment.checked),
            "input_sha256": assessment.input_sha256,
        },
        exit_code=FINDINGS_HOLD if arguments.strict and held else 0,
    )


def finding_document(finding: Finding) -> Json:
    """Return a finding with the keys of the command line."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "structure": finding.structure,
        "distance_mm": finding.distance_mm,
        "at_mm": None if finding.at is None else xyz(finding.at),
        "threshold": finding.threshold,
        "source": finding.source,
        "resolve": finding.resolve,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
    }


def simulate(arguments: argparse.Namespace) -> Outcome:
    """Give the table-tier prediction; the heat solvers are not built yet."""
    if arguments.tier != "table":
        raise NotBuiltYetError(
            f"The {arguments.tier} tier of heat and cold is not built yet. Use --tier table for "
            "the device's table; it says nothing of the temperature at the nerves."
        )
    if arguments.zones:
        raise NotBuiltYetError("Writing zones as volumes is part of planner export.")
    plan, case = plan_and_case(arguments)
    predictions, _ = check(plan, case)
    ablations: list[Json] = []
    for ablation_id, zone in predictions.zones.items():
        if isinstance(zone, MissingZone):
            ablations.append({"id": ablation_id, "zone_mm": None, "reason": zone.reason})
            continue
        ablations.append(
            {
                "id": ablation_id,
                "zone_mm": {
                    "length": 2 * zone.shape.half_length_mm,
                    "width": 2 * zone.shape.half_width_mm,
                    "height": 2 * zone.shape.half_width_mm,
                },
                "volume_ml": zone.shape.volume_mm3 / 1000.0,
                "band_mm": zone.band_mm,
                "tier": zone.model.tier,
                "tissue_of_origin": zone.tissue_of_origin,
                "source": zone.model.source,
                "status": zone.model.status,
            }
        )
    cements: list[Json] = [
        {
            "id": cement_id,
            "ml": cement.placed_ml,
            "asked_ml": cement.asked_ml,
            "fill_percent": 100.0 * cement.fill_fraction,
            "band_mm": cement.band_mm,
            "tier": cement.model.tier,
        }
        for cement_id, cement in predictions.cements.items()
    ]
    return Outcome({"tier": "table", "ablations": ablations, "cement": cements})
