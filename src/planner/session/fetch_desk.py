"""Searches an archive, and receives a series or a plan with its series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from planner import pacs
from planner.domain.errors import PlannerError
from planner.session.fetch_states import (
    CT,
    Arrival,
    FetchState,
    content_rows,
    spoken,
    study_rows,
    wanted_dates,
    wanted_name,
)
from planner.session.fetching import ArchiveSetup
from planner.session.shown import ShownDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from planner.domain.progress import ProgressReport
    from planner.pacs.peer import StudyFound
    from planner.session.fetching import FetchServices, PlanOffer, StudyContents
    from planner.session.job_desk import JobDesk

NOT_SET_UP: Final = "No PACS is set up. docs/reference/pacs.md shows what belongs in pacs.toml."
HINT: Final = (
    "Search by patient ID, name or study date; the beginning of the family name is enough. "
    "Series are checked as from a folder before they are shown."
)
NOBODY: Final = "No study matches. Try the beginning of the name alone, or another date."
STOPPED: Final = "Stopped. Nothing was kept."
CHOOSE: Final = "Choose a CT series, or a plan to reopen it on its own series."
BUSY: Final = "A series is being received. Stop it first."
ASK, FETCH = "archive", "fetch"


class FetchView(Protocol):
    """The dialog."""

    def show_state(self, state: FetchState) -> None:
        """Show what was found, or what is being received."""
        ...

    def finish(self) -> None:
        """Go away, because what was wanted is here."""
        ...


class FetchDesk(ShownDesk["FetchView"]):
    """One search and one transfer at a time; ``arrived`` gets what came whole."""

    def __init__(
        self, services: FetchServices, jobs: JobDesk, arrived: Callable[[Arrival], None]
    ) -> None:
        super().__init__()
        self._services = services
        self._jobs = jobs
        self._arrived = arrived
        self._setup = ArchiveSetup()
        self._trouble = ""
        self._archive = ""
        self._studies: tuple[StudyFound, ...] = ()
        self._study: StudyFound | None = None
        self._contents: StudyContents | None = None
        self._hint, self._error, self._asking = HINT, "", ""
        self._heard: tuple[float, str] | None = None

    def held_back(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """Return why each action is off, with those off that need an archive where none is."""
        why = "" if self._setup.archives else self._trouble or NOT_SET_UP
        return {**reasons, **{name: reasons[name] or why for name in ("fetch", "send")}}

    def set_up(self, setup: ArchiveSetup, trouble: str = "") -> None:
        """Take what the settings say now, or why they cannot be used."""
        self._setup, self._trouble = setup, trouble
        self._publish()

    @property
    def state(self) -> FetchState:
        """What the dialog shows."""
        receiving = self._heard if FETCH in self._jobs.busy else None
        return FetchState(
            archives=self._setup.archives,
            names_hidden=self._names_hidden,
            studies=study_rows(self._studies, names_hidden=self._names_hidden),
            study=self._study.study_uid if self._study else "",
            contents=content_rows(self._contents) if self._contents else (),
            hint=self._hint,
            error=self._error,
            asking=receiving[1] if receiving else self._asking,
            fraction=receiving[0] if receiving else None,
        )

    # asking

    def search(self, archive: str, patient_id: str, name: str, dates: str, modality: str) -> None:
        """Look for studies; what was found before is gone."""
        if self._is_receiving():
            return
        self._archive, self._studies, self._study, self._contents = archive, (), None, None
        try:
            query = pacs.StudyQuery(
                patient_id=patient_id.strip(),
                patient_name=wanted_name(name),
                date=wanted_dates(dates),
                modality=modality,
            )
        except PlannerError as refusal:
            self._say(error=str(refusal))
            return
        self._say(asking=f"Asking {archive}…")

        def found(value: object) -> None:
            self._studies = value  # type: ignore[assignment]  # what find returns
            count = len(self._studies)
            self._say(hint=f"{count} stud{'y' if count == 1 else 'ies'}." if count else NOBODY)
            if count == 1:
                self.choose_study(self._studies[0].study_uid)

        self._ask(lambda report: self._services.find(archive, query, report), found)

    def choose_study(self, study_uid: str) -> None:
        """Ask what lies in a study."""
        rows = {row.study_uid: row for row in self.state.studies}
        if study_uid not in rows or self._is_receiving():
            return
        if rows[study_uid].refused:
            self._say(error=rows[study_uid].refused)
            return
        self._study = next(one for one in self._studies if one.study_uid == study_uid)
        self._contents = None
        archive = self._archive
        self._say(asking="Asking which series and plans the study has…")

        def listed(value: object) -> None:
            contents: StudyContents = value  # type: ignore[assignment]  # what contents returns
            self._contents = contents
            self._say(hint=CHOOSE, error=contents.plans_refused)

        self._ask(lambda report: self._services.contents(archive, study_uid, report), listed)

    def _ask(
        self, work: Callable[[ProgressReport], object], done: Callable[[object], None]
    ) -> None:
        self._jobs.start(
            ASK,
            f"Asking {self._archive}",
            work,
            done,
            refused=lambda error: self._say(error=str(error)),
            gone=lambda: self._say(hint="Stopped."),
        )

    # receiving

    def open(self, key: str) -> None:
        """Receive a series, or a plan and the series it was made on."""
        row = next((one for one in self.state.contents if one.key == key), None)
        if row is None or self._study is None or self._contents is None or self._is_receiving():
            return
        if row.refused:
            self._say(error=row.refused)
            return
        plans = {f"PLAN {place}": one for place, one in enumerate(self._contents.plans)}
        self._receive(self._study, self._contents, key, plans.get(key))

    def _receive(
        self, study: StudyFound, contents: StudyContents, key: str, plan: PlanOffer | None
    ) -> None:
        series = next(
            one for one in contents.series if one.series_uid == (plan.series_uid if plan else key)
        )
        archive, expected = self._archive, series.instances
        self._heard = (0.0, f"Asking {archive} for the series…")

        def work(report: ProgressReport) -> object:
            def follow(fraction: float, message: str) -> None:
                counts = expected is not None and message == pacs.RECEIVING
                said = f"{round(fraction * (expected or 0))} of {expected} images received"
                self._heard = (fraction, said if counts else f"{message}…")
                report(fraction, message)

            place, objects = self._services.fetch(
                archive, study.study_uid, series.series_uid, follow
            )
            return place, objects, self._services.keep_plan(plan) if plan else None

        def received(value: object) -> None:
            came: tuple[Path, int, Path | None] = value  # type: ignore[assignment]  # from work
            place, objects, plan_file = came
            self._say(hint=f"All {objects} images came: as many as {archive} says the series has.")
            if self._view is not None:
                self._view.finish()
            self._arrived(_arrival(study, series.description, objects, place, plan_file))

        self._jobs.start(
            FETCH,
            f"Receiving from {archive}",
            work,
            received,
            progressed=self._publish,
            refused=lambda error: self._say(error=str(error)),
            gone=lambda: self._say(hint=STOPPED),
        )
        self._say(hint=CHOOSE)

    def stop(self) -> None:
        """Stop whatever is asked for or received; nothing of it is kept."""
        self._jobs.cancel(ASK, FETCH)

    def _is_receiving(self) -> bool:
        if FETCH not in self._jobs.busy:
            return False
        self._error = BUSY
        self._publish()
        return True

    def _say(self, *, hint: str = "", error: str = "", asking: str = "") -> None:
        self._hint, self._error, self._asking = hint, error, asking
        self._publish()

    def _publish(self) -> None:
        if self._view is not None:
            self._view.show_state(self.state)


def _arrival(
    study: StudyFound, description: str, objects: int, place: Path, plan_file: Path | None
) -> Arrival:
    what = "Plan and its CT" if plan_file else CT
    words = " · ".join(filter(None, (what, study.description, description, f"{objects} images")))
    return Arrival(
        path=place, patient=spoken(study.patient_name), words=words, plan_file=plan_file
    )
