"""One row of ``planner bench``: a time beside the time of a peer in the same run."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRow:
    """A measured time.

    Attributes
    ----------
    ratio
        ``best_s`` over that of ``against``, measured in the same run; ``None`` without a peer.
    note
        What else was measured, such as peak memory or Dice.
    """

    name: str
    median_s: float
    best_s: float
    n: int
    ratio: float | None = None
    against: str = ""
    note: str = ""

    @classmethod
    def timed(cls, name: str, work: Callable[[], object], n: int = 5) -> BenchmarkRow:
        """Run ``work`` ``n`` times, after one run that does not count."""
        work()
        seconds = []
        for _ in range(n):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
        return cls(name=name, median_s=statistics.median(seconds), best_s=min(seconds), n=n)

    def beside(self, peer: BenchmarkRow) -> BenchmarkRow:
        """Return this row with its ratio to ``peer``."""
        return replace(self, ratio=self.best_s / peer.best_s, against=peer.name)
