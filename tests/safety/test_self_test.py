from dataclasses import replace

import numpy as np
import pytest

from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps
from planner.safety import assess, run_self_test, self_test, stopped, stopped_check
from planner.safety.measured import Measured
from planner.safety.tiny_spine import tiny_spine
from safety.cases import CATALOG, good_plan


def test_that_a_sound_installation_passes(monkeypatch):
    judged = []
    monkeypatch.setattr(self_test, "assess", lambda *seen: judged.append(seen) or assess(*seen))
    run_self_test(CATALOG)
    assert judged


def test_that_what_is_laid_into_the_canal_lies_in_its_middle(monkeypatch):
    judged = []
    monkeypatch.setattr(self_test, "assess", lambda *seen: judged.append(seen) or assess(*seen))
    run_self_test(CATALOG)
    ((plan, scene),) = judged
    (needle,) = plan.trajectories
    (zone,) = scene.zones.values()
    assert needle.tip == zone.shape.centre == PointLps(0.0, 27.0, 0.0)
    assert zone.shape.half_length_mm == zone.shape.half_width_mm == 6.0
    assert (needle.level, needle.side) == (Level.L3, Side.LEFT)
    assessment = assess(plan, scene)
    assert {"A1", "P3", "P4"} <= set(assessment.checked)
    assert not any("fault" in item.message for item in assessment.findings)


@pytest.mark.parametrize(
    ("seen", "said"),
    [(400, "400 HU reads 401"), (40, "40 HU reads 41"), (-1000, "-1000 HU reads -999")],
)
def test_that_each_grey_value_is_looked_at(monkeypatch, seen, said):
    def lighter(ct, anatomy):
        return replace(ct, hu=np.where(ct.hu == seen, ct.hu + 1, ct.hu)), anatomy

    spoiled(monkeypatch, lighter)
    with pytest.raises(self_test.SelfTestFailedError, match=said):
        run_self_test(CATALOG)


@pytest.mark.parametrize("side", list(Side))
def test_that_each_pedicle_is_looked_at(monkeypatch, side):
    def over(ct, anatomy):
        vertebra = anatomy.vertebrae[Level.L3]
        other = vertebra.pedicles[side.other]
        vertebra = replace(vertebra, pedicles={**vertebra.pedicles, side: other})
        return ct, replace(anatomy, vertebrae={**anatomy.vertebrae, Level.L3: vertebra})

    spoiled(monkeypatch, over)
    words = f"the {side} pedicle is not on the {side}"
    with pytest.raises(self_test.SelfTestFailedError, match=words):
        run_self_test(CATALOG)


@pytest.mark.parametrize(
    ("wrong_mm", "passes"), [(-1.1, False), (-0.9, True), (0.9, True), (1.1, False)]
)
def test_that_a_gap_may_be_wrong_by_half_a_voxel(monkeypatch, wrong_mm, passes):
    class Wrong:
        def zone(self, ball, name):
            assert (name, ball.centre) == ("canal", PointLps(0.0, 5.0, 0.0))
            return Measured(structure=name, distance_mm=7.0 + wrong_mm, at=ball.centre)

    monkeypatch.setattr(self_test, "ruler_for", lambda anatomy: Wrong())
    if passes:
        run_self_test(CATALOG)
        return
    words = f"^The start-up self-test failed: a gap of 7 mm measures {7.0 + wrong_mm:.1f} mm. "
    words += "Planning is locked. Install the program again; if it fails again, do not use it "
    with pytest.raises(self_test.SelfTestFailedError, match=words):
        run_self_test(CATALOG)


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"rules": ("N1", "A1", "P4")}, True),
        ({"rules": ("A1", "P4")}, False),
        ({"rules": ("N1", "P4")}, False),
        ({"verdict": Verdict.WARNED}, False),
    ],
)
def test_that_needle_and_zone_must_both_be_blocked_and_the_plan_held(monkeypatch, change, passes):
    block = replace(stopped_check("x"), severity=Severity.BLOCK)
    rules = change.get("rules", ("N1", "A1"))
    made = replace(
        stopped(good_plan()),
        verdict=change.get("verdict", Verdict.HELD),
        findings=tuple(replace(block, rule=rule) for rule in rules),
    )
    monkeypatch.setattr(self_test, "assess", lambda plan, scene: made)
    if passes:
        run_self_test(CATALOG)
    else:
        with pytest.raises(self_test.SelfTestFailedError, match="a needle and zone in the canal"):
            run_self_test(CATALOG)


def spoiled(monkeypatch, spoil):
    def wrong(grid, **options):
        return spoil(*tiny_spine(grid, **options))

    monkeypatch.setattr(self_test, "tiny_spine", wrong)


def test_that_shifted_grey_values_are_found(monkeypatch):
    spoiled(monkeypatch, lambda ct, anatomy: (replace(ct, hu=ct.hu + np.int16(1)), anatomy))
    with pytest.raises(self_test.SelfTestFailedError, match="400 HU reads 401 HU"):
        run_self_test(CATALOG)


def test_that_swapped_sides_are_found(monkeypatch):
    def swap(ct, anatomy):
        vertebra = anatomy.vertebrae[Level.L3]
        pedicles = {side: vertebra.pedicles[side.other] for side in Side}
        vertebrae = {**anatomy.vertebrae, Level.L3: replace(vertebra, pedicles=pedicles)}
        return ct, replace(anatomy, vertebrae=vertebrae)

    spoiled(monkeypatch, swap)
    with pytest.raises(self_test.SelfTestFailedError, match="left pedicle is not on the left"):
        run_self_test(CATALOG)


def test_that_a_mirrored_frame_is_found(monkeypatch):
    def mirror(ct, anatomy):
        vertebra = anatomy.vertebrae[Level.L3]
        turned = replace(vertebra, left=(-1.0, 0.0, 0.0))
        return ct, replace(anatomy, vertebrae={**anatomy.vertebrae, Level.L3: turned})

    spoiled(monkeypatch, mirror)
    with pytest.raises(self_test.SelfTestFailedError, match="Planning is locked"):
        run_self_test(CATALOG)


def test_that_a_shifted_canal_is_found(monkeypatch):
    def shift(ct, anatomy):
        return ct, replace(anatomy, canal=np.roll(anatomy.canal, 2, axis=1))

    spoiled(monkeypatch, shift)
    with pytest.raises(self_test.SelfTestFailedError, match="a gap of 7 mm measures"):
        run_self_test(CATALOG)


def test_that_a_check_that_does_not_block_the_canal_is_found(monkeypatch):
    real = self_test.assess

    def lenient(plan, scene):
        assessment = real(plan, scene)
        kept = tuple(item for item in assessment.findings if item.severity is not Severity.BLOCK)
        return replace(assessment, findings=kept)

    monkeypatch.setattr(self_test, "assess", lenient)
    with pytest.raises(self_test.SelfTestFailedError, match="in the canal give HELD"):
        run_self_test(CATALOG)
