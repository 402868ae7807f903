"""The scans that were fetched from archives: where they lie, what refers to them, how they go.

Nothing here removes by itself. A person says which, and sees first which plans would no longer
find their scan.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner import pacs
from planner.document.plan_file import load_plan
from planner.domain.errors import InputRefusedError, SaveFailedError, UsageError
from planner.imaging import inspect
from planner.session.fetch_states import spoken
from planner.session.fetching import PLANS, SCANS
from planner.session.keeping_desk import JOURNAL
from planner.session.state_words import day
from planner.settings.recents import hashed_id, load_recents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECONDS_PER_DAY: Final = 86_400.0
_NAME: Final = re.compile(r"[0-9a-f]{8}")
"""What a folder of a fetched series is called; anything else there is not ours to remove."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScan:
    """One fetched series on this computer.

    Attributes
    ----------
    patient, words
        Who it is of and what it is; empty where it cannot be read.
    days
        How long ago it was fetched.
    used_by
        What refers to it: the open case, unsaved work, recent plans, fetched plans.
    """

    path: Path
    patient: str
    words: str
    days: float
    objects: int
    size_bytes: int
    used_by: tuple[str, ...]


def kept_scans(
    user_folder: Path, *, open_series: str = "", now_s: Callable[[], float] = time.time
) -> tuple[KeptScan, ...]:
    """Return what was fetched and is still there, the oldest first.

    Parameters
    ----------
    open_series
        UID of the series that is open now.
    """
    used = _users(user_folder, open_series)
    folder = user_folder / SCANS
    found = [
        _looked_at(path, used.get(path.name, ()), now_s())
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if _NAME.fullmatch(path.name)
    ]
    return tuple(sorted(found, key=lambda one: -one.days))


def remove_scans(user_folder: Path, scans: Iterable[KeptScan]) -> int:
    """Remove fetched series from this computer; return how many.

    Each disappears whole: it gets another name first, under which nothing opens it and the next
    sweep finds what is left of it.

    Raises
    ------
    UsageError
        For a path that is no fetched series; nothing is removed then.
    SaveFailedError
        With the one that could not be removed; those before it are gone.
    """
    paths = [one.path for one in scans]
    for path in paths:
        if path.parent != user_folder / SCANS or not _NAME.fullmatch(path.name):
            raise UsageError(f"{path} is not a scan that was fetched from an archive")
    for done, path in enumerate(paths):
        leaving = path.with_name(f"{pacs.PREFIX}{path.name}-{secrets.token_hex(4)}")
        try:
            if path.is_symlink():
                path.unlink()
                continue
            path.rename(leaving)
            shutil.rmtree(leaving)
        except OSError as failure:
            raise SaveFailedError(
                f"{done} of {len(paths)} scans were removed; {path} could not be "
                f"({failure.strerror or failure}). Close what uses it and ask again."
            ) from failure
    return len(paths)


def _looked_at(path: Path, used_by: tuple[str, ...], now_s: float) -> KeptScan:
    files = [one for one in path.rglob("*") if one.is_file()]
    patient = words = ""
    if files:
        series = inspect(files[0], pixels=False).series
        if series:
            patient = spoken(series[0].patient.name) or series[0].patient.patient_id
            told = (series[0].study_description, series[0].series_description)
            words = " · ".join(filter(None, (*told, day(series[0].acquired))))
    return KeptScan(
        path=path,
        patient=patient,
        words=words,
        days=max(0.0, (now_s - path.stat().st_mtime) / SECONDS_PER_DAY),
        objects=len(files),
        size_bytes=sum(one.stat().st_size for one in files),
        used_by=used_by,
    )


def _users(user_folder: Path, open_series: str) -> dict[str, tuple[str, ...]]:
    """Return what refers to each fetched series, by the name of its folder."""
    found: dict[str, list[str]] = {}
    if open_series:
        found[hashed_id(open_series)] = ["open now"]
    for path, words in _plan_files(user_folder):
        try:
            series = load_plan(path).scan.series_uid
        except InputRefusedError:
            continue  # a plan that cannot be read finds no scan either
        found.setdefault(hashed_id(series), []).append(words)
    return {name: tuple(dict.fromkeys(told)) for name, told in found.items()}


def _plan_files(user_folder: Path) -> Iterator[tuple[Path, str]]:
    for sheet in (user_folder / JOURNAL).glob("*.plan"):
        yield sheet, "unsaved work"
    for recent in load_recents(user_folder):
        yield Path(recent.path), f"recent plan {recent.words}".strip()
    for plan in (user_folder / PLANS).glob("*.plan"):
        yield plan, "fetched plan"
