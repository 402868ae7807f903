"""The way in: N1 to N11."""

from __future__ import annotations

from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.devices import Modality
from planner.domain.finding import Severity
from planner.domain.plan import Approach
from planner.domain.structures import in_words
from planner.safety.case import Case, Outcome
from planner.safety.gives import gives
from planner.safety.lesion import body_coordinates, covered, lesion_at
from planner.safety.measured import MissingInputError
from planner.safety.pedicle import breaches, width_across_path_mm
from planner.safety.rule import AblationRule, CementRule, NeedleRule, PlanRule, Rule
from planner.safety.spared import covers_what, spared_by_needle

if TYPE_CHECKING:
    from planner.domain.finding import Finding
    from planner.domain.plan import Ablation, CementInjection, Trajectory
    from planner.safety.spared import Spared

RIB_LEVELS = "thoracic"

LEAST_SAID_ML = 0.1
"""A smaller volume is said to be less than this, because 0.0 mL would read as none."""


def meets_a_structure(case: Case, needle: Trajectory) -> Outcome:
    """N1: the needle's side touches no structure that must be spared."""
    spared = spared_by_needle(case, needle)
    touched = [item for item in spared.near if item.distance_mm <= 0.0]
    findings = tuple(
        case.finding(
            Severity.BLOCK,
            f"The {case.called(needle)} passes through the {in_words(item.structure)}.",
            subject=needle.id,
            measured=item,
            threshold="more than 0 mm",
            resolve="Move the needle.",
        )
        for item in touched
    )
    evidence = f"{case.called(needle)}: {len(spared.near)} structures, nearest {_nearest(spared)}"
    return Outcome(evidence, findings, spared.missing)


def passes_close(case: Case, needle: Trajectory) -> Outcome:
    """N2: the distance left after the placement error."""
    error = case.limit("placement_error_mm")
    stop, warn = case.limit("stop_below_mm"), case.limit("warn_below_mm")
    spared = spared_by_needle(case, needle)
    findings = []
    for item in spared.near:
        left_mm = item.distance_mm - error
        if item.distance_mm <= 0.0 or left_mm >= warn:
            continue
        severity = Severity.STOP if left_mm < stop else Severity.WARN
        findings.append(
            case.finding(
                severity,
                f"The {case.called(needle)} passes {item.distance_mm:.1f} mm from "
                f"{covers_what(case, item)}.",
                subject=needle.id,
                measured=item,
                threshold=f"at least {warn:g} mm after {error:g} mm of placement error",
                resolve="Move the needle away, or place it under CT in small steps.",
            )
        )
    return Outcome(
        f"{case.called(needle)}: nearest {_nearest(spared)}", tuple(findings), spared.missing
    )


def pedicle_is_wide_enough(case: Case, needle: Trajectory) -> Outcome:
    """N3: the pedicle, at its least width, leaves room for the needle."""
    if needle.approach is not Approach.TRANSPEDICULAR:
        return Outcome(f"{case.called(needle)} is not transpedicular")
    diameter = case.outer_diameter(needle).value
    width = width_across_path_mm(case.vertebra(needle.level), needle)
    needed = diameter + case.limit("clearance_mm")
    evidence = f"{case.called(needle)}: pedicle at least {width:.1f} mm, needle {diameter:.2f} mm"
    if width >= needed:
        return Outcome(evidence)
    if not width < needed:
        raise MissingInputError(f"the width of the pedicle of {needle.level}")
    finding = case.finding(
        Severity.STOP,
        f"The {needle.side} pedicle of {needle.level} may be only {width:.1f} mm wide across "
        f"the path of the {case.called(needle)} ({diameter:.2f} mm).",
        subject=needle.id,
        threshold=f"at least {needed:.2f} mm",
        resolve="Use a parapedicular or costovertebral way, or a thinner needle.",
    )
    return Outcome(evidence, (finding,))


def leaves_the_pedicle_medially(case: Case, needle: Trajectory) -> Outcome:
    """N4: medial breach at the isthmus."""
    if needle.approach is not Approach.TRANSPEDICULAR:
        return Outcome(f"{case.called(needle)} is not transpedicular")
    radius = case.outer_diameter(needle).value / 2.0
    breach = _breaches(case, needle, radius)["medial"]
    evidence = f"{case.called(needle)}: medial {-breach:.1f} mm inside the pedicle"
    stop, block = case.limit("stop_above_mm"), case.limit("block_above_mm")
    if breach <= stop:
        return Outcome(evidence)
    finding = case.finding(
        Severity.BLOCK if breach > block else Severity.STOP,
        f"The {case.called(needle)} leaves the {needle.side} pedicle of {needle.level} by "
        f"{breach:.1f} mm towards the canal.",
        subject=needle.id,
        threshold=f"at most {stop:g} mm; {block:g} mm cannot be signed",
        resolve="Move the entry laterally or lessen the angle.",
    )
    return Outcome(evidence, (finding,))


def leaves_the_pedicle_elsewhere(case: Case, needle: Trajectory) -> Outcome:
    """N5: lateral, superior and inferior breach; a thoracic rib covers the lateral one."""
    if needle.approach is not Approach.TRANSPEDICULAR:
        return Outcome(f"{case.called(needle)} is not transpedicular")
    radius = case.outer_diameter(needle).value / 2.0
    found = _breaches(case, needle, radius)
    limits = [case.limit(name) for name in ("info_above_mm", "warn_above_mm", "stop_above_mm")]
    findings: list[Finding] = []
    for direction in ("lateral", "superior", "inferior"):
        breach = found[direction]
        steps = sum(breach > limit for limit in limits)
        if direction == "lateral" and needle.level.region == RIB_LEVELS:
            steps -= 1
        if steps > 0:
            findings.append(
                case.finding(
                    (Severity.INFO, Severity.WARN, Severity.STOP)[steps - 1],
                    f"The {case.called(needle)} leaves the {needle.side} pedicle of "
                    f"{needle.level} by "
                    f"{breach:.1f} mm ({direction}).",
                    subject=needle.id,
                    threshold=f"at most {limits[0]:g} mm",
                    resolve="Move the needle towards the middle of the pedicle.",
                )
            )
    worst = max(found[name] for name in ("lateral", "superior", "inferior"))
    return Outcome(f"{case.called(needle)}: least margin {-worst:.1f} mm", tuple(findings))


def instrument_is_long_enough(case: Case, needle: Trajectory) -> Outcome:
    """N6: skin to target and the hub fit on the bone needle and on the shaft of every device."""
    needed = needle.length_mm + case.limit("hub_allowance_mm")
    if not isfinite(needed):
        raise MissingInputError(f"the length of the {case.called(needle)}")
    shafts: list[tuple[Trajectory | Ablation, str, float]] = []
    missing: tuple[MissingInputError, ...] = ()
    if needle.size is not None:
        shafts.append((needle, "the bone needle that was chosen", needle.size.length_mm))
    for ablation in case.plan.ablations:
        if ablation.trajectory_id != needle.id:
            continue
        try:
            device = case.device(ablation)
            shaft = case.device_number(device, "shaft_length_mm", "shaft length")
            shafts.append((ablation, device.name, shaft.value))
        except MissingInputError as absent:
            missing += (absent,)
    findings = tuple(
        case.finding(
            Severity.BLOCK,
            f"The target of the {case.called(part)} needs {needed:.0f} mm, but {name} has a shaft "
            f"of {shaft_mm:.0f} mm.",
            subject=needle.id,
            threshold=f"at most {shaft_mm:.0f} mm with the hub",
            resolve="Choose a longer instrument or a shorter way.",
        )
        for part, name, shaft_mm in shafts
        if not needed <= shaft_mm
    )
    said = ", ".join(f"{shaft_mm:.0f} mm" for _, _, shaft_mm in shafts)
    evidence = f"{case.called(needle)}: {needed:.0f} mm needed of {said or 'no length chosen'}"
    return Outcome(evidence, findings, missing)


def cannula_stands_back(case: Case, ablation: Ablation) -> Outcome:
    """N7: a metal cannula stays behind a microwave antenna, as far as its own length lets it."""
    device = case.device(ablation)
    if device.modality is not Modality.MICROWAVE:
        return Outcome(f"{device.name} is not microwave")
    beyond = case.device_number(
        device, "tip_beyond_cannula_mm", "how far the antenna stands beyond its cannula"
    ).value
    least = case.limit("beyond_cannula_min_mm")
    resolve = "Draw the cannula back."
    size = case.needle_of(ablation).size
    if size is not None:
        shaft = case.device_number(device, "shaft_length_mm", "shaft length").value
        if shaft - size.length_mm < beyond:
            beyond, resolve = shaft - size.length_mm, "Choose a shorter bone needle."
    evidence = f"{case.called(ablation)}: antenna {beyond:g} mm beyond its cannula"
    if beyond >= least:
        return Outcome(evidence)
    finding = case.finding(
        Severity.STOP,
        f"The metal cannula stands only {beyond:g} mm behind the antenna tip of the "
        f"{case.called(ablation)}.",
        subject=ablation.id,
        threshold=f"at least {least:g} mm",
        resolve=resolve,
    )
    return Outcome(evidence, (finding,))


def cement_needle_ends_in_front(case: Case, injection: CementInjection) -> Outcome:
    """N8: the cement needle ends in the anterior third of the body or of the tumour."""
    needle = case.needle_of(injection)
    vertebra = case.vertebra(needle.level)
    place = body_coordinates(vertebra, needle.tip.array[None, :])[0]
    fraction = 0.5 + float(place[1]) / vertebra.body_size_mm[1]
    least = case.limit("anterior_from_fraction")
    evidence = f"{case.called(injection)}: tip at {100 * fraction:.0f} % of the body from behind"
    if fraction >= least or _in_front_of_tumour(case, needle):
        return Outcome(evidence)
    if not fraction < least:
        raise MissingInputError(f"the place of the tip of the {case.called(needle)}")
    finding = case.finding(
        Severity.WARN,
        f"The {case.called(needle)} for cement ends at {100 * fraction:.0f} % of the depth of "
        f"{needle.level}, not in the anterior third.",
        subject=injection.id,
        threshold=f"from {100 * least:.0f} % on",
        resolve="Advance the needle.",
    )
    return Outcome(evidence, (finding,))


def one_applicator_for_a_large_lesion(case: Case, ablation: Ablation) -> Outcome:
    """N9: a lesion of two thirds of the body is not treated from one side alone."""
    level = case.level_of(ablation)
    lesion = lesion_at(case, level)
    limit = case.limit("fraction_from")
    evidence = f"{level}: lesion {100 * lesion.largest_fraction:.0f} % of the body"
    applicators = {
        item.trajectory_id for item in case.plan.ablations if case.level_of(item) is level
    }
    if lesion.largest_fraction < limit or len(applicators) > 1:
        return Outcome(evidence)
    finding = case.finding(
        Severity.STOP,
        f"The lesion takes {100 * lesion.largest_fraction:.0f} % of {level} and one applicator "
        "is planned.",
        subject=ablation.id,
        threshold=f"below {100 * limit:.0f} %",
        resolve="Add an applicator from the other side with overlapping zones.",
    )
    return Outcome(evidence, (finding,))


def posterior_middle_is_reached(case: Case, ablation: Ablation) -> Outcome:
    """N10: a straight applicator leaves no posterior central part of the lesion out."""
    level = case.level_of(ablation)
    lesion, vertebra = lesion_at(case, level), case.vertebra(level)
    place = body_coordinates(vertebra, lesion.points_mm)
    half = case.limit("central_half_width_fraction") * vertebra.body_size_mm[0]
    middle = (place[:, 1] < 0.0) & (np.abs(place[:, 0]) <= half)
    missed = middle & ~covered(case, level)
    missed_ml = float(missed.sum()) * lesion.voxel_ml
    evidence = f"{level}: {missed_ml:.1f} mL of the posterior middle outside the zones"
    if not missed.any():
        return Outcome(evidence)
    finding = case.finding(
        Severity.WARN,
        f"{_in_ml(missed_ml)} of the lesion in the posterior middle of {level} lie outside the "
        "zones.",
        subject=ablation.id,
        threshold="none outside",
        resolve="Use a curved applicator or a second way in.",
    )
    return Outcome(evidence, (finding,))


def needles_clear_each_other(case: Case) -> Outcome:
    """N11: no two needles, as wide as what goes in, meet between skin and tip."""
    limit, findings, gaps_mm = case.limit("warn_below_mm"), [], []
    for one, other in combinations(case.plan.trajectories, 2):
        gap = case.ruler.between_needles(case.body_of(one), case.body_of(other))
        gaps_mm.append(gap.distance_mm)
        if gap.distance_mm >= limit:
            continue
        severity, how = Severity.WARN, f"pass {gap.distance_mm:.1f} mm from each other"
        if gap.distance_mm <= 0.0:
            severity, how = Severity.STOP, "run into each other"
        finding = case.finding(
            severity,
            f"The {case.called(one)} and the {case.called(other)} {how}.",
            subject=other.id,
            measured=gap,
            threshold=f"at least {limit:g} mm between them",
            resolve="Move one of them, or place them one after the other.",
        )
        findings.append(finding)
    if not gaps_mm:
        return Outcome("fewer than two needles")
    return Outcome(f"nearest needles {min(gaps_mm):.1f} mm apart", tuple(findings))


@gives(dict)
def _breaches(case: Case, needle: Trajectory, radius_mm: float) -> dict[str, float]:
    """Return how far a needle leaves its pedicle, worked out once."""
    vertebra = case.vertebra(needle.level)
    return case.ruler.remembered(breaches, vertebra, needle, radius_mm, about=(needle, radius_mm))


@gives(str)
def _in_ml(volume_ml: float) -> str:
    """Return a volume in words that never read as nothing at all."""
    return (
        f"{volume_ml:.1f} mL" if volume_ml >= LEAST_SAID_ML else f"Less than {LEAST_SAID_ML:g} mL"
    )


@gives(bool)
def _in_front_of_tumour(case: Case, needle: Trajectory) -> bool:
    """Tell whether the tip lies in the front half of an outlined tumour."""
    if case.scene.anatomy.lesion is None:
        return False
    try:
        lesion = lesion_at(case, needle.level)
    except MissingInputError:
        return False  # no tumour here: only the anterior third counts
    vertebra = case.vertebra(needle.level)
    depth = body_coordinates(vertebra, lesion.points_mm)[:, 1]
    tip = float(body_coordinates(vertebra, needle.tip.array[None, :])[0, 1])
    return bool(depth.mean() <= tip <= depth.max())


@gives(str)
def _nearest(spared: Spared) -> str:
    return f"{spared.nearest.distance_mm:.1f} mm to the {in_words(spared.nearest.structure)}"


RULES: tuple[Rule, ...] = (
    NeedleRule("N1", meets_a_structure),
    NeedleRule("N2", passes_close),
    NeedleRule("N3", pedicle_is_wide_enough),
    NeedleRule("N4", leaves_the_pedicle_medially),
    NeedleRule("N5", leaves_the_pedicle_elsewhere),
    NeedleRule("N6", instrument_is_long_enough),
    AblationRule("N7", cannula_stands_back),
    CementRule("N8", cement_needle_ends_in_front),
    AblationRule("N9", one_applicator_for_a_large_lesion),
    AblationRule("N10", posterior_middle_is_reached),
    PlanRule("N11", needles_clear_each_other),
)
