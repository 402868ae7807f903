"""Scans and plans from an archive, scans from a watched folder: as the window asks for them."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from planner import pacs
from planner.domain.errors import CancelledByUserError, InputRefusedError, SaveFailedError
from planner.session.returned_plans import get_checked_plans
from planner.settings.nodes import load_pacs
from planner.settings.recents import hashed_id
from planner.settings.settled import load_settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.progress import ProgressReport
    from planner.pacs.peer import SeriesFound, StudyFound, StudyQuery
    from planner.pacs.watched import Seen, WatchedFolder
    from planner.settings.nodes import PacsSettings

SCANS, PLANS = "fetched", "fetched-plans"
NO_PLAN: Final = "PACS-NO-PLAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSetup:
    """The archives that are set up, and the watched folder; ``None`` where none is."""

    archives: tuple[str, ...] = ()
    watched: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOffer:
    """A plan that lies with a study; ``series_uid`` is the scan it was made on."""

    data: bytes
    plan_id: str
    revision: int
    treated: str
    series_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContents:
    """What lies in a study; ``plans_refused`` says why none of its plans can be reopened."""

    series: tuple[SeriesFound, ...]
    plans: tuple[PlanOffer, ...] = ()
    plans_refused: str = ""


class FetchServices(Protocol):
    """What the window asks; every method may raise a ``PlannerError``."""

    def setup(self) -> ArchiveSetup:
        """Return what is set up; ``UsageError`` for settings that cannot be right."""
        ...

    def find(
        self, archive: str, query: StudyQuery, report: ProgressReport
    ) -> tuple[StudyFound, ...]:
        """Return the studies that match."""
        ...

    def contents(self, archive: str, study_uid: str, report: ProgressReport) -> StudyContents:
        """Return the series and plans of a study."""
        ...

    def fetch(
        self, archive: str, study_uid: str, series_uid: str, report: ProgressReport
    ) -> tuple[Path, int]:
        """Return the folder of a series that came whole and passed the gate, and its objects."""
        ...

    def keep_plan(self, plan: PlanOffer) -> Path:
        """Write a plan that was offered to a file of its own."""
        ...

    def look(self, report: ProgressReport) -> Seen | None:
        """Look into the watched folder; ``None`` where none is set up."""
        ...

    def settled(self) -> frozenset[str]:
        """Return the scans of the watched folder that were opened or let be, hashed."""
        ...

    def settle(self, names: Iterable[str]) -> None:
        """Remember that scans were opened or let be."""
        ...


class Fetching:
    """Implements :class:`FetchServices`: what is fetched lies in the user's folder."""

    def __init__(self, user_folder: Path) -> None:
        self._user_folder = user_folder
        self._watched: WatchedFolder | None = None

    def setup(self) -> ArchiveSetup:
        """Return what ``pacs.toml`` says now."""
        settings = load_pacs(self._user_folder)
        watch = settings.watch
        return ArchiveSetup(
            archives=tuple(settings.nodes), watched=Path(watch.folder) if watch else None
        )

    def find(
        self, archive: str, query: StudyQuery, report: ProgressReport
    ) -> tuple[StudyFound, ...]:
        """Return the studies that match, the newest first."""
        report(0.0, f"Asking {archive}")
        settings = load_pacs(self._user_folder)
        return pacs.stoppable(lambda _follow: pacs.find_studies(settings, query, archive), report)

    def contents(self, archive: str, study_uid: str, report: ProgressReport) -> StudyContents:
        """Return the series of a study, and its plans, each read and found whole."""
        report(0.0, f"Asking {archive}")
        settings = load_pacs(self._user_folder)
        return pacs.stoppable(
            lambda follow: self._contents(settings, archive, study_uid, follow), report
        )

    def _contents(
        self, settings: PacsSettings, archive: str, study_uid: str, report: ProgressReport
    ) -> StudyContents:
        series = pacs.find_series(settings, study_uid, archive)
        with tempfile.TemporaryDirectory(prefix="planner-plans-") as name:
            try:
                plans = get_checked_plans(
                    settings, study_uid, Path(name) / "plans", node=archive, report=report
                )
            except (InputRefusedError, SaveFailedError) as refusal:
                is_none = isinstance(refusal, InputRefusedError) and refusal.code == NO_PLAN
                return StudyContents(series=series, plans_refused="" if is_none else str(refusal))
            offers = [
                PlanOffer(
                    data=one.path.read_bytes(),
                    plan_id=one.plan_id,
                    revision=one.revision,
                    treated=one.treated,
                    series_uid=one.series_uid,
                )
                for one in plans
            ]
        offers.sort(key=lambda one: (one.plan_id, one.revision), reverse=True)
        return StudyContents(series=series, plans=tuple(offers))

    def fetch(
        self, archive: str, study_uid: str, series_uid: str, report: ProgressReport
    ) -> tuple[Path, int]:
        """Receive a series; an earlier copy gives way only once the new one is whole."""
        settings = load_pacs(self._user_folder)
        place = self._user_folder / SCANS / hashed_id(series_uid)
        fresh = _beside(place)

        def receive(follow: ProgressReport) -> None:
            pacs.get_series(settings, study_uid, series_uid, fresh, node=archive, report=follow)
            try:
                follow(1.0, pacs.RECEIVING)
            except CancelledByUserError:  # too late for the archive, not for the user
                shutil.rmtree(fresh, ignore_errors=True)
                raise

        pacs.stoppable(receive, report)
        objects = sum(1 for _ in fresh.iterdir())
        _replace(place, fresh)
        return place, objects

    def keep_plan(self, plan: PlanOffer) -> Path:
        """Write a plan under a name nobody has, so that no saved work is replaced."""
        folder = self._user_folder / PLANS
        path = folder / f"{hashed_id(plan.plan_id)}-{secrets.token_hex(4)}.plan"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(plan.data)
        except OSError as failure:
            path.unlink(missing_ok=True)
            raise SaveFailedError(
                f"The plan could not be written to {folder} ({failure.strerror}). Make room and "
                "ask again."
            ) from failure
        return path

    def look(self, report: ProgressReport) -> Seen | None:
        """Look once; a folder in which nothing changed is not read again."""
        watch = load_pacs(self._user_folder).watch
        if watch is None:
            self._watched = None
            return None
        if self._watched is None or self._watched.folder != Path(watch.folder):
            self._watched = pacs.WatchedFolder(Path(watch.folder))
        self._watched.quiet_s = watch.quiet_s
        return self._watched.look(report)

    def settled(self) -> frozenset[str]:
        """Return what :meth:`settle` was told, also by earlier windows."""
        return frozenset(load_settled(self._user_folder))

    def settle(self, names: Iterable[str]) -> None:
        """Remember that scans were opened or let be; ``SaveFailedError`` where it cannot."""
        settle(self._user_folder, names)


def _replace(place: Path, fresh: Path) -> None:
    """Put a folder where an older one may lie; the older one stays where that cannot be done."""
    old = _beside(place)
    try:
        if place.exists():
            place.rename(old)
        try:
            fresh.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise
    except OSError as failure:
        shutil.rmtree(fresh, ignore_errors=True)
        raise SaveFailedError(
            f"What was received could not be put at {place} ({failure.strerror}). Close what uses "
            "that folder and ask again."
        ) from failure
    shutil.rmtree(old, ignore_errors=True)


def _beside(place: Path) -> Path:
    """Return a name for a folder that is swept like a quarantine if the program dies."""
    return place.with_name(f"{pacs.PREFIX}{place.name}-{secrets.token_hex(4)}")
