"""The memory that the benchmark of the segmenter reports is the segmenter's own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from planner.app.segmentation_timing import peak_mb

ASK = "from planner.app.segmentation_timing import peak_mb; print(peak_mb())"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it so")
def test_that_a_fresh_process_does_not_inherit_the_peak_of_its_parent() -> None:
    before = peak_mb()
    room = np.ones(80_000_000)
    assert peak_mb() > before + 300.0, "640 MB were held here"
    del room
    child = subprocess.run([sys.executable, "-c", ASK], check=True, capture_output=True, text=True)
    assert float(child.stdout) < peak_mb() - 250.0
