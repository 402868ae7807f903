"""A thousand random needles: every measure against a closed form or plain brute force.

Brute force reads the same masks, in steps far finer than ours and without any shortcut.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory
from planner.domain.sourced import Interval
from planner.planning import Direction, TrajectoryMeasures, measure
from planner.planning.pedicle_margins import FARTHEST_WALL_MM
from planning import analytic_spine as spine
from planning.analytic_spine import Array, Scene
from planning.test_measure import face_points

NEEDLES = 1000
WITHIN_MM = 0.05
DIAMETER = 2.4
FINE_MM = 0.01


@dataclass(frozen=True)
class Measured:
    scene: Scene
    needles: list[Trajectory]
    found: list[TrajectoryMeasures]


def random_needle(scene: Scene, rng: np.random.Generator) -> Trajectory:
    """Half of them anyhow through the vertebra, half somewhere along a pedicle."""
    side = Side.LEFT if rng.random() < 0.5 else Side.RIGHT
    if rng.random() < 0.5:
        tip = (rng.uniform(-15, 15), rng.uniform(-12, 8), rng.uniform(-10, 10))
        entry = (rng.uniform(-80, 80), rng.uniform(40, 90), rng.uniform(-25, 25))
        return scene.needle(entry, tip, side, Approach.POSTEROLATERAL)
    middle = scene.shape.isthmus(side) + rng.uniform(-3.0, 3.0, 3)
    way = scene.shape.axis(side) + rng.uniform(-0.25, 0.25, 3)
    way /= np.linalg.norm(way)
    entry, tip = middle - rng.uniform(20, 70) * way, middle + rng.uniform(8, 30) * way
    return scene.needle(tuple(entry), tuple(tip), side)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def thousand() -> Measured:
    plain = spine.build(turn=spine.rotation((0.2, 0.1, 1.0), 6.0), shift=(7.0, -4.0, 3.0))
    vertebra = plain.anatomy.vertebrae[Level.L3]
    wide = {  # so that nothing is taken off for a mask wider than the pedicle
        side: replace(pedicle, width_mm=Interval(20.0, 20.0, 20.0))
        for side, pedicle in vertebra.pedicles.items()
    }
    anatomy = replace(plain.anatomy, vertebrae={Level.L3: replace(vertebra, pedicles=wide)})
    scene = replace(plain, anatomy=anatomy)
    rng = np.random.default_rng(6)
    needles = [random_needle(scene, rng) for _ in range(NEEDLES)]
    found = [measure(n, scene.ct, anatomy, outer_diameter_mm=DIAMETER) for n in needles]
    return Measured(scene, needles, found)


def read(volume: NDArray[np.float32], ijk: Array) -> Array:
    """The volume between voxel centres; the outermost voxels go on for ever."""
    place = np.moveaxis(ijk[..., ::-1], -1, 0)
    return ndimage.map_coordinates(volume, place, output=np.float64, order=1, mode="nearest")


def along(needle: Trajectory, step_mm: float) -> tuple[Array, Array]:
    """Ways from the entry, and the points there."""
    way = np.linspace(0.0, needle.length_mm, math.ceil(needle.length_mm / step_mm) + 1)
    direction = (needle.tip.array - needle.entry.array) / needle.length_mm
    return way, needle.entry.array + way[:, None] * direction


def test_that_every_clearance_is_that_of_the_nearest_point_or_the_deepest(
    thousand: Measured,
) -> None:
    anatomy = thousand.scene.anatomy
    masks = {
        "canal": anatomy.canal,
        "foramen:L3:left": anatomy.foramina == 22,
        "foramen:L3:right": anatomy.foramina == 122,
        "posterior_wall": None,
    }
    clouds = {
        name: anatomy.vertebrae[Level.L3].posterior_wall.points_mm  # type: ignore[union-attr]
        if mask is None
        else face_points(mask, anatomy.geometry)
        for name, mask in masks.items()
    }
    trees = {name: cKDTree(cloud) for name, cloud in clouds.items()}
    inside_count = 0
    for needle, found in zip(thousand.needles, thousand.found, strict=True):
        for name, cloud in clouds.items():
            ours = found.clearance(name)
            assert ours is not None
            deepest = deepest_mm(needle, masks[name], trees[name], anatomy.geometry)
            inside_count += deepest is not None
            wanted = nearest_mm(needle, cloud) if deepest is None else -deepest
            assert ours.distance_mm.best == pytest.approx(wanted - DIAMETER / 2, abs=WITHIN_MM)
    assert inside_count > 100


def nearest_mm(needle: Trajectory, cloud: Array) -> float:
    start, length = needle.entry.array, needle.length_mm
    direction = (needle.tip.array - start) / length
    share = np.clip((cloud - start) @ direction, 0.0, length)
    return float(np.linalg.norm(cloud - start - share[:, None] * direction, axis=1).min())


def deepest_mm(
    needle: Trajectory, mask: NDArray[np.bool_] | None, tree: cKDTree, geometry: object
) -> float | None:
    """Depth of the deepest point of the axis in a mask, sampled as the measure says it does."""
    if mask is None:
        return None
    _, points = along(needle, 0.25)
    index = np.rint(geometry.ijk(points)).astype(int)[:, ::-1]  # type: ignore[attr-defined]
    held = ((index >= 0) & (index < mask.shape)).all(axis=1)
    held[held] = mask[tuple(index[held].T)]
    return float(tree.query(points[held])[0].max()) if held.any() else None


def test_that_lengths_angles_and_the_place_of_the_tip_are_closed_forms(
    thousand: Measured,
) -> None:
    scene = thousand.scene
    body = face_points(scene.anatomy.bodies > 0, scene.anatomy.geometry)
    own = (body - scene.shift) @ scene.turn
    low, high = own.min(axis=0), own.max(axis=0)
    for needle, found in zip(thousand.needles, thousand.found, strict=True):
        way = needle.tip.array - needle.entry.array
        assert found.length_mm == pytest.approx(float(np.sqrt((way**2).sum())), abs=1e-9)
        x, y, z = way
        turned = way @ scene.turn
        sign = needle.side.sign
        wanted = {
            "axial": math.degrees(math.atan2(-sign * x, -y)),
            "cranial": math.degrees(math.atan2(z, math.hypot(x, y))),
            "vertebra_axial": math.degrees(math.atan2(-sign * turned[0], -turned[1])),
            "endplate": math.degrees(math.atan2(turned[2], math.hypot(turned[0], turned[1]))),
        }
        assert {name: found.angles_deg[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)
        tip = ((needle.tip.array - scene.shift) @ scene.turn - low) / (high - low)
        assert found.tip is not None
        assert found.tip.own_side_fraction == pytest.approx(sign * (2.0 * tip[0] - 1.0), abs=1e-6)
        assert found.tip.depth_fraction == pytest.approx(1.0 - tip[1], abs=1e-6)
        assert found.tip.height_fraction == pytest.approx(tip[2], abs=1e-6)


def test_that_bone_is_entered_and_left_where_fine_steps_say(thousand: Measured) -> None:
    geometry = thousand.scene.anatomy.geometry
    bone = (thousand.scene.anatomy.labels > 0).astype(np.float32)
    count = 0
    for needle, found in zip(thousand.needles, thousand.found, strict=True):
        way, points = along(needle, FINE_MM)
        held = read(bone, geometry.ijk(points)) >= 0.5
        fine = way[np.flatnonzero(held[:-1] != held[1:])] + FINE_MM / 2.0
        ours = np.array([crossing.from_entry_mm for crossing in found.crossings])
        count += len(ours)
        left = list(fine)
        for place in ours:
            nearest = min(left, key=lambda value: abs(value - place))
            assert place == pytest.approx(nearest, abs=WITHIN_MM)
            left.remove(nearest)
        assert len(left) % 2 == 0
        assert all(right - one < 0.25 for one, right in zip(left[::2], left[1::2], strict=True))
    assert count > 1.5 * NEEDLES


def test_that_the_skin_is_where_fine_steps_through_the_scan_end_the_patient(
    thousand: Measured,
) -> None:
    ct = thousand.scene.ct
    hu = ct.hu.astype(np.float32)
    seen = 0
    for needle, found in zip(thousand.needles[::4], thousand.found[::4], strict=True):
        if found.skin is None:
            continue
        seen += 1
        direction = (needle.entry.array - needle.tip.array) / needle.length_mm
        way = np.arange(0.0, 200.0, FINE_MM)
        points = needle.tip.array + way[:, None] * direction
        index = ct.geometry.ijk(points)
        held = ((index >= 0) & (index <= np.array(ct.geometry.size_ijk) - 1)).all(axis=1)
        tissue = held & (read(hu, index) > -300.0)
        last = way[np.flatnonzero(tissue)[-1]] + FINE_MM / 2.0
        assert found.skin.distance_mm(needle.tip) == pytest.approx(last, abs=WITHIN_MM)
        assert found.skin_to_tip_mm is not None
        assert found.skin_to_tip_mm.best == pytest.approx(last, abs=WITHIN_MM)
    assert seen > 100


def test_that_bone_about_a_needle_is_what_fine_rays_find(thousand: Measured) -> None:
    geometry = thousand.scene.anatomy.geometry
    bone = (thousand.scene.anatomy.labels > 0).astype(np.float32)
    inside = 0
    for needle, found in zip(thousand.needles, thousand.found, strict=True):
        margins = found.pedicle
        if margins is None or margins.worst_mm.best <= -DIAMETER / 2.0:
            continue
        inside += 1
        wanted = thinnest_mm(thousand.scene, needle, bone, geometry)
        assert margins.worst_mm.best == pytest.approx(wanted, abs=WITHIN_MM)
    assert inside > NEEDLES / 4


def thinnest_mm(
    scene: Scene, needle: Trajectory, bone: NDArray[np.float32], geometry: object
) -> float:
    """Least way out of bone across the needle, less its radius, along the pedicle."""
    samples, direction = samples_in_pedicle(scene, needle)
    across = np.cross(direction, np.array(scene.anatomy.vertebrae[Level.L3].superior))
    across /= np.linalg.norm(across)
    beside = np.cross(direction, across)
    turn = np.radians(np.arange(0.0, 360.0, 2.0))
    rays = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * beside
    wall = walls_mm(samples[:, None], rays, bone, geometry)
    return min(float(wall.min()), FARTHEST_WALL_MM) - DIAMETER / 2.0


def samples_in_pedicle(scene: Scene, needle: Trajectory) -> tuple[Array, Array]:
    """Points of the axis 1 mm apart along the pedicle, and the needle's direction."""
    pedicle = scene.anatomy.vertebrae[Level.L3].pedicles[needle.side]
    axis, isthmus = np.array(pedicle.axis), pedicle.isthmus.array
    direction = (needle.tip.array - needle.entry.array) / needle.length_mm
    rate = float(direction @ axis)
    start = float((needle.entry.array - isthmus) @ axis)
    ways = (np.arange(-4.0, 4.5, 1.0) - start) / rate
    ways = ways[(ways >= 0.0) & (ways <= needle.length_mm)]
    return needle.entry.array + ways[:, None] * direction, direction


def walls_mm(starts: Array, rays: Array, bone: NDArray[np.float32], geometry: object) -> Array:
    """How far each ray (n, 3) from each start (..., 1, 3) runs in bone, shape (..., n)."""
    far = np.arange(0.0, 16.0, 0.1)
    points = starts[..., None, :] + far[:, None] * rays[:, None, :]
    held = read(bone, geometry.ijk(points))  # type: ignore[attr-defined]
    out = held < 0.5
    first = np.where(out.any(axis=-1), out.argmax(axis=-1), len(far) - 1)
    after = np.take_along_axis(held, first[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(held, np.maximum(first - 1, 0)[..., None], axis=-1)[..., 0]
    share = np.where(before > after, (before - 0.5) / np.maximum(before - after, 1e-9), 0.0)
    return np.where(first > 0, far[first - 1] + 0.1 * np.clip(share, 0.0, 1.0), 0.0)


def test_that_the_room_each_way_is_what_fine_chords_find(thousand: Measured) -> None:
    """How far the needle's disc can go each way before a chord of it meets the wall."""
    scene = thousand.scene
    geometry, vertebra = scene.anatomy.geometry, scene.anatomy.vertebrae[Level.L3]
    bone = (scene.anatomy.labels > 0).astype(np.float32)
    offsets = DIAMETER / 2.0 * np.sin(np.linspace(-np.pi / 2.0, np.pi / 2.0, 151))
    half = np.sqrt(np.maximum((DIAMETER / 2.0) ** 2 - offsets**2, 0.0))
    tried = 0
    for needle, found in zip(thousand.needles[::5], thousand.found[::5], strict=True):
        margins = found.pedicle
        if margins is None or margins.worst_mm.best <= 0.0:
            continue
        samples, direction = samples_in_pedicle(scene, needle)
        inward = -needle.side.sign * np.array(vertebra.left)
        inward = inward - (inward @ direction) * direction
        inward /= np.linalg.norm(inward)
        upward = np.cross(direction, inward)
        upward *= np.sign(upward @ np.array(vertebra.superior))
        ways = {
            Direction.MEDIAL: (inward, upward),
            Direction.LATERAL: (-inward, upward),
            Direction.SUPERIOR: (upward, inward),
            Direction.INFERIOR: (-upward, inward),
        }
        for name, (way, across) in ways.items():
            starts = samples[:, None] + offsets[:, None] * across
            wall = walls_mm(starts[..., None, :], way[None], bone, geometry)[..., 0]
            tried += 1
            wanted = float((wall - half).min())
            assert margins.shift_mm[name].best == pytest.approx(wanted, abs=WITHIN_MM)
    assert tried > 150
