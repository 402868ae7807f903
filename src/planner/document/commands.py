"""Every edit of a plan, each as a named pure function.

A command raises ``UsageError`` with a sentence when the plan cannot be edited so, and the plan
stays as it was.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from planner.document.plan_document import Command
from planner.domain import corrections
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.domain.plan import AblationId, AnatomyBinding, CementId, ClinicalAnswers, TrajectoryId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.domain.corrections import Correction
    from planner.domain.order import Order
    from planner.domain.plan import (
        Ablation,
        Acknowledgement,
        Approach,
        CementInjection,
        NeedleSize,
        Plan,
        PlanLock,
        SideConfirmation,
        Trajectory,
    )
    from planner.geometry.points import PointLps, Vector

CLINICAL_FIELDS = frozenset(field.name for field in fields(ClinicalAnswers))
"""Names that ``answer_clinical`` accepts."""

_CORRECTION_WORDS: Mapping[type, str] = {
    corrections.DiscMoved: "move disc",
    corrections.DiscAdded: "add disc",
    corrections.DiscDeleted: "delete disc",
    corrections.BodyClicked: "click body",
    corrections.CanalPoint: "canal point",
    corrections.BoneThreshold: "bone threshold",
    corrections.WallLine: "wall line",
    corrections.BoneScribble: "scribble",
    corrections.BrushStroke: "brush",
    corrections.LesionGrown: "grow lesion",
    corrections.NamesShifted: "shift names",
    corrections.LevelCount: "number of levels",
}


def free_trajectory_id(plan: Plan) -> TrajectoryId:
    """Return the first of ``t1``, ``t2`` ... that the plan does not use."""
    return TrajectoryId(free_id("t", (item.id for item in plan.trajectories)))


def free_ablation_id(plan: Plan) -> AblationId:
    """Return the first of ``a1``, ``a2`` ... that the plan does not use."""
    return AblationId(free_id("a", (item.id for item in plan.ablations)))


def free_cement_id(plan: Plan) -> CementId:
    """Return the first of ``c1``, ``c2`` ... that the plan does not use."""
    return CementId(free_id("c", (item.id for item in plan.cements)))


def add_trajectory(trajectory: Trajectory) -> Command:
    """Add a needle."""

    def apply(plan: Plan) -> Plan:
        if any(item.id == trajectory.id for item in plan.trajectories):
            raise UsageError(f"the plan already has a needle {trajectory.id}")
        return plan.with_trajectory(trajectory)

    return Command("Add needle", _checked(apply))


def remove_trajectory(trajectory_id: TrajectoryId) -> Command:
    """Remove a needle and what was planned on it. A locked needle stays."""

    def apply(plan: Plan) -> Plan:
        _unlocked(plan, trajectory_id)
        return plan.without_trajectory(trajectory_id)

    return Command("Remove needle", _checked(apply))


def set_entry(trajectory_id: TrajectoryId, entry: PointLps, drag: str = "") -> Command:
    """Move the skin point of a needle; the tip stays."""
    return _needle_edit("Move entry", trajectory_id, drag, entry=entry)


def set_tip(trajectory_id: TrajectoryId, tip: PointLps, drag: str = "") -> Command:
    """Move the tip of a needle; the skin point stays."""
    return _needle_edit("Move tip", trajectory_id, drag, tip=tip)


def set_needle(
    trajectory_id: TrajectoryId, entry: PointLps, tip: PointLps, drag: str = ""
) -> Command:
    """Put both ends of a needle, as when a proposal is taken or it is swung about a pivot."""
    return _needle_edit("Place needle", trajectory_id, drag, entry=entry, tip=tip)


def move_needle(trajectory_id: TrajectoryId, offset_mm: Vector, drag: str = "") -> Command:
    """Move a whole needle by ``offset_mm``, shape ``(3,)``, LPS."""

    def apply(plan: Plan) -> Plan:
        needle = _unlocked(plan, trajectory_id)
        entry, tip = needle.entry.moved(offset_mm), needle.tip.moved(offset_mm)
        return plan.with_trajectory(replace(needle, entry=entry, tip=tip))

    return Command("Move needle", _checked(apply), drag)


def change_trajectory(trajectory: Trajectory) -> Command:
    """Replace a needle by one with the same id, such as with another level or approach."""

    def apply(plan: Plan) -> Plan:
        _unlocked(plan, trajectory.id)
        return plan.with_trajectory(trajectory)

    return Command("Change needle", _checked(apply))


def take_needles(
    needles: tuple[Trajectory, ...], instead_of: tuple[TrajectoryId, ...] = (), drag: str = ""
) -> Command:
    """Put proposed needles where others were, in order; what was planned on those stays.

    A needle with no place to take gets the next free id. Places left over are removed, and what
    was planned on them.
    """

    def apply(plan: Plan) -> Plan:
        places = [one for one in instead_of if one in {item.id for item in plan.trajectories}]
        for place in places:
            _unlocked(plan, place)
        for place in places[len(needles) :]:
            plan = plan.without_trajectory(place)
        for number, needle in enumerate(needles):
            taken = number < len(places)
            new_id = places[number] if taken else free_trajectory_id(plan)
            size = plan.trajectory(new_id).size if taken else needle.size
            plan = plan.with_trajectory(replace(needle, id=new_id, size=size))
        return plan

    return Command("Take proposal", _checked(apply), drag)


def set_size(trajectory_id: TrajectoryId, size: NeedleSize | None) -> Command:
    """Choose the bone needle of a trajectory; ``None`` leaves it to the device."""

    def apply(plan: Plan) -> Plan:
        return plan.with_trajectory(replace(_unlocked(plan, trajectory_id), size=size))

    return Command("Choose needle", _checked(apply))


def set_approach(trajectory_id: TrajectoryId, approach: Approach) -> Command:
    """Say how a needle goes in, and so how it is measured and judged; its ends stay."""

    def apply(plan: Plan) -> Plan:
        return plan.with_trajectory(replace(_unlocked(plan, trajectory_id), approach=approach))

    return Command("Change approach", _checked(apply))


def set_locked(trajectory_id: TrajectoryId, locked: bool) -> Command:
    """Lock a needle against moving, or free it."""

    def apply(plan: Plan) -> Plan:
        return plan.with_trajectory(replace(_needle(plan, trajectory_id), locked=locked))

    return Command("Lock needle" if locked else "Unlock needle", _checked(apply))


def add_ablation(ablation: Ablation) -> Command:
    """Plan a burn or freeze on a needle."""

    def apply(plan: Plan) -> Plan:
        return replace(plan, ablations=(*plan.ablations, ablation))

    return Command("Add ablation", _checked(apply))


def change_ablation(ablation: Ablation) -> Command:
    """Replace the ablation with the same id."""

    def apply(plan: Plan) -> Plan:
        require(ablation.id, (item.id for item in plan.ablations), "ablation")
        kept = tuple(ablation if item.id == ablation.id else item for item in plan.ablations)
        return replace(plan, ablations=kept)

    return Command("Change ablation", _checked(apply))


def remove_ablation(ablation_id: AblationId) -> Command:
    """Take an ablation off its needle."""

    def apply(plan: Plan) -> Plan:
        require(ablation_id, (item.id for item in plan.ablations), "ablation")
        kept = tuple(item for item in plan.ablations if item.id != ablation_id)
        return replace(plan, ablations=kept)

    return Command("Remove ablation", _checked(apply))


def set_ablation_order(order: Order | None) -> Command:
    """Say whether the needles burn together or in turn; ``None`` leaves it open."""
    return Command("Order of ablations", lambda plan: replace(plan, ablation_order=order))


def add_cement(injection: CementInjection) -> Command:
    """Plan a cement volume through a needle."""

    def apply(plan: Plan) -> Plan:
        return replace(plan, cements=(*plan.cements, injection))

    return Command("Add cement", _checked(apply))


def change_cement(injection: CementInjection, drag: str = "") -> Command:
    """Replace the cement with the same id; ``drag`` joins the steps of a slider."""

    def apply(plan: Plan) -> Plan:
        require(injection.id, (item.id for item in plan.cements), "cement")
        kept = tuple(injection if item.id == injection.id else item for item in plan.cements)
        return replace(plan, cements=kept)

    return Command("Change cement", _checked(apply), drag)


def remove_cement(cement_id: CementId) -> Command:
    """Take a cement volume out of the plan."""

    def apply(plan: Plan) -> Plan:
        require(cement_id, (item.id for item in plan.cements), "cement")
        kept = tuple(item for item in plan.cements if item.id != cement_id)
        return replace(plan, cements=kept)

    return Command("Remove cement", _checked(apply))


def answer_clinical(**answers: Any) -> Command:
    """Answer some of the clinical questions by field name; ``None`` takes an answer back."""

    def apply(plan: Plan) -> Plan:
        if unknown := answers.keys() - CLINICAL_FIELDS:
            raise UsageError(f"not clinical questions: {', '.join(sorted(unknown))}")
        return replace(plan, clinical=replace(plan.clinical, **answers))

    return Command("Answer clinical questions", _checked(apply))


def confirm_side(confirmation: SideConfirmation | None) -> Command:
    """Record that a person confirmed left and right; ``None`` takes it back."""
    label = "Confirm side" if confirmation else "Withdraw side confirmation"
    return Command(label, lambda plan: replace(plan, side_confirmation=confirmation))


def acknowledge(acknowledgement: Acknowledgement) -> Command:
    """Record that a person read a finding and went on; replaces an older word on the same one.

    A finding needs a name and a reason, because an override nobody stands for is none.
    """

    def apply(plan: Plan) -> Plan:
        if not (acknowledgement.by.strip() and acknowledgement.reason.strip()):
            raise UsageError("a finding is acknowledged with a name and a reason")
        others = _without(plan.acknowledgements, acknowledgement.fingerprint)
        return replace(plan, acknowledgements=(*others, acknowledgement))

    return Command(f"Acknowledge {acknowledgement.rule}", _checked(apply))


def withdraw_acknowledgement(fingerprint: str) -> Command:
    """Take back an acknowledgement."""

    def apply(plan: Plan) -> Plan:
        return replace(plan, acknowledgements=_without(plan.acknowledgements, fingerprint))

    return Command("Withdraw acknowledgement", apply)


def set_notes(notes: str) -> Command:
    """Replace the free text of the plan."""
    return Command("Edit notes", lambda plan: replace(plan, notes=notes), drag="notes")


def lock_plan(lock: PlanLock) -> Command:
    """Close the plan to every edit; a lock needs the name of a person."""

    def apply(plan: Plan) -> Plan:
        if not lock.by.strip():
            raise UsageError("a plan is locked by a person with a name")
        return replace(plan, lock=lock)

    return Command("Lock plan", apply)


def unlock_plan() -> Command:
    """Open a locked plan to edits again."""
    return Command("Unlock plan", lambda plan: replace(plan, lock=None), passes_lock=True)


def set_grid_mark(mark: PointLps | None) -> Command:
    """Mark a point of a grid on the skin, or take the mark away."""
    name = "Take grid mark away" if mark is None else "Set grid mark"
    return Command(name, lambda plan: replace(plan, grid_mark=mark))


def accept_level(level: Level) -> Command:
    """Record that a person accepted the outline and the name of a vertebra."""

    def apply(plan: Plan) -> Plan:
        accepted = {*plan.anatomy.accepted_levels, level}
        ordered = tuple(sorted(accepted, key=lambda item: item.order))
        return replace(plan, anatomy=replace(plan.anatomy, accepted_levels=ordered))

    return Command(f"Accept {level}", apply)


def withdraw_level(level: Level) -> Command:
    """Take back the acceptance of a vertebra."""

    def apply(plan: Plan) -> Plan:
        kept = tuple(item for item in plan.anatomy.accepted_levels if item is not level)
        return replace(plan, anatomy=replace(plan.anatomy, accepted_levels=kept))

    return Command(f"Withdraw acceptance of {level}", apply)


def set_anatomy(binding: AnatomyBinding) -> Command:
    """Bind the plan to other outlines."""
    return Command("Change anatomy", lambda plan: replace(plan, anatomy=binding))


def bind_outlines(backend: str, locator: str = "") -> Command:
    """Bind the plan to outlines just made, with the names the user gave.

    Every acceptance is taken back, because what was accepted is not what is there now.
    """

    def apply(plan: Plan) -> Plan:
        binding = replace(plan.anatomy, backend=backend, locator=locator, accepted_levels=())
        return replace(plan, anatomy=binding)

    return Command("Outline the spine", apply)


def set_seed(level: Level, point: PointLps) -> Command:
    """Name a vertebra by a point in its body.

    Every acceptance is taken back, because a new name moves the names of the neighbours.
    """

    def apply(plan: Plan) -> Plan:
        others = tuple(seed for seed in plan.anatomy.seeds if seed[0] is not level)
        seeds = tuple(sorted((*others, (level, point)), key=lambda seed: seed[0].order))
        binding = replace(plan.anatomy, seeds=seeds, accepted_levels=())
        return replace(plan, anatomy=binding)

    return Command(f"Name {level}", apply)


def remove_seed(level: Level) -> Command:
    """Take back the name of a vertebra, and every acceptance with it."""

    def apply(plan: Plan) -> Plan:
        seeds = tuple(seed for seed in plan.anatomy.seeds if seed[0] is not level)
        binding = replace(plan.anatomy, seeds=seeds, accepted_levels=())
        return replace(plan, anatomy=binding)

    return Command(f"Remove name {level}", apply)


def correct(
    correction: Correction, *, touched: Iterable[Level], place: int | None = None, drag: str = ""
) -> Command:
    """Add a correction of the outlines, or put it at ``place`` in the list while it is dragged.

    Parameters
    ----------
    touched
        The levels whose outline or name may change; their acceptances are taken back.
    """
    lost = frozenset(touched)

    def apply(plan: Plan) -> Plan:
        made = list(plan.anatomy.corrections)
        if place is None or place == len(made):
            made.append(correction)
        elif 0 <= place < len(made):
            made[place] = correction
        else:
            raise UsageError(f"the plan has no correction number {place + 1}")
        return _corrected(plan, tuple(made), lost)

    return Command(f"Correct: {_CORRECTION_WORDS[type(correction)]}", _checked(apply), drag)


def remove_correction(place: int, *, touched: Iterable[Level]) -> Command:
    """Take back one correction, counted from 0; those after it stay and are played again."""
    lost = frozenset(touched)

    def apply(plan: Plan) -> Plan:
        made = plan.anatomy.corrections
        if not 0 <= place < len(made):
            raise UsageError(f"the plan has no correction number {place + 1}")
        return _corrected(plan, made[:place] + made[place + 1 :], lost)

    return Command("Remove correction", _checked(apply))


def clear_corrections() -> Command:
    """Take back every correction, and every acceptance with them."""
    return Command("Clear corrections", lambda plan: _corrected(plan, (), frozenset(Level)))


def _corrected(plan: Plan, made: tuple[Correction, ...], lost: frozenset[Level]) -> Plan:
    kept = tuple(level for level in plan.anatomy.accepted_levels if level not in lost)
    return replace(plan, anatomy=replace(plan.anatomy, corrections=made, accepted_levels=kept))


def _needle_edit(
    label: str,
    trajectory_id: TrajectoryId,
    drag: str,
    *,
    entry: PointLps | None = None,
    tip: PointLps | None = None,
) -> Command:
    def apply(plan: Plan) -> Plan:
        needle = _unlocked(plan, trajectory_id)
        return plan.with_trajectory(
            replace(needle, entry=entry or needle.entry, tip=tip or needle.tip)
        )

    return Command(label, _checked(apply), drag)


def _checked(apply: Callable[[Plan], Plan]) -> Callable[[Plan], Plan]:
    """Turn the refusal of a value (a tip on its entry, say) into a sentence for the user."""

    def checked(plan: Plan) -> Plan:
        try:
            return apply(plan)
        except ValueError as refusal:
            raise UsageError(str(refusal)) from refusal

    return checked


def _needle(plan: Plan, trajectory_id: TrajectoryId) -> Trajectory:
    require(trajectory_id, (item.id for item in plan.trajectories), "needle")
    return plan.trajectory(trajectory_id)


def _unlocked(plan: Plan, trajectory_id: TrajectoryId) -> Trajectory:
    needle = _needle(plan, trajectory_id)
    if needle.locked:
        raise UsageError(f"needle {trajectory_id} is locked; unlock it to change it")
    return needle


def require(wanted: str, known: Iterable[str], noun: str) -> None:
    """Raise ``UsageError`` where a plan has no thing of this id."""
    if wanted not in set(known):
        raise UsageError(f"the plan has no {noun} {wanted}")


def _without(given: tuple[Acknowledgement, ...], fingerprint: str) -> tuple[Acknowledgement, ...]:
    return tuple(item for item in given if item.fingerprint != fingerprint)


def free_id(prefix: str, used: Iterable[str]) -> str:
    """Return the first id of the form ``prefix1``, ``prefix2`` that is not used."""
    taken, number = set(used), 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"
