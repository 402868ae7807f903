"""Every saved revision of a plan, kept beside the journal so that a save takes nothing away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from planner.document.plan_file import load_plan
from planner.document.whole_file import write_whole
from planner.domain.errors import PlannerError

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.plan import Plan

MOST_KEPT: Final = 30
"""Of one plan; some kilobytes each."""

_NAME = "r{revision:05d}-{digest}.plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRevision:
    """A revision that can be opened again, and when it was kept."""

    path: Path
    plan: Plan
    kept_utc: datetime


def keep_revision(folder: Path, name: str, plan: Plan, path: Path) -> None:
    """Keep the file a plan was saved to or opened from, unless that very content is kept already.

    Parameters
    ----------
    name
        Of the plan in lists: no identity of a person.

    Raises
    ------
    OSError, SaveFailedError
        When it cannot be kept; nothing that was kept before is lost.
    """
    home = folder / name
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = home / _NAME.format(revision=plan.revision, digest=plan.saved_sha256[:12])
    if not kept.exists():
        write_whole(kept, path.read_bytes(), private=True)
    for old in sorted(home.glob("r*.plan"))[:-MOST_KEPT]:
        old.unlink(missing_ok=True)


def revisions_of(folder: Path, name: str) -> tuple[KeptRevision, ...]:
    """Return what is kept of a plan, newest first; a damaged file is left out."""
    found = []
    for path in sorted((folder / name).glob("r*.plan"), reverse=True):
        with suppress(PlannerError, OSError):
            kept = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(KeptRevision(path=path, plan=load_plan(path), kept_utc=kept))
    return tuple(found)
