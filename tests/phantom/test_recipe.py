"""What a recipe accepts, and what it says of the rest."""

from __future__ import annotations

import pytest

from phantoms import small
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.phantom.make import make_phantom
from planner.phantom.recipe import Lesion, Matter, Place, Recipe, parse_lesion, parse_levels


def test_that_a_lesion_is_read_as_the_command_line_writes_it() -> None:
    assert parse_lesion("L3:lytic:r=9:place=posterior:breach=yes") == Lesion(
        level=Level.L3, kind=Matter.LYTIC, r_mm=9.0, place=Place.POSTERIOR, breach=True
    )


def test_that_epidural_and_foraminal_growth_are_read() -> None:
    lesion = parse_lesion("t5:mixed:r=8:place=pedicle-right:epidural=5.5:foraminal=right")
    assert (lesion.level, lesion.epidural_mm, lesion.foraminal) == (Level.T5, 5.5, Side.RIGHT)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("L3", "write it as"),
        ("L3:lytic:size=9", "size"),
        ("L3:lytic:place=anterior", "radius"),
        ("L9:lytic:r=9", "L9"),
        ("L3:lytic:r=9:breach=maybe", "maybe"),
        ("L3:lytic:r=nan", "nan"),
        ("L3:lytic:r=9:place=elbow", "elbow"),
        ("C2:lytic:r=9", "C2"),
    ],
)
def test_that_a_lesion_that_makes_no_sense_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        parse_lesion(text)


def test_that_levels_are_a_range_or_one_level() -> None:
    assert parse_levels("t10-L5") == (Level.T10, Level.L5)
    assert parse_levels("L3") == (Level.L3, Level.L3)
    with pytest.raises(UsageError, match="T10-L5"):
        parse_levels("lumbar")


def test_that_levels_upside_down_are_refused() -> None:
    with pytest.raises(UsageError, match="downward"):
        Recipe(levels=(Level.L4, Level.L2))


def test_that_a_lesion_too_large_for_its_place_is_refused() -> None:

    lesion = Lesion(level=Level.L3, kind=Matter.LYTIC, r_mm=29.0, place=Place.ANTERIOR)
    with pytest.raises(UsageError, match="no room"):
        make_phantom(small(lesions=(lesion,)))


def test_that_a_position_may_be_a_word_and_must_be_known() -> None:
    assert Recipe(position="FFP").position.value == "FFP"  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="HFS"):
        Recipe(position="upright")  # type: ignore[arg-type]
