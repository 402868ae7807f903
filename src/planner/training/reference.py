"""The reference plan of an exercise: the best proposal on the truth, and its treatment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.commands import accept_level, answer_clinical
from planner.domain.errors import UsageError
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    CementId,
    CementInjection,
    Plan,
    ScanBinding,
    SideConfirmation,
    Trajectory,
    TrajectoryId,
)
from planner.planning import propose

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.training.exercise import Exercise, Treatment
    from planner.training.true_reading import TrueReading

BY = "reference"


def reference_plan(
    exercise: Exercise, ct: CtVolume, truth: Anatomy, reading: TrueReading, catalog: Catalog
) -> Plan | None:
    """Return the plan to measure up to, at its first setting.

    ``None`` where none is right, and where the proposals find no way in on this spine: an attempt
    is then scored by the marks alone, as it is where the plan turns out to serve nobody.

    Raises
    ------
    UsageError
        When the exercise names a device or cement the catalogue lacks.
    """
    treatment = exercise.treatment
    if treatment is None:
        return None
    if treatment.device not in catalog.devices or treatment.cement not in catalog.cements:
        raise UsageError(
            f"The reference of {exercise.id} names {treatment.device} and {treatment.cement}, "
            "and the catalogue lacks one of them. Mend the file of the exercise."
        )
    needles = _needles(exercise, treatment, ct, truth, reading, catalog)
    if not needles:
        return None
    plan = Plan(
        plan_id=f"reference {exercise.id}",
        scan=ScanBinding.to(ct.record),
        anatomy=AnatomyBinding(backend=truth.backend),
        trajectories=needles,
        ablations=tuple(
            Ablation(
                id=AblationId(f"A{place}"),
                trajectory_id=needle.id,
                device_id=treatment.device,
                power_w=treatment.settings[0][0],
                time_s=treatment.settings[0][1],
            )
            for place, needle in enumerate(needles, 1)
        ),
        cements=tuple(
            CementInjection(
                id=CementId(f"C{place}"),
                trajectory_id=needle.id,
                cement_id=treatment.cement,
                volume_ml=treatment.cement_ml / len(needles),
            )
            for place, needle in enumerate(needles, 1)
        ),
        side_confirmation=SideConfirmation(
            by=BY, at_utc="", patient_position=ct.record.patient_position
        ),
    )
    plan = accept_level(exercise.level).apply(plan)
    return answer_clinical(**exercise.chart).apply(plan) if exercise.chart else plan


def at_setting(plan: Plan, power_w: float, time_s: float) -> Plan:
    """Return a plan whose every ablation has another power and time."""
    burns = tuple(replace(one, power_w=power_w, time_s=time_s) for one in plan.ablations)
    return replace(plan, ablations=burns)


def _needles(
    exercise: Exercise,
    treatment: Treatment,
    ct: CtVolume,
    truth: Anatomy,
    reading: TrueReading,
    catalog: Catalog,
) -> tuple[Trajectory, ...]:
    """Return the best needles of the ways that are right; two where the lesion asks for two.

    None where the proposals keep off every one of them.
    """
    device = catalog.devices[treatment.device]
    diameter = catalog.access_diameter([device]).value
    best: tuple[float, tuple[Trajectory, ...]] | None = None
    for way in reading.ways:
        found = propose(
            ct,
            truth,
            exercise.level,
            side=way.side,
            approach=way.approach,
            device=device,
            outer_diameter_mm=diameter,
            count=1,
        )
        if found.pairs:
            pair = found.pairs[0]
            return _named(pair.left.trajectory, pair.right.trajectory)
        for one in found.trajectories:
            if best is None or one.score > best[0]:
                best = one.score, (one.trajectory,)
    return () if best is None else _named(*best[1])


def _named(*needles: Trajectory) -> tuple[Trajectory, ...]:
    return tuple(
        replace(needle, id=TrajectoryId(f"T{place}")) for place, needle in enumerate(needles, 1)
    )
