"""Turn, shift or mirror patient and scan together: every measure stays, every side swaps.

The skin is left out where the patient is turned anyhow: its outline knows how patients lie.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
from planner.domain.levels import RIGHT_FORAMEN_OFFSET, Level, Side
from planner.domain.plan import Approach, Trajectory
from planner.geometry.points import PointLps
from planner.planning import Direction, TrajectoryMeasures, measure
from planning import analytic_spine as spine
from planning.analytic_spine import Array, Scene, Shape

DIAMETER = 2.4
UNEVEN = Shape(
    level=Level.L3,
    pedicle_half_width={Side.LEFT: 4.5, Side.RIGHT: 3.2},
)
PATIENT_ANGLES = ("axial", "cranial", "in_slice")
"""Those against the patient's own axes change when the patient is turned."""


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.build(UNEVEN, spine.grid((1.2, 1.2, 1.5), extent=(150.0, 130.0, 60.0)))


def moved(scene: Scene, turn: Array, shift: Array, *, mirrored: bool) -> Scene:
    """The same voxels laid elsewhere; ``turn`` may mirror."""

    def place(point: PointLps) -> PointLps:
        return PointLps.of(turn @ point.array + shift)

    def way(axis: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = turn @ np.array(axis)
        return (float(x), float(y), float(z))

    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, shift
    geometry = spine.VolumeGeometry.from_matrix(
        scene.ct.geometry.size_ijk, matrix @ scene.ct.geometry.lps_from_ijk
    )

    def side_of(side: Side) -> Side:
        return side.other if mirrored else side

    def pedicle(old: Pedicle) -> Pedicle:
        return replace(old, side=side_of(old.side), isthmus=place(old.isthmus), axis=way(old.axis))

    old: Vertebra = scene.anatomy.vertebrae[Level.L3]
    assert old.posterior_wall is not None
    left = way(old.left)
    vertebra = replace(
        old,
        centroid=place(old.centroid),
        body_centre=place(old.body_centre),
        left=tuple(-value for value in left) if mirrored else left,  # type: ignore[arg-type]
        anterior=way(old.anterior),
        superior=way(old.superior),
        pedicles={side_of(side): pedicle(item) for side, item in old.pedicles.items()},
        posterior_wall=replace(
            old.posterior_wall, points_mm=old.posterior_wall.points_mm @ turn.T + shift
        ),
    )
    foramina = scene.anatomy.foramina
    if mirrored:
        right = foramina >= RIGHT_FORAMEN_OFFSET
        foramina = np.where(
            foramina == 0,
            0,
            np.where(right, foramina % RIGHT_FORAMEN_OFFSET, foramina + RIGHT_FORAMEN_OFFSET),
        ).astype(np.uint8)
    anatomy: Anatomy = replace(
        scene.anatomy, geometry=geometry, vertebrae={Level.L3: vertebra}, foramina=foramina
    )
    return replace(scene, ct=replace(scene.ct, geometry=geometry), anatomy=anatomy)


def needle_moved(needle: Trajectory, turn: Array, shift: Array, side: Side) -> Trajectory:
    return replace(
        needle,
        side=side,
        entry=PointLps.of(turn @ needle.entry.array + shift),
        tip=PointLps.of(turn @ needle.tip.array + shift),
    )


def measured(scene: Scene, needle: Trajectory) -> TrajectoryMeasures:
    return measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=DIAMETER)


def swapped(name: str) -> str:
    return name.replace("left", "?").replace("right", "left").replace("?", "right")


CROSSING_HU = 0.1
"""What halving 0.25 mm twelve times leaves open, where 400 HU rise in one voxel."""


def assert_same(ours: TrajectoryMeasures, theirs: TrajectoryMeasures, *, mirrored: bool) -> None:
    names = {
        swapped(name) if mirrored else name: value for name, value in ours.clearances_mm.items()
    }
    assert theirs.clearances_mm == pytest.approx(names, abs=1e-6)
    assert theirs.length_mm == pytest.approx(ours.length_mm)
    assert (ours.bone_depth_mm is None) == (theirs.bone_depth_mm is None)
    if ours.bone_depth_mm is not None and theirs.bone_depth_mm is not None:
        assert theirs.bone_depth_mm.as_list() == pytest.approx(
            ours.bone_depth_mm.as_list(), abs=1e-3
        )
    assert [item.enters for item in theirs.crossings] == [item.enters for item in ours.crossings]
    assert [item.hu for item in theirs.crossings] == pytest.approx(
        [item.hu for item in ours.crossings], abs=CROSSING_HU
    )
    assert (ours.pedicle is None) == (theirs.pedicle is None)
    if ours.pedicle is not None and theirs.pedicle is not None:
        assert theirs.pedicle.worst_mm.as_list() == pytest.approx(
            ours.pedicle.worst_mm.as_list(), abs=1e-2
        )
        for way in Direction:
            assert theirs.pedicle.shift_mm[way].best == pytest.approx(
                ours.pedicle.shift_mm[way].best, abs=1e-2
            )
    assert ours.tip is not None
    assert theirs.tip is not None
    assert theirs.tip.own_side_fraction == pytest.approx(ours.tip.own_side_fraction, abs=1e-6)
    assert theirs.tip.depth_fraction == pytest.approx(ours.tip.depth_fraction, abs=1e-6)
    for name in ("vertebra_axial", "endplate"):
        assert theirs.angles_deg[name] == pytest.approx(ours.angles_deg[name], abs=1e-6)


seeds = st.integers(0, 2**32 - 1)
"""Of needles at random: on round numbers a needle runs along voxel faces, where a hair decides."""


def some_needles(scene: Scene, seed: int) -> list[Trajectory]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(4):
        side = Side.LEFT if rng.random() < 0.5 else Side.RIGHT
        x, y, z, lean = rng.uniform(-2.5, 2.5, 4)
        if rng.random() < 0.5:
            found.append(scene.through_pedicle(side, sideways=x, up=z))
            continue
        entry = (side.sign * (45.0 + x), 55.0 + y, z + 4.0 * lean)
        tip = (side.sign * 3.0 + x, -2.0 + y, z)
        found.append(scene.needle(entry, tip, side, Approach.POSTEROLATERAL))
    return found


@settings(max_examples=15, deadline=None, phases=(Phase.generate,))
@given(
    quaternion=st.tuples(*(st.floats(-1.0, 1.0) for _ in range(4))).filter(
        lambda q: sum(value**2 for value in q) > 0.1
    ),
    shift=st.tuples(*(st.floats(-500.0, 500.0) for _ in range(3))),
    seed=seeds,
)
def test_that_turning_and_shifting_all_together_changes_no_measure(
    scene: Scene,
    quaternion: tuple[float, ...],
    shift: tuple[float, ...],
    seed: int,
) -> None:
    turn, way = Rotation.from_quat(quaternion).as_matrix(), np.array(shift)
    other = moved(scene, turn, way, mirrored=False)
    for needle in some_needles(scene, seed):
        theirs = measured(other, needle_moved(needle, turn, way, needle.side))
        assert_same(measured(scene, needle), theirs, mirrored=False)


@settings(max_examples=10, deadline=None, phases=(Phase.generate,))
@given(seed=seeds)
def test_that_mirroring_the_patient_swaps_every_side_and_nothing_else(
    scene: Scene, seed: int
) -> None:
    turn, way = np.diag([-1.0, 1.0, 1.0]), np.array([12.0, 0.0, 0.0])
    other = moved(scene, turn, way, mirrored=True)
    for needle in some_needles(scene, seed):
        ours = measured(scene, needle)
        theirs = measured(other, needle_moved(needle, turn, way, needle.side.other))
        assert_same(ours, theirs, mirrored=True)
        assert (ours.skin is None) == (theirs.skin is None)
        if ours.skin is not None and theirs.skin is not None:
            assert theirs.skin.array == pytest.approx(turn @ ours.skin.array + way, abs=1e-3)
        for name in PATIENT_ANGLES:
            assert theirs.angles_deg[name] == pytest.approx(ours.angles_deg[name], abs=1e-6)
