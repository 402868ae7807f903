"""Reads resources into frozen records, with checks."""

from planner.catalog.library import Catalog, load_catalog
from planner.catalog.resource_files import resource_path, sample_data_path
from planner.catalog.user_tables import (
    read_zone_table,
    user_table_path,
    write_zone_table,
    zone_table_form,
)

__all__ = [
    "Catalog",
    "load_catalog",
    "read_zone_table",
    "resource_path",
    "sample_data_path",
    "user_table_path",
    "write_zone_table",
    "zone_table_form",
]
