"""What a vertebra is flagged for because of what it is."""

import pytest

from planner.anatomy.description import _with_part_flags
from planner.domain.anatomy import Pedicle, Quality, QualityVerdict
from planner.domain.levels import Level, Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps

PLAUSIBLE = Quality(verdict=QualityVerdict.PLAUSIBLE)


def test_that_the_vertebra_above_the_sacrum_says_that_its_foramina_are_rough() -> None:
    for level in (Level.L4, Level.L5, Level.L6):
        rough = _with_part_flags(PLAUSIBLE, level, Level.S1, {})
        assert any("on the sacrum" in flag for flag in rough.flags)
        assert rough.verdict is QualityVerdict.CHECK
        free = _with_part_flags(PLAUSIBLE, level, Level.L5, {})
        assert not any("sacrum" in flag for flag in free.flags)


def pair(left_mm: float, right_mm: float) -> dict[Side, Pedicle]:
    return {
        side: Pedicle(
            side=side,
            isthmus=PointLps(0.0, 0.0, 0.0),
            axis=(0.0, -1.0, 0.0),
            width_mm=Interval(width, width, width),
            height_mm=Interval(14.0, 14.0, 14.0),
        )
        for side, width in ((Side.LEFT, left_mm), (Side.RIGHT, right_mm))
    }


@pytest.mark.parametrize(
    ("mine", "beside", "stands_out"),
    [
        (pair(6.0, 6.0), [pair(6.4, 6.2), pair(9.0, 9.0)], False),
        (pair(6.0, 6.0), [pair(6.2, 9.2), pair(9.0, 9.0)], True),
        (pair(6.0, 6.0), [pair(9.8, 9.9)], True),
        (pair(7.4, 7.4), [pair(9.8, 9.9)], False),
        (pair(9.0, 9.0), [pair(6.0, 6.0), pair(6.5, 6.5)], True),
        (pair(9.0, 9.0), [pair(6.0, 6.0)], False),
    ],
)
def test_that_pedicles_unlike_those_next_to_them_are_flagged(
    mine: dict[Side, Pedicle], beside: list[dict[Side, Pedicle]], *, stands_out: bool
) -> None:
    flags = _with_part_flags(PLAUSIBLE, Level.T12, Level.L1, mine, beside).flags
    assert any("above and below" in flag for flag in flags) is stands_out
