"""Mutates files of a right series and judges what the gate makes of them.

A mutation changes bytes anywhere but in the values of the pixels, which carry no checksum: a
changed pixel cannot be told from anatomy. Nor is the row spacing of a multi-frame file
touched: it is written once, and nothing else in the file says the same (the column spacing is
held against the field of view).
"""

from __future__ import annotations

import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from imaging.dicom_patient import (
    COLUMN_SPACING_MM,
    COLUMNS,
    ROW_SPACING_MM,
    decimal,
    enhanced,
    series,
    write,
)
from planner.domain.errors import InputRefusedError
from planner.domain.volume import CtVolume, GateVerdict
from planner.imaging import load_ct

if TYPE_CHECKING:
    from pathlib import Path

MOVED_MM = 0.05
"""A volume whose corners moved by more has loaded different."""

CHANGED_HU = 3
"""One slice's intercept may change by this before its neighbours can tell (RESCALE_JUMP_HU)."""

HANG_S = 20.0
ROW_SPACING = f"{decimal(ROW_SPACING_MM)}\\".encode()

Mutated = tuple[bytes, str]


@dataclass(slots=True)
class Tally:
    """What became of the mutated inputs; ``faults`` must stay empty."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


class Target:
    """One right series on disk that is mutated one file at a time and put back."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        slices = series(slices=12)
        if kind == "implicit":
            for data in slices:
                data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        elif kind == "deflated":
            for data in slices:
                data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        elif kind == "rle":
            for data in slices:
                data.compress(RLELossless, generate_instance_uid=False)
        for data in slices:
            data.ReconstructionDiameter = decimal(COLUMNS * COLUMN_SPACING_MM)
        write(folder, [enhanced(slices)] if kind == "enhanced" else slices)
        self.folder = folder
        self.files = sorted(folder.iterdir())
        self.contents = {file: file.read_bytes() for file in self.files}
        self.truth = load_ct(folder)

    def header_end(self, content: bytes) -> int:
        """Offset of the first byte of pixel values."""
        at = content.rindex(b"\xe0\x7f\x10\x00")
        return at + (8 if self.kind == "implicit" else 12)

    def mutated(self, content: bytes, rng: np.random.Generator) -> Mutated:
        """Return changed bytes and how they were changed."""
        if self.kind != "deflated":
            return self._changed(content, rng)
        start = 128 + 4 + 12 + int.from_bytes(content[140:144], "little")
        data, how = self._changed(zlib.decompress(content[start:], -zlib.MAX_WBITS), rng)
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        return content[:start] + packer.compress(data) + packer.flush(), how

    def _changed(self, content: bytes, rng: np.random.Generator) -> Mutated:
        data, how = self._damaged(content, self.header_end(content), rng)
        if self.kind == "enhanced" and ROW_SPACING in content and ROW_SPACING not in data:
            return content, "none"
        return data, how

    def _damaged(self, content: bytes, end: int, rng: np.random.Generator) -> Mutated:
        at = int(rng.integers(0, end))
        data = bytearray(content)
        kind = int(rng.integers(0, 9))
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(0, 8))
            return bytes(data), "bit"
        if kind == 1:
            data[at] = int(rng.integers(0, 256))
            return bytes(data), "byte"
        if kind == 2:
            digits = [k for k in range(end) if 0x30 <= data[k] <= 0x39]
            chosen = int(rng.choice(digits)) if digits else at
            data[chosen] = 0x30 + int(rng.integers(0, 10))
            return bytes(data), "digit"
        if kind == 3:
            return bytes(data[: int(rng.integers(0, len(data)))]), "cut"
        if kind == 4:
            del data[at : at + int(rng.integers(1, 16))]
            return bytes(data), "delete"
        if kind == 5:
            data[at:at] = rng.integers(0, 256, int(rng.integers(1, 16))).astype(np.uint8).tobytes()
            return bytes(data), "insert"
        if kind == 6:
            length = min(int(rng.integers(1, 9)), end - at)
            data[at : at + length] = bytes(length) if rng.random() < 0.5 else b"\xff" * length
            return bytes(data), "blank"
        if kind == 7:
            other = int(rng.integers(0, end))
            length = min(int(rng.integers(2, 40)), end - at, end - other)
            data[at : at + length] = content[other : other + length]
            return bytes(data), "copy"
        for _ in range(int(rng.integers(2, 9))):
            data[int(rng.integers(0, end))] = int(rng.integers(0, 256))
        return bytes(data), "bytes"

    def judge(self, ct: CtVolume) -> str:
        """Say whether a loaded volume is the right one: ``same`` or ``different``."""
        if ct.hu.shape != self.truth.hu.shape:
            return "different"
        i, j, k = (count - 1 for count in ct.geometry.size_ijk)
        ends = [(a, b, c) for a in (0, i) for b in (0, j) for c in (0, k)]
        corners = np.array(ends, dtype=np.float64)
        moved = np.abs(ct.geometry.lps_mm(corners) - self.truth.geometry.lps_mm(corners)).max()
        changed = np.abs(ct.hu.astype(np.int32) - self.truth.hu).max() > CHANGED_HU
        return "different" if moved > MOVED_MM or changed else "same"


def run(target: Target, trials: int, rng: np.random.Generator, tally: Tally) -> None:
    """Mutate one file at a time, ``trials`` times."""
    for trial in range(trials):
        file = target.files[int(rng.integers(0, len(target.files)))]
        content, how = target.mutated(target.contents[file], rng)
        file.write_bytes(content)
        label = f"{target.kind} {how} {file.name} trial {trial}"
        started = time.monotonic()
        try:
            ct = load_ct(target.folder)
        except InputRefusedError as refused:
            outcome = "refused"
            if refused.code == "DCM-INTERNAL":
                tally.faults.append(f"uncaught: {label}: {refused}")
        except Exception as error:  # noqa: BLE001  (what the fuzz looks for)
            outcome = "crash"
            tally.faults.append(f"uncaught: {label}: {error!r}")
        else:
            outcome = f"{ct.record.verdict} {target.judge(ct)}"
            if outcome == f"{GateVerdict.LOAD} different":
                tally.faults.append(f"loaded different: {label}")
        took_s = time.monotonic() - started
        if took_s > HANG_S:
            tally.faults.append(f"hang of {took_s:.0f} s: {label}")
        tally.slowest_s = max(tally.slowest_s, took_s)
        tally.outcomes[outcome] += 1
        file.write_bytes(target.contents[file])
