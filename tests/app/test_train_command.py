"""``planner train`` from the list to a comparison, with nothing but words."""

import json
from dataclasses import replace

import pytest

from phantoms import easy_l3
from planner.app.main import main
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import InputRefusedError, UsageError
from planner.imaging import load_ct, write_ct_series
from planner.session import training_outcome, training_work
from planner.training.attempt import load_attempt
from training.scripted import needle, plan, small_exercise


def no_heat(*_args, **_words):
    """Heat and cement are predicted in tests/session; here they would take half a minute."""
    raise UsageError("Nothing was simulated.")


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The first case is the small spine, so that nothing is painted here."""
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(training_work, "exercise", lambda name, _folder: small_exercise())
    monkeypatch.setattr(training_outcome, "simulate_and_keep", no_heat)
    monkeypatch.setattr(training_outcome, "forecasts_of", lambda *_args: {})
    monkeypatch.setattr(training_work, "make_phantom", lambda recipe, report=None: easy_l3())
    return tmp_path


def said(capsys, *words):
    code = main(["train", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_that_the_list_tells_stories_and_dangers_and_no_answers(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path))
    code, found = said(capsys, "list")
    assert code == 0
    assert len(found["exercises"]) == 8
    assert set(found["exercises"][0]) == {"id", "title", "difficulty", "story", "chart"}
    assert "canal-near" in found["dangers"]


def test_that_the_scan_a_trainee_reads_is_the_one_that_is_scored(small):
    """Through DICOM files and the gate, the digest stays that of the digital spine."""
    write_ct_series(small / "scan", easy_l3().ct)
    assert load_ct(small / "scan").record.sha256 == easy_l3().ct.record.sha256


def test_that_an_attempt_is_written_scored_remembered_and_compared(capsys, small):
    file, saved = small / "one.attempt", small / "my.plan"
    save_plan(saved, plan(needle()))
    words = ["attempt", "easy-l3", "--by", "Ann", "--level", "L3", "--lesion-side", "both"]
    way = ["--approach", "transpedicular", "--side", "left", "--plan", str(saved)]
    code, _ = said(capsys, *words, *way, "--minutes", "10", "--out", str(file))
    assert code == 0
    assert load_attempt(file).plan.trajectories == (needle(),)
    code, found = said(capsys, "score", str(file), "--reference", str(small / "best.plan"))
    assert code == 0
    (card,) = found["attempts"]
    points = {one["criterion"]: one["points"] / one["of"] for one in card["criteria"]}
    assert points["level"] == points["breach"] == points["decision"] == 1.0
    assert points["thermocouple"] == points["heat"] == 0.0
    assert card["fatal"] == []
    assert card["percent"] == pytest.approx(
        100 * sum(one["points"] for one in card["criteria"])
        / sum(one["of"] for one in card["criteria"])
    )  # fmt: skip
    assert load_plan(small / "best.plan").trajectories
    code, again = said(capsys, "compare", str(small))
    assert again["exercises"][0]["attempts"][0]["percent"] == card["percent"]
    code, table = said(capsys, "progress", "--csv", str(small / "all.csv"))
    assert [one["percent"] for one in table["results"]] == [card["percent"]]
    assert (small / "all.csv").read_text("utf-8").startswith("attempt,exercise,by")


def test_that_a_score_is_told_where_there_is_no_reference_plan(capsys, small, monkeypatch):
    monkeypatch.setattr(training_outcome, "reference_plan", lambda *_args: None)
    file = small / "one.attempt"
    words = ["attempt", "easy-l3", "--by", "Ann", "--level", "L3", "--lesion-side", "both"]
    said(capsys, *words, "--do-not-treat", "--out", str(file))
    code, found = said(capsys, "score", str(file), "--reference", str(small / "best.plan"))
    assert code == 0
    assert found["attempts"][0]["criteria"]
    assert "no reference plan" in found["reference"]
    assert not (small / "best.plan").exists()


def test_that_words_that_make_no_attempt_are_refused(capsys, small):
    words = ["attempt", "easy-l3", "--by", "Ann", "--level", "L3", "--lesion-side", "both"]
    code, found = said(capsys, *words, "--out", str(small / "x.attempt"))
    assert code == 2
    assert "by which way" in found["error"]["message"]


def test_that_a_plan_on_another_scan_is_not_scored(small):
    from training.scripted import attempt  # noqa: PLC0415 - beside what it is for

    one = attempt()
    other = replace(one.plan, scan=replace(one.plan.scan, sha256="0" * 64))
    from planner.catalog import load_catalog  # noqa: PLC0415

    work = training_work.TrainingWork(small, load_catalog())
    with pytest.raises(InputRefusedError) as refusal:
        work.score(replace(one, plan=other), lambda part, what: None)
    assert refusal.value.code == "TRAIN-OTHER-SCAN"
