"""Random plans for property tests."""

from dataclasses import replace

from hypothesis import strategies as st

from planner.domain import corrections as c
from planner.domain.control import ControlReading
from planner.domain.levels import Level, Side
from planner.domain.order import Order
from planner.domain.outcome import CementLeak, Complication, Outcome, Visit
from planner.domain.plan import (
    Ablation,
    Acknowledgement,
    AnatomyBinding,
    Approach,
    CementInjection,
    CementTechnique,
    ClinicalAnswers,
    NeedleSize,
    Plan,
    PlanLock,
    ScanBinding,
    SideConfirmation,
    Trajectory,
)
from planner.domain.protection import Agent, ProtectionLayer
from planner.domain.tissue_choice import Ball, OutlinedPart, TissueChoice, TissueKind
from planner.domain.volume import PatientIdentity
from planner.geometry.points import PointLps

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=12)
millimetres = st.floats(-1e4, 1e4)
points = st.builds(PointLps, millimetres, millimetres, millimetres)
levels = st.sampled_from(Level)
positive = st.floats(min_value=1e-3, max_value=1e4)

layers = st.builds(
    ProtectionLayer,
    id=st.just("layer1"),
    agent=st.sampled_from(Agent),
    centre=points,
    across=st.sampled_from([(1.0, 0.0, 0.0), (0.0, 0.6, -0.8)]),
    thickness_mm=st.floats(1.0, 30.0),
    width_mm=st.floats(4.0, 80.0),
)

parts_of_tissue = st.builds(
    OutlinedPart, name=st.sampled_from(["lesion", "L3", "discs", "aorta", "foramen:L3:left"])
) | st.builds(Ball, centre=points, radius_mm=st.floats(1.0, 40.0))

tissue_choices = (
    st.tuples(st.sampled_from(TissueKind), st.none() | st.sampled_from(TissueKind))
    .filter(lambda kinds: kinds[0] is not kinds[1])
    .flatmap(
        lambda kinds: st.builds(
            TissueChoice,
            id=st.just("tissue1"),
            part=parts_of_tissue,
            becomes=st.just(kinds[0]),
            only=st.just(kinds[1]),
        )
    )
)

identities = st.builds(PatientIdentity, name=words, patient_id=words, birth_date=words, sex=words)
scans = st.builds(
    ScanBinding,
    sha256=words,
    series_uid=words,
    study_uid=words,
    frame_of_reference_uid=words,
    patient=identities,
    patient_position=words,
    series_description=words,
    acquired=words,
    locator=words,
    gate_warnings=st.lists(words, max_size=2).map(tuple),
)
directions = st.sampled_from([(0.0, 0.0, 1.0), (0.6, 0.0, 0.8), (0.0, -1.0, 0.0)])
planes = st.builds(c.DiscPlane, middle=points, normal=directions)
lines = st.lists(points, min_size=2, max_size=3).map(tuple)
radii = st.floats(0.5, 20.0)
corrections = st.one_of(
    st.builds(c.DiscMoved, disc=points, plane=planes),
    st.builds(c.DiscAdded, plane=planes),
    st.builds(c.DiscDeleted, disc=points),
    st.builds(c.BodyClicked, at=points),
    st.builds(c.CanalPoint, at=points),
    st.builds(c.BoneThreshold, at=points, threshold_hu=st.floats(60.0, 700.0)),
    st.builds(c.WallLine, side=st.sampled_from(c.WallSide), points=lines),
    st.builds(c.BoneScribble, points=lines, owner=st.none() | points, radius_mm=radii),
    st.builds(
        c.BrushStroke,
        paint=st.sampled_from(["vertebra", "lesion", "aorta", "foramen:L3:left"]),
        points=lines,
        radius_mm=radii,
        erase=st.booleans(),
        owner=points,
        normal=st.none() | directions,
    ),
    st.builds(c.LesionGrown, at=points, low_hu=st.none() | st.floats(-50.0, 50.0), reach_mm=radii),
    st.builds(c.NamesShifted, steps=st.sampled_from([-2, -1, 1, 3])),
    st.builds(c.LevelCount, lumbar=st.integers(4, 6), thoracic=st.integers(11, 13)),
)
anatomies = st.builds(
    AnatomyBinding,
    backend=words,
    locator=words,
    seeds=st.lists(st.tuples(levels, points), max_size=2).map(tuple),
    accepted_levels=st.lists(levels, max_size=3).map(tuple),
    corrections=st.lists(corrections, max_size=3).map(tuple),
)


needle_sizes = st.builds(
    NeedleSize,
    outer_diameter_mm=st.floats(0.3, 6.0),
    length_mm=st.floats(30.0, 400.0),
    gauge=st.none() | st.integers(6, 27),
)


@st.composite
def trajectories(draw, number=1):
    entry = draw(points)
    tip = draw(points.filter(lambda point: point.distance_mm(entry) >= 1.0))
    return Trajectory(
        id=f"t{number}",
        level=draw(levels),
        side=draw(st.sampled_from(Side)),
        approach=draw(st.sampled_from(Approach)),
        entry=entry,
        tip=tip,
        locked=draw(st.booleans()),
        size=draw(st.none() | needle_sizes),
    )


clinical = st.builds(
    ClinicalAnswers,
    platelets_e9_per_l=st.none() | finite,
    infection=st.none() | st.booleans(),
    epidural_grade=st.none() | words,
    sins=st.none() | st.integers(-1, 20),
    vas=st.none() | finite,
    intent=st.none() | words,
)
acknowledgements = st.builds(
    Acknowledgement, fingerprint=words, rule=words, by=words, reason=words, at_utc=words
)


rooms = st.sampled_from(["vertebroplasty", "rf-targeted"]).map(
    lambda name: {"technique": CementTechnique(name)}
) | st.builds(
    lambda name, ml: {"technique": CementTechnique(name), "cavity_ml": ml},
    st.sampled_from(["balloon-kyphoplasty", "vertebral-stent"]),
    positive,
)


days = st.just("") | st.dates().map(lambda day: day.isoformat())
scores = st.none() | st.floats(0.0, 1e4)
outcomes = st.just(Outcome()) | st.builds(
    Outcome,
    treated_on=days,
    visits=st.lists(
        st.builds(
            Visit, time=words, on=days, vas=scores, odi_percent=scores, morphine_mg_per_day=scores
        ),
        max_size=2,
        unique_by=lambda visit: visit.time,
    ).map(tuple),
    complications_asked=st.just(True),
    complications=st.lists(
        st.builds(
            Complication,
            what=words.filter(str.strip),
            cirse_scheme=words,
            cirse_grade=words.filter(bool),
            ctcae_scheme=words,
            ctcae_grade=words,
            on=days,
        ),
        max_size=1,
    ).map(tuple),
    leaks_sought=st.just(True),
    leaks=st.lists(
        st.builds(
            CementLeak, level=levels, kind=words, place=words,
            had_symptoms=st.none() | st.booleans(),
        ),
        max_size=1,
    ).map(tuple),
)  # fmt: skip


@st.composite
def plans(draw):
    needles = tuple(draw(trajectories(number)) for number in range(draw(st.integers(0, 3))))
    on = st.sampled_from([needle.id for needle in needles]) if needles else st.nothing()
    ablations = [
        Ablation(
            id=f"a{number}",
            trajectory_id=draw(on),
            device_id=draw(words),
            power_w=draw(st.none() | positive),
            setpoint_celsius=draw(st.none() | finite),
            time_s=draw(st.none() | positive),
            active_offset_mm=draw(finite),
        )
        for number in range(draw(st.integers(0, 2)) if needles else 0)
    ]
    cements = [
        CementInjection(
            id=f"c{number}",
            trajectory_id=draw(on),
            cement_id=draw(words),
            volume_ml=draw(positive),
            pull_back_mm=draw(st.just(0.0) | positive),
            **draw(rooms),
        )
        for number in range(draw(st.integers(0, 2)) if needles else 0)
    ]
    return Plan(
        plan_id=draw(words),
        scan=draw(scans),
        anatomy=draw(anatomies),
        revision=draw(st.integers(1, 10_000)),
        created_utc=draw(words),
        trajectories=needles,
        ablations=tuple(ablations),
        cements=tuple(cements),
        clinical=draw(clinical),
        side_confirmation=draw(
            st.none() | st.builds(SideConfirmation, by=words, at_utc=words, patient_position=words)
        ),
        acknowledgements=tuple(draw(st.lists(acknowledgements, max_size=2))),
        looser_limits=tuple(draw(st.lists(words, max_size=2))),
        notes=draw(words),
        grid_mark=draw(st.none() | points),
        lock=draw(st.none() | st.builds(PlanLock, by=words, at_utc=words)),
        ablation_order=draw(st.none() | st.sampled_from(Order)),
        controls=tuple(draw(st.lists(controls(on), max_size=2)) if needles else ()),
        outcome=draw(outcomes),
        protection=tuple(
            draw(st.builds(replace, layers, id=st.just(f"layer{number}")))
            for number in range(draw(st.integers(0, 2)))
        ),
        tissue_choices=tuple(
            draw(st.builds(replace, tissue_choices, id=st.just(f"tissue{number}")))
            for number in range(draw(st.integers(0, 2)))
        ),
    )


def controls(on):
    """A reading of one of some needles."""
    return (
        st.tuples(points, points)
        .filter(lambda ends: ends[0].distance_mm(ends[1]) >= 1.0)
        .flatmap(
            lambda ends: st.builds(
                ControlReading,
                trajectory_id=on,
                entry=st.just(ends[0]),
                tip=st.just(ends[1]),
                at_utc=words,
                scan_uid=words,
                scan_words=words,
                offset=st.none() | points,
            )
        )
    )


def simple_plan(**changes):
    """A plan with two needles, an ablation and a cement."""
    entry, tip = PointLps(30.0, 80.0, 0.0), PointLps(10.0, 10.0, 0.0)
    left = Trajectory(
        id="t1",
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=entry,
        tip=tip,
    )
    right = Trajectory(
        id="t2",
        level=Level.L3,
        side=Side.RIGHT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(-30.0, 80.0, 0.0),
        tip=PointLps(-10.0, 10.0, 0.0),
    )
    values = {
        "plan_id": "p",
        "scan": ScanBinding(
            sha256="0" * 64,
            series_uid="1.2",
            study_uid="1.3",
            frame_of_reference_uid="1.4",
            patient=PatientIdentity(),
            patient_position="HFS",
            series_description="",
            acquired="20261120",
            locator="case",
        ),
        "anatomy": AnatomyBinding(backend="builtin 1"),
        "trajectories": (left, right),
        "ablations": (Ablation(id="a1", trajectory_id="t1", device_id="eco-mwa", power_w=40.0),),
        "cements": (
            CementInjection(
                id="c1", trajectory_id="t2", cement_id="pmma-high-viscosity", volume_ml=3.5
            ),
        ),
    }
    return Plan(**(values | changes))
