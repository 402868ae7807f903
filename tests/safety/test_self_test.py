from dataclasses import replace

import numpy as np
import pytest

from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.safety import assess, run_self_test, self_test
from planner.safety.tiny_spine import tiny_spine
from safety.cases import CATALOG


def test_that_a_sound_installation_passes(monkeypatch):
    judged = []
    monkeypatch.setattr(self_test, "assess", lambda *seen: judged.append(seen) or assess(*seen))
    run_self_test(CATALOG)
    assert judged


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
