"""The log on disk: what failed and where in the program, never with whom or on which file.

A run that has nothing to say makes no file. What is written is the program's own sentences at
``WARNING`` and above; ``tests/app/test_log_file.py`` lists every one of them with what it fills
in, so that none may come to hold a name, a header or a path. The words of an exception are left
out, because they may quote a file; its type and the lines of the program it passed are not.
"""

from __future__ import annotations

import logging
import os
import platform
import time
import traceback
from typing import TYPE_CHECKING, Final

from planner import __version__
from planner.settings import user_cache_folder

if TYPE_CHECKING:
    from pathlib import Path

KEPT_FILES: Final = 20
"""Logs of this many runs are kept; older ones are removed when a new one is begun."""

_OURS: Final = "planner"


def log_folder() -> Path:
    """Return where the logs of runs are kept, one text file for each run that had to say."""
    return user_cache_folder() / "log"


def start_log(command: str) -> None:
    """Have what the program's own rooms report written to a file of this run."""
    log = logging.getLogger(_OURS)
    for handler in [one for one in log.handlers if isinstance(one, _RunLog)]:
        log.removeHandler(handler)
        handler.close()
    log.addHandler(_RunLog(command))


def where(error: BaseException) -> str:
    """Return the type of an exception and the lines it passed, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    passed = " < ".join(f"{_short(one.filename)}:{one.lineno}" for one in reversed(frames))
    return f"{type(error).__name__} at {passed or 'no line of Python'}"


def _short(filename: str) -> str:
    """Return the last two parts of a path: the room and the file, and nobody's home folder."""
    return "/".join(filename.replace("\\", "/").split("/")[-2:])


class _RunLog(logging.Handler):
    """Appends to a file that is made when there is something to write."""

    def __init__(self, command: str) -> None:
        super().__init__(logging.WARNING)
        self._path: Path | None = None
        self._head = (
            f"planner {__version__}, {command}, Python {platform.python_version()}, "
            f"{platform.system()} {platform.release()} {platform.machine()}\n"
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a log that cannot be written costs the program nothing."""
        line = f"{_utc(record.created)} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({where(record.exc_info[1])})"
        try:
            if self._path is None:
                self._path = _new_file()
                self._path.write_text(self._head, encoding="utf-8")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:  # the same line is on stderr; a full disk must not stop a plan
            return


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _new_file() -> Path:
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.txt"))[: -KEPT_FILES + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
