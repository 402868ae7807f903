"""The benchmark itself runs; no time is judged here."""

import pytest

from planner.physics.benchmark import benchmark


@pytest.mark.slow
def test_that_every_row_has_a_time_and_the_kernel_a_peer() -> None:
    rows = benchmark(n=1, share=0.1)
    assert len({row.name for row in rows}) == len(rows) == 10
    assert all(row.best_s > 0.0 for row in rows)
    assert rows[0].ratio is not None
    assert rows[0].against
