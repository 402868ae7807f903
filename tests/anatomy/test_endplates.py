"""Endplates of a thin disc in straightened coordinates, where they are a formula."""

import numpy as np
from scipy import ndimage

from planner.anatomy.body_surface import body_surfaces, surfaces_of_discs
from planner.anatomy.disc_search import DiscSearch
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.anatomy.wall_lines import WallLines

LONG_MM, MIDDLE_S = 60, 30.0
FRONT_V, BACK_V, HALF_WIDTH_MM = 36.0, 8.0, 18.0
HALF_DISC_MM = 1.5


def thin_disc() -> tuple[np.ndarray, DiscSearch]:
    """Return a disc of 3 mm with its plane, and dense marrow 5 mm behind its lower endplate."""
    s, v, u = np.meshgrid(np.arange(LONG_MM), V_MM, U_MM, indexing="ij")
    away = np.abs(s - MIDDLE_S)
    body = (v > BACK_V) & (v < FRONT_V) & (np.abs(u) < HALF_WIDTH_MM)
    hu = np.where(body, 150.0, 0.0)
    hu[body & (away < HALF_DISC_MM)] = 80.0
    hu[body & (away >= HALF_DISC_MM) & (away < HALF_DISC_MM + 1.5)] = 450.0
    hu[body & (s < MIDDLE_S - 5.0)] = 650.0
    walls = WallLines(posterior_mm=np.full(LONG_MM, BACK_V), anterior_mm=np.full(LONG_MM, FRONT_V))
    discs = DiscSearch(
        walls=walls,
        s_mm=np.array([MIDDLE_S]),
        tilt_rad=np.zeros(1),
        coronal_tilt_rad=np.zeros(1),
        in_scan=np.ones(LONG_MM, np.bool_),
        period_mm=np.full(LONG_MM, 25.0),
        contrast_hu=100.0,
    )
    return ndimage.gaussian_filter(hu, 0.8).astype(np.float32), discs


def test_that_what_is_dense_deep_in_a_body_is_not_taken_for_its_endplate() -> None:
    straight, discs = thin_disc()
    found = body_surfaces(straight, discs)
    inside = np.ix_((V_MM > BACK_V + 4) & (V_MM < FRONT_V - 4), np.abs(U_MM) < HALF_WIDTH_MM - 4)
    below, above = (MIDDLE_S - found.below[0])[inside], (found.above[0] - MIDDLE_S)[inside]
    assert np.abs(above - HALF_DISC_MM).max() < 1.0
    assert np.abs(below - HALF_DISC_MM).max() < 1.0


def test_that_a_disc_looked_at_by_itself_has_the_endplates_of_the_whole_spine() -> None:
    straight, discs = thin_disc()
    whole = body_surfaces(straight, discs)
    moved = DiscSearch(
        walls=discs.walls,
        s_mm=discs.s_mm + 1.0,
        tilt_rad=discs.tilt_rad,
        coronal_tilt_rad=discs.coronal_tilt_rad,
        in_scan=discs.in_scan,
        period_mm=discs.period_mm,
        contrast_hu=discs.contrast_hu,
    )
    alone = surfaces_of_discs(straight, moved, discs, whole)
    again = body_surfaces(straight, moved)
    assert np.array_equal(alone.below, again.below)
    assert np.array_equal(alone.above, again.above)
