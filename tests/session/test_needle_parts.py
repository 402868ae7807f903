"""What is really there of every needle, and how near two of them come."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from planner.document import commands
from planner.document.plan_document import PlanDocument
from planner.domain.levels import Level, Side
from planner.domain.order import Order
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.volume import PatientIdentity
from planner.geometry.points import PointLps
from planner.session.needle_parts import NEAR_MM, needle_parts
from planner.session.plan_desk import PlanDesk
from planner.session.state_words import drawing_of, treat_state
from planner.session.treat_desk import TreatDesk
from window_services import CATALOG

CANNULA_MM, ANTENNA_MM, BEYOND_MM = 2.41, 1.6, 15.0
"""Of the ECO antenna in its 13 G needle (Chen 2022; the gauge is a standard's)."""


def needle(name: str, aside_mm: float) -> Trajectory:
    return Trajectory(
        id=TrajectoryId(name),
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(aside_mm, 80.0, 0.0),
        tip=PointLps(aside_mm, 0.0, 0.0),
    )


def plan(*needles: Trajectory, **burn: float) -> Plan:
    scan = ScanBinding(
        sha256="0" * 64, series_uid="1", study_uid="1", frame_of_reference_uid="1",
        patient=PatientIdentity(), patient_position="HFS", series_description="", acquired="",
        locator="",
    )  # fmt: skip
    made = Plan(
        plan_id="p", scan=scan, anatomy=AnatomyBinding(backend="made"), trajectories=needles
    )
    eco = Ablation(
        id=AblationId("a"), trajectory_id=needles[0].id, device_id="eco-mwa", power_w=40.0,
        time_s=180.0, **burn,
    )  # fmt: skip
    return replace(made, ablations=(eco,))


def test_that_the_antenna_stands_out_of_its_cannula_by_what_the_catalogue_says():
    parts = needle_parts(plan(needle("one", 0.0)), CATALOG).assemblies[TrajectoryId("one")]
    assert parts.active.start == PointLps(0.0, BEYOND_MM, 0.0)
    assert parts.active.end == PointLps(0.0, 0.0, 0.0)
    assert parts.cannula.end == parts.active.start
    assert [2.0 * solid.radius_mm for solid in parts.solids] == pytest.approx(
        [CANNULA_MM, ANTENNA_MM]
    )


def test_that_a_device_drawn_back_is_shown_drawn_back():
    parts = needle_parts(plan(needle("one", 0.0), active_offset_mm=4.0), CATALOG)
    active = parts.assemblies[TrajectoryId("one")].active
    assert (active.start.y_mm, active.end.y_mm) == pytest.approx((19.0, 4.0))
    far = needle_parts(plan(needle("one", 0.0), active_offset_mm=500.0), CATALOG)
    assert far.assemblies[TrajectoryId("one")].applicator.end.y_mm == pytest.approx(79.0)


@pytest.mark.parametrize("apart", [1.9, 2.4, 5.0, 16.0, 40.0])
def test_that_two_needles_side_by_side_are_as_far_apart_as_their_cannulas(apart):
    both = plan(needle("one", 0.0), needle("two", apart))
    bare = CATALOG.access_diameter([]).value
    wanted = apart - (CANNULA_MM + bare) / 2.0
    gaps = needle_parts(both, CATALOG).gaps
    assert bool(gaps) == (wanted <= NEAR_MM)
    for gap in gaps:
        assert gap.surfaces_mm == pytest.approx(wanted)
        assert gap.collide == (wanted < 0.0)
        assert gap.words.startswith("NEEDLES COLLIDE" if wanted < 0.0 else f"{wanted:.1f} mm")
        assert abs(gap.at_first.x_mm - gap.at_second.x_mm) == pytest.approx(apart)


def test_that_beyond_the_cannula_only_the_antenna_counts():
    low = needle("two", 0.0)
    across = replace(low, entry=PointLps(60.0, 7.0, 1.9), tip=PointLps(-20.0, 7.0, 1.9))
    (gap,) = needle_parts(plan(needle("one", 0.0), across), CATALOG).gaps
    bare = CATALOG.access_diameter([]).value
    assert gap.surfaces_mm == pytest.approx(1.9 - (ANTENNA_MM + bare) / 2.0)
    np.testing.assert_allclose(gap.at_first.array, (0.0, 7.0, 0.0), atol=1e-9)
    behind = replace(across, entry=PointLps(60.0, 30.0, 1.9), tip=PointLps(-20.0, 30.0, 1.9))
    (gap,) = needle_parts(plan(needle("one", 0.0), behind), CATALOG).gaps
    assert gap.surfaces_mm == pytest.approx(1.9 - (CANNULA_MM + bare) / 2.0)
    assert gap.collide


def test_that_parts_and_gaps_reach_what_is_drawn():
    desk = PlanDesk()
    desk.reset(PlanDocument(plan(needle("one", 0.0), needle("two", 3.0))))
    drawing = drawing_of(desk, (), (), None, (), needle_parts(desk.plan, CATALOG))
    one, two = drawing.needles
    assert one.active is not None
    assert two.active is None
    assert len(one.solids) == 2
    wanted = 3.0 - (CANNULA_MM + CATALOG.access_diameter([]).value) / 2.0
    assert [gap.words for gap in drawing.gaps] == [f"{wanted:.1f} mm apart"]
    desk.do(commands.remove_trajectory(two.id))
    assert not needle_parts(desk.plan, CATALOG).gaps


def test_that_when_two_devices_work_is_said_once_and_undone():
    desk, floor = PlanDesk(), SimpleNamespace(act=lambda intent: intent())
    both = plan(needle("one", 0.0), needle("two", 20.0))
    other = replace(both.ablations[0], id=AblationId("b"), trajectory_id=TrajectoryId("two"))
    desk.reset(PlanDocument(replace(both, ablations=(*both.ablations, other))))
    services = SimpleNamespace(devices=CATALOG.devices, cements=CATALOG.cements)
    treatment = TreatDesk(services, floor, desk)
    desk.select(TrajectoryId("one"))
    assert treat_state(desk, services, (), (), {}).several_burn
    treatment.choose_order(Order.IN_TURN)
    treatment.choose_order(Order.IN_TURN)
    assert treat_state(desk, services, (), (), {}).order is Order.IN_TURN
    desk.undo()
    assert desk.plan.ablation_order is None
    desk.do(commands.remove_ablation(other.id))
    assert not treat_state(desk, services, (), (), {}).several_burn
