"""User preferences."""

from planner.settings.folders import user_cache_folder, user_data_folder

__all__ = ["user_cache_folder", "user_data_folder"]
