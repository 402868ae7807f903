"""Values that cannot be Hounsfield units are doubted; those of a body are not, however noisy."""

from __future__ import annotations

import numpy as np
import pytest

from planner.imaging.picture_checks import turned_slices
from planner.imaging.plausible_hu import doubt_of_hu

PARTS = {"air": (-1000, 0.4), "fat": (-95, 0.25), "muscle": (50, 0.3), "bone": (250, 0.05)}


def trunk(noise_hu: float, parts: dict[str, tuple[int, float]] = PARTS) -> np.ndarray:
    """Return voxels of a trunk, each tissue with its share and the noise of a scanner."""
    random = np.random.default_rng(11)
    share = np.array([part for _, part in parts.values()])
    tissue = random.choice([hu for hu, _ in parts.values()], (20, 64, 64), p=share / share.sum())
    bone = parts["bone"][0] if "bone" in parts else 0
    tissue = np.where(tissue == bone, random.normal(bone, 120.0, tissue.shape), tissue)
    return tissue + random.normal(0.0, noise_hu, tissue.shape)


def stored(hu: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(hu, -3000, 3071)).astype(np.int16)


@pytest.mark.parametrize("noise_hu", [0.0, 8.0, 25.0, 60.0, 120.0])
def test_that_a_trunk_is_believed_at_any_noise(noise_hu: float) -> None:
    assert doubt_of_hu(stored(trunk(noise_hu))) == ""


@pytest.mark.parametrize(
    "parts",
    [
        {"air": (-1000, 0.5), "fat": (-110, 0.4), "muscle": (45, 0.07), "bone": (200, 0.03)},
        {"air": (-1000, 0.5), "fat": (-165, 0.2), "muscle": (60, 0.2), "iodine": (390, 0.1)},
        {"air": (-1000, 0.4), "brain": (35, 0.5), "bone": (900, 0.1)},
        {"air": (-1024, 0.4), "lung": (-850, 0.3), "fat": (-90, 0.1), "muscle": (50, 0.2)},
        {"air": (-1000, 0.1), "fat": (-90, 0.2), "muscle": (45, 0.2), "blood": (350, 0.5)},
        {"air": (-1000, 0.4), "muscle": (45, 0.4), "kidneys": (190, 0.2)},
    ],
    ids=[
        "obese",
        "40 keV",
        "head",
        "chest",
        "blood full of iodine",
        "lean, kidneys full of iodine",
    ],
)
def test_that_no_ordinary_scan_is_doubted(parts: dict[str, tuple[int, float]]) -> None:
    assert doubt_of_hu(stored(trunk(15.0, parts))) == ""


def test_that_lung_without_air_round_it_is_not_taken_for_air() -> None:
    parts = {"fat": (-90, 0.2), "muscle": (45, 0.3)}
    lung = np.random.default_rng(2).normal(-850.0, 45.0, (20, 64, 64))
    both = np.concatenate([trunk(15.0, parts), lung])
    assert doubt_of_hu(stored(both)) == ""


@pytest.mark.parametrize("factor", [0.8, 0.85, 0.9, 1.1, 1.15, 1.2])
@pytest.mark.parametrize("fixed_hu", [0, -1000, -1024])
@pytest.mark.parametrize("noise_hu", [5.0, 20.0])
def test_that_a_scale_off_by_a_tenth_or_more_is_doubted(
    factor: float, fixed_hu: int, noise_hu: float
) -> None:
    wrong = (trunk(noise_hu) - fixed_hu) * factor + fixed_hu
    assert doubt_of_hu(stored(wrong)) != ""


@pytest.mark.parametrize("factor", [0.95, 1.05])
@pytest.mark.parametrize("fixed_hu", [0, -1024])
@pytest.mark.parametrize("noise_hu", [5.0, 15.0])
def test_that_a_scale_off_by_a_twentieth_is_doubted(
    factor: float, fixed_hu: int, noise_hu: float
) -> None:
    wrong = (trunk(noise_hu) - fixed_hu) * factor + fixed_hu
    assert doubt_of_hu(stored(wrong)) != ""


@pytest.mark.parametrize("fat", [-125, -110, -85, -75])
@pytest.mark.parametrize("muscle", [35, 45, 60, 70])
def test_that_no_ordinary_fat_and_muscle_are_doubted(fat: int, muscle: int) -> None:
    parts = PARTS | {"fat": (fat, 0.25), "muscle": (muscle, 0.3)}
    assert doubt_of_hu(stored(trunk(10.0, parts))) == ""


def test_that_a_cut_between_like_pictures_is_not_taken_for_a_turn() -> None:
    hu = np.random.default_rng(4).normal(40.0, 30.0, (9, 64, 64))
    hu[:, :, :20] += 500.0
    hu[4:] += 100.0
    assert turned_slices(stored(hu), stored(hu)) == []
    hu[6:] = hu[6:, :, ::-1]
    assert [list(chosen) for _, chosen in turned_slices(stored(hu), stored(hu))] == [[6, 7, 8]]
