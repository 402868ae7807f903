"""What a plan would do on the truth of a digital spine: its heat, its cement and its rules."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from phantoms import easy_l3
from planner.catalog import load_catalog
from planner.domain.finding import Severity
from planner.session import training_outcome
from planner.session.training_outcome import case_on_truth, known_case, outcome_of
from planner.training import reference
from planner.training.outcome import Heat, Outcome
from planner.training.scoring import score
from training.scripted import STANDARD, judged, needle, plan, small_exercise

CATALOG = load_catalog()


def hot(celsius: float, *, is_cold: bool = False) -> Heat:
    return Heat(celsius=celsius, structure="canal", is_cold=is_cold, at=None)


@pytest.fixture
def case(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path))
    return case_on_truth(easy_l3().ct, easy_l3().truth, CATALOG)


def test_that_heat_cement_and_rules_are_those_of_the_truth(case):
    deep = plan(needle(depth_mm=36.0))  # the antenna heats some 7 mm behind its tip
    found = outcome_of(deep, case)
    assert found.covered_percent > 60.0
    assert 37.0 < found.heat.celsius < 60.0
    truth = easy_l3().truth
    i, j, k = (round(float(at)) for at in truth.geometry.ijk(found.heat.at.array))
    assert truth.canal[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].any()
    assert 0.0 <= found.leak.share <= 1.0
    assert found.unpredicted == {}
    rules = {one.rule for one in found.findings} | {
        rule for one in found.findings for rule in one.also
    }
    assert "P5" in rules, "nobody accepted the outline"
    assert "E11" not in rules, "an exercise is never an old scan"
    assert Severity.INFO not in {one.severity for one in found.findings}
    assert outcome_of(deep, case) == found


def test_that_what_cannot_be_predicted_says_why_and_nothing_is_made_up(case):
    bare = replace(plan(needle()), ablations=(), cements=())
    found = outcome_of(bare, case)
    assert found.heat is found.covered_percent is found.leak is None
    assert set(found.unpredicted) == {"coverage", "heat", "cement"}
    assert outcome_of(None, case).needles == ()


@pytest.mark.parametrize(
    ("found", "serves"),
    [
        (Outcome(covered_percent=100.0, heat=hot(41.0)), True),
        (Outcome(covered_percent=60.0, heat=hot(41.0)), False),
        (Outcome(covered_percent=100.0, heat=hot(45.0)), False),
        (Outcome(covered_percent=100.0, heat=hot(5.0, is_cold=True)), True),
        (Outcome(covered_percent=100.0, heat=hot(0.0, is_cold=True)), False),
        (Outcome(), True),
    ],
)
def test_that_no_reference_is_offered_that_earns_nothing_itself(monkeypatch, found, serves):
    """The best proposal of the sample t8-pedicle misses its lesion and burns the canal."""
    monkeypatch.setattr(training_outcome, "outcome_of", lambda *_args, **_words: found)
    known = known_case(
        small_exercise(), CATALOG, STANDARD, easy_l3().ct, easy_l3().truth, predicts=False
    )
    assert (known.reference is not None) is serves
    assert known.outcome == (found if serves else Outcome())


def test_that_a_spine_where_no_proposal_keeps_its_distances_is_scored_without_a_reference(
    monkeypatch,
):
    """The sample l2-behind is one: its pedicles leave no needle 0.5 mm all round."""
    none = SimpleNamespace(pairs=(), trajectories=())
    monkeypatch.setattr(reference, "propose", lambda *_args, **_words: none)
    known = known_case(small_exercise(), CATALOG, STANDARD, easy_l3().ct, easy_l3().truth)
    assert known.reference is None
    case = judged(needle())
    card = score(replace(case, reference=known.outcome))
    assert card.criterion("breach").points == card.criterion("breach").weight
    assert "The reference" not in card.criterion("canal").reason
    assert 0.0 < card.criterion("canal").points <= card.criterion("canal").weight
