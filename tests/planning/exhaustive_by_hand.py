"""Ten cases against an exhaustive search: is the chosen path as good as any? Run by hand.

``python tests/planning/exhaustive_by_hand.py [FIRST] [COUNT] [LATER]``. LATER is added to every
seed, for spines nobody has looked at. Every point of a window twice as
fine as ours with every aim is measured exactly, the best are followed to the skin, and the best of
those that get there, past other vertebrae, is set beside the path that was proposed. About a
quarter of a minute of one core a case.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
from planner.domain.levels import Level, Side  # noqa: E402
from planner.phantom.make import make_phantom  # noqa: E402
from planner.phantom.recipe import FieldOfView, Recipe  # noqa: E402
from planner.planning import path_search, propose  # noqa: E402
from planner.planning.aims import choose_aims  # noqa: E402
from planner.planning.candidates import score  # noqa: E402
from planner.planning.corridors import STEEPEST_CRANIAL_DEG, corridors_for  # noqa: E402
from planner.planning.exact_distances import ENOUGH_MM  # noqa: E402
from planner.planning.finalists import _to_skin, exact  # noqa: E402
from planner.planning.path_search import (  # noqa: E402
    OTHER_BONE_MM,
    TIP_DEPTH_MM,
    Task,
    window_points,
)
from planner.planning.propose import USUAL_DIAMETER_MM  # noqa: E402
from planner.planning.search_space import search_space  # noqa: E402
from planner.planning.soft_tissue import gas_distance_mm, way_through  # noqa: E402
from planner.planning.surfaces import surroundings_of  # noqa: E402

SPINES = (
    (51, Level.T7),
    (52, Level.T10),
    (53, Level.T12),
    (54, Level.L2),
    (55, Level.L4),
)
FINER = 4
"""Times as many window points as ours."""

SURE_DEPTH_MM = 3.5
"""Tips the exhaustive search may take: the fields that judge ours are good to half a mm."""


def neighbours(level):
    usual = [item for item in Level if item not in (Level.T13, Level.L6)]
    place = usual.index(level)
    return usual[place - 1], usual[place + 1]


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def best_of_all(phantom, task, anatomy):
    """Best worst distance of any path that keeps the approach's angles and reaches the skin."""
    surroundings = surroundings_of(anatomy, task.vertebra.level)
    points = window_points(task)
    tried = []
    for tip in task.aims.points_mm:
        i, j, k = np.rint(task.space.geometry.ijk(tip)).astype(int)
        if task.space.body[k, j, i] < max(TIP_DEPTH_MM, SURE_DEPTH_MM):
            continue
        outward = points - tip
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        axial, cranial = path_search.path_angles_deg(task, outward)
        low, high = task.corridor.axial_deg
        fits = (axial >= low) & (axial <= high) & (np.abs(cranial) <= STEEPEST_CRANIAL_DEG)
        tips = np.tile(tip, (len(points), 1))
        fields = score(task.space, tips, outward, np.full((len(points), 2), -1.0))
        fits &= fields.other_bone <= OTHER_BONE_MM
        tried += [(exact(task, surroundings, tip, p).worst_mm, tip, p) for p in points[fits]]
    for value, tip, through in sorted(tried, key=lambda item: -item[0]):
        trajectory = _to_skin(task, tip, through, phantom.ct)
        if not way_through(trajectory, phantom.ct, anatomy):
            gas = gas_distance_mm(trajectory, phantom.ct, task.radius_mm)
            if gas >= value:
                return value, len(tried)
    return -np.inf, len(tried)


def case(phantom, level, side):
    anatomy = phantom.truth
    found = propose(phantom.ct, anatomy, level, side=side, count=1)
    if not found.trajectories:
        return f"{level} {side}: none; {found.none_because}", None
    chosen = found.trajectories[0]
    vertebra = anatomy.vertebrae[level]
    surroundings = surroundings_of(anatomy, level)
    task = Task(
        vertebra=vertebra,
        side=side,
        pedicle=vertebra.pedicles[side],
        corridor=corridors_for(level, chosen.trajectory.approach)[0],
        aims=choose_aims(vertebra, surroundings, side, target=None, lesion=None, device=None),
        radius_mm=USUAL_DIAMETER_MM / 2.0,
        space=search_space(phantom.ct, anatomy, level),
    )
    points, step = path_search.WINDOW_POINTS, path_search.FINEST_WINDOW_STEP_MM
    path_search.WINDOW_POINTS, path_search.FINEST_WINDOW_STEP_MM = FINER * points, step / 2.0
    try:
        best, tried = best_of_all(phantom, task, anatomy)
    finally:
        path_search.WINDOW_POINTS, path_search.FINEST_WINDOW_STEP_MM = points, step
    ours = min(chosen.worst_mm, ENOUGH_MM)
    words = (
        f"{level} {side} {chosen.trajectory.approach}: chosen {ours:.2f} mm, best of {tried} "
        f"{best:.2f} mm, short by {best - ours:.2f}"
    )
    return words, best - ours


def main():
    given = [int(word) for word in sys.argv[1:]]
    first, count, later = [*given, *(0, 5, 0)[len(given) :]]
    short = []
    for number, level in SPINES[first : first + count]:
        seed = number + later
        recipe = Recipe(seed=seed, levels=neighbours(level), field_of_view=FieldOfView.SPINE)
        phantom = make_phantom(recipe)
        phantom = replace(phantom, truth=replace(phantom.truth, lesion=None))
        for side in Side:
            words, by = case(phantom, level, side)
            say(f"spine {seed} {words}")
            short += [] if by is None else [by]
    say(f"{len(short)} cases; short by at most {max(short):.2f} mm")


if __name__ == "__main__":
    main()
