"""What is remembered, exported, given out and compared."""

import csv
import io
import json
from dataclasses import replace

import pytest

from planner.domain.errors import SaveFailedError, UsageError
from planner.training.group import Assignment, compared, load_assignment, save_assignment
from planner.training.progress import Progress, csv_text, result_of, write_csv
from planner.training.scoring import score
from planner.training.standard import MARKS
from training.scripted import STANDARD, judged, needle


def result(name="a1", by="A. Trainee", **changes):
    case = judged(**changes)
    attempt = replace(case.attempt, id=name, by=by)
    return result_of(attempt, score(replace(case, attempt=attempt)))


def test_that_results_are_remembered_once_each_and_in_order(tmp_path):
    table = Progress(tmp_path / "training")
    assert table.results() == ()
    first, second = result("a1"), result("a2", covered_percent=50.0)
    for one in (second, first, first):
        table.keep(one)
    assert table.results() == (first, second)
    table.keep(replace(first, percent=12.0))
    assert Progress(tmp_path / "training").results()[0].percent == 12.0
    assert table.done() == {"easy-l3"}


def test_that_a_damaged_table_says_so_and_that_attempts_are_safe(tmp_path):
    (tmp_path / "progress.sqlite").write_bytes(b"this is no table at all" * 99)
    table = Progress(tmp_path)
    for act in (table.results, lambda: table.keep(result())):
        with pytest.raises(SaveFailedError, match="attempts are not touched"):
            act()


def test_that_the_csv_says_what_was_scored_and_no_name_becomes_a_formula(tmp_path):
    rows = (result("a1", by="=1+1"), result("a2", thermocouple=None))
    text = csv_text(rows, tuple(MARKS))
    first, second = csv.DictReader(io.StringIO(text))
    assert first["by"] == "'=1+1"
    assert (first["passed"], first["percent"], first["time"]) == ("yes", "100.0", "4.00")
    assert second["thermocouple"] == "0.00"
    write_csv(tmp_path / "class.csv", rows, tuple(MARKS))
    assert (tmp_path / "class.csv").read_bytes().decode("utf-8") == text


def test_that_an_assignment_gives_everybody_the_same_exercises(tmp_path):
    file = tmp_path / "week one.json"
    given = Assignment(title="Week one", exercises=("easy-l3", "l2-behind.17"))
    save_assignment(file, given)
    assert load_assignment(file) == given
    with pytest.raises(UsageError, match="no case"):
        save_assignment(file, replace(given, exercises=("l9",)))
    for text in ("{}", "nothing", json.dumps({"format": "planner-assignment", "title": "x"})):
        file.write_text(text)
        with pytest.raises(UsageError, match="no assignment"):
            load_assignment(file)


def test_that_a_group_is_compared_hardest_first_and_the_same_file_counts_once():
    weights = {one.id: one.weight for one in STANDARD.criteria.values()}
    good, slow = result("a1", by="Ann"), result("a2", by="Bob", seconds=2400.0)
    wrong = result("a3", by="Cem", covered_percent=79.0, thermocouple=None)
    side = judged(needle(named=needle().side.other))
    lost = result_of(replace(side.attempt, id="a4", by="Dee"), score(side))
    (view,) = compared([good, slow, wrong, lost, good], weights)
    assert view.results[0].by_whom == "Ann"
    assert len(view.results) == 4
    assert view.passed == 3
    assert view.fatal == (("wrong-side", 1),)
    by_name = {one.criterion: one for one in view.criteria}
    assert by_name["coverage"].least == pytest.approx(0.5)
    assert by_name["coverage"].hardest_for == "Cem"
    assert by_name["time"].hardest_for == "Bob"
    assert by_name["level"].least == 1.0
    assert view.criteria[0].criterion in ("coverage", "thermocouple", "time")
