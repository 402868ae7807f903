"""What a user prefers, kept between runs. Never anything about a patient."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from planner.domain.errors import SaveFailedError

FILE_NAME = "preferences.json"
THEMES = ("dark", "light")
MOUSE_SCHEMES = ("PACS", "Slicer")
LONGEST_CODE = 8
"""Letters of the code of a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Every preference with its default.

    Attributes
    ----------
    names_hidden
        Whether the banner hides who the scan is of, for teaching.
    keys
        Keys chosen instead of the standard ones: action id and key.
    language
        Code of the language of the window, such as ``de``; empty for that of the computer.
    toured
        Whether the first-run tour was taken or declined.
    """

    theme: str = "dark"
    mouse: str = "PACS"
    names_hidden: bool = False
    keys: tuple[tuple[str, str], ...] = ()
    toured: bool = False
    language: str = ""

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise ValueError(f"no theme {self.theme!r}")
        if self.mouse not in MOUSE_SCHEMES:
            raise ValueError(f"no mouse scheme {self.mouse!r}")
        if str(self.language) != self.language or len(self.language) > LONGEST_CODE:
            raise ValueError(f"no language {self.language!r}")
        if not all(isinstance(answer, bool) for answer in (self.names_hidden, self.toured)):
            raise TypeError("names_hidden and toured are yes or no")
        if not all(isinstance(word, str) for pair in self.keys for word in pair):
            raise TypeError("an action id and a key are words")
        # A JSON file gives lists.
        object.__setattr__(self, "keys", tuple((action, key) for action, key in self.keys))


def load_preferences(folder: Path) -> Preferences:
    """Read the preferences; what is missing or cannot be right has its default.

    A preference is a comfort: a damaged file must never keep the window from opening.
    """
    try:
        stored = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Preferences()
    if not isinstance(stored, dict):
        return Preferences()
    kept: dict[str, Any] = {}
    for name in (field.name for field in fields(Preferences)):
        if name in stored:
            try:
                Preferences(**{name: stored[name]})
            except (TypeError, ValueError):
                continue
            kept[name] = stored[name]
    return Preferences(**kept)


def save_preferences(folder: Path, preferences: Preferences) -> None:
    """Write the preferences whole or not at all.

    Raises
    ------
    SaveFailedError
        When the file cannot be written; the old one is still there.
    """
    path = folder / FILE_NAME
    text = json.dumps(asdict(preferences), indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as failure:
        raise SaveFailedError(
            f"The preferences could not be written to {path} ({failure.strerror or failure}). "
            "They hold until the window is closed."
        ) from failure
