"""The record: D1 to D3."""

from __future__ import annotations

from planner.domain.finding import Severity
from planner.domain.prediction import PredictedZone
from planner.domain.sourced import Status
from planner.safety.case import Case, Outcome
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError
from planner.safety.rule import PlanRule, Rule

RECORD_FIELDS = {
    "histology": "histology",
    "lesion_type": "type of the lesion",
    "sins": "SINS",
    "epidural_grade": "epidural grade (ESCC)",
    "mdt_date": "date of the tumour board",
}
"""What a final report must name for every treatment, in the words shown to the user."""

ABLATION_FIELDS = {"thermocouple_planned": "thermometry", "protection": "protection"}
"""What it must name besides when something is ablated."""


def record_is_complete(case: Case) -> Outcome:
    """D1: every field a final report needs is answered."""
    asked = RECORD_FIELDS | (ABLATION_FIELDS if case.plan.ablations else {})
    given = case.plan.clinical
    missing = [words for name, words in asked.items() if _is_blank(getattr(given, name))]
    if missing:
        raise MissingInputError(", ".join(missing), kind="answer")
    return Outcome(f"{len(asked)} fields answered")


@gives(bool)
def _is_blank(answer: object) -> bool:
    return answer is None or not str(answer).strip()


def unverified_numbers(case: Case) -> Outcome:
    """D2: name every number from memory that the plan leans on."""
    recalled = []
    for needle in case.plan.trajectories:
        diameter = case.outer_diameter(needle)
        if diameter.status is Status.RECALLED:
            recalled.append(f"diameter {diameter.value:g} mm of the {case.called(needle)}")
    for ablation in case.plan.ablations:
        zone = case.scene.zones.get(ablation.id)
        if isinstance(zone, PredictedZone) and zone.model.status is Status.RECALLED:
            recalled.append(f"{case.called(ablation)}")
    if not recalled:
        return Outcome("no number from memory is used")
    finding = case.finding(
        Severity.WARN,
        f"From memory, not from a source: {', '.join(recalled)}.",
        resolve="Compare with the instrument in hand.",
    )
    return Outcome(f"{len(recalled)} numbers from memory", (finding,))


def complications_are_graded(case: Case) -> Outcome:
    """D3: whatever went wrong afterwards is graded by both schemes, with their versions.

    The grade by CIRSE cannot be missing, for there is no complication without one.
    """
    recorded = case.plan.outcome.complications
    lacking = [
        str(number)
        for number, one in enumerate(recorded, start=1)
        if not (one.ctcae_grade and one.ctcae_scheme and one.cirse_scheme)
    ]
    if not lacking:
        graded = f"complications, each graded: {len(recorded)}"
        none = f"no complication in plan revision {case.plan.revision}"
        return Outcome(graded if recorded else none)
    finding = case.finding(
        Severity.WARN,
        f"Not graded by both schemes, of the recorded complications: {', '.join(lacking)}.",
        resolve="Choose the grade by CTCAE in the outcome.",
    )
    return Outcome(f"complications without a grade: {len(lacking)}", (finding,))


RULES: tuple[Rule, ...] = (
    PlanRule("D1", record_is_complete),
    PlanRule("D2", unverified_numbers),
    PlanRule("D3", complications_are_graded),
)
