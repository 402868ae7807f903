"""Keeps the simulated X-ray pictures those of the selected needle, while they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.prediction import PredictedCement
    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.view_protocols import WorkstationView
    from planner.session.xray_pictures import XrayPicture, XraySubject

SLOT = "xray"


class XrayDesk:
    """Draws a picture when its subject changed; while a needle is dragged, a small one.

    AP, lateral and oblique belong to the vertebra, so a drag redraws the view down the needle
    alone; what is planned lies over the pictures and follows at once.
    """

    def __init__(
        self,
        view: WorkstationView,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._view = view
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._case_shown: tuple[CtVolume, Anatomy] | None = None
        self._made: dict[XraySubject, XrayPicture] = {}
        self._small: frozenset[XraySubject] = frozenset()
        self._shown: tuple[XrayPicture, ...] = ()
        self._asked: tuple[tuple[XraySubject, ...], bool] = ((), False)

    def toggle(self) -> None:
        """Show X-ray pictures of the selected needle, or slices again."""
        state = self._panes.state
        if state is not None and state.xray:
            self._panes.show_xray(shown=False)
            self._floor.refresh()
        else:
            self.show(pair=False)

    def show(self, *, pair: bool) -> None:
        """Show X-ray pictures of the selected needle: all four, or AP and lateral alone."""
        if self._panes.state is None:
            return
        if why := self._why_not():
            self._floor.say(why, is_error=True)
            return
        self._panes.show_xray(shown=True, pair=pair)
        self._floor.refresh()

    def _why_not(self) -> str:
        needle, anatomy = self._edits.needle, self._edits.anatomy
        if needle is None:
            return "Select a needle first."
        if anatomy is None or needle.level not in anatomy.vertebrae:
            return f"Outline {needle.level} first: the views are true to its own axes."
        return ""

    def follow(self, fills: tuple[PredictedCement, ...]) -> None:
        """Draw what changed; leave the pictures when there is no needle to draw them for."""
        state = self._panes.state
        if self._case_shown is not None and self._case_shown[0] is not self._case.ct:
            self._made, self._small, self._case_shown = {}, frozenset(), None
        if state is None or not state.xray:
            return
        needle, anatomy, ct = self._edits.needle, self._edits.anatomy, self._case.ct
        if needle is None or anatomy is None or ct is None or self._why_not():
            self._panes.show_xray(shown=False)
            return
        if self._case_shown is None or self._case_shown[0] is not ct or (
            self._case_shown[1] is not anatomy
        ):  # fmt: skip
            self._made, self._small, self._case_shown = {}, frozenset(), (ct, anatomy)
            self._asked = ((), False)
        from planner.session.xray_drawing import subjects  # noqa: PLC0415 - loads after the window

        masks = tuple((fill.filled(), fill.geometry) for fill in fills)
        key = " ".join(f"{fill.cement_injection_id}:{id(fill)}" for fill in fills)
        wanted = subjects(needle, anatomy, ct.record.patient_position, key)
        dragging = self._edits.is_dragging
        good = {one for one in self._made if dragging or one not in self._small}
        missing = tuple(one for one in wanted if one not in good)
        self._show(tuple(self._made[one] for one in wanted if one in self._made))
        if not missing or SLOT in self._jobs.busy or (missing, dragging) == self._asked:
            return
        self._asked = (missing, dragging)
        self._draw(missing, wanted, ct, anatomy, needle.level, masks, preview=dragging)

    def _draw(  # one job: what, of whom, how
        self,
        missing: tuple[XraySubject, ...],
        wanted: tuple[XraySubject, ...],
        ct: CtVolume,
        anatomy: Anatomy,
        level: Level,
        masks: tuple[tuple[NDArray[np.bool_], VolumeGeometry], ...],
        *,
        preview: bool,
    ) -> None:
        from planner.session.xray_drawing import make_pictures  # noqa: PLC0415 - loads after the window

        vertebra = anatomy.vertebrae[level]

        def came(value: object) -> None:
            made: tuple[XrayPicture, ...] = value  # type: ignore[assignment]  # make_pictures
            if self._case_shown is None or self._case_shown[1] is not anatomy:
                return
            kept = {one: self._made[one] for one in wanted if one in self._made}
            self._made = kept | {one.subject: one for one in made}
            new = {one.subject for one in made}
            self._small = frozenset((self._small - new) | (new if preview else set()))

        self._jobs.start(
            SLOT,
            "Drawing X-ray pictures",
            lambda report: make_pictures(
                missing, ct, anatomy, vertebra, masks, report, preview=preview
            ),
            came,
        )

    def _show(self, pictures: tuple[XrayPicture, ...]) -> None:
        if [id(one) for one in pictures] != [id(one) for one in self._shown]:
            self._shown = pictures
            self._view.show_xrays(pictures)
