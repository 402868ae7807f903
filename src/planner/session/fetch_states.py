"""What the window shows of an archive and of scans that arrived, as frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from planner.domain.errors import UsageError
from planner.session.chooser import NAMES_HIDDEN
from planner.session.state_words import day

if TYPE_CHECKING:
    from pathlib import Path

    from planner.pacs.peer import SeriesFound, StudyFound
    from planner.session.fetching import PlanOffer, StudyContents

CT: Final = "CT"
PLAN: Final = "PLAN"
ONLY_CT: Final = "Only CT series can be planned on."
NO_SCAN_HERE: Final = "The series this plan was made on is not in this study any more."
HIDDEN: Final = "hidden"

STUDY_HEADINGS: Final = ("Patient", "ID", "Born", "Date", "Study", "Holds")
CONTENT_HEADINGS: Final = ("What", "No.", "Description", "Images")

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_BETWEEN = re.compile(r"\s*(?:to|-|–|\.\.)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One study of the archive; ``cells`` as :data:`STUDY_HEADINGS` name them.

    Attributes
    ----------
    refused
        Why it cannot be looked into; empty when it can.
    """

    study_uid: str
    cells: tuple[str, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """A series, or a plan that lies with its study; ``cells`` as :data:`CONTENT_HEADINGS` say.

    Attributes
    ----------
    key
        UID of the series, or ``plan`` and its place in the list.
    word
        What the button says.
    refused
        Why it cannot be opened; empty when it can.
    """

    key: str
    cells: tuple[str, ...]
    word: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """All of the dialog.

    Attributes
    ----------
    study
        UID of the study whose contents are shown or asked for.
    asking
        What is being asked for, in words; empty when nothing is.
    fraction
        How much of a transfer is done, 0 to 1; ``None`` while nothing is received.
    """

    archives: tuple[str, ...] = ()
    names_hidden: bool = False
    studies: tuple[StudyRow, ...] = ()
    study: str = ""
    contents: tuple[ContentRow, ...] = ()
    hint: str = ""
    error: str = ""
    asking: str = ""
    fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A scan that is here but not open.

    Attributes
    ----------
    series_uid
        The one to open in a folder that holds others too; empty for a folder of its own.
    plan_file
        The plan it came with.
    slices
        How many slices it has as offered; 0 for what was asked for and is not offered again.
    """

    path: Path
    patient: str
    words: str
    series_uid: str = ""
    plan_file: Path | None = None
    slices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalState:
    """The scan that is offered, and how many wait behind it."""

    words: str
    more: int = 0


def study_rows(found: tuple[StudyFound, ...], *, names_hidden: bool) -> tuple[StudyRow, ...]:
    """Return the studies as they are listed; between patients without names nobody chooses."""
    who = list(dict.fromkeys((one.patient_id, one.patient_name, one.birth_date) for one in found))
    refused = NAMES_HIDDEN if names_hidden and len(who) > 1 else ""
    rows = []
    for one in found:
        named = (spoken(one.patient_name), one.patient_id, day(one.birth_date))
        if names_hidden:
            place = who.index((one.patient_id, one.patient_name, one.birth_date)) + 1
            named = (f"Patient {place}, name hidden", HIDDEN, HIDDEN)
        rows.append(
            StudyRow(
                study_uid=one.study_uid,
                cells=(*named, day(one.date), one.description, ", ".join(one.modalities)),
                refused=refused,
            )
        )
    return tuple(rows)


def content_rows(contents: StudyContents) -> tuple[ContentRow, ...]:
    """Return plans first, then CT, then what cannot be planned on."""
    series = {one.series_uid: one for one in contents.series}
    plans = tuple(
        ContentRow(
            key=f"{PLAN} {place}",
            cells=("Plan", "", _plan_words(one, series), ""),
            word="Reopen plan",
            refused="" if one.series_uid in series else NO_SCAN_HERE,
        )
        for place, one in enumerate(contents.plans)
    )
    rest = [one for one in contents.series if one.modality != PLAN]
    rest.sort(key=lambda one: (one.modality != CT, one.number.zfill(9)))
    return plans + tuple(
        ContentRow(
            key=one.series_uid,
            cells=(
                one.modality or "not said",
                one.number,
                one.description or "no description",
                "not said" if one.instances is None else str(one.instances),
            ),
            word="Open",
            refused="" if one.modality == CT else ONLY_CT,
        )
        for one in rest
    )


def _plan_words(plan: PlanOffer, series: dict[str, SeriesFound]) -> str:
    made_on = series.get(plan.series_uid)
    number = f", made on series {made_on.number}" if made_on and made_on.number else ""
    return f"Revision {plan.revision} · {plan.treated}{number}"


def spoken(name: str) -> str:
    """Return a DICOM person name as people write it: family name, given names."""
    parts = [part.strip() for part in name.split("=", maxsplit=1)[0].split("^")]
    family, given = parts[0], " ".join(filter(None, parts[1:]))
    return ", ".join(filter(None, (family, given))) or "No name"


def wanted_name(typed: str) -> str:
    """Return a name as an archive is asked for it: its beginning is enough."""
    name = "^".join(part.strip() for part in typed.split(",")).strip()
    return name if not name or set("*?") & set(name) else f"{name}*"


def wanted_dates(typed: str) -> str:
    """Return a day, or two with what lies between, as an archive is asked for them.

    Raises
    ------
    UsageError
        When it is no date.
    """
    found = [match.groups() for match in _DATE.finditer(typed)]
    try:
        days = [date(int(y), int(m), int(d)) for y, m, d in found]
    except ValueError as error:
        raise UsageError(_NO_DATE) from error
    beside = [_BETWEEN.fullmatch(part) for part in _DATE.sub("\0", typed).split("\0")]
    if len(days) > 2 or not all(beside) or days != sorted(days):
        raise UsageError(_NO_DATE)
    return "-".join(f"{one:%Y%m%d}" for one in days)


_NO_DATE = "Type a study date as 2026-11-22, or from and to as 2026-11-01 to 2026-11-22."
