"""Offers scans that arrived, in the watched folder or from an archive, without a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.domain.errors import PlannerError
from planner.session.fetch_states import Arrival, ArrivalState, spoken
from planner.session.fetching import ArchiveSetup
from planner.session.jobs import JobDone, JobFailed
from planner.session.shown import ShownDesk
from planner.session.state_words import day
from planner.settings.settled import settled_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.progress import ProgressReport
    from planner.imaging import SeriesInspection
    from planner.pacs.watched import Seen
    from planner.session.case_desk import CaseDesk
    from planner.session.fetching import FetchServices
    from planner.session.floor import Floor
    from planner.session.jobs import JobEvent, JobRunner
    from planner.session.reception import Reception

LOOK = "watch"


class ArrivalView(Protocol):
    """The strip that offers."""

    def show_arrival(self, state: ArrivalState | None) -> None:
        """Offer a scan; ``None`` when there is none."""
        ...


class ArrivalDesk(ShownDesk["ArrivalView"]):
    """What is open stays until the user acts; ``set_up`` gets the settings at every look.

    A series of the watched folder is offered until it was opened or let be, also by an earlier
    window, and again only when it has another number of slices.
    """

    def __init__(
        self,
        services: FetchServices,
        runner: JobRunner,
        floor: Floor,
        case: CaseDesk,
        reception: Reception,
    ) -> None:
        super().__init__()
        self._services = services
        self._runner = runner
        self._floor = floor
        self._case = case
        self._reception = reception
        self._waiting: list[Arrival] = []
        self._known: set[tuple[str, int]] = set()
        self._missing = ""
        self._is_closed = False
        self._setup: tuple[ArchiveSetup, str] = (ArchiveSetup(), "")
        self.set_up: Callable[[ArchiveSetup, str], None] = lambda _setup, _trouble: None

    @property
    def state(self) -> ArrivalState | None:
        """The newest offer."""
        if not self._waiting:
            return None
        newest = self._waiting[-1]
        words = newest.words if self._names_hidden else f"{newest.patient} · {newest.words}"
        return ArrivalState(words=words, more=len(self._waiting) - 1)

    # what arrives

    def take(self, arrival: Arrival) -> None:
        """Open what was fetched, unless that would cost unsaved work: then offer it."""
        if self._case.has_unsaved_work:
            self._waiting.append(arrival)
            self._floor.say(
                "The series from the PACS is here. It waits, because the open plan is not saved."
            )
            self._publish()
        else:
            self._open(arrival)

    def start(self) -> None:
        """Read the settings at once, for what is off without them; the folder can wait."""
        try:
            self._become(self._services.setup(), "")
        except PlannerError as trouble:
            self._become(ArchiveSetup(), str(trouble))
        self.look()

    def look(self) -> None:
        """Read the settings and look into the watched folder, in the background."""
        if not self._is_closed and not self._runner.is_busy(LOOK):
            self._runner.submit(LOOK, self._looked_at, self._looked)

    def _looked_at(self, report: ProgressReport) -> tuple[ArchiveSetup, Seen | None]:
        return self._services.setup(), self._services.look(report)

    def _looked(self, event: JobEvent) -> None:
        if isinstance(event, JobDone):
            found: tuple[ArchiveSetup, Seen | None] = event.value  # type: ignore[assignment]
            setup, seen = found
            self._become(setup, "")
            if seen is not None:
                self._see(setup, seen)
        elif isinstance(event, JobFailed) and isinstance(event.error, PlannerError):
            self._become(ArchiveSetup(), str(event.error))
        elif isinstance(event, JobFailed):
            self._floor.fault(event.error)

    def _become(self, setup: ArchiveSetup, trouble: str) -> None:
        if (setup, trouble) != self._setup:
            self._setup = (setup, trouble)
            self.set_up(setup, trouble)
            self._floor.refresh()

    def _see(self, setup: ArchiveSetup, seen: Seen) -> None:
        if seen.missing and seen.missing != self._missing:
            self._floor.say(seen.missing, is_error=True)
        self._missing = seen.missing
        settled = self._services.settled()
        fresh = [
            one
            for one in seen.complete
            if _key(one) not in self._known and settled_id(*_key(one)) not in settled
        ]
        if not fresh or setup.watched is None:
            return
        self._known |= {_key(one) for one in fresh}
        fresh.sort(key=lambda one: (one.acquired, -one.rank))
        again = {one.series_uid for one in fresh}
        self._waiting = [one for one in self._waiting if one.series_uid not in again]
        self._waiting += [
            Arrival(
                path=setup.watched,
                patient=spoken(one.patient.name),
                words=_words(one),
                series_uid=one.series_uid,
                slices=one.slices,
            )
            for one in fresh
        ]
        self._publish()

    # what the user does

    def open_newest(self) -> None:
        """Open what is offered."""
        if self._waiting:
            arrival = self._waiting.pop()
            self._settle(arrival)
            self._open(arrival)
            self._publish()

    def let_be(self) -> None:
        """Offer none of them any more; they stay where they are."""
        self._settle(*self._waiting)
        self._waiting.clear()
        self._publish()

    def _settle(self, *arrivals: Arrival) -> None:
        """Remember what of the watched folder was answered; a fault costs an offer made twice."""
        names = [settled_id(one.series_uid, one.slices) for one in arrivals if one.slices]
        try:
            self._services.settle(names)
        except PlannerError as trouble:
            self._floor.say(str(trouble), is_error=True)

    def close(self) -> None:
        """Look no more."""
        self._is_closed = True

    def _open(self, arrival: Arrival) -> None:
        if arrival.plan_file is not None:
            self._reception.open_plan(arrival.plan_file, arrival.path)
        elif arrival.series_uid:
            self._reception.open_series(arrival.path, arrival.series_uid)
        else:
            self._reception.open_scan(arrival.path)

    def _publish(self) -> None:
        if self._view is not None:
            self._view.show_arrival(self.state)


def _key(one: SeriesInspection) -> tuple[str, int]:
    return one.series_uid, one.slices


def _words(one: SeriesInspection) -> str:
    parts = (one.study_description, one.series_description, f"{one.slices} slices")
    return " · ".join(filter(None, (*parts, day(one.acquired))))
