"""Ablation zones and cement: arrays in, arrays out."""

from planner.physics.zone_table import table_zone

__all__ = ["table_zone"]
