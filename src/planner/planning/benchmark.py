"""How fast measures and proposals are on the digital spine."""

from __future__ import annotations

from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level
from planner.phantom import Recipe, make_phantom
from planner.phantom.recipe import FieldOfView
from planner.planning.measure import measure
from planner.planning.propose import USUAL_DIAMETER_MM, propose
from planner.planning.search_space import search_space
from planner.planning.surfaces import surroundings_of

NEEDLES = 4


def benchmark() -> list[BenchmarkRow]:
    """Time the measures of four needles and all proposals of a level."""
    phantom = make_phantom(
        Recipe(seed=3, levels=(Level.L2, Level.L4), field_of_view=FieldOfView.SPINE)
    )
    ct, anatomy = phantom.ct, phantom.truth
    found = propose(ct, anatomy, Level.L3, count=NEEDLES)
    needles = [item.trajectory for item in found.trajectories]

    def measured() -> None:
        for needle in needles:
            measure(needle, ct, anatomy, outer_diameter_mm=USUAL_DIAMETER_MM)

    def proposed_anew() -> None:
        surroundings_of.cache_clear()
        search_space.cache_clear()
        propose(ct, anatomy, Level.L3)

    return [
        BenchmarkRow.timed(f"all measures of {len(needles)} needles", measured, n=20),
        BenchmarkRow.timed(
            f"proposals of a level, {found.searched} paths, from outlines", proposed_anew
        ),
        BenchmarkRow.timed(
            f"proposals of a level, {found.searched} paths, again",
            lambda: propose(ct, anatomy, Level.L3),
        ),
    ]
