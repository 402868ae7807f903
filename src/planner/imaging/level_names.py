"""Reads which vertebra a segment or region of interest is, from the name somebody gave it."""

from __future__ import annotations

import re

from planner.domain.levels import Level

_NOT_A_WHOLE_VERTEBRA = re.compile(
    r"body|corpus|disc|disk|foram|canal|cord|root|nerve|lesion|tumou?r|gtv|ctv|ptv|zone|cement|"
    r"needle|pedicle|rib|muscle|endplate|wall",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![A-Za-z0-9])([CTLSctls])[ _-]?(1[0-3]|[1-9])(?![0-9A-Za-z])")
_PREFIXED = re.compile(r"vertebrae?[ _-]?([CTLSctls])(1[0-3]|[1-9])(?![0-9])", re.IGNORECASE)
_WORDS = {"cervical": "C", "thoracic": "T", "lumbar": "L", "sacral": "S"}
_SPELT = re.compile(
    r"(1[0-3]|[1-9])(?:st|nd|rd|th) (cervical|thoracic|lumbar|sacral)", re.IGNORECASE
)


def level_named(name: str) -> Level | None:
    """Return the level of a whole vertebra by its name, ``None`` for anything else.

    ``L3``, ``L3 vertebra``, ``vertebrae_L3``, ``3rd lumbar vertebra`` and ``sacrum`` are read.
    """
    if _NOT_A_WHOLE_VERTEBRA.search(name):
        return None
    if name.strip().lower() in ("sacrum", "vertebrae_sacrum"):
        return Level.S1
    if found := _SPELT.search(name):
        return _level(_WORDS[found[2].lower()], found[1])
    found = _PREFIXED.search(name) or _NAME.search(name)
    return _level(found[1].upper(), found[2]) if found else None


def _level(letter: str, number: str) -> Level | None:
    text = f"{letter}{number}"
    return Level(text) if text in Level.__members__ else None
