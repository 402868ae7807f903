"""What a vertebra is flagged for because of what it is."""

from planner.anatomy.description import _with_part_flags
from planner.domain.anatomy import Quality, QualityVerdict
from planner.domain.levels import Level

PLAUSIBLE = Quality(verdict=QualityVerdict.PLAUSIBLE)


def test_that_the_vertebra_above_the_sacrum_says_that_its_foramina_are_rough() -> None:
    for level in (Level.L4, Level.L5, Level.L6):
        rough = _with_part_flags(PLAUSIBLE, level, Level.S1, {})
        assert any("on the sacrum" in flag for flag in rough.flags)
        assert rough.verdict is QualityVerdict.CHECK
        free = _with_part_flags(PLAUSIBLE, level, Level.L5, {})
        assert not any("sacrum" in flag for flag in free.flags)
