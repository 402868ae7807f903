"""One typed way to compile a numba kernel, on its first call.

Nothing of numba is imported before: the window is on the screen long before it shows a slice.
"""

from __future__ import annotations

import sys
import threading
import time
from functools import cache, update_wrapper
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_Kernel = TypeVar("_Kernel", bound="Callable[..., object]")


_ONCE: Final = threading.RLock()
_LOADING_SINCE_S: list[float] = []


class LazyKernel:
    """A function that is compiled, or read from the cache, when it is first called.

    Other kernels may call it: :mod:`planner.geometry.compiling` tells numba what these are.
    """

    def __init__(self, function: Callable[..., object], options: dict[str, Any]) -> None:
        update_wrapper(self, function)
        self._function, self._options = function, options
        self._dispatcher: Any = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the compiled function."""
        return (self._dispatcher or self.dispatcher())(*given, **named)

    def __getattr__(self, name: str) -> Any:
        """Return what numba knows of it, as ``signatures`` and ``stats``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.dispatcher(), name)

    def dispatcher(self) -> Any:
        """Return numba's own object, which is made at the first call."""
        with _ONCE:
            if self._dispatcher is None:
                self._dispatcher = _compiling().compiled(self._function, self._options)
            return self._dispatcher


@cache
def _compiling() -> ModuleType:
    """Import numba and all that is told to it; who watches for silence must know."""
    _LOADING_SINCE_S.append(time.monotonic())
    try:
        from planner.geometry import compiling  # noqa: PLC0415 - with the first kernel

        compiling.let_call_each_other(LazyKernel)
    finally:
        _LOADING_SINCE_S.pop()
    return compiling


def compiling_for_s() -> float:
    """Return for how long a kernel is being read or compiled now, in whatever thread; or 0."""
    if since := next(iter(_LOADING_SINCE_S), None):
        return time.monotonic() - since
    compiling = sys.modules.get("planner.geometry.compiling")
    return 0.0 if compiling is None else float(compiling.CLOCK.busy_for_s())


def kernel(function: _Kernel) -> _Kernel:
    """Compile ``function`` on first call, single-threaded, cached on disk, GIL released.

    No fast-math: NaN must stay NaN, because a comparison with NaN is what a rule catches.
    """
    return cast("_Kernel", LazyKernel(function, {}))


def dividing_kernel(function: _Kernel) -> _Kernel:
    """Compile like ``kernel``, but let a division by zero give infinity or NaN as numpy does.

    Python's check for zero keeps a loop from being vectorised; without it such loops run five
    times faster.
    """
    return cast("_Kernel", LazyKernel(function, {"error_model": "numpy"}))


def fused_kernel(function: _Kernel) -> _Kernel:
    """Compile like ``kernel``, but let a product and a sum be rounded once instead of twice.

    Nothing is assumed of NaN or infinity; only the last bit of a result may differ.
    """
    return cast("_Kernel", LazyKernel(function, {"fastmath": {"contract"}}))
