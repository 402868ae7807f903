"""What is drawn with the newer tools becomes, and the sentence that says what it did."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.anatomy import Anatomy, SpineGuides
from planner.domain.corrections import (
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    DiscPlane,
    LesionGrown,
    LevelCount,
    NamesShifted,
    WallLine,
    WallSide,
)
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.session.correction_words import what_was_done, what_was_taken_back
from planner.session.lesion_sentences import lesion_sentences
from planner.session.touch import Tool, Touch
from presenter_desk import Desk

SAGITTAL = (1.0, 0.0, 0.0)
L3 = easy_l3().truth.vertebrae[Level.L3].body_centre


def guided() -> Anatomy:
    """The digital spine with a disc between its bodies and walls 14 mm about their middles."""
    truth = easy_l3().truth
    order = (Level.L4, Level.L3, Level.L2)
    centres = [truth.vertebrae[level].body_centre.array for level in order]
    discs = tuple(
        DiscPlane(middle=PointLps.of((a + b) / 2), normal=(0.0, 0.0, 1.0))
        for a, b in pairwise(centres)
    )
    height = np.arange(centres[0][2], centres[-1][2], 1.0)
    axis = [np.interp(height, [c[2] for c in centres], [c[n] for c in centres]) for n in (0, 1)]
    lines = {
        name: np.stack([axis[0], axis[1] + back, height], axis=1)
        for name, back in (
            ("posterior_wall_mm", 14.0), ("anterior_wall_mm", -14.0), ("canal_mm", 22.0),
        )
    }  # fmt: skip
    return replace(truth, guides=SpineGuides(discs=discs, **lines))


@pytest.fixture
def desk(monkeypatch):
    made = Desk()
    monkeypatch.setattr(made.services, "segment", lambda *_asked: guided())
    monkeypatch.setattr(made.services, "redo_outlines", lambda *_asked: guided())
    made.outline_a_scan()
    yield made
    made.work.close()


def draw(desk, tool: Tool, *points: PointLps):
    """Draw with a tool and return all corrections there are then."""
    tools = desk.work.corrections
    if tools.tool is not tool:
        tools.choose(tool)
    tools.press(Touch(at=points[0], normal=SAGITTAL, reach_mm=4.0))
    for point in points[1:]:
        tools.move(Touch(at=point, normal=SAGITTAL, reach_mm=4.0))
    tools.release()
    desk.settle()
    return desk.work.edits.plan.anatomy.corrections


def beside(back_mm: float, up_mm: float) -> PointLps:
    return L3.moved(np.array([0.0, back_mm, up_mm]))


@pytest.mark.parametrize(("back_mm", "side"), [(12.0, "posterior"), (-11.0, "anterior")])
def test_that_a_wall_line_is_that_of_the_nearer_wall(desk, back_mm, side):
    (word,) = draw(desk, Tool.WALL, *[beside(back_mm, up) for up in (-8.0, 0.0, 8.0)])
    assert isinstance(word, WallLine)
    assert word.side is WallSide(side)
    assert len(word.points) == 3


def test_that_wall_lines_show_while_the_tool_is_in_the_hand_only(desk):
    assert desk.work.corrections.marks.walls_mm == ()
    desk.work.corrections.choose(Tool.WALL)
    assert len(desk.work.corrections.marks.walls_mm) == 2


def test_that_a_click_is_no_wall_and_says_so(desk):
    assert draw(desk, Tool.WALL, beside(12.0, 0.0)) == ()
    assert "a click is not enough" in desk.view.show_message.call_args.args[0].text


def test_that_a_scribble_belongs_to_the_level_marked_in_the_list(desk):
    assert draw(desk, Tool.MINE, beside(30.0, 0.0), beside(34.0, 0.0)) == ()
    assert "mark the level" in desk.view.show_message.call_args.args[0].text
    desk.work.corrections.mark(Level.L3)
    (word,) = draw(desk, Tool.MINE, beside(30.0, 0.0), beside(34.0, 0.0))
    assert isinstance(word, BoneScribble)
    assert word.owner == L3
    *_, rib = draw(desk, Tool.NOBODY, beside(0.0, 0.0), beside(4.0, 0.0))
    assert isinstance(rib, BoneScribble)
    assert rib.owner is None


def test_that_the_brush_paints_what_was_chosen_flat_or_in_depth(desk):
    tools = desk.work.corrections
    tools.choose_paint("vertebra")
    assert draw(desk, Tool.ERASE, L3) == (), "nobody has said whose bone it is"
    tools.mark(Level.L3)
    (flat,) = draw(desk, Tool.ERASE, L3)
    tools.shape_brush(True)
    tools.choose_paint("aorta")
    *_, deep = draw(desk, Tool.PAINT, L3)
    assert flat == BrushStroke(
        paint="vertebra", points=(L3,), radius_mm=4.0, erase=True, owner=L3, normal=SAGITTAL
    )
    assert deep == BrushStroke(paint="aorta", points=(L3,), radius_mm=4.0)
    assert desk.work.corrections.marks.hint == "Paint the aorta in all slices it reaches"


def test_that_a_threshold_is_set_changed_and_left_to_the_program_again(desk):
    tools, edits = desk.work.corrections, desk.work.edits
    tools.set_threshold(200.0)
    assert edits.plan.anatomy.corrections == (), "no level is marked"
    tools.mark(Level.L3)
    for value in (200.0, 230.0, 230.0):
        tools.set_threshold(value)
        desk.settle()
    assert edits.plan.anatomy.corrections == (
        BoneThreshold(at=L3, threshold_hu=200.0), BoneThreshold(at=L3, threshold_hu=230.0),
    )  # fmt: skip
    assert tools.state.threshold_hu == 230.0
    tools.mark(Level.L2)
    assert tools.state.threshold_hu is None
    tools.mark(Level.L3)
    tools.set_threshold(None)
    desk.settle()
    assert edits.plan.anatomy.corrections == ()
    edits.document.undo()
    assert tools.state.threshold_hu == 230.0


def test_that_six_lumbar_vertebrae_are_said_once_and_lose_every_acceptance(desk):
    tools, edits = desk.work.corrections, desk.work.edits
    desk.work.act(lambda: edits.accept(Level.L3, accepted=True))
    assert edits.plan.anatomy.accepted_levels == (Level.L3,)
    tools.count_levels(12, 6)
    desk.settle()
    tools.count_levels(12, 6)
    assert edits.plan.anatomy.corrections == (LevelCount(thoracic=12, lumbar=6),)
    assert edits.plan.anatomy.accepted_levels == ()
    assert tools.state.count.lumbar == 6


def test_that_totalsegmentator_outlines_on_request_and_says_in_words_why_it_cannot(
    desk, monkeypatch
):
    asked = []

    def outlined(_ct, binding, _report):
        asked.append(binding.backend)
        return replace(guided(), backend="totalsegmentator 1", guides=None)

    monkeypatch.setattr(desk.services, "redo_outlines", outlined)
    desk.work.outlines.segment_elsewhere()
    desk.settle()
    assert asked == ["totalsegmentator"]
    assert desk.work.edits.plan.anatomy.backend == "totalsegmentator 1"
    assert not desk.work.outlines.is_stale

    def missing(*_asked):
        raise UsageError("TotalSegmentator was not found: it is not on the search path")

    monkeypatch.setattr(desk.services, "redo_outlines", missing)
    desk.work.outlines.segment_elsewhere()
    desk.settle()
    assert "was not found" in desk.said.text
    assert desk.work.edits.anatomy is not None, "the outlines that were there stay"


def larger(anatomy: Anatomy, level: Level, by_ml: float) -> Anatomy:
    old = anatomy.vertebrae[level]
    new = replace(old, volume_ml=old.volume_ml + by_ml)
    return replace(anatomy, vertebrae={**anatomy.vertebrae, level: new})


def sentences() -> list[tuple[object, str]]:
    disc = guided().guides.discs[0]
    up = DiscPlane(middle=disc.middle.moved(np.array([0, 0, 2.5])), normal=disc.normal)
    lean = DiscPlane(middle=disc.middle, normal=(0.0, float(np.sin(0.2)), float(np.cos(0.2))))
    line = tuple(beside(14.0, up_mm) for up_mm in (-8.0, 0.0, 8.0))
    return [
        (DiscMoved(disc=disc.middle, plane=up), "Disc L3/L4 moved by 2.5 mm up"),
        (DiscMoved(disc=disc.middle, plane=lean), "Disc L3/L4 tilted by 11 degrees"),
        (DiscAdded(plane=disc), "Disc added at L"),
        (DiscDeleted(disc=disc.middle), "Disc L3/L4 deleted"),
        (BodyClicked(at=L3), "Discs round the body at L3 found anew"),
        (CanalPoint(at=beside(22.0, 0.0)), "Canal led through the point at L3"),
        (BoneThreshold(at=L3, threshold_hu=220.0), "Bone of L3 begins at 220 HU"),
        (WallLine(side=WallSide.POSTERIOR, points=line), "Back wall drawn at L3"),
        (WallLine(side=WallSide.ANTERIOR, points=line), "Front wall drawn at L3"),
        (BoneScribble(points=(L3,), owner=L3), "Bone given to L3"),
        (BoneScribble(points=(L3,)), "Bone at L3 given to no vertebra"),
        (
            BrushStroke(paint="vertebra", points=(L3,), radius_mm=3.0, owner=L3),
            "Painted bone of L3",
        ),
        (NamesShifted(steps=-1), "names moved by 1 towards the feet"),
        (LevelCount(lumbar=6), "counted with 12 thoracic and 6 lumbar"),
    ]


@pytest.mark.parametrize(("word", "words"), sentences(), ids=lambda one: type(one).__name__)
def test_that_every_correction_says_in_one_sentence_what_it_did(word, words):
    before = guided()
    after = larger(before, Level.L3, 1.0)
    was = before.vertebrae[Level.L3].volume_ml
    said = what_was_done(word, before, after)
    assert words in said
    assert said.endswith(".")
    if not isinstance(word, NamesShifted | LevelCount):
        assert f"L3 {was:.1f} to {was + 1.0:.1f} mL" in said


def test_that_a_lesion_is_said_with_its_volume():
    before = guided()
    lesion = np.zeros(before.geometry.shape_kji, np.bool_)
    lesion[10:20, 10:20, 10:20] = True
    after = replace(before, lesion=lesion)
    ml = 1000 * before.geometry.voxel_volume_mm3 / 1000.0
    said = what_was_done(LesionGrown(at=L3), before, after)
    assert said == f"Lesion grown at L3: the lesion now measures {ml:.1f} mL."


def with_lesion() -> Anatomy:
    """The digital spine with a ball of 9 mm outlined in the middle of L3."""
    before = guided()
    index = np.moveaxis(np.indices(before.geometry.shape_kji), 0, -1)[..., ::-1]
    away = np.linalg.norm(before.geometry.lps_mm(index) - L3.array, axis=-1)
    return replace(before, lesion=away < 9.0)


def test_that_a_lesion_is_described_by_its_size_parts_target_and_scores():
    size, target, epidural, sins = lesion_sentences(easy_l3().ct, with_lesion())
    ball_ml = 4.0 / 3.0 * np.pi * 9.0**3 / 1000.0
    said_ml = float(size.split(": ")[1].split(" mL")[0])
    assert said_ml == pytest.approx(ball_ml, rel=0.03)
    share = ball_ml / guided().vertebrae[Level.L3].body_volume_ml
    said_share = float(size.split("takes ")[1].split("%")[0]) / 100.0
    assert said_share == pytest.approx(share, abs=0.02)
    assert "In body" in size
    assert "mL: body, pedicle left, pedicle right" in target, "it lies on both sides"
    assert "recalled" in target, "the table of sectors is not verified"
    assert epidural.startswith("ESCC at least 0.")
    assert "location 2" in sins, "L3 is mobile"
    # The ball is drawn over the lesion and as much whole marrow, so its kind is open as well.
    assert sins.endswith("pain, bone and alignment only you can tell.")
    assert lesion_sentences(easy_l3().ct, replace(with_lesion(), lesion=None)) == ()


def test_that_the_panel_describes_a_lesion_and_forgets_it_with_its_outline(desk, monkeypatch):
    monkeypatch.setattr(desk.services, "redo_outlines", lambda *_asked: with_lesion())
    draw(desk, Tool.PAINT, L3)
    assert desk.view.show_anatomy.call_args.args[0].lesions == ("Lesion in L3: 1.0 mL.",)
    monkeypatch.setattr(
        desk.services, "redo_outlines", lambda *_asked: replace(guided(), lesion=None)
    )
    desk.work.act(desk.work.edits.undo)
    desk.settle()
    assert desk.view.show_anatomy.call_args.args[0].lesions == ()


def test_that_what_was_taken_back_names_the_levels_that_differ():
    before = guided()
    assert what_was_taken_back(before, before) == "The correction is taken back."
    assert "L3" in what_was_taken_back(larger(before, Level.L3, 2.0), before)
    fewer = {level: one for level, one in before.vertebrae.items() if level is not Level.L3}
    assert "the scan shows" in what_was_taken_back(before, replace(before, vertebrae=fewer))
