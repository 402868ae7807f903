"""A pedicle of known width with and without a rib against it, blurred as a scanner blurs."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from planner.anatomy.bone_edges import STEP_MM, BoneEdges, _edge
from planner.geometry.volume_geometry import VolumeGeometry

SOFT, MARROW, CORTEX = 40.0, 300.0, 1100.0
CORTEX_MM, BLUR_MM = 1.2, 0.6
FINER = 25
"""Samples of the drawn line in one of the ray's."""


def ray(*tissues: tuple[float, float]) -> NDArray[np.float32]:
    """HU along a ray of 24 mm through tissues that end at the given places, blurred."""
    fine = np.arange(0.0, 24.0, STEP_MM / FINER)
    line = np.full(fine.size, SOFT)
    for end_mm, hu in reversed(tissues):
        line[fine < end_mm] = hu
    blurred = ndimage.gaussian_filter1d(line, BLUR_MM * FINER / STEP_MM, mode="nearest")
    return blurred[::FINER].astype(np.float32)


def outlined(end_mm: float) -> NDArray[np.bool_]:
    return np.arange(0.0, 24.0, STEP_MM) < end_mm


def pedicle(half_mm: float) -> list[tuple[float, float]]:
    return [(half_mm - CORTEX_MM, MARROW), (half_mm, CORTEX)]


@pytest.mark.parametrize("half_mm", [2.5, 3.5, 5.0, 7.0])
@pytest.mark.parametrize("gap_mm", [0.0, 0.4, 1.0, 2.5])
def test_that_a_rib_against_a_pedicle_makes_it_no_wider(half_mm: float, gap_mm: float) -> None:
    near, far = half_mm + gap_mm, half_mm + gap_mm + 8.0
    rib = [(near, SOFT), (near + 0.8, CORTEX), (far - 0.8, MARROW), (far, CORTEX)]
    line = ray(*pedicle(half_mm), *rib)
    edge = _edge(line, line, outlined(far + 0.3), SOFT, True)
    assert half_mm - 1.0 < edge < half_mm + 0.25


@pytest.mark.parametrize("half_mm", [2.5, 3.5, 5.0, 7.0])
@pytest.mark.parametrize("rib_beside", [False, True])
def test_that_a_pedicle_beside_soft_tissue_ends_at_its_cortex(
    half_mm: float, rib_beside: bool
) -> None:
    line = ray(*pedicle(half_mm))
    edge = _edge(line, line, outlined(half_mm + 0.3), SOFT, rib_beside)
    assert half_mm - 0.6 < edge < half_mm + 0.1


def test_that_noise_in_the_marrow_is_no_cortex() -> None:
    noisy = ray(*pedicle(6.0)) + np.random.default_rng(7).normal(0.0, 30.0, 96).astype(np.float32)
    assert _edge(noisy, noisy, outlined(6.3), SOFT, True) == pytest.approx(
        _edge(noisy, noisy, outlined(6.3), SOFT, False), abs=0.3
    )


def test_that_a_grain_of_one_ray_is_no_cortex_where_the_mean_of_rays_shows_none() -> None:
    calm = ray(*pedicle(9.0))
    grain = 400.0 * np.exp(-0.5 * ((np.arange(96) * STEP_MM - 3.0) / 0.5) ** 2)
    line = calm + grain.astype(np.float32)
    clean = _edge(calm, calm, outlined(9.3), SOFT, True)
    assert _edge(line, calm, outlined(9.3), SOFT, True) == pytest.approx(clean, abs=0.1)
    # Were it in all rays, it would be a cortex with a rib behind it.
    assert _edge(line, line, outlined(9.3), SOFT, True) < 4.5


def test_that_a_ray_along_the_lamina_does_not_count_as_ending_at_the_canal() -> None:
    canal = np.zeros((12, 40, 40), np.bool_)
    canal[:, 10:24, 5:20] = True
    geometry = VolumeGeometry.from_matrix((40, 40, 12), np.eye(4))
    model: Any = SimpleNamespace(
        vertebrae=np.ones(canal.shape, np.uint8), canal=canal,
        volume=SimpleNamespace(geometry=geometry),
    )  # fmt: skip
    edges = BoneEdges(model, 1, (slice(0, 12), slice(0, 40), slice(0, 40)))
    beside, behind = np.array([28.0, 16.0, 6.0]), np.array([28.0, 30.0, 6.0])
    to_the_middle = np.array([-1.0, 0.0, 0.0])
    met = edges.canal_behind(np.stack([beside, behind]), to_the_middle, np.array([8.5, 8.5]))
    assert met.tolist() == [True, False]


@pytest.mark.parametrize("start_mm", [0.3, 0.6, 1.0])
def test_that_a_ray_from_within_the_outer_cortex_ends_there_and_not_at_a_rib(start_mm) -> None:
    """The middle of the core may lie in the cortex; before a rib there is a gap of 2 mm."""
    end = CORTEX_MM - start_mm
    rib = [(end + 2.0, SOFT), (end + 3.0, CORTEX), (end + 7.0, MARROW), (end + 8.0, CORTEX)]
    line = ray((end, CORTEX), *rib)
    edge = _edge(line, line, outlined(end + 8.3), SOFT, True)
    assert edge == pytest.approx(end, abs=0.5)
