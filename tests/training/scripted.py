"""A small exercise with known numbers, and attempts at it made of words."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from phantoms import easy_l3
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    Acknowledgement,
    AnatomyBinding,
    Approach,
    CementId,
    CementInjection,
    ClinicalAnswers,
    Plan,
    ScanBinding,
    SideConfirmation,
    Trajectory,
    TrajectoryId,
)
from planner.training.attempt import Attempt, LesionSide, Reading
from planner.training.exercise import exercise
from planner.training.judged_case import JudgedCase
from planner.training.outcome import Heat, Leak, Outcome, TrueFinding
from planner.training.standard import load_standard
from planner.training.true_needle import true_needle
from planner.training.true_reading import true_reading

NEEDLE_MM = 2.41
STANDARD = load_standard()
WORST_AT = easy_l3().truth.vertebrae[Level.L3].body_centre
"""Where heat is said to be worst; any known point does."""


@lru_cache(maxsize=1)
def small_exercise():
    """The first case on the small digital spine that tests share."""
    return replace(exercise("easy-l3"), recipe=easy_l3().recipe)


@lru_cache(maxsize=1)
def small_reading():
    return true_reading(
        small_exercise(), easy_l3().truth, STANDARD.dangers, outer_diameter_mm=NEEDLE_MM
    )


def across(level: Level, side: Side) -> np.ndarray:
    """The direction to medial, at right angles to the axis of a pedicle."""
    vertebra = easy_l3().truth.vertebrae[level]
    axis = np.array(vertebra.pedicles[side].axis)
    medial = -side.sign * np.array(vertebra.left)
    medial = medial - axis * float(medial @ axis)
    return medial / np.linalg.norm(medial)


def needle(side=Side.LEFT, *, medial_mm=0.0, depth_mm=26.0, level=Level.L3, named=None, **changes):
    """A needle along the axis of a pedicle, shifted medially, its tip so far past the isthmus."""
    pedicle = easy_l3().truth.vertebrae[level].pedicles[side]
    axis = np.array(pedicle.axis)
    shift = medial_mm * across(level, side)
    made = Trajectory(
        id=TrajectoryId("T1"),
        level=level,
        side=named or side,
        approach=Approach.TRANSPEDICULAR,
        entry=pedicle.isthmus.moved(shift - 58.0 * axis),
        tip=pedicle.isthmus.moved(shift + depth_mm * axis),
    )
    return replace(made, **changes)


def plan(*needles, **changes) -> Plan:
    ct = easy_l3().ct
    first = needles[0].id
    answers = ClinicalAnswers(**small_exercise().chart)
    made = Plan(
        plan_id="attempt",
        scan=ScanBinding.to(ct.record),
        anatomy=AnatomyBinding(backend="truth"),
        trajectories=needles,
        ablations=(
            Ablation(
                id=AblationId("A1"),
                trajectory_id=first,
                device_id="eco-mwa",
                power_w=40.0,
                time_s=120.0,
            ),
        ),
        cements=(
            CementInjection(
                id=CementId("C1"),
                trajectory_id=first,
                cement_id="pmma-high-viscosity",
                volume_ml=2.0,
            ),
        ),
        clinical=answers,
        side_confirmation=SideConfirmation(by="A. Trainee", at_utc="", patient_position="HFS"),
    )
    return replace(made, **changes)


def outcome(needles, **changes) -> Outcome:
    """The needles as they would really lie, with heat and cement that are given."""
    ph = easy_l3()
    made = Outcome(
        needles=tuple(
            true_needle(one, ph.ct, ph.truth, outer_diameter_mm=NEEDLE_MM) for one in needles
        ),
        covered_percent=100.0,
        heat=Heat(celsius=41.0, is_cold=False, structure="canal", at=WORST_AT),
        leak=Leak(share=0.0, words="canal, through the wall", at=needles[0].tip),
    )
    return replace(made, **changes)


def reading(**changes) -> Reading:
    made = Reading(
        level=Level.L3,
        lesion_side=LesionSide.BOTH,
        treat=True,
        approach=Approach.TRANSPEDICULAR,
        side=Side.LEFT,
    )
    return replace(made, **changes)


def attempt(**changes) -> Attempt:
    made = Attempt(
        id="a1",
        exercise="easy-l3",
        by="A. Trainee",
        started_utc="2026-11-15T08:00:00+00:00",
        seconds=600.0,
        reading=reading(),
        plan=plan(needle()),
        thermocouple=WORST_AT,
    )
    return replace(made, **changes)


def judged(*needles, read=None, on=None, **changes) -> JudgedCase:
    """A case with these needles; ``changes`` go to the attempt or to the outcome."""
    needles = needles or (needle(),)
    of_outcome = {"covered_percent", "heat", "leak", "findings", "unpredicted"}
    given = {key: changes.pop(key) for key in of_outcome & changes.keys()}
    changes.setdefault("plan", plan(*needles))
    is_planned = changes["plan"] is not None
    return JudgedCase(
        exercise=on or small_exercise(),
        truth=small_reading(),
        attempt=attempt(reading=read or reading(), **changes),
        outcome=outcome(needles, **given) if is_planned else Outcome(),
        reference=outcome((needle(),)),
        standard=STANDARD,
    )


def finding(rule: str, severity=Severity.WARN) -> TrueFinding:
    return TrueFinding(rule=rule, also=(), severity=severity, message="Look.", at=None)


def answer(rule: str) -> Acknowledgement:
    return Acknowledgement(
        fingerprint="0", rule=rule, by="A. Trainee", reason="Seen and weighed.", at_utc=""
    )
