"""What each tissue reads in the scan, against the ranges that are published for it.

The ranges of soft tissue are textbook ones (recalled); those of marrow and blastic bone are read
in Jang 2019 (Radiology 291:360) and Ulano 2016 (AJR 207:362).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

from phantoms import easy_l3, healthy_l3, small, thoracic_t7
from planner.domain.levels import Level
from planner.phantom import Phantom, make_phantom
from planner.phantom.recipe import Contrast, FieldOfView, Lesion, Matter, OldCement

BLASTIC_HU, BLASTIC_SD_HU = 654.0, 176.0
MARROW_BELOW_30_HU, MARROW_LOSS_PER_YEAR_HU, MARROW_SD_HU = 226.0, 2.5, 44.0


@lru_cache(maxsize=2)
def opacified(contrast: Contrast) -> Phantom:
    return make_phantom(small(levels=(Level.L3, Level.L3), contrast=contrast))


@lru_cache(maxsize=1)
def dense() -> Phantom:
    return make_phantom(
        small(
            levels=(Level.L2, Level.L3),
            lesions=(Lesion(level=Level.L3, kind=Matter.BLASTIC, r_mm=8.0),),
            cement=(OldCement(level=Level.L2, volume_ml=5.0),),
        )
    )


@lru_cache(maxsize=1)
def whole_trunk() -> Phantom:
    return make_phantom(
        small(
            levels=(Level.L3, Level.L3),
            spacing_mm=(4.0, 4.0, 5.0),
            field_of_view=FieldOfView.TRUNK,
        )
    )


def mean_hu(phantom: Phantom, mask: np.ndarray, deep: int) -> float:
    core = binary_erosion(mask, iterations=deep) if deep else mask
    assert core.sum() > 30
    return float(phantom.ct.hu[core].mean())


def beside(phantom: Phantom, left_mm: float, back_mm: float, radius_mm: float = 4.0) -> float:
    """Return the mean HU of a ball beside L3's body."""
    middle = phantom.truth.vertebrae[Level.L3].body_centre.array
    centre = middle + np.array([left_mm, back_mm, 0.0])
    index = np.argwhere(np.ones(phantom.ct.hu.shape, dtype=bool))
    near = np.linalg.norm(phantom.ct.geometry.lps_mm(index[:, ::-1]) - centre, axis=1) < radius_mm
    return float(phantom.ct.hu[tuple(index[near].T)].mean())


def under_skin(phantom: Phantom) -> float:
    """Return the mean HU of the fat of the back, 4 to 8 mm below the skin."""
    depth = distance_transform_edt(~phantom.truth.masks["skin"])
    behind = np.zeros(depth.shape, dtype=bool)
    behind[:, depth.shape[1] // 2 :] = True
    edge = np.ones(depth.shape, dtype=bool)
    edge[12:-12, :, 30:-30] = False
    return float(phantom.ct.hu[(depth > 4.0) & (depth < 8.0) & behind & ~edge].mean())


@lru_cache(maxsize=1)
def table() -> dict[str, tuple[float, float, float]]:
    """Return mean, lowest and highest HU of every tissue."""
    lumbar, thoracic = healthy_l3(), thoracic_t7()
    masks, chest = lumbar.truth.masks, thoracic.truth.masks
    lesion, arterial = easy_l3(), opacified(Contrast.ARTERIAL)
    portal, hard = opacified(Contrast.PORTAL), dense()
    assert lesion.truth.lesion is not None
    assert hard.truth.lesion is not None
    usual = MARROW_BELOW_30_HU - MARROW_LOSS_PER_YEAR_HU * (lumbar.recipe.age - 28.0)
    disc = lumbar.truth.discs == Level.L3.verse_label
    body = lumbar.truth.bodies == Level.L3.verse_label
    cement = (hard.foreign == 2) & (hard.truth.bodies > 0)
    arch = (lumbar.truth.labels == Level.L3.verse_label) & ~body
    return {
        "air": (float(whole_trunk().ct.hu[:, :4].mean()), -1010.0, -990.0),
        "lung": (mean_hu(thoracic, chest["pleura"], 4), -850.0, -700.0),
        "fat": (under_skin(lumbar), -120.0, -80.0),
        "csf": (mean_hu(lumbar, masks["dural_sac"] & ~masks["cord"], 3), 0.0, 15.0),
        "cord": (mean_hu(thoracic, chest["cord"], 2), 30.0, 40.0),
        "muscle (psoas)": (beside(lumbar, 42.0, 4.0), 40.0, 60.0),
        "aorta": (mean_hu(lumbar, masks["aorta"], 2), 35.0, 50.0),
        "aorta, arterial": (mean_hu(arterial, arterial.truth.masks["aorta"], 2), 250.0, 400.0),
        "aorta, portal": (mean_hu(portal, portal.truth.masks["aorta"], 2), 120.0, 180.0),
        "disc": (mean_hu(lumbar, disc, 2), 70.0, 110.0),
        "marrow": (mean_hu(lumbar, body, 6), usual - MARROW_SD_HU, usual + MARROW_SD_HU),
        "lytic": (mean_hu(lesion, lesion.truth.lesion, 2), 20.0, 80.0),
        "blastic": (
            mean_hu(hard, hard.truth.lesion, 2),
            BLASTIC_HU - BLASTIC_SD_HU,
            BLASTIC_HU + BLASTIC_SD_HU,
        ),
        "cement": (mean_hu(hard, cement, 1), 1500.0, 3000.0),
        "cortex (thickest)": (float(np.quantile(lumbar.ct.hu[arch], 0.99)), 800.0, 1800.0),
    }


TISSUES = (
    "air", "lung", "fat", "csf", "cord", "muscle (psoas)", "aorta", "aorta, arterial",
    "aorta, portal", "disc", "marrow", "lytic", "blastic", "cement", "cortex (thickest)",
)  # fmt: skip


def test_that_every_tissue_of_the_table_is_looked_at() -> None:
    assert set(table()) == set(TISSUES)


@pytest.mark.parametrize("tissue", TISSUES)
def test_that_a_tissue_reads_as_published(tissue: str) -> None:
    mean, low, high = table()[tissue]
    assert low <= mean <= high, f"{tissue} reads {mean:.0f} HU, not {low:.0f} to {high:.0f}"
