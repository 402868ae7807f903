"""Steps that bring the content of an older plan file up to date.

A new file version N adds a module ``to_N.py`` with one pure function from the plan as
plain JSON values of version N - 1 to that of version N, and one line in ``STEPS``. Steps work
on plain values, never on today's classes, so that a step written once stays right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Step = Callable[[dict[str, Any]], dict[str, Any]]

OLDEST_VERSION = 1
"""The first file version there was."""

STEPS: Mapping[int, Step] = {}
"""The step that makes each version from the one before it, by its number."""


def newest_version(steps: Mapping[int, Step] = STEPS) -> int:
    """Return the file version this program writes."""
    return max(steps, default=OLDEST_VERSION)


def migrated(
    content: dict[str, Any], version: int, steps: Mapping[int, Step] = STEPS
) -> dict[str, Any]:
    """Return ``content`` of file version ``version`` as the newest version has it."""
    for number in range(version + 1, newest_version(steps) + 1):
        content = steps[number](content)
    return content
