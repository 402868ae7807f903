"""One typed way to compile a numba kernel."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numba
from llvmlite.binding import get_host_cpu_features
from numba.core import event
from numba.core.caching import UserProvidedCacheLocator
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., object]")


PACKAGE = Path(__file__).parents[1]

SHIPPED = PACKAGE / "_kernels"
"""Kernels compiled when the program was built, a folder for each room; a checkout has none."""

SHIPPED_FOR: Final = "x86-64-v3"
"""The processors they run on: level 3 of the x86-64 psABI, made since 2013."""

SHIPPED_NEED: Final = (
    "avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf",
    "sse4.1", "sse4.2", "ssse3", "xsave",
)  # fmt: skip
"""What that level means, in the words of LLVM."""

SHARED_ROOMS = ("geometry", "domain")
"""Rooms whose constants and kernels any other room may compile in."""


@cache
def cache_folder(room: str) -> Path:
    """Return where the compiled kernels of a room are kept.

    numba looks only at a kernel's own file, so a changed constant or helper in an imported file
    would leave an old kernel in use, and its numbers wrong in silence. The name of this folder
    holds a digest of every source the room's kernels can draw on. Where the user's cache cannot
    be written, kernels are kept for this run only. A folder that is not there yet begins with what
    was compiled when the program was built.
    """
    digest = hashlib.sha256()
    for name in sorted({room, *SHARED_ROOMS}):
        for path in sorted((PACKAGE / name).rglob("*.py")):
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    own = os.environ.get("NUMBA_CACHE_DIR") or user_cache_path("planner") / "kernels"
    folder = Path(own) / f"{room}-{digest.hexdigest()[:16]}"
    try:
        _begin(folder)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="planner-kernels-")) / folder.name
        _begin(folder)
    return folder


def _begin(folder: Path) -> None:
    """Make the folder of a room, whole or not at all: two programs may start at once."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    shipped = SHIPPED / folder.name
    if not (shipped.is_dir() and _runs_what_is_shipped()):
        folder.mkdir(exist_ok=True)
        return
    partial = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        shutil.copytree(shipped, partial, dirs_exist_ok=True, copy_function=shutil.copyfile)
        partial.rename(folder)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not folder.is_dir():  # otherwise the other program was faster
            raise


@cache
def _runs_what_is_shipped() -> bool:
    features = get_host_cpu_features()
    return all(features.get(one) for one in SHIPPED_NEED)


def compile_as_shipped() -> None:
    """Compile for the processors that the shipped kernels are for, so that those are found.

    Does nothing in a checkout, and on a processor that could not run them.
    """
    if SHIPPED.is_dir() and _runs_what_is_shipped():
        config: Any = numba.config
        config.CPU_NAME, config.CPU_FEATURES = SHIPPED_FOR, ""


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


_CLOCK: Final = _CompilerClock()
event.register("numba:compiler_lock", _CLOCK)  # type: ignore[no-untyped-call]  # no types


def compiling_for_s() -> float:
    """Return for how long a kernel is being read or compiled now, in whatever thread; or 0."""
    return _CLOCK.busy_for_s()


compile_as_shipped()


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
