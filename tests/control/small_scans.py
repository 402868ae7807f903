"""Small scans with needles in plain tissue: skin behind, a block of bone, streaks and noise."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom import additions
from planner.phantom.beam import SeveralEnergies
from planner.phantom.paint_shapes import paint_finely
from planner.phantom.recipe import LaidNeedle
from planner.phantom.scanner import blur, stored
from planner.phantom.streaks import add_streaks

SKIN_Y_MM = 45.0
"""The skin is this plane; the patient lies in front of it."""

BONE_FROM_MM, BONE_TO_MM = -30.0, 0.0


def scan_of(needles=(), shapes=(), *, spacing=(0.8, 0.8, 1.0), top_hu=3071, seed=1):
    """Return a CT of 60 x 110 x 40 mm about the origin; ``shapes`` are additions of a phantom."""
    random = np.random.default_rng(seed)
    size = tuple(int(np.ceil(mm / step)) for mm, step in zip((60, 110, 40), spacing, strict=True))
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = -0.5 * np.array(size) * spacing + random.uniform(-0.5, 0.5, 3)
    geometry = VolumeGeometry.from_matrix(size, matrix)
    hu = np.full(geometry.shape_kji, 50.0, np.float32)
    y_mm = geometry.lps_mm(np.stack(np.broadcast_arrays(0, np.arange(size[1]), 0), axis=-1))[:, 1]
    hu[:, y_mm > SKIN_Y_MM] = -1000.0
    hu[:, (y_mm > BONE_FROM_MM) & (y_mm < BONE_TO_MM)] = 180.0
    hu[:, np.abs(y_mm - BONE_TO_MM) < 0.6] = 1000.0
    marks = np.zeros(hu.shape, np.uint8)
    box = np.array([0, size[0], 0, size[1], 0, size[2]])
    grid = np.ascontiguousarray(matrix[:3])
    fine = np.array([int(np.ceil(step / 0.25)) for step in spacing])
    for added in (*shapes, *(added for needle in needles for added in additions.laid(needle))):
        paint_finely(hu, marks, grid, box, added.row, (added.hu, added.number), fine)
    blur(hu, spacing, spacing[2])
    add_streaks(hu, spacing, (seed,), SeveralEnergies(200.0))
    grain = random.standard_normal(hu.shape).astype(np.float32)
    hu += 25.0 * gaussian_filter(grain, (0.3, 0.6, 0.6)) / 0.35
    record = ScanRecord(
        sha256="", verdict=GateVerdict.LOAD, findings=(), locator="", slice_thickness_mm=spacing[2]
    )
    return CtVolume(geometry=geometry, hu=stored(hu, top_hu), record=record)


def needle(tip, forward, *, mm=2.41, bevel=45.0, length=110.0, hu=14000.0, hub=0.0):
    way = unit(np.array(forward, dtype=float))
    tip = np.array(tip, dtype=float)
    return LaidNeedle(
        back=PointLps.of(tip - length * way), tip=PointLps.of(tip), outer_diameter_mm=mm,
        bevel_deg=bevel, roll_deg=70.0, hu=hu, hub_mm=hub,
    )  # fmt: skip


def face_middle(laid):
    """Return where half of a needle's section has ended."""
    way = unit(laid.tip.array - laid.back.array)
    return laid.tip.array - 0.5 * laid.outer_diameter_mm / np.tan(np.radians(laid.bevel_deg)) * way
