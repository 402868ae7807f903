"""A file that a running process holds, so that others see that it is alive."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def hold(path: Path) -> IO[bytes]:
    """Make ``path`` and hold it until the answer is closed or the process ends in any way.

    Raises
    ------
    OSError
        When it cannot be made, or somebody else holds it.
    """
    file = path.open("ab")
    try:
        _take(file)
    except OSError:
        file.close()
        raise
    return file


def is_held(path: Path) -> bool:
    """Tell whether a living process holds ``path``."""
    if not path.exists():
        return False
    try:
        hold(path).close()
    except OSError:
        return True
    return False
