"""Where what arrives waits until it is known to be whole and what was asked for.

A quarantine is a folder beside the place the series is to have, so that the last step is one
renaming. It is gone when anything fails; one that a killed program left is swept by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pydicom
from pydicom.errors import InvalidDicomError

from planner.domain.errors import SaveFailedError, UsageError
from planner.pacs.peer import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.progress import ProgressReport
    from planner.settings.nodes import Limits

PREFIX: Final = ".planner-incoming-"
RECEIVING: Final = "Receiving from the PACS"
ABANDONED_S: Final = 24 * 3600.0
"""No transfer takes a day (``Limits.total_s``), so an older quarantine belongs to nobody."""

SPARE_BYTES: Final = 256 * 1024**2
"""Room that is left for the rest of the machine."""

_SEEN: Final = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]


@dataclass(slots=True, kw_only=True)
class Quarantine:
    """Takes the instances of one series; file names are numbers, so that they name nobody."""

    node: str
    folder: Path
    study_uid: str
    series_uid: str
    expected: int
    limits: Limits
    report: ProgressReport
    started_s: float = field(default_factory=time.monotonic)
    uids: set[str] = field(default_factory=set)
    size_bytes: int = 0

    def take(self, data: bytes) -> None:
        """Keep one instance, given as the bytes of a DICOM file.

        Raises
        ------
        PlannerError
            When it is not one of the series, or passes a limit, or does not fit on the disk.
        """
        self.report(min(len(self.uids) / max(self.expected, 1), 1.0), RECEIVING)
        uid = self._checked(data)
        self.size_bytes += len(data)
        if self.size_bytes > self.limits.most_bytes:
            raise self._too_much(f"more than {self.limits.most_bytes / 1024**2:.0f} MiB")
        if time.monotonic() - self.started_s > self.limits.total_s:
            raise self._too_much(f"more than {self.limits.total_s:.0f} s")
        if len(self.uids) >= self.expected and uid not in self.uids:
            raise self._too_much(f"more than the {self.expected} objects it said it has")
        if uid in self.uids:
            return
        write_if_room(self.folder / f"{len(self.uids) + 1:06d}.dcm", data)
        self.uids.add(uid)

    def _checked(self, data: bytes) -> str:
        try:
            header = pydicom.dcmread(BytesIO(data), specific_tags=list(_SEEN))
            study, series, uid = (str(header.get(word, "")) for word in _SEEN)
        except (InvalidDicomError, EOFError, ValueError) as error:
            raise refused(
                "BROKEN", self.node, "it sent something that cannot be read.", _NOTHING_KEPT
            ) from error
        if not uid or (study, series) != (self.study_uid, self.series_uid):
            raise refused(
                "OTHER-SERIES",
                self.node,
                "it sent an object of a series that was not asked for.",
                _NOTHING_KEPT,
            )
        return uid

    def _too_much(self, what: str) -> Exception:
        return refused(
            "LIMIT",
            self.node,
            f"the transfer took {what}, so it was stopped.",
            "Nothing was kept. Raise the limit in pacs.toml if this series is really so large.",
        )

    def check_whole(self, uids: frozenset[str]) -> None:
        """Refuse unless exactly what the archive says it has was received.

        Parameters
        ----------
        uids
            The archive's own list; empty where it gives none, and then its number counts.
        """
        missing = len(uids - self.uids) if uids else self.expected - len(self.uids)
        if missing:
            raise refused(
                "INCOMPLETE",
                self.node,
                f"{len(self.uids)} of the {max(self.expected, len(uids))} objects it says the "
                "series has arrived.",
                "Nothing was kept. Ask again; if it stays so, the archive itself is not whole "
                "or is still receiving this series.",
            )


_NOTHING_KEPT: Final = "Nothing was kept. Ask again, and report it to the archive if it stays so."


def write_if_room(path: Path, data: bytes) -> None:
    """Write a file of a quarantine.

    Raises
    ------
    SaveFailedError
        When the disk refuses, or would be full.
    """
    try:
        if shutil.disk_usage(path.parent).free < len(data) + SPARE_BYTES:
            raise SaveFailedError(
                f"The disk of {path.parent.parent} is full, so the transfer was stopped and "
                "nothing was kept. Make room or choose another folder, then ask again."
            )
        path.write_bytes(data)
    except OSError as error:
        raise SaveFailedError(
            f"The transfer stopped because {path.parent.parent} could not be written "
            f"({error.strerror}). Nothing was kept. Make room or choose another folder, then "
            "ask again."
        ) from error


@contextmanager
def quarantine_beside(place: Path) -> Iterator[Path]:
    """Give an empty folder beside ``place``, gone at the end unless it was let out.

    Raises
    ------
    UsageError
        When something lies at ``place`` already.
    SaveFailedError
        When its folder cannot be written.
    """
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(f"{place} is not empty. Choose a folder that is not there yet.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place.parent)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place.parent))
    except OSError as error:
        raise SaveFailedError(
            f"{place.parent} cannot be written ({error.strerror}), so nothing was asked for. "
            "Choose another folder."
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def let_out(folder: Path, place: Path) -> None:
    """Give a quarantine its place, in one step.

    Raises
    ------
    SaveFailedError
        When that cannot be done; nothing is at ``place`` then.
    """
    try:
        if place.is_dir():
            place.rmdir()
        os.replace(folder, place)  # noqa: PTH105 - a folder that is renamed, never copied
    except OSError as error:
        raise SaveFailedError(
            f"What was received could not be put at {place} ({error.strerror}), so nothing was "
            "kept. Choose another folder and ask again."
        ) from error


def _sweep(parent: Path) -> None:
    """Remove what killed programs left; failing to costs room, never a patient's data."""
    with suppress(OSError):
        for left in parent.glob(f"{PREFIX}*"):
            if time.time() - left.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)
