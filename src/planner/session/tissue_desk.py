"""The tissue map over the slices, and the parts of it that a person gives another class.

The map is made on demand, and drawn only while it is that of the plan shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.tissue_commands import choose_tissue, free_choice_id, unchoose_tissue
from planner.domain.errors import UsageError
from planner.domain.tissue_choice import (
    Ball,
    OutlinedPart,
    TissueChoice,
    TissueChoiceId,
    TissueKind,
)

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.drawing import TissueMark
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.window_states import TreatState

    _Key = tuple[object, ...]
    _Said = tuple[tuple[str, str], ...]


SLOT = "tissue"


class TissueDesk:
    """Works the map out anew when what it rests on changed and was let go."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._said: dict[str, tuple[_Key, _Said]] = {}
        self._made: tuple[_Key, TissueMark | None] | None = None
        self._asked: _Key | None = None
        self.is_shown = False

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._made = self._asked = None
        self._said = {}
        self.is_shown = False

    def toggle(self) -> None:
        """Show the map, or take it away."""
        self.is_shown = not self.is_shown
        self._asked = None
        self._floor.refresh()

    @property
    def mark(self) -> TissueMark | None:
        """The map of the plan as it is now; ``None`` while it is worked out or not shown."""
        if not self.is_shown or self._made is None or self._made[0] != self._now():
            return None
        return self._made[1]

    def name_at(self, point: object) -> str:
        """Return what the model takes a point for, where the map is shown."""
        mark = self.mark
        return "" if mark is None else mark.name_at(point)  # type: ignore[arg-type]  # a PointLps

    def _now(self) -> _Key | None:
        """Return all that the map rests on; ``None`` without outlines and a needle."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None or anatomy is None or self._edits.document is None:
            return None
        plan = self._edits.plan
        if not plan.trajectories:
            return None
        by_hand = (plan.protection, plan.tissue_choices)
        return (ct, anatomy, plan.trajectories, plan.ablations, *by_hand)

    def told(self, treat: TreatState) -> TreatState:
        """Return the treatment with the map, what may be set in it and what was."""
        mark = self.mark
        return replace(
            treat,
            tissue_shown=self.is_shown,
            tissues=() if mark is None else mark.names,
            tissue_parts=self.parts,
            tissue_choices=self.choices,
        )

    @property
    def parts(self) -> _Said:
        """Name and words of every part that may be given a class, while the map is shown."""
        anatomy = self._edits.anatomy
        if not self.is_shown or anatomy is None or self._edits.document is None:
            return ()
        levels = frozenset(needle.level for needle in self._edits.plan.trajectories)
        key = (anatomy, levels)
        if "parts" not in self._said or self._said["parts"][0] != key:
            from planner.planning.tissue_parts import parts_outlined  # noqa: PLC0415 - loads after the window

            found = parts_outlined(anatomy, levels)
            self._said["parts"] = (key, tuple((part.name, part.words) for part in found))
        return self._said["parts"][1]

    @property
    def choices(self) -> _Said:
        """Id and words of what the plan gives another class; shown with and without the map."""
        if self._edits.document is None or not self._edits.plan.tissue_choices:
            return ()
        anatomy, made = self._edits.anatomy, self._edits.plan.tissue_choices
        key = (anatomy, made)
        if "choices" not in self._said or self._said["choices"][0] != key:
            from planner.planning.tissue_parts import choice_words  # noqa: PLC0415 - loads after the window

            words = tuple((item.id, choice_words(item, anatomy)) for item in made)
            self._said["choices"] = (key, words)
        return self._said["choices"][1]

    def choose(self, part: str, radius_mm: float, only: str, becomes: str) -> None:
        """Give a part, or without a name the ball about the crosshair, another class.

        ``only`` limits it to what counts as that class now; empty for all of it.
        """
        state = self._panes.state
        if state is None or self._edits.document is None:
            self._floor.say("Open a scan and begin a plan first.", is_error=True)
            return

        def edit() -> None:
            try:
                choice = TissueChoice(
                    id=free_choice_id(self._edits.plan),
                    part=OutlinedPart(name=part)
                    if part
                    else Ball(centre=state.cursor, radius_mm=radius_mm),
                    becomes=TissueKind(becomes),
                    only=TissueKind(only) if only else None,
                )
            except ValueError as refusal:
                raise UsageError(f"{refusal}.".replace("..", ".")) from refusal
            self._edits.do(choose_tissue(choice))

        self._floor.act(edit)

    def unchoose(self, choice_id: str) -> None:
        """Let a part count again as HU and outlines have it."""
        wanted = TissueChoiceId(choice_id)
        self._floor.act(lambda: self._edits.do(unchoose_tissue(wanted)))

    def follow(self, *, is_void: bool) -> None:
        """Work the map out where the shown one is of another plan; never during a drag."""
        key = self._now()
        if not self.is_shown or key is None or is_void or self._edits.is_dragging:
            return
        if key == self._asked or SLOT in self._jobs.busy:
            return
        self._asked = key
        ct, anatomy, plan = self._case.ct, self._edits.anatomy, self._edits.plan

        def work(ct: CtVolume, anatomy: Anatomy) -> TissueMark | None:
            return self._services.tissue_map(plan, ct, anatomy)

        def came(value: object) -> None:
            self._made = (key, value)  # type: ignore[assignment]  # what tissue_map returns

        if ct is not None and anatomy is not None:
            self._jobs.start(SLOT, "Telling tissue apart", lambda _report: work(ct, anatomy), came)
