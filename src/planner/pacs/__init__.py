"""Series from an archive and objects to it, over DICOM's own protocol or DICOMweb."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.pacs.archive import echo, find_series, find_studies, get_plans, get_series, send
    from planner.pacs.peer import SeriesFound, StudyFound, StudyQuery
    from planner.pacs.quarantine import PREFIX, RECEIVING
    from planner.pacs.silence import stoppable
    from planner.pacs.watched import WatchedFolder

_DOORS = {
    "PREFIX": "quarantine",
    "RECEIVING": "quarantine",
    "SeriesFound": "peer",
    "StudyFound": "peer",
    "StudyQuery": "peer",
    "WatchedFolder": "watched",
    "echo": "archive",
    "find_series": "archive",
    "find_studies": "archive",
    "get_plans": "archive",
    "get_series": "archive",
    "send": "archive",
    "stoppable": "silence",
}

__all__ = [
    "PREFIX",
    "RECEIVING",
    "SeriesFound",
    "StudyFound",
    "StudyQuery",
    "WatchedFolder",
    "echo",
    "find_series",
    "find_studies",
    "get_plans",
    "get_series",
    "send",
    "stoppable",
]


def __getattr__(name: str) -> object:
    """Import a door when it is first asked for (PEP 562)."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
