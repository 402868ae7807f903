"""Where compiled kernels are kept, and for which processors they were made; no numba."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

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
    from llvmlite.binding import get_host_cpu_features  # noqa: PLC0415 - with the first kernel

    features = get_host_cpu_features()
    return all(features.get(one) for one in SHIPPED_NEED)


def compile_as_shipped() -> None:
    """Compile for the processors that the shipped kernels are for, so that those are found.

    Does nothing in a checkout, and on a processor that could not run them.
    """
    import numba  # noqa: PLC0415 - with the first kernel

    if SHIPPED.is_dir() and _runs_what_is_shipped():
        config: Any = numba.config
        config.CPU_NAME, config.CPU_FEATURES = SHIPPED_FOR, ""
