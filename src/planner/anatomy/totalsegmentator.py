"""Runs TotalSegmentator, where the user has it, as a program of its own environment.

Its libraries cannot live beside ours (it pins another vtk), so it is never imported: it gets a
file and gives files. What it outlines is held against the CT before it is used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.morphology import closed, grown
from planner.anatomy.native_grid import labels_on
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.levels import Level
from planner.domain.volume import LabelVolume
from planner.imaging import read_labels, write_volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

BACKEND = "totalsegmentator 1"

PROGRAM_VARIABLE = "PLANNER_TOTALSEGMENTATOR"
"""Names the program where it is not on the search path."""

PROGRAM = "TotalSegmentator"

LARGEST_CHANGE = 0.3
"""A vertebra that the CT changes by more than this share of its volume is refused."""

OVER_SOFT_HU = 80.0
"""Bone with its marrow is at least this much denser than soft tissue, before holes are filled."""

USUAL_SOFT_HU = 40.0

_POLL_S = 0.2
_PERCENT = re.compile(rb"(\d{1,3})%")
_SHOWN_CHARACTERS = 300
_LEAST_VOXELS = 50


def outlined_by_totalsegmentator(
    ct: CtVolume, report: ProgressReport
) -> tuple[LabelVolume, tuple[str, ...]]:
    """Return vertebrae in VerSe numbers on the CT's grid, and what should be said of them.

    Raises
    ------
    UsageError
        When the program is not there.
    InputRefusedError
        ``ANA-NO-WEIGHTS`` or ``ANA-BACKEND-FAILED`` when it stops, ``ANA-NO-SPINE`` when nothing
        it outlined stands up to the CT.
    """
    program = _program()
    with tempfile.TemporaryDirectory(prefix="planner-") as name:
        folder = Path(name)
        report(0.02, "writing the scan for TotalSegmentator")
        # Packing a scan takes longer than writing it, and the file lives for one run.
        write_volume(folder / "ct.nii", ct.geometry, ct.hu)
        _run(program, folder, lambda part, what: report(0.05 + 0.75 * part, what))
        found = _read(folder / "out", ct)
    report(0.85, "holding its outlines against the CT")
    return _refined(ct, found)


def _program() -> str:
    named = os.environ.get(PROGRAM_VARIABLE, "")
    program = shutil.which(named or PROGRAM)
    if program is None:
        where = f"{PROGRAM_VARIABLE} names {named}" if named else "it is not on the search path"
        raise UsageError(
            f"TotalSegmentator was not found: {where}. Install it in an environment of its own "
            f"and set {PROGRAM_VARIABLE} to its program, or use the built-in segmenter"
        )
    return program


def _run(program: str, folder: Path, report: ProgressReport) -> None:
    """Run the program to its end; stop it when ``report`` says so."""
    wanted = [f"vertebrae_{level}" for level in Level if level not in (Level.T13, Level.L6)]
    process = subprocess.Popen(
        [program, "-i", folder / "ct.nii", "-o", folder / "out", "--roi_subset", *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    said = bytearray()
    assert process.stdout is not None  # noqa: S101 - asked for above
    listener = Thread(target=_listen, args=(process.stdout, said), daemon=True)
    listener.start()
    try:
        while process.poll() is None:
            shares = _PERCENT.findall(bytes(said[-2000:]))
            report(min(1.0, int(shares[-1]) / 100.0) if shares else 0.0, "TotalSegmentator works")
            time.sleep(_POLL_S)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        listener.join(timeout=5.0)
        process.stdout.close()
    if process.returncode != 0:
        raise _stopped(process.returncode, said.decode(errors="replace"))


def _listen(stream: IO[bytes], said: bytearray) -> None:
    """Collect what the program says; a pipe that nobody empties would stop it."""
    while chunk := os.read(stream.fileno(), 256):
        said += chunk


def _stopped(code: int, said: str) -> InputRefusedError:
    last = " ".join(said.split())[-_SHOWN_CHARACTERS:]
    if re.search(r"weights|nnUNet_results|checkpoint|download", said, re.IGNORECASE):
        return InputRefusedError(
            "ANA-NO-WEIGHTS",
            "TotalSegmentator has no weights for its task 'total'. Download them in its own "
            f"environment (totalseg_download_weights -t total), then try again. It said: {last}",
        )
    return InputRefusedError(
        "ANA-BACKEND-FAILED",
        f"TotalSegmentator stopped with code {code}. Use the built-in segmenter, or run it by "
        f"itself to see why. It said: {last or 'nothing'}",
    )


def _read(folder: Path, ct: CtVolume) -> NDArray[np.uint8]:
    """Gather its files, one for each class, into VerSe numbers on the CT's grid."""
    labels = np.zeros(ct.geometry.shape_kji, np.uint8)
    for level in Level:
        path = folder / f"vertebrae_{level}.nii.gz"
        if path.is_file():
            own = read_labels(path)
            labels[labels_on(own.labels, own.geometry, ct.geometry) > 0] = level.verse_label
    return labels


def _refined(ct: CtVolume, found: NDArray[np.uint8]) -> tuple[LabelVolume, tuple[str, ...]]:
    """Fit every vertebra to the bone of the CT; refuse those that change too much."""
    out = np.zeros_like(found)
    refused = []
    for number, box in enumerate(ndimage.find_objects(found), 1):
        mine = None if box is None else found[box] == number
        if box is None or mine is None or mine.sum() < _LEAST_VOXELS:
            continue
        grown = tuple(
            slice(max(0, axis.start - 2), min(size, axis.stop + 2))
            for axis, size in zip(box, found.shape, strict=True)
        )
        mine = found[grown] == number
        fitted = _fitted(ct.hu[grown], mine) & ((found[grown] == 0) | mine)
        change = float((fitted ^ mine).sum()) / float(mine.sum())
        if change > LARGEST_CHANGE:
            refused.append(f"{Level.from_verse_label(number)} ({change:.0%})")
            continue
        out[grown][fitted & (out[grown] == 0)] = number
    if not out.any():
        raise InputRefusedError(
            "ANA-NO-SPINE",
            "Nothing that TotalSegmentator outlined stands up to the CT. Use the built-in "
            "segmenter, or import outlines made elsewhere.",
        )
    notes: tuple[str, ...] = ("Outlined by TotalSegmentator and fitted to the bone of this CT.",)
    if refused:
        notes += (
            f"Refused, because the CT changes them by more than {LARGEST_CHANGE:.0%}: "
            f"{', '.join(refused)}.",
        )
    return LabelVolume(geometry=ct.geometry, labels=out), notes


def _fitted(hu: NDArray[np.int16], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the bone inside and one voxel round an outline, with its marrow."""
    near = grown(mask)
    ring = hu[near & ~mask]
    soft = ring[(ring > -30) & (ring < 110)]
    limit = (float(np.median(soft)) if soft.size else USUAL_SOFT_HU) + OVER_SOFT_HU
    bone = near & (ndimage.gaussian_filter(hu.astype(np.float32), 0.6) > limit)
    bone = closed(bone, 2) & near
    for axis in range(3):
        sections = np.moveaxis(bone, axis, 0)
        for n, section in enumerate(sections):
            sections[n] = ndimage.binary_fill_holes(section)
    return np.asarray(bone & near)
