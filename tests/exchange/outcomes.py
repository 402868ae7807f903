"""Recorded outcomes for tests; every number and word is made up."""

from __future__ import annotations

from dataclasses import replace

from planner.domain.levels import Level, Side
from planner.domain.outcome import CementLeak, Complication, Outcome, Visit
from planner.domain.plan import (
    Ablation,
    AnatomyBinding,
    Approach,
    CementInjection,
    ClinicalAnswers,
    Plan,
    ScanBinding,
    Trajectory,
)
from planner.domain.volume import PatientIdentity
from planner.geometry.points import PointLps

WHO = PatientIdentity(name="Muster^Anna", patient_id="MRN-4711", birth_date="19500102")
UIDS = {"series_uid": "2.25.1", "study_uid": "2.25.2", "frame_of_reference_uid": "2.25.3"}


def recorded(**changes) -> Outcome:
    """An outcome with everything recorded."""
    seed = ((50.0, 77.8), (35.0, 34.5), (25.0, 28.7), (25.0, 24.6), (23.0, 21.7), (22.0, 21.0))
    days = ("2026-01-09", "2026-01-13", "2026-01-17", "2026-02-09", "2026-04-11", "2026-07-11")
    times = ("before", "day-3", "week-1", "month-1", "month-3", "month-6")
    pains = (None, 5.0, 4.0, 3.0, 3.0, 3.0)
    outcome = Outcome(
        treated_on="2026-01-10",
        visits=tuple(
            Visit(time=time, on=on, vas=vas, odi_percent=odi, morphine_mg_per_day=morphine)
            for time, on, vas, (odi, morphine) in zip(times, days, pains, seed, strict=True)
        ),
        complications_asked=True,
        complications=(
            Complication(
                what="Anna had a sore root",
                cirse_scheme="cirse-2026",
                cirse_grade="3a",
                ctcae_scheme="ctcae-5",
                ctcae_grade="2",
                on="2026-01-12",
            ),
        ),
        leaks_sought=True,
        leaks=(CementLeak(level=Level.L3, kind="B", place="canal", had_symptoms=False),),
    )
    return replace(outcome, **changes)


def treated_plan(outcome: Outcome | None = None, vas: float | None = 6.0) -> Plan:
    """A plan at L3 that was carried out."""
    needle = Trajectory(
        id="t1", level=Level.L3, side=Side.LEFT, approach=Approach.TRANSPEDICULAR,
        entry=PointLps(30.0, 80.0, 0.0), tip=PointLps(10.0, 10.0, 0.0),
    )  # fmt: skip
    return Plan(
        plan_id="0f0e0d0c-1111-2222-3333-444455556666",
        scan=ScanBinding(
            sha256="0", patient=WHO, patient_position="HFS", series_description="",
            acquired="", locator="/home/anna/ct", **UIDS,
        ),
        anatomy=AnatomyBinding(backend="builtin"),
        revision=4,
        trajectories=(needle,),
        ablations=(Ablation(id="a1", trajectory_id="t1", device_id="eco-mwa", power_w=40.0),),
        cements=(
            CementInjection(id="c1", trajectory_id="t1", cement_id="pmma", volume_ml=4.25),
        ),
        clinical=ClinicalAnswers(vas=vas),
        outcome=recorded() if outcome is None else outcome,
    )  # fmt: skip
