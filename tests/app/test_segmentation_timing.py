"""The memory that the benchmark of the segmenter reports is the segmenter's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOLDING_640_MB = """
import json, subprocess, sys
import numpy as np
from planner.app.segmentation_timing import peak_mb

before = peak_mb()
room = np.ones(80_000_000)
ask = "from planner.app.segmentation_timing import peak_mb; print(peak_mb())"
child = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)
json.dump([before, peak_mb(), float(child.stdout)], sys.stdout)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it so")
def test_that_a_fresh_process_does_not_inherit_the_peak_of_its_parent() -> None:
    parent = subprocess.run(
        [sys.executable, "-c", HOLDING_640_MB], check=True, capture_output=True, text=True
    )
    before, holding, child = json.loads(parent.stdout)
    assert holding > before + 600.0
    assert child < holding - 500.0
