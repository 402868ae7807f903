"""Fixtures for every room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("explore")
settings.load_profile("explore" if os.environ.get("PLANNER_EXPLORE") else "same")
"""A checkout is judged on the same examples every time; ``PLANNER_EXPLORE=1`` tries new ones."""

REAL_CT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_ct() -> Path:
    """Folder of real CT that is not part of this repository; the test is skipped without it."""
    if not REAL_CT.is_dir():
        pytest.skip("the folder of real CT is not beside this checkout")
    return REAL_CT
