"""What a plan would do in a digital spine: needles, heat, cement and rules, on its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from planner.domain.cement import LeakPath
from planner.domain.errors import UsageError
from planner.domain.finding import Severity
from planner.domain.plan import AnatomyBinding
from planner.domain.progress import unreported
from planner.domain.simulation import Tier
from planner.geometry.points import PointLps
from planner.safety import assess
from planner.session.cases import Case, access_diameter_mm, predict, scene_of
from planner.session.cement_filling import forecasts_of
from planner.session.judging import tested_installation
from planner.session.simulation import simulate_and_keep
from planner.training.outcome import Heat, Leak, Outcome, TrueFinding
from planner.training.reference import at_setting, reference_plan
from planner.training.true_needle import true_needle
from planner.training.true_reading import TrueReading, true_reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.progress import ProgressReport
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.session.cases import Predictions
    from planner.training.exercise import Exercise
    from planner.training.standard import Standard

TRAINING_DAY: Final = date(2026, 11, 15)
"""The day every exercise is played on, so that an attempt scores the same on any other."""

NERVES: Final = ("canal", "cord", "dural_sac", "root", "foramen")
TO_NERVES: Final = (LeakPath.EPIDURAL, LeakPath.FORAMINAL, LeakPath.BASIVERTEBRAL)
"""Ways out by which cement comes to nerves."""

PREDICTED: Final = ("coverage", "heat", "cement")
UNASKED: Final = "Nobody is asked for it in this exercise."

COUNT: Final = frozenset({Severity.BLOCK, Severity.STOP, Severity.NOT_EVALUATED, Severity.WARN})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownCase:
    """An exercise with its scan, its truth and what the reference plan would do."""

    exercise: Exercise
    case: Case
    reading: TrueReading
    reference: Plan | None
    outcome: Outcome


def known_case(
    exercise: Exercise,
    catalog: Catalog,
    standard: Standard,
    ct: CtVolume,
    truth: Anatomy,
    report: ProgressReport = unreported,
    *,
    predicts: bool = True,
) -> KnownCase:
    """Find and measure the reference plan of an exercise on its digital spine.

    Without ``predicts`` its needles alone are measured, where nobody's heat is compared with it.
    """
    case = case_on_truth(ct, truth, catalog)
    ct = case.ct
    devices = [exercise.treatment.device] if exercise.treatment else []
    usual = [catalog.devices[name] for name in devices if name in catalog.devices]
    reading = true_reading(
        exercise,
        truth,
        standard.dangers,
        outer_diameter_mm=catalog.access_diameter(usual).value,
    )
    report(0.0, "looking for the reference plan")
    reference = reference_plan(exercise, ct, truth, reading, catalog)
    if predicts:
        limit = standard.criteria["heat"].marks["none_celsius"]
        reference = _cool_enough(
            exercise, reference, case, limit, lambda part, what: report(0.2 + part * 0.5, what)
        )
    outcome = outcome_of(
        reference, case, lambda part, what: report(0.7 + part * 0.3, what), predicts=predicts
    )
    if not _serves(outcome, standard):
        reference, outcome = None, Outcome()
    return KnownCase(
        exercise=exercise, case=case, reading=reading, reference=reference, outcome=outcome
    )


def _serves(outcome: Outcome, standard: Standard) -> bool:
    """Tell whether a plan may be held up to anyone: what is known of it earns more than nothing.

    The best proposal for a small lesion at the wall may miss it, or cook the canal.
    """
    coverage, heat = (standard.criteria[name].marks for name in ("coverage", "heat"))
    covered, worst = outcome.covered_percent, outcome.heat
    if covered is not None and covered <= coverage["none_percent"]:
        return False
    if worst is None:
        return True
    if worst.is_cold:
        return worst.celsius > heat["none_cold_celsius"]
    return worst.celsius < heat["none_celsius"]


def case_on_truth(ct: CtVolume, truth: Anatomy, catalog: Catalog) -> Case:
    """Return a digital spine with its truth as outlines, scanned on the training day."""
    record = replace(ct.record, acquired=TRAINING_DAY.strftime("%Y%m%d"))
    binding = AnatomyBinding(backend=truth.backend)
    return Case(ct=replace(ct, record=record), anatomy=truth, binding=binding, catalog=catalog)


def _cool_enough(
    exercise: Exercise,
    plan: Plan | None,
    case: Case,
    below_celsius: float,
    report: ProgressReport,
) -> Plan | None:
    """Return the plan at the first setting that keeps nerves cool, else at the last.

    The heat of each is kept, so measuring the one that is taken costs no second run.
    """
    settings = exercise.treatment.settings if exercise.treatment else ()
    for place, (power_w, time_s) in enumerate(settings):
        if plan is None:
            break
        plan = at_setting(plan, power_w, time_s)
        done = place / len(settings)
        try:
            found = simulate_and_keep(
                plan,
                case,
                Tier.FULL,
                report=lambda part, what, done=done: report(done + part * (1.0 - done), what),
            )
        except UsageError:
            break  # no setting of this device can be simulated; the outcome says why
        heat = _heat(found)
        if heat is None or heat.celsius < below_celsius:
            break
    return plan


def outcome_of(
    plan: Plan | None,
    case: Case,
    report: ProgressReport = unreported,
    *,
    predicts: bool = True,
) -> Outcome:
    """Return what a plan would do on the truth; nothing for no plan.

    Without ``predicts`` its needles alone are measured.
    """
    if plan is None or not plan.trajectories:
        return Outcome()
    needles = tuple(
        true_needle(
            needle,
            case.ct,
            case.anatomy,
            outer_diameter_mm=access_diameter_mm(plan, needle.id, case.catalog),
        )
        for needle in plan.trajectories
    )
    if not predicts:
        return Outcome(needles=needles, unpredicted=dict.fromkeys(PREDICTED, UNASKED))
    unpredicted: dict[str, str] = {}
    simulations: tuple[Simulation, ...] = ()
    try:
        simulations = simulate_and_keep(
            plan, case, Tier.FULL, report=lambda part, what: report(part * 0.7, what)
        )
    except UsageError as refusal:
        unpredicted |= dict.fromkeys(PREDICTED[:2], str(refusal))
    report(0.7, "asking the rules")
    tested_installation()
    predictions = predict(plan, case)
    leak = _leak(plan, case, predictions, lambda part, what: report(0.8 + part * 0.2, what))
    if leak is None:
        unpredicted["cement"] = (
            "No cement was planned." if not plan.cements else _unfilled(predictions)
        )
    covered = [one.coverage for one in simulations if one.coverage is not None]
    most = max(covered, key=lambda one: one.percent, default=None)
    return Outcome(
        needles=needles,
        covered_percent=None if most is None else most.percent,
        missed_at=None if most is None else most.missed_at,
        heat=_heat(simulations),
        leak=leak,
        findings=_findings(plan, case, predictions),
        unpredicted=unpredicted,
    )


def _heat(simulations: Sequence[Simulation]) -> Heat | None:
    """Return the worst at any nerve structure; of heat where anything heats."""
    for is_cold in (False, True):
        found = [
            Heat(
                celsius=course.coldest_celsius if is_cold else course.hottest_celsius,
                is_cold=is_cold,
                structure=name,
                at=None if course.at_mm is None else PointLps.of(course.at_mm),
            )
            for one in simulations
            if one.is_cold is is_cold
            for name, course in one.courses.items()
            if name.split(":")[0] in NERVES
        ]
        if found:
            return (min if is_cold else max)(found, key=lambda one: one.celsius)
    return None


def _leak(plan: Plan, case: Case, predictions: Predictions, report: ProgressReport) -> Leak | None:
    forecasts = forecasts_of(plan, case, predictions.zones, report)
    found = []
    for injection in plan.cements:
        forecast = forecasts.get(injection.id)
        if forecast is None:
            return None
        path = max(TO_NERVES, key=lambda one: forecast.chances[one].share)
        tip = plan.trajectory(injection.trajectory_id).tip
        found.append(Leak(share=forecast.chances[path].share, words=path.words, at=tip))
    return max(found, key=lambda one: one.share, default=None)


def _unfilled(predictions: Predictions) -> str:
    return " ".join(predictions.unfilled.values()) or "The cement could not be predicted."


def _findings(plan: Plan, case: Case, predictions: Predictions) -> tuple[TrueFinding, ...]:
    """Return what the rules say on the truth, on the day every exercise is played.

    Nobody waits at a screen for it, so the rules take the time they need: a check that is given up
    on a busy computer would score the same attempt differently.
    """
    scene = replace(scene_of(case, predictions), today=TRAINING_DAY)
    return tuple(
        TrueFinding(
            rule=one.rule, also=one.also, severity=one.severity, message=one.message, at=one.at
        )
        for one in assess(plan, scene).findings
        if one.severity in COUNT
    )
