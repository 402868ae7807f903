"""Vessels and lung beside the spine, and the levels they are said to be outlined at."""

from functools import lru_cache

import numpy as np
import pytest
from scipy import ndimage

from phantoms import small, thoracic_t7
from planner.anatomy import Workbench
from planner.anatomy.pleura import lung_mask
from planner.domain.anatomy import Anatomy
from planner.domain.corrections import BrushStroke
from planner.domain.levels import Level
from planner.domain.volume import CtVolume
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom.make import Phantom, make_phantom


@lru_cache(maxsize=1)
def lumbar() -> tuple[Phantom, Anatomy]:
    phantom = make_phantom(small(levels=(Level.L1, Level.L4), spacing_mm=(1.2, 1.2, 1.5)))
    seeds = {Level.L3: phantom.truth.vertebrae[Level.L3].body_centre}
    return phantom, Workbench(phantom.ct).outline(seeds=seeds)


@lru_cache(maxsize=1)
def thoracic() -> tuple[Phantom, Anatomy]:
    phantom = thoracic_t7()
    seeds = {Level.T7: phantom.truth.vertebrae[Level.T7].body_centre}
    return phantom, Workbench(phantom.ct).outline(seeds=seeds)


def truth_of(phantom: Phantom, anatomy: Anatomy, name: str) -> np.ndarray:
    start = np.rint(phantom.truth.geometry.ijk(anatomy.geometry.lps_mm(np.zeros(3)))).astype(int)
    i, j, k = (slice(a, a + n) for a, n in zip(start, anatomy.geometry.size_ijk, strict=True))
    return phantom.truth.masks[name][k, j, i]


def slices_of(anatomy: Anatomy, levels: frozenset[Level]) -> np.ndarray:
    out = np.zeros(anatomy.geometry.shape_kji[0], np.bool_)
    for level in levels:
        vertebra = anatomy.vertebrae[level]
        k = int(anatomy.geometry.ijk(vertebra.body_centre.array)[2])
        half = int(0.5 * vertebra.body_size_mm[2] / anatomy.geometry.spacing_mm[2])
        out[max(0, k - half) : k + half] = True
    return out


@pytest.mark.parametrize("case", [lumbar, thoracic])
@pytest.mark.parametrize("name", ["aorta", "vena_cava", "pleura"])
def test_that_what_is_said_to_be_seen_leaves_nothing_of_the_structure_out(
    request, case, name: str
) -> None:
    if case is thoracic and name == "pleura":
        vessel = "vessels at the lung root wider than 8 mm are left out, up to 4.9 mm deep"
        request.applymarker(pytest.mark.xfail(strict=True, reason=vessel))
    phantom, anatomy = case()
    levels = anatomy.seen_at.get(name, frozenset())
    if name not in anatomy.masks:
        assert not levels
        return
    seen = slices_of(anatomy, levels)
    truth = truth_of(phantom, anatomy, name)[seen]
    mask = anatomy.masks[name][seen]
    beyond = ndimage.distance_transform_edt(~mask, sampling=anatomy.geometry.spacing_mm[::-1])
    # Thin edges of lung are half air: the farthest single voxel may lie two voxels out.
    assert beyond[truth].max() <= 4.0


def test_that_the_aorta_of_a_digital_spine_is_found_and_little_else() -> None:
    phantom, anatomy = lumbar()
    assert anatomy.outlines("aorta", Level.L3)
    seen = slices_of(anatomy, frozenset({Level.L3}))
    truth, mask = truth_of(phantom, anatomy, "aorta")[seen], anatomy.masks["aorta"][seen]
    assert 2.0 * (truth & mask).sum() / (truth.sum() + mask.sum()) > 0.8


def test_that_lung_is_found_beside_thoracic_levels() -> None:
    _, anatomy = thoracic()
    assert anatomy.outlines("pleura", Level.T7)
    assert not anatomy.outlines("pleura", Level.L1)


def test_that_lung_lies_inside_the_patient() -> None:
    phantom, anatomy = thoracic()
    truth = truth_of(phantom, anatomy, "pleura")
    assert (anatomy.masks["skin"] & truth).sum() < 0.01 * truth.sum()


def test_that_a_structure_dabbed_at_one_level_is_not_outlined_at_another() -> None:
    phantom, auto = lumbar()
    bench = Workbench(phantom.ct)
    seeds = {Level.L3: phantom.truth.vertebrae[Level.L3].body_centre}
    at = auto.vertebrae[Level.L3].body_centre.moved(np.array([0.0, -40.0, 0.0]))
    dab = BrushStroke(paint="vena_cava", points=(at,), radius_mm=5.0)
    painted = bench.outline(seeds=seeds, corrections=[dab])
    assert painted.outlines("vena_cava", Level.L3)
    assert painted.seen_at["vena_cava"] == auto.seen_at.get("vena_cava", frozenset()) | {Level.L3}


def test_that_bowel_gas_is_not_lung() -> None:
    geometry = VolumeGeometry.axis_aligned((60, 60, 60), (1.0, 1.0, 1.0))
    hu = np.full((60, 60, 60), 40, np.int16)
    k, j, i = np.indices(hu.shape)
    ball = (k - 30) ** 2 + (j - 30) ** 2 + (i - 30) ** 2 < 20**2
    nobody = np.zeros(hu.shape, np.bool_)
    for value, is_lung in ((-995, False), (-820, True)):
        filled = np.where(ball, value, hu).astype(np.int16)
        assert bool(lung_mask(filled, nobody, geometry).any()) is is_lung


def test_that_a_scan_of_noise_shows_no_vessel() -> None:
    phantom, _ = lumbar()
    rng = np.random.default_rng(4)
    loud = phantom.ct.hu + rng.normal(0.0, 90.0, phantom.ct.hu.shape)
    noisy = CtVolume(
        geometry=phantom.ct.geometry,
        hu=np.clip(loud, -1024, 3000).astype(np.int16),
        record=phantom.ct.record,
    )
    seeds = {Level.L3: phantom.truth.vertebrae[Level.L3].body_centre}
    anatomy = Workbench(noisy).outline(seeds=seeds)
    for name in ("aorta", "vena_cava"):
        if name in anatomy.masks:
            seen = slices_of(anatomy, anatomy.seen_at[name])
            truth = truth_of(phantom, anatomy, name)[seen]
            gap = ndimage.distance_transform_edt(
                ~anatomy.masks[name][seen], sampling=anatomy.geometry.spacing_mm[::-1]
            )
            assert gap[truth].max() <= 4.0
