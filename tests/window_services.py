"""A fast stand-in for the use cases of the window, over a digital spine.

It answers with the real physics and a few findings worked out here; what it does not do is
segment or run the real rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from phantoms import easy_l3
from planner.catalog import load_catalog
from planner.document import commands
from planner.document.plan_file import load_plan, save_plan
from planner.domain.cement import LeakChance, LeakForecast, LeakPath
from planner.domain.coverage import Coverage, MissedPart
from planner.domain.errors import CancelledByUserError, PlannerError
from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.domain.levels import Side
from planner.domain.limit_times import LimitTimes
from planner.domain.plan import (
    AnatomyBinding,
    Approach,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import ModelLabel
from planner.domain.simulation import Order, Simulation, StructureCourse, ZoneExtent
from planner.domain.sourced import Status
from planner.domain.while_open import let_scans_go
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.pacs import RECEIVING
from planner.physics.heat.record import NEVER_S
from planner.physics.zone_table import table_zone
from planner.safety.distance_field import let_slabs_go
from planner.session.cement_filling import fills_of
from planner.session.fetching import ArchiveSetup, StudyContents
from planner.session.margins import Margin, measure_margins
from planner.session.needle_card import needle_card
from planner.session.needle_parts import NeedleParts, needle_parts
from planner.session.ports import Evaluation, Suggestion, Suggestions, Wish
from planner.session.skin_map import skin_map
from planner.session.thermometer_plan import PlannedThermometer, planned_thermometers
from planner.session.tissue_view import tissue_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.document.plan_document import Command
    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import ZoneRow
    from planner.domain.levels import Level
    from planner.domain.live_preview import LivePreview
    from planner.domain.prediction import MissingZone, PredictedZone
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.imaging.inspection import Inspection
    from planner.imaging.voxels import SliceDelivery
    from planner.pacs.peer import StudyFound
    from planner.pacs.watched import Seen
    from planner.session.drawing import TissueMark

CATALOG = load_catalog()


def pedicle_path(anatomy: Anatomy, level: Level, side: Side) -> Trajectory:
    """A needle along a pedicle's own axis into the front of the body."""
    vertebra = anatomy.vertebrae[level]
    pedicle = vertebra.pedicles[side]
    axis = np.array(pedicle.axis)
    return Trajectory(
        id=TrajectoryId("proposal"),
        level=level,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=pedicle.isthmus.moved(-58.0 * axis),
        tip=pedicle.isthmus.moved(26.0 * axis),
    )


def made_up_simulation(plan: Plan) -> Simulation:
    """A ball of 10 mm about the tip of the first ablation, with its band, and a hot canal."""
    burn = plan.ablations[0]
    tip = plan.trajectory(burn.trajectory_id).tip
    grid = VolumeGeometry.axis_aligned(
        (41, 41, 41), (1.0, 1.0, 1.0), (tip.x_mm - 20.0, tip.y_mm - 20.0, tip.z_mm - 20.0)
    )
    away = np.linalg.norm(np.indices(grid.shape_kji) - 20.0, axis=0)

    def dying_s(radius_mm: float) -> np.ndarray:
        """A ball that grows by the same in each second and is whole after 200."""
        return np.where(away <= radius_mm, np.ceil(200.0 * away / radius_mm), NEVER_S).astype(
            np.uint16
        )

    canal = StructureCourse(
        peak_celsius=43.2,
        lowest_celsius=37.0,
        hottest_celsius=46.4,
        coldest_celsius=37.0,
        flowing_celsius=41.0,
        cem43_min=12.0,
        times=LimitTimes(stop_celsius=42.0, to_stop_s=200.0, past_stop_s=60.0, past_harm_s=0.0),
    )
    model = ModelLabel(
        tier="full", name="made up", version="1", inputs=(), source="test", status=Status.DERIVED
    )
    return Simulation(
        input_sha256="made up",
        order=Order.TOGETHER,
        is_cold=False,
        model=model,
        geometry=grid,
        certain=away <= 7.0,
        zone=away <= 10.0,
        possible=away <= 13.0,
        killed_at_s=dying_s(10.0),
        certain_at_s=dying_s(7.0),
        possible_at_s=dying_s(13.0),
        total_s=300.0,
        owner=np.zeros(grid.shape_kji, np.uint8),
        peak_celsius=(90.0 - 3.0 * away).astype(np.float32),
        lowest_celsius=np.full(grid.shape_kji, 37.0, np.float32),
        band_mm=3.0,
        extents={
            burn.id: ZoneExtent(length_mm=20.0, width_mm=20.0, height_mm=20.0, volume_ml=4.19)
        },
        courses={"canal": canal},
        exposures={},
        runs={"nominal": 4.19},
        missed=np.zeros(grid.shape_kji, np.bool_),
        coverage=Coverage(
            percent=80.0,
            sure_percent=60.0,
            least_margin_mm=-2.0,
            curve=(),
            missed_words="L3: anterior",
            missed_parts=(MissedPart(words="L3 body, left anterior", volume_ml=0.4),),
            volume_ml=2.0,
        ),
    )


@dataclass
class FakeFetching:
    """An archive, and a watched folder, that say what a test wants."""

    archives: ArchiveSetup | PlannerError = field(default_factory=ArchiveSetup)
    studies: tuple[StudyFound, ...] = ()
    lies_there: StudyContents = field(default_factory=lambda: StudyContents(series=()))
    seen: Seen | None = None
    refusal: BaseException | None = None
    asked: list[object] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    def setup(self) -> ArchiveSetup:
        if isinstance(self.archives, PlannerError):
            raise self.archives
        return self.archives

    def _ask(self, *asked: object) -> None:
        self.asked.append(asked)
        if self.refusal is not None:
            raise self.refusal

    def find(self, archive, query, report):
        self._ask("find", archive, query)
        return self.studies

    def contents(self, archive, study_uid, report):
        self._ask("contents", archive, study_uid)
        return self.lies_there

    def fetch(self, archive, study_uid, series_uid, report):
        self._ask("fetch", archive, study_uid, series_uid)
        report(0.5, RECEIVING)
        return Path("fetched"), 318

    def keep_plan(self, plan):
        self._ask("keep", plan.plan_id)
        return Path("fetched.plan")

    def look(self, report):
        return self.seen

    def settled(self):
        return frozenset(self.known)

    def settle(self, names):
        self.known += names


@dataclass
class PhantomServices:
    """Implements ``CaseServices``."""

    devices: Mapping[str, object] = field(default_factory=lambda: CATALOG.devices)
    cements: Mapping[str, object] = field(default_factory=lambda: CATALOG.cements)
    needles: Mapping[str, object] = field(default_factory=lambda: CATALOG.needles)
    fail_check: BaseException | None = None
    tables: list[tuple[str, tuple[ZoneRow, ...], str]] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    known_archives: tuple[str, ...] = ()
    sent: list[tuple[str, Plan]] = field(default_factory=list)
    fetching: FakeFetching = field(default_factory=FakeFetching)
    found: Inspection | None = None
    """What lies in every folder; ``None`` is one volume."""
    opened: list[str | None] = field(default_factory=list)
    warmed: list[CtVolume] = field(default_factory=list)
    wishes: list[Wish | None] = field(default_factory=list)
    simulated: dict[object, tuple[Simulation, ...]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Have everything at hand already."""

    def warm(self, ct: CtVolume, report: ProgressReport) -> None:
        self.warmed.append(ct)

    def let_others_go(self, ct: CtVolume) -> None:
        let_scans_go()

    def look(self, path: Path, report: ProgressReport) -> Inspection | None:
        report(0.5, "Looking")
        return self.found

    def open_scan(
        self,
        path: Path,
        report: ProgressReport,
        series_uid: str | None = None,
        on_slices: SliceDelivery | None = None,
    ) -> CtVolume:
        self.opened.append(series_uid)
        report(0.5, "Reading")
        return easy_l3().ct

    def sample_scan(self, report: ProgressReport) -> Path:
        report(0.5, "Making")
        return Path("sample")

    def segment(self, ct: CtVolume, seeds: object, report: ProgressReport) -> Anatomy:
        report(0.5, "Outlining")
        return easy_l3().truth

    def redo_outlines(
        self, ct: CtVolume, binding: AnatomyBinding, report: ProgressReport
    ) -> Anatomy:
        report(0.5, "Correcting")
        return easy_l3().truth

    def touched_levels(self, anatomy: Anatomy, word: object) -> frozenset[Level]:
        return frozenset(anatomy.vertebrae)

    def describe_lesions(self, ct: CtVolume, anatomy: Anatomy) -> tuple[str, ...]:
        return ("Lesion in L3: 1.0 mL.",)

    def import_anatomy(self, ct: CtVolume, path: Path, report: ProgressReport) -> Anatomy:
        return easy_l3().truth

    def new_plan(self, ct: CtVolume) -> Plan:
        return Plan(
            plan_id="plan-under-test",
            scan=ScanBinding.to(ct.record),
            anatomy=AnatomyBinding(backend="none"),
        )

    def bind_anatomy(self, anatomy: Anatomy, labels: Path | None) -> Command:
        return commands.set_anatomy(AnatomyBinding(backend=anatomy.backend))

    def predict_zones(self, plan: Plan) -> tuple[PredictedZone | MissingZone, ...]:
        zones = []
        for ablation in plan.ablations:
            needle = plan.trajectory(ablation.trajectory_id)
            along = unit(needle.tip.array - needle.entry.array)
            device = CATALOG.devices[ablation.device_id]
            zones.append(table_zone(device, ablation, needle.tip, along))
        return tuple(zones)

    def state_sha256(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        return "0"

    def evaluate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, report: ProgressReport
    ) -> Evaluation:
        report(0.1, "Checking")
        let_slabs_go()  # as the real check does before it begins
        if self.fail_check is not None:
            raise self.fail_check
        patient = SimpleNamespace(ct=ct, anatomy=anatomy, catalog=CATALOG)
        cements, _ = fills_of(plan, patient, {})
        fills = list(cements.values())
        findings = tuple(_finding(plan, needle, anatomy) for needle in plan.trajectories)
        return Evaluation(
            plan=plan,
            simulations=self.simulated.get((plan.trajectories, plan.ablations), ()),
            zones=self.predict_zones(plan),
            cements=tuple(fills),
            unfilled={},
            margins=self._margins(plan, anatomy, tuple(fills)),
            assessment=Assessment(
                verdict=Verdict.WARNED if findings else Verdict.CLEAR,
                findings=findings,
                checked=("N4",),
                input_sha256="0",
                revision=plan.revision,
            ),
        )

    def _margins(self, plan, anatomy, fills) -> tuple[Margin, ...]:
        if anatomy is None:
            return ()
        widths = {needle.id: 3.2 for needle in plan.trajectories}
        return measure_margins(plan, anatomy, self.predict_zones(plan), fills, widths)

    def suggest(
        self,
        ct: CtVolume,
        anatomy: Anatomy,
        level: Level,
        side: Side | None,
        report: ProgressReport,
        wish: Wish | None = None,
    ) -> Suggestions:
        self.wishes.append(wish)
        if wish is not None and wish.two_needles:
            left, right = (pedicle_path(anatomy, level, one) for one in Side)
            pair = Suggestion(trajectory=left, second=right, reasons=("one each side",))
            return Suggestions(
                ranked=(pair, *self._singles(anatomy, level, None)), none_because=()
            )
        return Suggestions(ranked=self._singles(anatomy, level, side), none_because=())

    def _singles(self, anatomy, level, side) -> tuple[Suggestion, ...]:
        sides = tuple(Side) if side is None else (side,)
        return tuple(
            Suggestion(
                trajectory=pedicle_path(anatomy, level, one),
                reasons=("along the axis of the pedicle",),
                title=f"{one} along the pedicle",
            )
            for one in sides
        )

    def preview(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> tuple[LivePreview, ...]:
        return ()

    def preview_cement(self, plan, ct, anatomy) -> tuple[object, ...]:
        return ()

    def needle_parts(self, plan: Plan) -> NeedleParts:
        return needle_parts(plan, CATALOG)

    def needle_card(self, plan, needle, ct, anatomy, grid_mark) -> tuple[object, ...]:
        return needle_card(plan.trajectory(needle), plan, ct, anatomy, CATALOG, grid_mark)

    def skin_map(self, ct, anatomy, level, wish) -> object:
        return skin_map(ct, anatomy, level, wish, CATALOG)

    def simulate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> tuple[Simulation, ...]:
        report(0.5, "Simulating")
        made = made_up_simulation(plan)
        self.simulated[plan.trajectories, plan.ablations] = (made,)
        return (made,)

    def tissue_map(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> TissueMark | None:
        return tissue_mark(plan, SimpleNamespace(ct=ct, anatomy=anatomy, catalog=CATALOG))

    def thermometers(self, plan, ct, anatomy, simulations) -> tuple[PlannedThermometer, ...]:
        return planned_thermometers(simulations, plan, ct, anatomy, CATALOG)

    def forecast_leaks(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> Mapping[str, LeakForecast]:
        report(0.5, "Estimating")
        chance = LeakChance(leaking=3, runs=20, first_ml=(0.8, None, None))
        never = LeakChance(leaking=0, runs=20, first_ml=(None, None, None))
        chances = dict.fromkeys(LeakPath, never) | {LeakPath.EPIDURAL: chance}
        return {
            one.id: LeakForecast(
                cement_injection_id=one.id, asked_ml=one.volume_ml, chances=chances
            )
            for one in plan.cements
        }

    def save_plan(self, path: Path, plan: Plan) -> Plan:
        return save_plan(path, plan)

    def load_plan(self, path: Path) -> Plan:
        return load_plan(path)

    def reopen(
        self, plan: Plan, report: ProgressReport, ct_path=None, on_slices=None
    ) -> tuple[CtVolume, Anatomy | None]:
        return easy_l3().ct, easy_l3().truth

    def write_report(
        self, path: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> int:
        path.write_bytes(b"%PDF-1.7 stand-in")
        self.written.append(path)
        return 3

    def export(
        self, folder: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        folder.mkdir(exist_ok=True)
        self.written.append(folder)
        return f"0 files written to {folder.name}."

    def archives(self) -> tuple[str, ...]:
        return self.known_archives

    def send(
        self,
        archive: str,
        ct: CtVolume,
        anatomy: Anatomy | None,
        evaluation: Evaluation,
        report: ProgressReport,
    ) -> str:
        report(0.5, "Sending to the PACS")
        self.sent.append((archive, evaluation.plan))
        return f"{archive} has all 3 objects of this plan."

    def save_device_table(self, device_id: str, rows: tuple[ZoneRow, ...], document: str) -> None:
        self.tables.append((device_id, rows, document))


def _finding(plan: Plan, needle: Trajectory, anatomy: Anatomy | None) -> Finding:
    if anatomy is None:
        return Finding(
            rule="N4",
            severity=Severity.NOT_EVALUATED,
            message="No canal is outlined, so its distance was not measured.",
            subject=needle.id,
            source="test",
            structure="canal",
        )
    places = anatomy.geometry.lps_mm(np.argwhere(anatomy.canal)[:, ::-1].astype(np.float64))
    away = np.linalg.norm(places - needle.tip.array, axis=1)
    nearest = PointLps.of(places[int(away.argmin())])
    return Finding(
        rule="N4",
        severity=Severity.WARN,
        message="The needle tip passes near the canal.",
        subject=needle.id,
        source="test; derived",
        structure="canal",
        distance_mm=float(away.min()),
        at=nearest,
        threshold="at least 5 mm",
        resolve="Move the tip away from the canal.",
    )


def cancelled(report: ProgressReport) -> None:
    """Raise as a stopped job does."""
    raise CancelledByUserError("stopped")
