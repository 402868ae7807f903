"""The intents that edit the plan; every one is a document command."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from planner.document import commands
from planner.domain.errors import UsageError
from planner.domain.levels import Side
from planner.domain.plan import (
    SHORTEST_TRAJECTORY_MM,
    Ablation,
    Acknowledgement,
    Approach,
    CementInjection,
    CementTechnique,
    PlanLock,
    SideConfirmation,
    Trajectory,
)
from planner.session.drawing import Grip
from planner.session.needle_axis import NeedleAxis

if TYPE_CHECKING:
    from planner.document.plan_document import Command, PlanDocument
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.plan import Plan, TrajectoryId
    from planner.geometry.points import PointLps
    from planner.session.drawing import Handle
    from planner.session.ports import Suggestion

MIDLINE_MM = 3.0
"""An entry closer to a vertebra's midline than this does not say left or right by itself."""


USUAL_CAVITY_ML = 2.0
"""What the field of a balloon or a stent begins with; any other is typed."""


class PlanDesk:
    """Turns what the hand wants into commands; holds only what is not part of the plan."""

    def __init__(self) -> None:
        self.document: PlanDocument | None = None
        self.anatomy: Anatomy | None = None
        self.selected: TrajectoryId | None = None
        self.pending_entry: PointLps | None = None
        self.pending_tip: PointLps | None = None
        self.level: Level | None = None
        self.side: Side | None = None
        self._drags = count(1)
        self._drag = ""
        self.is_dragging = False

    def reset(self, document: PlanDocument | None) -> None:
        """Start on another plan."""
        self.document = document
        self.selected = self.pending_entry = self.pending_tip = None
        self.keep_valid()

    @property
    def plan(self) -> Plan:
        """The current plan.

        Raises
        ------
        UsageError
            When none is open.
        """
        return self._open.plan

    @property
    def needle(self) -> Trajectory | None:
        """The selected needle."""
        if self.document is None or self.selected is None:
            return None
        return self.document.plan.trajectory(self.selected)

    @property
    def axis(self) -> NeedleAxis | None:
        """The line of the selected needle."""
        needle = self.needle
        return None if needle is None else NeedleAxis(needle.entry, needle.tip)

    def keep_valid(self) -> None:
        """Drop a selection that undo took away; select the only needle by itself."""
        if self.document is None:
            return
        known = [item.id for item in self.document.plan.trajectories]
        if self.selected not in known:
            self.selected = None
        if self.selected is None and len(known) == 1 and not self.is_placing:
            self.selected = known[0]

    @property
    def is_placing(self) -> bool:
        """Whether one end of a new needle is placed."""
        return self.pending_entry is not None or self.pending_tip is not None

    # needles

    def begin_needle(self) -> None:
        """Let go of the selected needle, so that E and T place a new one."""
        self.selected = self.pending_entry = self.pending_tip = None

    def place(
        self,
        point: PointLps,
        *,
        is_entry: bool,
        approach: Approach = Approach.TRANSPEDICULAR,
    ) -> None:
        """Put the entry or the tip: of the selected needle, or of a new one of this approach."""
        needle = self.needle
        if needle is not None:
            put = commands.set_entry if is_entry else commands.set_tip
            self.do(put(needle.id, point))
            return
        other = self.pending_tip if is_entry else self.pending_entry
        if other is not None and other.distance_mm(point) < SHORTEST_TRAJECTORY_MM:
            raise UsageError(
                "Entry and tip are at the same place. Move the crosshair to the other end first."
            )
        if is_entry:
            self.pending_entry = point
        else:
            self.pending_tip = point
        if self.pending_entry is not None and self.pending_tip is not None:
            self._add(self.pending_entry, self.pending_tip, approach)

    def _add(self, entry: PointLps, tip: PointLps, approach: Approach) -> None:
        level = self.level or self.level_at(tip)
        if level is None:
            raise UsageError("Choose the level of the needle first: the tip is in no outline.")
        needle = Trajectory(
            id=commands.free_trajectory_id(self.plan),
            level=level,
            side=self.side or self.side_at(entry, level),
            approach=approach,
            entry=entry,
            tip=tip,
        )
        self.pending_entry = self.pending_tip = None
        self.do(commands.add_trajectory(needle))
        self.selected = needle.id

    def level_at(self, point: PointLps) -> Level | None:
        """Return the vertebra whose body centre is nearest to a point, if it lies by its body."""
        if self.anatomy is None or not self.anatomy.vertebrae:
            return None
        nearest = min(
            self.anatomy.vertebrae.values(), key=lambda item: item.body_centre.distance_mm(point)
        )
        reach = max(nearest.body_size_mm)
        return nearest.level if nearest.body_centre.distance_mm(point) <= reach else None

    def side_at(self, entry: PointLps, level: Level) -> Side:
        """Return the side an entry lies on, from the vertebra's own left direction.

        Raises
        ------
        UsageError
            When it cannot be told: no outline, or an entry on the midline.
        """
        vertebra = self._vertebra(level)
        if vertebra is None:
            raise UsageError("Choose left or right first: the level is not outlined.")
        offset = entry.array - vertebra.body_centre.array
        left_mm = float(offset @ np.array(vertebra.left))
        if abs(left_mm) < MIDLINE_MM:
            raise UsageError(
                "Choose left or right first: the entry lies on the midline "
                f"({abs(left_mm):.1f} mm from it)."
            )
        return Side.LEFT if left_mm > 0 else Side.RIGHT

    def _vertebra(self, level: Level) -> Vertebra | None:
        return None if self.anatomy is None else self.anatomy.vertebrae.get(level)

    def select(self, trajectory_id: TrajectoryId | None) -> None:
        """Select a needle."""
        self.selected = trajectory_id
        self.pending_entry = self.pending_tip = None

    def grab(self, handle: Handle) -> None:
        """Begin a drag; all its steps are one undo step."""
        self.select(handle.trajectory_id)
        self._drag = f"drag-{next(self._drags)}"
        self.is_dragging = True

    def let_go(self) -> None:
        """End a drag."""
        self.is_dragging = False

    def drag(self, handle: Handle, point: PointLps) -> None:
        """Move one end to ``point``, or the whole needle or its tip along the axis with it."""
        name = handle.trajectory_id
        needle = self.plan.trajectory(name)
        if handle.grip is Grip.WHOLE:
            self.do(commands.move_needle(name, point.array - needle.tip.array, self._drag))
            return
        if handle.grip is Grip.ALONG:
            axis = NeedleAxis(needle.entry, needle.tip)
            depth = max(axis.depth_mm(point), SHORTEST_TRAJECTORY_MM)
            point = axis.at_depth(depth)
        put = commands.set_entry if handle.is_entry else commands.set_tip
        self.do(put(name, point, self._drag))

    def take(
        self, suggestion: Suggestion, instead_of: tuple[TrajectoryId, ...] = (), drag: str = ""
    ) -> tuple[TrajectoryId, ...]:
        """Take what is proposed into the plan, in the place of other needles, and select it.

        Steps with the same ``drag`` are one undo step. Returns the ids of what was taken.
        """
        before = {item.id for item in self.plan.trajectories}
        kept = tuple(one for one in instead_of if one in before)
        self.do(commands.take_needles(suggestion.needles, kept, drag))
        new = [item.id for item in self.plan.trajectories if item.id not in before]
        taken = (*kept, *new)[: len(suggestion.needles)]
        self.selected = taken[0]
        self.pending_entry = self.pending_tip = None
        return taken

    def lay(self, needle: Trajectory) -> None:
        """Put both ends of a needle that is in the plan."""
        self.do(commands.set_needle(needle.id, needle.entry, needle.tip))

    def delete(self) -> None:
        """Remove the selected needle and what is planned on it."""
        needle = self._needed()
        self.do(commands.remove_trajectory(needle.id))
        self.selected = None

    def toggle_lock(self) -> None:
        """Lock or free the selected needle."""
        needle = self._needed()
        self.do(commands.set_locked(needle.id, not needle.locked))

    # treatment

    def set_ablation(self, wanted: Ablation | None) -> None:
        """Plan, change or take off the ablation of the selected needle; its ids are kept."""
        needle = self._needed()
        old = next((a for a in self.plan.ablations if a.trajectory_id == needle.id), None)
        if wanted is None:
            if old is not None:
                self.do(commands.remove_ablation(old.id))
        elif old is None:
            new_id = commands.free_ablation_id(self.plan)
            self.do(commands.add_ablation(replace(wanted, id=new_id, trajectory_id=needle.id)))
        else:
            new = replace(wanted, id=old.id, trajectory_id=needle.id)
            self.do(commands.change_ablation(new))

    def set_cement(self, cement_id: str, volume_ml: float) -> None:
        """Plan, change or (at 0 mL) take off the cement of the selected needle."""
        needle = self._needed()
        old = next((c for c in self.plan.cements if c.trajectory_id == needle.id), None)
        if not cement_id or volume_ml <= 0.0:
            if old is not None:
                self.do(commands.remove_cement(old.id))
            return
        if old:
            self.do(commands.change_cement(replace(old, cement_id=cement_id, volume_ml=volume_ml)))
            return
        new = CementInjection(
            id=commands.free_cement_id(self.plan),
            trajectory_id=needle.id,
            cement_id=cement_id,
            volume_ml=volume_ml,
        )
        self.do(commands.add_cement(new))

    def set_cement_way(
        self, technique: CementTechnique, cavity_ml: float, pull_back_mm: float
    ) -> None:
        """Say how room is made for the cement of the selected needle, and how it is drawn back.

        A technique that makes a cavity gets one of the usual size until another is given.
        """
        needle = self._needed()
        old = next((c for c in self.plan.cements if c.trajectory_id == needle.id), None)
        if old is None:
            raise UsageError("Choose a cement first.")
        cavity_ml = (cavity_ml or USUAL_CAVITY_ML) if technique.makes_cavity else 0.0
        changed = replace(old, technique=technique, cavity_ml=cavity_ml, pull_back_mm=pull_back_mm)
        if changed != old:
            self.do(commands.change_cement(changed))

    # words of a person

    def confirm_side(self, by: str, at_utc: str) -> None:
        """Record that a person looked and confirmed the sides."""
        if not by.strip():
            raise UsageError("A confirmation needs the name of who confirms.")
        position = self.plan.scan.patient_position
        given = SideConfirmation(by=by.strip(), at_utc=at_utc, patient_position=position)
        self.do(commands.confirm_side(given))

    def lock(self, by: str, at_utc: str) -> None:
        """Close the plan to every edit, in the name of a person."""
        self.do(commands.lock_plan(PlanLock(by=by.strip(), at_utc=at_utc)))

    def unlock(self) -> None:
        """Open the plan to edits again."""
        self.do(commands.unlock_plan())

    def write_notes(self, text: str) -> None:
        """Put the free text of the plan."""
        self.do(commands.set_notes(text))

    def acknowledge(self, word: Acknowledgement) -> None:
        """Record that a person read a finding and goes on."""
        self.do(commands.acknowledge(word))

    def accept(self, level: Level, *, accepted: bool) -> None:
        """Accept the outline of a vertebra, or take it back."""
        self.do(commands.accept_level(level) if accepted else commands.withdraw_level(level))

    def undo(self) -> None:
        """Step back."""
        self._open.undo()

    def redo(self) -> None:
        """Step forward."""
        self._open.redo()

    def do(self, command: Command) -> None:
        """Apply a command to the open plan."""
        self._open.do(command)

    @property
    def _open(self) -> PlanDocument:
        if self.document is None:
            raise UsageError("Open a scan first.")
        return self.document

    def _needed(self) -> Trajectory:
        needle = self.needle
        if needle is None:
            raise UsageError("Select a needle first.")
        return needle
