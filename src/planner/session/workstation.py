"""The one presenter behind the window: it takes intents and shows frozen states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.document.commands import answer_clinical
from planner.document.plan_document import PlanDocument
from planner.document.plan_file import is_plan_file
from planner.domain.errors import PlannerError
from planner.domain.plan import Ablation, AblationId, TrajectoryId
from planner.session import state_words
from planner.session.actions import reasons
from planner.session.check_desk import CheckDesk
from planner.session.drawing import FindingMark
from planner.session.job_desk import JobDesk
from planner.session.outlines import OutlineVolume, outline_volume
from planner.session.pane_desk import PaneDesk
from planner.session.plan_desk import PlanDesk
from planner.session.position import position_alarm
from planner.session.surfaces import anatomy_surfaces, bone_surface
from planner.session.window_states import CheckPhase, Message, PlanState, TreatState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from planner.document.plan_document import PlanChanged
    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import ZoneRow
    from planner.domain.levels import Level, Side
    from planner.domain.plan import Plan
    from planner.domain.prediction import MissingZone, PredictedCement, PredictedZone
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.jobs import JobRunner
    from planner.session.ports import CaseServices, Evaluation, Suggestions
    from planner.session.view_protocols import WorkstationView


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OpenedPlan:
    plan: Plan
    ct: CtVolume
    anatomy: Anatomy | None
    drawn: OutlineVolume | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outlined:
    anatomy: Anatomy
    drawn: OutlineVolume


class Workstation:
    """Holds the open case and the desks; every public method is an intent of the user.

    An intent that cannot be done says so in one sentence and changes nothing. Anything
    unforeseen stops the checks: a verdict never outlives a fault.
    """

    def __init__(self, services: CaseServices, view: WorkstationView, runner: JobRunner) -> None:
        self._services = services
        self._view = view
        self.panes = PaneDesk(view, self.say)
        self.edits = PlanDesk()
        self.checks = CheckDesk(services, runner, self._refresh)
        self.jobs = JobDesk(
            runner,
            show=view.show_jobs,
            refused=lambda error: self.say(str(error), is_error=True),
            fault=self.fault,
            ended=self._refresh,
        )
        self.ct: CtVolume | None = None
        self.names_hidden = False
        self._path: Path | None = None
        self._saved: Plan | None = None
        self._suggestions: Suggestions | None = None
        self._suggested = 0
        self._focus: FindingMark | None = None
        self._zones: tuple[PredictedZone | MissingZone, ...] = ()
        self._shown: dict[str, object] = {}
        self.plan_shown = PlanState()
        self.treatment_shown = TreatState()

    def start(self) -> None:
        """Show the empty desk."""
        self._refresh()

    # opening

    def open_scan(self, path: Path) -> None:
        """Read a CT in the background; what is open stays until it is read."""
        self.jobs.start(
            "open",
            "Reading the scan",
            lambda report: self._services.open_scan(path, report),
            self._scan_opened,
        )

    def open_plan(self, path: Path) -> None:
        """Read a plan, then the scan it was made on."""

        def work(report: ProgressReport) -> object:
            plan = self._services.load_plan(path)
            ct, anatomy = self._services.reopen(plan, report)
            drawn = outline_volume(anatomy) if anatomy else None
            return _OpenedPlan(plan=plan, ct=ct, anatomy=anatomy, drawn=drawn)

        self.jobs.start(
            "open", "Reading the plan", work, lambda value: self._plan_opened(path, value)
        )

    def drop(self, path: Path) -> None:
        """Open what was dragged onto the window: a plan file, else a scan."""
        (self.open_plan if is_plan_file(path) else self.open_scan)(path)

    def _scan_opened(self, value: object) -> None:
        ct: CtVolume = value  # type: ignore[assignment]  # what open_scan returns
        plan = self._services.new_plan(ct)
        self._begin(_OpenedPlan(plan=plan, ct=ct, anatomy=None), None)
        self.say(f"{ct.geometry.size_ijk[2]} slices read.")

    def _plan_opened(self, path: Path, value: object) -> None:
        opened: _OpenedPlan = value  # type: ignore[assignment]  # what open_plan's work returns
        self._begin(opened, path)
        self.say(f"Plan opened, revision {opened.plan.revision}.")

    def _begin(self, opened: _OpenedPlan, path: Path | None) -> None:
        ct, plan = opened.ct, opened.plan
        self.jobs.cancel("segment", "suggest", "surfaces")
        self.checks.forget()
        self.ct, self._path, self._saved = ct, path, plan
        self._suggestions, self._focus, self._zones = None, None, ()
        self.edits.anatomy = opened.anatomy
        document = PlanDocument(plan)
        document.subscribe(self._plan_changed)
        self.edits.reset(document)
        self._view.show_surfaces(())
        self._view.show_scan(ct, position_alarm(ct.record.patient_position))
        self._view.show_outlines(opened.drawn)
        self.panes.open(ct)
        self._derive()
        self._build_surfaces()

    # outlines

    def segment(self) -> None:
        """Outline the spine in the background."""
        if (ct := self.ct) is not None:
            seeds = dict(self.edits.plan.anatomy.seeds)
            self._outline(
                "Outlining the spine",
                lambda report: self._services.segment(ct, seeds, report),
                None,
            )

    def import_labels(self, path: Path) -> None:
        """Take the outlines from a label file."""
        if (ct := self.ct) is not None:
            self._outline(
                "Reading the outlines",
                lambda report: self._services.import_anatomy(ct, path, report),
                path,
            )

    def _outline(
        self, message: str, make: Callable[[ProgressReport], Anatomy], labels: Path | None
    ) -> None:
        def work(report: ProgressReport) -> _Outlined:
            anatomy = make(report)
            return _Outlined(anatomy=anatomy, drawn=outline_volume(anatomy))

        self.jobs.start("segment", message, work, lambda value: self._outlined(value, labels))

    def _outlined(self, value: object, labels: Path | None) -> None:
        made: _Outlined = value  # type: ignore[assignment]  # what the work above returns
        anatomy = made.anatomy
        self.edits.anatomy = anatomy
        self._view.show_outlines(made.drawn)
        command = self._services.bind_anatomy(anatomy, labels)
        before = self.edits.plan
        self.act(lambda: self.edits.do(command))
        if self.edits.plan is before:
            self._derive()
        self._build_surfaces()
        levels = sorted(anatomy.vertebrae, key=lambda item: item.order)
        found = f"{levels[0]} to {levels[-1]}" if levels else "no vertebra"
        if levels and not self.edits.plan.trajectories:
            middle = anatomy.vertebrae[levels[len(levels) // 2]]
            self.panes.move_cursor(middle.body_centre)
        self.say(f"Outlined {found}. Look at every level before you plan on it.")

    def _build_surfaces(self) -> None:
        ct, anatomy = self.ct, self.edits.anatomy
        if ct is None:
            return

        def work(report: ProgressReport) -> object:
            return anatomy_surfaces(anatomy, report) if anatomy else bone_surface(ct, report)

        self.jobs.start("surfaces", "Building the 3-D view", work, self._surfaces_built)

    def _surfaces_built(self, value: object) -> None:
        self._view.show_surfaces(value)  # type: ignore[arg-type]  # what the work returns

    # needles

    def place(self, *, is_entry: bool) -> None:
        """Put the entry or the tip at the crosshair."""
        if self.panes.state is not None:
            cursor = self.panes.state.cursor
            self.act(lambda: self.edits.place(cursor, is_entry=is_entry))

    def suggest(self) -> None:
        """Propose a needle for the chosen level and side; asked again, the next one."""
        ct, anatomy = self.ct, self.edits.anatomy
        level, side = self.edits.level, self.edits.side
        if ct is None or anatomy is None or level is None or side is None:
            self.say("Outline the spine, then choose a level and a side.", is_error=True)
            return
        if level not in anatomy.vertebrae:
            self.say(f"{level} is not outlined, so no path to it can be proposed.", is_error=True)
            return
        self.jobs.start(
            "suggest",
            f"Looking for a path to {level} {side}",
            lambda report: self._services.suggest(ct, anatomy, level, side, report),
            self._suggestion_came,
        )

    def _suggestion_came(self, value: object) -> None:
        offers: Suggestions = value  # type: ignore[assignment]  # what suggest returns
        self._suggestions, self._suggested = offers, 0
        if not offers.ranked:
            self.say("No path is proposed: " + " ".join(offers.none_because), is_error=True)
            self._refresh()
            return
        self.act(lambda: self.edits.take(offers.ranked[0]))
        needle = self.edits.needle
        if needle is not None:
            self.panes.jump(needle.tip)

    def choose_level(self, level: Level | None) -> None:
        """Choose the level for the next needle."""
        self.edits.level = level
        anatomy = self.edits.anatomy
        if level is not None and anatomy is not None and level in anatomy.vertebrae:
            self.panes.jump(anatomy.vertebrae[level].body_centre)
        self._refresh()

    def choose_side(self, side: Side | None) -> None:
        """Choose the side for the next needle; ``None`` takes it from the entry."""
        self.edits.side = side
        self._refresh()

    def answer(self, name: str, value: object) -> None:
        """Answer one clinical question."""
        self.act(lambda: self.edits.do(answer_clinical(**{name: value})))

    def enter_table(self, device_id: str, rows: tuple[ZoneRow, ...], document: str) -> None:
        """Keep a device's zone table that the user typed in."""
        try:
            self._services.save_device_table(device_id, rows, document)
        except PlannerError as refusal:
            self.say(str(refusal), is_error=True)
            return
        self.say(f"{len(rows)} rows kept for {device_id}, marked as entered by a user.")
        self.choose_device(device_id)
        self._derive()

    def probe(self, point: PointLps) -> str:
        """Return what is at a point: position and HU."""
        if self.ct is None:
            return ""
        x, y, z = point.array
        place = f"{'L' if x >= 0 else 'R'} {abs(x):.1f}  {'P' if y >= 0 else 'A'} {abs(y):.1f}  "
        place += f"{'S' if z >= 0 else 'I'} {abs(z):.1f} mm"
        i, j, k = (int(value) for value in np.floor(self.ct.geometry.ijk(point.array) + 0.5))
        nk, nj, ni = self.ct.hu.shape
        if not (0 <= i < ni and 0 <= j < nj and 0 <= k < nk):
            return f"{place}  outside the scan"
        return f"{place}  {self.ct.hu[k, j, i]} HU"

    def device_name(self, device_id: str) -> str:
        """Return the name of a device."""
        return self._services.devices[device_id].name

    def choose_device(self, device_id: str) -> None:
        """Plan the device on the selected needle with the settings of its first table row.

        The longest time of the row is taken: of what the row states, the larger burn.
        """
        if not device_id:
            self.act(lambda: self.edits.set_ablation(None))
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
        self.act(lambda: self.edits.set_ablation(wanted))

    def act(self, intent: Callable[[], None]) -> None:
        """Run an edit; say in one sentence when it cannot be done."""
        try:
            intent()
        except PlannerError as refusal:
            self.say(str(refusal), is_error=True)
        self.edits.keep_valid()
        self._refresh()

    def _plan_changed(self, change: PlanChanged) -> None:
        if change.label == "Save":
            self._refresh()
        else:
            self._focus = None
            self.edits.keep_valid()
            self._derive()

    # checks

    def _derive(self) -> None:
        """Void the verdict in this very call, and start the check."""
        if self.ct is None or self.edits.document is None:
            return
        plan = self.edits.plan
        self._zones = ()
        try:
            self._zones = self._services.predict_zones(plan)
        except Exception as error:  # noqa: BLE001 - whatever fails here voids the verdict
            self.checks.stop(error)
            return
        self.checks.invalidate(plan, self.ct, self.edits.anatomy)

    def fault(self, error: BaseException) -> None:
        """Stop the checks because something unforeseen failed anywhere in the window."""
        self.checks.stop(error)
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
        kept = []
        for fill in last.cements:
            new = next((c for c in now.cements if c.id == fill.cement_injection_id), None)
            old = next((c for c in then.cements if c.id == fill.cement_injection_id), None)
            if new is not None and new == old:
                needle = now.trajectory(new.trajectory_id)
                if needle == then.trajectory(new.trajectory_id):
                    kept.append(fill)
        return tuple(kept)

    # files

    @property
    def path(self) -> Path | None:
        """The file of the plan."""
        return self._path

    @property
    def unsaved(self) -> bool:
        """Whether the plan differs from its file."""
        return self.edits.document is not None and self.edits.plan != self._saved

    def save(self, path: Path) -> bool:
        """Write the plan; tell whether it worked."""
        document = self.edits.document
        if document is None:
            return False
        try:
            saved = self._services.save_plan(path, document.plan)
        except PlannerError as refusal:
            self.say(str(refusal), is_error=True)
            return False
        self._path, self._saved = path, saved
        document.mark_saved(saved)
        self._refresh()
        self.say(f"Saved as revision {saved.revision}.")
        return True

    @property
    def has_unsaved_work(self) -> bool:
        """Whether closing would lose a needle or an answer."""
        return self.unsaved and bool(self.edits.plan.trajectories or self.edits.plan.notes)

    def write_report(self, path: Path) -> None:
        """Write the PDF of the plan as it was checked."""
        self._put_out(
            "Writing the PDF",
            lambda *checked: (
                f"{self._services.write_report(path, *checked)} pages written to {path.name}."
            ),
        )

    def export(self, folder: Path) -> None:
        """Write what other programs read, of the plan as it was checked."""
        self._put_out(
            "Exporting", lambda *checked: self._services.export(folder, *checked).strip()
        )

    def _put_out(
        self, title: str, write: Callable[[CtVolume, Anatomy | None, Evaluation], str]
    ) -> None:
        evaluation, ct, anatomy = self.checks.evaluation, self.ct, self.edits.anatomy
        if evaluation is None or ct is None:
            self.say("Wait until the plan is checked.", is_error=True)
            return
        self.jobs.start(
            "report",
            title,
            lambda _report: write(ct, anatomy, evaluation),
            lambda said: self.say(str(said)),
        )

    def hide_names(self, *, hidden: bool) -> None:
        """Hide or show who the scan is of."""
        self.names_hidden = hidden
        self._refresh()

    # showing

    def cancel(self, slot: str) -> None:
        """Stop long work."""
        self.jobs.cancel(slot)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Show one sentence."""
        self._view.show_message(Message(text=text, is_error=is_error))

    def close(self) -> None:
        """Stop all work and wait for it."""
        self.jobs.close()

    def _refresh(self) -> None:
        """Show every state that differs from what is shown."""
        checks, desk = self.checks, self.edits
        cements = self._valid_cements()
        unfilled = dict(checks.evaluation.unfilled) if checks.evaluation else {}
        zones = () if checks.state.phase is CheckPhase.STOPPED else self._zones
        reasons_why = tuple(
            self._suggestions.ranked[self._suggested].reasons
            if self._suggestions and self._suggestions.ranked
            else ()
        )
        study = state_words.study_state(self.ct, names_hidden=self.names_hidden)
        anatomy = state_words.anatomy_state(
            desk.anatomy, desk.document.plan if desk.document else None
        )
        plan = state_words.plan_state(
            desk,
            file_name=self._path.name if self._path else "",
            unsaved=self.unsaved,
            suggestion=reasons_why,
        )
        treat = state_words.treat_state(desk, self._services, zones, cements, unfilled)
        self.plan_shown, self.treatment_shown = plan, treat
        busy = self.jobs.busy
        show = self._view
        self._publish("study", study, show.show_study)
        self._publish("anatomy", anatomy, show.show_anatomy)
        self._publish("plan", plan, show.show_plan)
        self._publish("treat", treat, show.show_treatment)
        self._publish("check", checks.state, show.show_check)
        why: Mapping[str, str] = reasons(study, anatomy, plan, treat, checks.state, busy)
        self._publish("why", why, show.show_availability)
        fills = [checks.fills[item.cement_injection_id] for item in cements]
        self._view.show_drawing(state_words.drawing_of(desk, zones, fills, self._focus))

    def _publish(self, name: str, state: object, show: Callable[..., None]) -> None:
        if name not in self._shown or self._shown[name] != state:
            self._shown[name] = state
            show(state)
