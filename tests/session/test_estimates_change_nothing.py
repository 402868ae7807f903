"""What is estimated and not seen makes no check, proposal or simulation another, least of all
milder: with the estimates, with absurd ones and without, every answer is the same."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from phantoms import easy_l3
from planner.anatomy.roots import with_roots
from planner.anatomy.sac_and_cord import with_sac_and_cord
from planner.catalog import load_catalog
from planner.domain.anatomy import Anatomy, EstimatedRegion
from planner.domain.levels import Level, Side
from planner.domain.plan import AnatomyBinding, Approach, Trajectory, TrajectoryId
from planner.domain.structures import (
    CORD,
    DURAL_SAC,
    ESTIMATE_OF,
    ESTIMATED_SAC,
    estimated_ganglion,
    estimated_root,
)
from planner.geometry.points import PointLps
from planner.physics.heat.region import region_around
from planner.physics.heat.tissue_classes import tissue_classes
from planner.planning import measure, propose
from planner.safety import assess
from planner.session.anatomy_store import load_anatomy, store_anatomy
from planner.session.cases import Case
from planner.session.tissue_region import tissue_region
from safety.every_finding import every_plan

CATALOG = load_catalog()

THIRD = 3
"""Of the plans that make every rule speak a third is judged twice: all take half a minute."""


def absurd(anatomy: Anatomy) -> Anatomy:
    """Every estimate fills the whole grid: whoever reads one cannot answer as before."""
    everywhere = np.ones(anatomy.geometry.shape_kji, np.bool_)
    region = EstimatedRegion(geometry=anatomy.geometry, likely=everywhere, possible=everywhere)
    names = [*ESTIMATE_OF.values()]
    names += [
        kind(level, side)
        for kind in (estimated_root, estimated_ganglion)
        for level in anatomy.vertebrae
        for side in Side
    ]
    return replace(anatomy, estimates=dict.fromkeys(names, region))


@lru_cache(maxsize=1)
def bare() -> Anatomy:
    """The easy case as a scan shows it: sac, cord and roots are not outlined."""
    truth = easy_l3().truth
    masks = {
        name: mask
        for name, mask in truth.masks.items()
        if name not in (CORD, DURAL_SAC) and not name.startswith("root:")
    }
    return replace(truth, masks=masks)


def estimated() -> Anatomy:
    return with_roots(with_sac_and_cord(bare()))


def all_three() -> list[Anatomy]:
    return [bare(), estimated(), absurd(bare())]


def test_that_no_finding_of_any_plan_changes() -> None:
    changed: dict[int, Anatomy] = {}
    for name, (plan, scene) in list(every_plan().items())[::THIRD]:
        # Plans share their anatomy, and surfaces are kept for each.
        other = changed.setdefault(id(scene.anatomy), absurd(scene.anatomy))
        before, after = assess(plan, scene), assess(plan, replace(scene, anatomy=other))
        assert after == before, name


@pytest.mark.parametrize("side", [*Side])
def test_that_the_same_needles_are_proposed(side: Side) -> None:
    found = [
        propose(easy_l3().ct, anatomy, Level.L3, side=side, count=2) for anatomy in all_three()
    ]
    needles = [[one.trajectory for one in item.trajectories] for item in found]
    assert needles[0]
    assert needles[0] == needles[1] == needles[2]
    assert found[0].none_because == found[1].none_because == found[2].none_because


def test_that_the_heat_model_sees_the_same_tissue_and_judges_the_same_structures() -> None:
    classes = tissue_classes(CATALOG.tissues)
    centre = bare().vertebrae[Level.L3].body_centre.array
    grid = region_around(np.stack([centre, centre + np.array([0.0, 25.0, 0.0])]), 2.0)
    regions = [
        tissue_region(
            Case(
                ct=easy_l3().ct,
                anatomy=anatomy,
                binding=AnatomyBinding(backend="truth"),
                catalog=CATALOG,
            ),
            grid,
            (Level.L3,),
            classes,
        )
        for anatomy in all_three()
    ]
    for other in regions[1:]:
        assert (other.medium.tissue == regions[0].medium.tissue).all()
        assert other.structures.keys() == regions[0].structures.keys()


def needle() -> Trajectory:
    vertebra = bare().vertebrae[Level.L3]
    pedicle = vertebra.pedicles[Side.LEFT]
    along = vertebra.body_centre.array - pedicle.isthmus.array
    along /= np.linalg.norm(along)
    return Trajectory(
        id=TrajectoryId("T1"),
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps.of(pedicle.isthmus.array - 60.0 * along),
        tip=vertebra.body_centre,
    )


def test_that_a_needle_is_measured_to_the_estimate_and_its_other_measures_stay() -> None:
    without, with_it, _ = (
        measure(needle(), easy_l3().ct, anatomy, outer_diameter_mm=3.0) for anatomy in all_three()
    )
    assert replace(with_it, estimated=()) == without
    sac = next(item for item in with_it.estimated if item.structure == ESTIMATED_SAC)
    canal = with_it.clearance("canal")
    assert sac.at_least_mm == pytest.approx(canal.distance_mm.low)
    assert sac.likely_mm is not None
    assert sac.at_least_mm + 1.0 < sac.likely_mm < sac.at_least_mm + 4.5
    for side in Side:
        name = estimated_root(Level.L3, side)
        root = next(item for item in with_it.estimated if item.structure == name)
        judged = with_it.clearance(f"foramen:L3:{side}")
        assert root.likely_mm is not None
        assert root.at_least_mm <= judged.distance_mm.low + 1e-6
        assert root.at_least_mm < root.likely_mm


def test_that_stored_outlines_keep_their_estimates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path))
    anatomy, binding = estimated(), AnatomyBinding(backend="truth")
    store_anatomy(easy_l3().ct, binding, anatomy)
    read = load_anatomy(easy_l3().ct, binding)
    assert read is not None
    assert read.estimates.keys() == anatomy.estimates.keys()
    for name, region in anatomy.estimates.items():
        assert read.estimates[name].geometry == region.geometry
        assert (read.estimates[name].likely == region.likely).all()
        assert (read.estimates[name].possible == region.possible).all()
