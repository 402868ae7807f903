"""Writes a file so that it is always either the whole old or the whole new one."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from planner.domain.errors import SaveFailedError

DRAFT_SUFFIX = ".part"

ABANDONED_S = 600.0
"""A draft this old belongs to no save that is under way."""


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a draft beside ``path``, force it to disk, then give it the name in one step.

    Parameters
    ----------
    private
        Whether a new file may be read by its owner alone.

    Raises
    ------
    SaveFailedError
        When the file could not be written; what was there before is still there.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}{DRAFT_SUFFIX}")
    try:
        try:
            with draft.open("xb") as file:
                if private:
                    draft.chmod(0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as failure:
        raise SaveFailedError(
            f"{path.name} could not be saved in {path.parent} ({failure.strerror or failure}). "
            "The file that was there before is unchanged. Free some space or choose another "
            "folder, and save again."
        ) from failure
    _sync_folder(target.parent)
    _sweep(target)


def _sweep(target: Path) -> None:
    """Remove old drafts of a file whose program was killed while it saved.

    They are copies of what is in the file or about to be, so failing to remove them loses nothing.
    """
    with suppress(OSError):
        for draft in target.parent.glob(f".{glob.escape(target.name)}.*{DRAFT_SUFFIX}"):
            if time.time() - draft.stat().st_mtime > ABANDONED_S:
                draft.unlink()


def _sync_folder(folder: Path) -> None:
    """Ask that the renaming survives a power cut.

    Some file systems refuse (and Windows has no such call). The new file is whole and in place
    by then, so a refusal is not a failed save.
    """
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
