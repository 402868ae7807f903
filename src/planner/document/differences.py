"""What two plans say differently, in the order a person would ask for it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

from planner.domain.plan import CementTechnique, ClinicalAnswers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from planner.domain.levels import Level
    from planner.domain.order import Order
    from planner.domain.outcome import Outcome
    from planner.domain.plan import (
        Ablation,
        Acknowledgement,
        CementInjection,
        Plan,
        PlanLock,
        SideConfirmation,
        Trajectory,
        TrajectoryId,
    )
    from planner.domain.protection import ProtectionLayer
    from planner.domain.tissue_choice import TissueChoice
    from planner.geometry.points import PointLps

SAME_PLACE_MM = 0.05
"""Points nearer than this are said to be the same; they print as 0.0 mm."""

NONE = "none"

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs; ``one`` and ``other`` are what each plan says of it.

    Attributes
    ----------
    at
        Where to look at it; ``None`` for what has no place.
    """

    what: str
    one: str
    other: str
    at: PointLps | None = None


def differences(one: Plan, other: Plan) -> tuple[Difference, ...]:
    """Return what differs; empty when both plans say the same, whatever their revisions."""
    return (
        *_of_scan(one, other),
        *_of_needles(one, other),
        *_of_ablations(one, other),
        *_of_cements(one, other),
        *_of_outlines(one, other),
        *_of_words(one, other),
    )


def needle_name(plan: Plan, needle_id: TrajectoryId) -> str:
    """Return a needle's name as ``L3 left (t1)``."""
    needle = plan.trajectory(needle_id)
    return f"{needle.level} {needle.side} ({needle.id})"


def _of_scan(one: Plan, other: Plan) -> list[Difference]:
    if one.scan.sha256 == other.scan.sha256:
        return []
    words = [plan.scan.series_description or "no description" for plan in (one, other)]
    return [Difference(what="Scan", one=words[0], other=f"{words[1]} (another scan)")]


def _of_needles(one: Plan, other: Plan) -> list[Difference]:
    found = []
    for name, first, second in _pairs(one.trajectories, other.trajectories, lambda item: item.id):
        needle = second or first
        if needle is None or first == second:
            continue
        found.append(
            Difference(
                what=f"Needle {name}",
                one=_needle_words(first),
                other=_needle_words(second) + _moved(first, second),
                at=needle.tip,
            )
        )
    return found


def _needle_words(needle: Trajectory | None) -> str:
    if needle is None:
        return NONE
    locked = ", locked" if needle.locked else ""
    size = "" if needle.size is None else f", {needle.size.words} needle"
    words = f"{needle.level} {needle.side}, {needle.approach}, {needle.length_mm:.1f} mm"
    return (
        f"{words}, {needle.towards_midline_deg:.1f}° to the midline, "
        f"{needle.upward_deg:.1f}° upward{size}{locked}"
    )


def _moved(first: Trajectory | None, second: Trajectory | None) -> str:
    if first is None or second is None:
        return ""
    ends = {
        "entry": first.entry.distance_mm(second.entry),
        "tip": first.tip.distance_mm(second.tip),
    }
    moved = [f"{name} {by:.1f} mm away" for name, by in ends.items() if by >= SAME_PLACE_MM]
    return f"; {', '.join(moved)}" if moved else ""


def _of_ablations(one: Plan, other: Plan) -> list[Difference]:
    found = []
    for name, first, second in _pairs(one.ablations, other.ablations, lambda item: item.id):
        if first != second:
            found.append(
                Difference(
                    what=f"Ablation {name}",
                    one=_ablation_words(one, first),
                    other=_ablation_words(other, second),
                )
            )
    return found


def _ablation_words(plan: Plan, burn: Ablation | None) -> str:
    if burn is None:
        return NONE
    parts = [burn.device_id, f"on {needle_name(plan, burn.trajectory_id)}"]
    for value, unit in (
        (burn.power_w, "W"),
        (burn.setpoint_celsius, "°C"),
        (burn.time_s, "s"),
        (burn.duty_percent, "% duty"),
    ):
        if value is not None:
            parts.append(f"{value:g} {unit}")
    if burn.cycle_s is not None:
        parts.append(f"in stretches of {burn.cycle_s:g} s with pauses of {burn.pause_s:g} s")
    if burn.active_offset_mm:
        parts.append(f"{burn.active_offset_mm:g} mm back")
    return ", ".join(parts)


def _of_cements(one: Plan, other: Plan) -> list[Difference]:
    found = []
    for name, first, second in _pairs(one.cements, other.cements, lambda item: item.id):
        if first != second:
            found.append(
                Difference(
                    what=f"Cement {name}",
                    one=_cement_words(one, first),
                    other=_cement_words(other, second),
                )
            )
    return found


def _cement_words(plan: Plan, fill: CementInjection | None) -> str:
    if fill is None:
        return NONE
    where = needle_name(plan, fill.trajectory_id)
    words = f"{fill.volume_ml:g} mL of {fill.cement_id} through {where}"
    if fill.technique is not CementTechnique.VERTEBROPLASTY:
        words += f", {fill.technique}"
    if fill.cavity_ml > 0.0:
        words += f" with a cavity of {fill.cavity_ml:g} mL"
    if fill.pull_back_mm > 0.0:
        words += f", cannula drawn back {fill.pull_back_mm:g} mm half way"
    return words


def _of_outlines(one: Plan, other: Plan) -> list[Difference]:
    a, b = one.anatomy, other.anatomy
    return [
        *_told("Outlined by", (a.backend, a.locator), (b.backend, b.locator), _outliner),
        *_told("Levels accepted", a.accepted_levels, b.accepted_levels, _listed),
        *_told("Levels named by hand", a.seeds, b.seeds, _named),
        *_told("Corrections by hand", a.corrections, b.corrections, lambda made: str(len(made))),
    ]


def _told(
    what: str, one: _Part, other: _Part, words: Callable[[_Part], str]
) -> tuple[Difference, ...]:
    """Return a difference when the values differ, also where their words would not."""
    if one == other:
        return ()
    said = words(one), words(other)
    alike = ", but otherwise" if said[0] == said[1] else ""
    return (Difference(what=what, one=said[0], other=said[1] + alike),)


def _named(seeds: tuple[tuple[Level, PointLps], ...]) -> str:
    return _listed(level for level, _ in seeds)


def _outliner(binding: tuple[str, str]) -> str:
    backend, locator = binding
    return f"{backend} from a file" if locator else backend


def _of_words(one: Plan, other: Plan) -> list[Difference]:
    found = []
    for field in fields(ClinicalAnswers):
        first, second = (getattr(plan.clinical, field.name) for plan in (one, other))
        if first != second:
            found.append(
                Difference(
                    what=field.name.replace("_", " ").capitalize(),
                    one=_answer(first),
                    other=_answer(second),
                )
            )
    found += _told("Side confirmed by", one.side_confirmation, other.side_confirmation, _by)
    found += _told("Findings answered", one.acknowledgements, other.acknowledgements, _answered)
    found += _told("Looser limits of the site", one.looser_limits, other.looser_limits, _listed)
    found += _told("Grid mark", one.grid_mark, other.grid_mark, _mark)
    found += _told("Ablations", one.ablation_order, other.ablation_order, _order)
    found += _told("Protecting layers", one.protection, other.protection, _layers)
    found += _told("Tissue set by hand", one.tissue_choices, other.tissue_choices, _tissue)
    found += _told("Control readings", one.controls, other.controls, lambda made: str(len(made)))
    found += _told("Outcome", one.outcome, other.outcome, _recorded)
    found += _told("Locked by", one.lock, other.lock, _by)
    found += _told("Notes", one.notes, other.notes, lambda notes: notes or NONE)
    return found


def _recorded(outcome: Outcome) -> str:
    counted = (
        (len(outcome.visits), "visits"),
        (len(outcome.complications), "complications"),
        (len(outcome.leaks), "cement leaks"),
    )
    parts = [f"treated on {outcome.treated_on}"] if outcome.treated_on else []
    parts += [f"{count} {what}" for count, what in counted if count]
    return _listed(parts)


def _layers(layers: tuple[ProtectionLayer, ...]) -> str:
    return _listed(layer.words for layer in layers)


def _tissue(choices: tuple[TissueChoice, ...]) -> str:
    return "; ".join(choice.words for choice in choices) or NONE


def _order(order: Order | None) -> str:
    return "order not said" if order is None else str(order)


def _answered(words: tuple[Acknowledgement, ...]) -> str:
    return _listed(sorted(word.rule for word in words))


def _mark(at: PointLps | None) -> str:
    return NONE if at is None else "set"


def _by(word: SideConfirmation | PlanLock | None) -> str:
    return "nobody" if word is None else f"{word.by}, {word.at_utc[:16]} UTC"


def _answer(value: object) -> str:
    if value is None:
        return "not answered"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(items: Iterable[object]) -> str:
    return ", ".join(str(item) for item in items) or NONE


def _pairs(
    one: Sequence[_Part], other: Sequence[_Part], key: Callable[[_Part], str]
) -> list[tuple[str, _Part | None, _Part | None]]:
    """Return id and both sides of every part, in the order of the first plan, then the rest."""
    first, second = ({key(item): item for item in items} for items in (one, other))
    return [(name, first.get(name), second.get(name)) for name in (first | second)]
