"""What training says on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.session.actions import ACTIONS
from planner.session.training_states import ExerciseRow, HintRow, ScoreRow, TodoRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.plan import Plan
    from planner.geometry.points import PointLps
    from planner.training.attempt import Reading
    from planner.training.exercise import Exercise
    from planner.training.progress import Result
    from planner.training.score_card import ScoreCard
    from planner.training.standard import Standard

OF_READING: Final = ("level", "side", "dangers", "decision", "approach")
OF_PLANNING: Final = (
    "breach", "canal", "roots", "organs", "tip", "coverage", "heat", "thermocouple", "cement",
    "warnings", "checklist",
)  # fmt: skip
"""Hints of each half, by criterion."""

OF_XRAY: Final = ("breach", "canal", "roots", "organs", "tip", "shots")

READ_FIRST: Final = "Commit your reading first, in the panel Training."
HIDDEN: Final = "Hidden until you submit: this exercise asks you to find it."
NO_AUTOMATIC: Final = (
    "segment", "segment_elsewhere", "import_labels", "new_needle", "entry", "tip", "snap",
    "simulate", "skin_map", "grid_mark", "suggest", "suggest_two", "keep_entry", "keep_tip",
    "next_offer", "previous_offer", "compare", "tissue_map", "layout_straight", "tour",
)  # fmt: skip
"""Actions that would answer, or plan, before the reading is committed."""

NO_PROPOSALS: Final = (
    "import_labels", "segment_elsewhere", "suggest", "suggest_two", "keep_entry", "keep_tip",
    "next_offer", "previous_offer", "snap", "skin_map", "compare", "tour",
)  # fmt: skip
"""Actions that stay off until submission; the tour tells of a case."""

XRAY_ALONE: Final = "Two X-ray pictures alone: this stays off until you see what really happened."
STAYS_ON: Final = frozenset(
    {"training", "quit", "hide_names", "slicer_mouse", "light", "language", "shortcuts", "palette"}
)
"""Actions that show and change nothing of the patient; all others are off under X-ray alone."""

REPLAYED: Final = "Another's attempt is shown again; nothing in it can be changed."
LOOKS: Final = STAYS_ON | {
    spec.id for spec in ACTIONS if spec.menu in ("Layout", "View", "Measure")
}
"""Actions that only look; all others are off while an attempt is replayed."""

CHART_NAMES: Final = {
    "platelets_e9_per_l": "Platelets, ×10⁹/L",
    "inr": "INR",
    "infection": "Infection",
    "cord_compression_symptoms": "Cord symptoms",
    "epidural_grade": "Epidural grade",
    "sins": "SINS",
    "surgical_consult_date": "Surgical consult",
    "mdt_date": "Tumour board",
    "pacemaker": "Pacemaker",
    "lesion_count": "Lesions",
    "vas": "Pain (VAS)",
    "ecog": "ECOG",
    "intent": "Intent",
    "tumour_touches_root": "Tumour at a root",
    "thermocouple_planned": "Thermocouple",
    "protection": "Protection",
    "lesion_type": "Lesion type",
    "histology": "Histology",
    "life_expectancy_months": "Life expectancy, months",
    "mr_date": "MR",
}
"""The chart in the words of the step Check; a field that is not named here says its own name."""

_YES_NO: Final = {True: "yes", False: "no"}


def chart_lines(chart: Mapping[str, object]) -> tuple[str, ...]:
    """Return the chart, one line each."""
    return tuple(
        f"{CHART_NAMES.get(name, name)}: {_chart_value(value)}" for name, value in chart.items()
    )


def _chart_value(value: object) -> str:
    if isinstance(value, bool):
        return _YES_NO[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def reading_words(reading: Reading) -> str:
    """Return what was committed."""
    if not reading.treat:
        return f"{reading.level}, lesion {reading.lesion_side}. Do not treat."
    return (
        f"{reading.level}, lesion {reading.lesion_side}. Treat, {reading.approach} from the "
        f"{reading.side}."
    )


def hint_rows(
    standard: Standard, names: Iterable[str], read: Iterable[str]
) -> tuple[HintRow, ...]:
    """Return the hints of one half; those that were asked for say what they teach."""
    asked = set(read)
    return tuple(
        HintRow(
            id=name,
            title=standard.criteria[name].title,
            words=standard.criteria[name].hint if name in asked else "",
            source=standard.criteria[name].source if name in asked else "",
        )
        for name in names
    )


def todo(plan: Plan | None, *, is_outlined: bool, laid: PointLps | None) -> tuple[TodoRow, ...]:
    """Return what a plan still needs; never a forced order."""
    if plan is None:
        return ()
    return (
        TodoRow(words="Outline the spine, look at it, accept the level", action="segment",
                is_done=is_outlined and bool(plan.anatomy.accepted_levels)),
        TodoRow(words="Crosshair on the skin, then Entry at crosshair", action="entry",
                is_done=bool(plan.trajectories)),
        TodoRow(words="Crosshair on the target, then Tip at crosshair", action="tip",
                is_done=bool(plan.trajectories)),
        TodoRow(words="Device and setting, in the step Treat",
                is_done=bool(plan.ablations)),
        TodoRow(words="Cement, in the step Treat", is_done=bool(plan.cements)),
        TodoRow(words="Simulate the heat", action="simulate", is_done=False),
        TodoRow(words="Thermocouple: crosshair where it shall lie", is_done=laid is not None),
        TodoRow(words="Confirm the side", action="confirm_side",
                is_done=plan.side_confirmation is not None),
        TodoRow(words="Enter the chart in the step Check",
                is_done=plan.clinical.inr is not None),
        TodoRow(words="Answer the warnings, or plan better", action="acknowledge",
                is_done=bool(plan.acknowledgements)),
    )  # fmt: skip


def verdict_words(card: ScoreCard) -> str:
    """Return the result in a line."""
    head = "PASSED" if card.passed else "NOT PASSED"
    words = f"{head}  {card.percent:.0f} %, pass mark {card.pass_percent:.0f} %."
    if card.fatal:
        words += " A fatal step fails an attempt whatever its points."
    return words


def score_rows(card: ScoreCard) -> tuple[ScoreRow, ...]:
    """Return the card, fatal steps first."""
    fatal = [
        ScoreRow(
            head=f"FATAL  {one.words}",
            reason=one.reason,
            source=one.source,
            at=one.at,
            is_lost=True,
        )
        for one in card.fatal
    ]
    rows = [
        ScoreRow(
            head=f"{one.title}: {one.points:.1f} of {one.weight:g}",
            reason=one.reason,
            source=f"{one.source} ({one.status})",
            at=one.at,
            is_lost=one.points < one.weight,
        )
        for one in card.criteria
    ]
    return (*fatal, *rows)


def exercise_rows(found: Iterable[Exercise], results: Iterable[Result]) -> tuple[ExerciseRow, ...]:
    """Return exercises to choose: how hard each is, and what was reached at it before."""
    best: dict[str, float] = {}
    for one in results:
        best[one.exercise] = max(one.percent, best.get(one.exercise, 0.0))
    return tuple(
        ExerciseRow(id=one.id, title=one.title, detail=_detail(one, best.get(one.id)))
        for one in found
    )


def _detail(one: Exercise, best_percent: float | None) -> str:
    if best_percent is None:
        return one.difficulty
    return f"{one.difficulty}, best {best_percent:.0f} %"
