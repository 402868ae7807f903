"""The body below the last disc, whose lower end no disc shows."""

import numpy as np
import pytest

from planner.anatomy.body_surface import BodySurfaces
from planner.anatomy.disc_search import DiscSearch
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.anatomy.spine_parts import without_what_is_below_the_foot
from planner.anatomy.wall_lines import WallLines

LONG_MM, HALF_DISC_MM = 160, 4.0


def spine_of(discs_s_mm: list[float], tilt: float = 0.0) -> tuple[DiscSearch, BodySurfaces]:
    """Return discs of 8 mm, all tilted alike, between walls at 10 and 40 mm."""
    s_mm = np.array(discs_s_mm)
    plane = s_mm[:, None, None] + tilt * (V_MM[:, None] - 25.0) + 0.0 * U_MM
    discs = DiscSearch(
        walls=WallLines(
            posterior_mm=np.full(LONG_MM, 10.0), anterior_mm=np.full(LONG_MM, 40.0)
        ),
        s_mm=s_mm, tilt_rad=np.full(len(s_mm), np.arctan(tilt)),
        coronal_tilt_rad=np.zeros(len(s_mm)), in_scan=np.ones(LONG_MM, np.bool_),
        period_mm=np.full(LONG_MM, 30.0), contrast_hu=100.0,
    )  # fmt: skip
    surfaces = BodySurfaces(
        radius_mm=np.full((LONG_MM, 72), 16.0), half_width_mm=np.full(LONG_MM, 20.0),
        below=plane - HALF_DISC_MM, above=plane + HALF_DISC_MM,
    )  # fmt: skip
    return discs, surfaces


def ended(discs_s_mm: list[float], tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return ``s`` and ``v`` of what is left of a lowest body that went on without an end."""
    s, v, u = np.meshgrid(np.arange(LONG_MM), np.arange(10.0, 41.0), [0.0], indexing="ij")
    bodies = np.where(s < discs_s_mm[0] - HALF_DISC_MM, 1, 2).astype(np.uint8)
    located = np.stack([s, v, u]).astype(np.float32)
    found = without_what_is_below_the_foot(bodies, located, *spine_of(discs_s_mm, tilt))
    assert (found[bodies == 2] == 2).all()
    return s[found == 1], v[found == 1]


@pytest.mark.parametrize("height_mm", [18.0, 27.0])
def test_that_it_is_as_tall_as_the_body_above_it(height_mm: float) -> None:
    s, _ = ended([80.0, 80.0 + height_mm + 2 * HALF_DISC_MM])
    assert 76.0 - s.min() == pytest.approx(height_mm, abs=1.0)


def test_that_one_collapsed_body_above_does_not_shorten_it() -> None:
    s, _ = ended([60.0, 60.0 + 10 + 8, 60.0 + 10 + 25 + 16, 60.0 + 10 + 26 + 25 + 24])
    assert 56.0 - s.min() == pytest.approx(25.0, abs=1.0)


def test_that_its_foot_is_as_tilted_as_its_endplate() -> None:
    s, v = ended([80.0, 113.0], tilt=0.2)
    front, back = s[v == 40.0].min(), s[v == 10.0].min()
    assert front - back == pytest.approx(0.2 * 30.0, abs=1.0)


def test_that_with_one_disc_its_height_is_not_known_and_it_stays() -> None:
    s, _ = ended([80.0])
    assert s.min() == 0
