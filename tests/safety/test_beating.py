"""A check says that it goes on, so that one that hangs is told from one that is slow."""

from itertools import pairwise

import numpy as np

from planner.safety import assess, assessing, beating, distance_field, ruler
from safety.cases import good_plan, good_scene
from safety.test_faults import forget

BEATS_A_SURFACE = 3
"""Before its points, before its tree and after it."""


def surfaces_made():
    return sum(one.cache_info().misses for one in (ruler.surface_of, ruler.bone_of))


def test_that_a_first_check_beats_in_each_surface_it_makes_and_a_later_one_in_each_rule():
    plan, beats = good_plan(), []
    scene = good_scene(plan)
    forget()
    with beating.heard_by(lambda _: beats.append(surfaces_made())):
        assess(plan, scene)
        first, made = len(beats), surfaces_made()
        assess(plan, scene)
    later = len(beats) - first
    assert made >= 8
    assert first - later >= BEATS_A_SURFACE * made
    assert later >= sum(assessing._count(rule, plan) for rule in assessing.RULES) > 40
    assert surfaces_made() == made
    # No two surfaces are made between one beat and the next.
    assert max(after - before for before, after in pairwise(beats)) == 1


def test_that_only_the_work_inside_is_heard():
    beats = []
    with beating.heard_by(lambda _: beats.append("outer")):
        with beating.heard_by(lambda _: beats.append("inner")):
            beating.beat()
        beating.beat()
    beating.beat()
    assert beats == ["inner", "outer"]


def test_that_a_large_piece_of_work_is_announced():
    filled = np.zeros((40, 100, 100), np.bool_)
    filled[10:20, 10:20, 10:20] = True
    announced = []
    with beating.heard_by(announced.append):
        distance_field.node_distances_mm(filled, np.ones(3))
    assert announced[:2] == [0.04, 0.04]
