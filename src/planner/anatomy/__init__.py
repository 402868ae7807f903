"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.imported import segment_imported
from planner.anatomy.lesion import grow_lesion
from planner.anatomy.segmenters import segment

__all__ = ["grow_lesion", "segment", "segment_imported"]
