"""``planner register``, and the figures of its benchmark."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from phantoms import healthy_l3, second_scan_l3
from planner.app.commands import registering
from planner.app.main import INPUT_REFUSED, WRONG_USAGE, main
from planner.app.registration_trials import Trial, figures, pair_of_recipes
from planner.domain.levels import Level


@pytest.fixture
def two_scans(monkeypatch):
    """The scans that the command reads, in place of files."""
    shown = SimpleNamespace(
        ct=healthy_l3().ct, anatomy=healthy_l3().truth, other=second_scan_l3().ct
    )
    monkeypatch.setattr(registering, "open_case", lambda *_, **__: shown)
    monkeypatch.setattr(registering, "load_ct", lambda *_: shown.other)
    return shown


def run(capsys, *words):
    code = main(["register", "first", "--in", "other", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_that_a_vertebra_is_found_from_the_command_line(two_scans, capsys):
    body = second_scan_l3().truth.vertebrae[Level.L3].body_centre
    where = f"L3={body.x_mm},{body.y_mm},{body.z_mm}"
    code, said = run(capsys, "--level", "L3", "--click", where)
    found = said["levels"]["L3"]
    assert code == 0
    assert np.linalg.norm(np.array(found["body_centre_mm"]) - body.array) < 1.0
    assert 3.0 <= found["turned_deg"] <= 8.0
    assert found["expected_wall_error_mm"] < 0.5
    assert "Nothing was carried over" in said["note"]


def test_that_a_scan_of_another_patient_ends_with_a_refusal(two_scans, capsys):
    stranger = replace(two_scans.other.record.patient, name="SOMEBODY^ELSE")
    record = replace(two_scans.other.record, patient=stranger)
    two_scans.other = replace(two_scans.other, record=record)
    code, said = run(capsys)
    assert code == INPUT_REFUSED
    assert said["error"]["code"] == "REG-OTHER-PATIENT"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--level", "L3", "--click", "L2=0,0,0"], "not among the levels"),
        (["--level", "T5"], "not outlined"),
    ],
)
def test_that_a_level_that_makes_no_sense_is_wrong_usage(two_scans, capsys, words, says):
    code, said = run(capsys, *words)
    assert code == WRONG_USAGE
    assert says in said["error"]["message"]


def trial(name, worst_mm=np.nan, refused="", expected_mm=0.3):
    return Trial(
        name=name, mean_mm=0.5 * worst_mm, worst_mm=worst_mm, expected_mm=expected_mm,
        refused=refused, seconds=1.0,
    )  # fmt: skip


def test_that_the_figures_name_what_was_given_out_wrong_first():
    trials = [trial("1 L2", 0.2), trial("1 L3", 33.0), trial("1 L4", refused="REG-NEIGHBOUR")]
    said = figures(trials)
    assert said.startswith("given out more than 1.5 mm off 1 of 3 1 L3")
    assert "refused 1 1 REG-NEIGHBOUR" in said
    assert "kept by 1 of 2" in said
    assert figures([]).startswith("given out more than 1.5 mm off 0 of 0")


def test_that_pairs_differ_as_two_scans_of_one_patient_do():
    for seed in range(8101, 8109):
        first, second = pair_of_recipes(seed)
        assert second.posture_seed is not None
        assert (first.seed, first.levels) == (second.seed, second.levels)
        assert first.kernel is not second.kernel
        assert first.spacing_mm != second.spacing_mm
