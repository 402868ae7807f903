"""Layers that protect nerves: what they do to tissue, heat, plan and window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.protection import Agent, LayerId, ProtectionLayer
from planner.domain.simulation import Order, Tier
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.physics.heat import Driven, Medium, Microwave, Stage, Watts, solve
from planner.physics.heat.metal import Cylinder
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.session.live_preview import PreviewBench
from planner.session.protection import painted_in, separation_of, separation_words
from planner.session.simulation import simulate, simulation_digest
from presenter_desk import Desk
from session.test_simulation import case, needle, plan


def layer(agent: Agent = Agent.CO2, **changes: object) -> ProtectionLayer:
    vertebra = case().anatomy.vertebrae[Level.L3]
    given: dict[str, object] = {
        "id": LayerId("layer1"),
        "agent": agent,
        "centre": PointLps.of(vertebra.body_centre.array + np.array([0.0, 22.0, 0.0])),
        "across": (0.0, 1.0, 0.0),
        "thickness_mm": 6.0,
        "width_mm": 20.0,
    }
    return ProtectionLayer(**(given | changes))  # type: ignore[arg-type]  # as the fields have them


def test_that_a_layer_fills_its_lens_and_no_more() -> None:
    geometry = VolumeGeometry.axis_aligned((40, 40, 40), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    one = layer(centre=PointLps(20.0, 20.0, 20.0), thickness_mm=10.0)
    (mask,) = painted_in(geometry, [one]).values()
    assert mask.sum() == pytest.approx(one.shape.volume_mm3, rel=0.03)
    lines = (mask.any(axis=(0, 2)).sum(), mask.any(axis=(0, 1)).sum())
    assert lines == (11, 21)  # along y it is thin, along x wide; both borders count
    both = painted_in(geometry, [one, layer(Agent.DEXTROSE, centre=PointLps(8.0, 8.0, 8.0))])
    assert both.keys() == {TissueClass.GAS, TissueClass.WATER}


@pytest.mark.parametrize("agent", [Agent.CO2, Agent.DEXTROSE])
def test_that_gas_keeps_heat_away_and_fluid_at_rest_hardly_does(agent: Agent) -> None:
    geometry = VolumeGeometry.axis_aligned((44, 44, 44), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    shaft = Cylinder(start_mm=(10.0, 22.2, 22.3), end_mm=(40.0, 22.2, 22.3), radius_mm=0.8)
    antenna = Microwave(
        shaft=shaft, antenna_length_mm=15.0, centre_from_tip_mm=9.0, decay_mm=7.0, efficiency=0.4
    )
    table = tissue_classes(load_catalog().tissues).table()
    stage = Stage(duration_s=60.0, driven=(Driven(applicator=antenna, drive=Watts(power_w=30.0)),))
    one = layer(agent, centre=PointLps(19.0, 31.0, 22.3), width_mm=30.0)
    peaks = []
    for layers in ([], [one]):
        tissue = np.full(geometry.shape_kji, TissueClass.SOFT, np.uint8)
        for number, mask in painted_in(geometry, layers).items():
            tissue[mask] = number
        medium = Medium(tissue=tissue, spacing_mm=1.0, table=table)
        made = solve(medium, [stage], points_mm=[(19.0, 36.0, 22.0)], after_s=30.0)
        peaks.append(float(made.thermometry.celsius.max()))
    bare, kept = peaks
    assert bare > 40.0
    if agent.is_gas:  # of a rise of 4 K it takes a quarter; the rest comes round its rim
        assert kept < bare - 0.8
    else:  # it protects by the room it makes, which the scan does not show
        assert kept == pytest.approx(bare, abs=0.4)
        assert kept < bare


def test_that_gas_does_not_shorten_the_steps_and_carries_what_it_should() -> None:
    """A wall of gas between two layers of tissue, at rest: the flow is that of its resistance."""
    table = tissue_classes(load_catalog().tissues).table()
    gas, soft = int(TissueClass.GAS), int(TissueClass.SOFT)
    assert table.heat_capacity_j_per_m3_k[gas] == pytest.approx(2e5)
    assert table.heat_conductivity_w_per_m_k[gas] == pytest.approx(0.017)
    rate = [
        table.heat_conductivity_w_per_m_k[one] / table.heat_capacity_j_per_m3_k[one]
        for one in (gas, soft)
    ]
    assert rate[0] < rate[1]


def test_that_saline_is_refused_with_radiofrequency_by_a_sentence_and_not_with_microwaves() -> (
    None
):
    rf = {"device": "star-bipolar", "power_w": None, "setpoint_celsius": 90.0, "time_s": 60.0}
    made = replace(plan(needle(short_mm=4.0), **rf), protection=(layer(Agent.SALINE),))
    with pytest.raises(UsageError, match="saline is planned as a layer"):
        simulate(made, case(), Tier.PREVIEW)
    assert PreviewBench().preview(made, case()) == ()
    warm = replace(plan(needle(short_mm=4.0)), protection=(layer(Agent.SALINE),))
    assert PreviewBench().preview(warm, case())


def test_that_a_layer_makes_a_simulation_another_one() -> None:
    bare = plan(needle(short_mm=4.0))
    digests = {
        simulation_digest(replace(bare, protection=layers), case(), Tier.FULL, Order.TOGETHER)
        for layers in ((), (layer(),), (layer(thickness_mm=7.0),), (layer(Agent.DEXTROSE),))
    }
    assert len(digests) == 4


def test_that_a_preview_says_what_a_layer_has_to_make_up_for() -> None:
    made = replace(plan(needle(short_mm=4.0)), protection=(layer(),))
    bench = PreviewBench()
    (bare,), (found,) = (
        bench.preview(replace(made, protection=()), case()),
        bench.preview(made, case()),
    )
    assert bare.layers == ()
    (nearest,) = found.layers
    assert "of separation" in nearest or "far enough" in nearest
    assert found.structures["canal"].celsius != bare.structures["canal"].celsius


def test_that_the_separation_is_what_is_missing_to_where_the_rule_is_silent() -> None:
    points = {"canal": np.zeros((1, 3)), "skin": np.ones((1, 3)), "aorta": np.ones((1, 3))}
    one = layer(centre=PointLps(0.0, 0.0, 4.0))
    catalog = load_catalog()
    found = separation_of(one, points, {"canal": 3.2, "skin": 0.0, "aorta": 0.0}, catalog)
    assert found is not None
    assert (found.structure, found.needed_mm) == ("canal", pytest.approx(6.8))
    assert "7 mm" in separation_words(one, found)
    assert "NOT ENOUGH" in separation_words(one, found)
    assert "NOT ENOUGH" not in separation_words(replace(one, thickness_mm=7.0), found)
    assert separation_of(one, points, {"skin": 1.0}, catalog) is None


@pytest.fixture
def desk():
    made = Desk()
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    made.work.needles.suggest()
    made.settle()
    yield made
    made.work.close()


def test_that_a_layer_is_put_at_the_crosshair_drawn_said_and_undone(desk) -> None:
    work = desk.work
    work.protection.put("CO2", 5.0, 20.0)
    assert work.edits.plan.protection == ()  # nothing burns yet
    work.treatment.choose_device("eco-mwa")
    tip = work.edits.needle.tip
    work.panes.move_cursor(tip.moved(np.array([0.0, 18.0, 0.0])))
    work.protection.put("CO2", 5.0, 20.0)
    (one,) = work.edits.plan.protection
    assert one.centre == work.panes.state.cursor
    assert one.across[1] > 0.2  # backwards, away from the needle
    assert work.protection.layers == (one,)
    assert work.treatment_shown.layers[0] == "CO2, 5 mm thick and 20 mm wide"
    work.protection.put("D5W", 8.0, 24.0)  # at the same place: it is changed
    (other,) = work.edits.plan.protection
    assert (other.id, other.agent, other.thickness_mm) == (one.id, Agent.DEXTROSE, 8.0)
    work.act(work.edits.undo)
    assert work.edits.plan.protection == (one,)
    work.protection.remove()
    assert work.edits.plan.protection == ()
    work.act(work.edits.undo)
    assert work.edits.plan.protection == (one,)
    work.protection.put("CO2", 200.0, 20.0)
    assert work.edits.plan.protection == (one,)
