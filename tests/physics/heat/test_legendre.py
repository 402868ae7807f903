"""Super-steps against small explicit steps on a mixed medium: V13."""

import numpy as np
import pytest

from physics.heat.grids import radii_m
from planner.physics.heat.bioheat import Step, advance, body_of, stable_step_s
from planner.physics.heat.legendre import conduct, stage_weights, super_step_s
from planner.physics.heat.links import harmonic_links

VOXELS = 40


def mixed_body_and_heat():
    radius = radii_m(VOXELS, 1.0)
    index = np.arange(VOXELS)[None, None, :] + np.zeros(radius.shape)
    conductivity = np.where(index < VOXELS // 2, 0.31, 0.573)
    conductivity[radius > 0.014] = 0.211
    capacity = np.where(index < VOXELS // 2, 1178.0 * 2274.0, 1007.0 * 4095.5)
    perfusion = np.where(index < VOXELS // 2, 2200.0, 0.0).astype(np.float32)
    links = harmonic_links(conductivity, 1.0)
    heat = np.exp(-(radius**2) / 2 / 4e-3**2)
    heat *= 3.0 / (heat.sum() * 1e-9)
    body = body_of(links, (1.0 / capacity).astype(np.float32), perfusion)
    return body, heat.astype(np.float32)


SECONDS = 600.0


@pytest.fixture(scope="module")
def in_small_steps() -> np.ndarray:
    """Temperature after a tenth of the longest stable step, again and again."""
    body, heat = mixed_body_and_heat()
    count = int(np.ceil(SECONDS / (0.1 * stable_step_s(body))))
    now = np.full(heat.shape, 37.0, np.float32)
    new = now.copy()
    for _ in range(count):
        advance(now, new, body, heat, np.zeros_like(now), Step.of(SECONDS / count))
        now, new = new, now
    return now


@pytest.mark.parametrize("stages", [3, 5, 9])
def test_that_super_steps_follow_small_steps(in_small_steps: np.ndarray, stages: int) -> None:
    body, heat = mixed_body_and_heat()
    start = np.full(heat.shape, 37.0, np.float32)
    found = conduct(start, body, heat, Step.of(1.0), duration_s=SECONDS, stages=stages)
    assert in_small_steps.max() > 80.0
    assert np.abs(found - in_small_steps).max() <= 0.05


def test_that_more_stages_than_are_accurate_are_refused() -> None:
    with pytest.raises(ValueError, match="3 to 9"):
        super_step_s(1.0, 15)


def test_that_the_weights_of_every_stage_keep_a_constant_state() -> None:
    for stage in stage_weights(9, 10.0):
        assert stage.last + stage.before + stage.first == pytest.approx(1.0, abs=1e-6)
