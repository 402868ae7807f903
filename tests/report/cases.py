"""A small made-up case: a box vertebra in soft tissue, two needles, a zone and cement."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from planner.domain.anatomy import (
    Anatomy,
    Origin,
    Pedicle,
    PosteriorWall,
    Quality,
    QualityVerdict,
    Vertebra,
)
from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.plan import (
    Ablation,
    AblationId,
    Acknowledgement,
    AnatomyBinding,
    Approach,
    CementId,
    CementInjection,
    ClinicalAnswers,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import ModelLabel, PredictedCement, PredictedZone
from planner.domain.sourced import Interval, Status
from planner.domain.volume import CtVolume, GateVerdict, PatientIdentity, ScanRecord
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry

BODY_CENTRE = np.array((0.0, -20.0, 0.0))
BODY_HALF = np.array((22.0, 17.0, 14.0))
CANAL_CENTRE = np.array((0.0, 6.0, 0.0))
CANAL_HALF = np.array((12.0, 8.0))
SCAN_SHA256 = "5e" * 32
UID = "1.2.826.0.1.3680043.8.498.10000000000000000000000000000000000"


@dataclass(frozen=True)
class Case:
    plan: Plan
    assessment: Assessment
    ct: CtVolume
    anatomy: Anatomy
    zones: dict = field(default_factory=dict)
    cements: dict = field(default_factory=dict)
    exposures: dict = field(default_factory=dict)


def make_geometry() -> VolumeGeometry:
    return VolumeGeometry.axis_aligned((140, 150, 60), (1.0, 1.0, 1.5), (-70.0, -70.0, -45.0))


def make_voxels(geometry: VolumeGeometry) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    k, j, i = np.indices(geometry.shape_kji)
    p = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    ring = np.hypot(x / BODY_HALF[0], (y - BODY_CENTRE[1]) / BODY_HALF[1])
    body = (ring <= 1.0) & (np.abs(z) <= BODY_HALF[2])
    shell = body & ((ring > 0.92) | (np.abs(z) > BODY_HALF[2] - 1.6))
    canal_ring = np.hypot(x / CANAL_HALF[0], (y - CANAL_CENTRE[1]) / CANAL_HALF[1])
    canal = canal_ring <= 1.0
    arch = (canal_ring > 1.0) & (canal_ring < 1.5) & (np.abs(z + 1) < 9) & (y > 8)
    pedicle = (np.abs(np.abs(x) - 15.5) < 4.0) & (y > -8) & (y < 14) & (np.abs(z - 2) < 7)
    spine = (np.abs(x) < 3) & (y > 16) & (y < 42) & (np.abs(z + 3) < 7)
    foramina = np.zeros(geometry.shape_kji, np.uint8)
    near = (np.abs(y - 4) < 6) & (np.abs(z + 14) < 7)
    foramina[near & (np.abs(x - 15.5) < 4)] = foramen_label(Level.L3, Side.LEFT)
    foramina[near & (np.abs(x + 15.5) < 4)] = foramen_label(Level.L3, Side.RIGHT)
    rng = np.random.default_rng(7)
    hu = np.where(np.hypot(x / 66, (y - 5) / 68) < 1.0, 45.0, -1000.0)
    hu[body] = 190.0
    hu[shell | arch | spine] = 700.0
    hu[pedicle] = 520.0
    hu[canal] = 25.0
    hu += rng.normal(0.0, 18.0, hu.shape) * (hu > -900)
    whole = (body | pedicle | arch | spine) & ~canal
    masks = {"body": body, "canal": canal, "whole": whole, "foramina": foramina}
    return hu.astype(np.int16), masks


def make_plan(**changes) -> Plan:
    left = Trajectory(
        id=TrajectoryId("t1"),
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(24.0, 64.0, 12.0),
        tip=PointLps(8.5, -26.0, -2.0),
    )
    right = Trajectory(
        id=TrajectoryId("t2"),
        level=Level.L3,
        side=Side.RIGHT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(-25.0, 62.5, 8.0),
        tip=PointLps(-9.0, -24.0, 1.0),
    )
    values = {
        "plan_id": "plan-0001",
        "scan": ScanBinding(
            sha256=SCAN_SHA256,
            series_uid=UID + "1",
            study_uid=UID + "2",
            frame_of_reference_uid=UID + "3",
            patient=PatientIdentity(
                name="Doe^Jane", patient_id="PHANTOM-7", birth_date="19560401", sex="F"
            ),
            patient_position="HFS",
            series_description="Spine 1.0 B60",
            acquired="20261118",
            locator="",
        ),
        "anatomy": AnatomyBinding(backend="builtin 1", accepted_levels=(Level.L3,)),
        "revision": 4,
        "created_utc": "2026-11-20T09:00:00Z",
        "trajectories": (left, right),
        "ablations": (
            Ablation(
                id=AblationId("a1"),
                trajectory_id=left.id,
                device_id="eco-mwa",
                power_w=40.0,
                time_s=180.0,
            ),
        ),
        "cements": (
            CementInjection(
                id=CementId("c1"),
                trajectory_id=right.id,
                cement_id="pmma-high-viscosity",
                volume_ml=4.5,
            ),
        ),
        "clinical": ClinicalAnswers(mdt_date="2026-11-19", sins=8, vas=6.0),
    }
    return Plan(**(values | changes))


def make_zone(plan: Plan) -> PredictedZone:
    left = plan.trajectories[0]
    direction = unit(left.tip.array - left.entry.array)
    axis = tuple(float(v) for v in direction)
    return PredictedZone(
        ablation_id=plan.ablations[0].id,
        shape=Spheroid(left.tip.moved(-8.0 * direction), axis, 14.0, 11.0),
        tissue_of_origin="not stated",
        band_mm=2.5,
        model=ModelLabel(
            tier="table",
            name="device table",
            version="1",
            inputs=("power_w = 40", "time_s = 180"),
            source="Chen 2022 AJNR 43:501",
            status=Status.VERIFIED,
        ),
    )


def make_cement(plan: Plan, geometry: VolumeGeometry) -> PredictedCement:
    k, j, i = np.indices(geometry.shape_kji)
    p = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    reach = np.linalg.norm(p - plan.trajectories[1].tip.array, axis=-1)
    arrival = (4.0 / 3.0 * np.pi * reach**3 / 1000.0).astype(np.float32)
    return PredictedCement(
        cement_injection_id=plan.cements[0].id,
        geometry=geometry,
        arrival_ml=arrival,
        asked_ml=4.5,
        placed_ml=4.5,
        fill_fraction=0.173,
        band_mm=1.5,
        model=ModelLabel(
            tier="preview",
            name="body-confined fill",
            version="1",
            inputs=("volume_ml = 4.5",),
            source="this project; illustrative only",
            status=Status.DERIVED,
        ),
    )


def make_anatomy(geometry: VolumeGeometry, masks: dict[str, np.ndarray]) -> Anatomy:
    xs, zs = np.meshgrid(np.arange(-14.0, 14.1), np.arange(-12.0, 12.1))
    depth = BODY_CENTRE[1] + BODY_HALF[1] * np.sqrt(1.0 - (xs / BODY_HALF[0]) ** 2)
    wall = np.stack([xs.ravel(), depth.ravel(), zs.ravel()], axis=1)
    label = Level.L3.verse_label
    axis = (0.0, -1.0, 0.0)
    pedicles = {
        side: Pedicle(
            side=side,
            isthmus=PointLps(15.5 * side.sign, 1.0, 2.0),
            axis=axis,
            width_mm=Interval(7.0, 8.0, 8.5),
            height_mm=Interval(13.0, 14.0, 15.0),
        )
        for side in Side
    }
    vertebra = Vertebra(
        level=Level.L3,
        centroid=PointLps(0.0, -5.0, 0.0),
        volume_ml=48.0,
        body_centre=PointLps.of(BODY_CENTRE),
        body_volume_ml=26.0,
        body_size_mm=(44.0, 34.0, 28.0),
        left=(1.0, 0.0, 0.0),
        anterior=(0.0, -1.0, 0.0),
        superior=(0.0, 0.0, 1.0),
        quality=Quality(verdict=QualityVerdict.PLAUSIBLE),
        origin=Origin.AUTOMATIC,
        pedicles=pedicles,
        posterior_wall=PosteriorWall(
            points_mm=wall, cortex_hu=np.full(len(wall), 650.0), intact=True
        ),
        level_doubt="the count starts from a partly seen sacrum",
    )
    return Anatomy(
        geometry=geometry,
        labels=(masks["whole"] * label).astype(np.uint8),
        bodies=(masks["body"] * label).astype(np.uint8),
        discs=np.zeros(geometry.shape_kji, np.uint8),
        foramina=masks["foramina"],
        canal=masks["canal"],
        vertebrae={Level.L3: vertebra},
        backend="builtin 1",
        ct_sha256=SCAN_SHA256,
    )


def make_assessment(plan: Plan) -> Assessment:
    stop = Finding(
        rule="A2",
        severity=Severity.STOP,
        message="The planned zone comes within 3.4 mm of the spinal canal.",
        subject="a1",
        source="rat L5 root study, verified; proposed default",
        structure="canal",
        distance_mm=3.4,
        at=PointLps(4.0, -1.0, 0.0),
        threshold="at least 5 mm",
        resolve="Move the zone, or record a thermocouple and protection and override.",
    )
    unknown = Finding(
        rule="E2",
        severity=Severity.NOT_EVALUATED,
        message="Platelets and INR were not given, so clotting was not judged.",
        subject="plan",
        source="Chen 2022, exclusion criteria",
        threshold="platelets at least 50 × 10⁹/L and INR at most 1.5",
    )
    warn = Finding(
        rule="C1",
        severity=Severity.WARN,
        message="Cement ends 6.1 mm from the posterior wall.",
        subject="c1",
        source="Chen 2022, verified",
        structure="posterior_wall",
        distance_mm=6.1,
        threshold="bolus at most 1.0 mL, then CT",
    )
    info = Finding(
        rule="A5",
        severity=Severity.INFO,
        message="The posterior wall looks intact. This lowers no warning.",
        subject="plan",
        source="Nijland 2024, verified",
    )
    return Assessment(
        verdict=Verdict.HELD,
        findings=(info, warn, unknown, stop),
        checked=("A1", "A2", "A3", "A5", "C1", "C2", "N1", "N2", "N3"),
        input_sha256="ab" * 32,
        revision=plan.revision,
    )


def acknowledge(plan: Plan, finding: Finding) -> Acknowledgement:
    return Acknowledgement(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        by="Dr A. Example",
        reason="thermocouple at the posterior wall",
        at_utc="2026-11-21T08:00:00Z",
    )


def turned_geometry() -> VolumeGeometry:
    """Feet first and prone, a little oblique: no grid axis is a patient axis."""
    turn = Rotation.from_euler("xyz", [3.0, -4.0, 6.0], degrees=True).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag((-1.0, -1.0, 1.0)) @ np.diag((1.1, 0.9, 1.5))
    matrix[:3, 3] = -matrix[:3, :3] @ np.array((60.0, 75.0, 30.0)) + (0.0, 5.0, 0.0)
    return VolumeGeometry.from_matrix((120, 150, 60), matrix)


def make_case(geometry: VolumeGeometry | None = None, **changes) -> Case:
    plan = make_plan(**changes)
    geometry = geometry or make_geometry()
    hu, masks = make_voxels(geometry)
    record = ScanRecord(
        sha256=SCAN_SHA256,
        verdict=GateVerdict.LOAD,
        findings=(),
        locator="",
        patient_position=plan.scan.patient_position,
    )
    zones = {plan.ablations[0].id: make_zone(plan)} if plan.ablations else {}
    cements = {plan.cements[0].id: make_cement(plan, geometry)} if plan.cements else {}
    return Case(
        plan=plan,
        assessment=make_assessment(plan),
        ct=CtVolume(geometry=geometry, hu=hu, record=record),
        anatomy=make_anatomy(geometry, masks),
        zones=zones,
        cements=cements,
    )
