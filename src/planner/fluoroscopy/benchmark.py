"""How fast simulated X-ray pictures are, beside plastimatch where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.benchmark import BenchmarkRow
from planner.fluoroscopy.line_integrals import AIR_HU, WATER_PER_MM, attenuation_along_rays, halved
from planner.fluoroscopy.xray_view import (
    PREVIEW_PIXELS,
    SOURCE_TO_DETECTOR_MM,
    SOURCE_TO_ISOCENTRE_MM,
    XrayView,
)
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPE: Final = (200, 512, 512)
PIXELS: Final = 512
PEER: Final = "plastimatch"
WAYS: Final = {"from behind, slanting": (0.3, 1.0, 0.1), "from the side": (1.0, 0.1, 0.0)}


def benchmark() -> list[BenchmarkRow]:
    """Time a whole picture and one drawn during a drag, through a scan of usual size.

    plastimatch sums the same rays (its exact algorithm). Its time is that of the program, with
    the volume it reads; the note says how far its sums are from ours.
    """
    geometry = VolumeGeometry.axis_aligned((512, 512, 200), (0.8, 0.8, 1.0))
    hu = noise_in_air(SHAPE)
    middle = PointLps.of(geometry.lps_mm(np.array((255.5, 255.5, 99.5))))
    rows = []
    for words, direction in WAYS.items():
        for pixels in (PIXELS, PREVIEW_PIXELS):
            view = XrayView.about(middle, np.array(direction), pixels=pixels)
            name = f"X-ray picture {words}, {pixels} x {pixels}"
            scan, grid = hu, geometry
            if pixels == PREVIEW_PIXELS:
                name += " as in a drag, from half the resolution"
                scan, grid = halved(hu, geometry)
            drawn = partial(attenuation_along_rays, scan, grid, view)
            rows.append(BenchmarkRow.timed(name, drawn, n=5))
    if shutil.which(PEER) is None:
        return rows
    view = XrayView.about(middle, np.array(WAYS["from behind, slanting"]), pixels=PIXELS)
    with tempfile.TemporaryDirectory() as folder:
        volume = write_for_plastimatch(Path(folder), hu, geometry)
        other: list[NDArray[np.float32]] = []
        peer = BenchmarkRow.timed(
            f"plastimatch drr, exact, {PIXELS} x {PIXELS}, with reading its volume",
            lambda: other.append(plastimatch_drr(volume, middle, view)),
            n=1,
        )
    ours = attenuation_along_rays(hu, geometry, view)
    off = farthest_apart(ours, other[-1])
    rows[0] = replace(rows[0].beside(peer), note=f"its sums differ by at most {off:.1e}")
    return [*rows, peer]


def noise_in_air(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """Return noise of tissue with a rim of air: plastimatch stops at the outermost centres."""
    hu = np.full(shape, AIR_HU, dtype=np.int16)
    inner = (slice(1, -1),) * 3
    hu[inner] = np.random.default_rng(1).integers(-100, 300, hu[inner].shape, dtype=np.int16)
    return hu


def farthest_apart(ours: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the largest difference as a share of the largest sum."""
    return float(np.abs(ours - other).max() / ours.max())


def write_for_plastimatch(folder: Path, hu: NDArray[np.int16], geometry: VolumeGeometry) -> Path:
    """Write attenuation as a MetaImage, the format plastimatch reads without conversion."""
    spacing = " ".join(f"{step:.12g}" for step in geometry.spacing_mm)
    origin = " ".join(f"{value:.12g}" for value in geometry.lps_from_ijk[:3, 3])
    size = " ".join(str(count) for count in geometry.size_ijk)
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = {origin}\nElementSpacing = {spacing}\n"
        f"DimSize = {size}\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    attenuation = (np.maximum(hu, AIR_HU).astype(np.float32) - AIR_HU) * (WATER_PER_MM / -AIR_HU)
    path = folder / "volume.mha"
    path.write_bytes(header.encode() + attenuation.astype("<f4").tobytes())
    return path


def plastimatch_drr(volume: Path, isocentre: PointLps, view: XrayView) -> NDArray[np.float32]:
    """Return plastimatch's sums along the rays of a view, shape ``(rows, columns)``.

    It writes the picture mirrored, and sums lengths in cm.
    """
    normal = np.cross(np.array(view.right), np.array(view.down))
    out = volume.parent / "drr"
    triple = "{0[0]:.12g} {0[1]:.12g} {0[2]:.12g}".format
    words = {
        "-A": "cpu",
        "-i": "exact",
        "-P": "none",
        "-t": "pfm",
        "-r": f"{view.rows} {view.columns}",
        "-z": f"{view.rows * view.pixel_mm} {view.columns * view.pixel_mm}",
        "-c": f"{(view.rows - 1) / 2} {(view.columns - 1) / 2}",
        "-o": triple(isocentre.array),
        "-n": triple(normal),
        "--vup": triple(-np.array(view.down)),
        "--sad": str(SOURCE_TO_ISOCENTRE_MM),
        "--sid": str(SOURCE_TO_DETECTOR_MM),
        "-I": str(volume),
        "-O": str(out),
    }
    arguments = [part for pair in words.items() for part in pair]
    subprocess.run([PEER, "drr", *arguments], check=True, capture_output=True)
    made = out.with_name("drr0000.pfm").read_bytes().split(b"\n", 3)[3]
    sums = np.frombuffer(made, "<f4").reshape(view.rows, view.columns)
    return np.asarray(sums[:, ::-1] * 10.0, dtype=np.float32)
