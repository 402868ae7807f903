"""The command line's words, exit codes and promises."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest

from planner.app.clinical_words import NUMBERS, WHOLE, YES_OR_NO, clinical_answers
from planner.app.command_names import COMMANDS
from planner.app.commands import window
from planner.app.commands.planning import _choices as numbered
from planner.app.commands.samples import recipe_of
from planner.app.commands.simulating import _times as times_of
from planner.app.main import INPUT_REFUSED, OUR_FAULT, WRONG_USAGE, main, read
from planner.app.output import Outcome, as_text
from planner.app.parser import build_parser
from planner.app.treatment_words import layer, tissue
from planner.domain.corrections import LesionGrown
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.limit_times import LimitTimes
from planner.domain.plan import ClinicalAnswers
from planner.domain.protection import Agent
from planner.domain.tissue_choice import Ball
from planner.geometry.points import PointLps
from planner.phantom.recipe import Recipe


def test_that_help_says_this_is_not_a_medical_device() -> None:
    assert "Not a medical device" in build_parser().format_help()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["nonsense"], "invalid choice"),
        (["segment", "ct"], "--out"),
        (["suggest", "ct", "--level", "X9"], "not a level"),
        (["plan", "ct", "--level", "L3", "--side", "middle", "--out", "p"], "invalid choice"),
        (["segment", "ct", "--out", "o", "--seed", "L3"], "write L3=x,y,z"),
        (["segment", "ct", "--out", "o", "--seed", "L3=1,2"], "not a point"),
        (["suggest", "ct", "--level", "L3", "--target", "1,2,nan"], "not a point"),
        (["phantom", "--seed", "1", "--out", "o", "--spacing", "1,0,1"], "above zero"),
        (["phantom", "--seed", "1", "--out", "o", "--matrix", "512"], "512,512"),
        (["phantom", "--seed", "1", "--out", "o", "--matrix", "9999,9"], "2048"),
        (["phantom", "--seed", "1", "--out", "o", "--kernel", "blunt"], "kernel"),
        (["phantom", "--seed", "1", "--out", "o", "--lumbar-count", "7"], "4, 5 or 6"),
        (["phantom", "--seed", "1", "--out", "o", "--wear", "L4:0.5:rust"], "rust"),
        (["plan", "ct", "--layer", "oil:at=1,2,3"], "CO2, D5W, saline"),
        (["plan", "ct", "--layer", "CO2"], "at= is missing"),
        (["plan", "ct", "--layer", "CO2:at=1,2"], "CO2:at=x,y,z"),
        (["plan", "ct", "--layer", "CO2:at=1,2,3:thick=90"], "1 to 30 mm thick"),
        (["plan", "ct", "--layer", "CO2:at=1,2,3:thin=9"], "across, at, thick, wide"),
        (["plan", "ct", "--layer", "CO2:at=1,2,3:across=0,0,0"], "no direction"),
        (["plan", "ct", "--tissue", "lesion"], "as= is missing"),
        (["plan", "ct", "--tissue", "liver:as=fat"], "no part 'liver'"),
        (["plan", "ct", "--tissue", "L3:as=marrow"], "cancellous"),
        (["plan", "ct", "--tissue", "L3:at=1,2,3:as=fat"], "belongs to a ball"),
        (["plan", "ct", "--tissue", "ball:at=1,2,3:as=fat"], "r= is missing"),
        (["plan", "ct", "--tissue", "L3:as=fat:as=csf"], "each once"),
    ],
)
def test_that_a_wrong_word_gets_one_sentence_and_exit_code_2(
    words: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == WRONG_USAGE
    shown = capsys.readouterr()
    assert part in shown.err
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_that_layers_and_tissue_are_read_as_they_are_written() -> None:
    made = layer("d5w:at=1,-2,3:thick=7.5:across=0,3,4")
    assert (made.agent, made.thickness_mm, made.width_mm) == (Agent.DEXTROSE, 7.5, 20.0)
    assert made.centre == PointLps(1.0, -2.0, 3.0)
    assert made.across == pytest.approx((0.0, 0.6, 0.8))
    whole, some, ball = (
        tissue(text)
        for text in (
            "foramen:L3:left:as=fat",
            "l3:only=lytic:as=cancellous",
            "ball:at=1,2,3:r=8:as=cement",
        )
    )
    assert whole.words == "the L3 left foramen counts as fat"
    assert some.words == "lytic tumour in L3 counts as cancellous bone"
    assert ball.part == Ball(centre=PointLps(1.0, 2.0, 3.0), radius_mm=8.0)


def test_that_tissue_of_what_is_not_outlined_is_refused() -> None:
    nothing = SimpleNamespace(masks={}, lesion=None)
    for text in ("aorta:as=fat", "lesion:as=blastic"):
        with pytest.raises(UsageError, match="is not outlined"):
            numbered([tissue(text)], nothing)
    ball = "ball:at=1,2,3:r=8:as=cement"
    assert [one.id for one in numbered([tissue(ball)] * 2, nothing)] == ["tissue1", "tissue2"]


def test_that_a_table_refuses_an_order_it_does_not_know(capsys) -> None:
    words = ["simulate", "no-such-plan", "--tier", "table", "--order", "in-turn"]
    assert main(words) == WRONG_USAGE
    assert "there is no order" in capsys.readouterr().err


def test_that_the_help_of_deidentify_says_that_copies_of_two_runs_do_not_belong_together(
    capsys,
) -> None:
    with pytest.raises(SystemExit):
        main(["deidentify", "--help"])
    assert "no longer say that they belong together" in " ".join(capsys.readouterr().out.split())


def test_that_every_part_of_a_recipe_has_a_word() -> None:
    words = {
        "seed": ["--seed", "5"],
        "levels": ["--levels", "T12-L6"],
        "lesions": ["--lesion", "L3:lytic:r=9"],
        "position": ["--position", "FFP"],
        "spacing_mm": ["--spacing", "0.7,0.7,2"],
        "slice_thickness_mm": ["--slice-thickness-mm", "3"],
        "noise_hu": ["--noise-hu", "9"],
        "tilt_deg": ["--tilt-deg", "5"],
        "age": ["--age", "70"],
        "scoliosis_deg": ["--scoliosis-deg", "12"],
        "rotation_deg": ["--rotation-deg", "4"],
        "osteoporosis": ["--osteoporosis"],
        "fractures": ["--fracture", "T12:wedge:0.35"],
        "cement": ["--cement", "L4:4.5:disc,vein"],
        "screws": ["--screws", "L2"],
        "needle": ["--needle", "L3:left"],
        "needles": ["--laid-needle", "0,90,0:0,-5,0:2.4:45"],
        "laid_cement": ["--laid-cement", "0,0,0:0,9,0:3"],
        "highest_hu": ["--highest-hu", "30710"],
        "contrast": ["--contrast", "portal"],
        "field_of_view": ["--field-of-view", "spine"],
        "matrix": ["--matrix", "64,48"],
        "kernel": ["--kernel", "bone"],
        "lumbar_count": ["--lumbar-count", "6"],
        "sacralised": ["--sacralised"],
        "posture_seed": ["--posture-seed", "7"],
        "wear": ["--wear", "l4:0.5:osteophytes=4,vacuum"],
    }
    line = ["phantom", "--out", "o", *(word for form in words.values() for word in form)]
    asked, usual = recipe_of(build_parser().parse_args(line)), Recipe()
    assert set(words) == {field.name for field in fields(Recipe)}
    for name in words:
        assert getattr(asked, name) != getattr(usual, name), name


def test_that_an_error_is_one_json_document_when_json_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["segment", "--json"]) == WRONG_USAGE
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["code"] == "USAGE"


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (UsageError("wrong"), WRONG_USAGE, "USAGE"),
        (InputRefusedError("DCM-X", "no"), INPUT_REFUSED, "DCM-X"),
        (ZeroDivisionError("boom"), OUR_FAULT, "FAULT"),
        (KeyboardInterrupt(), OUR_FAULT, "CANCELLED"),
    ],
)
def test_that_every_kind_of_error_has_its_exit_code(
    error: BaseException,
    exit_code: int,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> Outcome:
        raise error

    monkeypatch.setattr("planner.app.commands.catalog.devices", fail)
    assert main(["devices", "--json"]) == exit_code
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == code
    assert "Traceback" not in shown.err


def test_that_devices_lists_every_number_with_status_and_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["devices", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    ids = {device["id"] for device in document["devices"]}
    assert {"eco-mwa", "star-bipolar", "osteocool-7", "cryo-17g"} <= ids
    numbers = [n for d in document["devices"] for n in d["numbers"].values()]
    assert numbers
    assert all(number["status"] and number["source"] for number in numbers)


def test_that_a_document_is_laid_out_for_a_person_without_losing_a_value() -> None:
    text = as_text(Outcome({"verdict": "HELD", "findings": [{"rule": "A2", "mm": 3.25}], "x": []}))
    assert "verdict: HELD" in text
    assert "rule: A2" in text
    assert "mm: 3.25" in text
    assert "x: none" in text


def test_that_an_output_in_a_missing_folder_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", str(tmp_path), "--out", str(tmp_path / "no" / "labels.nii.gz")]
    assert main(words) == WRONG_USAGE
    assert "does not exist" in capsys.readouterr().err


def test_that_clinical_answers_are_read_by_their_kind() -> None:
    words = ["inr=1.1", "infection=no", "pacemaker=yes", "sins=6", "mdt_date=2026-11-20"]
    expected = {
        "inr": 1.1,
        "infection": False,
        "pacemaker": True,
        "sins": 6,
        "mdt_date": "2026-11-20",
    }
    assert clinical_answers(words) == expected


@pytest.mark.parametrize("word", ["inr", "inr=high", "infection=perhaps", "shoe_size=43"])
def test_that_an_answer_of_another_kind_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="answer"):
        clinical_answers([word])


def test_that_every_clinical_question_can_be_answered_in_words() -> None:
    kinds = {field.name: str(field.type) for field in fields(ClinicalAnswers)}
    assert {name for name, kind in kinds.items() if "bool" in kind} == YES_OR_NO
    assert {name for name, kind in kinds.items() if "int" in kind} == WHOLE
    assert {name for name, kind in kinds.items() if "float" in kind} == NUMBERS


def test_that_every_command_is_known_by_its_name() -> None:
    listed = build_parser().format_help().split("command\n", 1)[-1]
    named = {line.split()[0] for line in listed.splitlines() if line.startswith("    ")}
    assert named >= COMMANDS
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            build_parser().parse_args([name, "--help"])


@pytest.mark.parametrize("words", [["view"], ["view", "plan.json"], ["view", "a folder/ct"]])
def test_that_the_window_is_asked_for_without_the_parser_as_with_it(words: list[str]) -> None:
    assert vars(read(words)) == vars(build_parser().parse_args(words))


@pytest.mark.parametrize("words", [["view", "a", "b"], ["view", "--nothing"], ["nothing"]])
def test_that_words_the_parser_refuses_are_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        read(words)


def test_that_nothing_slow_is_imported_before_the_first_thing_is_on_the_screen() -> None:
    """The way of the program itself, through its words; numpy alone takes a quarter of it."""
    ask = (
        "import sys\n"
        "from planner.app.main import read\n"
        "import planner.app.commands.window, planner.viewer.curtain\n"
        "read(['view'])\n"
        "slow = {'numpy', 'numba', 'scipy', 'pydicom', 'vtkmodules', 'planner.domain.plan'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"


def test_that_a_folder_alone_opens_the_window_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(window, "has_display", lambda: True)
    monkeypatch.setattr(window, "show_window", lambda what: opened.append(what) or 0)
    assert main([str(tmp_path)]) == 0
    assert main([]) == 0
    assert opened == [tmp_path, None]
    assert main([str(tmp_path / "nothing")]) == WRONG_USAGE


def test_that_a_lesion_is_clicked_with_limits_behind_the_point(capsys) -> None:
    line = ["segment", "ct", "--out", "o", "--lesion", "1,2,3:high=90:reach=12"]
    (grown,) = build_parser().parse_args(line).lesion
    assert grown == LesionGrown(at=PointLps(1.0, 2.0, 3.0), high_hu=90.0, reach_mm=12.0)
    for limits in ("high", "wide=3", "low=nan", "low=90:high=20", "reach=0", "reach=61"):
        assert main([*line[:-1], f"1,2,3:{limits}"]) == WRONG_USAGE
        assert "lesion" in capsys.readouterr().err


def test_that_times_of_heat_and_of_cold_have_keys_of_their_own() -> None:
    times = LimitTimes(stop_celsius=10.0, to_stop_s=62.6, past_stop_s=202.4, past_harm_s=62.7)
    none = {"over_42_s": 0, "over_45_s": 0, "to_42_s": None}
    none |= {"under_10_s": 0, "under_0_s": 0, "to_10_s": None}
    cold = {"under_10_s": 202, "under_0_s": 63, "to_10_s": 63}
    assert times_of(times, is_cold=True) == none | cold
    heat = {"over_42_s": 202, "over_45_s": 63, "to_42_s": 63}
    assert times_of(times, is_cold=False) == none | heat
    beyond = times_of(None, is_cold=True)
    assert beyond == dict.fromkeys(none)
