"""Five thousand mutated files: none loads different in silence, none crashes, none hangs.

``python tests/imaging/fuzz_by_hand.py`` runs as many more as wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from imaging.mutation import Tally, Target, run

if TYPE_CHECKING:
    from pathlib import Path

TRIALS = {"explicit": 2000, "implicit": 1000, "deflated": 800, "enhanced": 1140, "rle": 60}


def test_that_the_fuzz_is_of_five_thousand_files() -> None:
    assert sum(TRIALS.values()) == 5000


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRIALS)
def test_that_no_mutated_file_loads_different_crashes_or_hangs(tmp_path: Path, kind: str) -> None:
    tally = Tally()
    run(Target(tmp_path, kind), TRIALS[kind], np.random.default_rng(20260102), tally)
    assert tally.faults == []
    assert tally.outcomes["refused"] > TRIALS[kind] // 4
    assert tally.outcomes["load same"] > 0


def test_that_the_fuzz_notices_a_volume_that_loads_different(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target(tmp_path, "explicit")
    matrix = target.truth.geometry.lps_from_ijk
    matrix[0, 3] += 0.1
    moved = type(target.truth.geometry).from_matrix(target.truth.geometry.size_ijk, matrix)
    wrong = type(target.truth)(geometry=moved, hu=target.truth.hu, record=target.truth.record)
    monkeypatch.setattr("imaging.mutation.load_ct", lambda _: wrong)
    tally = Tally()
    run(target, 5, np.random.default_rng(1), tally)
    assert len(tally.faults) == 5
