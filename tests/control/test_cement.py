"""Cement measured in a block that stands for a vertebra, against cords laid in it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from planner.control import FoundLeak, LeakClass, find_cement, next_step
from planner.domain.anatomy import Anatomy
from planner.domain.cement import fill_class
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom.additions import CEMENT, METAL, tube
from planner.phantom.paint_shapes import paint_finely
from planner.phantom.recipe import Kernel
from planner.phantom.scanner import blur, stored

L3 = Level.L3.verse_label
HALF_BODY = np.array([22.0, 15.0, 13.0])
CANAL_FROM_MM = 15.0
BALL_MM = 6.0
WAY = PointLps(14.0, 55.0, 3.0), PointLps(14.0, 5.0, 3.0)
VOLUME_BAR = 0.05
LEAKS = {
    LeakClass.DISCAL: ((-4.0, 0.0, 16.0), (4.0, 0.0, 16.0), 2.0),
    LeakClass.EPIDURAL: ((0.0, 18.0, -3.0), (0.0, 18.0, 4.0), 2.0),
    LeakClass.FORAMINAL: ((-13.0, 20.0, -11.0), (-13.0, 20.0, -9.0), 2.2),
    LeakClass.PARAVERTEBRAL: ((-27.0, -3.0, -2.0), (-27.0, 3.0, 2.0), 3.4),
    LeakClass.ACCESS_TRACK: ((14.0, 30.0, 3.0), (14.0, 42.0, 3.0), 1.6),
    LeakClass.VENOUS: ((26.0, -8.0, -12.0), (26.0, -8.0, 8.0), 1.4),
}


def ball(at, radius_mm=BALL_MM, hu=2200.0):
    at = np.array(at, dtype=float)
    return tube(at, at + np.array([0.0, 0.0, 0.01]), radius_mm, hu, CEMENT)


def ml_of(start, end, radius_mm):
    long_mm = float(np.linalg.norm(np.subtract(end, start)))
    return (np.pi * radius_mm**2 * long_mm + 4.0 / 3.0 * np.pi * radius_mm**3) / 1000.0


BALL_ML = ml_of((0, 0, 0), (0, 0, 0.01), BALL_MM)


def grid_of(spacing):
    size = tuple(int(mm / step) for mm, step in zip((76, 100, 52), spacing, strict=True))
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = (-38.0, -40.0, -26.0)
    return VolumeGeometry.from_matrix(size, matrix)


def places(geometry):
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape_kji), indexing="ij")
    return geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))


@lru_cache(maxsize=2)
def outlines(spacing=(0.8, 0.8, 1.0)):
    geometry = grid_of(spacing)
    x, y, z = np.moveaxis(places(geometry), -1, 0)
    body = (np.abs(x) < 22.0) & (np.abs(y) < 15.0) & (np.abs(z) < 13.0)
    disc = (np.abs(x) < 22.0) & (np.abs(y) < 15.0) & (z >= 13.0) & (z < 20.0)
    canal = (np.abs(x) < 9.0) & (y >= CANAL_FROM_MM) & (y < 28.0)
    foramen = (x < -10.0) & (x > -17.0) & (y > 15.5) & (y < 25.0) & (z < -5.0) & (z > -16.0)
    lesion = body & (x**2 + y**2 + z**2 < 8.0**2)
    return Anatomy(
        geometry=geometry, labels=np.where(body, L3, 0).astype(np.uint8),
        bodies=np.where(body, L3, 0).astype(np.uint8), discs=np.where(disc, L3, 0).astype(
            np.uint8
        ),
        foramina=np.where(foramen, foramen_label(Level.L3, Side.RIGHT), 0).astype(np.uint8),
        canal=canal, vertebrae={}, backend="block", ct_sha256="", lesion=lesion,
    )  # fmt: skip


def scan_of(shapes, *, spacing=(0.8, 0.8, 1.0), kernel=Kernel.STANDARD, seed=3):
    anatomy = outlines(spacing)
    geometry = anatomy.geometry
    hu = np.full(geometry.shape_kji, 50.0, np.float32)
    inside = (HALF_BODY - np.abs(places(geometry))).min(axis=-1)
    hu[inside > 0.0] = 180.0
    hu[(inside > 0.0) & (inside < 1.0)] = 800.0
    i, j, k = geometry.size_ijk
    box, marks = np.array([0, i, 0, j, 0, k]), np.zeros(hu.shape, np.uint8)
    grid = np.ascontiguousarray(geometry.lps_from_ijk[:3])
    for added in shapes:
        paint_finely(
            hu, marks, grid, box, added.row, (added.hu, added.number), np.array([3, 3, 4])
        )
    blur(hu, spacing, spacing[2], kernel)
    grain = np.random.default_rng(seed).standard_normal(hu.shape).astype(np.float32)
    hu += 20.0 * gaussian_filter(grain, (0.3, 0.6, 0.6)) / 0.35
    record = ScanRecord(sha256="", verdict=GateVerdict.LOAD, findings=(), locator="")
    return CtVolume(geometry=geometry, hu=stored(hu), record=record)


@pytest.mark.parametrize(
    ("kernel", "spacing"),
    [
        (Kernel.STANDARD, (0.8, 0.8, 1.0)),
        (Kernel.BONE, (0.8, 0.8, 1.0)),
        (Kernel.SOFT, (0.7, 0.7, 2.0)),
    ],
)
def test_that_volume_fill_and_distance_are_those_of_a_ball_and_no_leak_is_invented(
    kernel, spacing
) -> None:
    found = find_cement(
        scan_of([ball((0, 0, 0))], kernel=kernel, spacing=spacing), outlines(spacing), Level.L3
    )
    assert found.leaks == ()
    assert found.ml == pytest.approx(BALL_ML, rel=VOLUME_BAR)
    assert found.in_body_ml == pytest.approx(found.ml, rel=1e-6)
    assert found.lesion_percent == pytest.approx(100.0 * (6.0 / 8.0) ** 3, abs=4.0)
    assert found.to_canal_mm == pytest.approx(CANAL_FROM_MM - BALL_MM, abs=1.2)


@lru_cache(maxsize=1)
def leaked():
    cords = [
        tube(np.array(start), np.array(end), radius, 2200.0, CEMENT)
        for start, end, radius in LEAKS.values()
    ]
    return find_cement(scan_of([ball((0, 0, 0)), *cords]), outlines(), Level.L3, tracks=[WAY])


@pytest.mark.parametrize("kind", LEAKS)
def test_that_every_leak_has_its_class_its_place_and_about_its_size(kind: LeakClass) -> None:
    start, end, radius = LEAKS[kind]
    (own,) = [leak for leak in leaked().leaks if leak.kind is kind]
    assert np.linalg.norm(own.at.array - 0.5 * np.add(start, end)) < 1.0
    assert own.ml == pytest.approx(ml_of(start, end, radius), rel=0.15)


def test_that_all_leaks_and_the_ball_together_have_their_volume() -> None:
    whole = BALL_ML + sum(ml_of(*cord) for cord in LEAKS.values())
    assert leaked().ml == pytest.approx(whole, rel=VOLUME_BAR)
    assert len(leaked().leaks) == len(LEAKS)


def test_that_a_needle_in_place_is_not_counted_as_cement_and_that_is_said() -> None:
    shaft = tube(np.array([14.0, 55.0, 3.0]), np.array([14.0, -5.0, 3.0]), 1.2, 14000.0, METAL)
    found = find_cement(scan_of([ball((-8, 0, 0)), shaft]), outlines(), Level.L3)
    assert found.ml == pytest.approx(BALL_ML, rel=VOLUME_BAR)
    assert found.leaks == ()
    assert any("metal" in note for note in found.notes)


def test_that_bone_dense_before_is_no_cement_where_the_scan_before_is_given() -> None:
    dense = ball((-10, 0, 0), 5.0, 1600.0)
    before, after = scan_of([dense], seed=5), scan_of([dense, ball((8, 0, 0))])
    told = find_cement(after, outlines(), Level.L3, before_hu=before.hu)
    assert told.ml == pytest.approx(BALL_ML, rel=VOLUME_BAR)
    alone = find_cement(after, outlines(), Level.L3)
    assert alone.ml > 1.2 * BALL_ML
    assert any("HU alone" in note for note in alone.notes)


def test_that_a_level_without_an_outline_is_refused() -> None:
    with pytest.raises(ValueError, match="T12 is not outlined"):
        find_cement(scan_of([]), outlines(), Level.T12)


def test_that_the_schedule_stops_for_the_canal_and_goes_small_near_it() -> None:
    limits = {"near_below_mm": 5.0, "far_ml": 1.0, "near_ml": (0.2, 0.5)}
    assert next_step(leaked(), **limits).startswith("STOP: cement lies epidural and foraminal")
    far = find_cement(scan_of([ball((0, -4, 0), 5.0)]), outlines(), Level.L3)
    assert "at most 1 mL" in next_step(far, **limits)
    near = find_cement(scan_of([ball((0, 5, 0))]), outlines(), Level.L3)
    assert "0.2 to 0.5 mL" in next_step(near, **limits)


def test_that_fill_classes_begin_where_the_seed_paper_begins_them() -> None:
    assert [fill_class(share) for share in (49.9, 50.0, 75.0, 90.0)] == [
        "under 50 %", "50 to 75 %", "75 to 90 %", "about 100 %",
    ]  # fmt: skip


def test_that_a_leak_knows_its_place_in_the_patient() -> None:
    (venous,) = [leak for leak in leaked().leaks if leak.kind is LeakClass.VENOUS]
    assert isinstance(venous, FoundLeak)
    assert venous.at.x_mm > 0.0
    assert venous.reach_mm == pytest.approx(22.0, abs=3.0)
