"""One typed way to compile a numba kernel."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numba
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., object]")


PACKAGE = Path(__file__).parents[1]

SHARED_ROOMS = ("geometry", "domain")
"""Rooms whose constants and kernels any other room may compile in."""


@cache
def cache_folder(room: str) -> Path:
    """Return where the compiled kernels of a room are kept.

    numba looks only at a kernel's own file, so a changed constant or helper in an imported file
    would leave an old kernel in use, and its numbers wrong in silence. The name of this folder
    holds a digest of every source the room's kernels can draw on. Where the user's cache cannot
    be written, kernels are compiled anew for this run.
    """
    digest = hashlib.sha256()
    for name in sorted({room, *SHARED_ROOMS}):
        for path in sorted((PACKAGE / name).rglob("*.py")):
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    own = os.environ.get("NUMBA_CACHE_DIR") or user_cache_path("planner") / "kernels"
    folder = Path(own) / f"{room}-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="planner-kernels-"))
    return folder


def _keep_beside_its_sources(function: Callable[..., object]) -> None:
    """Tell numba, which reads this when a function is decorated, where to keep the next kernel."""
    parts = function.__module__.split(".")
    if parts[0] == "planner":
        numba.config.CACHE_DIR = str(cache_folder(parts[1]))  # type: ignore[attr-defined]  # made at start


def kernel(function: _Kernel) -> _Kernel:
    """Compile ``function`` on first call, single-threaded, cached on disk, GIL released.

    No fast-math: NaN must stay NaN, because a comparison with NaN is what a rule catches.
    """
    _keep_beside_its_sources(function)
    return cast("_Kernel", numba.njit(cache=True, nogil=True)(function))


def dividing_kernel(function: _Kernel) -> _Kernel:
    """Compile like ``kernel``, but let a division by zero give infinity or NaN as numpy does.

    Python's check for zero keeps a loop from being vectorised; without it such loops run five
    times faster.
    """
    _keep_beside_its_sources(function)
    return cast("_Kernel", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def fused_kernel(function: _Kernel) -> _Kernel:
    """Compile like ``kernel``, but let a product and a sum be rounded once instead of twice.

    Nothing is assumed of NaN or infinity; only the last bit of a result may differ.
    """
    _keep_beside_its_sources(function)
    return cast("_Kernel", numba.njit(cache=True, nogil=True, fastmath={"contract"})(function))
