"""The rows of the report's tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.outcome import BEFORE
from planner.domain.prediction import MissingZone
from planner.domain.structures import in_words
from planner.report.model import AblationRow, CementRow, ExposureRow, Fact, FindingRow
from planner.report.wording import as_set, injection_words, number, plain, visible
from planner.safety.resolving import is_settled

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.cement import LeakForecast
    from planner.domain.finding import Assessment, Finding
    from planner.domain.limit_times import LimitTimes
    from planner.domain.plan import (
        Ablation,
        CementInjection,
        Plan,
        TrajectoryId,
    )
    from planner.domain.prediction import ModelLabel
    from planner.report.pictured import Pictured

MM3_PER_ML = 1000.0

BASELINE_ODI, BASELINE_MORPHINE = "Baseline ODI (%)", "Baseline morphine (mg/day)"

NOT_PREDICTED = "no prediction was made"


def needle_number(plan: Plan, trajectory_id: TrajectoryId) -> int:
    """Return a needle's number on paper: its place in the plan, from 1."""
    return [item.id for item in plan.trajectories].index(trajectory_id) + 1


def ablation_row(
    plan: Plan, item: Ablation, scene: Pictured, catalog: Catalog | None
) -> AblationRow:
    """Return one ablation with its predicted zone, or why there is none."""
    devices = {} if catalog is None else catalog.devices
    zone = scene.zones.get(item.id)
    needle = needle_number(plan, item.trajectory_id)
    cycles = None
    if item.cycle_s is not None and item.pause_s is not None:
        cycles = (item.cycle_s, item.pause_s)
    device = plain(devices[item.device_id].name if item.device_id in devices else item.device_id)
    row = AblationRow(
        needle=needle,
        device=device,
        power_w=item.power_w,
        setpoint_celsius=item.setpoint_celsius,
        time_s=item.time_s,
        cycles=cycles,
        duty_percent=item.duty_percent,
        drawn_back_mm=item.active_offset_mm,
    )
    if zone is None or isinstance(zone, MissingZone):
        return replace(row, missing=plain(NOT_PREDICTED if zone is None else zone.reason))
    return replace(
        row,
        length_mm=2.0 * zone.shape.half_length_mm,
        width_mm=2.0 * zone.shape.half_width_mm,
        volume_ml=zone.shape.volume_mm3 / MM3_PER_ML,
        band_mm=zone.band_mm,
        tissue=plain(zone.tissue_of_origin),
        tier=zone.model.tier,
        model=model_words(zone.model),
        source=plain(f"{zone.model.source} ({zone.model.status})"),
    )


def cement_row(
    plan: Plan, item: CementInjection, scene: Pictured, catalog: Catalog | None
) -> CementRow:
    """Return one cement injection with its predicted fill, or why there is none."""
    cements = {} if catalog is None else catalog.cements
    fill = scene.cements.get(item.id)
    needle = needle_number(plan, item.trajectory_id)
    cement = plain(cements[item.cement_id].name if item.cement_id in cements else item.cement_id)
    row = CementRow(
        needle=needle, cement=cement, asked_ml=item.volume_ml, how=injection_words(item)
    )
    if fill is None:
        return replace(row, missing=NOT_PREDICTED)
    return replace(
        row,
        placed_ml=fill.placed_ml,
        fill_percent=100.0 * fill.fill_fraction,
        band_mm=fill.band_mm,
        tier=fill.model.tier,
        model=model_words(fill.model),
        source=plain(f"{fill.model.source} ({fill.model.status})"),
    )


def leak_words(forecast: LeakForecast) -> str:
    """Return how likely an injection leaves the bone, in a line."""
    return plain("; ".join(forecast.lines).replace(":;", ":"))


def exposure_rows(plan: Plan, scene: Pictured) -> tuple[ExposureRow, ...]:
    """Return what every simulated ablation does to every structure it was looked at for."""
    rows = []
    for item in plan.ablations:
        exposure = scene.exposures.get(item.id)
        if exposure is None:
            continue
        felt_by = exposure.at_structures.items()
        near = [(in_words(name), felt) for name, felt in felt_by if not felt.beyond]
        far = [(in_words(name), felt) for name, felt in felt_by if felt.beyond]
        if far:
            names = ", ".join(name for name, _ in far)
            near.append((f"beyond the simulated volume: {names}", far[0][1]))
        rows += [
            ExposureRow(
                needle=needle_number(plan, item.trajectory_id),
                structure=plain(name),
                peak_celsius=felt.peak_celsius,
                lowest_celsius=felt.lowest_celsius,
                dose=felt.dose_words.replace(" CEM43 minutes", " min"),
                band_celsius=felt.band_celsius,
                model=plain(
                    f"{exposure.model.tier}: {exposure.model.name} {exposure.model.version}"
                ),
                beyond=felt.beyond,
                times=_times(felt.times),
            )
            for name, felt in near
        ]
    return tuple(rows)


def _times(times: LimitTimes | None) -> str:
    """Return the minutes until the first limit, past it and past the second; a dash if never."""
    if times is None or times.to_stop_s is None:
        return "-"
    seconds = (times.to_stop_s, times.past_stop_s, times.past_harm_s)
    return " / ".join(f"{one / 60.0:.1f}" for one in seconds)


def model_words(model: ModelLabel) -> str:
    """Name a model with its version and inputs."""
    inputs = "; ".join(model.inputs)
    return plain(f"{model.name} {model.version}" + (f": {inputs}" if inputs else ""))


def finding_rows(plan: Plan, assessment: Assessment) -> tuple[FindingRow, ...]:
    """Return every finding, heaviest first, with the acknowledgement that answers it.

    No word of them is cut: the end of one may name the rules that could not run.
    """
    answers = {item.fingerprint: item for item in plan.acknowledgements}
    rows = []
    for finding in sorted(assessment.findings, key=lambda one: (one.severity.rank, one.rule)):
        answer = answers.get(finding.fingerprint)
        rows.append(
            FindingRow(
                severity=finding.severity,
                rule=visible(finding.rule),
                about=_about(plan, finding),
                message=visible(finding.message),
                structure=visible(in_words(finding.structure)),
                distance_mm=finding.distance_mm,
                threshold=visible(finding.threshold),
                source=visible(finding.source),
                resolve=visible(finding.resolve),
                acknowledged=""
                if answer is None or not is_settled(plan, finding)
                else visible(f"{answer.by}, {answer.at_utc}: {answer.reason}"),
            )
        )
    return tuple(rows)


def evidence_rows(assessment: Assessment) -> tuple[Fact, ...]:
    """Return for every rule that ran what it looked at and with what margin."""
    return tuple(
        Fact(label=visible(rule), value=visible(seen)) for rule, seen in assessment.evidence
    )


def object_names(plan: Plan) -> tuple[Fact, ...]:
    """Return what each id of the plan stands for, since findings name objects by id."""
    needles = [(item.id, "needle", item.id) for item in plan.trajectories]
    burns = [(item.id, "the ablation on needle", item.trajectory_id) for item in plan.ablations]
    fills = [(item.id, "the cement through needle", item.trajectory_id) for item in plan.cements]
    return tuple(
        Fact(label=plain(str(own)), value=f"{what} {needle_number(plan, owner)}")
        for own, what, owner in (*needles, *burns, *fills)
    )


def checklist(plan: Plan) -> tuple[Fact, ...]:
    """Return what the team answered; an empty value is printed as not answered."""
    answers, baseline = plan.clinical, plan.outcome.visit(BEFORE)
    yes_no = {True: "yes", False: "no", None: ""}
    return tuple(
        Fact(label=label, value=plain(value))
        for label, value in (
            ("Multidisciplinary meeting", answers.mdt_date or ""),
            ("Intent", answers.intent or ""),
            ("Histology", answers.histology or ""),
            ("Lesion type", answers.lesion_type or ""),
            ("Number of lesions", _count(answers.lesion_count)),
            ("SINS (0-18)", _count(answers.sins)),
            ("Surgical consult", answers.surgical_consult_date or ""),
            ("Epidural grade (ESCC)", answers.epidural_grade or ""),
            ("Symptoms of cord compression", yes_no[answers.cord_compression_symptoms]),
            ("Tumour touches a root", yes_no[answers.tumour_touches_root]),
            ("Pain (VAS 0-10)", _measure(answers.vas)),
            (BASELINE_ODI, _measure(baseline.odi_percent)),
            (BASELINE_MORPHINE, _measure(baseline.morphine_mg_per_day)),
            ("ECOG", _count(answers.ecog)),
            ("Life expectancy (months)", _measure(answers.life_expectancy_months)),
            ("Date of the MR", answers.mr_date or ""),
            ("Platelets (10⁹/L)", _measure(answers.platelets_e9_per_l)),
            ("INR", _measure(answers.inr)),
            ("Infection", yes_no[answers.infection]),
            ("Pacemaker", yes_no[answers.pacemaker]),
            ("Thermocouple planned", yes_no[answers.thermocouple_planned]),
            ("Thermometer (°C)", _measure(answers.thermometer_celsius)),
            ("Protection", answers.protection or ""),
            ("Dissection fluid", answers.dissection_fluid or ""),
        )
    )


def _about(plan: Plan, finding: Finding) -> str:
    needles = {str(item.id): item.id for item in plan.trajectories}
    parents = {str(item.id): item.trajectory_id for item in plan.ablations}
    parents |= {str(item.id): item.trajectory_id for item in plan.cements}
    owner = needles.get(finding.subject) or parents.get(finding.subject)
    return "plan" if owner is None else f"needle {needle_number(plan, owner)}"


def _count(value: int | None) -> str:
    return "" if value is None else number(value, 0)


def _measure(value: float | None) -> str:
    return "" if value is None else as_set(value)
