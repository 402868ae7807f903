"""What is worked out of a scan and kept for the next call, until another scan is opened."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import _lru_cache_wrapper

    _Value = TypeVar("_Value")

_LET_GO: list[Callable[[], None]] = []


def kept_while_open(most: int) -> Callable[[Callable[..., _Value]], _lru_cache_wrapper[_Value]]:
    """Keep the last ``most`` answers of a function, as ``functools.lru_cache`` does.

    Every answer goes when scans are let go: it, and the scan it was made of, would otherwise
    stay until enough other work had been done to push it out.
    """

    def decorate(function: Callable[..., _Value]) -> _lru_cache_wrapper[_Value]:
        keeping = lru_cache(maxsize=most)(function)
        when_scans_go(keeping.cache_clear)
        return keeping

    return decorate


def when_scans_go(forget: Callable[[], None]) -> None:
    """Have ``forget`` called whenever scans are let go; for what a module keeps for good."""
    _LET_GO.append(forget)


def let_scans_go() -> None:
    """Forget all that was kept of scans; what is asked for again is worked out again."""
    for forget in tuple(_LET_GO):
        forget()
