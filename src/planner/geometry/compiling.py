"""What numba is told: where kernels are kept, for which processors, and which objects they are.

Imported with the first kernel that is called, by :mod:`planner.geometry.kernels`, because
numba takes longer to import than the window to be built.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numba
from numba.core import event, types
from numba.core.caching import UserProvidedCacheLocator
from numba.extending import typeof_impl

from planner.geometry.kernel_cache import PACKAGE, cache_folder, compile_as_shipped

if TYPE_CHECKING:
    from collections.abc import Callable


class BesideItsSources(UserProvidedCacheLocator):
    """Keeps a kernel by its place in the package, wherever the package itself lies.

    numba's own locator takes in the path of the installation, which differs at each start of an
    AppImage, and the program file of a built program in place of the source. The name of the
    folder already holds a digest of all sources; numba finds this class by ``LOCATOR``.
    """

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)  # type: ignore[no-untyped-call]  # numba has no types
        self._stamp = Path(numba.config.CACHE_DIR).name  # type: ignore[attr-defined]  # made at start
        if PACKAGE in Path(file).parents:
            place = "-".join(Path(file).parent.relative_to(PACKAGE).parts)
            self._cache_path = str(Path(numba.config.CACHE_DIR) / place)  # type: ignore[attr-defined]  # made at start

    def get_source_stamp(self) -> str:
        """Return what changes when any source of the room does."""
        return self._stamp


LOCATOR: Final = f"{__name__}.{BesideItsSources.__name__}"


def _keep_beside_its_sources(function: Callable[..., object]) -> None:
    """Tell numba, which reads this when a function is decorated, where to keep the next kernel."""
    parts = function.__module__.split(".")
    if parts[0] == "planner":
        config: Any = numba.config
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = str(cache_folder(parts[1])), LOCATOR


class _CompilerClock(event.Listener):
    """Knows since when numba reads or compiles a kernel; it does one at a time."""

    def __init__(self) -> None:
        self._depth = 0
        self._since_s = 0.0

    def on_start(self, event: event.Event) -> None:  # noqa: ARG002 - numba's signature
        if self._depth == 0:
            self._since_s = time.monotonic()
        self._depth += 1

    def on_end(self, event: event.Event) -> None:  # noqa: ARG002 - numba's signature
        self._depth -= 1

    def busy_for_s(self) -> float:
        return time.monotonic() - self._since_s if self._depth else 0.0


CLOCK: Final = _CompilerClock()
event.register("numba:compiler_lock", CLOCK)  # type: ignore[no-untyped-call]  # no types


def let_call_each_other(kind: type[Any]) -> None:
    """Let kernels call others of a ``kind`` that makes its dispatcher when it is asked for it.

    numba meets them as globals of a module.
    """

    @typeof_impl.register(kind)
    def type_of_kernel(found: Any, _context: Any) -> Any:
        return types.Dispatcher(found.dispatcher())


def compiled(function: Callable[..., object], options: dict[str, Any]) -> Any:
    """Return numba's object for a function; it is compiled for the types of each first call."""
    _keep_beside_its_sources(function)
    return numba.njit(cache=True, nogil=True, **options)(function)


compile_as_shipped()
