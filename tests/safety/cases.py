"""A plan on the tiny spine that leaves nothing open but what is said of every plan."""

from dataclasses import replace
from datetime import date

import numpy as np

from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    Acknowledgement,
    AnatomyBinding,
    Approach,
    CementInjection,
    ClinicalAnswers,
    Plan,
    ScanBinding,
    SideConfirmation,
    Trajectory,
)
from planner.domain.prediction import (
    Exposure,
    KilledTissue,
    ModelLabel,
    PredictedCement,
    PredictedZone,
)
from planner.domain.sourced import Status
from planner.domain.volume import PatientIdentity
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import Scene, assess
from planner.safety.tiny_spine import moved_point, tiny_grid, tiny_spine

TODAY = date(2026, 11, 21)
CATALOG = load_catalog()


def diameters_from_memory():
    """The catalogue, if nobody had read how wide a gauge is."""
    needles = {
        name: replace(
            one, outer_diameter_mm=replace(one.outer_diameter_mm, status=Status.RECALLED)
        )
        for name, one in CATALOG.needles.items()
    }
    return replace(CATALOG, needles=needles)


LABEL = ModelLabel(
    tier="table", name="test", version="1", inputs=(), source="test", status=Status.VERIFIED
)
LEFT_TIP = (8.0, -7.0, 4.0)
LEFT_ENTRY = (38.0, 84.0, 10.0)
ANSWERS = ClinicalAnswers(
    platelets_e9_per_l=200.0,
    inr=1.0,
    infection=False,
    cord_compression_symptoms=False,
    epidural_grade="0",
    sins=5,
    mdt_date="2026-11-10",
    pacemaker=False,
    lesion_count=1,
    vas=7.0,
    ecog=1,
    intent="palliative",
    tumour_touches_root=False,
    thermocouple_planned=True,
    protection="none",
    dissection_fluid="none",
    lesion_type="lytic",
    histology="breast",
    life_expectancy_months=18.0,
    mr_date="none",
)


def needle(number=1, side=Side.LEFT, place=None, tip=LEFT_TIP, entry=LEFT_ENTRY, level=Level.L3):
    """A needle given for the canonical left; the other side mirrors it."""
    place = np.eye(4) if place is None else place
    flip = np.array((side.sign, 1.0, 1.0))
    return Trajectory(
        id=f"t{number}",
        level=level,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=moved_point(place, np.array(entry) * flip),
        tip=moved_point(place, np.array(tip) * flip),
    )


def zone_for(plan, ablation_id="a1", half_length=7.0, half_width=7.0, band=2.0, tissue="bone"):
    ablation = next(item for item in plan.ablations if item.id == ablation_id)
    on = plan.trajectory(ablation.trajectory_id)
    axis = unit(on.tip.array - on.entry.array)
    shape = Spheroid(
        on.tip.moved(-7.5 * axis), tuple(float(v) for v in axis), half_length, half_width
    )
    return PredictedZone(
        ablation_id=ablation_id, shape=shape, tissue_of_origin=tissue, band_mm=band, model=LABEL
    )


def killed_for(plan, radius=0.0, spacing=1.0, centre=None):
    """A ball of dead tissue about the middle of the antenna of ablation a1."""
    centre = centre or zone_for(plan).shape.centre
    count = 2 * int(np.ceil(24.0 / spacing)) + 1
    start = tuple(float(v) for v in centre.array - spacing * (count - 1) / 2)
    grid = VolumeGeometry.axis_aligned((count,) * 3, (spacing,) * 3, start)
    steps = (np.arange(count) - (count - 1) / 2) * spacing
    away = np.sqrt(steps[:, None, None] ** 2 + steps[None, :, None] ** 2 + steps**2)
    return KilledTissue(geometry=grid, dead=away < radius, certain=away < radius)


def exposure_for(plan, at_structures=None, radius=0.0, model=LABEL, **ball):
    return Exposure(
        ablation_id="a1",
        at_structures=at_structures or {},
        killed=killed_for(plan, radius, **ball),
        model=model,
    )


def cement_for(plan, geometry, cement_id="c1", radius=7.0, centre=None):
    injection = next(item for item in plan.cements if item.id == cement_id)
    centre = plan.trajectory(injection.trajectory_id).tip if centre is None else centre
    start = np.maximum(np.floor(geometry.ijk(centre.array)) - 15, 0).astype(int)
    size = np.minimum(np.array(geometry.size_ijk) - start, 31)
    geometry = geometry.cropped(tuple(map(int, start)), tuple(map(int, size)))
    i, j, k = geometry.size_ijk
    index = np.stack(np.meshgrid(*map(np.arange, (k, j, i)), indexing="ij"), -1)[..., ::-1]
    distance = np.linalg.norm(geometry.lps_mm(index) - centre.array, axis=-1)
    arrival = np.where(distance <= radius, 0.0, np.inf).astype(np.float32)
    room_ml = float((arrival == 0.0).sum() * np.prod(geometry.spacing_mm) / 1e3)
    return PredictedCement(
        cement_injection_id=cement_id,
        geometry=geometry,
        arrival_ml=arrival,
        asked_ml=injection.volume_ml,
        placed_ml=min(injection.volume_ml, room_ml),
        fill_fraction=0.05,
        band_mm=0.0,
        model=LABEL,
    )


def good_plan(place=None, mirrored=False, **changes):
    side = Side.RIGHT if mirrored else Side.LEFT
    left = replace(needle(1, Side.LEFT, place), side=side)
    values = {
        "plan_id": "p",
        "scan": ScanBinding(
            sha256="0" * 64,
            series_uid="",
            study_uid="",
            frame_of_reference_uid="",
            patient=PatientIdentity(),
            patient_position="HFS",
            series_description="",
            acquired="20261120",
            locator="",
        ),
        "anatomy": AnatomyBinding(backend="tiny spine 1", accepted_levels=(Level.L3,)),
        "trajectories": (left,),
        "ablations": (
            Ablation(id="a1", trajectory_id="t1", device_id="eco-mwa", power_w=20.0, time_s=90.0),
        ),
        "cements": (
            CementInjection(
                id="c1", trajectory_id="t1", cement_id="pmma-high-viscosity", volume_ml=1.4
            ),
        ),
        "clinical": ANSWERS,
        "side_confirmation": SideConfirmation(by="Dr A", at_utc="now", patient_position="HFS"),
    }
    return Plan(**(values | changes))


_SPINES = {}


def spine(spacing=1.0):
    """The tiny spine along the patient axes, made once."""
    if spacing not in _SPINES:
        _SPINES[spacing] = tiny_spine(tiny_grid(spacing), acquired="20261120")
    return _SPINES[spacing]


def good_scene(plan, ct=None, anatomy=None, **changes):
    if anatomy is None:
        ct, anatomy = spine()
    values = {
        "ct": ct,
        "anatomy": anatomy,
        "zones": {item.id: zone_for(plan, item.id) for item in plan.ablations},
        "cements": {item.id: cement_for(plan, anatomy.geometry, item.id) for item in plan.cements},
        "catalog": CATALOG,
        "today": TODAY,
    }
    return Scene(**(values | changes))


def acknowledged(plan, assessment):
    """The plan with a person's word on every finding."""
    words = tuple(
        Acknowledgement(
            fingerprint=item.fingerprint, rule=item.rule, by="Dr A", reason="seen", at_utc="now"
        )
        for item in assessment.findings
    )
    return replace(plan, acknowledgements=words)


def found(assessment):
    """``{rule: severity}``, the heaviest where a rule spoke twice; joined rules count as well."""
    heaviest = {}
    for item in assessment.findings:
        for rule in (item.rule, *item.also):
            if rule not in heaviest or item.severity.rank < heaviest[rule].rank:
                heaviest[rule] = item.severity
    return heaviest


def check(plan, scene=None):
    return assess(plan, scene or good_scene(plan))
