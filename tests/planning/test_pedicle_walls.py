"""A rib taken into the outline of a vertebra lends its pedicle no room."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory
from planner.planning import Direction, measure, propose
from planner.planning.pedicle_walls import HALF_LENGTH_MM, MeasuredWalls, measured_walls
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine
from planning.analytic_spine import Array, Scene, Shape

DIAMETER = 2.4
GRID = spine.grid((0.8, 0.8, 1.0), extent=(150.0, 182.0, 64.0))


def across(scene: Scene, side: Side, points: Array) -> tuple[Array, Array]:
    """Place of points along the pedicle and away from the midline, from its middle."""
    own = (points - scene.shift) @ scene.turn - scene.shape.isthmus(side)
    axis = scene.shape.axis(side)
    return own @ axis, own @ (side.sign * np.array([-axis[1], axis[0], 0.0]))


def with_rib(scene: Scene, side: Side) -> Scene:
    """Outlines that run on for 8 mm beyond the outer wall of one pedicle."""
    points = spine.own_points(scene.anatomy.geometry, np.eye(3), np.zeros(3))
    along, lateral = across(scene, side, points)
    half = scene.shape.pedicle_half_width[side]
    height = ((points - scene.shift) @ scene.turn)[..., 2] - spine.ISTHMUS[2]
    rib = (lateral > 0.0) & (lateral < half + 8.0) & (np.abs(along) < 9.0) & (np.abs(height) < 7.0)
    labels = scene.anatomy.labels.copy()
    labels[rib & ~scene.anatomy.canal] = Level.L3.verse_label
    return replace(scene, anatomy=replace(scene.anatomy, labels=labels))


def surface(needle: Trajectory) -> Array:
    """Points on the cylinder of a needle."""
    way = needle.tip.array - needle.entry.array
    way /= needle.length_mm
    one = np.cross(way, (0.0, 0.0, 1.0))
    one /= np.linalg.norm(one)
    turn = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)[:, None]
    ring = DIAMETER / 2.0 * (np.cos(turn) * one + np.sin(turn) * np.cross(way, one))
    axis = needle.entry.array + np.arange(0.0, needle.length_mm, 0.02)[:, None] * way
    return np.asarray((axis[:, None] + ring).reshape(-1, 3))


def true_room_mm(scene: Scene, needle: Trajectory) -> float:
    """Room to the outer wall of the closed form, along the pedicle."""
    along, lateral = across(scene, needle.side, surface(needle))
    here = np.abs(along) <= HALF_LENGTH_MM
    return scene.shape.pedicle_half_width[needle.side] - float(lateral[here].max())


@pytest.fixture(scope="module")
def plain() -> Scene:
    return spine.build(Shape(pedicle_half_width={Side.LEFT: 3.6, Side.RIGHT: 3.2}), GRID)


@pytest.fixture(scope="module")
def ribbed(plain: Scene) -> dict[Side, Scene]:
    return {side: with_rib(plain, side) for side in Side}


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.5, 0.5, 3.0), (1.2, 1.2, 1.5)], ids=str)
def test_that_outlines_of_the_pedicle_itself_are_believed(
    spacing: tuple[float, float, float], side: Side
) -> None:
    turned = spine.build(
        geometry=spine.grid(spacing, extent=(90.0, 90.0, 50.0)),
        turn=spine.rotation((0.3, 0.2, 1.0), 9.0),
    )
    surroundings = surroundings_of(turned.anatomy, Level.L3)
    assert not measured_walls(turned.anatomy.vertebrae[Level.L3], side, surroundings).beyond_mm


@pytest.mark.parametrize("side", list(Side))
def test_that_a_rib_in_the_outline_is_told_and_the_inner_wall_stays_believed(
    ribbed: dict[Side, Scene], side: Side
) -> None:
    scene = ribbed[side]
    surroundings = surroundings_of(scene.anatomy, Level.L3)
    vertebra = scene.anatomy.vertebrae[Level.L3]
    walls = measured_walls(vertebra, side, surroundings)
    assert set(walls.beyond_mm) == {Direction.LATERAL}
    assert walls.beyond_mm[Direction.LATERAL] == pytest.approx(8.0, abs=0.6)
    assert not measured_walls(vertebra, side.other, surroundings).beyond_mm


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("sideways", "turn"), [(0.0, 0.0), (1.5, 0.0), (3.5, 0.0), (0.5, 14.0)])
def test_that_the_room_beside_a_rib_is_that_to_the_measured_wall(
    plain: Scene, ribbed: dict[Side, Scene], side: Side, sideways: float, turn: float
) -> None:
    scene = ribbed[side]
    axis = spine.rotation((0.0, 0.0, 1.0), turn * side.sign) @ scene.shape.axis(side)
    middle = scene.shape.isthmus(side) + np.array([side.sign * sideways, 0.0, 0.0])
    entry, tip = middle - 60.0 * axis, middle + 26.0 * axis
    needle = scene.needle(tuple(entry), tuple(tip), side)
    wanted = true_room_mm(scene, needle)
    found = measure(needle, scene.ct, scene.anatomy, outer_diameter_mm=DIAMETER).pedicle
    assert found is not None
    assert found.shift_mm[Direction.LATERAL].best == pytest.approx(wanted, abs=0.02)
    assert found.worst_mm.best <= wanted + 0.02
    assert found.worst_mm.best - found.worst_mm.low >= 0.4 - 1e-6
    assert found.breach_mm == pytest.approx(max(-wanted, 0.0), abs=0.02)
    unribbed = measure(needle, plain.ct, plain.anatomy, outer_diameter_mm=DIAMETER).pedicle
    assert unribbed is not None
    assert unribbed.shift_mm[Direction.LATERAL].best == pytest.approx(wanted, abs=0.9)


@pytest.mark.parametrize("side", list(Side))
def test_that_proposals_stay_in_the_pedicle_beside_a_rib_and_say_so(
    ribbed: dict[Side, Scene], side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = ribbed[side]

    def asked() -> list[Trajectory]:
        found = propose(
            scene.ct, scene.anatomy, Level.L3, side=side, approach=Approach.TRANSPEDICULAR
        )
        assert found.trajectories
        assert all(
            "runs 8" in " ".join(one.reasons) or "runs 7" in " ".join(one.reasons)
            for one in found.trajectories
        ) == bool(believing)
        return [one.trajectory for one in found.trajectories]

    believing = True
    assert all(true_room_mm(scene, needle) > 0.0 for needle in asked())
    believing = False

    def without(*asked: object) -> MeasuredWalls:
        walls = measured_walls(*asked)  # type: ignore[arg-type]
        return replace(walls, beyond_mm={}, doubt_mm=0.0)

    for place in ("pedicle_margins", "side_search"):
        monkeypatch.setattr(f"planner.planning.{place}.measured_walls", without)
    assert any(true_room_mm(scene, needle) < 0.0 for needle in asked())


def test_that_a_pedicle_too_narrow_beside_a_rib_is_refused_with_the_reason() -> None:
    narrow = spine.build(Shape(pedicle_half_width={Side.LEFT: 1.5, Side.RIGHT: 4.5}), GRID)
    found = propose(
        narrow.ct,
        with_rib(narrow, Side.LEFT).anatomy,
        Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
    )
    assert not found.trajectories
    (because,) = found.none_because
    assert "within that width and not its outline, which runs" in because
