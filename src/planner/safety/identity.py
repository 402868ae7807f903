"""The right scan, side and level, and nothing outside what was seen: P1 to P7."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog.site_limits import looser_limits
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.prediction import PredictedZone
from planner.domain.structures import foramen
from planner.geometry.points import unit
from planner.safety.case import Case, Outcome
from planner.safety.frame import check_sides
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError
from planner.safety.rule import NeedleRule, PlanRule, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Ablation, Trajectory
    from planner.domain.prediction import PredictedCement
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector
    from planner.safety.ruler import Ruler

SAMPLE_STEP_MM = 1.0
"""Step along a needle when asking whether it leaves the scan; no voxel is thinner in use."""


def plan_belongs_to_scan(case: Case) -> Outcome:
    """P1: the digests of plan, scan and outlines agree."""
    scan = case.scene.ct.record.sha256
    if not scan:
        raise MissingInputError("the scan carries no digest", kind="scan")
    others = {"plan": case.plan.scan.sha256, "outlines": case.scene.anatomy.ct_sha256}
    wrong = [name for name, digest in others.items() if digest != scan]
    if not wrong:
        return Outcome("plan, outlines and scan carry the same digest")
    message = f"The {' and the '.join(wrong)} belong to another scan than the one shown."
    resolve = "Open the scan the plan was made on."
    return Outcome("digests differ", (case.finding(Severity.BLOCK, message, resolve=resolve),))


def side_is_confirmed(case: Case) -> Outcome:
    """P2: a person confirmed left and right on this scan."""
    word = case.plan.side_confirmation
    position = case.scene.ct.record.patient_position
    resolve = "Compare a marker or the liver with the letters on the picture, then confirm."
    if word is None or not word.by.strip():
        message = "Nobody has confirmed which side of the picture is the patient's left."
        finding = case.finding(Severity.STOP, message, resolve=resolve)
        return Outcome("no confirmation", (finding,))
    if word.patient_position != position:
        message = (
            f"The side was confirmed for position {word.patient_position or 'unknown'}, "
            f"but the scan says {position or 'unknown'}."
        )
        finding = case.finding(Severity.STOP, message, resolve=resolve)
        return Outcome("confirmed for another position", (finding,))
    return Outcome(f"side confirmed by {word.by}")


def needle_is_on_its_side(case: Case, needle: Trajectory) -> Outcome:
    """P3: the entry lies on the side of the midline that the needle is named for."""
    vertebra = case.vertebra(needle.level)
    offset = needle.entry.array - vertebra.body_centre.array
    to_its_side = float(offset @ np.array(vertebra.left)) * needle.side.sign
    limit = case.limit("midline_mm")
    if _sides_agree(case, vertebra) is True and to_its_side >= limit:
        return Outcome(
            f"{case.called(needle)} enters {to_its_side:.0f} mm {needle.side} of the midline"
        )
    if not to_its_side < limit:
        raise MissingInputError(f"the side of the {case.called(needle)}")
    where = "on the midline" if abs(to_its_side) < limit else f"on the {needle.side.other}"
    message = (
        f"The {case.called(needle)} is named {needle.side} but enters {where} of {needle.level}."
    )
    finding = case.finding(
        Severity.BLOCK, message, subject=needle.id, resolve="Correct the side or the entry."
    )
    return Outcome("side and place differ", (finding,))


@gives(bool)
def _sides_agree(case: Case, vertebra: Vertebra) -> bool:
    """Return true, or raise where the outlines of a level name a side otherwise than it lies."""
    return case.ruler.remembered(_look_at_sides, case.ruler, vertebra, about=vertebra.level)


def _look_at_sides(ruler: Ruler, vertebra: Vertebra) -> bool:
    names = {side: foramen(vertebra.level, side) for side in Side}
    here = ruler.foramina_outlined()
    seen = {side: ruler.structure(name).surface_mm for side, name in names.items() if name in here}
    return check_sides(vertebra, seen)


def tip_is_in_its_level(case: Case, needle: Trajectory) -> Outcome:
    """P4: the tip lies in a voxel of the vertebra the needle is named for."""
    anatomy = case.scene.anatomy
    case.vertebra(needle.level)
    wanted: object = needle.level.verse_label
    if not isinstance(wanted, int) or not case.ruler.holds_level(needle.level):
        raise MissingInputError(f"{needle.level} is not outlined")
    tip = needle.tip.array[None, :]
    if not anatomy.geometry.contains(tip)[0]:
        raise MissingInputError(
            f"the tip of the {case.called(needle)} lies outside the outlines", kind="scan"
        )
    i, j, k = np.rint(anatomy.geometry.ijk(tip)[0]).astype(int)
    label = int(anatomy.labels[k, j, i])
    if label == wanted:
        return Outcome(f"the tip of the {case.called(needle)} lies in {needle.level}")
    if label == 0:
        severity, message = (
            Severity.STOP,
            f"The tip of the {case.called(needle)} lies in no vertebra.",
        )
    else:
        there = Level.from_verse_label(label)
        severity = Severity.BLOCK
        message = (
            f"The tip of the {case.called(needle)} lies in {there}; the plan says {needle.level}."
        )
    finding = case.finding(
        severity, message, subject=needle.id, resolve="Correct the level or move the tip."
    )
    return Outcome(f"the tip lies in label {label}", (finding,))


def level_is_accepted(case: Case) -> Outcome:
    """P5: a person accepted every vertebra that is treated."""
    used = sorted({needle.level for needle in case.plan.trajectories}, key=lambda item: item.order)
    if not used:
        raise MissingInputError("no needle is planned", kind="plan")
    seen, now = case.plan.anatomy.backend, case.scene.anatomy.backend
    accepted = set(case.plan.anatomy.accepted_levels) if seen == now else set()
    vertebrae = [case.vertebra(level) for level in used]
    waiting = [one for one in vertebrae if not (one.level in accepted or one.accepted)]
    if not waiting:
        return Outcome(f"accepted: {', '.join(used)}")
    message = (
        f"Nobody has accepted the outline and the name of "
        f"{', '.join(one.level for one in waiting)}; every distance rests on them."
    )
    if seen != now and case.plan.anatomy.accepted_levels:
        message += f" What was accepted were outlines by {seen}; these are by {now}."
    for one in waiting:
        if one.level_doubt:
            message += f" {one.level}: {one.level_doubt.rstrip('.')}."
        if one.quality.flags:
            message += f" The outline of {one.level} is doubted: {', '.join(one.quality.flags)}."
    resolve = "Look at the outline and the count of the levels, then accept them."
    return Outcome("not accepted", (case.finding(Severity.WARN, message, resolve=resolve),))


def plan_is_inside_the_scan(case: Case) -> Outcome:
    """P6: needles, zones and cement touch only what was scanned and outlined."""
    inside = True
    for needle in case.plan.trajectories:
        body = case.body_of(needle)
        inside &= _kept_inside(
            case, body, partial(body.axis_points_mm, SAMPLE_STEP_MM), f"the {case.called(needle)}"
        )
    for ablation in case.plan.ablations:
        device_tip = partial(_device_tip, case, ablation)
        words = f"the device of the {case.called(ablation)}"
        on = (ablation, case.needle_of(ablation))
        inside &= _kept_inside(case, on, device_tip, words)
        zone = case.scene.zones.get(ablation.id)
        if isinstance(zone, PredictedZone):
            points = partial(case.ruler.zone_points, zone.shape)
            inside &= _kept_inside(case, zone.shape, points, f"the {case.called(ablation)}")
            inside &= _in_outlines(case, zone.shape, f"the {case.called(ablation)}")
    for injection in case.plan.cements:
        cement = case.cement(injection)
        centres = partial(_centres, case, cement)
        inside &= _kept_inside(case, cement, centres, f"the {case.called(injection)}")
        if injection.cavity_ml > 0.0:
            cavity = case.cavity(injection)
            points = partial(case.ruler.zone_points, cavity)
            words = f"the {injection.technique.opens} of the {case.called(injection)}"
            inside &= _kept_inside(case, cavity, points, words)
            inside &= _in_outlines(case, cavity, words)
    if inside is not True:
        raise MissingInputError("whether the plan lies inside the scan", kind="scan")
    return Outcome("everything planned lies inside the scan")


def limits_of_the_site(case: Case) -> Outcome:
    """P7: every limit looser than shipped is named, and stands in the plan."""
    changes = [one for rule in case.scene.catalog.rules.values() for one in rule.changes]
    looser = looser_limits(case.scene.catalog.rules)
    said = "; ".join(one.sentence for one in changes) or "no limit differs from the shipped one"
    resolve = "Judge whether the reason holds for this patient."
    findings = [
        case.finding(Severity.WARN, f"{one}.", threshold="the limit as shipped", resolve=resolve)
        for one in looser
    ]
    if case.plan.looser_limits != looser:
        then = "; ".join(case.plan.looser_limits) or "none loosened"
        message = f"The plan was begun under other limits than this site's now: {then}."
        resolve = "Compare the limits; plan anew under those of this site."
        findings.append(case.finding(Severity.STOP, message, resolve=resolve))
    return Outcome(said, tuple(findings))


@gives(bool)
def _kept_inside(case: Case, part: Hashable, points: Callable[[], Vector], what: str) -> bool:
    """Return true, or raise where a part lies outside the scan; what lies inside is remembered."""
    about = (part, case.scene.ct)
    return case.ruler.remembered(_inside, case, points, what, about=about)


@gives(bool)
def _in_outlines(case: Case, zone: Spheroid, what: str) -> bool:
    """Return true, or raise where a zone leaves the outlines; one that does not is remembered."""
    return case.ruler.remembered(_look_in_outlines, case, zone, what, about=zone)


def _look_in_outlines(case: Case, zone: Spheroid, what: str) -> bool:
    if not case.scene.anatomy.geometry.contains(case.ruler.zone_points(zone)).all():
        raise MissingInputError(f"{what} leaves the outlines", kind="scan")
    return True


def _device_tip(case: Case, ablation: Ablation) -> Vector:
    """Return where the tip of a device is drawn to along its needle, shape ``(1, 3)``."""
    needle = case.needle_of(ablation)
    back = unit(needle.entry.array - needle.tip.array)
    place = needle.tip.array + ablation.active_offset_mm * back
    if ablation.active_offset_mm > needle.length_mm:
        raise MissingInputError(
            f"the device of the {case.called(ablation)} is drawn back out of its needle",
            kind="prediction",
        )
    return place[None, :]


def _centres(case: Case, cement: PredictedCement) -> Vector:
    return case.ruler.voxel_points(cement)[1]


@gives(bool)
def _inside(case: Case, points: Callable[[], Vector], what: str) -> bool:
    """Return true, or raise where something lies outside the scan."""
    ct, points_mm = case.scene.ct, points()
    if not np.isfinite(points_mm).all():
        raise MissingInputError(f"the place of {what}", kind="scan")
    if not ct.geometry.contains(points_mm).all():
        raise MissingInputError(f"{what} leaves the scan", kind="scan")
    if ct.outside_scan is None:
        return True
    last = np.array(ct.geometry.size_ijk) - 1
    i, j, k = np.clip(np.rint(ct.geometry.ijk(points_mm)).astype(np.intp), 0, last).T
    if ct.outside_scan[k, j, i].any():
        raise MissingInputError(f"{what} touches where the scanner saw nothing", kind="scan")
    return True


RULES: tuple[Rule, ...] = (
    PlanRule("P1", plan_belongs_to_scan),
    PlanRule("P2", side_is_confirmed),
    NeedleRule("P3", needle_is_on_its_side),
    NeedleRule("P4", tip_is_in_its_level),
    PlanRule("P5", level_is_accepted),
    PlanRule("P6", plan_is_inside_the_scan),
    PlanRule("P7", limits_of_the_site),
)
