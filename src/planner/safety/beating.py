"""Says that a check goes on, so that silence means that it hangs."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _unheard(_next_s: float) -> None:
    """Tell nobody that the check goes on."""


_LISTENER: ContextVar[Callable[[float], None]] = ContextVar("listener", default=_unheard)


@contextmanager
def heard_by(listener: Callable[[float], None]) -> Iterator[None]:
    """Have ``listener`` called at every beat of the work inside, with what the next may take."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def beat(next_s: float = 0.0) -> None:
    """Say that a piece of work is done, and how long the next may take where it is a large one."""
    _LISTENER.get()(next_s)
