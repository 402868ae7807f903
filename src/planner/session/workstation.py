"""The one presenter behind the window: it takes intents and shows frozen states."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.document.commands import answer_clinical
from planner.document.plan_document import PlanDocument
from planner.domain.errors import PlannerError
from planner.session import state_words
from planner.session.actions import STILL_COMING, reasons, tool_reasons
from planner.session.arrival_desk import ArrivalDesk
from planner.session.case_desk import CaseDesk
from planner.session.cement_desk import CementDesk
from planner.session.cement_drag import CementDrag
from planner.session.check_desk import CheckDesk, side_words
from planner.session.compare_desk import CompareDesk
from planner.session.control_desk import ControlDesk
from planner.session.correction_desk import CorrectionDesk
from planner.session.drawing import Drawing, FindingMark
from planner.session.fetch_desk import FetchDesk
from planner.session.job_desk import JobDesk
from planner.session.jobs import JobFailed
from planner.session.keeping_desk import KeepingDesk
from planner.session.layout_desk import LayoutDesk
from planner.session.level_map import level_map
from planner.session.measure_desk import MeasureDesk
from planner.session.needle_desk import NeedleDesk
from planner.session.outline_desk import OutlineDesk
from planner.session.pane_desk import PaneDesk
from planner.session.paper_desk import PaperDesk
from planner.session.plan_desk import PlanDesk
from planner.session.position import position_alarm
from planner.session.preview_desk import PreviewDesk
from planner.session.protect_desk import ProtectDesk
from planner.session.reception import Reception
from planner.session.register_desk import RegisterDesk
from planner.session.room_desk import RoomDesk
from planner.session.scans_desk import ScansDesk
from planner.session.simulation_desk import SimulationDesk
from planner.session.straight_desk import StraightDesk
from planner.session.thermometer_desk import ThermometerDesk
from planner.session.tissue_desk import TissueDesk
from planner.session.tool_marks import CorrectionState, ToolMarks
from planner.session.training_desk import TrainingDesk
from planner.session.treat_desk import TreatDesk
from planner.session.window_states import (
    AnatomyState,
    CheckPhase,
    CheckState,
    Message,
    PlanState,
    StudyState,
    TreatState,
)
from planner.session.xray_desk import XrayDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from planner.document.plan_document import PlanChanged
    from planner.domain.plan import AblationId
    from planner.domain.prediction import MissingZone, PredictedCement, PredictedZone
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.incoming import IncomingScan
    from planner.session.jobs import JobEvent, JobRunner
    from planner.session.level_map import LevelMapRow
    from planner.session.opened_case import OpenedCase
    from planner.session.ports import CaseServices
    from planner.session.view_protocols import WorkstationView


class Workstation:
    """Holds the desks, voids the verdict with every change, and shows what differs.

    An intent that cannot be done says so in one sentence and changes nothing. Anything
    unforeseen stops the checks: a verdict never outlives a fault.
    """

    def __init__(
        self,
        services: CaseServices,
        view: WorkstationView,
        runner: JobRunner,
        user_folder: Path | None = None,
    ) -> None:
        self._services = services
        self._view = view
        self.panes = panes = PaneDesk(view, self.say)
        self.edits = edits = PlanDesk()
        self.checks = CheckDesk(services, runner, self.refresh)
        self.jobs = jobs = JobDesk(
            runner,
            show=view.show_jobs,
            refused=lambda error: self.say(str(error), is_error=True),
            fault=self.fault,
            ended=self.refresh,
        )
        self.case = case = CaseDesk(services, runner, self, edits, self._begin, self._saved)
        self.keeping = KeepingDesk(user_folder, self, case, edits)
        self.reception = Reception(
            services, view, self, jobs, arrived=self.keeping.take, looking=self._look
        )
        self.arrivals = ArrivalDesk(services.fetching, runner, self, case, self.reception)
        self.fetching = FetchDesk(services.fetching, jobs, self.arrivals.take)
        self.arrivals.set_up = self.fetching.set_up
        self.scans = ScansDesk(user_folder, self, jobs, case)
        self.outlines = OutlineDesk(services, view, self, jobs, case, edits, panes)
        self.needles = NeedleDesk(services, self, jobs, case, edits, panes)
        self.corrections = CorrectionDesk(services, self, edits, self.outlines)
        self.measures = MeasureDesk(self, case, self.corrections)
        self.treatment = TreatDesk(services, self, edits)
        self.protection = ProtectDesk(services, self, case, edits, panes)
        self.simulation = SimulationDesk(services, self, jobs, case, edits, self.checks)
        self.thermometers = ThermometerDesk(services, jobs, case, edits, self.simulation)
        self.tissue = TissueDesk(services, self, jobs, case, edits, panes)
        self.cement = CementDesk(services, self, jobs, case, edits, self.checks)
        self.preview = PreviewDesk(services, self, runner, case, edits, self._previewed)
        self.cement_drag = CementDrag(services, self, runner, case, edits, self._previewed)
        self.paper = PaperDesk(services, self, jobs, case, edits, self.checks)
        self.register = RegisterDesk(self, edits)
        self.room = RoomDesk(services, self, jobs, case, edits, panes, self.needles)
        self.control = ControlDesk(services, self, jobs, edits)
        self.compare = CompareDesk(services, self, jobs, case, edits, panes)
        self.xrays = XrayDesk(view, self, jobs, case, edits, panes)
        self.straight = StraightDesk(jobs, case, edits, panes)
        self.layouts = LayoutDesk(self, panes, edits, self.xrays, self.compare)
        self.training = TrainingDesk(services, self)
        self.names_hidden = False
        self._focus: FindingMark | None = None
        self._zones: tuple[PredictedZone | MissingZone, ...] = ()
        self._shown: dict[str, object] = {}
        self._runner = runner
        self._is_warm = False
        self.plan_shown = PlanState()
        self.treatment_shown = TreatState()

    def start(self) -> None:
        """Show the empty desk, and what was left unsaved."""
        self.arrivals.start()
        self.keeping.look()
        self.refresh()

    @property
    def ct(self) -> CtVolume | None:
        """The open scan."""
        return self.case.ct

    def _look(self, incoming: IncomingScan | None) -> None:
        """Show slices on their way in, and nothing of the open case beside them."""
        if incoming is not None:
            self._view.show_incoming(incoming)
            self.panes.follow(incoming)
            if "coming" not in self._shown:
                self._shown["coming"] = incoming
                self._view.show_outlines(None)
                self._view.show_surfaces(())
            self.refresh()
            return
        self._shown.pop("coming", None)
        ct = self.case.ct
        self._view.show_scan(ct, position_alarm(ct.record.patient_position) if ct else "")
        self._view.show_outlines(self.outlines.drawn)
        self.panes.go_back()
        self.outlines.build_surfaces()
        self.refresh()

    def _begin(self, opened: OpenedCase) -> None:
        """Clear every desk for the case that was opened."""
        ct = opened.ct
        self.jobs.cancel("segment", "redo", "prepare", "suggest", "surfaces", "lesion", "simulate")
        self.jobs.cancel("xray", "skin", "card")
        self.checks.forget()
        self.needles.forget()
        self.preview.forget()
        self.room.forget()
        self.tissue.forget()
        self.straight.forget()
        self.thermometers.forget()
        self.cement.forget()
        self.cement_drag.forget()
        self.compare.forget()
        self._shown.pop("coming", None)
        self._focus, self._zones = None, ()
        self.edits.anatomy = opened.anatomy
        document = PlanDocument(opened.plan)
        document.subscribe(self._plan_changed)
        document.subscribe(lambda _change: self.keeping.follow())
        self.training.opened(ct, document)
        self.edits.reset(document)
        self._view.show_surfaces(())
        self._view.show_scan(ct, position_alarm(ct.record.patient_position))
        self.outlines.begin(opened)
        self.corrections.forget()
        self.measures.forget()
        self.panes.open(ct)
        if opened.plan.trajectories:
            first = opened.plan.trajectories[0]
            self.edits.select(first.id)
            self.panes.jump(first.tip)
        self.derive()
        self.outlines.build_surfaces()
        self._warm(ct)

    def _warm(self, ct: CtVolume) -> None:
        """Compile what follows the hand while the first scan is looked at; once for a window."""
        if not self._is_warm:
            self._is_warm = True
            self._runner.submit("warm", partial(self._services.warm, ct), self._warmed)

    def _warmed(self, event: JobEvent) -> None:
        if isinstance(event, JobFailed):
            self.fault(event.error)

    def answer(self, name: str, value: object) -> None:
        """Answer one clinical question."""
        self.act(lambda: self.edits.do(answer_clinical(**{name: value})))

    def probe(self, point: PointLps) -> str:
        """Return what is at a point: position and HU."""
        if self.ct is None or self.reception.coming is not None:
            return ""
        x, y, z = point.array
        place = f"{'L' if x >= 0 else 'R'} {abs(x):.1f}  {'P' if y >= 0 else 'A'} {abs(y):.1f}  "
        place += f"{'S' if z >= 0 else 'I'} {abs(z):.1f} mm"
        i, j, k = (int(value) for value in np.floor(self.ct.geometry.ijk(point.array) + 0.5))
        nk, nj, ni = self.ct.hu.shape
        if not (0 <= i < ni and 0 <= j < nj and 0 <= k < nk):
            return f"{place}  outside the scan"
        return f"{place}  {self.ct.hu[k, j, i]} HU  {self.tissue.name_at(point)}".rstrip()

    def act(self, intent: Callable[[], None]) -> None:
        """Run an edit; say in one sentence when it cannot be done."""
        if self.reception.coming is not None:
            self.say(STILL_COMING, is_error=True)
            return
        try:
            intent()
        except PlannerError as refusal:
            self.say(str(refusal), is_error=True)
        self.edits.keep_valid()
        self.refresh()

    def _saved(self) -> None:
        self.keeping.saved()

    def _plan_changed(self, change: PlanChanged) -> None:
        if change.label == "Save":
            self.refresh()
        else:
            self._focus = None
            self.edits.keep_valid()
            self.derive()

    # checks

    def derive(self) -> None:
        """Void the verdict in this very call, and start the check."""
        if self.case.ct is None or self.edits.document is None:
            return
        plan = self.edits.plan
        self._zones = ()
        try:
            self._zones = self._services.predict_zones(plan)
            self.outlines.follow()
        except Exception as error:  # noqa: BLE001 - whatever fails here voids the verdict
            self.checks.forget()  # or a later retry would judge the plan before this edit
            self.checks.stop(error)
            return
        if self.outlines.is_stale:
            self.checks.wait("The outlines are being corrected; nothing counts on the old ones.")
        else:
            self.checks.invalidate(plan, self.case.ct, self.edits.anatomy)
        self._follow_the_hand()

    def _previewed(self) -> None:
        """Show a preview, and preview again where the hand has moved on."""
        self._follow_the_hand()
        self.refresh()

    def _follow_the_hand(self) -> None:
        self.preview.follow(is_void=self.outlines.is_stale)
        self.cement_drag.follow(is_void=self.outlines.is_stale)

    def fault(self, error: BaseException) -> None:
        """Stop the checks because something unforeseen failed anywhere in the window."""
        try:
            self.checks.stop(error)
        finally:
            self.say(f"Checks stopped: {type(error).__name__}: {error}", is_error=True)

    def show_finding(self, fingerprint: str) -> None:
        """Select a finding and show its place in every pane."""
        row = next((r for r in self.checks.state.findings if r.fingerprint == fingerprint), None)
        if row is None:
            return
        self._focus = None
        if row.at is not None:
            self._focus = FindingMark(at=row.at, severity=row.severity, label=row.rule)
            self.panes.jump(row.at)
        self.checks.select(fingerprint)

    def _valid_cements(self) -> tuple[PredictedCement, ...]:
        """Return the fills whose own inputs are what they were when they were computed."""
        last = self.checks.last
        if last is None or self.edits.document is None:
            return ()
        now, then = self.edits.plan, last.plan
        if now.anatomy != then.anatomy:
            return ()
        levels = {one.id: now.trajectory(one.trajectory_id).level for one in now.cements}
        same = {level for level in levels.values() if now.done_at(level) == then.done_at(level)}
        return tuple(one for one in last.cements if levels.get(one.cement_injection_id) in same)

    def hide_names(self, *, hidden: bool) -> None:
        """Hide or show who the scan is of."""
        self.names_hidden = hidden
        self.reception.hide_names(hidden=hidden)
        self.arrivals.hide_names(hidden=hidden)
        self.fetching.hide_names(hidden=hidden)
        self.refresh()

    # showing

    def cancel(self, slot: str) -> None:
        """Stop long work."""
        self.jobs.cancel(slot)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Show one sentence."""
        self._view.show_message(Message(text=text, is_error=is_error))

    def close(self) -> None:
        """Stop all work and wait for it; what is not saved by now is not wanted."""
        self.arrivals.close()
        self.jobs.close()
        self.keeping.close()

    def refresh(self) -> None:
        """Show every state that differs from what is shown.

        The verdict comes first: whatever fails further down, a void one never stays hidden.
        """
        coming = self.reception.coming is not None
        check = CheckState() if coming else self.checks.state
        self._publish("check", check, self._view.show_check)
        self.keeping.say_trouble()
        self._publish("kept", self.keeping.state, self._view.show_kept)
        if coming:
            self._refresh_coming(check)
        else:
            self._refresh_case()

    def _refresh_case(self) -> None:
        checks, desk = self.checks, self.edits
        if not desk.is_dragging:
            self.panes.keep_along(desk.axis)
        cements = self._valid_cements()
        unfilled = dict(checks.evaluation.unfilled) if checks.evaluation else {}
        zones = () if checks.state.phase is CheckPhase.STOPPED else self._zones
        study = state_words.study_state(
            self.ct,
            names_hidden=self.names_hidden,
            refusal=self.reception.refusal,
            side_confirmed=side_words(desk.plan) if desk.document else "",
        )
        anatomy = state_words.anatomy_state(
            desk.anatomy,
            desk.document.plan if desk.document else None,
            is_void=self.outlines.is_stale,
            lesions=self.training.unless_held(self.outlines.lesions, ()),
        )
        plan = state_words.plan_state(
            desk,
            file_name=self.case.path.name if self.case.path else "",
            unsaved=self.case.unsaved,
            offered=self.needles.offered,
            card=self.room.card,
            catalogue=self._services.needles.values(),
        )
        treat = state_words.treat_state(
            desk, self._services, zones, cements, unfilled, self._heat_lines
        )
        treat = self.cement.told(treat, cements)
        layers = (*self.protection.lines, *self.preview.separations)
        treat = replace(
            self._with_coverage(treat),
            layers=layers,
            thermometers=self.training.unless_held(self.thermometers.lines, ()),
        )
        treat = self.tissue.told(treat)
        self.plan_shown, self.treatment_shown = plan, treat
        busy = self.jobs.busy
        show = self._view
        self._publish("study", study, show.show_study)
        self._publish("anatomy", anatomy, show.show_anatomy)
        self._publish("plan", plan, show.show_plan)
        self._publish("treat", treat, show.show_treatment)
        tools = self.corrections.state
        self._publish("tools", tools, show.show_corrections)
        why: Mapping[str, str] = reasons(study, anatomy, plan, treat, checks.state, busy)
        why = {**why, **tool_reasons(study, anatomy, tools, plan.lock)}
        if self.ct is not None:
            why |= self.layouts.reasons | self.measures.reasons | self.keeping.reasons
        why = self.training.held_back(self.fetching.held_back(why))
        self._publish("why", why, show.show_availability)
        fills = self.cement.marks(cements, checks.fills)
        fills += self.cement_drag.marks_beside({one.cement_injection_id for one in cements})
        parts = self._services.needle_parts(desk.plan) if desk.document else None
        heat = self.simulation.marks or self.preview.marks
        ends = self.simulation.beside(zones)
        drawing = state_words.drawing_of(desk, ends, fills, self._focus, heat, parts)
        if self.outlines.is_stale:
            drawing = replace(drawing, wall_points_mm=None)
        self._view.show_drawing(
            replace(
                drawing,
                tool=self._tool_marks(),
                measures=self.measures.marks,
                skin=self.room.skin,
                grid_mark=self.room.grid_mark,
                layers=self.protection.layers,
                tissue=self.tissue.mark,
                straight=self.straight.pictures,
                thermometers=self.training.unless_held(self.thermometers.marks, ()),
                other=self.compare.drawing,
            )
        )
        self._publish("levels", self._levels(zones, cements), show.show_levels)
        self._publish("comparison", self.compare.state, show.show_comparison)
        self.xrays.follow(cements)
        self.cement.follow()
        self.room.follow(is_void=self.outlines.is_stale)
        self.thermometers.follow()
        self.straight.follow(is_void=self.outlines.is_stale)
        self.tissue.follow(is_void=self.outlines.is_stale)

    def _levels(
        self,
        zones: tuple[PredictedZone | MissingZone, ...],
        cements: tuple[PredictedCement, ...],
    ) -> tuple[LevelMapRow, ...]:
        if self.edits.document is None:
            return ()
        found = self.checks.evaluation
        judged = found.assessment if found else None
        names = {key: device.name for key, device in self._services.devices.items()}
        names |= {key: cement.name for key, cement in self._services.cements.items()}
        return level_map(self.edits.plan, zones, cements, judged, names)

    def _tool_marks(self) -> ToolMarks:
        marks, hint = self.corrections.marks, self.measures.hint
        return replace(marks, hint=hint, holds_hand=True) if hint else marks

    def _with_coverage(self, treat: TreatState) -> TreatState:
        """Return the treatment with the curves of what is drawn: full tier, else preview."""
        needle = self.edits.needle
        if needle is None:
            return treat
        ours = [a.id for a in self.edits.plan.ablations if a.trajectory_id == needle.id]
        burn = ours[0] if ours else None
        curves = self.simulation.coverage(burn) or self.preview.coverage(burn)
        return self.simulation.told(replace(treat, coverage=curves), burn)

    def _heat_lines(self, ablation_id: AblationId | None) -> tuple[str, ...]:
        """Return what the full tier says of an ablation, else what the preview says."""
        return self.simulation.lines(ablation_id) or self.preview.lines(ablation_id)

    def _refresh_coming(self, check: CheckState) -> None:
        """Show that nothing can be planned yet, and nothing of the case that was open."""
        show = self._view
        study, plan = StudyState(is_coming=True), PlanState()
        anatomy, treat = AnatomyState(), TreatState()
        self.plan_shown, self.treatment_shown = plan, treat
        self._publish("study", study, show.show_study)
        self._publish("anatomy", anatomy, show.show_anatomy)
        self._publish("plan", plan, show.show_plan)
        self._publish("treat", treat, show.show_treatment)
        tools = CorrectionState()
        self._publish("tools", tools, show.show_corrections)
        why = reasons(study, anatomy, plan, treat, check, self.jobs.busy)
        why |= tool_reasons(study, anatomy, tools)
        self._publish("why", self.fetching.held_back(why), show.show_availability)
        self._view.show_drawing(Drawing())

    def _publish(self, name: str, state: object, show: Callable[..., None]) -> None:
        """Show a state that differs; one that could not be shown does not count as shown."""
        if name not in self._shown or self._shown[name] != state:
            self._shown[name] = state
            try:
                show(state)
            except BaseException:
                self._shown.pop(name, None)
                raise
