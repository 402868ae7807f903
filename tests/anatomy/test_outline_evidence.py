"""Flags that fire where an outline is wrong, and only there."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import ndimage

from phantoms import healthy_l3
from planner.anatomy.builtin import build_model
from planner.anatomy.outline_evidence import OutlineEvidence, outline_evidence
from planner.anatomy.spine_model import SpineModel
from planner.domain.levels import Level
from planner.domain.progress import unreported


@lru_cache(maxsize=1)
def model() -> SpineModel:
    return build_model(healthy_l3().ct, unreported)[0]


def number_of(level: Level) -> int:
    centre = healthy_l3().truth.vertebrae[level].body_centre.array
    s = model().curve.locate(centre[None])[0][0]
    return int(np.abs(model().centre_s - s).argmin()) + 1


def flags_of(spine: SpineModel, number: int) -> list[str]:
    found = outline_evidence(spine)[number - 1]
    assert found is not None
    return found.flags()


def outlined(spine: SpineModel, vertebrae: np.ndarray) -> SpineModel:
    return replace(spine, vertebrae=vertebrae.astype(np.uint8))


def test_that_a_sound_outline_carries_no_flag() -> None:
    assert flags_of(model(), number_of(Level.L3)) == []


def test_that_an_outline_without_its_left_half_is_flagged() -> None:
    number = number_of(Level.L3)
    cut = np.where(
        (model().vertebrae == number) & (model().located[2] > 0.0), 0, model().vertebrae
    )
    flags = flags_of(outlined(model(), cut), number)
    assert any("unlike" in flag for flag in flags)


def test_that_an_outline_that_stops_short_of_the_cortex_is_flagged() -> None:
    number = number_of(Level.L3)
    core = ndimage.binary_erosion(model().vertebrae == number, iterations=3)
    shrunk = np.where((model().vertebrae == number) & ~core, 0, model().vertebrae)
    assert any("bone lies outside" in flag for flag in flags_of(outlined(model(), shrunk), number))


def test_that_an_outline_that_swells_into_muscle_is_flagged() -> None:
    number = number_of(Level.L3)
    s, v, u = model().located
    near = np.abs(s - model().centre_s[number - 1]) < 10.0
    block = near & (np.abs(u) < 45.0) & (v > -20.0) & (v < 45.0) & (model().vertebrae == 0)
    swollen = np.where(block & ~model().canal, number, model().vertebrae)
    assert any("holds no bone" in flag for flag in flags_of(outlined(model(), swollen), number))


def test_that_evidence_kept_from_before_is_what_would_be_found_anew() -> None:
    number = number_of(Level.L3)
    core = ndimage.binary_erosion(model().vertebrae == number, iterations=3)
    shrunk = outlined(
        model(), np.where((model().vertebrae == number) & ~core, 0, model().vertebrae)
    )
    kept: dict[bytes, OutlineEvidence] = {}
    first = outline_evidence(model(), kept)
    assert outline_evidence(shrunk, kept) == outline_evidence(shrunk)
    assert outline_evidence(model(), kept) == first
    softer = replace(shrunk, soft_hu=shrunk.soft_hu - 60.0)
    assert outline_evidence(softer, kept) == outline_evidence(softer)
    assert outline_evidence(softer, kept) != outline_evidence(shrunk, kept)
