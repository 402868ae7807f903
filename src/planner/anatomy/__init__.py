"""Vertebrae, canal, discs, walls, pedicles and foramina from CT."""

from planner.anatomy.segmenters import segment

__all__ = ["segment"]
