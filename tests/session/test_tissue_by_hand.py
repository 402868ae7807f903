"""Parts of the tissue map a person gives another class: what it does to heat, rules and window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.document.tissue_commands import choose_tissue, unchoose_tissue
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.simulation import Order, Tier
from planner.domain.tissue_choice import (
    Ball,
    OutlinedPart,
    TissueChoice,
    TissueChoiceId,
    TissueKind,
)
from planner.geometry.points import PointLps
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.planning.tissue_parts import choice_words, parts_outlined
from planner.session.live_preview import PreviewBench
from planner.session.simulation import AS_HU_SHOWS, simulate, simulation_digest
from planner.session.tissue_choices import CLASS_OF
from planner.session.tissue_view import tissue_mark
from presenter_desk import Desk
from session.test_simulation import case, needle, plan

BODY = case().anatomy.vertebrae[Level.L3].body_centre


def choice(part: OutlinedPart | Ball | str, becomes: str, only: str = "") -> TissueChoice:
    return TissueChoice(
        id=TissueChoiceId("tissue1"),
        part=OutlinedPart(name=part) if isinstance(part, str) else part,
        becomes=TissueKind(becomes),
        only=TissueKind(only) if only else None,
    )


def test_that_every_class_of_the_heat_model_has_one_word_of_a_plan_in_the_same_order() -> None:
    assert [CLASS_OF[kind] for kind in TissueKind] == list(TissueClass)
    names = tissue_classes(load_catalog().tissues).names
    for kind, name in zip(TissueKind, names, strict=True):
        assert kind.words in name


@pytest.mark.parametrize("radius_mm", [0.5, 41.0, float("nan")])
def test_that_a_slip_of_the_hand_is_refused(radius_mm: float) -> None:
    with pytest.raises(ValueError, match="1 to 40 mm"):
        Ball(centre=BODY, radius_mm=radius_mm)
    with pytest.raises(ValueError, match="changes nothing"):
        choice("lesion", "lytic", "lytic")
    with pytest.raises(ValueError, match="no part 'liver'"):
        OutlinedPart(name="liver")


def test_that_a_whole_part_one_class_of_it_and_a_ball_change_there_and_nowhere_else() -> None:
    bare, anatomy = tissue_mark(plan(), case()), case().anatomy
    assert bare is not None
    assert not bare.by_hand.any()
    geometry = bare.geometry
    k, j, i = np.indices(geometry.shape_kji)
    points = geometry.lps_mm(np.stack([i, j, k], axis=-1).reshape(-1, 3).astype(float))
    index = np.rint(anatomy.geometry.ijk(points)).astype(int)[:, ::-1]
    inside = (index >= 0).all(axis=1) & (index < anatomy.labels.shape).all(axis=1)
    index = np.clip(index, 0, np.array(anatomy.labels.shape) - 1)
    l3 = (anatomy.labels[tuple(index.T)] == Level.L3.verse_label) & inside
    near = np.linalg.norm(points - BODY.array, axis=1) <= 6.0
    cortical = (bare.codes == TissueClass.CORTICAL + 1).ravel()
    for made, wanted in (
        (choice("L3", "blastic"), l3),
        (choice("L3", "blastic", "cortical"), l3 & cortical),
        (choice(Ball(centre=BODY, radius_mm=6.0), "cement"), near),
    ):
        mark = tissue_mark(replace(plan(), tissue_choices=(made,)), case())
        assert mark is not None
        changed = wanted & (bare.codes.ravel() != CLASS_OF[made.becomes] + 1)
        assert changed.sum() > 500
        assert (mark.by_hand.ravel() == changed).mean() > 0.9999  # a voxel centre may lie on a rim
        assert (mark.codes.ravel()[wanted] == CLASS_OF[made.becomes] + 1).mean() > 0.999
        assert (mark.codes == bare.codes)[~mark.by_hand].all()
    assert mark.name_at(BODY) == "bone cement, set by hand"


def test_that_a_choice_is_an_edit_that_is_undone_and_makes_a_simulation_another_one() -> None:
    first, second = choice("lesion", "blastic"), replace(choice("L3", "lytic"), id="tissue2")
    one = choose_tissue(first).apply(plan())
    both = choose_tissue(second).apply(one)
    digests = {
        simulation_digest(made, case(), Tier.FULL, Order.TOGETHER)
        for made in (plan(), one, both, replace(both, tissue_choices=(second, first)))
    }
    assert len(digests) == 4, "the order counts: each works on what those before it left"
    assert unchoose_tissue("tissue1").apply(both).tissue_choices == (second,)
    with pytest.raises(UsageError, match="no choice of tissue"):
        unchoose_tissue("tissue9").apply(both)


@pytest.fixture(scope="module")
def both_ways():
    """Near the wall; the canal taken for a vessel, whose blood would keep it cool."""
    made = plan(needle(short_mm=-4.0), time_s=60.0)
    cooled = replace(made, tissue_choices=(choice("canal", "vessel"),))
    return [simulate(one, case(), Tier.PREVIEW)[0] for one in (made, cooled)]


def test_that_a_choice_can_make_a_zone_or_a_finding_and_never_clears_one(both_ways) -> None:
    bare, cooled = both_ways
    nominal = cooled.courses["canal"].peak_celsius
    assert nominal < bare.courses["canal"].peak_celsius - 1.0, "the model believes the choice"
    for name, felt in bare.exposures["A1"].at_structures.items():
        judged = cooled.exposures["A1"].at_structures[name]
        assert judged.peak_celsius + judged.band_celsius >= (
            felt.peak_celsius + felt.band_celsius - 1e-6
        ), "and rules look at both"
        assert judged.cem43_min >= felt.cem43_min
    assert AS_HU_SHOWS in cooled.runs
    assert AS_HU_SHOWS not in bare.runs
    dead = [one.exposures["A1"].killed.dead for one in both_ways]
    assert not (dead[0] & ~dead[1]).any()
    assert not (cooled.certain & ~bare.certain).any()


def test_that_the_label_says_what_was_set_by_hand_and_what_had_no_effect(both_ways) -> None:
    _, cooled = both_ways
    assert "tissue by hand: the canal counts as vessel" in cooled.model.inputs
    missing = choice("foramen:T2:left", "fat")
    assert choice_words(missing, case().anatomy).endswith("NOT OUTLINED, so nothing is changed")
    assert "NOT OUTLINED" not in choice_words(missing, None)


def test_that_the_preview_that_follows_the_hand_knows_the_choice() -> None:
    bench, made = PreviewBench(), plan(needle(short_mm=2.0))
    blood = replace(made, tissue_choices=(choice("L3", "vessel"),))
    (bare,), (cooled,) = bench.preview(made, case()), bench.preview(blood, case())
    (again,) = bench.preview(made, case())
    assert cooled.zone.sum() < 0.9 * bare.zone.sum()
    assert (again.zone == bare.zone).all()


def test_that_only_what_is_outlined_is_offered_the_lesion_and_treated_levels_first() -> None:
    names = [part.name for part in parts_outlined(case().anatomy, {Level.L3})]
    assert names[:2] == ["lesion", "L3"]
    assert {"canal", "discs", "foramen:L3:left"} <= set(names)
    assert "L2" not in names


@pytest.fixture
def desk():
    made = Desk()
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    made.work.needles.suggest()
    made.settle()
    yield made
    made.work.close()


def test_that_a_part_is_set_in_the_window_drawn_said_and_undone(desk) -> None:
    work = desk.work
    assert work.treatment_shown.tissue_parts == ()
    work.tissue.toggle()
    desk.settle()
    offered = [name for name, _ in work.treatment_shown.tissue_parts]
    assert "L3" in offered
    before = work.tissue.mark
    work.tissue.choose("L3", 5.0, "", "blastic")
    assert work.tissue.mark is None, "the map of another plan is not shown"
    desk.settle()
    (made,) = work.edits.plan.tissue_choices
    assert made.words == "L3 counts as blastic tumour"
    assert work.treatment_shown.tissue_choices == ((made.id, made.words),)
    body = work.edits.anatomy.vertebrae[Level.L3].body_centre
    assert work.probe(body).endswith("blastic tumour, set by hand")
    assert (work.tissue.mark.codes != before.codes).any()
    work.panes.move_cursor(body)
    work.tissue.choose("", 6.0, "blastic", "cement")
    assert work.edits.plan.tissue_choices[1].part == Ball(
        centre=work.panes.state.cursor, radius_mm=6.0
    )
    work.tissue.unchoose(made.id)
    assert [one.id for one in work.edits.plan.tissue_choices] == ["tissue2"]
    work.act(work.edits.undo)
    work.act(work.edits.undo)
    assert work.edits.plan.tissue_choices == (made,)
    work.tissue.toggle()
    assert work.treatment_shown.tissue_choices, "it stays in sight without the map"
    work.tissue.choose("L3", 5.0, "lytic", "lytic")
    assert work.edits.plan.tissue_choices == (made,)
    assert desk.said.is_error
    assert "changes nothing." in desk.said.text


def test_that_a_point_far_from_the_patient_changes_nothing() -> None:
    far = choice(Ball(centre=PointLps(900.0, 0.0, 0.0), radius_mm=5.0), "gas")
    found = tissue_mark(replace(plan(), tissue_choices=(far,)), case())
    assert found is not None
    assert not found.by_hand.any()
