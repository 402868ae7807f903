"""Ablation zones and cement: arrays in, arrays out."""

from planner.physics.cement_fill import cortex_barrier, fill_cement
from planner.physics.zone_table import table_zone

__all__ = ["cortex_barrier", "fill_cement", "table_zone"]
