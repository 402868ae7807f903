"""What a brush says of where a structure is outlined, on the truth of a digital spine."""

from dataclasses import replace

import numpy as np

from phantoms import easy_l3
from planner.anatomy.lesion_words import with_drawn_structures
from planner.domain.corrections import BrushStroke
from planner.domain.levels import Level


def stroke(level: Level, radius_mm: float = 5.0, *, erase: bool = False) -> BrushStroke:
    centre = easy_l3().truth.vertebrae[level].body_centre
    at = centre.moved(np.array([0.0, -30.0, 0.0]))
    return BrushStroke(paint="aorta", points=(at,), radius_mm=radius_mm, erase=erase)


def drawn(*strokes: BrushStroke, found=None):
    """Return the anatomy after some strokes, where an aorta was found beside L3 or was not."""
    phantom = easy_l3()
    anatomy = replace(phantom.truth, masks={}, seen_at={})
    if found is not None:
        anatomy = replace(
            anatomy, masks={"aorta": found}, seen_at={"aorta": frozenset({Level.L3})}
        )
    return with_drawn_structures(phantom.ct, anatomy, strokes)


def test_that_a_dab_outlines_a_structure_beside_its_level_only() -> None:
    assert drawn(stroke(Level.L3)).seen_at["aorta"] == {Level.L3}


def test_that_a_dab_that_is_erased_again_is_not_looked_for_and_not_there() -> None:
    anatomy = drawn(stroke(Level.L3), stroke(Level.L3, 8.0, erase=True))
    assert not anatomy.masks["aorta"].any()
    assert not anatomy.outlines("aorta", Level.L3)


def test_that_erasing_one_dab_leaves_the_others() -> None:
    anatomy = drawn(stroke(Level.L2), stroke(Level.L3), stroke(Level.L3, 8.0, erase=True))
    assert anatomy.seen_at["aorta"] == {Level.L2}


def test_that_a_dab_painted_again_counts_again() -> None:
    gone = stroke(Level.L3, 8.0, erase=True)
    assert drawn(stroke(Level.L3), gone, stroke(Level.L3)).outlines("aorta", Level.L3)


def test_that_a_found_structure_that_is_wholly_erased_is_not_outlined_any_more() -> None:
    found = drawn(stroke(Level.L3)).masks["aorta"]
    assert drawn(stroke(Level.L2), found=found).outlines("aorta", Level.L3)
    assert not drawn(stroke(Level.L3, 8.0, erase=True), found=found).outlines("aorta", Level.L3)


def test_that_a_rest_of_what_was_found_does_not_stand_for_a_dab_that_is_gone() -> None:
    rest = drawn(stroke(Level.L4)).masks["aorta"]
    anatomy = drawn(stroke(Level.L4, 2.0), stroke(Level.L4, 3.0, erase=True), found=rest)
    assert anatomy.masks["aorta"].any()
    assert not anatomy.outlines("aorta", Level.L4)
