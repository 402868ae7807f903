"""Counting vertebrae."""

from planner.anatomy.naming import USUAL_PERIOD_MM, last_rib_number
from planner.domain.levels import Level

WHOLE = [False] * 10


def test_that_the_lowest_rib_above_the_free_vertebrae_is_taken_and_not_the_pelvis() -> None:
    pelvis, lumbar, thoracic = [1.0, 1.0], [0.0] * 5, [1.0] * 3
    assert last_rib_number(pelvis + lumbar + thoracic, WHOLE) == 8


def test_that_ribs_all_the_way_down_do_not_tell_the_last_one() -> None:
    assert last_rib_number([1.0] * 6, WHOLE[:6]) is None


def test_that_a_vertebra_cut_by_the_scan_does_not_count_as_free_of_ribs() -> None:
    assert last_rib_number([0.1, 1.0, 1.0, 1.0], [True, False, False, True]) is None


def test_that_no_ribs_at_all_cannot_be_counted_from() -> None:
    assert last_rib_number([0.0] * 5, WHOLE[:5]) is None


def test_that_usual_sizes_grow_from_the_head_down_to_l4() -> None:
    chain = [level for level in USUAL_PERIOD_MM if level.order <= Level.L4.order]
    sizes = [USUAL_PERIOD_MM[level] for level in chain]
    assert sizes == sorted(sizes)
