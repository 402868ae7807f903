"""Sizes of zones whose size is known."""

import numpy as np
import pytest

from planner.physics.heat import measure_zone


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 0.0, -2.0), (1.0, 2.0, -1.0)])
def test_that_a_spheroid_is_measured_finer_than_its_voxels(
    axis: tuple[float, float, float],
) -> None:
    unit = np.array(axis) / np.linalg.norm(axis)
    x, y, z = np.meshgrid(*[np.arange(48.0)] * 3, indexing="ij")
    offset = np.stack([x, y, z], axis=-1) - np.array((23.3, 24.1, 23.7))
    along = offset @ unit
    across = np.sqrt((offset**2).sum(axis=-1) - along**2)
    level = -np.sqrt((along / 14.0) ** 2 + (across / 9.0) ** 2)
    size = measure_zone(level.transpose(2, 1, 0), -1.0, 1.0, axis)
    assert size.length_mm == pytest.approx(28.0, abs=0.2)
    assert size.width_mm == pytest.approx(18.0, abs=0.2)
    assert size.height_mm == pytest.approx(18.0, abs=0.2)
    assert size.volume_ml == pytest.approx(4 / 3 * np.pi * 14 * 81 / 1000, rel=0.01)
    assert size.short_diameter_mm == pytest.approx(18.0, abs=0.2)


def test_that_no_zone_has_no_size() -> None:
    size = measure_zone(np.zeros((8, 8, 8)), 1.0, 1.0, (1.0, 0.0, 0.0))
    assert (size.length_mm, size.volume_ml, size.short_diameter_mm) == (0.0, 0.0, 0.0)


def test_that_width_lies_nearest_the_x_axis() -> None:
    x, y, z = np.meshgrid(*[np.arange(40.0) - 19.5] * 3, indexing="ij")
    level = -np.sqrt((x / 12.0) ** 2 + (y / 15.0) ** 2 + (z / 6.0) ** 2)
    size = measure_zone(level.transpose(2, 1, 0), -1.0, 1.0, (0.0, 1.0, 0.0))
    assert size.length_mm == pytest.approx(30.0, abs=0.2)
    assert size.width_mm == pytest.approx(24.0, abs=0.2)
    assert size.height_mm == pytest.approx(12.0, abs=0.2)
