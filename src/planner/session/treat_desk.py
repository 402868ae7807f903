"""Chooses devices for the selected needle, and keeps zone tables that a user typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.document.commands import set_ablation_order
from planner.domain.errors import PlannerError
from planner.domain.plan import Ablation, AblationId, TrajectoryId

if TYPE_CHECKING:
    from planner.domain.devices import ZoneRow
    from planner.domain.order import Order
    from planner.session.floor import Floor
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices


class TreatDesk:
    """What is done through the selected needle."""

    def __init__(self, services: CaseServices, floor: Floor, edits: PlanDesk) -> None:
        self._services = services
        self._floor = floor
        self._edits = edits

    def device_name(self, device_id: str) -> str:
        """Return the name of a device."""
        return self._services.devices[device_id].name

    def choose_device(self, device_id: str) -> None:
        """Plan the device on the selected needle with the settings of its first table row.

        The longest time of the row is taken: of what the row states, the larger burn.
        """
        if not device_id:
            self._floor.act(lambda: self._edits.set_ablation(None))
            return
        rows = self._services.devices[device_id].zone_rows
        row = rows[0] if rows else None
        wanted = Ablation(
            id=AblationId("new"),
            trajectory_id=TrajectoryId("selected"),
            device_id=device_id,
            power_w=row.power_w if row else None,
            setpoint_celsius=row.setpoint_celsius if row else None,
            time_s=row.time_s[1] if row and row.time_s else None,
        )
        self._floor.act(lambda: self._edits.set_ablation(wanted))

    def choose_order(self, order: Order | None) -> None:
        """Say whether the needles work together or in turn."""
        if order is not self._edits.plan.ablation_order:
            self._floor.act(lambda: self._edits.do(set_ablation_order(order)))

    def enter_table(self, device_id: str, rows: tuple[ZoneRow, ...], document: str) -> None:
        """Keep a device's zone table that the user typed in."""
        try:
            self._services.save_device_table(device_id, rows, document)
        except PlannerError as refusal:
            self._floor.say(str(refusal), is_error=True)
            return
        self._floor.say(f"{len(rows)} rows kept for {device_id}, marked as entered by a user.")
        self.choose_device(device_id)
        self._floor.derive()
