"""Noise as a scanner makes it: its strength, where it is strong, and how it is correlated."""

from __future__ import annotations

import numpy as np

from planner.phantom.recipe import Kernel
from planner.phantom.scanner import add_noise

SPACING_MM = (1.0, 1.0, 1.0)


def oval(half_wide: float, half_deep: float) -> np.ndarray:
    """Return slices of a water trunk in air, ``[k, j, i]``."""
    y, x = np.mgrid[-110:110, -190:190]
    inside = (x / half_wide) ** 2 + (y / half_deep) ** 2 < 1.0
    return np.repeat(np.where(inside, 0.0, -1000.0)[None].astype(np.float32), 12, axis=0)


def noise_in(
    trunk: np.ndarray, sd_hu: float = 20.0, kernel: Kernel = Kernel.STANDARD
) -> np.ndarray:
    noisy = trunk.copy()
    add_noise(noisy, SPACING_MM, sd_hu, kernel, (1,))
    return noisy - trunk


def test_that_noise_is_as_strong_as_asked_in_the_middle_and_weaker_under_the_skin() -> None:
    noise = noise_in(oval(170.0, 100.0))
    middle = noise[:, 100:120, 180:200].std()
    skin = noise[:, 13:21, 180:200].std()
    assert 17.0 < middle < 23.0
    assert skin < 0.85 * middle


def test_that_wide_shoulders_streak_along_their_length() -> None:
    noise = noise_in(oval(180.0, 70.0))[:, 90:130, 150:230]
    along = np.mean(noise[:, :, :-2] * noise[:, :, 2:])
    across = np.mean(noise[:, :-2, :] * noise[:, 2:, :])
    assert along > across + 0.05 * noise.var()


def test_that_noise_is_grainy_and_has_no_slow_part() -> None:
    noise = noise_in(oval(150.0, 105.0))[:, 80:140, 150:230]
    assert np.mean(noise[:, :, :-1] * noise[:, :, 1:]) > 0.2 * noise.var()
    blocks = noise.reshape(12, 3, 20, 4, 20).mean(axis=(2, 4))
    assert blocks.std() < 0.05 * noise.std()


def test_that_a_bone_kernel_makes_finer_noise_than_a_soft_one() -> None:
    def neighbours(kernel: Kernel) -> float:
        noise = noise_in(oval(150.0, 105.0), kernel=kernel)[:, 80:140, 150:230]
        return float(np.mean(noise[:, :, :-1] * noise[:, :, 1:]) / noise.var())

    assert neighbours(Kernel.BONE) < neighbours(Kernel.STANDARD) < neighbours(Kernel.SOFT)


def test_that_no_noise_is_no_noise() -> None:
    assert not noise_in(oval(150.0, 105.0), sd_hu=0.0).any()
