"""RKL2: second-order Runge-Kutta-Legendre super-steps.

Meyer, Balsara and Aslam (J Comput Phys 257, 2014): ``s`` evaluations carry a parabolic
equation (s^2 + s - 2) / 4 explicit steps far, with no system to solve. Past nine stages the
error in the onset of heating exceeds 0.05 K, so nine is the most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.heat.bioheat import rate_of_change, stiffness_per_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.physics.heat.bioheat import Body, Step
    from planner.physics.heat.links import Field

MOST_STAGES: Final = 9
FEWEST_STAGES: Final = 3

SAFE_SHARE: Final = 0.9
"""Share taken of the longest stable super-step."""


class Stage(NamedTuple):
    """Weights of one stage: of the last two states, the first, and the two rates."""

    last: np.float32
    before: np.float32
    first: np.float32
    rate_s: np.float32
    first_rate_s: np.float32


def super_step_s(explicit_s: float, stages: int) -> float:
    """Return how far ``stages`` evaluations carry, when one is stable for ``explicit_s``."""
    if not FEWEST_STAGES <= stages <= MOST_STAGES:
        raise ValueError(f"stages must be {FEWEST_STAGES} to {MOST_STAGES}, got {stages}")
    return SAFE_SHARE * explicit_s * (stages**2 + stages - 2) / 4.0


def stage_weights(stages: int, seconds: float) -> tuple[Stage, ...]:
    """Return the weights of a super-step of ``seconds``; the first stage only knows its rate."""
    b = [1.0 / 3.0] * 3 + [(j * j + j - 2) / (2.0 * j * (j + 1)) for j in range(3, stages + 1)]
    reach = 4.0 / (stages**2 + stages - 2)
    weights = [_stage(0.0, 0.0, b[1] * reach * seconds, 0.0)]
    for j in range(2, stages + 1):
        last = (2 * j - 1) / j * b[j] / b[j - 1]
        before = -(j - 1) / j * b[j] / b[j - 2]
        rate = last * reach * seconds
        weights.append(_stage(last, before, rate, -(1.0 - b[j - 1]) * rate))
    return tuple(weights)


def _stage(last: float, before: float, rate_s: float, first_rate_s: float) -> Stage:
    numbers = (last, before, 1.0 - last - before, rate_s, first_rate_s)
    return Stage(*(np.float32(value) for value in numbers))


@kernel
def combine(
    out: Field, states: tuple[Field, Field, Field], rates: tuple[Field, Field], stage: Stage
) -> None:
    """Write one stage: ``states`` are the last, the one before and the first."""
    last, before, first = states
    rate, first_rate = rates
    for k in range(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                out[k, j, i] = (
                    stage.last * last[k, j, i]
                    + stage.before * before[k, j, i]
                    + stage.first * first[k, j, i]
                    + stage.rate_s * rate[k, j, i]
                    + stage.first_rate_s * first_rate[k, j, i]
                )


def super_step(
    first: Field, weights: tuple[Stage, ...], rate_into: Callable[[Field, Field], None]
) -> Field:
    """Return the state one super-step after ``first``, which is left as it was.

    Parameters
    ----------
    rate_into
        ``rate_into(state, rate)`` writes the rate of change of a state.
    """
    first_rate = np.zeros_like(first)
    rate_into(first, first_rate)
    last, before = first.copy(), first.copy()
    combine(last, (first, first, first), (first_rate, first_rate), weights[0])
    rate = np.zeros_like(first)
    spare = np.empty_like(first)
    for stage in weights[1:]:
        rate_into(last, rate)
        combine(spare, (last, before, first), (rate, first_rate), stage)
        before, last, spare = last, spare, before
    return last


def conduct(
    now: Field, body: Body, heat: Field, step: Step, *, duration_s: float, stages: int
) -> Field:
    """Return the temperature after ``duration_s`` of steady heat, perfusion unchanged.

    ``step`` gives the power and the arterial temperature; its seconds play no part.
    """
    longest_s = super_step_s(1.0 / stiffness_per_s(body), stages)
    count = max(1, int(np.ceil(duration_s / longest_s)))
    weights = stage_weights(stages, duration_s / count)
    alive = np.zeros_like(now)
    for _ in range(count):
        now = super_step(
            now, weights, lambda state, rate: rate_of_change(state, rate, body, heat, alive, step)
        )
    return now
