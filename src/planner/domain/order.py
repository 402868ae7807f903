"""When the needles of a plan work."""

from __future__ import annotations

from enum import StrEnum


class Order(StrEnum):
    """When needles burn. A plan need not say; in tier full the other order is in the band."""

    TOGETHER = "together"
    """All needles at once; burns along one needle follow each other (pull-back)."""
    IN_TURN = "in-turn"
    """One burn after another."""
