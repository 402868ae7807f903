"""From a plan, its scene and its assessment to what the paper says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import planner
from planner.domain.finding import Verdict
from planner.domain.levels import Side
from planner.domain.prediction import MissingZone
from planner.domain.structures import in_words
from planner.planning.needle_assembly import planned_assemblies
from planner.planning.needle_gaps import needle_gaps
from planner.report.control import control_facts
from planner.report.coverage_rows import coverage_rows
from planner.report.measured import distance_facts, measure_facts
from planner.report.model import Fact, NeedleRow, Paper, Report
from planner.report.pictures import needle_pictures, plan_pictures
from planner.report.room import (
    c_arm_facts,
    ct_facts,
    layer_facts,
    other_needles,
    pair_facts,
    tissue_facts,
)
from planner.report.rows import (
    ablation_row,
    cement_row,
    checklist,
    evidence_rows,
    exposure_rows,
    finding_rows,
    leak_words,
    object_names,
)
from planner.report.schedule import cement_schedule
from planner.report.wording import (
    LONGEST_NAME,
    VERDICT_WORDS,
    date_words,
    is_prone,
    level_words,
    number,
    plain,
    position_words,
    short_uid,
    side_words,
)
from planner.report.xrays import xray_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.cement import LeakForecast
    from planner.domain.finding import Assessment
    from planner.domain.plan import AblationId, CementId, Plan, Trajectory, TrajectoryId
    from planner.domain.prediction import Exposure, ModelLabel, PredictedCement, PredictedZone
    from planner.domain.volume import CtVolume
    from planner.planning.measures import TrajectoryMeasures
    from planner.planning.needle_gaps import NeedleGap
    from planner.report.pictured import Pictured


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScene:
    """What a report may draw on besides the plan, when there is no scene of the rules."""

    ct: CtVolume | None = None
    anatomy: Anatomy | None = None
    zones: Mapping[AblationId, PredictedZone | MissingZone] = field(default_factory=dict)
    cements: Mapping[CementId, PredictedCement] = field(default_factory=dict)
    exposures: Mapping[AblationId, Exposure] = field(default_factory=dict)


def build_report(
    plan: Plan,
    scene: Pictured,
    assessment: Assessment | None,
    *,
    catalog: Catalog | None = None,
    measures: Mapping[TrajectoryId, TrajectoryMeasures] | None = None,
    made_utc: str = "",
    paper: Paper = Paper.A4,
) -> Report:
    """Gather everything the paper says; no layout.

    Parameters
    ----------
    assessment
        ``None``, or one of another revision, gives the verdict NOT_EVALUATED.
    measures
        What was measured of each needle.
    made_utc
        ISO 8601 time the paper is made at; now when empty.
    """
    current = assessment if assessment and assessment.revision == plan.revision else None
    verdict = Verdict.NOT_EVALUATED if current is None else current.verdict
    made = made_utc or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rules = None if catalog is None else catalog.rules
    gaps = () if catalog is None else needle_gaps(planned_assemblies(plan, catalog))
    return Report(
        headline=_headline(plan),
        treatment=_treatment(plan, catalog),
        patient=_patient(plan),
        scan=_scan(plan),
        alerts=_alerts(plan, scene, assessment, current),
        verdict=verdict,
        verdict_words=VERDICT_WORDS[verdict],
        is_draft=verdict is not Verdict.CLEAR,
        needles=tuple(
            needle_row(plan, trajectory, scene, (measures or {}).get(trajectory.id), catalog, gaps)
            for trajectory in plan.trajectories
        ),
        together=(
            *pair_facts(plan, gaps),
            *layer_facts(plan, scene.anatomy, scene.ct),
            *tissue_facts(plan, scene.anatomy),
        ),
        pictures=plan_pictures(plan, scene),
        ablations=tuple(ablation_row(plan, item, scene, catalog) for item in plan.ablations),
        exposures=exposure_rows(plan, scene),
        coverage=coverage_rows(plan, scene),
        cements=tuple(cement_row(plan, item, scene, catalog) for item in plan.cements),
        schedules=tuple(
            cement_schedule(
                plan, item, scene, rules, catalog.cements.get(item.cement_id) if catalog else None
            )
            for item in plan.cements
        ),
        findings=() if current is None else finding_rows(plan, current),
        checked=() if current is None else current.checked,
        evidence=() if current is None else evidence_rows(current),
        names=object_names(plan),
        checklist=checklist(plan),
        provenance=_provenance(plan, scene, current, made),
        short_provenance=_short_provenance(plan, scene),
        made_utc=made,
        revision=plan.revision,
        notes=plain(plan.notes),
        paper=paper,
    )


def with_leaks(report: Report, plan: Plan, forecasts: Mapping[CementId, LeakForecast]) -> Report:
    """Return a report that tells beside each injection how likely it leaves the bone."""
    rows = zip(plan.cements, report.cements, strict=True)
    return replace(
        report,
        cements=tuple(
            replace(row, leaks=leak_words(forecasts[item.id])) if item.id in forecasts else row
            for item, row in rows
        ),
    )


def needle_row(
    plan: Plan,
    trajectory: Trajectory,
    scene: Pictured,
    measures: TrajectoryMeasures | None,
    catalog: Catalog | None,
    gaps: tuple[NeedleGap, ...] = (),
) -> NeedleRow:
    """Return one needle with its angles, its numbers for the room and its own pictures."""
    ct = scene.ct
    vertebra = None if scene.anatomy is None else scene.anatomy.vertebrae.get(trajectory.level)
    at_ct: tuple[Fact, ...] = ()
    if measures is not None and ct is not None and vertebra is not None:
        needles = () if catalog is None else catalog.needles.values()
        burn = next((one for one in plan.ablations if one.trajectory_id == trajectory.id), None)
        device = None if burn is None or catalog is None else catalog.devices.get(burn.device_id)
        at_ct = ct_facts(
            trajectory, measures, ct, vertebra, needles, grid_mark=plan.grid_mark, device=device
        )
    position = plan.scan.patient_position
    return NeedleRow(
        number=plan.trajectories.index(trajectory) + 1,
        level=trajectory.level,
        side=trajectory.side,
        approach=trajectory.approach,
        entry=trajectory.entry,
        tip=trajectory.tip,
        length_mm=trajectory.length_mm,
        towards_midline_deg=trajectory.towards_midline_deg,
        upward_deg=trajectory.upward_deg,
        measures=() if measures is None else measure_facts(measures),
        distances=() if measures is None else distance_facts(measures),
        at_ct=at_ct,
        at_c_arm=()
        if vertebra is None or scene.anatomy is None
        else c_arm_facts(trajectory, scene.anatomy, position),
        at_control=control_facts(trajectory, plan),
        pictures=needle_pictures(plan, trajectory, scene),
        xrays=xray_pictures(plan, trajectory, scene),
        others=other_needles(plan, trajectory, gaps),
        size="" if trajectory.size is None else trajectory.size.words,
    )


def _headline(plan: Plan) -> str:
    if not plan.trajectories:
        return "No needle planned"
    parts = []
    for level in sorted({t.level for t in plan.trajectories}, key=lambda one: one.order):
        sides = {t.side for t in plan.trajectories if t.level is level}
        words = side_words(*(side for side in Side if side in sides))
        parts.append(f"{level_words(level)}, {words}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def _treatment(plan: Plan, catalog: Catalog | None) -> str:
    parts = []
    for ids, known, what in (
        (
            [item.device_id for item in plan.ablations],
            {} if catalog is None else catalog.devices,
            "Ablation",
        ),
        (
            [item.cement_id for item in plan.cements],
            {} if catalog is None else catalog.cements,
            "Cement",
        ),
    ):
        names = [known[one].name if one in known else one for one in dict.fromkeys(ids)]
        parts.append(f"{what}: {', '.join(names)}" if names else f"{what}: none planned")
    return plain(". ".join(parts) + ".")


def _patient(plan: Plan) -> tuple[Fact, ...]:
    who = plan.scan.patient
    return (
        _fact("Name", who.name.replace("^", " ").strip()),
        _fact("Patient ID", who.patient_id),
        _fact("Born", date_words(who.birth_date)),
        _fact("Sex", who.sex),
    )


def _scan(plan: Plan) -> tuple[Fact, ...]:
    scan = plan.scan
    return (
        _fact("Scanned", date_words(scan.acquired)),
        _fact("Series", scan.series_description),
        _fact("Patient lay", position_words(scan.patient_position)),
        _fact("Series UID", short_uid(scan.series_uid)),
    )


def _alerts(
    plan: Plan, scene: Pictured, assessment: Assessment | None, current: Assessment | None
) -> tuple[str, ...]:
    alerts = []
    if is_prone(plan.scan.patient_position):
        alerts.append("The scan was made PRONE. Pictures are drawn anterior up.")
    confirmed = plan.side_confirmation
    if confirmed is None:
        alerts.append("Nobody has confirmed left and right on the pictures.")
    elif confirmed.patient_position != plan.scan.patient_position:
        alerts.append("Left and right were confirmed for another patient position.")
    if assessment is None:
        alerts.append("No check has run: there are no findings because nothing was looked for.")
    elif current is None:
        alerts.append(
            f"The check belongs to revision {assessment.revision}, the plan is revision "
            f"{plan.revision}: its findings are left out because they no longer apply."
        )
    if scene.ct is None:
        alerts.append("The scan was not at hand, so there are no pictures.")
    elif scene.ct.record.sha256 != plan.scan.sha256:
        alerts.append("The pictures are of ANOTHER scan than the one the plan was made on.")
    if scene.anatomy is None:
        alerts.append("No outlines of canal, foramina and posterior wall were available.")
    else:
        alerts += [
            f"{level}: {'; '.join(doubts)}."
            for level, vertebra in scene.anatomy.vertebrae.items()
            if (doubts := _doubts(vertebra)) and any(t.level is level for t in plan.trajectories)
        ]
    alerts += [f"Scan warning: {warning}" for warning in plan.scan.gate_warnings]
    return tuple(plain(alert) for alert in alerts)


def _doubts(vertebra: Vertebra) -> tuple[str, ...]:
    """Return what speaks against the name or the outline of a vertebra."""
    name = (vertebra.level_doubt,) if vertebra.level_doubt else ()
    return tuple(doubt.removesuffix(".") for doubt in (*name, *vertebra.quality.flags))


def _provenance(
    plan: Plan, scene: Pictured, assessment: Assessment | None, made: str
) -> tuple[Fact, ...]:
    scan, confirmed = plan.scan, plan.side_confirmation
    models = [f"{one.name} {one.version} ({one.tier})" for one in _models(scene)]
    return (
        _fact("Plan", f"{plan.plan_id}, revision {plan.revision}, begun {plan.created_utc}"),
        _fact("Study UID", scan.study_uid),
        _fact("Series UID", scan.series_uid),
        _fact("Frame of reference UID", scan.frame_of_reference_uid),
        _fact("Scan SHA-256", scan.sha256),
        _fact("Outlines", plan.anatomy.backend),
        *_estimates(scene),
        _fact("Levels accepted by a person", ", ".join(plan.anatomy.accepted_levels)),
        _fact("Models", "; ".join(models)),
        *_void_answers(plan, assessment),
        *(_fact("Limit loosened by the site", sentence) for sentence in plan.looser_limits),
        _fact("Check of state", "" if assessment is None else assessment.input_sha256),
        _fact(
            "Left and right confirmed by",
            "" if confirmed is None else f"{confirmed.by}, {confirmed.at_utc}",
        ),
        _fact("Software", f"planner {planner.__version__}"),
        _fact("Paper made", made),
    )


def _estimates(scene: Pictured) -> tuple[Fact, ...]:
    """Say what is drawn and was not seen."""
    if scene.anatomy is None or not scene.anatomy.estimates:
        return ()
    kinds = [in_words(name.partition(":")[0]) for name in scene.anatomy.estimates]
    named = [kind.removeprefix("estimated ") for kind in dict.fromkeys(kinds)]
    words = ", ".join(_MANY.get(kind, kind) for kind in named)
    how = (
        "from canal, pedicles, foramina and published sizes; checks and simulations go by the "
        "canal and the foramina"
    )
    return (_fact("Estimated, not seen", f"{words}: {how}"),)


_MANY: Final = {"root": "roots", "ganglion": "ganglia"}


def _void_answers(plan: Plan, assessment: Assessment | None) -> tuple[Fact, ...]:
    """Return what persons said to findings that an edit has changed since."""
    here = {item.fingerprint for item in assessment.findings} if assessment else set()
    void = [
        f"{word.rule}, {word.by}, {word.at_utc}: {word.reason}"
        for word in plan.acknowledgements
        if word.fingerprint not in here
    ]
    return (_fact("Answers that no longer count", "; ".join(void)),) if void else ()


def _models(scene: Pictured) -> list[ModelLabel]:
    """Return every model and table a prediction on this paper is from, in one order."""
    predicted = (*scene.zones.values(), *scene.cements.values(), *scene.exposures.values())
    labels = {item.model for item in predicted if not isinstance(item, MissingZone)}
    once = {(one.name, one.version, one.tier): one for one in labels}
    return [once[key] for key in sorted(once)]


def _short_provenance(plan: Plan, scene: Pictured) -> str:
    who = plan.scan.patient
    patient_id = plain(who.patient_id, LONGEST_NAME)
    models = ", ".join(f"{one.name} {one.version}" for one in _models(scene))
    return plain(
        f"Patient ID {patient_id or 'not given'} · plan {plan.plan_id} revision "
        f"{number(plan.revision, 0)} · study {short_uid(plan.scan.study_uid) or 'no UID'} · "
        f"series {short_uid(plan.scan.series_uid) or 'no UID'} · "
        f"scan SHA-256 {plan.scan.sha256[:12]} · outlines {plan.anatomy.backend} · "
        f"models {models or 'none'} · planner {planner.__version__}"
    )


def _fact(label: str, value: str) -> Fact:
    return Fact(label=label, value=plain(value))
