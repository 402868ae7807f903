"""The plans that were open last: by a hashed id, so that a list of them names nobody."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planner.domain.errors import SaveFailedError
from planner.settings.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "recents.json"
MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One plan that was open.

    Attributes
    ----------
    id
        Eight letters of a digest of the plan's own id.
    path
        Where its file lies; a file name may name a patient, so it is shown on request only.
    words
        What is planned, such as ``L3 left``.
    """

    id: str
    path: str
    words: str
    opened_utc: str


def hashed_id(plan_id: str) -> str:
    """Return the name a plan has in lists."""
    return hashlib.sha256(f"recent {plan_id}".encode()).hexdigest()[:8]


def load_recents(folder: Path) -> tuple[Recent, ...]:
    """Read the list, newest first; what cannot be right is left out.

    The list is a comfort: a damaged one must never keep the window from opening.
    """
    try:
        stored = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    found = [_recent(item) for item in stored] if isinstance(stored, list) else []
    return tuple(item for item in found if item is not None)[:MOST]


def _recent(item: Any) -> Recent | None:
    names = Recent.__slots__
    if not isinstance(item, dict) or any(not isinstance(item.get(name), str) for name in names):
        return None
    try:
        datetime.fromisoformat(item["opened_utc"])
    except ValueError:
        return None
    return Recent(**{name: item[name] for name in names})


def remember(folder: Path, recent: Recent) -> tuple[Recent, ...]:
    """Put a plan on top of the list, and return the list.

    Raises
    ------
    SaveFailedError
        When the list cannot be written; the old one is still there.
    """
    others = [item for item in load_recents(folder) if item.path != recent.path]
    kept = (recent, *others)[:MOST]
    path = folder / FILE_NAME
    try:
        write_private(path, json.dumps([asdict(item) for item in kept], indent=1))
    except OSError as failure:
        raise SaveFailedError(
            f"The list of recent plans could not be written to {path} "
            f"({failure.strerror or failure}). Plans are not touched by this."
        ) from failure
    return kept
