"""The correction tools without a window: what a press becomes, and what is void meanwhile."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phantoms import easy_l3
from planner.document import commands
from planner.domain.anatomy import SpineGuides
from planner.domain.corrections import (
    BodyClicked,
    BrushStroke,
    CanalPoint,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    DiscPlane,
    LesionGrown,
    NamesShifted,
)
from planner.domain.errors import UsageError
from planner.domain.finding import Verdict
from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps, unit
from planner.session.disc_line import FARTHEST_MM, disc_line, moved, tilted
from planner.session.touch import Tool, Touch
from planner.session.window_states import CheckPhase
from presenter_desk import Desk

SAGITTAL = (1.0, 0.0, 0.0)


def guided():
    """The digital spine with a disc line half way between its bodies."""
    truth = easy_l3().truth
    centres = [truth.vertebrae[level].body_centre for level in (Level.L4, Level.L3, Level.L2)]
    discs = tuple(
        DiscPlane(middle=PointLps.of((a.array + b.array) / 2), normal=(0.0, 0.0, 1.0))
        for a, b in pairwise(centres)
    )
    line = np.zeros((2, 3))
    return replace(
        truth,
        guides=SpineGuides(
            discs=discs, canal_mm=line, posterior_wall_mm=line, anterior_wall_mm=line
        ),
    )


@pytest.fixture
def desk(monkeypatch):
    made = Desk()
    monkeypatch.setattr(made.services, "segment", lambda *_asked: guided())
    monkeypatch.setattr(made.services, "redo_outlines", lambda *_asked: guided())
    made.outline_a_scan()
    yield made
    made.work.close()


def touch(point: PointLps) -> Touch:
    return Touch(at=point, normal=SAGITTAL, reach_mm=4.0)


def press(desk, tool: Tool, *points: PointLps) -> None:
    """Press at the first point, move over the others, let go."""
    desk.work.corrections.choose(tool)
    desk.work.corrections.press(touch(points[0]))
    for point in points[1:]:
        desk.work.corrections.move(touch(point))
    desk.work.corrections.release()


def made(desk):
    return desk.work.edits.plan.anatomy.corrections


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        (Tool.BODY, BodyClicked),
        (Tool.CANAL, CanalPoint),
        (Tool.GROW, LesionGrown),
        (Tool.ADD_DISC, DiscAdded),
    ],
)
def test_that_a_click_becomes_one_correction_at_its_place_and_undo_takes_it_back(desk, tool, kind):
    at = PointLps(3.0, 4.0, 5.0)
    press(desk, tool, at)
    (word,) = made(desk)
    assert isinstance(word, kind)
    assert (word.plane.middle if tool is Tool.ADD_DISC else word.at) == at
    desk.settle()
    desk.work.act(desk.work.edits.undo)
    assert made(desk) == ()
    desk.settle()
    assert not desk.work.outlines.is_stale


def test_that_the_old_outlines_are_void_until_the_correction_is_worked_in(desk):
    press(desk, Tool.CANAL, PointLps(0.0, 0.0, 0.0))
    assert desk.check.phase is CheckPhase.NOT_EVALUATED
    assert desk.check.verdict is Verdict.NOT_EVALUATED
    assert "being corrected" in desk.check.detail
    drawing = desk.view.show_drawing.call_args.args[0]
    assert drawing.tool.void
    assert drawing.wall_points_mm is None
    assert desk.view.show_anatomy.call_args.args[0].is_void
    why = desk.view.show_availability.call_args.args[0]
    assert why["tool_disc"] == "The last correction is being worked in."
    assert why["report"]
    desk.settle()
    assert desk.check.phase is CheckPhase.CURRENT
    assert desk.view.show_drawing.call_args.args[0].tool.void == ""


def test_that_nothing_is_checked_on_outlines_that_are_void(desk):
    press(desk, Tool.CANAL, PointLps(0.0, 0.0, 0.0))
    assert not desk.runner.is_busy("check")
    desk.work.answer("inr", 1.1)
    assert not desk.runner.is_busy("check")
    desk.work.checks.retry()
    assert not desk.runner.is_busy("check")
    desk.settle()
    assert desk.work.checks.evaluation.plan is desk.work.edits.plan


def test_that_a_correction_that_does_not_fit_is_taken_back_with_its_reason(desk, monkeypatch):
    def refuse(*_asked):
        raise UsageError("the click lies off the vertebral bodies; click inside one")

    monkeypatch.setattr(desk.services, "redo_outlines", refuse)
    press(desk, Tool.BODY, PointLps(0.0, 0.0, 900.0))
    desk.settle()
    assert made(desk) == ()
    assert "off the vertebral bodies" in desk.said.text
    assert desk.check.phase is CheckPhase.CURRENT


def bind(anatomy, _labels):
    return commands.bind_outlines(anatomy.backend)


def test_that_undo_brings_the_outlines_back_that_the_plan_then_names(desk, monkeypatch):
    asked = []

    def redo(_ct, binding, _report):
        asked.append(binding.backend)
        return replace(guided(), backend=binding.backend)

    monkeypatch.setattr(desk.services, "bind_anatomy", bind)
    monkeypatch.setattr(desk.services, "redo_outlines", redo)
    monkeypatch.setattr(
        desk.services, "segment", lambda *_asked: replace(guided(), backend="builtin 16")
    )
    desk.work.outlines.segment_elsewhere()
    desk.settle()
    desk.work.act(lambda: desk.work.edits.do(commands.accept_level(Level.L3)))
    desk.work.outlines.segment()
    desk.settle()
    assert desk.work.edits.anatomy.backend == "builtin 16"
    desk.work.act(desk.work.edits.undo)
    assert desk.work.edits.plan.anatomy.accepted_levels == (Level.L3,)
    assert desk.work.outlines.is_stale
    assert desk.check.verdict is Verdict.NOT_EVALUATED
    desk.settle()
    assert asked[-1] == desk.work.edits.anatomy.backend == "totalsegmentator"
    assert not desk.work.outlines.is_stale
    assert "totalsegmentator" in desk.said.text


def test_that_another_version_of_an_outliner_makes_no_outlines_void(desk, monkeypatch):
    monkeypatch.setattr(desk.services, "bind_anatomy", bind)
    monkeypatch.setattr(
        desk.services, "segment", lambda *_asked: replace(guided(), backend="builtin 16")
    )
    desk.work.outlines.segment()
    desk.settle()
    older = replace(desk.work.edits.plan.anatomy, backend="builtin 14")
    desk.work.act(lambda: desk.work.edits.do(commands.set_anatomy(older)))
    assert not desk.work.outlines.is_stale


def test_that_an_outliner_that_is_gone_takes_no_correction_back(desk, monkeypatch):
    def refuse(*_asked):
        raise UsageError("TotalSegmentator is not installed")

    monkeypatch.setattr(desk.services, "bind_anatomy", bind)
    desk.work.act(lambda: desk.work.edits.do(commands.bind_outlines("totalsegmentator")))
    desk.settle()
    press(desk, Tool.CANAL, PointLps(0.0, 0.0, 0.0))
    desk.settle()
    desk.work.outlines.segment()
    desk.settle()
    monkeypatch.setattr(desk.services, "redo_outlines", refuse)
    desk.work.act(desk.work.edits.undo)
    desk.settle()
    assert len(made(desk)) == 1
    assert desk.check.verdict is Verdict.NOT_EVALUATED
    assert "not installed" in desk.said.text


def test_that_a_dragged_disc_line_is_one_step_along_its_own_normal(desk):
    disc = desk.work.edits.anatomy.guides.discs[0]
    start = disc.middle
    path = [start.moved(np.array((0.0, 2.0, step))) for step in (0.0, 1.0, 2.0, 3.0)]
    press(desk, Tool.DISC, *path)
    (word,) = made(desk)
    assert isinstance(word, DiscMoved)
    assert word.disc == disc.middle
    assert word.plane.middle.distance_mm(start.moved(np.array((0.0, 0.0, 3.0)))) < 1e-9
    assert word.plane.normal == disc.normal
    desk.settle()
    desk.work.act(desk.work.edits.undo)
    assert made(desk) == ()
    desk.settle()


def test_that_a_disc_line_follows_the_hand_before_it_is_let_go(desk):
    disc = desk.work.edits.anatomy.guides.discs[0]
    desk.work.corrections.choose(Tool.DISC)
    desk.work.corrections.press(touch(disc.middle))
    desk.work.corrections.move(touch(disc.middle.moved(np.array((0.0, 0.0, 5.0)))))
    shown = desk.view.show_drawing.call_args.args[0].tool.discs[0]
    assert shown.middle.z_mm == pytest.approx(disc.middle.z_mm + 5.0)
    assert made(desk) == ()
    desk.work.corrections.release()
    desk.settle()


def test_that_a_touched_disc_line_can_be_deleted_and_no_other(desk):
    why = desk.view.show_availability.call_args.args[0]
    assert "Touch a disc line" in why["delete_disc"]
    disc = desk.work.edits.anatomy.guides.discs[1]
    press(desk, Tool.DISC, disc.middle)
    assert made(desk) == ()
    assert desk.view.show_availability.call_args.args[0]["delete_disc"] == ""
    desk.work.corrections.delete_disc()
    assert made(desk) == (DiscDeleted(disc=disc.middle),)
    desk.settle()


@pytest.mark.parametrize("tool", [Tool.PAINT, Tool.ERASE])
def test_that_a_stroke_is_one_correction_on_its_slice(desk, tool):
    desk.work.corrections.size_brush(3.0)
    points = [PointLps(0.0, y, 0.0) for y in (0.0, 0.1, 2.0, 4.0)]
    press(desk, tool, *points)
    (word,) = made(desk)
    assert isinstance(word, BrushStroke)
    assert word.points == (points[0], points[2], points[3])
    assert (word.radius_mm, word.erase, word.normal) == (3.0, tool is Tool.ERASE, SAGITTAL)
    desk.settle()


def test_that_names_shift_by_one_click_and_lose_every_acceptance(desk):
    work = desk.work
    work.act(lambda: work.edits.accept(Level.L3, accepted=True))
    work.corrections.shift_names(1)
    assert made(desk) == (NamesShifted(steps=1),)
    assert work.edits.plan.anatomy.accepted_levels == ()
    desk.settle()


def test_that_a_name_given_by_the_user_outweighs_older_names_and_shifts(desk):
    work = desk.work
    work.corrections.shift_names(1)
    desk.settle()
    work.corrections.rename(Level.L3, Level.L2)
    desk.settle()
    work.corrections.rename(Level.L3, Level.L4)
    binding = work.edits.plan.anatomy
    assert [name for name, _ in binding.seeds] == [Level.L4]
    assert binding.corrections == ()
    assert binding.seeds[0][1] == easy_l3().truth.vertebrae[Level.L3].body_centre
    desk.settle()


def test_that_imported_outlines_offer_the_brush_and_say_why_not_the_lines(desk, monkeypatch):
    monkeypatch.setattr(desk.services, "import_anatomy", lambda *_asked: easy_l3().truth)
    desk.work.outlines.import_labels(Path("labels.nii.gz"))
    desk.settle()
    why = desk.view.show_availability.call_args.args[0]
    assert "Imported outlines" in why["tool_disc"]
    assert "Imported outlines" in why["delete_disc"]
    assert why["tool_paint"] == ""


def test_that_escape_from_a_tool_and_another_scan_put_the_tool_down(desk):
    desk.work.corrections.choose(Tool.BODY)
    assert desk.view.show_corrections.call_args.args[0].tool is Tool.BODY
    desk.work.corrections.choose(Tool.BODY)
    assert desk.work.corrections.tool is Tool.NONE
    desk.work.corrections.choose(Tool.BODY)
    desk.work.reception.open_scan(Path("other"))
    desk.settle()
    assert desk.work.corrections.tool is Tool.NONE


def test_that_a_saved_plan_opens_with_its_corrections_and_is_not_void(desk, tmp_path):
    press(desk, Tool.CANAL, PointLps(0.0, 0.0, 0.0))
    desk.settle()
    path = tmp_path / "case.plan"
    assert desk.work.case.save(path)
    desk.work.reception.open_plan(path)
    desk.settle()
    assert len(made(desk)) == 1
    assert not desk.work.outlines.is_stale
    assert desk.check.phase is CheckPhase.CURRENT


def test_that_a_proposal_waits_for_the_outlines(desk):
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    press(desk, Tool.CANAL, PointLps(0.0, 0.0, 0.0))
    why = desk.view.show_availability.call_args.args[0]
    assert why["suggest"] == "The outlines are being corrected."
    desk.settle()


def test_that_taking_a_tool_makes_the_stages_once_that_corrections_start_from(desk, monkeypatch):
    asked = []

    def redo(_ct, binding, _report):
        asked.append(binding.corrections)
        return guided()

    monkeypatch.setattr(desk.services, "redo_outlines", redo)
    desk.work.corrections.choose(Tool.CANAL)
    desk.settle()
    desk.work.corrections.choose(Tool.BODY)
    desk.settle()
    assert asked == [()]
    assert desk.check.phase is CheckPhase.CURRENT


ANGLES = st.floats(-0.5, 0.5)
OFFSETS = st.floats(-12.0, 12.0)


@given(tip=ANGLES, lean=ANGLES, aside=OFFSETS, up=OFFSETS)
def test_that_a_disc_line_lies_in_its_plane_and_in_the_picture(tip, lean, aside, up):
    normal = unit(np.array((np.sin(lean), np.sin(tip), 1.0)))
    disc = DiscPlane(middle=PointLps(1.0, 2.0, 3.0), normal=tuple(map(float, normal)))
    at = PointLps(1.0 + aside, 5.0, 3.0 + up)
    line = disc_line(disc, at, SAGITTAL)
    for point in (line.middle, line.start, line.end):
        assert float((point.array - disc.middle.array) @ normal) == pytest.approx(0.0, abs=1e-9)
        assert point.x_mm == pytest.approx(at.x_mm)


def test_that_an_axial_picture_and_one_beside_the_spine_have_no_disc_line():
    disc = DiscPlane(middle=PointLps(0.0, 0.0, 0.0), normal=(0.0, 0.0, 1.0))
    assert disc_line(disc, PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)) is None
    assert disc_line(disc, PointLps(FARTHEST_MM + 1.0, 0.0, 0.0), SAGITTAL) is None


@given(down=st.floats(-15.0, 15.0), lean=ANGLES)
def test_that_a_tilted_line_runs_through_the_hand_and_keeps_its_middle(down, lean):
    normal = unit(np.array((np.sin(lean), 0.0, 1.0)))
    disc = DiscPlane(middle=PointLps(0.0, 0.0, 0.0), normal=tuple(map(float, normal)))
    line = disc_line(disc, disc.middle, SAGITTAL)
    to = line.end.moved(np.array((0.0, 0.0, down)))
    new = tilted(disc, line, to, SAGITTAL)
    assert new.middle == disc.middle
    assert float((to.array - new.middle.array) @ np.array(new.normal)) == pytest.approx(
        0, abs=1e-6
    )
    assert float(np.array(new.normal) @ normal) > 0.0


@given(away=st.tuples(OFFSETS, OFFSETS, OFFSETS))
def test_that_a_moved_disc_goes_only_along_its_normal(away):
    disc = DiscPlane(middle=PointLps(0.0, 0.0, 0.0), normal=(0.0, 0.6, 0.8))
    new = moved(disc, PointLps(1.0, 1.0, 1.0), PointLps(1.0, 1.0, 1.0).moved(np.array(away)))
    assert np.cross(new.middle.array, disc.normal) == pytest.approx(0.0, abs=1e-9)
    assert float(new.middle.array @ np.array(disc.normal)) == pytest.approx(
        float(np.array(away) @ np.array(disc.normal))
    )
