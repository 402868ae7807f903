"""The tissue map in the window: the model's own, never that of another plan, with every name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.simulation import Tier
from planner.geometry.points import PointLps
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.session.protection import painted_in
from planner.session.simulation import burn_grid, planned_burns
from planner.session.tissue_region import tissue_region
from planner.session.tissue_view import tissue_mark
from presenter_desk import Desk
from session.test_protection import layer
from session.test_simulation import CATALOG, case, plan


def test_that_what_is_drawn_is_what_the_full_tier_works_on() -> None:
    wanted = replace(plan(), protection=(layer(),))
    mark = tissue_mark(wanted, case())
    planned, _ = planned_burns(wanted, case())
    grid = burn_grid(planned, Tier.FULL)
    region = tissue_region(
        case(), grid, {Level.L3}, tissue_classes(CATALOG.tissues), painted_in(grid, (layer(),))
    )
    assert mark is not None
    assert mark.geometry == grid
    assert (mark.codes == region.medium.tissue + 1).all()


def test_that_places_of_known_tissue_have_its_name_and_a_layer_is_in_the_map() -> None:
    classes = tissue_classes(CATALOG.tissues)
    anatomy = case().anatomy
    mark = tissue_mark(replace(plan(), protection=(layer(),)), case())
    assert mark is not None
    assert mark.name_at(layer().centre) == classes.names[TissueClass.GAS]
    lesion = np.argwhere(anatomy.lesion).mean(axis=0)[::-1] if anatomy.lesion is not None else None
    if lesion is not None:
        name = mark.name_at(PointLps.of(anatomy.geometry.lps_mm(lesion)))
        assert name in (classes.names[TissueClass.LYTIC], classes.names[TissueClass.BLASTIC])
    assert mark.name_at(PointLps(900.0, 0.0, 0.0)) == ""
    assert {code for code, _ in mark.names} == set(np.unique(mark.codes).tolist())


def test_that_a_needle_on_which_nothing_burns_has_a_map_of_its_vertebra() -> None:
    bare = replace(plan(), ablations=())
    mark = tissue_mark(bare, case())
    assert mark is not None
    body = case().anatomy.vertebrae[Level.L3].body_centre
    assert mark.name_at(body)
    assert tissue_mark(replace(bare, trajectories=()), case()) is None


@pytest.fixture
def desk():
    made = Desk()
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    yield made
    made.work.close()


def shown(desk):
    return desk.view.show_drawing.call_args.args[0].tissue


def test_that_the_map_waits_for_a_needle_and_is_gone_with_the_plan_it_was_of(desk) -> None:
    work = desk.work
    reasons = desk.view.show_availability.call_args.args[0]
    assert reasons["tissue_map"] == "Select a needle first."
    work.needles.suggest()
    desk.settle()
    assert shown(desk) is None
    work.tissue.toggle()
    desk.settle()
    first = shown(desk)
    assert first is not None
    treat = desk.view.show_treatment.call_args.args[0]
    assert treat.tissues == first.names
    body = work.edits.anatomy.vertebrae[Level.L3].body_centre
    assert work.probe(body).endswith(first.name_at(body))
    work.treatment.choose_device("eco-mwa")
    assert shown(desk) is None, "the map of another plan is not shown while the new one is made"
    desk.settle()
    assert shown(desk) is not None
    assert shown(desk) is not first
    work.tissue.toggle()
    assert shown(desk) is None
    assert desk.view.show_treatment.call_args.args[0].tissues == ()
