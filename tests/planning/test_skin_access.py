"""The skin map for one approach and one needle, against proposals and closed forms."""

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.planning import measure
from planner.planning.side_search import worst_mm
from planner.planning.skin_access import skin_access
from planning import analytic_spine as spine
from planning.analytic_spine import Scene, Shape


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.usual()


def access(scene: Scene, approach: Approach | None = None, width: float = 2.4):
    return skin_access(
        scene.ct, scene.anatomy, Level.L3, outer_diameter_mm=width, approach=approach
    )


def test_that_a_thicker_needle_reaches_less_by_half_of_what_it_is_thicker(scene: Scene) -> None:
    for approach in (None, Approach.TRANSPEDICULAR):
        thin, thick = access(scene, approach), access(scene, approach, 4.2)
        both = np.isfinite(thin.clearance_mm) & np.isfinite(thick.clearance_mm)
        clear = both & (thin.clearance_mm < 7.0)
        assert clear.any()
        lost = thin.clearance_mm[clear] - thick.clearance_mm[clear]
        assert lost.min() > 0.5
        if approach is None:
            np.testing.assert_allclose(lost, 0.9, atol=1e-6)


def test_that_only_paths_of_the_chosen_approach_count(scene: Scene) -> None:
    free, through = access(scene), access(scene, Approach.TRANSPEDICULAR)
    reached = np.isfinite(through.clearance_mm)
    assert 0 < reached.sum() < np.isfinite(free.clearance_mm).sum()
    places = zip(through.points_mm[reached], through.tips_mm[reached], strict=True)
    for point, tip in places:
        needle = scene.needle(tuple(point), tuple(tip), Side.LEFT if point[0] > 0 else Side.RIGHT)
        assert abs(point[0]) > 5.0, "nobody goes through a pedicle from the midline"
        assert measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4).pedicle is not None


def test_that_what_the_map_says_of_the_pedicle_is_what_is_measured(scene: Scene) -> None:
    found = access(scene, Approach.TRANSPEDICULAR)
    looked_at = 0
    for point, tip, clearance in zip(
        found.points_mm, found.tips_mm, found.clearance_mm, strict=True
    ):
        if clearance > 0.8:
            side = Side.LEFT if point[0] > 0 else Side.RIGHT
            needle = scene.needle(tuple(point), tuple(tip), side)
            seen = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=2.4)
            assert worst_mm(seen) == pytest.approx(clearance, abs=0.9)
            looked_at += 1
    assert looked_at >= 3


def test_that_a_pedicle_too_narrow_for_the_needle_is_reached_from_nowhere_clear() -> None:
    narrow = spine.build(Shape(pedicle_half_width={Side.LEFT: 4.5, Side.RIGHT: 1.5}))
    found = access(narrow, Approach.TRANSPEDICULAR, 3.4)
    right = found.points_mm[:, 0] < -5.0
    assert not (found.clearance_mm[right] >= found.limit_mm).any()
    assert (found.clearance_mm[~right] >= found.limit_mm).any()


def test_that_an_approach_not_used_at_the_level_is_reached_from_nowhere(scene: Scene) -> None:
    found = access(scene, Approach.TRANSCOSTOVERTEBRAL)
    assert len(found.points_mm)
    assert np.isnan(found.clearance_mm).all()
