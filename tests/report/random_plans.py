"""Random plans with their predictions and findings, and strings that mean harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog import load_catalog
from planner.domain.control import ControlReading
from planner.domain.finding import Assessment, Finding, Severity
from planner.domain.levels import Level, Side
from planner.domain.order import Order
from planner.domain.outcome import BEFORE, Outcome, Visit
from planner.domain.plan import (
    Ablation,
    AblationId,
    Approach,
    CementId,
    CementInjection,
    CementTechnique,
    ClinicalAnswers,
    NeedleSize,
    Plan,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import ModelLabel, PredictedCement, PredictedZone
from planner.domain.protection import Agent, ProtectionLayer
from planner.domain.sourced import Status
from planner.domain.tissue_choice import Ball, OutlinedPart, TissueChoice, TissueKind
from planner.domain.volume import PatientIdentity
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.report.build import ReportScene, build_report
from planner.report.model import Paper
from report.cases import make_assessment, make_plan

if TYPE_CHECKING:
    from planner.report.model import Report

MADE = "2026-11-21T09:30:00Z"
HOSTILE = (
    "#panic(1)",
    '#read("/etc/passwd")',
    "$x^2$ *bold* _it_ `raw` <label> @ref",
    "\\ ] } ) // /* #{ #[ */",
    "= Heading\n\n== CLEAR",
    "{{7*7}} ${7*7} <script>alert(1)</script>",
    "'; DROP TABLE plans; --",
    "%PDF-1.7 endobj",
    "../../../etc/passwd",
    "a\x00b\x07c",
    "\u202eTFEL tneitap",
    "\u200b\u2066hidden\u2069",
    "\ud800 lone",
    "漢字 カタカナ 한글 😀",
    "Žižek Ωμέγα Иванов",
    "%s %n %d {0} {name!r}",
    "12.5 mm; Tip x, y, z (mm) 1.0, 2.0, 3.0",
    "x" * 5000,
    "",
)

CATALOG = load_catalog()


@dataclass(frozen=True)
class RandomCase:
    plan: Plan
    assessment: Assessment
    zones: dict
    fills: dict
    paper: Paper
    with_catalog: bool

    def report(self) -> Report:
        return build_report(
            self.plan,
            ReportScene(zones=self.zones, cements=self.fills),
            self.assessment,
            catalog=CATALOG if self.with_catalog else None,
            made_utc=MADE,
            paper=self.paper,
        )


class _Dice:
    """Random values as persons type them: some round, some with every digit a float has."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def real(self, low: float, high: float) -> float:
        value = float(self.rng.uniform(low, high))
        places = int(self.rng.choice([0, 1, 2, 9]))
        rounded = round(value, places)
        return rounded if low <= rounded <= high else value

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def one_of(self, items):
        return list(items)[self.whole(0, len(list(items)) - 1)]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def point(self, reach_mm: float = 250.0) -> PointLps:
        return PointLps(*(self.real(-reach_mm, reach_mm) for _ in range(3)))

    def way(self) -> tuple[float, float, float]:
        return tuple(float(value) for value in unit(self.rng.normal(size=3)))


def random_case(seed: int) -> RandomCase:
    dice = _Dice(seed)
    needles = tuple(_needle(dice, n) for n in range(dice.whole(1, 4)))
    burns = tuple(_burn(dice, n, one) for n, one in enumerate(needles) if dice.chance(0.7))
    fills = tuple(_fill(dice, n, one) for n, one in enumerate(needles) if dice.chance(0.7))
    base = make_plan()
    who = PatientIdentity(
        name=dice.one_of(HOSTILE),
        patient_id=dice.one_of(HOSTILE),
        birth_date=dice.one_of(("19560401", "", *HOSTILE)),
        sex=dice.one_of("FMO"),
    )
    scan = {
        name: getattr(base.scan, name)
        for name in ("sha256", "series_uid", "study_uid", "frame_of_reference_uid")
    }
    plan = make_plan(
        scan=type(base.scan)(
            **scan,
            patient=who,
            patient_position=dice.one_of(("HFS", "HFP", "FFS", "FFP", "HFDL", "", "XX")),
            series_description=dice.one_of(HOSTILE),
            acquired="20261118",
            locator="",
            gate_warnings=tuple(dice.one_of(HOSTILE) for _ in range(dice.whole(0, 2))),
        ),
        revision=dice.whole(1, 10**6),
        trajectories=needles,
        ablations=burns,
        cements=fills,
        clinical=_answers(dice),
        notes=dice.one_of(HOSTILE),
        grid_mark=dice.point() if dice.chance(0.3) else None,
        ablation_order=dice.one_of((None, *Order)),
        protection=tuple(_layer(dice, n) for n in range(dice.whole(0, 2))),
        controls=tuple(_reading(dice, one) for one in needles if dice.chance(0.3)),
        outcome=_baseline(dice),
        tissue_choices=tuple(_tissue(dice, n) for n in range(dice.whole(0, 2))),
    )
    return RandomCase(
        plan=plan,
        assessment=Assessment(
            verdict=make_assessment(plan).verdict,
            findings=tuple(_finding(dice, n) for n in range(dice.whole(0, 8))),
            checked=("A1", "N1"),
            input_sha256="ab" * 32,
            revision=plan.revision,
        ),
        zones={burn.id: _zone(dice, burn) for burn in burns if dice.chance(0.8)},
        fills={fill.id: _filled(dice, fill) for fill in fills if dice.chance(0.8)},
        paper=dice.one_of(Paper),
        with_catalog=dice.chance(0.5),
    )


def _baseline(dice: _Dice) -> Outcome:
    if dice.chance(0.5):
        return Outcome()
    odi, morphine = (dice.real(0, most) if dice.chance(0.7) else None for most in (100, 400))
    return Outcome(visits=(Visit(time=BEFORE, odi_percent=odi, morphine_mg_per_day=morphine),))


def _needle(dice: _Dice, n: int) -> Trajectory:
    entry = dice.point()
    tip = entry.moved(np.array(dice.way()) * dice.real(5, 250))
    if dice.chance(0.1):
        tip = PointLps(entry.x_mm, entry.y_mm - 80.0, entry.z_mm)
    size = None
    if dice.chance(0.4):
        size = NeedleSize(
            outer_diameter_mm=dice.real(0.4, 5.9),
            length_mm=dice.real(30, 399),
            gauge=dice.one_of((None, 8, 11, 13)),
        )
    return Trajectory(
        id=TrajectoryId(f"t{n}"),
        level=dice.one_of(Level),
        side=dice.one_of(Side),
        approach=dice.one_of(Approach),
        entry=entry,
        tip=tip,
        size=size,
    )


def _burn(dice: _Dice, n: int, needle: Trajectory) -> Ablation:
    cycle = dice.chance(0.3)
    return Ablation(
        id=AblationId(f"a{n}"),
        trajectory_id=needle.id,
        device_id=dice.one_of(CATALOG.devices) if dice.chance(0.8) else dice.one_of(HOSTILE[:9]),
        power_w=dice.real(1, 200) if dice.chance(0.6) else None,
        setpoint_celsius=dice.real(-190, 120) if dice.chance(0.4) else None,
        time_s=dice.real(1, 3600) if dice.chance(0.9) else None,
        active_offset_mm=dice.real(-20, 20) if dice.chance(0.3) else 0.0,
        duty_percent=dice.real(10, 100) if dice.chance(0.3) else None,
        cycle_s=dice.real(1, 900) if cycle else None,
        pause_s=dice.real(1, 300) if cycle else None,
    )


def _fill(dice: _Dice, n: int, needle: Trajectory) -> CementInjection:
    technique = dice.one_of(CementTechnique)
    return CementInjection(
        id=CementId(f"c{n}"),
        trajectory_id=needle.id,
        cement_id=dice.one_of(CATALOG.cements) if dice.chance(0.8) else dice.one_of(HOSTILE[:9]),
        volume_ml=dice.real(0.1, 15),
        technique=technique,
        cavity_ml=dice.real(0.5, 8) if technique.makes_cavity else 0.0,
        pull_back_mm=dice.real(1, 25) if dice.chance(0.3) else 0.0,
    )


def _layer(dice: _Dice, n: int) -> ProtectionLayer:
    return ProtectionLayer(
        id=f"p{n}",
        agent=dice.one_of(Agent),
        centre=dice.point(),
        across=dice.way(),
        thickness_mm=dice.real(1, 30),
        width_mm=dice.real(4, 80),
    )


def _tissue(dice: _Dice, n: int) -> TissueChoice:
    whole = OutlinedPart(name=dice.one_of(("lesion", "L3", "vena_cava", "foramen:L3:left")))
    return TissueChoice(
        id=f"tissue{n}",
        part=whole if dice.chance(0.5) else Ball(centre=dice.point(), radius_mm=dice.real(1, 40)),
        becomes=dice.one_of((TissueKind.CEMENT, TissueKind.EPIDURAL_FAT)),
        only=dice.one_of((None, TissueKind.LYTIC, TissueKind.CORTICAL)),
    )


def _reading(dice: _Dice, needle: Trajectory) -> ControlReading:
    entry = dice.point()
    return ControlReading(
        trajectory_id=needle.id,
        entry=entry,
        tip=entry.moved(np.array(dice.way()) * dice.real(20, 150)),
        at_utc=MADE,
        scan_uid="1.2.3",
        scan_words="control",
        offset=dice.point(30.0) if dice.chance(0.5) else None,
    )


def _answers(dice: _Dice) -> ClinicalAnswers:
    def maybe(value):
        return value if dice.chance(0.7) else None

    return ClinicalAnswers(
        platelets_e9_per_l=maybe(dice.real(10, 500)),
        inr=maybe(dice.real(0.8, 4)),
        sins=maybe(dice.whole(0, 18)),
        lesion_count=maybe(dice.whole(1, 9)),
        vas=maybe(dice.real(0, 10)),
        ecog=maybe(dice.whole(0, 4)),
        thermometer_celsius=maybe(dice.real(30, 60)),
        life_expectancy_months=maybe(dice.real(1, 60)),
        histology=dice.one_of(HOSTILE),
        protection=dice.one_of(HOSTILE),
    )


def _label() -> ModelLabel:
    return ModelLabel(
        tier="table", name="m", version="1", inputs=(), source="s", status=Status.DERIVED
    )


def _zone(dice: _Dice, burn: Ablation) -> PredictedZone:
    return PredictedZone(
        ablation_id=burn.id,
        shape=Spheroid(dice.point(), dice.way(), dice.real(3, 30), dice.real(3, 30)),
        tissue_of_origin="gel",
        band_mm=dice.real(0, 9),
        model=_label(),
    )


def _filled(dice: _Dice, fill: CementInjection) -> PredictedCement:
    return PredictedCement(
        cement_injection_id=fill.id,
        geometry=VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)),
        arrival_ml=np.ones((2, 2, 2), np.float32),
        asked_ml=fill.volume_ml,
        placed_ml=fill.volume_ml * dice.real(0, 1),
        fill_fraction=dice.real(0, 1),
        band_mm=dice.real(0, 9),
        model=_label(),
    )


def _finding(dice: _Dice, n: int) -> Finding:
    return Finding(
        rule=f"R{n}",
        severity=dice.one_of(Severity),
        message=f"Sentence {n} of it. {dice.one_of(HOSTILE)[:200]}",
        subject=dice.one_of(("t0", "plan")),
        source="s",
        structure="canal",
        distance_mm=dice.real(-20, 60) if dice.chance(0.8) else None,
        threshold=f"limit {n}",
    )
