"""A small archive of text files for whoever helps: readable, and without patients or persons.

It is made of what the doctor saw, the versions of the packages and the logs of the program. It
never opens a scan, a plan, an export or the settings of an archive, so nothing of them can be in
it. The user's home folder and name are taken out of every path.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import zipfile
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final

from planner import __version__
from planner.app.log_file import log_folder
from planner.domain.errors import SaveFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.app.doctor import Diagnosis

SHORTEST_NAME: Final = 3
"""A user name shorter than this would take harmless letters out of every word."""

READ_ME: Final = f"""Diagnostic bundle of planner {__version__}

Every file in this archive is plain text. Read them before you send them; delete what you do not
want to give away. It was made without opening any scan, plan, export or archive setting. Your
home folder is written ~ and your user name <user>.

doctor.txt    what 'planner doctor' said of this machine
doctor.json   the same with its numbers
packages.txt  the packages of this installation
log/          what the program's own rooms reported in earlier runs: times, kinds of faults and
              lines of the program; no file name of yours, no header of a scan
"""


def write_bundle(path: Path, diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    """Write the archive whole or not at all; return the names of the files in it.

    Raises
    ------
    SaveFailedError
        When it cannot be written; what was there before is untouched.
    """
    texts = {name: nameless(text) for name, text in _texts(diagnoses)}
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "unknown error"
        raise SaveFailedError(
            f"The bundle could not be written to {path}: {reason}. Choose another folder."
        ) from error
    return tuple(texts)


def as_lines(diagnoses: Iterable[Diagnosis]) -> str:
    """Lay out what the doctor saw for a person."""
    return "\n".join(f"{one.name:<11} {one.health:<9} {one.sentence}" for one in diagnoses)


def nameless(text: str) -> str:
    """Return a text without the user's home folder and name."""
    home = str(Path.home())
    spellings = {home, home.replace("\\", "\\\\"), Path(home).as_posix()}
    for one in sorted(spellings - {"", "/"}, key=len, reverse=True):
        text = text.replace(one, "~")
    user = _user()
    if len(user) >= SHORTEST_NAME:
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(user)}(?![A-Za-z0-9])", "<user>", text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user that the system has no name for
        return ""


def _texts(diagnoses: Sequence[Diagnosis]) -> Iterable[tuple[str, str]]:
    yield "README.txt", READ_ME
    yield "doctor.txt", as_lines(diagnoses) + "\n"
    document = [asdict(one) for one in diagnoses]
    yield "doctor.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    packages = {f"{one.metadata['Name']} {one.version}" for one in distributions()}
    yield "packages.txt", "\n".join(sorted(packages, key=str.lower)) + "\n"
    for log in sorted(log_folder().glob("*.txt")):
        yield f"log/{log.name}", log.read_text(encoding="utf-8", errors="replace")
