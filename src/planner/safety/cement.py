"""Cement: C1 to C11."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.finding import Severity
from planner.domain.structures import in_words
from planner.safety.case import Case, Outcome
from planner.safety.gives import gives
from planner.safety.lesion import body_coordinates, lesion_at
from planner.safety.measured import MissingInputError
from planner.safety.rule import CementRule, PlanRule, Rule
from planner.safety.spared import spared_by_cavity, spared_by_cement

if TYPE_CHECKING:
    from planner.domain.anatomy import Vertebra
    from planner.domain.levels import Level
    from planner.domain.plan import CementInjection
    from planner.safety.measured import Measured

REGIONS = frozenset({"cervical", "thoracic", "lumbar", "sacral"})

ML_TOLERANCE = 1e-9
"""Volumes are sums of typed numbers; their rounding is no reason to warn."""


def steps_of_one_ml(case: Case, injection: CementInjection) -> Outcome:
    """C1: far from the posterior edge cement is given 1 mL at a time, with CT after each."""
    near, limit = _edge(case, injection), case.limit("near_below_mm")
    bolus = case.limit("bolus_max_ml")
    if near.distance_mm < limit:
        return Outcome(f"{case.called(injection)}: nearer than {limit:g} mm, see C2")
    finding = case.finding(
        Severity.INFO,
        f"Give the {case.called(injection)} at most {bolus:g} mL at a time, with CT after each.",
        subject=injection.id,
        threshold=f"at most {bolus:g} mL at a time",
        resolve="Go over to C2 when it comes near the posterior edge or a foramen.",
    )
    return Outcome(
        f"{case.called(injection)}: {near.distance_mm:.1f} mm to the {in_words(near.structure)}",
        (finding,),
    )


def steps_near_the_edge(case: Case, injection: CementInjection) -> Outcome:
    """C2: near the posterior edge or a foramen cement is given 0.2 to 0.5 mL at a time."""
    near, limit = _edge(case, injection), case.limit("near_below_mm")
    evidence = (
        f"{case.called(injection)}: {near.distance_mm:.1f} mm to the {in_words(near.structure)}"
    )
    if near.distance_mm >= limit:
        return Outcome(evidence)
    low, high = case.limit("bolus_min_ml"), case.limit("bolus_max_ml")
    finding = case.finding(
        Severity.WARN,
        f"The {case.called(injection)} comes within {max(near.distance_mm, 0.0):.1f} mm of "
        f"the {in_words(near.structure)}: from there give {low:g} to {high:g} mL, then CT.",
        subject=injection.id,
        measured=near,
        threshold=f"at least {limit:g} mm",
        resolve="Plan less cement or a tip further in front.",
    )
    return Outcome(evidence, (finding,))


def cement_in_canal(case: Case, injection: CementInjection) -> Outcome:
    """C3: no cement in the canal or a foramen."""
    spared = spared_by_cement(case, injection)
    near = spared.near
    findings = tuple(
        case.finding(
            Severity.STOP,
            f"The {case.called(injection)} is predicted to enter the {in_words(item.structure)}.",
            subject=injection.id,
            measured=item,
            threshold="more than 0 mm",
            resolve="Plan less cement or another tip.",
        )
        for item in near
        if item.distance_mm <= 0.0
    )
    return Outcome(
        f"{case.called(injection)}: nearest {near[0].distance_mm:.1f} mm to the "
        f"{in_words(near[0].structure)}",
        findings,
        spared.missing,
    )


def volume_per_level(case: Case, injection: CementInjection) -> Outcome:
    """C4: all cement of one level."""
    level = case.level_of(injection)
    total = sum(item.volume_ml for item in case.plan.cements if case.level_of(item) is level)
    warn, stop = case.limit("warn_above_ml"), case.limit("stop_above_ml")
    evidence = f"{level}: {total:g} mL"
    if total <= warn + ML_TOLERANCE:
        return Outcome(evidence)
    finding = case.finding(
        Severity.STOP if total > stop + ML_TOLERANCE else Severity.WARN,
        f"{total:g} mL of cement are planned in {level}.",
        subject=injection.id,
        threshold=f"at most {warn:g} mL",
        resolve="Plan less cement.",
    )
    return Outcome(evidence, (finding,))


def levels_per_session(case: Case) -> Outcome:
    """C5: levels that are given cement."""
    levels = sorted({case.level_of(item) for item in case.plan.cements}, key=lambda one: one.order)
    warn, stop = case.limit("warn_from_levels"), case.limit("stop_above_levels")
    evidence = f"{len(levels)} levels with cement"
    if len(levels) < warn:
        return Outcome(evidence)
    finding = case.finding(
        Severity.STOP if len(levels) > stop else Severity.WARN,
        f"{len(levels)} levels are given cement in one session: {', '.join(map(str, levels))}.",
        threshold=f"fewer than {warn:g}",
        resolve="Divide the treatment into sessions.",
    )
    return Outcome(evidence, (finding,))


def share_of_body(case: Case, injection: CementInjection) -> Outcome:
    """C6: cement against the volume of the body."""
    level = case.level_of(injection)
    body_ml = case.vertebra(level).body_volume_ml
    if not body_ml > 0.0:
        raise MissingInputError(f"the volume of the body of {level}")
    total = sum(item.volume_ml for item in case.plan.cements if case.level_of(item) is level)
    percent = 100.0 * max(total / body_ml, case.cement(injection).fill_fraction)
    info, warn = case.limit("info_above_percent"), case.limit("warn_above_percent")
    evidence = f"{level}: {percent:.0f} % of the body"
    if percent <= info:
        return Outcome(evidence)
    finding = case.finding(
        Severity.WARN if percent > warn else Severity.INFO,
        f"Cement fills {percent:.0f} % of the body of {level}.",
        subject=injection.id,
        threshold=f"at most {info:g} %",
        resolve="Plan less cement.",
    )
    return Outcome(evidence, (finding,))


def leak_risk(case: Case, injection: CementInjection) -> Outcome:
    """C7 with C8: how many of the known reasons for a leak are there."""
    level = case.level_of(injection)
    vertebra = case.vertebra(level)
    defect = _posterior_defect(vertebra)
    reasons = ["a posterior-wall defect"] if defect else []
    reasons += _other_reasons(case, injection, vertebra)
    evidence = f"{level}: {len(reasons)} reasons for a leak"
    if len(reasons) < case.limit("info_from_count"):
        return Outcome(evidence)
    severity = Severity.INFO
    if defect or len(reasons) >= case.limit("warn_from_count"):
        severity = Severity.WARN
    finding = case.finding(
        severity,
        f"A leak at {level} is more likely: {', '.join(reasons)}.",
        subject=injection.id,
        threshold="none of the known reasons",
        resolve="Plan less and thicker cement, and CT after each step.",
    )
    return Outcome(evidence, (finding,))


def thoracic_defect(case: Case, injection: CementInjection) -> Outcome:
    """C8: a posterior defect in the thoracic spine weighs one step more than C7."""
    level = case.level_of(injection)
    if level.region not in REGIONS:
        raise MissingInputError(f"the region of {level}")
    if level.region != "thoracic":
        return Outcome(f"{level} is not thoracic")
    if not _posterior_defect(case.vertebra(level)):
        return Outcome(f"{level}: no posterior defect")
    finding = case.finding(
        Severity.STOP,
        f"The posterior wall of {level} is broken, and the thoracic canal has little room for "
        "a leak.",
        subject=injection.id,
        threshold="an intact posterior wall in the thoracic spine",
        resolve="Leave the cement out, or plan less and thicker cement.",
    )
    return Outcome(f"{level}: posterior defect", (finding,))


def cement_heats_nerve(case: Case, injection: CementInjection) -> Outcome:
    """C9: cement that touches a nerve structure sets there, hot."""
    hot, limit = case.limit("exotherm_celsius"), case.limit("block_from_celsius")
    contact = case.limit("contact_within_mm")
    spared = spared_by_cement(case, injection)
    touched = [item for item in spared.near if item.distance_mm <= contact]
    findings = tuple(
        case.finding(
            Severity.BLOCK if hot >= limit else Severity.STOP,
            f"The {case.called(injection)} touches the {in_words(item.structure)} and may "
            f"heat it to {hot:g} °C "
            "while it sets.",
            subject=injection.id,
            measured=item,
            threshold=f"below {limit:g} °C",
            resolve="Plan less cement or another tip.",
        )
        for item in touched
    )
    return Outcome(
        f"{case.called(injection)}: {len(touched)} structures touched", findings, spared.missing
    )


def picture_is_illustrative(case: Case) -> Outcome:
    """C10: a label on every picture of cement flow."""
    if not case.plan.cements:
        return Outcome("no cement")
    finding = case.finding(
        Severity.INFO,
        "The picture of the cement is illustrative and decides nothing.",
        resolve="Judge the cement on CT during the injection.",
    )
    return Outcome("labelled illustrative", (finding,))


def _edge(case: Case, injection: CementInjection) -> Measured:
    """Return the nearest of posterior wall, canal and foramina."""
    level = case.level_of(injection)
    wall = case.ruler.cement_to_wall(case.cement(injection), level)
    near = spared_by_cement(case, injection).near
    return min((wall, *near), key=lambda item: item.distance_mm)


@gives(bool)
def _posterior_defect(vertebra: Vertebra) -> bool:
    wall = vertebra.posterior_wall
    if wall is None or wall.intact is None:
        raise MissingInputError(f"whether the posterior wall of {vertebra.level} is intact")
    return not wall.intact or bool(wall.breaches)


@gives(list)
def _other_reasons(case: Case, injection: CementInjection, vertebra: Vertebra) -> list[str]:
    level = vertebra.level
    reasons = _lesion_reasons(case, vertebra)
    if _is_collapsed(case, level):
        reasons.append("collapse")
    width = case.limit("basivertebral_half_width_mm")
    _, centres = case.ruler.voxel_points(case.cement(injection))
    place = body_coordinates(vertebra, centres)
    half = vertebra.body_size_mm[1] / 2.0
    behind = place[:, 1] < -half / 2.0
    if (behind & (np.abs(place[:, 0]) < width) & (np.abs(place[:, 2]) < width)).any():
        reasons.append("cement at the basivertebral foramen")
    total = sum(item.volume_ml for item in case.plan.cements if case.level_of(item) is level)
    if total > case.limit("volume_above_ml") + ML_TOLERANCE:
        reasons.append(f"{total:g} mL")
    return reasons


@gives(list)
def _lesion_reasons(case: Case, vertebra: Vertebra) -> list[str]:
    """Say where the lesion reaches the side or the endplates of the body."""
    lesion = lesion_at(case, vertebra.level)
    edge = case.limit("edge_within_mm")
    place = np.abs(body_coordinates(vertebra, lesion.points_mm))
    half = np.array(vertebra.body_size_mm) / 2.0 - edge
    reasons = []
    if (place[:, :2] > half[:2]).any():
        reasons.append("a lesion at the cortex")
    if (place[:, 2] > half[2]).any():
        reasons.append("a lesion at an endplate")
    return reasons


@gives(bool)
def _is_collapsed(case: Case, level: Level) -> bool:
    """Compare the height of the body with that of its neighbours."""
    others = [
        item.body_size_mm[2]
        for name, item in case.scene.anatomy.vertebrae.items()
        if abs(name.order - level.order) == 1
    ]
    if not others:
        raise MissingInputError(f"no neighbour of {level} is outlined to judge its height")
    height = case.vertebra(level).body_size_mm[2]
    return not height >= case.limit("collapse_below_fraction") * float(np.mean(others))


def cavity_in_canal(case: Case, injection: CementInjection) -> Outcome:
    """C11: a balloon or a stent that opens in or beside the canal or a foramen."""
    called = case.called(injection)
    if injection.cavity_ml == 0.0:
        return Outcome(f"{called}: no balloon or stent")
    cavity = case.cavity(injection)
    spared, limit = (
        spared_by_cavity(case, cavity, case.level_of(injection)),
        case.limit("stop_below_mm"),
    )
    opens = injection.technique.opens
    findings = []
    for item in spared.near:
        if item.distance_mm >= limit:
            continue
        inside = item.distance_mm <= 0.0
        how = "opens in" if inside else f"opens {item.distance_mm:.1f} mm from"
        finding = case.finding(
            Severity.BLOCK if inside else Severity.STOP,
            f"The {opens} of the {called} {how} the {in_words(item.structure)}.",
            subject=injection.id,
            measured=item,
            threshold=f"at least {limit:g} mm",
            resolve="Plan a smaller cavity or a tip further in front.",
        )
        findings.append(finding)
    nearest = spared.nearest
    evidence = (
        f"{opens} of the {called}: {nearest.distance_mm:.1f} mm to the "
        f"{in_words(nearest.structure)}"
    )
    return Outcome(evidence, tuple(findings), spared.missing)


RULES: tuple[Rule, ...] = (
    CementRule("C1", steps_of_one_ml),
    CementRule("C2", steps_near_the_edge),
    CementRule("C3", cement_in_canal),
    CementRule("C4", volume_per_level),
    PlanRule("C5", levels_per_session),
    CementRule("C6", share_of_body),
    CementRule("C7", leak_risk),
    CementRule("C8", thoracic_defect),
    CementRule("C9", cement_heats_nerve),
    PlanRule("C10", picture_is_illustrative),
    CementRule("C11", cavity_in_canal),
)
