"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.lesion import grow_lesion
from planner.anatomy.segmenters import segment, segment_imported, workbench
from planner.anatomy.touched import touched_levels
from planner.anatomy.workbench import Workbench

__all__ = [
    "Workbench",
    "grow_lesion",
    "segment",
    "segment_imported",
    "touched_levels",
    "workbench",
]
