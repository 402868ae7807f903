"""The catalogue of sentences: English, and what stands for it in each language of the window."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENGLISH: Final = "en"
FOLDER: Final = "i18n"
LANGUAGES_FILE: Final = "languages.toml"
NAMES_FILE: Final = "names.toml"
SLOT: Final = re.compile(r"\{(\w+)\}")
"""A place in a sentence that is filled: ``{n}``, ``{level}``, ``{name}`` or anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordbook:
    """One language.

    Attributes
    ----------
    code
        ``en``, ``de``, ``zh``: how the catalogue and the preferences name it.
    name
        What its speakers call it.
    decimal
        The sign between whole and parts.
    stops
        Punctuation that is written otherwise, by the English one.
    left, right
        Regular expressions of every word for a side; a test holds each sentence to them.
    sentences
        By the English sentence.
    kept
        Names that stand in every language as they are, such as those of devices.
    """

    code: str = ENGLISH
    name: str = "English"
    decimal: str = "."
    left: str = "left"
    right: str = "right"
    stops: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


def language_names(folder: Path | None = None) -> dict[str, str]:
    """Return every language by its code, each named in itself, English first."""
    file = Section.of_file((folder or resource_path(FOLDER)) / LANGUAGES_FILE)
    return {ENGLISH: Wordbook().name} | {
        code: file.section(code).text("name") for code in file.values
    }


def load_wordbook(code: str, folder: Path | None = None) -> Wordbook:
    """Read one language of the catalogue.

    Raises
    ------
    InputRefusedError
        When a file cannot be read, or what stands for a sentence has not the same places to fill:
        a number that is lost on the way is worse than English.
    """
    if code == ENGLISH:
        return Wordbook()
    folder = folder or resource_path(FOLDER)
    languages = Section.of_file(folder / LANGUAGES_FILE)
    if code not in languages.values:
        languages.refuse(f"there is no language {code!r}")
    about = languages.section(code)
    about.refuse_other_keys(("name", "decimal", "left", "right", "stops"))
    stops = about.section("stops")
    sentences: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name not in (LANGUAGES_FILE, NAMES_FILE):
            _read(Section.of_file(path), code, set(languages.values), sentences)
    names = Section.of_file(folder / NAMES_FILE)
    return Wordbook(
        code=code,
        name=about.text("name"),
        decimal=about.text("decimal"),
        left=about.text("left"),
        right=about.text("right"),
        stops={sign: stops.text(sign) for sign in stops.values},
        sentences=sentences,
        kept=frozenset(str(name) for kind in names.values.values() for name in _list(kind)),
    )


def _list(values: object) -> list[object]:
    return values if isinstance(values, list) else []


def _read(file: Section, code: str, known: set[str], sentences: dict[str, str]) -> None:
    for english in file.values:
        entry = file.section(english)
        entry.refuse_other_keys(known)
        if code not in entry.values:
            continue
        shown = entry.text(code)
        if sorted(SLOT.findall(english)) != sorted(SLOT.findall(shown)):
            entry.refuse(f"{code} must have the same places to fill as the English sentence")
        sentences.setdefault(english, shown)
