"""DICOM in and out: the only room that knows pydicom.

The doors below are imported on first use, so that ``import planner.imaging`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.imaging.ct_writer import write_ct_series
    from planner.imaging.deidentify import deidentify_series
    from planner.imaging.digest import scan_sha256
    from planner.imaging.gate import inspect, load_ct
    from planner.imaging.inspection import (
        Inspection,
        PatientGroup,
        SeriesInspection,
        StudyGroup,
    )
    from planner.imaging.position import position_in_words
    from planner.imaging.posterior import Facing, facing_of_outlines
    from planner.imaging.rectify import rectified
    from planner.imaging.relation import names_another_patient, relation_in_words
    from planner.imaging.volume_files import read_labels, write_volume

_DOORS = {
    "Facing": "posterior",
    "Inspection": "inspection",
    "PatientGroup": "inspection",
    "SeriesInspection": "inspection",
    "StudyGroup": "inspection",
    "deidentify_series": "deidentify",
    "facing_of_outlines": "posterior",
    "inspect": "gate",
    "load_ct": "gate",
    "position_in_words": "position",
    "read_labels": "volume_files",
    "rectified": "rectify",
    "names_another_patient": "relation",
    "relation_in_words": "relation",
    "scan_sha256": "digest",
    "write_ct_series": "ct_writer",
    "write_volume": "volume_files",
}

__all__ = [
    "Facing",
    "Inspection",
    "PatientGroup",
    "SeriesInspection",
    "StudyGroup",
    "deidentify_series",
    "facing_of_outlines",
    "inspect",
    "load_ct",
    "names_another_patient",
    "position_in_words",
    "read_labels",
    "rectified",
    "relation_in_words",
    "scan_sha256",
    "write_ct_series",
    "write_volume",
]


def __getattr__(name: str) -> object:
    """Import a door when it is first asked for (PEP 562)."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
