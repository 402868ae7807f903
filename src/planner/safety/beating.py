"""Says that a check goes on, so that silence means that it hangs."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _unheard() -> None:
    """Tell nobody that the check goes on."""


_LISTENER: ContextVar[Callable[[], None]] = ContextVar("listener", default=_unheard)


@contextmanager
def heard_by(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called at every beat of the work inside."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def beat() -> None:
    """Say that a piece of work is done; pieces take some tenths of a second at most."""
    _LISTENER.get()()
