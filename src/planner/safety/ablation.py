"""Zones and what they reach: A1 to A18 without what a simulation says."""

from __future__ import annotations

import re
from dataclasses import replace
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.devices import Modality
from planner.domain.finding import Severity
from planner.domain.prediction import MissingZone
from planner.domain.structures import SKIN, in_words
from planner.geometry.points import unit
from planner.planning.layer_side import lie_words
from planner.safety.case import Case, Outcome
from planner.safety.eligibility import RF
from planner.safety.gives import gives
from planner.safety.lesion import covered, lesion_at
from planner.safety.measured import MissingInputError
from planner.safety.naming import layers_digest, parts_digest
from planner.safety.rule import AblationRule, PlanRule, Rule
from planner.safety.spared import layers_not_known_to_stay, spared_by_zone
from planner.safety.temperature import HEAT, about_zone

if TYPE_CHECKING:
    from planner.domain.plan import Ablation
    from planner.safety.measured import Measured
    from planner.safety.spared import Spared

BONE_WORDS = ("vertebra", "bone")
"""A zone measured in one of these is of the tissue it is drawn in."""

CONDUCTING = ("saline", "nacl", "sodium chloride", "ringer", "physiolog", "electrolyte")
"""Words that name a fluid which carries radiofrequency current."""

GAS = re.compile(r"\b(co2|carbon dioxide|gas|air)\b")

ABOVE = re.compile(r"\bnon[- ]?dependent\b")
BELOW = re.compile(r"(?<!\bnon)(?<!\bnon[- ])\bdependent\b")
"""Words for the upper side, where gas stays, and for the lower one, where it does not."""

NOT_CONDUCTING = re.compile(rf"\b(none|no|d5w|dextrose|glucose)\b|{GAS.pattern}")
"""Words that name no fluid, or one which does not; any other fluid is unknown, and no pass."""

TOGETHER = re.compile(r"[,;+&/]|\b(?:and|with|plus|or|then|in(?!\s+water))\b")
"""What stands between the parts of a mixture; each part must be known not to conduct."""

OFF_NEEDLE_MM = 0.5
"""A zone of a table lies about the axis of its needle, as far behind the tip as the table says;
more aside or along is a zone of another place."""

RISEN = {Severity.WARN: Severity.STOP, Severity.STOP: Severity.BLOCK}
"""One step heavier."""


def zone_reaches_nerve(case: Case, ablation: Ablation) -> Outcome:
    """A1: the zone touches no nerve structure."""
    spared = spared_by_zone(case, ablation)
    findings = tuple(
        about_zone(
            case,
            Severity.BLOCK,
            f"The {'simulated ' if item.simulated else ''}{case.called(ablation)} reaches the "
            f"{in_words(item.structure)}.",
            ablation,
            item,
            "more than 0 mm",
        )
        for item in spared.near
        if item.distance_mm <= 0.0
    )
    return Outcome(_evidence(case, ablation, spared), findings, spared.missing)


def zone_within_5_mm(case: Case, ablation: Ablation) -> Outcome:
    """A2: the zone ends short of a nerve structure by less than 5 mm."""
    spared = spared_by_zone(case, ablation)
    limit = case.limit("stop_below_mm")
    findings = tuple(
        about_zone(
            case,
            Severity.STOP,
            _ends(case, ablation, item),
            ablation,
            item,
            f"at least {limit:g} mm",
        )
        for item in spared.near
        if 0.0 < item.distance_mm < limit
    )
    return Outcome(_evidence(case, ablation, spared), findings, spared.missing)


def zone_within_10_mm(case: Case, ablation: Ablation) -> Outcome:
    """A3: the zone ends short of a nerve structure by 5 to 10 mm."""
    spared = spared_by_zone(case, ablation)
    limit, nearer = case.limit("warn_below_mm"), _limit_of(case, "A2", "stop_below_mm")
    findings = tuple(
        about_zone(
            case,
            Severity.WARN,
            _ends(case, ablation, item),
            ablation,
            item,
            f"at least {limit:g} mm, else thermometry",
        )
        for item in spared.near
        if nearer <= item.distance_mm < limit
    )
    return Outcome(_evidence(case, ablation, spared), findings, spared.missing)


def wall_is_broken(case: Case, ablation: Ablation) -> Outcome:
    """A4: a posterior-wall defect makes A2 and A3 weigh one step more."""
    spared = spared_by_zone(case, ablation)
    near = spared.nearest
    level = case.level_of(ablation)
    wall = case.vertebra(level).posterior_wall
    if wall is None or wall.intact is None:
        raise MissingInputError(f"whether the posterior wall of {level} is intact")
    limits = (_limit_of(case, "A2", "stop_below_mm"), _limit_of(case, "A3", "warn_below_mm"))
    if wall.intact and not wall.breaches:
        return Outcome(f"{level}: no defect seen; nothing weighs less for it")
    if not 0.0 < near.distance_mm < limits[1]:
        return Outcome(
            f"{level}: defect, but the zone is {near.distance_mm:.1f} mm away", (), spared.missing
        )
    severity = RISEN[Severity.STOP if near.distance_mm < limits[0] else Severity.WARN]
    finding = about_zone(
        case,
        severity,
        f"The posterior wall of {level} is broken and the {case.called(ablation)} ends "
        f"{near.distance_mm:.1f} mm from the {in_words(near.structure)}.",
        ablation,
        near,
        f"at least {limits[1]:g} mm",
    )
    return Outcome(f"{level}: defect towards the zone", (finding,), spared.missing)


def cortex_is_no_shield(case: Case) -> Outcome:
    """A5: nothing in these rules weighs less for an intact cortex; kept true by a test."""
    return Outcome(f"{len(case.plan.ablations)} zones judged without credit for the cortex")


def microwave_near_wall(case: Case, ablation: Ablation) -> Outcome:
    """A9: power and unbroken time of microwave within 10 mm of the posterior wall."""
    device = case.device(ablation)
    if device.modality is not Modality.MICROWAVE:
        return Outcome(f"{device.name} is not microwave")
    if ablation.power_w is None or ablation.time_s is None:
        raise MissingInputError(
            f"power and time of the {case.called(ablation)}", kind="prediction"
        )
    needle = case.needle_of(ablation)
    wall = case.ruler.needle_to_wall(case.applicator_of(ablation), needle.level)
    evidence = f"{case.called(ablation)}: {wall.distance_mm:.1f} mm to the posterior wall"
    if wall.distance_mm > case.limit("near_mm"):
        return Outcome(evidence)
    power, time = ablation.power_w, _unbroken_s(case, ablation, ablation.time_s)
    if power >= case.limit("stop_from_w"):
        severity = Severity.STOP
    elif not (power <= case.limit("warn_above_w") and time <= case.limit("warn_above_s")):
        severity = Severity.WARN
    else:
        return Outcome(evidence)
    finding = about_zone(
        case,
        severity,
        f"{power:g} W for {time:g} s without a pause run {wall.distance_mm:.1f} mm from the "
        f"posterior wall of {needle.level}.",
        ablation,
        wall,
        f"at most {case.limit('warn_above_w'):g} W and {case.limit('warn_above_s'):g} s within "
        f"{case.limit('near_mm'):g} mm",
    )
    return Outcome(evidence, (finding,))


@gives(float)
def _unbroken_s(case: Case, ablation: Ablation, time_s: float) -> float:
    """Return the longest time with energy; a pause that is too short counts as none."""
    long_enough = (ablation.pause_s or 0.0) >= case.limit("pause_from_s")
    return float((ablation.longest_s or time_s) if long_enough else time_s)


def zone_is_known(case: Case, ablation: Ablation) -> Outcome:
    """A10: a zone is drawn only inside a device's table."""
    zone = case.scene.zones.get(ablation.id)
    if isinstance(zone, MissingZone):
        finding = case.finding(
            Severity.STOP,
            f"No zone is drawn for the {case.called(ablation)}: {zone.reason}",
            subject=ablation.id,
            resolve="Choose a setting of the table, or enter the table of the instructions.",
        )
        return Outcome(f"{case.called(ablation)}: no zone", (finding,))
    if _lies_on_its_needle(case, ablation) is not True:
        raise ValueError("whether a zone lies on its needle was not looked at")
    return Outcome(f"{case.called(ablation)}: {case.zone(ablation).model.name}")


def _lies_on_its_needle(case: Case, ablation: Ablation) -> bool:
    """Return true where a zone lies about the needle it is of, and is wider than it.

    Raises
    ------
    MissingInputError
        When it does not: it was drawn for a needle that has moved, or from a table in other units.
    """
    shape, needle = case.zone(ablation).shape, case.body_of(case.needle_of(ablation))
    along = unit(needle.end.array - needle.start.array)
    offset = shape.centre.array - needle.end.array
    aside = float(np.linalg.norm(offset - float(offset @ along) * along))
    if not aside <= OFF_NEEDLE_MM:
        raise MissingInputError(
            f"the zone drawn for the {case.called(ablation)} does not lie on its needle",
            kind="prediction",
        )
    behind_mm = -float(offset @ along) - ablation.active_offset_mm
    rows = case.device(ablation).zone_rows
    if not any(abs(behind_mm - row.centre_from_tip_mm.value) <= OFF_NEEDLE_MM for row in rows):
        raise MissingInputError(
            f"the zone drawn for the {case.called(ablation)} lies {behind_mm:.1f} mm behind its "
            "tip, where no row of its table puts it",
            kind="prediction",
        )
    if not min(shape.half_length_mm, shape.half_width_mm) > needle.radius_mm:
        raise MissingInputError(
            f"the zone drawn for the {case.called(ablation)} is no wider than its needle",
            kind="prediction",
        )
    return True


def zone_is_of_bone(case: Case, ablation: Ablation) -> Outcome:
    """A11: name the tissue a zone was measured in when it is not bone."""
    zone = case.zone(ablation)
    tissue = zone.tissue_of_origin.strip()
    if any(word in tissue.lower() for word in BONE_WORDS):
        return Outcome(f"{case.called(ablation)}: measured in {tissue}")
    finding = case.finding(
        Severity.WARN,
        f"The {case.called(ablation)} was measured in: {tissue or 'not stated'}.",
        subject=ablation.id,
        threshold="vertebra or bone",
        resolve="Allow for the difference; the band drawn about the zone shows it.",
    )
    return Outcome(f"{case.called(ablation)}: {tissue or 'not stated'}", (finding,))


def zones_heat_each_other(case: Case) -> Outcome:
    """A12: zones so near that their union is not what they make, unless simulated together."""
    heat = [item for item in case.plan.ablations if case.device(item).modality in HEAT]
    if len(heat) > 1 and all(item.id in case.scene.exposures for item in heat):
        return Outcome(f"{len(heat)} heat zones, simulated together")
    limit = case.limit("gap_below_mm")
    findings = []
    for place, first in enumerate(heat):
        for second in heat[place + 1 :]:
            a, b = case.zone(first).shape, case.zone(second).shape
            reach_a = max(a.half_length_mm, a.half_width_mm)
            reach_b = max(b.half_length_mm, b.half_width_mm)
            gap = a.centre.distance_mm(b.centre) - reach_a - reach_b
            if gap < limit:
                finding = case.finding(
                    Severity.WARN,
                    f"The {case.called(first)} and the {case.called(second)} lie so near that "
                    "they heat each other; their union is not the zone.",
                    subject=second.id,
                    threshold=f"at least {limit:g} mm apart",
                    resolve="Simulate both together, or let the first cool.",
                )
                both = f"{parts_digest(case.plan, first.id)} {finding.judged}"
                findings.append(replace(finding, judged=both))
    return Outcome(f"{len(heat)} heat zones", tuple(findings))


def lesion_is_covered(case: Case, ablation: Ablation) -> Outcome:
    """A15: share of the outlined lesion inside the zones, bands taken off."""
    level = case.level_of(ablation)
    lesion_at(case, level)  # a missing lesion is not a covered one
    percent = 100.0 * float(np.mean(covered(case, level)))
    said = floor(percent)  # 99.8 % is not the whole of it
    evidence = f"{level}: {said} % of the lesion inside the zones"
    limit = case.limit("covered_from_percent")
    if percent >= limit:
        return Outcome(evidence)
    intent = case.answer("intent", "intent of the treatment")
    finding = case.finding(
        Severity.INFO if intent == "palliative" else Severity.STOP,
        f"{said} % of the lesion of {level} lie inside the zones.",
        subject=ablation.id,
        threshold=f"{limit:g} % when the intent is curative",
        resolve="Add or move a zone.",
    )
    return Outcome(evidence, (finding,))


def saline_with_rf(case: Case, ablation: Ablation) -> Outcome:
    """A16: no saline as dissection fluid with radiofrequency."""
    if case.device(ablation).modality not in RF:
        return Outcome(f"{case.called(ablation)} is not radiofrequency")
    recorded = _plain(case.plan.clinical.protection or "")
    if any(layer.agent.conducts for layer in case.plan.protection):
        fluid = "saline, planned as a layer"
    elif any(word in recorded for word in CONDUCTING):
        fluid = f"{recorded}, recorded as protection"
    else:
        fluid = _plain(str(case.answer("dissection_fluid", "dissection fluid")))
    if not any(word in fluid for word in CONDUCTING):
        if not all(NOT_CONDUCTING.search(part) for part in TOGETHER.split(fluid)):
            raise MissingInputError(
                f"dissection fluid ({fluid or 'empty'}: whether it conducts is not known)",
                kind="answer",
            )
        return Outcome(f"dissection fluid: {fluid}")
    finding = case.finding(
        Severity.BLOCK,
        f"A fluid that conducts ({fluid}) is planned with radiofrequency, "
        f"{case.called(ablation)}.",
        subject=ablation.id,
        resolve="Use D5W or CO2.",
    )
    return Outcome(f"dissection fluid: {fluid}", (finding,))


def gas_on_the_dependent_side(case: Case) -> Outcome:
    """A17: a CO2 gap is not counted on below."""
    if not case.plan.ablations:
        return Outcome("no ablation")
    layers = any(layer.agent.is_gas for layer in case.plan.protection)
    written = case.plan.clinical.protection if layers else case.answer("protection", "protection")
    words = _plain(f"{written or ''} {case.plan.clinical.dissection_fluid or ''}")
    below = BELOW.search(words)
    if layers and not below:
        return _gas_layers(case)
    if not layers and not GAS.search(words):
        return Outcome(f"protection: {written or 'none'}")
    if not below and ABOVE.search(words):
        return Outcome("CO2 on the non-dependent side")
    finding = case.finding(
        Severity.WARN,
        "A CO2 gap is planned; gas rises and does not stay on the dependent side.",
        resolve="Check on CT that the gap lies where it protects.",
    )
    return Outcome("CO2", (finding, *_gas_layers(case).findings))


@gives(Outcome)
def _gas_layers(case: Case) -> Outcome:
    """Judge planned layers of gas by where they lie, for the patient as the scan shows him."""
    position = case.scene.ct.record.patient_position
    gone = [one for one in layers_not_known_to_stay(case) if one.agent.is_gas]
    if not gone:
        return Outcome("CO2 layers on the upper side of the canal")
    finding = case.finding(
        Severity.WARN,
        "A layer of CO2 is not known to stay: " + lie_words(gone[0], case.scene.anatomy, position),
        resolve="Check on CT that the gap lies where it protects.",
    )
    finding = replace(finding, judged=layers_digest(case.plan))
    return Outcome("CO2 layers", (finding,))


def zone_near_skin(case: Case, ablation: Ablation) -> Outcome:
    """A18: distance from the zone to the skin."""
    anatomy, entry = case.scene.anatomy, case.needle_of(ablation).entry
    skin = anatomy.masks.get(SKIN)
    if skin is None or (anatomy.geometry.contains(entry.array) and not case.ruler.any_of(SKIN)):
        raise MissingInputError("the skin is not outlined", structure=SKIN)
    shape = case.zone(ablation).shape
    distance = case.ruler.zone_to_skin(shape)
    limit = case.limit("warn_below_mm")
    none_seen = distance.at == shape.centre
    least = "at least " if none_seen else ""
    evidence = f"{case.called(ablation)}: {least}{distance.distance_mm:.0f} mm to the skin"
    if distance.distance_mm >= limit:
        return Outcome(evidence)
    edge = "edge of the outlines, which show no skin there" if none_seen else "skin"
    finding = about_zone(
        case,
        Severity.WARN,
        f"The {case.called(ablation)} ends {distance.distance_mm:.1f} mm from the {edge}.",
        ablation,
        distance,
        f"at least {limit:g} mm (no published limit)",
    )
    return Outcome(evidence, (finding,))


@gives(str)
def _plain(answer: str) -> str:
    """Return an answer in small letters, with the sign of carbon dioxide spelt out."""
    return answer.strip().lower().replace("\u2082", "2")


@gives(str)
def _ends(case: Case, ablation: Ablation, item: Measured) -> str:
    zone = f"{case.called(ablation)} (± {case.zone(ablation).band_mm:g} mm)"
    if item.simulated:
        zone = f"simulated {case.called(ablation)}"
    return f"The {zone} ends {item.distance_mm:.1f} mm from the {in_words(item.structure)}."


@gives(str)
def _evidence(case: Case, ablation: Ablation, spared: Spared) -> str:
    near = spared.nearest
    return (
        f"{case.called(ablation)}: nearest {near.distance_mm:.1f} mm to the "
        f"{in_words(near.structure)}"
    )


@gives(float)
def _limit_of(case: Case, rule: str, name: str) -> float:
    """Return the threshold of a neighbouring rule."""
    found = case.scene.catalog.rules[rule].thresholds[name]
    if found.status.may_pass_a_check is not True:
        case.recalled.append(f"{name} of {rule}")
    return found.value


RULES: tuple[Rule, ...] = (
    AblationRule("A1", zone_reaches_nerve),
    AblationRule("A2", zone_within_5_mm),
    AblationRule("A3", zone_within_10_mm),
    AblationRule("A4", wall_is_broken),
    PlanRule("A5", cortex_is_no_shield),
    AblationRule("A9", microwave_near_wall),
    AblationRule("A10", zone_is_known),
    AblationRule("A11", zone_is_of_bone),
    PlanRule("A12", zones_heat_each_other),
    AblationRule("A15", lesion_is_covered),
    AblationRule("A16", saline_with_rf),
    PlanRule("A17", gas_on_the_dependent_side),
    AblationRule("A18", zone_near_skin),
)
