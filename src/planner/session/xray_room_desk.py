"""Leads the needle under X-ray alone: the hand is blind between pictures, and each counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.session.xray_pictures import TITLES
from planner.session.xray_room_states import VIEWS, Arm, Shot, Table, XrayRoomState

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Trajectory
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.job_desk import JobDesk
    from planner.training.attempt import Reading
    from planner.training.blind_needle import BlindNeedle

SLOT: Final = "shot"


class XrayRoomDesk:
    """One room; ``entered`` begins it, and ``left`` closes it."""

    def __init__(
        self,
        jobs: JobDesk,
        show: Callable[[], None],
        note: Callable[[str, Trajectory | None], float],
    ) -> None:
        self._jobs = jobs
        self._show = show
        self._note = note
        self._ct: CtVolume | None = None
        self._reading: Reading | None = None
        self._middle: PointLps | None = None
        self._outer_diameter_mm = 0.0
        self.state: XrayRoomState | None = None
        """What the room shows; ``None`` while nobody is in it."""

    def enter(
        self, ct: CtVolume, middle: PointLps, reading: Reading, outer_diameter_mm: float
    ) -> None:
        """Bring both arms over a point of the patient; the needle touches the skin behind it."""
        self._ct, self._middle, self._reading = ct, middle, reading
        self._outer_diameter_mm = outer_diameter_mm
        self.state = XrayRoomState(arms={name: Arm() for name in VIEWS}, is_busy=True)

        def find_skin(_report: ProgressReport) -> None:
            from planner.planning.body_outline import body_outline  # noqa: PLC0415 - loads after the window

            body_outline(ct)

        self._jobs.start(
            SLOT, "Looking for the skin", find_skin, lambda _found: self._free(), gone=self._free
        )

    def leave(self) -> None:
        """Forget everything of the room."""
        self._jobs.cancel(SLOT)
        self.state = self._ct = self._middle = self._reading = None

    @property
    def needle(self) -> Trajectory | None:
        """Where the needle lies; ``None`` while it is not in the patient.

        Raises
        ------
        UsageError
            When the scan shows no skin where it goes in.
        """
        state = self.state
        return None if state is None or not state.needle.depth_mm else self._laid(state.needle)

    def _laid(self, needle: BlindNeedle) -> Trajectory:
        from planner.session.xray_shots import laid  # noqa: PLC0415 - loads after the window

        if self._ct is None or self._middle is None or self._reading is None:
            raise AssertionError("a needle lies in a room that was entered")
        return laid(needle, self._ct, self._middle, self._reading)

    # what the hand does

    def hold(self, wanted: BlindNeedle) -> None:
        """Set skin point, angles and depth; nothing of it is seen before a picture is taken.

        Raises
        ------
        UsageError
            When no hand could bring the needle there.
        """
        state = self.state
        if state is None or state.is_busy or wanted == state.needle:
            return
        needle = state.needle.moved_to(wanted)
        lies = self._laid(needle)
        self._note(_moved(state.needle, needle), lies if needle.depth_mm else None)
        self._become(replace(state, needle=needle))

    def turn(self, name: str, arm: Arm) -> None:
        """Turn an arm; its last picture stays until another is taken."""
        if self.state is not None and not self.state.is_busy:
            self._become(replace(self.state, arms={**self.state.arms, name: arm}))

    def move_table(self, table: Table) -> None:
        """Bring another place to the middle of both arms; the needle stays in the patient."""
        if self.state is not None and not self.state.is_busy:
            self._become(replace(self.state, table=table))

    def shoot(self, name: str) -> None:
        """Take a picture; it counts from the moment it is asked for.

        Raises
        ------
        UsageError
            When the scan shows no skin where the needle goes in.
        """
        state, ct, middle, reading = self.state, self._ct, self._middle, self._reading
        if state is None or ct is None or middle is None or reading is None or state.is_busy:
            return
        if reading.side is None:
            raise AssertionError("who treats says from which side")
        from planner.session.xray_shots import (  # noqa: PLC0415 - loads after the window
            arm_view,
            shadow_of,
            table_at,
            taken,
        )

        lies = self._laid(state.needle)
        shadow = shadow_of(state.needle, lies, self._outer_diameter_mm)
        arm = arm_view(name, state.arms[name], reading.side)
        number = state.shots + 1
        words = f"X-ray picture {number}: {TITLES[name]}, {arm.words}"
        at_s = self._note(words, lies if state.needle.depth_mm else None)
        centre = table_at(middle, state.table)
        self._jobs.start(
            SLOT,
            "Taking an X-ray picture",
            lambda _report: taken(arm, ct, centre, shadow, number=number, at_s=at_s),
            self._came,
            gone=self._free,
        )
        self._become(replace(state, shots=number, is_busy=True))

    def _came(self, value: object) -> None:
        shot: Shot = value  # type: ignore[assignment]  # what taken returns
        if self.state is not None:
            name = next(one for one in VIEWS if TITLES[one] == shot.title)
            shown = {**self.state.shown, name: shot}
            self._become(replace(self.state, shown=shown, is_busy=False))

    def _free(self) -> None:
        """Let the hand go on after a picture that was stopped or failed; it stays counted."""
        if self.state is not None:
            self._become(replace(self.state, is_busy=False))

    def _become(self, state: XrayRoomState) -> None:
        self.state = state
        self._show()


def _moved(before: BlindNeedle, after: BlindNeedle) -> str:
    """Return what the hand did, in words."""
    if after.depth_mm != before.depth_mm:
        way = "deeper, to" if after.depth_mm > before.depth_mm else "back, to"
        return f"Needle {way} {after.depth_mm:g} mm"
    if (after.left_mm, after.head_mm) != (before.left_mm, before.head_mm):
        return "Needle to another point of the skin"
    return (
        f"Needle turned: {after.towards_midline_deg:g}° to the midline, "
        f"{after.upward_deg:g}° to the head"
    )
