"""Time and peak memory of one segmentation of a full trunk, in a process of its own.

Only a fresh process tells its own peak; run as a module it segments the volume it is given.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planner.anatomy import segment
from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level
from planner.imaging import load_ct, write_volume
from planner.phantom import make_phantom
from planner.phantom.recipe import Recipe

MATRIX, SLICES = 512, 300
PIXEL_MM, SLICE_MM = 0.8, 1.0
MEMORY_RATIO, MEMORY_ROOM_MB = 3.0, 600.0
"""Peak memory may be three volumes and this much."""


def time_and_memory() -> BenchmarkRow:
    """Return the time of 512 x 512 x 300 voxels, and its peak memory beside the bar."""
    phantom = make_phantom(
        Recipe(
            seed=960,
            levels=(Level.T12, Level.L5),
            spacing_mm=(PIXEL_MM, PIXEL_MM, SLICE_MM),
            matrix=(MATRIX, MATRIX),
        )
    )
    geometry, hu = phantom.ct.geometry, phantom.ct.hu
    volume_mb = hu.nbytes / 1e6
    shape = "x".join(str(count) for count in geometry.size_ijk)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trunk.nii.gz"
        write_volume(path, geometry, hu)
        del phantom, hu
        done = subprocess.run(
            [sys.executable, "-m", "planner.app.segmentation_timing", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
    measured = json.loads(done.stdout)
    allowed = MEMORY_RATIO * volume_mb + MEMORY_ROOM_MB
    return BenchmarkRow(
        name=f"segment {shape}",
        median_s=measured["wall_s"],
        best_s=measured["wall_s"],
        n=1,
        note=(
            f"bar 30 s on 2 cores; CPU {measured['cpu_s']:.1f} s; "
            f"peak {measured['peak_mb']:.0f} MB of {allowed:.0f} MB allowed"
        ),
    )


def _measure(path: Path) -> dict[str, float]:
    ct = load_ct(path)
    wall, cpu = time.perf_counter(), time.process_time()
    segment(ct)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """Return the most memory this program has held since it began, MB; NaN where none tells.

    Linux hands ``ru_maxrss`` of the process that started a program on to it, so that after a
    phantom was made that figure is the phantom's.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
    return float("nan") if peak is None else int(peak[1]) / 1e3


if __name__ == "__main__":
    json.dump(_measure(Path(sys.argv[1])), sys.stdout)
