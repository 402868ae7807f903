"""What a comparison of two plans shows, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.document.differences import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs.

    Attributes
    ----------
    title
        The other plan, by its revision and when it was begun.
    rows
        Section and difference; ``one`` is this plan, ``other`` the other.
    remarks
        What was not compared and why, and how many findings are the same.
    is_stale
        Whether this plan was edited since.
    """

    title: str
    rows: tuple[tuple[str, Difference], ...]
    remarks: tuple[str, ...]
    is_stale: bool = False
