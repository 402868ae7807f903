"""From a plan and a scan to temperatures, and from those to the rules."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from phantoms import broken_wall_l3, easy_l3
from planner.catalog import load_catalog
from planner.document.commands import answer_clinical
from planner.domain.errors import UsageError
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    Plan,
    Trajectory,
    TrajectoryId,
)
from planner.domain.simulation import Order, Simulation, Tier
from planner.domain.sourced import Status
from planner.geometry.points import PointLps
from planner.safety.digest import exposure_digest
from planner.session import simulation, simulation_store
from planner.session.cases import Case, check, new_plan
from planner.session.simulation import (
    simulate,
    simulate_and_keep,
    simulated_before,
    simulation_digest,
)
from planner.session.simulation_store import find_simulations, keep_simulations
from planner.session.thermocouples import thermocouples_of

CATALOG = load_catalog()


@lru_cache(maxsize=2)
def case(phantom=easy_l3) -> Case:
    made = phantom()
    return Case(
        ct=made.ct,
        anatomy=made.truth,
        binding=AnatomyBinding(backend="truth"),
        catalog=CATALOG,
    )


def needle(name: str = "T1", side: Side = Side.LEFT, short_mm: float = 0.0) -> Trajectory:
    """Through the pedicle of L3 to the middle of the body, ``short_mm`` short of it."""
    vertebra = case().anatomy.vertebrae[Level.L3]
    pedicle = vertebra.pedicles[side]
    along = vertebra.body_centre.array - pedicle.isthmus.array
    along /= np.linalg.norm(along)
    return Trajectory(
        id=TrajectoryId(name),
        level=Level.L3,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps.of(pedicle.isthmus.array - 60.0 * along),
        tip=PointLps.of(vertebra.body_centre.array - short_mm * along),
    )


def plan(*needles: Trajectory, device: str = "eco-mwa", **settings: float) -> Plan:
    used = needles or (needle(),)
    given = {"power_w": 40.0, "time_s": 180.0} | settings
    ablations = tuple(
        Ablation(id=AblationId(f"A{number}"), trajectory_id=one.id, device_id=device, **given)
        for number, one in enumerate(used, 1)
    )
    return replace(new_plan(case()), trajectories=used, ablations=ablations)


@lru_cache(maxsize=1)
def preview() -> Simulation:
    (found,) = simulate(plan(), case(), Tier.PREVIEW)
    return found


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path_factory.mktemp("cache")))
    simulation_store._recent.clear()


def test_that_rules_on_temperature_run_after_a_full_simulation_and_not_after_an_edit() -> None:
    made = plan(needle(short_mm=4.0), power_w=40.0)
    before = check(made, case())[1]
    assert not {"A6", "A7"} & set(before.checked)
    simulate_and_keep(made, case(), Tier.FULL)
    after = check(made, case())[1]
    assert {"A6", "A7"} <= set(after.checked)
    words = dict(after.evidence)["A6"]
    assert "simulated at" in words
    assert "canal" in words
    assert after.input_sha256 != before.input_sha256
    moved = made.with_trajectory(needle(short_mm=3.9))
    assert not {"A6", "A7"} & set(check(moved, case())[1].checked)
    assert {"A6", "A7"} <= set(check(made, case())[1].checked)


def test_that_a_preview_is_not_enough_for_a_rule() -> None:
    made = plan(needle(short_mm=4.0))
    simulate_and_keep(made, case(), Tier.PREVIEW)
    assert simulated_before(made, case()) == ()
    assert "A6" not in check(made, case())[1].checked


def test_that_a_needle_nearer_the_canal_heats_it_more_and_is_held() -> None:
    (far,) = simulate(plan(needle(short_mm=0.0)), case(), Tier.PREVIEW)
    (near,) = simulate(plan(needle(short_mm=12.0)), case(), Tier.PREVIEW)
    assert near.courses["canal"].hottest_celsius > far.courses["canal"].hottest_celsius + 2.0
    made = plan(needle(short_mm=12.0))
    simulate_and_keep(made, case(), Tier.FULL)
    held = [f for f in check(made, case())[1].findings if "A6" in (f.rule, *f.also)]
    assert any(f.severity is Severity.BLOCK for f in held)


def test_that_the_digest_follows_all_that_goes_in_and_nothing_else() -> None:
    made = plan()
    same = simulation_digest(made, case(), Tier.FULL, Order.TOGETHER)
    assert (
        simulation_digest(answer_clinical(inr=1.0).apply(made), case(), Tier.FULL, Order.TOGETHER)
        == same
    )
    device = CATALOG.devices["eco-mwa"]
    other_devices = {**CATALOG.devices, "eco-mwa": replace(device, notes="another file")}
    anatomy = case().anatomy
    others = [
        (plan(time_s=181.0), case(), Tier.FULL, Order.TOGETHER),
        (plan(needle(short_mm=0.01)), case(), Tier.FULL, Order.TOGETHER),
        (made, case(), Tier.PREVIEW, Order.TOGETHER),
        (made, case(), Tier.FULL, Order.IN_TURN),
        (made, case(broken_wall_l3), Tier.FULL, Order.TOGETHER),
        (made, replace(case(), anatomy=replace(anatomy, lesion=None)), Tier.FULL, Order.TOGETHER),
        (
            made,
            replace(case(), catalog=replace(CATALOG, devices=other_devices)),
            Tier.FULL,
            Order.TOGETHER,
        ),
    ]
    digests = [simulation_digest(*other) for other in others]
    assert len({same, *digests}) == len(others) + 1


def test_that_a_kept_result_comes_back_whole() -> None:
    kept = preview()
    keep_simulations([kept])
    simulation_store._recent.clear()
    (found,) = find_simulations(kept.input_sha256)
    for name in simulation_store.ARRAYS:
        assert (getattr(found, name) == getattr(kept, name)).all()
    for name in (
        "model",
        "extents",
        "courses",
        "coverage",
        "band_mm",
        "geometry",
        "order",
        "is_cold",
        "runs",
        "left_out",
    ):
        assert getattr(found, name) == getattr(kept, name), name
    assert found.exposures.keys() == kept.exposures.keys()
    for key, one in kept.exposures.items():
        assert exposure_digest(found.exposures[key]) == exposure_digest(one)


def test_that_dead_tissue_belongs_to_one_needle_and_together_it_is_the_zone() -> None:
    kept = preview()
    parts = np.sum([one.killed.dead for one in kept.exposures.values()], axis=0)
    assert kept.zone.any()
    assert (parts == kept.zone).all()


def test_that_a_damaged_or_exchanged_result_is_not_used() -> None:
    kept = preview()
    keep_simulations([kept])
    simulation_store._recent.clear()
    path = simulation_store._path(kept.input_sha256)
    other = "0" * 64
    simulation_store._path(other).write_bytes(path.read_bytes())
    assert find_simulations(other) == ()
    path.write_bytes(path.read_bytes()[:1000])
    assert find_simulations(kept.input_sha256) == ()


def test_that_the_zone_lies_between_the_certain_and_the_possible() -> None:
    found = preview()
    assert not (found.certain & ~found.zone).any()
    assert not (found.zone & ~found.possible).any()
    assert found.certain.sum() < found.zone.sum() < found.possible.sum()
    assert found.band_mm >= 3.0
    for course in found.courses.values():
        assert course.hottest_celsius >= course.peak_celsius >= 37.0


def test_that_the_label_says_what_the_result_rests_on() -> None:
    model = preview().model
    assert model.tier == Tier.PREVIEW
    assert model.status is Status.DERIVED
    words = " ".join(model.inputs)
    assert "A1 = eco-mwa" in words
    assert "order = together" in words
    assert "lytic tumour" in words


RECALLED = {
    "star-bipolar": {"setpoint_celsius": 95.0},
    "osteocool-7": {"setpoint_celsius": 70.0},
    "rf-monopolar-17g": {"setpoint_celsius": 90.0},
    "cryo-17g": {},
}


@pytest.mark.parametrize("device", RECALLED)
def test_that_a_device_from_memory_is_simulated_with_more_doubt(device: str) -> None:
    settings = {"power_w": None, "time_s": 60.0} | RECALLED[device]
    (found,) = simulate(plan(device=device, **settings), case(), Tier.PREVIEW)
    assert found.model.status is Status.RECALLED
    assert found.band_mm >= 5.0
    assert found.zone.any()
    (exposure,) = found.exposures.values()
    wall = exposure.at_structures["posterior_wall"]
    change = max(wall.peak_celsius - 37.0, 37.0 - wall.lowest_celsius)
    assert wall.band_celsius >= min(change, 6.5) - 1e-6


def test_that_ice_of_several_probes_is_looked_for_farther_out(monkeypatch) -> None:
    settings = {"power_w": None, "time_s": 60.0}
    two = plan(needle(), needle("T2", Side.RIGHT), device="cryo-17g", **settings)
    (found,) = simulate(two, case(), Tier.PREVIEW)
    monkeypatch.setattr(simulation, "SEVERAL_COLD_MM", 1e-3)
    (plain,) = simulate(two, case(), Tier.PREVIEW)
    assert (found.band_mm, plain.band_mm) == (6.0, 5.0)
    for name, course in found.courses.items():
        assert course.coldest_celsius <= plain.courses[name].coldest_celsius
        assert course.lowest_celsius == plain.courses[name].lowest_celsius
    beyond = [name for name, course in found.courses.items() if not course.in_grid]
    assert beyond, "a structure outside the grid is read at its edge, as far in as is looked for"
    for name in beyond:
        was = plain.courses[name].coldest_celsius
        assert found.courses[name].coldest_celsius < was
    assert all(found.courses[name].times is None for name in beyond)
    seen = [course for course in found.courses.values() if course.in_grid]
    assert {course.times.stop_celsius for course in seen if course.times} == {10.0}
    for course in seen:
        assert (course.to_stop_s is None) is (course.lowest_celsius >= 10.0)
        assert (course.times.past_stop_s > 0.0) is (course.lowest_celsius < 10.0)
        assert (course.times.past_harm_s > 0.0) is (course.lowest_celsius < 0.0)
    assert any(course.to_stop_s is None for course in seen)
    assert any(course.times.past_harm_s > 0.0 for course in seen)
    wall, as_modelled = (one.courses["posterior_wall"] for one in (found, plain))
    assert wall.coldest_celsius < as_modelled.coldest_celsius - 5.0


def test_that_a_device_from_memory_may_hold_a_plan_and_never_clears_a_rule() -> None:
    settings = {"power_w": None, "setpoint_celsius": 90.0, "time_s": 60.0}
    far = plan(needle(short_mm=-8.0), device="rf-monopolar-17g", **settings)
    simulate_and_keep(far, case(), Tier.FULL)
    (exposure,) = simulated_before(far, case())[0].exposures.values()
    canal = exposure.at_structures["canal"]
    assert canal.peak_celsius + canal.band_celsius < 42.0
    checked = check(far, case())[1]
    assert not {"A6", "A7"} & set(checked.checked)
    near = plan(needle(short_mm=16.0), device="rf-monopolar-17g", **settings)
    simulate_and_keep(near, case(), Tier.FULL)
    held = [f for f in check(near, case())[1].findings if "A6" in (f.rule, *f.also)]
    assert any(f.severity is Severity.BLOCK for f in held)


def test_that_a_small_change_is_not_doubted_by_more_than_itself() -> None:
    found = preview()
    (exposure,) = found.exposures.values()
    for name, at in exposure.at_structures.items():
        change = at.peak_celsius - 37.0
        spread = found.courses[name].hottest_celsius - at.peak_celsius
        assert at.band_celsius >= min(3.0, change) - 1e-6
        assert at.band_celsius <= max(3.0, spread) + 1e-6
        assert at.band_celsius <= max(change, spread) + 1e-6


def test_that_the_lesion_is_covered_where_the_needle_lies_in_it_and_not_elsewhere() -> None:
    (deep,) = simulate(plan(needle(short_mm=-10.0)), case(), Tier.PREVIEW)
    inside = deep.coverage
    assert inside is not None
    assert inside.percent > 99.0
    assert inside.least_margin_mm > 0.0
    (short,) = simulate(plan(needle(short_mm=10.0)), case(), Tier.PREVIEW)
    missed = short.coverage
    assert missed is not None
    assert missed.percent < 90.0
    assert missed.sure_percent <= missed.percent
    assert missed.least_margin_mm < 0.0
    assert missed.missed_ml > 0.0
    # The lesion of this case lies in the front of L3 and the needle stops at its back.
    assert missed.missed_words.startswith("L3: ")
    assert "anterior" in missed.missed_words
    shares = [percent for _, percent in missed.curve]
    assert shares == sorted(shares, reverse=True)


def test_that_the_parts_of_two_needles_make_up_their_zone() -> None:
    both = plan(
        needle("T1", Side.LEFT, 14.0), needle("T2", Side.RIGHT, 14.0), power_w=20.0, time_s=120.0
    )
    (found,) = simulate(both, case(), Tier.PREVIEW)
    left, right = found.extents.values()
    assert left.volume_ml + right.volume_ml == pytest.approx(found.runs["nominal"], rel=0.05)
    # The spine is the same on both sides.
    assert left.volume_ml == pytest.approx(right.volume_ml, rel=0.15)


def test_that_a_plan_of_two_needles_is_judged_in_both_orders() -> None:
    both = plan(needle("T1", Side.LEFT, 9.0), needle("T2", Side.RIGHT, 9.0), time_s=60.0)
    (found,) = simulate(both, case(), Tier.FULL)
    assert "needles in turn" in found.runs
    (in_turn,) = simulate(both, case(), Tier.PREVIEW, order=Order.IN_TURN)
    assert "needles in turn" not in in_turn.runs
    (one,) = simulate(plan(time_s=60.0), case(), Tier.FULL)
    assert "needles in turn" not in one.runs


def test_that_what_cannot_be_simulated_is_said_for_each_ablation() -> None:
    with pytest.raises(UsageError, match="gives it no power"):
        simulate(plan(power_w=None), case(), Tier.PREVIEW)
    with pytest.raises(UsageError, match="no device 'unknown'"):
        simulate(plan(device="unknown"), case(), Tier.PREVIEW)
    anatomy = case().anatomy
    for lacking in (
        replace(anatomy, vertebrae={}),
        replace(anatomy, canal=np.zeros_like(anatomy.canal)),
    ):
        with pytest.raises(UsageError, match="not both outlined"):
            simulate(plan(), replace(case(), anatomy=lacking), Tier.PREVIEW)
    with pytest.raises(UsageError, match="no ablation"):
        simulate(replace(plan(), ablations=()), case(), Tier.PREVIEW)
    one = plan()
    second = replace(one.ablations[0], id=AblationId("A2"), time_s=None)
    (found,) = simulate(replace(one, ablations=(*one.ablations, second)), case(), Tier.PREVIEW)
    assert list(found.extents) == ["A1"]
    assert "no time" in found.left_out[AblationId("A2")]


def test_that_tier_full_says_what_a_thermometer_reads_over_time_and_keeps_it() -> None:
    made = plan(needle(short_mm=8.0), time_s=60.0)
    (found,) = simulate_and_keep(made, case(), Tier.FULL)
    canal = next(one for one in thermocouples_of(found) if one.structure == "canal")
    seconds, celsius = np.array(canal.readings).T
    assert (seconds[0], celsius[0]) == (0.0, 37.0)
    assert seconds[-1] > 150.0  # heat still comes after the end
    assert (np.diff(seconds) < 15.0).all()
    assert 40.0 < celsius.max() <= canal.worst_celsius + 0.5
    assert celsius.argmax() not in (0, len(celsius) - 1)
    simulation_store._recent.clear()
    (again,) = simulate_and_keep(made, case(), Tier.FULL)
    assert again.courses == found.courses
    assert all(one.readings == () for one in thermocouples_of(preview()))


def test_that_thermometers_are_proposed_where_a_structure_is_worst() -> None:
    found = preview()
    proposed = thermocouples_of(found)
    assert [item.structure for item in proposed[:2]] == ["posterior_wall", "canal"]
    walls = case().anatomy.vertebrae[Level.L3].posterior_wall
    assert walls is not None
    wall = proposed[0]
    assert np.linalg.norm(walls.points_mm - np.array(wall.at_mm), axis=1).min() < 0.01
    i, j, k = np.rint(found.geometry.ijk(np.array(wall.at_mm))).astype(int)
    assert found.peak_celsius[k, j, i] == pytest.approx(wall.expected_celsius, abs=6.0)
    assert wall.worst_celsius >= wall.expected_celsius
    assert (wall.stop_celsius, wall.overshoot_k) == (42.0, 3.0)
