"""Plans layers of gas or fluid that protect nerves, at the crosshair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.document.protection_commands import free_layer_id, put_layer, remove_layer
from planner.domain.errors import UsageError
from planner.domain.protection import Agent, ProtectionLayer

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.geometry.points import PointLps
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices


class ProtectDesk:
    """Puts, changes and takes away layers; each is one undo step."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._case = case
        self._edits = edits
        self._panes = panes

    @property
    def layers(self) -> tuple[ProtectionLayer, ...]:
        """The layers of the plan that is open."""
        document = self._edits.document
        return () if document is None else document.plan.protection

    @property
    def lines(self) -> tuple[str, ...]:
        """What every layer is, whether it stays, and what must not be used with it."""
        if not self.layers or self._case.ct is None:
            return ()
        from planner.planning.layer_side import lie_words  # noqa: PLC0415 - loads after the window
        from planner.session.protection import why_refused  # noqa: PLC0415 - with it

        anatomy, position = self._edits.anatomy, self._case.ct.record.patient_position
        found = []
        for layer in self.layers:
            found.append(layer.words)
            if anatomy is not None:
                found.append(lie_words(layer, anatomy, position))
        burning = {burn.device_id for burn in self._edits.plan.ablations}
        known = self._services.devices
        refused = {why_refused(known[one], self.layers) for one in burning if one in known}
        return (*found, *sorted(refused - {""}))

    def put(self, agent: str, thickness_mm: float, width_mm: float) -> None:
        """Plan a layer at the crosshair, between it and the nearest needle that burns.

        A layer whose middle is within half its width of the crosshair is replaced.
        """
        state = self._panes.state
        if state is None or self._edits.document is None:
            self._floor.say("Open a scan and begin a plan first.", is_error=True)
            return
        plan, at = self._edits.plan, state.cursor
        from planner.planning.layer_side import away_from_heat  # noqa: PLC0415 - loads after the window

        across = away_from_heat(plan, at)
        if across is None:
            self._floor.say(
                "Plan an ablation first and put the crosshair off its needle: the layer lies "
                "between the two.",
                is_error=True,
            )
            return
        there = self._at(plan, at)
        name = free_layer_id(plan) if there is None else there.id

        def edit() -> None:
            try:
                layer = ProtectionLayer(
                    id=name,
                    agent=Agent(agent),
                    centre=at,
                    across=across,
                    thickness_mm=thickness_mm,
                    width_mm=width_mm,
                )
            except ValueError as refusal:
                raise UsageError(str(refusal)) from refusal
            self._edits.do(put_layer(layer))

        self._floor.act(edit)

    def remove(self) -> None:
        """Take away the layer the crosshair lies in, or the only one."""
        state = self._panes.state
        if state is None or self._edits.document is None:
            return
        plan = self._edits.plan
        there = self._at(plan, state.cursor)
        if there is None and len(plan.protection) == 1:
            there = plan.protection[0]
        if there is None:
            self._floor.say("Put the crosshair into the layer to remove.", is_error=True)
            return
        self._floor.act(lambda: self._edits.do(remove_layer(there.id)))

    @staticmethod
    def _at(plan: Plan, at: PointLps) -> ProtectionLayer | None:
        """Return the layer whose middle is nearer to a point than half its width."""
        for layer in plan.protection:
            if layer.centre.distance_mm(at) <= layer.width_mm / 2.0:
                return layer
        return None
