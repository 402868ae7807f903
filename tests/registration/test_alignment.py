"""Alignment, search and quality against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry
from planner.registration.alignment import Samples, aligned, moved
from planner.registration.patch import FOREIGN_AROUND_MM, patch_about
from planner.registration.quality import quality_of
from planner.registration.reading import read
from planner.registration.search import starts

RECORD = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
BLOBS_MM = np.array([[0, 0, 0], [14, 3, -6], [-12, 8, 5], [3, -15, 9], [-4, 12, -14.0]])
SIZES_MM = np.array([9.0, 6.0, 7.0, 5.0, 6.0])
WALL_MM = np.array([[x, 10.0, z] for x in (-8.0, 0.0, 8.0) for z in (-8.0, 0.0, 8.0)])


def blobs_hu(points):
    """Soft balls of bone in water, a shape without symmetry."""
    far = np.linalg.norm(points[..., None, :] - BLOBS_MM, axis=-1) / SIZES_MM
    return 900.0 * np.exp(-(far**4)).sum(axis=-1)


def motion_of(turn_deg, shift_mm):
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(turn_deg, degrees=True).as_matrix()
    motion[:3, 3] = shift_mm
    return motion


def scan_of(motion, spacing=(1.0, 1.0, 1.5), noise_hu=0.0):
    """A CT of the moved balls."""
    size = tuple(int(64 / step) for step in spacing)
    origin = tuple(-0.5 * step * (n - 1) for step, n in zip(spacing, size, strict=True))
    geometry = VolumeGeometry.axis_aligned(size, spacing, origin)
    index = np.moveaxis(np.indices(geometry.shape_kji), 0, -1)[..., ::-1]
    hu = blobs_hu(moved(np.linalg.inv(motion), geometry.lps_mm(index.astype(float))))
    hu = hu + np.random.default_rng(2).normal(0.0, noise_hu, hu.shape)
    return CtVolume(geometry=geometry, hu=np.rint(hu).astype(np.int16), record=RECORD)


def samples_of_blobs(count=4000, smooth_mm=0.5):
    """Points about the balls as a scan without noise shows them, at their edges."""
    points = np.random.default_rng(1).uniform(-22.0, 22.0, (5 * count, 3))
    values, slopes = np.empty(len(points)), np.zeros_like(points)
    read(whole(scan_of(np.eye(4)), smooth_mm), np.eye(4), points, values, slopes)
    edge = np.flatnonzero(np.linalg.norm(slopes, axis=1) > 25.0)[:count]
    return Samples(points_mm=points[edge], hu=values[edge], slopes=slopes[edge])


def whole(ct, smooth_mm=0.5):
    return patch_about(ct, np.full(3, -50.0), np.full(3, 50.0), smooth_mm)


@pytest.mark.parametrize(
    ("turn_deg", "shift_mm"),
    [((0, 0, 0), (0, 0, 0)), ((3, -2, 3), (1.5, -1, 1)), ((-4, 2, 1), (-1, 1.5, -1))],
)
def test_that_a_known_motion_is_found(turn_deg, shift_mm):
    true = motion_of(turn_deg, shift_mm)
    fit = aligned(samples_of_blobs(), whole(scan_of(true, noise_hu=40.0)), np.eye(4))
    off = np.linalg.norm(moved(fit.motion, WALL_MM) - moved(true, WALL_MM), axis=1)
    assert off.max() < 0.1
    assert np.allclose(fit.motion[:3, :3] @ fit.motion[:3, :3].T, np.eye(3), atol=1e-9)


def test_that_other_grey_values_of_the_same_bone_do_not_move_it():
    true = motion_of((3, 1, -2), (1, 1, -1))
    plain = scan_of(true)
    paler = replace(plain, hu=(0.7 * plain.hu + 60.0).astype(np.int16))
    one, other = (aligned(samples_of_blobs(), whole(ct), np.eye(4)) for ct in (plain, paler))
    assert np.abs(moved(one.motion, WALL_MM) - moved(other.motion, WALL_MM)).max() < 0.05


def test_that_a_part_that_has_changed_does_not_pull_the_rest():
    true = motion_of((2, -1, 3), (1, 1, -1))
    ct = scan_of(true)
    hu = ct.hu.copy()
    hu[:, :, :14] = 700  # bone where there was water
    fit = aligned(samples_of_blobs(), whole(replace(ct, hu=hu)), np.eye(4))
    assert np.abs(moved(fit.motion, WALL_MM) - moved(true, WALL_MM)).max() < 0.2


def test_that_a_start_is_found_from_far_away():
    true = motion_of((6, -5, 4), (10, -12, 9))
    patch = whole(scan_of(true), smooth_mm=2.5)
    steps = np.arange(-16.0, 17.0, 4.0)
    samples = samples_of_blobs(600, smooth_mm=2.5)
    lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    middles = samples.points_mm.mean(axis=0) + lattice
    best = starts(samples, patch, middles, least_seen=0.5, most=3)[0]
    assert np.linalg.norm(moved(best, WALL_MM) - moved(true, WALL_MM), axis=1).mean() < 6.0
    fit = aligned(samples, patch, best)
    assert np.linalg.norm(moved(fit.motion, WALL_MM) - moved(true, WALL_MM), axis=1).max() < 0.3


def test_that_nothing_is_found_where_too_little_is_seen():
    patch = whole(scan_of(np.eye(4)), smooth_mm=2.5)
    outside = np.array([[70.0, 0.0, 0.0]])
    assert (
        starts(samples_of_blobs(600, smooth_mm=2.5), patch, outside, least_seen=0.6, most=3) == []
    )


def test_that_nothing_is_read_about_metal_or_where_the_scan_is_padded():
    ct = scan_of(np.eye(4), spacing=(1.0, 1.0, 1.0))
    hu, padded = ct.hu.copy(), np.zeros(ct.hu.shape, bool)
    hu[32, 32, 32] = 3000
    padded[:5] = True
    patch = whole(replace(ct, hu=hu, outside_scan=padded))
    index = np.argwhere(patch.usable == 0)
    far = np.linalg.norm(index - [32, 32, 32], axis=1)
    assert (patch.usable[:5] == 0).all()
    assert far[index[:, 0] >= 5].max() < FOREIGN_AROUND_MM
    assert patch.usable[32, 32, 34] == 0
    assert patch.hu.max() < 1500.0


def test_that_the_doubt_is_as_large_as_the_scatter_of_many_scans():
    samples, found, doubts = samples_of_blobs(1500), [], []
    geometry = scan_of(np.eye(4)).geometry
    clean = scan_of(np.eye(4)).hu
    for seed in range(14):
        noise = np.random.default_rng(seed).normal(0.0, 120.0, clean.shape)
        ct = CtVolume(geometry=geometry, hu=(clean + noise).astype(np.int16), record=RECORD)
        fit = aligned(samples, whole(ct), np.eye(4))
        found.append(moved(fit.motion, WALL_MM))
        doubts.append(quality_of(samples, fit, WALL_MM).wall_doubt_mm)
    scatter = np.sqrt((np.std(found, axis=0, ddof=1) ** 2).sum(axis=-1).mean())
    assert 0.5 < np.median(doubts) / scatter < 2.0


def test_that_a_bone_of_another_size_leaves_its_edges_apart():
    grown = motion_of((0, 0, 0), (0, 0, 0))
    grown[:3, :3] *= 1.06
    samples = samples_of_blobs()
    same = quality_of(samples, aligned(samples, whole(scan_of(np.eye(4))), np.eye(4)), WALL_MM)
    other = quality_of(samples, aligned(samples, whole(scan_of(grown)), np.eye(4)), WALL_MM)
    assert same.misfit_mm < 0.1
    assert other.misfit_mm > 0.35
