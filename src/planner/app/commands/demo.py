"""``planner demo``: a sample case from CT to PDF, each step the real one."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from planner.app.commands.anatomy import on_grid_of
from planner.app.commands.checking import finding_document
from planner.app.commands.window import show_window
from planner.app.display import has_display
from planner.app.output import Outcome, progress
from planner.catalog import load_catalog
from planner.document.commands import answer_clinical
from planner.document.plan_file import save_plan
from planner.domain.corrections import LesionGrown
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    CementId,
    CementInjection,
    TrajectoryId,
)
from planner.domain.simulation import Tier
from planner.imaging import write_ct_series, write_volume
from planner.phantom import make_phantom
from planner.phantom.samples import sample
from planner.planning import propose
from planner.session.cases import check, new_plan, open_case
from planner.session.output import export_case, report_case
from planner.session.simulation import simulate_and_keep
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from planner.domain.finding import Assessment
    from planner.domain.plan import Plan
    from planner.phantom import Recipe
    from planner.phantom.samples import SampleCase
    from planner.session.cases import Case

DEMO_DEVICE, DEMO_POWER_W, DEMO_TIME_S = "eco-mwa", 40.0, 180.0
"""The one setting the shipped catalogue has a zone for."""

DEMO_CEMENT, DEMO_CEMENT_ML = "pmma-high-viscosity", 3.0


def demo(arguments: argparse.Namespace) -> Outcome:
    """Make a sample case's scan, outline, plan, check, report and export it."""
    chosen = sample(arguments.case)
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    _say(f"{chosen.title}. {chosen.story}")
    ct_folder = folder / "ct"
    if not ct_folder.exists():
        _say("1/6 making the scan of the digital spine")
        _make_scan(chosen.recipe, ct_folder)
    _say("2/6 reading it through the gate and outlining the vertebrae and the lesion")
    clicked = () if chosen.lesion_at is None else (LesionGrown(at=chosen.lesion_at),)
    case = open_case(
        ct_folder,
        load_catalog(user_data_folder()),
        binding=AnatomyBinding(backend="builtin", corrections=clicked),
        report=progress,
    )
    labels = folder / "labels.nii.gz"
    laid = on_grid_of(case.ct, case.anatomy.geometry, case.anatomy.labels)
    write_volume(labels, case.ct.geometry, laid)
    _say(f"3/6 planning a needle, an ablation and cement at {chosen.level}")
    plan = save_plan(folder / f"{chosen.id}.plan", sample_plan(case, chosen))
    _say("4/6 simulating the heat and checking the plan against every rule")
    simulate_and_keep(plan, case, Tier.FULL, report=progress)
    _, assessment = check(plan, case)
    findings = folder / "findings.json"
    findings.write_text(_as_json(assessment), encoding="utf-8")
    _say("5/6 writing the PDF")
    paper = folder / f"{chosen.id}.pdf"
    report_case(plan, case, paper)
    _say("6/6 exporting what other programs read")
    exported = export_case(plan, case, folder / "exported").files
    files = [folder / f"{chosen.id}.plan", labels, findings, paper, *exported]
    counts = ", ".join(f"{f.severity} {f.rule}" for f in assessment.findings)
    _say(f"The verdict is {assessment.verdict}: {counts}. The files are in {folder.resolve()}")
    _open_window(folder / f"{chosen.id}.plan", headless=arguments.headless)
    return Outcome(
        {"files": [str(path) for path in files], "verdict": assessment.verdict},
        summary="\n".join(str(path) for path in files),
    )


def _make_scan(recipe: Recipe, folder: Path) -> None:
    """Write the series so that the folder has all of it or is not there.

    The digital patient is scanned on the day the scan is made, and grows old like any other.
    """
    partial = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    ct = make_phantom(recipe, report=progress).ct
    today = datetime.now(UTC).strftime("%Y%m%d")
    write_ct_series(partial, replace(ct, record=replace(ct.record, acquired=today)))
    partial.rename(folder)


def sample_plan(case: Case, chosen: SampleCase) -> Plan:
    """Return the first proposed needle, with the one setting of the catalogue and cement."""
    level = chosen.level
    case.vertebra(level)
    device = case.catalog.devices[DEMO_DEVICE]
    diameter = case.catalog.access_diameter([device]).value
    found = propose(case.ct, case.anatomy, level, device=device, outer_diameter_mm=diameter)
    if not found.trajectories:
        raise InputRefusedError("PLAN-NO-PATH", "; ".join(found.none_because))
    needle = replace(found.trajectories[0].trajectory, id=TrajectoryId("T1"))
    ablation = Ablation(
        id=AblationId("A1"),
        trajectory_id=needle.id,
        device_id=device.id,
        power_w=DEMO_POWER_W,
        time_s=DEMO_TIME_S,
    )
    cement = CementInjection(
        id=CementId("C1"),
        trajectory_id=needle.id,
        cement_id=DEMO_CEMENT,
        volume_ml=DEMO_CEMENT_ML,
    )
    plan = replace(
        new_plan(case), trajectories=(needle,), ablations=(ablation,), cements=(cement,)
    )
    return answer_clinical(**chosen.answers).apply(plan) if chosen.answers else plan


def _as_json(assessment: Assessment) -> str:
    document = {
        "verdict": assessment.verdict,
        "findings": [finding_document(finding) for finding in assessment.findings],
    }
    return json.dumps(document, indent=1, allow_nan=False)


def _open_window(plan: Path, *, headless: bool) -> None:
    if headless:
        return
    if not has_display():
        _say("There is no display, so the demo ran headless and opened no window.")
        return
    _say("Opening the window on the plan; close it to end the demo.")
    if show_window(plan):
        raise UsageError("the window could not be opened; run planner demo --headless")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
