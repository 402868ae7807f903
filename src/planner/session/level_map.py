"""One row for each treated level: what is planned there, and what the check says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.prediction import PredictedZone
from planner.safety.resolving import is_settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.finding import Assessment, Severity
    from planner.domain.levels import Level
    from planner.domain.plan import Plan
    from planner.domain.prediction import MissingZone, PredictedCement
    from planner.geometry.points import PointLps

NOT_EVALUATED = "NOT EVALUATED"
NOTHING_OPEN = "nothing open"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMapRow:
    """One treated level.

    Attributes
    ----------
    severity
        The heaviest finding on anything planned there that nobody has answered; ``None`` when
        there is none, or while nothing is evaluated.
    verdict
        The same in words.
    at
        Where to look: the tip of its first needle.
    """

    level: Level
    sides: str
    treatment: str
    volumes: str
    severity: Severity | None
    verdict: str
    at: PointLps


def level_map(
    plan: Plan,
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[PredictedCement],
    assessment: Assessment | None,
    names: Mapping[str, str],
) -> tuple[LevelMapRow, ...]:
    """Return the treated levels from the head down; without an assessment none counts."""
    levels = sorted({needle.level for needle in plan.trajectories}, key=lambda item: item.order)
    return tuple(_row(level, plan, zones, cements, assessment, names) for level in levels)


def _row(
    level: Level,
    plan: Plan,
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[PredictedCement],
    assessment: Assessment | None,
    names: Mapping[str, str],
) -> LevelMapRow:
    needles = [item for item in plan.trajectories if item.level is level]
    ids = {item.id for item in needles}
    burns = [item for item in plan.ablations if item.trajectory_id in ids]
    fills = [item for item in plan.cements if item.trajectory_id in ids]
    used = [*(item.device_id for item in burns), *(item.cement_id for item in fills)]
    treatment = dict.fromkeys(names.get(key, key) for key in used)
    subjects = {*ids, *(item.id for item in burns), *(item.id for item in fills)}
    severity = _heaviest(plan, assessment, {str(one) for one in subjects})
    open_words = severity.value.replace("_", " ") if severity else NOTHING_OPEN
    return LevelMapRow(
        level=level,
        sides=", ".join(dict.fromkeys(str(item.side) for item in needles)),
        treatment=", ".join(treatment) or "no device yet",
        volumes=_volumes({item.id for item in burns}, {item.id for item in fills}, zones, cements),
        severity=severity,
        verdict=NOT_EVALUATED if assessment is None else open_words,
        at=needles[0].tip,
    )


def _heaviest(plan: Plan, assessment: Assessment | None, subjects: set[str]) -> Severity | None:
    found = assessment.findings if assessment is not None else ()
    open_ones = [
        item.severity
        for item in found
        if subjects & {item.subject, *item.also_about} and not is_settled(plan, item)
    ]
    return min(open_ones, key=lambda item: item.rank, default=None)


def _volumes(
    burns: set[str],
    fills: set[str],
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[PredictedCement],
) -> str:
    """Say what is planned in mL; zones that overlap are not added up."""
    sizes = [
        f"{zone.shape.volume_mm3 / 1000:.1f}"
        for zone in zones
        if isinstance(zone, PredictedZone) and zone.ablation_id in burns
    ]
    word = "zone" if len(sizes) == 1 else "zones"
    parts = [f"{word} {' + '.join(sizes)} mL"] if sizes else []
    parts += ["zone unknown"] * (len(burns) - len(sizes))
    drawn = [fill for fill in cements if fill.cement_injection_id in fills]
    parts += [f"cement {fill.placed_ml:.1f} of {fill.asked_ml:.1f} mL" for fill in drawn]
    parts += ["cement being filled"] * (len(fills) - len(drawn))
    return ", ".join(parts)
