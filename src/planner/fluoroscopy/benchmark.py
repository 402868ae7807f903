"""How fast simulated X-ray pictures are."""

from __future__ import annotations

from functools import partial

import numpy as np

from planner.domain.benchmark import BenchmarkRow
from planner.fluoroscopy.line_integrals import attenuation_along_rays
from planner.fluoroscopy.xray_view import XrayView
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

SHAPE = (200, 512, 512)


def benchmark() -> list[BenchmarkRow]:
    """Time a whole picture and one drawn during a drag, through a scan of usual size."""
    geometry = VolumeGeometry.axis_aligned((512, 512, 200), (0.8, 0.8, 1.0))
    random = np.random.default_rng(1)
    hu = random.integers(-100, 300, SHAPE, dtype=np.int16)
    middle = PointLps.of(geometry.lps_mm(np.array((255.5, 255.5, 99.5))))
    way = np.array((0.3, 1.0, 0.1))
    rows = []
    for pixels in (512, 192):
        view = XrayView.about(middle, way, pixels=pixels)
        name = f"X-ray picture, {pixels} x {pixels}, 512 x 512 x 200 voxels"
        rows.append(
            BenchmarkRow.timed(name, partial(attenuation_along_rays, hu, geometry, view), n=3)
        )
    return rows
