"""User preferences."""

from planner.settings.folders import user_data_folder

__all__ = ["user_data_folder"]
