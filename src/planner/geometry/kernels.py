"""One typed way to compile a numba kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., object]")


def kernel(function: _Kernel) -> _Kernel:
    """Compile ``function`` on first call, single-threaded, cached on disk, GIL released.

    No fast-math: NaN must stay NaN, because a comparison with NaN is what a rule catches.
    """
    return cast("_Kernel", numba.njit(cache=True, nogil=True)(function))


def dividing_kernel(function: _Kernel) -> _Kernel:
    """Compile like ``kernel``, but let a division by zero give infinity or NaN as numpy does.

    Python's check for zero keeps a loop from being vectorised; without it such loops run five
    times faster.
    """
    return cast("_Kernel", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
