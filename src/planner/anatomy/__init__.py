"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.imported import segment_imported
from planner.anatomy.segmenters import segment

__all__ = ["segment", "segment_imported"]
