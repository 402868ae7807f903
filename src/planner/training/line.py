"""The line between no points and all points."""

from __future__ import annotations


def share(value: float, full: float, none: float, best: float | None = None) -> float:
    """Return 1 at ``full`` or better, 0 at ``none`` or worse, along a line between them.

    The order of the marks tells whether more is better. ``best`` is what the reference plan
    reaches: where that is worse than ``full``, it takes its place, but never at ``none`` or worse.
    """
    sign = 1.0 if full > none else -1.0
    value, full, none = sign * value, sign * full, sign * none
    if best is not None and sign * best > none:
        full = min(full, sign * best)
    if value >= full:
        return 1.0
    if value <= none:
        return 0.0
    return (value - none) / (full - none)
