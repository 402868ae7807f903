"""What an archive can be asked, whichever protocol it speaks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

from planner.domain.errors import InputRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from planner.domain.progress import ProgressReport


def refused(code: str, node: str, what: str, todo: str) -> InputRefusedError:
    """Return a refusal: what happened, which node, what to do. Codes begin with ``PACS-``."""
    return InputRefusedError(f"PACS-{code}", f"{node}: {what} {todo}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyQuery:
    """What a study must be; an empty query would list the whole archive and is refused.

    Attributes
    ----------
    date
        ``YYYYMMDD`` or ``YYYYMMDD-YYYYMMDD``.
    modality
        One kind a study must hold, such as ``CT``; narrows a query, but is none by itself.
    """

    patient_id: str = ""
    patient_name: str = ""
    accession: str = ""
    study_uid: str = ""
    date: str = ""
    modality: str = ""

    def __post_init__(self) -> None:
        said = [getattr(self, part.name) for part in fields(self) if part.name != "modality"]
        if not any(word.strip("*? ") for word in said):
            raise UsageError(
                "Say whom or what to look for: a patient's ID or name, an accession number, a "
                "study's UID or a date. A list of everybody is not asked for."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFound:
    """A study the archive has, in its own words."""

    study_uid: str
    patient_id: str
    patient_name: str
    birth_date: str
    date: str
    description: str
    accession: str
    modalities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFound:
    """A series the archive has.

    Attributes
    ----------
    instances
        The archive's own number of its objects; ``None`` where it does not say.
    """

    series_uid: str
    modality: str
    number: str
    description: str
    instances: int | None


class Peer(Protocol):
    """An archive one can speak to; every method raises ``InputRefusedError`` in words."""

    @property
    def name(self) -> str:
        """What the settings call it."""
        ...

    def echo(self) -> None:
        """Ask whether it listens and knows us."""
        ...

    def find_studies(self, query: StudyQuery) -> tuple[StudyFound, ...]:
        """Return the studies that match."""
        ...

    def find_series(self, study_uid: str) -> tuple[SeriesFound, ...]:
        """Return the series of a study."""
        ...

    def instances_of(self, study_uid: str, series_uid: str) -> frozenset[str]:
        """Return the SOP Instance UIDs the archive says a series has."""
        ...

    def fetch(self, study_uid: str, series_uid: str, take: Callable[[bytes], None]) -> None:
        """Have every instance of a series given to ``take``, which may raise to stop it."""
        ...

    def store(self, files: Sequence[Path], report: ProgressReport) -> None:
        """Give files to the archive, and see that it says it stored each."""
        ...
