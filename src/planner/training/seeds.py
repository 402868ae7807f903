"""Which seeds an exercise may have; apart, so that the window need not load the digital spine."""

from __future__ import annotations

from typing import Final

LARGEST_SEED: Final = 999_999
