"""Scans of the watched folder that were opened or let be, so that no start offers them again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.domain.errors import SaveFailedError
from planner.settings.private_file import write_private
from planner.settings.recents import hashed_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_NAME = "settled-arrivals.json"
MOST = 1000


def settled_id(series_uid: str, slices: int) -> str:
    """Return the name a series of so many slices has in the list; it names nobody."""
    return hashed_id(f"{series_uid} {slices}")


def load_settled(folder: Path) -> tuple[str, ...]:
    """Read the list, oldest first; a damaged one costs an offer that was made before."""
    try:
        stored = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(one for one in stored if isinstance(one, str)) if isinstance(stored, list) else ()


def settle(folder: Path, names: Iterable[str]) -> None:
    """Add names to the list.

    Raises
    ------
    SaveFailedError
        When the list cannot be written; the old one is still there.
    """
    before = load_settled(folder)
    kept = list(dict.fromkeys((*before, *names)))[-MOST:]
    if kept == [*before]:
        return
    try:
        write_private(folder / FILE_NAME, json.dumps(kept, indent=0))
    except OSError as failure:
        raise SaveFailedError(
            f"It could not be noted in {folder} which scans were looked at "
            f"({failure.strerror or failure}). They will be offered again at the next start."
        ) from failure
