import numpy as np

from planner.geometry.kernels import kernel


@kernel
def below(values, limit):
    count = 0
    for value in values:
        if value < limit:
            count += 1
    return count


def test_that_a_compiled_loop_keeps_nan_apart_from_every_number():
    assert below(np.array([1.0, np.nan, 7.0]), 5.0) == 1
