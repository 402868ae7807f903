"""Which section of a pedicle counts as its narrowest, and which pedicles are doubted."""

import numpy as np
import pytest

from planner.anatomy.description import _with_part_flags
from planner.anatomy.pedicles import _narrowest
from planner.domain.anatomy import Pedicle, Quality, QualityVerdict
from planner.domain.levels import Level, Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps

INF = np.inf


@pytest.mark.parametrize(
    ("widths", "place"),
    [
        ((9.0, 8.0, 7.5, 7.6, 8.2), 2),
        ((INF, INF, 22.8, 22.4, 22.3, 12.8, 12.7), 3),
        ((7.0, 16.0, 15.5, 15.8, 16.0), 2),
    ],
)
def test_that_a_width_its_neighbours_contradict_does_not_count(widths, place) -> None:
    assert _narrowest(np.array(widths)) == place


@pytest.mark.parametrize("widths", [(INF,) * 5, (20.0, 12.0, 20.0, 12.0), (INF, 9.0, 9.0, INF)])
def test_that_no_width_counts_where_none_is_borne_out(widths) -> None:
    assert _narrowest(np.array(widths)) is None


def pedicle(side: Side, width_mm: float, height_mm: float) -> Pedicle:
    return Pedicle(
        side=side, isthmus=PointLps(0.0, 0.0, 0.0), axis=(0.0, -1.0, 0.0),
        width_mm=Interval(width_mm, width_mm, width_mm),
        height_mm=Interval(height_mm, height_mm, height_mm),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "height", "doubted"),
    [
        (8.0, 9.3, 14.0, "differ"),
        (18.0, 19.2, 16.0, ""),
        (5.0, 5.9, 11.0, ""),
        (18.0, 18.2, 11.0, "wider than high"),
        (18.0, 18.2, 12.5, ""),
    ],
)
def test_that_unequal_and_flat_pedicles_are_doubted(left, right, height, doubted) -> None:
    found = {
        side: pedicle(side, width, height)
        for side, width in zip((Side.LEFT, Side.RIGHT), (left, right), strict=True)
    }
    plausible = Quality(verdict=QualityVerdict.PLAUSIBLE)
    flags = _with_part_flags(plausible, Level.L5, None, found).flags
    assert len(flags) == bool(doubted)
    assert all(doubted in flag for flag in flags)


@pytest.mark.parametrize(
    ("mine", "near", "doubted"),
    [(8.4, (5.0, 6.0), 1), (7.5, (5.0, 6.0), 0), (3.6, (5.0, 6.0), 1), (8.4, (6.0,), 0)],
)
def test_that_a_pedicle_unlike_both_beside_it_is_doubted(mine, near, doubted) -> None:
    found = {side: pedicle(side, mine, 12.0) for side in Side}
    beside = [{side: pedicle(side, width, 12.0) for side in Side} for width in near]
    plausible = Quality(verdict=QualityVerdict.PLAUSIBLE)
    assert len(_with_part_flags(plausible, Level.T11, Level.T12, found, beside).flags) == doubted
