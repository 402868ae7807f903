"""What a study is and what was found in it: a file each, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from planner.document.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Study:
    """One entry of the folder.

    Attributes
    ----------
    key
        Names it in every result instead of its place, which may hold a patient's name. Another
        when a file of it changes or another program would measure it.
    place
        Absolute, as a worker elsewhere needs it; not in the words that a cluster logs.
    """

    key: str
    place: Path = field(repr=False)


class Outcome(StrEnum):
    """How a study ended."""

    MEASURED = "measured"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one study gave.

    Attributes
    ----------
    code, said
        Why nothing was measured: an error code and its sentence. Empty where it was.
    found
        The document of ``planner segment``.
    """

    study: str
    outcome: Outcome
    code: str = ""
    said: str = ""
    found: dict[str, Any]

    @property
    def is_final(self) -> bool:
        """Whether trying again would give the same; what failed may have lacked memory or time."""
        return self.outcome is not Outcome.FAILED


@dataclass(frozen=True, slots=True)
class RecordFolder:
    """The results of a cohort: ``studies/``, ``labels/`` and the tables made of them."""

    path: Path

    def prepare(self, studies: Iterable[Study]) -> None:
        """Make the folders, and write which key is which place, to be kept with the scans."""
        for name in ("studies", "labels"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        places = {study.key: str(study.place) for study in studies}
        write_whole(self.path / "places.json", _bytes(places), private=True)

    def labels_of(self, study: Study) -> Path:
        """Return where the outlines of a study go."""
        return self.path / "labels" / f"{study.key}.nii.gz"

    def keep(self, record: Record) -> None:
        """Write a record."""
        write_whole(self._file(record.study), _bytes(asdict(record)))

    def of(self, key: str) -> Record | None:
        """Return the record of a study, or nothing where there is none that can be read."""
        try:
            held = json.loads(self._file(key).read_bytes())
            return Record(**{**held, "outcome": Outcome(held["outcome"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None  # measured anew, which writes it whole

    def _file(self, key: str) -> Path:
        return self.path / "studies" / f"{key}.json"


def _bytes(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
