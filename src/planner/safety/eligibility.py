"""May this patient have this treatment? E1 to E11; E12 is the engine's."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from planner.domain.devices import Modality
from planner.domain.finding import Severity
from planner.safety.case import Case, Outcome
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError
from planner.safety.rule import AblationRule, PlanRule, Rule

if TYPE_CHECKING:
    from planner.domain.plan import Ablation

RF = frozenset({Modality.BIPOLAR_RF, Modality.MONOPOLAR_RF})

ESCC_GRADES = ("0", "1a", "1b", "1c", "2", "3")


def maker_allows_the_level(case: Case, ablation: Ablation) -> Outcome:
    """E1: the device's maker does not exclude the level."""
    device, level = case.device(ablation), case.level_of(ablation)
    if level not in device.forbidden_levels:
        return Outcome(f"{device.name} is not excluded at {level}")
    message = f"{device.name} is contraindicated at {level} by its maker."
    finding = case.finding(
        Severity.BLOCK, message, subject=ablation.id, resolve="Choose another device."
    )
    return Outcome("excluded", (finding,))


def bleeding_risk(case: Case) -> Outcome:
    """E2: platelets and INR."""
    least, most = case.limit("platelets_min_e9_per_l"), case.limit("inr_max")
    platelets, no_platelets = _perhaps(case, "platelets_e9_per_l", "platelets")
    inr, no_inr = _perhaps(case, "inr", "INR")
    reasons = []
    if platelets is not None and not platelets >= least:
        reasons.append(f"platelets are {platelets:g} x 10^9/L, below {least:g}")
    if inr is not None and not inr <= most:
        reasons.append(f"INR is {inr:g}, above {most:g}")
    evidence = f"platelets {platelets} x 10^9/L, INR {inr}"
    missing = no_platelets + no_inr
    if not reasons:
        return Outcome(evidence, (), missing)
    message = f"The bleeding risk is high: {' and '.join(reasons)}."
    finding = case.finding(
        Severity.STOP,
        message,
        threshold=f"platelets at least {least:g} x 10^9/L and INR at most {most:g}",
        resolve="Correct the clotting and measure again.",
    )
    return Outcome(evidence, (finding,), missing)


def infection(case: Case) -> Outcome:
    """E3: no systemic or local infection."""
    if not case.yes("infection", "infection"):
        return Outcome("no infection")
    message = "The patient has a systemic infection or one at the puncture site."
    finding = case.finding(Severity.BLOCK, message, resolve="Treat the infection first.")
    return Outcome("infection", (finding,))


def cord_compression(case: Case) -> Outcome:
    """E4: no symptomatic cord compression, ESCC below 2."""
    missing: tuple[MissingInputError, ...] = ()
    reasons = []
    try:
        if case.yes("cord_compression_symptoms", "symptoms of cord compression"):
            reasons.append("symptomatic")
    except MissingInputError as absent:
        missing += (absent,)
    try:
        if _grade(case) in {"2", "3"}:
            reasons.append(f"ESCC {_grade(case)}")
    except MissingInputError as absent:
        missing += (absent,)
    if not reasons:
        return Outcome(f"no symptoms, ESCC {case.plan.clinical.epidural_grade}", (), missing)
    message = f"The cord is compressed ({', '.join(reasons)})."
    finding = case.finding(
        Severity.BLOCK, message, threshold="ESCC below 2", resolve="Ask for surgery or radiation."
    )
    return Outcome(", ".join(reasons), (finding,), missing)


def epidural_tumour(case: Case) -> Outcome:
    """E5: ESCC 1c, or any epidural tumour with cement, is a stop; 1a and 1b warn."""
    grade = _grade(case)
    if grade == "0":
        return Outcome("ESCC 0")
    with_cement = bool(case.plan.cements)
    stop = grade not in {"1a", "1b"} or with_cement
    also = " and cement is planned" if with_cement else ""
    finding = case.finding(
        Severity.STOP if stop else Severity.WARN,
        f"There is epidural tumour (ESCC {grade}){also}.",
        threshold="ESCC 0",
        resolve="Plan protection and thermometry, or leave the cement out.",
    )
    return Outcome(f"ESCC {grade}", (finding,))


def tumour_at_root(case: Case) -> Outcome:
    """E6: the tumour does not touch a root."""
    if not case.yes("tumour_touches_root", "whether the tumour touches a root"):
        return Outcome("the tumour touches no root")
    message = "The tumour touches a nerve root, so no distance is left to protect it."
    finding = case.finding(Severity.STOP, message, resolve="Consider another treatment.")
    return Outcome("the tumour touches a root", (finding,))


def instability(case: Case) -> Outcome:
    """E7: SINS 7 to 12 needs a consult, 13 to 18 is a stop."""
    score = case.number("sins", "SINS")
    if not 0 <= score <= case.limit("highest"):
        raise MissingInputError(f"SINS ({score:g} is not a score)", kind="answer")
    consult, unstable = case.limit("consult_from"), case.limit("unstable_from")
    evidence = f"SINS {score:g}"
    if score >= unstable:
        severity, message = Severity.STOP, f"SINS is {score:g}: the spine is unstable."
    elif score >= consult and not _has_been(case, case.plan.clinical.surgical_consult_date):
        severity = Severity.WARN
        message = f"SINS is {score:g} and no surgical consult is recorded."
    else:
        return Outcome(evidence)
    finding = case.finding(
        severity,
        message,
        threshold=f"SINS below {consult:g}, or a consult below {unstable:g}",
        resolve="Ask a spine surgeon and record the date.",
    )
    return Outcome(evidence, (finding,))


def tumour_board(case: Case) -> Outcome:
    """E8: a tumour board date is recorded."""
    given = case.answer("mdt_date", "date of the tumour board")
    if _has_been(case, given):
        return Outcome(f"tumour board on {given}")
    message = "No date of a tumour board that has met is recorded."
    finding = case.finding(Severity.STOP, message, resolve="Record the date as YYYY-MM-DD.")
    return Outcome("no date", (finding,))


def outside_the_study(case: Case) -> Outcome:
    """E9: lesions, pain and general state like those of the patients who were studied."""
    lesions, no_lesions = _perhaps(case, "lesion_count", "number of lesions")
    vas, no_vas = _perhaps(case, "vas", "pain (VAS)")
    ecog, no_ecog = _perhaps(case, "ecog", "ECOG")
    life, no_life = _perhaps(case, "life_expectancy_months", "life expectancy")
    missing = no_lesions + no_vas + no_ecog + no_life
    reasons = []
    if lesions is not None and not lesions <= case.limit("lesions_max"):
        reasons.append(f"{lesions:g} lesions")
    if vas is not None and not vas > case.limit("vas_above"):
        reasons.append(f"VAS {vas:g}")
    if ecog is not None and not ecog < case.limit("ecog_below"):
        reasons.append(f"ECOG {ecog:g}")
    if life is not None and not life > case.limit("life_months_above"):
        reasons.append(f"{life:g} months to live")
    evidence = "; ".join(
        f"{name} {value:g}"
        for name, value in (
            ("lesions", lesions),
            ("VAS", vas),
            ("ECOG", ecog),
            ("months to live", life),
        )
        if value is not None
    )
    if not reasons:
        return Outcome(evidence or "nothing answered", (), missing)
    finding = case.finding(
        Severity.INFO,
        f"The patient is unlike those in the published series ({', '.join(reasons)}).",
        threshold=f"at most {case.limit('lesions_max'):g} lesions, VAS above "
        f"{case.limit('vas_above'):g}, ECOG below {case.limit('ecog_below'):g} and more than "
        f"{case.limit('life_months_above'):g} months to live",
    )
    return Outcome(evidence, (finding,), missing)


def pacemaker(case: Case, ablation: Ablation) -> Outcome:
    """E10: no radiofrequency with a pacemaker."""
    device = case.device(ablation)
    if device.modality not in RF:
        return Outcome(f"{device.name} is not radiofrequency")
    if not case.yes("pacemaker", "pacemaker"):
        return Outcome("no pacemaker")
    message = f"The patient has a pacemaker and {device.name} uses radiofrequency."
    finding = case.finding(
        Severity.BLOCK, message, subject=ablation.id, resolve="Choose microwave or cryoablation."
    )
    return Outcome("pacemaker", (finding,))


def age_and_slice(case: Case) -> Outcome:
    """E11: the scan is recent and fine, and so is the MR where there is one."""
    record = case.scene.ct.record
    if not record.acquired:
        raise MissingInputError("the scan carries no date", kind="scan")
    try:
        acquired = datetime.strptime(record.acquired[:8], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError as unreadable:
        raise MissingInputError("the date of the scan is unreadable", kind="scan") from unreadable
    days = (case.scene.today - acquired).days
    if days < 0:
        raise MissingInputError("the scan is dated in the future", kind="scan")
    slice_mm = max(case.scene.ct.geometry.spacing_mm[2], record.slice_thickness_mm or 0.0)
    oldest, thickest = case.limit("age_max_days"), case.limit("slice_max_mm")
    reasons = []
    if not days <= oldest:
        reasons.append(f"{days} days old")
    if not slice_mm <= thickest * (1.0 + SLICE_ROUNDING):
        reasons.append(f"{slice_mm:.1f} mm a slice")
    mr_days, no_mr = _age_of_mr(case)
    said = "no MR" if mr_days is None else f"MR {mr_days} days old"
    evidence = f"{days} days old, {slice_mm:.2f} mm a slice; {said}"
    findings = []
    if reasons:
        findings.append(
            case.finding(
                Severity.WARN,
                f"The scan is {' and '.join(reasons)}.",
                threshold=f"at most {oldest:g} days and {thickest:g} mm",
                resolve="Take a new scan with thin slices.",
            )
        )
    if mr_days is not None and not mr_days <= oldest:
        findings.append(
            case.finding(
                Severity.WARN,
                f"The MR is {mr_days} days old.",
                threshold=f"at most {oldest:g} days",
                resolve="Take a new MR.",
            )
        )
    return Outcome(evidence, tuple(findings), no_mr)


def _age_of_mr(case: Case) -> tuple[int | None, tuple[MissingInputError, ...]]:
    """Return the age of the MR, days, or none where there is none or nobody said."""
    try:
        given = str(case.answer("mr_date", "date of the MR")).strip()
    except MissingInputError as absent:
        return None, (absent,)
    if given.lower() == NO_MR:
        return None, ()
    try:
        days = (case.scene.today - _date(given)).days
    except ValueError:
        return None, (MissingInputError("date of the MR, as YYYY-MM-DD or none", kind="answer"),)
    if days < 0:
        return None, (MissingInputError("date of the MR, not in the future", kind="answer"),)
    return days, ()


NO_MR = "none"
"""What is answered where no MR was made."""


SLICE_ROUNDING = 1e-3
"""Relative: slice positions in a file are rounded text."""


def _perhaps(
    case: Case, name: str, words: str
) -> tuple[float | None, tuple[MissingInputError, ...]]:
    """Return a number, or none and why; the other half of a rule is judged all the same."""
    try:
        return case.number(name, words), ()
    except MissingInputError as absent:
        return None, (absent,)


@gives(str)
def _grade(case: Case) -> str:
    grade = case.answer("epidural_grade", "epidural grade (ESCC)")
    if grade not in ESCC_GRADES:
        raise MissingInputError(f"epidural grade ({grade} is not an ESCC grade)", kind="answer")
    return str(grade)


@gives(bool)
def _has_been(case: Case, given: object) -> bool:
    """Tell whether an answer is a date, written YYYY-MM-DD, that is not in the future."""
    try:
        return _date(given) <= case.scene.today
    except ValueError:
        return False


@gives(date)
def _date(given: object) -> date:
    """Return an answer as a date; a ``ValueError`` where it is not written YYYY-MM-DD."""
    return date.fromisoformat(str(given))


RULES: tuple[Rule, ...] = (
    AblationRule("E1", maker_allows_the_level),
    PlanRule("E2", bleeding_risk),
    PlanRule("E3", infection),
    PlanRule("E4", cord_compression),
    PlanRule("E5", epidural_tumour),
    PlanRule("E6", tumour_at_root),
    PlanRule("E7", instability),
    PlanRule("E8", tumour_board),
    PlanRule("E9", outside_the_study),
    AblationRule("E10", pacemaker),
    PlanRule("E11", age_and_slice),
)
