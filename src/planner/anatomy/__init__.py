"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.lesion import grow_lesion
from planner.anatomy.segmenters import check_backend, segment, segment_imported
from planner.anatomy.touched import touched_levels
from planner.anatomy.workbench import Workbench

__all__ = [
    "Workbench",
    "check_backend",
    "grow_lesion",
    "segment",
    "segment_imported",
    "touched_levels",
]
