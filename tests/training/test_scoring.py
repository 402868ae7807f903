"""Attempts from perfect to dangerous, each with the score that is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phantoms import easy_l3
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, ClinicalAnswers
from planner.planning.measures import Direction
from planner.training.attempt import LesionSide
from planner.training.outcome import Heat, Leak
from planner.training.scoring import score
from training.scripted import (
    NEEDLE_MM,
    STANDARD,
    WORST_AT,
    answer,
    finding,
    judged,
    needle,
    plan,
    reading,
    small_exercise,
    small_reading,
)

VOXEL_MM = 1.0
"""Of the small spine: a wall is known to half of it on each side."""


def hot(celsius):
    return Heat(celsius=celsius, is_cold=False, structure="canal", at=WORST_AT)


def leak(share):
    return Leak(share=share, words="canal", at=WORST_AT)


def untreatable():
    return replace(small_exercise(), treatment=None, why_not="The cord is compressed.", ways=())


NOT_TREATED = {"read": reading(treat=False, approach=None, side=None), "plan": None}
TWO_OPEN = (finding("N2"), finding("A6", Severity.BLOCK))
HALF_DONE = ClinicalAnswers(
    **{name: value for n, (name, value) in enumerate(small_exercise().chart.items()) if n >= 5}
)
OF_PLAN = (
    "approach", "breach", "canal", "roots", "organs", "tip", "coverage", "heat", "thermocouple",
    "cement", "warnings", "checklist",
)  # fmt: skip

# words: (the case, what some criteria earn of 1, the fatal steps); all others earn everything.
SCRIPTED = {
    "perfect": (judged, {}, ()),
    "from the other side": (
        lambda: judged(needle(Side.RIGHT), read=reading(side=Side.RIGHT)), {}, ()
    ),
    "the wrong level said, the right one planned": (
        lambda: judged(read=reading(level=Level.L2)), {"level": 0.0}, ("wrong-level",)
    ),
    "the right level said, the wrong one planned": (
        lambda: judged(needle(level=Level.L2)), {"tip": 0.0}, ("wrong-level",)
    ),
    "a side for a lesion in the middle": (
        lambda: judged(read=reading(lesion_side=LesionSide.LEFT)), {"side": 0.0}, ()
    ),
    "a needle called right that goes in on the left": (
        lambda: judged(needle(named=Side.RIGHT)), {}, ("wrong-side",)
    ),
    "one danger that is not there": (
        lambda: judged(read=reading(dangers=frozenset({"lung"}))), {"dangers": 0.75}, ()
    ),
    "every danger there is": (
        lambda: judged(read=reading(dangers=frozenset(STANDARD.dangers))), {"dangers": 0.0}, ()
    ),
    "not treated, though it could be": (
        lambda: judged(**NOT_TREATED), {"decision": 0.0} | dict.fromkeys(OF_PLAN, 0.0), ()
    ),
    "no needle planned": (
        lambda: judged(plan=None), dict.fromkeys(OF_PLAN, 0.0), ()
    ),
    "a way in that is not right": (
        lambda: judged(read=reading(approach=Approach.POSTEROLATERAL)), {"approach": 0.0}, ()
    ),
    "medial by 4 mm, still in bone": (lambda: judged(needle(medial_mm=2.0)), {}, ()),
    "lesion held by 79 of 100": (
        lambda: judged(covered_percent=79.0), {"coverage": 0.5}, ()
    ),
    "lesion held by half": (lambda: judged(covered_percent=50.0), {"coverage": 0.0}, ()),
    "43.5 degrees at the canal": (lambda: judged(heat=hot(43.5)), {"heat": 0.5}, ()),
    "46 degrees at the canal": (lambda: judged(heat=hot(46.0)), {"heat": 0.0}, ()),
    "no heat to be predicted": (
        lambda: judged(heat=None, unpredicted={"heat": "No model."}), {"heat": 0.0}, ()
    ),
    "ice at the canal, where the reference heats": (
        lambda: judged(heat=Heat(celsius=5.0, is_cold=True, structure="canal", at=WORST_AT)),
        {"heat": 0.5},
        (),
    ),
    "no thermocouple": (lambda: judged(thermocouple=None), {"thermocouple": 0.0}, ()),
    "a thermocouple 7.5 mm away": (
        lambda: judged(thermocouple=WORST_AT.moved(np.array((7.5, 0.0, 0.0)))),
        {"thermocouple": 0.5},
        (),
    ),
    "no cement": (
        lambda: judged(leak=None, unpredicted={"cement": "None."}), {"cement": 0.0}, ()
    ),
    "a leak in 35 of 100 runs": (lambda: judged(leak=leak(0.35)), {"cement": 0.5}, ()),
    "a leak in most runs": (lambda: judged(leak=leak(0.8)), {"cement": 0.0}, ()),
    "a warning answered": (
        lambda: judged(
            findings=(finding("N2"),), plan=plan(needle(), acknowledgements=(answer("N2"),))
        ),
        {},
        (),
    ),
    "a BLOCK answered, which nobody can, and a warning not": (
        lambda: judged(
            findings=TWO_OPEN, plan=plan(needle(), acknowledgements=(answer("A6"),))
        ),
        {"warnings": 0.5},
        (),
    ),
    "five answers not given": (
        lambda: judged(plan=plan(needle(), clinical=HALF_DONE)),
        {"checklist": (100.0 * 15 / 20 - 50.0) / 50.0},
        (),
    ),
    "no side confirmed": (
        lambda: judged(plan=plan(needle(), side_confirmation=None)),
        {"checklist": (100.0 * 19 / 20 - 50.0) / 50.0},
        (),
    ),
    "forty minutes": (lambda: judged(seconds=2400.0), {"time": 0.5}, ()),
    "hours": (lambda: judged(seconds=9000.0), {"time": 0.0}, ()),
    "treated, where nobody may be": (
        lambda: judged(on=untreatable()), {"decision": 0.0}, ("contraindicated",)
    ),
    "not treated, where nobody may be": (
        lambda: judged(on=untreatable(), **NOT_TREATED), {}, ()
    ),
    "everything wrong": (
        lambda: judged(
            needle(level=Level.L2, named=Side.RIGHT),
            read=reading(level=Level.L4, lesion_side=LesionSide.RIGHT),
            heat=hot(60.0),
            covered_percent=0.0,
            leak=leak(1.0),
            thermocouple=None,
            seconds=9000.0,
        ),
        dict.fromkeys(
            ("level", "side", "tip", "coverage", "heat", "thermocouple", "cement", "time"), 0.0
        ),
        ("wrong-level", "wrong-side"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", SCRIPTED)
def test_that_a_scripted_attempt_scores_what_is_known(words):
    make, lost, fatal = SCRIPTED[words]
    card = score(make())
    earned = {one.id: one.points / one.weight for one in card.criteria}
    known = dict.fromkeys(earned, 1.0) | {key: lost[key] for key in lost if key in earned}
    case = make()
    for name, kind in (("canal", "canal"), ("roots", "root")):
        if name in earned and case.outcome.needles:
            there, best = (
                getattr(run.needles[0], kind).distance_mm for run in (case.outcome, case.reference)
            )
            known[name] = min(max(there / min(5.0, best), 0.0), 1.0)
    assert earned == pytest.approx(known, abs=1e-9)
    assert tuple(one.id for one in card.fatal) == fatal
    assert card.passed is (not fatal and card.percent >= STANDARD.pass_percent)
    assert all(one.reason and one.source for one in card.criteria)


def test_that_thirty_attempts_are_scripted():
    assert len(SCRIPTED) >= 30


def test_that_a_perfect_attempt_has_all_points_and_a_dangerous_one_fails():
    assert score(SCRIPTED["perfect"][0]()).percent == pytest.approx(100.0)
    worst = score(SCRIPTED["everything wrong"][0]())
    assert not worst.passed
    assert worst.percent < 60.0


@pytest.mark.parametrize("medial_mm", [-7.0, -6.0, -5.0, 4.5, 5.0, 5.5, 6.0])
def test_that_a_breach_is_graded_as_the_pedicle_of_formulas_says(medial_mm):
    pedicle = easy_l3().truth.vertebrae[Level.L3].pedicles[Side.LEFT]
    true_mm = abs(medial_mm) + NEEDLE_MM / 2.0 - pedicle.width_mm.best / 2.0
    card = score(case := judged(needle(medial_mm=medial_mm)))
    found = case.outcome.needles[0]
    assert found.breach_mm == pytest.approx(max(true_mm, 0.0), abs=VOXEL_MM)
    if found.breach_mm > 0.0:
        way = Direction.MEDIAL if medial_mm > 0.0 else Direction.LATERAL
        assert found.breach_way is way
        none_mm = 2.0 if medial_mm > 0.0 else 4.0
        share = max(0.0, 1.0 - found.breach_mm / none_mm)
        assert card.criterion("breach").points == pytest.approx(10.0 * share)
    assert card.criterion("breach").at is not None


def test_that_a_needle_through_the_canal_is_fatal_and_shown_there():
    card = score(judged(needle(medial_mm=14.0)))
    (fatal,) = card.fatal
    assert fatal.id == "canal-crossed"
    truth = easy_l3().truth
    i, j, k = np.rint(truth.geometry.ijk(fatal.at.array)).astype(int)
    assert truth.canal[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].any()


def test_that_a_breach_is_not_cleared_by_calling_it_another_way():
    through = needle(medial_mm=5.5)
    for approach in (Approach.PARAPEDICULAR, Approach.POSTEROLATERAL):
        lied = judged(replace(through, approach=approach))
        assert lied.outcome.needles[0].breach_mm == judged(through).outcome.needles[0].breach_mm
        assert lied.outcome.needles[0].way is Approach.TRANSPEDICULAR


def test_that_a_needle_beside_the_pedicle_is_called_so():
    beside = judged(needle(medial_mm=-12.0, approach=Approach.PARAPEDICULAR))
    found = beside.outcome.needles[0]
    assert (found.way, found.breach_mm) == (Approach.PARAPEDICULAR, 0.0)
    assert score(beside).criterion("approach").points == pytest.approx(3.0)
    called = judged(needle(medial_mm=-12.0)).outcome.needles[0]
    assert called.breach_mm > 4.0


@pytest.mark.parametrize("depth_mm", [12.0, 16.0, 20.0])
def test_that_a_tip_is_as_far_from_the_lesion_as_every_voxel_says(depth_mm):
    case = judged(needle(depth_mm=depth_mm))
    truth = easy_l3().truth
    places = truth.geometry.lps_mm(np.argwhere(truth.lesion)[:, ::-1].astype(float))

    def far_mm(one):
        nearest = float(np.linalg.norm(places - one.tip.array, axis=1).min())
        return max(0.0, nearest - VOXEL_MM / 2.0)

    true_mm, best_mm = far_mm(case.plan.trajectories[0]), far_mm(needle())
    assert case.outcome.needles[0].to_lesion_mm == pytest.approx(true_mm)
    share = min(1.0, max(0.0, (12.0 - true_mm) / (12.0 - max(2.0, best_mm))))
    assert score(case).criterion("tip").points == pytest.approx(6.0 * share)


def test_that_an_instructor_can_let_a_fatal_step_pass_and_change_weights():
    case = judged(read=reading(level=Level.L2))
    let = replace(STANDARD.fatal["wrong-level"], counts=False)
    heavy = replace(STANDARD.criteria["level"], weight=1000.0)
    standard = replace(
        STANDARD,
        fatal=dict(STANDARD.fatal) | {"wrong-level": let},
        criteria=dict(STANDARD.criteria) | {"level": heavy},
    )
    card = score(replace(case, standard=standard))
    assert card.fatal == ()
    assert card.percent < 15.0


def test_that_the_same_attempt_scores_the_same():
    for make, _, _ in SCRIPTED.values():
        assert score(make()) == score(make())


NUMBERS = st.floats(-3.0, 20.0)


@settings(max_examples=150, deadline=None)
@given(
    near=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    breach=st.floats(0.0, 9.0),
    way=st.sampled_from(list(Direction)),
    lesion=st.floats(0.0, 30.0),
    rest=st.tuples(st.floats(0.0, 100.0), st.floats(37.0, 80.0), st.floats(0.0, 1.0)),
    opened=st.integers(0, 6),
    better=st.lists(st.floats(0.0, 1.0), min_size=9, max_size=9),
    best=st.tuples(NUMBERS, st.floats(0.0, 100.0), st.floats(37.0, 60.0)),
)
def test_that_a_better_needle_never_scores_lower(
    near, breach, way, lesion, rest, opened, better, best
):
    base = judged()
    ref = base.reference
    reference = replace(
        ref,
        needles=(
            replace(ref.needles[0], canal=replace(ref.needles[0].canal, distance_mm=best[0])),
        ),
        covered_percent=best[1],
        heat=hot(best[2]),
    )

    def made(gain):
        one = base.outcome.needles[0]
        far = one.canal
        distances = [value + 10.0 * more for value, more in zip(near, gain[:3], strict=True)]
        out_mm = breach * (1.0 - gain[3])
        lying = replace(
            one,
            canal=replace(far, distance_mm=distances[0]),
            root=replace(far, distance_mm=distances[1]),
            organ=replace(far, distance_mm=distances[2]),
            breach_mm=out_mm,
            breach_way=way if out_mm > 0.0 else None,
            to_lesion_mm=lesion * (1.0 - gain[4]),
        )
        covered, celsius, share = rest
        outcome = replace(
            base.outcome,
            needles=(lying,),
            covered_percent=covered + (100.0 - covered) * gain[5],
            heat=hot(celsius + (37.0 - celsius) * gain[6]),
            leak=leak(share * (1.0 - gain[7])),
            findings=(finding("N2"),) * round(opened * (1.0 - gain[8])),
        )
        return score(replace(base, outcome=outcome, reference=reference))

    worse, good = made([0.0] * 9), made(better)
    assert good.points >= worse.points - 1e-9
    assert {one.id for one in good.fatal} <= {one.id for one in worse.fatal}


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 12.0), st.floats(0.0, 12.0))
def test_that_a_needle_nearer_to_the_middle_of_its_pedicle_never_scores_lower(one_mm, other_mm):
    near, far = sorted((one_mm, other_mm))
    cards = [score(judged(needle(medial_mm=shift))) for shift in (near, far)]
    of_the_way = [
        sum(card.criterion(name).points for name in ("breach", "canal")) for card in cards
    ]
    assert of_the_way[0] >= of_the_way[1] - 1e-9
    assert len(cards[0].fatal) <= len(cards[1].fatal)


def test_that_the_lesion_side_and_the_ways_are_read_from_the_truth():
    truth = small_reading()
    assert truth.lesion_side is LesionSide.BOTH
    assert {one.approach for one in truth.ways} == {Approach.TRANSPEDICULAR}
    assert {one.presence.value for one in truth.dangers.values()} == {"absent"}
