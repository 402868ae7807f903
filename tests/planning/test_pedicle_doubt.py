"""An outline that cannot be a pedicle stops the proposals of its side."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

import phantoms
from planner.domain.anatomy import Anatomy, Pedicle
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps
from planner.planning import propose
from planner.planning.pedicle_doubt import missing_foramen, oddly_wide, why_doubted
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine
from planning.analytic_spine import Scene, Shape


@pytest.fixture(scope="module")
def scene() -> Scene:
    return spine.usual()


def doubt(scene: Scene, pedicle: Pedicle) -> str:
    vertebra = scene.anatomy.vertebrae[Level.L3]
    return why_doubted(vertebra, pedicle, surroundings_of(scene.anatomy, Level.L3))


def turned(side: Side, axial_deg: float, cranial_deg: float) -> tuple[float, float, float]:
    """Axis from back to front, so far towards the midline and the head."""
    axial, cranial = math.radians(axial_deg), math.radians(cranial_deg)
    flat = math.cos(cranial)
    return (-side.sign * math.sin(axial) * flat, -math.cos(axial) * flat, math.sin(cranial))


@pytest.mark.parametrize("side", list(Side))
def test_that_a_pedicle_beside_the_canal_is_believed(scene: Scene, side: Side) -> None:
    assert doubt(scene, scene.anatomy.vertebrae[Level.L3].pedicles[side]) == ""


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("moved", "lies 4 mm beside the canal and not at it"),
        ("inward", "runs 46 degrees towards the midline"),
        ("outward", "runs -21 degrees towards the midline"),
        ("steep", "runs 31 degrees out of the plane"),
        ("tall", "is 25 mm tall"),
    ],
)
def test_that_what_cannot_be_a_pedicle_is_told_and_why(
    scene: Scene, side: Side, change: str, words: str
) -> None:
    pedicle = scene.anatomy.vertebrae[Level.L3].pedicles[side]
    changes: dict[str, dict[str, object]] = {
        "moved": {"isthmus": pedicle.isthmus.moved(np.array([4.0 * side.sign, 0.0, 0.0]))},
        "inward": {"axis": turned(side, 46.0, 0.0)},
        "outward": {"axis": turned(side, -21.0, 0.0)},
        "steep": {"axis": turned(side, 10.0, -31.0)},
        "tall": {"height_mm": Interval(24.0, 25.0, 26.0)},
    }
    told = doubt(scene, replace(pedicle, **changes[change]))  # type: ignore[arg-type]
    assert told.startswith(f"{side.value.capitalize()}: what was outlined as the pedicle of L3 ")
    assert words in told


def test_that_nothing_is_proposed_by_a_pedicle_at_a_rib() -> None:
    phantom = phantoms.healthy_l3()
    vertebra = phantom.truth.vertebrae[Level.L3]
    left = vertebra.pedicles[Side.LEFT]
    place = left.isthmus.array + np.array([8.0, 2.0, 3.0])
    pedicles = {**vertebra.pedicles, Side.LEFT: replace(left, isthmus=PointLps.of(place))}
    anatomy = replace(
        phantom.truth,
        vertebrae={
            **phantom.truth.vertebrae,
            Level.L3: replace(vertebra, pedicles=pedicles),
        },
    )
    found = propose(phantom.ct, anatomy, Level.L3)
    assert {item.trajectory.side for item in found.trajectories} == {Side.RIGHT}
    assert any("beside the canal and not at it" in reason for reason in found.none_because)


@pytest.mark.parametrize("make", [phantoms.healthy_l3, phantoms.thoracic_t7])
def test_that_the_true_pedicles_of_digital_spines_are_believed(make: object) -> None:
    truth = make().truth  # type: ignore[operator]
    for level, vertebra in truth.vertebrae.items():
        for pedicle in vertebra.pedicles.values():
            assert why_doubted(vertebra, pedicle, surroundings_of(truth, level)) == ""


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("upper", "words"), [(Level.L2, "above"), (Level.L3, "below")])
def test_that_nothing_is_proposed_beside_a_foramen_that_was_not_outlined(
    scene: Scene, side: Side, upper: Level, words: str
) -> None:
    foramina = scene.anatomy.foramina.copy()
    foramina[foramina == foramen_label(upper, side)] = 0
    anatomy = replace(scene.anatomy, foramina=foramina)
    found = propose(scene.ct, anatomy, Level.L3)
    assert {item.trajectory.side for item in found.trajectories} == {side.other}
    (because,) = found.none_because
    assert because.startswith(
        f"{side.value.capitalize()}: the foramen {words} the pedicle of L3 was not outlined"
    )


def test_that_a_foramen_under_a_thirteenth_rib_is_the_one_above_l1() -> None:
    lumbar = spine.build(Shape(level=Level.L1))
    surroundings = surroundings_of(lumbar.anatomy, Level.L1)
    assert missing_foramen(Level.L1, Side.LEFT, surroundings) == ""
    odd = lumbar.anatomy.foramina.copy()
    odd[odd == foramen_label(Level.T12, Side.LEFT)] = foramen_label(Level.T13, Side.LEFT)
    changed = surroundings_of(replace(lumbar.anatomy, foramina=odd), Level.L1)
    assert missing_foramen(Level.L1, Side.LEFT, changed) == ""


WIDTHS = {Level.T4: (2.6, 2.5), Level.T5: (3.1, 3.1), Level.T6: (4.0, 3.9)}
"""Left and right as our outlines read them on a slim spine."""


def spine_of(widths: dict[Level, tuple[float, float]]) -> Anatomy:
    def vertebra(level: Level) -> SimpleNamespace:
        pedicles = {
            side: SimpleNamespace(width_mm=Interval(width - 1.0, width, width + 1.0))
            for side, width in zip((Side.LEFT, Side.RIGHT), widths[level], strict=True)
        }
        return SimpleNamespace(pedicles=pedicles)

    return cast("Anatomy", SimpleNamespace(vertebrae={level: vertebra(level) for level in widths}))


def test_that_a_pedicle_wider_than_its_fellow_and_its_neighbours_is_doubted() -> None:
    odd = spine_of(WIDTHS | {Level.T5: (3.1, 7.3)})
    words = oddly_wide(Level.T5, Side.RIGHT, odd)
    assert words.startswith("Right: the pedicle of T5 was read 7.3 mm wide, its fellow 3.1 mm")
    assert "more than 3.9 mm" in words
    assert oddly_wide(Level.T5, Side.LEFT, odd) == ""
    plain = spine_of(WIDTHS)
    assert all(oddly_wide(level, side, plain) == "" for level in WIDTHS for side in Side)


def test_that_beside_a_destroyed_fellow_the_sound_pedicle_is_believed() -> None:
    eaten = spine_of({Level.L2: (8.0, 8.0), Level.L3: (1.0, 9.5), Level.L4: (12.5, 12.5)})
    assert oddly_wide(Level.L3, Side.RIGHT, eaten) == ""
    wide_last = spine_of({Level.L4: (12.9, 12.9), Level.L5: (18.6, 18.6)})
    assert oddly_wide(Level.L5, Side.LEFT, wide_last) == ""
    alone = spine_of({Level.T5: (3.1, 7.3)})
    assert oddly_wide(Level.T5, Side.RIGHT, alone) == ""
