"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.lesion import grow_lesion
from planner.anatomy.lesion_report import LesionReport, report_lesion
from planner.anatomy.segmenters import segment, segment_imported, workbench
from planner.anatomy.touched import touched_levels
from planner.anatomy.vertebra_parts import VertebraPart, vertebra_parts
from planner.anatomy.workbench import Workbench

__all__ = [
    "LesionReport",
    "VertebraPart",
    "Workbench",
    "grow_lesion",
    "report_lesion",
    "segment",
    "segment_imported",
    "touched_levels",
    "vertebra_parts",
    "workbench",
]
