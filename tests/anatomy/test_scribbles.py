"""What a user's scribble does to the marks the program set beside it."""

from __future__ import annotations

import numpy as np
import pytest

from planner.anatomy.instances import NO_VERTEBRA, _give_way

AT = (10, 20, 20)


@pytest.mark.parametrize(
    ("said", "away_mm", "mark", "stays"),
    [
        (2, 4.0, 3, False),  # another vertebra's mark beside it
        (2, 4.0, 2, True),  # its own
        (2, 12.0, 3, True),  # beyond the process
        (NO_VERTEBRA, 4.0, 3, False),  # a rib was pointed at
    ],
)
def test_that_marks_of_a_joint_give_way_to_what_the_user_says_beside_them(
    said: int, away_mm: float, mark: int, stays: bool
) -> None:
    sure = np.zeros((20, 40, 40), np.int32)
    sure[10, 22, 20] = 5  # a body's core is no mark of a joint
    seeds, scribbles = sure.copy(), np.zeros_like(sure)
    scribbles[AT] = said
    there = (10, 20, 20 + round(away_mm / 0.8))
    seeds[there] = mark
    _give_way(seeds, sure, scribbles, 0.8)
    assert bool(seeds[there] == mark) is stays
    assert seeds[10, 22, 20] == 5
