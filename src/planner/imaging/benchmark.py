"""Times loading beside SimpleITK's series reader, dcm2niix and plain file reading."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from planner.domain.benchmark import BenchmarkRow
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.ct_writer import write_ct_series
from planner.imaging.digest import scan_sha256
from planner.imaging.gate import load_ct

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SLICES, MATRIX = 400, 512
NOISE_HU = 20.0

DISTINCT = 16
"""Different pictures among the slices; encoding all 400 would take longer than the benchmark."""

RUNS = {"raw": 5, "RLE": 2, "JPEG-LS": 3, "JPEG lossless": 3, "JPEG 2000": 3}
"""Timed runs for each coding; the peers take up to 20 s for one."""

CODINGS = {
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG 2000": JPEG2000Lossless,
}
_PEAK_SCRIPT = """
import re, sys
from pathlib import Path
import planner.imaging.gate
def kib(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = kib("VmRSS")
ct = planner.imaging.gate.load_ct(Path(sys.argv[1]))
print((kib("VmHWM") - before) * 1024 / ct.hu.nbytes)
"""
"""Linux only; ``ru_maxrss`` would start at the size of the process that asks."""


def benchmark() -> list[BenchmarkRow]:
    """Time every coding of 400 slices of 512 x 512 and return the rows."""
    rows: list[BenchmarkRow] = []
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        raw = root / "raw"
        write_ct_series(raw, _ct())
        rows += _rows_of("raw", raw)
        for name, syntax in CODINGS.items():
            folder = encoded(raw, root / "packed", syntax)
            rows += _rows_of(name, folder)
            shutil.rmtree(folder)
    return rows


def _rows_of(name: str, folder: Path) -> list[BenchmarkRow]:
    """Time one coding beside every peer that can read it."""
    runs = RUNS[name]
    title = f"CT {name}, {SLICES} x {MATRIX} x {MATRIX}"
    own = BenchmarkRow.timed(title, lambda: load_ct(folder), runs)
    rows = [own]
    if find_spec("SimpleITK") is not None:
        peer = BenchmarkRow.timed(f"SimpleITK series reader, {name}", _simpleitk(folder), runs)
        rows = [own.beside(peer), peer]
    if name == "raw":
        plain = BenchmarkRow.timed("cat of the files", lambda: _cat(folder), runs)
        rows += [own.beside(plain), plain, first_slice(folder)]
        if Path("/proc/self/status").exists():
            rows.append(peak_memory(folder, own))
    if name in ("raw", "RLE") and shutil.which("dcm2niix") is not None:
        other = BenchmarkRow.timed(f"dcm2niix, {name}", lambda: _dcm2niix(folder), runs)
        rows += [own.beside(other), other]
    return rows


def first_slice(folder: Path, runs: int = 5) -> BenchmarkRow:
    """Time from choosing the folder to the first slice in hand."""
    started = 0.0
    seconds: list[float] = []

    def look(geometry: VolumeGeometry, hu: NDArray[np.int16], ready: int) -> None:
        del geometry, hu
        if ready == 1:
            seconds.append(time.perf_counter() - started)

    for _ in range(runs):
        started = time.perf_counter()
        load_ct(folder, on_slices=look)
    ordered = sorted(seconds)
    return BenchmarkRow(
        name="CT raw, first slice", median_s=ordered[runs // 2], best_s=ordered[0], n=runs
    )


def peak_memory(folder: Path, own: BenchmarkRow) -> BenchmarkRow:
    """Measure the peak memory of loading in a process of its own, as parts of the volume."""
    answer = subprocess.run(
        [sys.executable, "-c", _PEAK_SCRIPT, str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    times = float(answer.stdout)
    return replace(own, name="CT raw, peak memory", note=f"{times:.2f} x the volume")


def _ct() -> CtVolume:
    """Make a noisy cylinder: noise is what compression costs time for."""
    geometry = VolumeGeometry.axis_aligned((MATRIX, MATRIX, SLICES), (0.7, 0.7, 1.0))
    j, i = np.indices((MATRIX, MATRIX)) - MATRIX / 2
    body = np.where((i / 200) ** 2 + (j / 150) ** 2 < 1.0, 40.0, -1000.0)
    noise = np.random.default_rng(1).normal(0.0, NOISE_HU, (DISTINCT, MATRIX, MATRIX))
    pictures = np.rint(body + noise).astype(np.int16)
    hu = pictures[np.arange(SLICES) % DISTINCT]
    record = ScanRecord(
        sha256=scan_sha256(geometry, hu),
        verdict=GateVerdict.LOAD,
        findings=(),
        locator="",
        patient_position="HFS",
    )
    return CtVolume(geometry=geometry, hu=hu, record=record)


def encoded(raw: Path, folder: Path, syntax: UID) -> Path:
    """Write the raw series again with its pictures compressed."""
    folder.mkdir()
    files = sorted(raw.iterdir())
    pictures = [_compressed(file, syntax) for file in files[:DISTINCT]]
    for place, file in enumerate(files):
        data = pydicom.dcmread(file)
        data.PixelData = encapsulate([pictures[place % DISTINCT]])
        data["PixelData"].VR = "OB"
        data.file_meta.TransferSyntaxUID = syntax
        data.save_as(folder / file.name, enforce_file_format=True)
    return folder


def _compressed(file: Path, syntax: UID) -> bytes:
    data = pydicom.dcmread(file)
    if syntax == JPEGLosslessSV1:
        return _jpeg_lossless(file)
    data.compress(syntax, generate_instance_uid=False)
    return next(pydicom.encaps.generate_frames(data.PixelData, number_of_frames=1))


def _jpeg_lossless(file: Path) -> bytes:
    """Encode with GDCM, the only free encoder of JPEG lossless at hand."""
    import gdcm  # noqa: PLC0415  (only this benchmark encodes)

    reader = gdcm.ImageReader()
    reader.SetFileName(str(file))
    reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    change.Change()
    with TemporaryDirectory() as folder:
        writer = gdcm.ImageWriter()
        writer.SetFileName(f"{folder}/packed.dcm")
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.Write()
        packed = pydicom.dcmread(f"{folder}/packed.dcm").PixelData
    return next(pydicom.encaps.generate_frames(packed, number_of_frames=1))


def _simpleitk(folder: Path) -> Callable[[], object]:
    """Return SimpleITK's reader with the file names already in order, which flatters it."""
    import SimpleITK  # noqa: PLC0415 - a peer that the built program does without

    reader: Any = SimpleITK.ImageSeriesReader
    names = reader.GetGDCMSeriesFileNames(str(folder))

    def read() -> object:
        series = reader()
        series.SetFileNames(names)
        return series.Execute()

    return read


def _cat(folder: Path) -> None:
    """Copy every byte to nowhere, as ``cat`` does; read here where there is no ``cat``."""
    files = sorted(str(file) for file in folder.iterdir())
    if shutil.which("cat") is not None:
        subprocess.run(["cat", *files], stdout=subprocess.DEVNULL, check=True)
        return
    for file in files:
        Path(file).read_bytes()


def _dcm2niix(folder: Path) -> None:
    with TemporaryDirectory() as out:
        subprocess.run(
            ["dcm2niix", "-z", "n", "-o", out, str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
