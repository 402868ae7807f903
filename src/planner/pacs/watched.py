"""A folder that an archive writes to, where no node is allowed; it is looked at, never changed.

Nothing says when a sender has finished. A series counts as complete when the gate would load it
and none of its files has changed for a while; an incomplete one has holes or ends in mid-file, so
the gate refuses it, and it waits. A sender that stops at an end of the stack cannot be noticed
this way, so the gate's own warning of that stays, and the user sees the number of slices.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from planner.domain.progress import unreported
from planner.domain.volume import GateVerdict
from planner.imaging import inspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.progress import ProgressReport
    from planner.imaging import SeriesInspection

PARTIAL_SUFFIXES: Final = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
"""Names that senders give to files they have not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A series, or a whole folder, that is not offered yet, and why."""

    series_uid: str
    slices: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look found; ``missing`` says in a sentence why nothing could be looked at."""

    complete: tuple[SeriesInspection, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    missing: str = ""


@dataclass(slots=True)
class WatchedFolder:
    """Looks at a folder again and again.

    Attributes
    ----------
    quiet_s
        How long no file may have come, gone or grown.
    now_s
        Wall-clock time, as files carry it.
    """

    folder: Path
    quiet_s: float = 30.0
    now_s: Callable[[], float] = time.time
    _last: tuple[tuple[tuple[str, int, int], ...], Seen] | None = field(default=None, repr=False)

    def look(self, report: ProgressReport = unreported) -> Seen:
        """Return the series that are complete and those that wait.

        A folder in which nothing changed since a look that found it quiet is not read again.
        """
        try:
            state = self._state()
        except OSError as error:
            return Seen(
                missing=f"{self.folder} cannot be looked at ({error.strerror}). Check that the "
                "folder, or the share it lies on, is there."
            )
        newest_s = max((stamp / 1e9 for _, _, stamp in state), default=0.0)
        if partial := sum(name.lower().endswith(PARTIAL_SUFFIXES) for name, _, _ in state):
            return _unfinished(len(state), f"{partial} files are still being written")
        # A stamp ahead of our clock, as a share with another clock gives, ends when time is up.
        if state and abs(self.now_s() - newest_s) < self.quiet_s:
            return _unfinished(len(state), "files are still coming in")
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        seen = self._inspected(report) if state else Seen()
        self._last = (state, seen)
        return seen

    def _state(self) -> tuple[tuple[str, int, int], ...]:
        if not self.folder.is_dir():
            raise NotADirectoryError(0, "it is no folder")
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        stats = [(path, path.stat()) for path in files]
        return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)

    def _inspected(self, report: ProgressReport) -> Seen:
        found = inspect(self.folder, report, pixels=True)
        complete = tuple(one for one in found.series if one.verdict is not GateVerdict.REFUSE)
        refused = [one for one in found.series if one.verdict is GateVerdict.REFUSE]
        return Seen(
            complete=complete,
            waiting=tuple(
                Waiting(
                    series_uid=one.series_uid,
                    slices=one.slices,
                    why="; ".join(
                        f"{item.message} ({item.code})"
                        for item in one.findings
                        if item.severity is GateVerdict.REFUSE
                    ),
                )
                for one in refused
            ),
        )


def _unfinished(files: int, why: str) -> Seen:
    return Seen(waiting=(Waiting(series_uid="", slices=files, why=why),))
