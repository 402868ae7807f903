"""HU per tissue against published ranges, and what disease and metal do to the picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from phantoms import healthy_l3, small, thoracic_t7
from planner.domain.levels import Level, Side
from planner.phantom import Phantom, make_phantom
from planner.phantom.additions import CEMENT, METAL
from planner.phantom.draw import marrow_row
from planner.phantom.paint_bone import GRAIN, TRABECULAR
from planner.phantom.recipe import (
    Contrast,
    Fracture,
    FractureKind,
    Leak,
    Lesion,
    Matter,
    OldCement,
    Place,
    PlacedNeedle,
    Recipe,
)


def mean_hu(phantom: Phantom, mask: np.ndarray, deep: int = 2) -> float:
    core = binary_erosion(mask, iterations=deep)
    assert core.sum() > 30
    return float(phantom.ct.hu[core].mean())


@pytest.mark.parametrize(("age", "mean", "sd"), [(25, 226.0, 44.0), (90, 89.0, 38.0)])
def test_that_trabecular_bone_falls_with_age_as_published(
    age: float, mean: float, sd: float
) -> None:
    drawn = [marrow_row(Recipe(seed=seed, age=age))[TRABECULAR] for seed in range(200)]
    assert abs(np.mean(drawn) - mean) < 0.35 * sd
    assert np.std(drawn) < sd


def test_that_osteoporosis_halves_it_and_leaves_texture() -> None:
    sound, thin = (marrow_row(Recipe(osteoporosis=flag)) for flag in (False, True))
    assert thin[TRABECULAR] == pytest.approx(0.5 * sound[TRABECULAR])
    assert thin[GRAIN] > 0.0


@pytest.mark.parametrize(
    ("structure", "low", "high"),
    [("aorta", 35.0, 50.0), ("vena_cava", 35.0, 50.0), ("dural_sac", 0.0, 30.0)],
)
def test_that_soft_tissue_reads_as_published(structure: str, low: float, high: float) -> None:
    phantom = healthy_l3()
    assert low <= mean_hu(phantom, phantom.truth.masks[structure]) <= high


def test_that_disc_lung_cord_and_marrow_read_as_published() -> None:
    lumbar, thoracic = healthy_l3(), thoracic_t7()
    assert 70.0 <= mean_hu(lumbar, lumbar.truth.discs == Level.L3.verse_label) <= 110.0
    assert -900.0 <= mean_hu(thoracic, thoracic.truth.masks["pleura"], 4) <= -700.0
    assert 25.0 <= mean_hu(thoracic, thoracic.truth.masks["cord"]) <= 45.0
    body = mean_hu(lumbar, lumbar.truth.bodies == Level.L3.verse_label, 6)
    usual = marrow_row(lumbar.recipe)[TRABECULAR]
    assert 0.85 * usual < body < 1.35 * usual


def test_that_outside_the_skin_there_is_air_or_couch() -> None:
    phantom = healthy_l3()
    outside = binary_erosion(phantom.truth.masks["skin"], iterations=3)
    assert np.median(phantom.ct.hu[outside]) < -850.0


@lru_cache(maxsize=1)
def treated() -> Phantom:
    return make_phantom(
        small(
            seed=11,
            screws=(Level.L2, Level.L4),
            cement=(OldCement(level=Level.L3, volume_ml=5.0, leaks=tuple(Leak)),),
        )
    )


def test_that_old_cement_has_its_volume_and_is_as_dense_as_barium_cement() -> None:
    phantom = treated()
    cement = phantom.foreign == CEMENT
    body = phantom.truth.labels == Level.L3.verse_label
    millilitres = (cement & body).sum() * phantom.truth.geometry.voxel_volume_mm3 / 1000.0
    assert 3.5 < millilitres < 6.0
    assert 1500.0 <= mean_hu(phantom, cement & body) <= 3000.0


def test_that_every_class_of_leak_is_outside_bone_where_it_says() -> None:
    phantom = treated()
    leaked = (phantom.foreign == CEMENT) & (phantom.truth.labels == 0)
    assert (leaked & (phantom.truth.discs > 0)).sum() > 50
    assert (leaked & phantom.truth.canal).sum() > 50
    left = leaked[:, :, phantom.ct.geometry.size_ijk[0] // 2 + 20 :]
    right = leaked[:, :, : phantom.ct.geometry.size_ijk[0] // 2 - 20]
    assert left.sum() > 50
    assert right.sum() > 50


def test_that_cement_in_a_disc_is_seen_in_the_picture() -> None:
    phantom = treated()
    in_disc = (phantom.foreign == CEMENT) & (phantom.truth.discs > 0)
    assert np.median(phantom.ct.hu[in_disc]) > 1200


def test_that_screws_make_streaks_and_stay_inside_their_own_levels() -> None:
    phantom = treated()
    metal = phantom.foreign == METAL
    levels = {int(n) for n in np.unique(phantom.truth.labels[metal])}
    assert {Level.L2.verse_label, Level.L4.verse_label} <= levels
    canal = phantom.truth.canal
    spread = [float(hu[inside].std()) for hu, inside in zip(phantom.ct.hu, canal, strict=True)]
    busiest = int(metal.sum(axis=(1, 2)).argmax())
    assert spread[busiest] > 1.5 * np.median(spread)


def test_that_a_needle_runs_from_the_skin_through_the_pedicle_of_its_side() -> None:
    phantom = make_phantom(small(needle=PlacedNeedle(level=Level.L3, side=Side.RIGHT)))
    metal = np.argwhere(phantom.foreign == METAL)
    points = phantom.ct.geometry.lps_mm(metal[:, ::-1].astype(float))
    pedicle = phantom.truth.vertebrae[Level.L3].pedicles[Side.RIGHT]
    assert np.linalg.norm(points - pedicle.isthmus.array, axis=1).min() < 1.5
    assert phantom.truth.masks["skin"][tuple(metal[points[:, 1].argmax()])]


def test_that_contrast_fills_the_aorta() -> None:
    phantom = make_phantom(small(levels=(Level.L2, Level.L2), contrast=Contrast.ARTERIAL))
    assert 250.0 <= mean_hu(phantom, phantom.truth.masks["aorta"]) <= 400.0


def test_that_a_blastic_lesion_is_as_dense_as_published() -> None:
    lesion = Lesion(level=Level.L3, kind=Matter.BLASTIC, r_mm=8.0)
    phantom = make_phantom(small(levels=(Level.L3, Level.L3), lesions=(lesion,)))
    assert phantom.truth.lesion is not None
    assert abs(mean_hu(phantom, phantom.truth.lesion) - 654.0) < 176.0


def test_that_epidural_and_foraminal_tumour_is_in_canal_and_foramen_and_in_the_lesion() -> None:
    lesion = Lesion(
        level=Level.L3, kind=Matter.LYTIC, r_mm=9.0, place=Place.POSTERIOR, breach=True,
        epidural_mm=5.0, foraminal=Side.LEFT,
    )  # fmt: skip
    phantom = make_phantom(small(levels=(Level.L3, Level.L4), lesions=(lesion,)))
    truth = phantom.truth
    assert truth.lesion is not None
    assert (truth.lesion & truth.canal).sum() > 300
    assert (truth.lesion & (truth.foramina == Level.L3.verse_label)).sum() > 100
    assert not (truth.lesion & (truth.foramina == Level.L3.verse_label + 100)).any()
    assert not (truth.lesion & truth.masks["cord"]).any()


@pytest.mark.parametrize("kind", FractureKind)
def test_that_a_fracture_takes_height_where_its_kind_says(kind: FractureKind) -> None:
    fracture = Fracture(level=Level.L3, kind=kind, loss=0.4)
    phantom = make_phantom(small(levels=(Level.L3, Level.L3), fractures=(fracture,)))
    sound = healthy_l3().truth.vertebrae[Level.L3]
    broken = phantom.truth.vertebrae[Level.L3]
    assert broken.body_volume_ml < 0.9 * sound.body_volume_ml
    shape = phantom.landmarks[Level.L3].placed.shape
    if kind is FractureKind.WEDGE:
        assert shape.anterior_height_mm < 0.75 * shape.posterior_height_mm
