"""Where the user's own files live."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path


def user_data_folder() -> Path:
    """Return the folder of the user's own tables and settings.

    ``PLANNER_DATA`` overrides the platform's folder, for tests and for portable installs.
    """
    override = os.environ.get("PLANNER_DATA")
    return Path(override) if override else user_data_path("planner", appauthor=False)


def user_cache_folder() -> Path:
    """Return the folder of what can be made again: outlines, simulations, logs.

    ``PLANNER_CACHE`` overrides the platform's folder.
    """
    override = os.environ.get("PLANNER_CACHE")
    return Path(override) if override else user_cache_path("planner")
