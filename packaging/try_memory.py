"""Plans on a scan of 512 x 512 x 600 under a limit of memory: ``try_memory.py PROGRAM``.

Run by the Python that built the program, which makes the scan: a digital spine of half the
resolution across, stretched, with noise. Linux counts against the limit what a process asks for
itself (``RLIMIT_DATA``), used or not, and not the files it maps; no administrator is needed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from planner.domain.levels import Level
from planner.domain.volume import CtVolume
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import scan_sha256, write_ct_series
from planner.phantom import Recipe, make_phantom

SLICES, MATRIX = 600, 512
COARSE = Recipe(
    seed=21,
    levels=(Level.T5, Level.L5),
    matrix=(MATRIX // 2, MATRIX // 2),
    spacing_mm=(1.56, 1.56, 1.0),
)
NOISE_HU = 12.0
LIMIT_BYTES = 6 * 1024**3
"""A machine of 8 GB keeps 2 for its system."""


def write_scan(folder: Path) -> None:
    """Write the scan; its slices lie nearer to each other than those it was made from."""
    made = make_phantom(COARSE).ct
    coarse, (across, along, step) = made.hu, made.geometry.spacing_mm
    noise = np.random.default_rng(0).normal(0.0, NOISE_HU, (8, MATRIX, MATRIX))
    hu = np.empty((SLICES, MATRIX, MATRIX), np.int16)
    for number, at in enumerate(np.linspace(0, len(coarse) - 1, SLICES)):
        below = int(at)
        above = min(below + 1, len(coarse) - 1)
        between = (1 - at + below) * coarse[below] + (at - below) * coarse[above]
        wide = ndimage.zoom(between, 2, order=1, grid_mode=True, mode="nearest")
        hu[number] = np.rint(wide + noise[number % len(noise)])
    spacing_mm = (across / 2, along / 2, step * (len(coarse) - 1) / (SLICES - 1))
    geometry = VolumeGeometry.axis_aligned((MATRIX, MATRIX, SLICES), spacing_mm)
    record = replace(made.record, sha256=scan_sha256(geometry, hu))
    write_ct_series(folder, CtVolume(geometry=geometry, hu=hu, record=record))


def run(program: Path, scratch: Path, *words: str) -> None:
    """Run a command under the limit; print its time and the most memory it held at once."""
    began = time.monotonic()
    home = {"PLANNER_DATA": str(scratch / "data"), "PLANNER_CACHE": str(scratch / "cache")}
    limit = (LIMIT_BYTES, LIMIT_BYTES)
    process = subprocess.Popen(
        [str(program), *words],
        env={**os.environ, **home},
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, limit),  # noqa: PLW1509
    )
    said = process.stderr.read() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(
        f"{time.monotonic() - began:7.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor "
        f"time, at most {used.ru_maxrss / 1e6:.2f} GB: planner {words[0]}",
        flush=True,
    )
    if process.returncode:
        sys.exit(f"exit code {process.returncode}\n{said}")


def main() -> None:
    """Open, outline, plan, check, print."""
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        write_scan(place / "ct")
        ct, plan = str(place / "ct"), str(place / "own.plan")
        burn = ["--device", "eco-mwa", "--power-w", "40", "--time-s", "180"]
        run(program, place, "inspect", ct)
        run(program, place, "segment", ct, "--out", str(place / "labels.nii.gz"))
        run(program, place, "plan", ct, "--level", "L3", "--side", "left", *burn, "--out", plan)
        run(program, place, "assess", plan, "--ct", ct)
        run(program, place, "report", plan, "--ct", ct, "--out", str(place / "own.pdf"))


if __name__ == "__main__":
    main()
