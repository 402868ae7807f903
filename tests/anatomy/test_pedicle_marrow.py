"""The marrow of a wide pedicle beside a rib that shares its cortex."""

import numpy as np
import pytest

from planner.anatomy.pedicle_marrow import OVER_SOFT_HU, beside_canal, follow_marrow

SOFT_HU, MARROW_HU, CORTEX_HU = 40.0, 250.0, 700.0
SHAPE = 30, 40, 70
"""``s`` 0 to 29, ``v`` -15 to 24, ``u`` 0 to 69."""

CANAL_HALF_MM = 10.0
CENTRE_S, HEIGHT_MM = 8.0, 30.0


def scene(pedicle_mm: float, marrow_hu: float) -> tuple[np.ndarray, ...]:
    """Return located, HU, seeds and the pedicle's marrow; a rib lies on the pedicle."""
    s, v, u = (axis.astype(np.float32) for axis in np.indices(SHAPE))
    v = v - 15.0
    aside = u - CANAL_HALF_MM
    stretch = (v > -10.0) & (v < 12.0)
    pedicle = stretch & (aside >= 0.0) & (aside < pedicle_mm)
    rib = stretch & (aside >= pedicle_mm) & (aside < pedicle_mm + 8.0)
    inner = pedicle & (aside >= 2.0) & (aside < pedicle_mm - 1.0)
    rib_inner = rib & (aside >= pedicle_mm + 1.0) & (aside < pedicle_mm + 6.0)
    hu = np.where(pedicle | rib, CORTEX_HU, SOFT_HU)
    hu[inner | rib_inner] = marrow_hu
    seeds = np.where(pedicle & (aside < 6.0) & (v > 0.0), 1, 0).astype(np.int32)
    return np.stack([s, v, u]), hu.astype(np.float32), seeds, inner


def followed(pedicle_mm: float, marrow_hu: float, *bearing: bool) -> tuple[np.ndarray, ...]:
    located, hu, seeds, inner = scene(pedicle_mm, marrow_hu)
    wall = np.full(SHAPE, 8.0, np.float32)
    near = beside_canal(located, wall, np.full(SHAPE[0], CANAL_HALF_MM))
    near &= hu > SOFT_HU + OVER_SOFT_HU
    before = seeds.copy()
    places = np.array([CENTRE_S]), np.array([HEIGHT_MM])
    follow_marrow(seeds, hu, near, located[0], places, bearing)
    return before, seeds, inner, located


def test_that_marrow_is_followed_to_the_outer_cortex_and_no_farther() -> None:
    before, after, inner, (s, v, u) = followed(10.0, MARROW_HU, True)
    added = (after > 0) & (before == 0)
    here = inner & (s > CENTRE_S + 1.0) & (s < CENTRE_S + 9.0) & (v > 1.0) & (v < 7.0)
    assert here.any()
    assert (after[here] == 1).all()
    assert u[added].max() < CANAL_HALF_MM + 9.0


@pytest.mark.parametrize(
    ("marrow_hu", "bearing"), [(MARROW_HU, (False,)), (MARROW_HU, ()), (600.0, (True,))]
)
def test_that_seeds_stay_where_there_are_no_ribs_or_no_marrow_to_be_told(
    marrow_hu: float, bearing: tuple[bool, ...]
) -> None:
    before, after, *_ = followed(10.0, marrow_hu, *bearing)
    assert (before == after).all()
