"""The file of an attempt: exact, and refused when anything in it was changed."""

import json
from dataclasses import replace

import pytest

from planner.domain.errors import InputRefusedError
from planner.training.attempt import Move, attempt_bytes, load_attempt, save_attempt
from training.scripted import attempt, needle, plan, reading


def full():
    moves = (Move(at_s=1.0, words="Level L3"), Move(at_s=9.5, words="Add", plan=plan(needle())))
    return replace(attempt(), moves=moves, hints=("level",), shots=4)


def test_that_an_attempt_comes_back_from_its_file_as_it_was(tmp_path):
    file = tmp_path / "new folder" / "a.attempt"
    for one in (full(), replace(full(), plan=None, thermocouple=None, shots=None)):
        save_attempt(file, one)
        assert load_attempt(file) == one
        assert file.read_bytes() == attempt_bytes(one)


def edited(old, new):
    return lambda file: file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda file: file.write_text("{}"), "TRAIN-NOT-AN-ATTEMPT"),
        (lambda file: file.write_bytes(b"\x00\x01"), "TRAIN-NOT-AN-ATTEMPT"),
        (edited("600.0", "60.0"), "TRAIN-DAMAGED"),
        (edited('version": 1', 'version": 2'), "TRAIN-NEWER"),
        (lambda file: file.unlink(), "TRAIN-UNREADABLE"),
    ],
)
def test_that_a_changed_file_is_refused_with_its_code(tmp_path, change, code):
    file = tmp_path / "a.attempt"
    save_attempt(file, full())
    change(file)
    with pytest.raises(InputRefusedError) as refusal:
        load_attempt(file)
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


def test_that_a_file_with_a_right_digest_and_a_wrong_part_is_refused(tmp_path):
    from planner.training.attempt import _digest  # noqa: PLC0415 - only a forger needs it

    file = tmp_path / "a.attempt"
    for part, value in (("seconds", "fast"), ("by", ""), ("reading", {}), ("moves", [3])):
        stored = json.loads(attempt_bytes(full()))
        stored["attempt"][part] = value
        stored["sha256"] = _digest(stored["attempt"])
        file.write_text(json.dumps(stored))
        with pytest.raises(InputRefusedError) as refusal:
            load_attempt(file)
        assert refusal.value.code == "TRAIN-DAMAGED", part


def test_that_who_treats_says_how():
    with pytest.raises(ValueError, match="by which way"):
        reading(approach=None)
    with pytest.raises(ValueError, match="danger"):
        reading(dangers=frozenset({"dragons"}))
