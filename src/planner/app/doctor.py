"""Looks at the machine and the installation, and says in sentences what a plan may trip over."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from planner import __version__
from planner.app.display import has_display
from planner.app.log_file import log_folder
from planner.catalog import load_catalog
from planner.catalog.resource_files import resource_path
from planner.domain.errors import PlannerError
from planner.geometry.kernel_cache import cache_folder
from planner.settings import user_cache_folder, user_data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIB: Final = 1024**3

LEAST_MEMORY_GIB: Final = 8.0
"""Of a hospital machine that a scan of 512 x 512 x 600 is promised to open on."""

MEMORY_SLACK_GIB: Final = 1.0
"""A machine sold with 8 GiB keeps a part of it for graphics and firmware."""

LEAST_FREE_MEMORY_GIB: Final = 2.5
"""Free at the moment: what opening and outlining a scan of 512 x 512 x 600 takes."""

LEAST_DISK_GIB: Final = 2.0
"""Room for outlines, simulations and exports of a day; below it a save may fail."""

PROBE_PATIENCE_S: Final = 60.0

MARKS: Final = "Aéøßł Ωμ° Жя 患者 しん 환자"
"""Latin, Greek, Cyrillic, Chinese, Japanese and Korean, as names and notes may hold them."""


class Health(StrEnum):
    """How one thing is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at: a sentence for the user, numbers for whoever helps."""

    name: str
    health: Health
    sentence: str
    details: dict[str, str | float | bool] = field(default_factory=dict)


def examine() -> Iterator[Diagnosis]:
    """Look at one thing after another, worst surprises included; none of them ends the rest."""
    for name, look in _LOOKS.items():
        try:
            yield look()
        except PlannerError as error:
            yield Diagnosis(name=name, health=Health.BAD, sentence=str(error))
        except Exception as error:  # noqa: BLE001 - the border: what cannot be looked at is bad
            sentence = f"This could not be looked at: {type(error).__name__}: {error}."
            yield Diagnosis(name=name, health=Health.BAD, sentence=sentence)


def _program() -> Diagnosis:
    catalog = load_catalog()
    built = bool(getattr(sys, "frozen", False))
    details: dict[str, str | float | bool] = {
        "version": __version__,
        "python": sys.version.split()[0],
        "system": _system(),
        "built program": built,
        "resources": str(resource_path()),
        "devices": float(len(catalog.devices)),
        "rules": float(len(catalog.rules)),
    }
    kind = "the built program" if built else "a Python installation"
    sentence = f"planner {__version__} as {kind}; its data files are whole."
    return Diagnosis(name="program", health=Health.GOOD, sentence=sentence, details=details)


def _system() -> str:
    """Return system, release and processor, without the name of the computer."""
    import platform  # noqa: PLC0415 - only the doctor asks

    return f"{platform.system()} {platform.release()} {platform.machine()}"


def _tables() -> Diagnosis:
    """See whether the user's own tables can be read; they stand in for the shipped ones."""
    folder = user_data_folder()
    load_catalog(folder)
    sentence = "The user's own tables and settings can be read."
    if not folder.is_dir():
        sentence = "There are no tables or settings of the user's own."
    return Diagnosis(
        name="own tables", health=Health.GOOD, sentence=sentence, details={"folder": str(folder)}
    )


def _graphics() -> Diagnosis:
    found = _probed()
    if isinstance(found, str):
        return Diagnosis(name="graphics", health=Health.BAD, sentence=found)
    software = any(word in found["renderer"].lower() for word in ("llvmpipe", "softpipe", "swr"))
    by = found["renderer"] or "an unnamed renderer"
    health, sentence = Health.GOOD, f"The 3-D view is drawn by {by}."
    if found["platform"] == "offscreen":
        sentence += " There is no display here, so no window can open."
    if not found["drawn"]:
        health = Health.BAD
        sentence = f"The 3-D view stays empty with {by}; slices and numbers are not affected."
    elif software:
        health = Health.DOUBTFUL
        sentence += " That is the processor, not a graphics card: right, but slow to turn."
    return Diagnosis(name="graphics", health=health, sentence=sentence, details=found)


def _probed() -> dict[str, Any] | str:
    """Return what the probe says, or a sentence on why it says nothing."""
    asked = dict(os.environ)
    if not has_display():
        asked["QT_QPA_PLATFORM"] = "offscreen"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "planner.app.graphics_probe"],
            capture_output=True,
            timeout=PROBE_PATIENCE_S,
            check=False,
            env=asked,
        )
    except subprocess.TimeoutExpired:
        return "The graphics do not answer: drawing one triangle took over a minute."
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        last = said[-1] if said else "it said nothing"
        return (
            f"The graphics ended the process that draws (exit code {done.returncode}): {last}. "
            "The window may not open; install the system's graphics libraries or drivers."
        )
    return found


def _memory() -> Diagnosis:
    total, free = (size / GIB for size in memory_bytes())
    details: dict[str, str | float | bool] = {
        "total GiB": round(total, 1),
        "free GiB": round(free, 1),
    }
    health = Health.GOOD
    sentence = f"{total:.1f} GiB of memory, {free:.1f} GiB of it free."
    if total < LEAST_MEMORY_GIB - MEMORY_SLACK_GIB:
        health = Health.DOUBTFUL
        sentence += f" A scan of 600 fine slices needs a machine with {LEAST_MEMORY_GIB:g} GiB."
    elif free < LEAST_FREE_MEMORY_GIB:
        health = Health.DOUBTFUL
        sentence += " Close other programs before you open a large scan."
    return Diagnosis(name="memory", health=health, sentence=sentence, details=details)


def memory_bytes() -> tuple[int, int]:
    """Return the memory of this machine, and what of it is free for a new program."""
    if sys.platform == "win32":
        return _windows_memory()
    if sys.platform == "darwin":
        said = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "hw.memsize"], capture_output=True, text=True, check=True
        )
        page = os.sysconf("SC_PAGE_SIZE")
        vm = subprocess.run(["/usr/bin/vm_stat"], capture_output=True, text=True, check=True)
        pages = {
            line.split(":")[0]: int(line.split(":")[1].strip(" ."))
            for line in vm.stdout.splitlines()[1:]
            if line.rstrip().endswith(".")
        }
        free = pages.get("Pages free", 0) + pages.get("Pages inactive", 0)
        return int(said.stdout), free * page
    words = dict(
        line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines()
    )
    total, free = (int(words[one].split()[0]) * 1024 for one in ("MemTotal", "MemAvailable"))
    return total, free


def _windows_memory() -> tuple[int, int]:
    class _Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"size{number}", ctypes.c_ulonglong) for number in range(7)),
        )

    status = _Status()
    status.length = ctypes.sizeof(status)
    system: Any = ctypes
    if not system.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise OSError("Windows does not say how much memory there is")
    return int(status.size0), int(status.size1)


def _disk() -> Diagnosis:
    places = {
        "the user's data": user_data_folder(),
        "the cache": user_cache_folder(),
        "temporary files": Path(tempfile.gettempdir()),
    }
    free = {name: _room(folder) / GIB for name, folder in places.items()}
    details: dict[str, str | float | bool] = {
        f"{n}, GiB free": round(g, 1) for n, g in free.items()
    }
    tight = [f"{name} ({room:.1f} GiB)" for name, room in free.items() if room < LEAST_DISK_GIB]
    if tight:
        sentence = f"There is little room for {', '.join(tight)}; a save may fail. Make room."
        return Diagnosis(name="disk", health=Health.DOUBTFUL, sentence=sentence, details=details)
    least = min(free.values())
    return Diagnosis(
        name="disk",
        health=Health.GOOD,
        sentence=f"At least {least:.1f} GiB are free wherever the program writes.",
        details=details,
    )


def _room(folder: Path) -> int:
    """Return the free bytes where a folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _fonts() -> Diagnosis:
    pdf: Any = importlib.import_module("planner.report.pdf")
    missing = "".join(sorted(pdf.unprintable(MARKS)))
    if missing:
        sentence = (
            f"The report cannot draw {missing}; such characters are printed by their numbers. "
            "Install the program again: its fonts are not whole."
        )
        return Diagnosis(name="fonts", health=Health.BAD, sentence=sentence)
    sentence = "The report can draw Latin, Greek, Cyrillic, Chinese, Japanese and Korean."
    return Diagnosis(name="fonts", health=Health.GOOD, sentence=sentence)


def _cache() -> Diagnosis:
    folder = user_cache_folder()
    kernels = cache_folder("geometry").parent
    details: dict[str, str | float | bool] = {
        "folder": str(folder),
        "MiB": round(_size(folder) / 1024**2, 1),
        "kernels": str(kernels),
        "compiled kernels": float(sum(1 for _ in kernels.rglob("*.nbc"))),
    }
    if reason := unwritable(folder) or unwritable(kernels):
        sentence = (
            f"The cache cannot be written ({reason}): every start compiles its kernels anew and "
            "every opening outlines anew. Results are not affected."
        )
        return Diagnosis(name="cache", health=Health.DOUBTFUL, sentence=sentence, details=details)
    sentence = f"The cache can be written; it holds {details['MiB']} MiB and may be deleted."
    return Diagnosis(name="cache", health=Health.GOOD, sentence=sentence, details=details)


def unwritable(folder: Path) -> str:
    """Return why nothing can be written to a folder; empty when it can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def _log() -> Diagnosis:
    logs = sorted(log_folder().glob("*.txt"))
    sentence = "No run had anything to report."
    if logs:
        sentence = f"{len(logs)} runs had something to report, the last in {logs[-1].name}."
    return Diagnosis(
        name="log", health=Health.GOOD, sentence=sentence, details={"folder": str(log_folder())}
    )


def _self_test() -> Diagnosis:
    judging: Any = importlib.import_module("planner.session.judging")
    started = time.perf_counter()
    judging.tested_installation()
    seconds = time.perf_counter() - started
    return Diagnosis(
        name="self-test",
        health=Health.GOOD,
        sentence="Grey values, sides, millimetres and verdict are right on the built-in spine.",
        details={"seconds": round(seconds, 2)},
    )


_LOOKS: Final[dict[str, Callable[[], Diagnosis]]] = {
    "program": _program,
    "own tables": _tables,
    "graphics": _graphics,
    "memory": _memory,
    "disk": _disk,
    "fonts": _fonts,
    "cache": _cache,
    "log": _log,
    "self-test": _self_test,
}
