import random
from dataclasses import replace

import pytest

from planner.domain.finding import Assessment, Severity, Verdict
from planner.geometry.points import PointLps
from planner.safety import VerdictHolder, assess, input_digest
from planner.safety.verdict import OVERDUE, PATIENCE_S, WAITING, Ticket
from safety.cases import acknowledged, check, good_plan, good_scene


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture(scope="module")
def plan():
    start = good_plan()
    return acknowledged(start, check(start))


@pytest.fixture(scope="module")
def scene(plan):
    return good_scene(plan)


def moved(plan, dx):
    old = plan.trajectory("t1")
    tip = PointLps(old.tip.x_mm + dx, old.tip.y_mm, old.tip.z_mm)
    return plan.with_trajectory(replace(old, tip=tip))


def test_that_a_session_starts_not_evaluated():
    holder = VerdictHolder(Clock())
    assert holder.verdict is Verdict.NOT_EVALUATED
    assert holder.assessment is None


def test_that_a_finished_check_of_the_state_shown_is_taken(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    assert holder.verdict is Verdict.NOT_EVALUATED
    assert holder.assessment.findings[0].message == WAITING
    assert holder.deliver(ticket, ticket.run())
    assert holder.verdict is Verdict.CLEAR
    assert holder.assessment.verdict is Verdict.CLEAR


def test_that_an_edit_voids_the_verdict_at_once(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    holder.deliver(ticket, ticket.run())
    holder.edited(moved(plan, 0.1), scene)
    assert holder.verdict is Verdict.NOT_EVALUATED


def test_that_a_late_check_is_dropped_even_when_the_plan_came_back(plan, scene):
    holder = VerdictHolder(Clock())
    first = holder.edited(plan, scene)
    late = first.run()
    holder.edited(moved(plan, 0.1), scene)
    assert not holder.deliver(first, late)
    assert holder.verdict is Verdict.NOT_EVALUATED


def test_that_a_check_of_other_inputs_under_the_right_number_is_dropped(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    other = assess(moved(plan, 0.1), scene)
    assert not holder.deliver(ticket, other)
    assert holder.verdict is Verdict.NOT_EVALUATED


def test_that_a_check_that_stopped_says_why_and_counts_for_nothing(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    broken = assess(plan, None)
    assert not holder.deliver(ticket, broken)
    assert holder.verdict is Verdict.NOT_EVALUATED
    assert "The check stopped" in holder.assessment.findings[0].message


def test_that_a_check_that_hangs_is_called_stopped_within_a_second(plan, scene):
    clock = Clock()
    holder = VerdictHolder(clock)
    holder.edited(plan, scene)
    clock.now_s += PATIENCE_S
    assert holder.assessment.findings[0].message == WAITING
    clock.now_s += 0.001
    assert holder.assessment.findings[0].message == OVERDUE
    assert holder.assessment.findings[0].severity is Severity.NOT_EVALUATED
    assert PATIENCE_S <= 1.0


def test_that_an_uncaught_fault_voids_a_verdict_until_the_next_edit(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    result = ticket.run()
    holder.deliver(ticket, result)
    holder.stop("Checks stopped: RuntimeError.")
    assert holder.verdict is Verdict.NOT_EVALUATED
    assert holder.assessment.findings[0].message == "Checks stopped: RuntimeError."
    assert not holder.deliver(ticket, result)
    again = holder.edited(plan, scene)
    assert holder.deliver(again, again.run())
    holder.stop("")
    assert holder.assessment.findings[0].message == OVERDUE


def test_that_a_state_whose_digest_fails_stays_not_evaluated(plan, scene):
    holder = VerdictHolder(Clock())
    ticket = holder.edited(plan, scene)
    result = ticket.run()
    holder.deliver(ticket, result)
    with pytest.raises(AttributeError):
        holder.edited(plan, None)
    assert holder.verdict is Verdict.NOT_EVALUATED
    empty = replace(result, input_sha256="")
    assert not holder.deliver(Ticket(2, plan, scene), empty)
    assert holder.verdict is Verdict.NOT_EVALUATED


def test_that_ten_thousand_edits_with_late_results_never_show_a_stale_verdict(plan, scene):
    """Results arrive in any order, late, twice or never; the truth is known for each state."""
    chance = random.Random(20261121)
    states = [moved(plan, 0.05 * number) for number in range(40)]
    truth = [assess(state, scene) for state in states]
    verdicts = [item.verdict for item in truth]
    assert len(set(verdicts)) > 1, "the states must differ for the test to be able to fail"
    holder = VerdictHolder(Clock())
    waiting = []
    now, shown = 0, 0
    for _ in range(10_000):
        if chance.random() < 0.5:
            now = chance.randrange(len(states))
            waiting.append((holder.edited(states[now], scene), truth[now]))
            assert holder.verdict is Verdict.NOT_EVALUATED
        for _ in range(chance.randrange(3)):
            if waiting:
                place = chance.randrange(max(0, len(waiting) - 6), len(waiting))
                holder.deliver(*waiting[place])
        if chance.random() < 0.01:
            holder.stop("fault")
        if holder.verdict is not Verdict.NOT_EVALUATED:
            shown += 1
            assert holder.verdict is verdicts[now]
            assert holder.assessment.input_sha256 == truth[now].input_sha256
    assert shown > 1000


def test_that_every_input_moves_the_digest(plan, scene):
    first = input_digest(plan, scene)
    ct, anatomy = scene.ct, scene.anatomy
    cement = scene.cements["c1"]
    arrival = cement.arrival_ml.copy()
    arrival[0, 0, 0] = 0.5
    labels = anatomy.labels.copy()
    labels[0, 0, 0] = 1
    wall = anatomy.vertebrae["L3"].posterior_wall
    vertebrae = {
        **anatomy.vertebrae,
        "L3": replace(
            anatomy.vertebrae["L3"], posterior_wall=replace(wall, points_mm=wall.points_mm + 1e-9)
        ),
    }
    rules = dict(scene.catalog.rules)
    rules["E2"] = replace(rules["E2"], thresholds={})
    variants = [
        (replace(plan, notes="x"), scene),
        (moved(plan, 1e-12), scene),
        (plan, replace(scene, zones={})),
        (plan, replace(scene, cements={})),
        (plan, replace(scene, cements={"c1": replace(cement, arrival_ml=arrival)})),
        (plan, replace(scene, cements={"c1": replace(cement, fill_fraction=0.06)})),
        (plan, replace(scene, today=scene.today.replace(day=20))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, sha256="1" * 64)))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, acquired="20260101")))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, patient_position="HFP")))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, slice_thickness_mm=2.0)))),
        (plan, replace(scene, ct=replace(ct, outside_scan=anatomy.canal))),
        (plan, replace(scene, anatomy=replace(anatomy, labels=labels))),
        (plan, replace(scene, anatomy=replace(anatomy, lesion=None))),
        (plan, replace(scene, anatomy=replace(anatomy, masks={}))),
        (plan, replace(scene, anatomy=replace(anatomy, vertebrae=vertebrae))),
        (plan, replace(scene, catalog=replace(scene.catalog, rules=rules))),
        (plan, replace(scene, catalog=replace(scene.catalog, devices={}))),
        (plan, replace(scene, exposures={"a1": None})),
    ]
    digests = {input_digest(*variant) for variant in variants}
    assert len(digests) == len(variants)
    assert first not in digests
    assert input_digest(replace(plan, revision=9, saved_sha256="s"), scene) == first


def test_that_the_same_inputs_always_give_the_same_assessment(plan, scene):
    assert assess(plan, scene) == assess(plan, scene)


def test_that_an_assessment_names_the_revision(plan, scene):
    assert assess(replace(plan, revision=7), scene).revision == 7
    assert isinstance(assess(plan, None), Assessment)
    assert assess(replace(plan, revision=7), None).revision == 7
