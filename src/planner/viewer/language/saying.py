"""Says an English sentence in another language, whole or not at all. Knows no Qt."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from planner.catalog.wordbook import SLOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog.wordbook import Wordbook

REMEMBERED: Final = 8192
"""Sentences kept as they were said; a drag makes some dozens of new ones in a second."""

LONGEST: Final = 4000
"""A longer line is no sentence of ours; it stands as it is."""

LEVEL: Final = r"(?:C[1-7]|T1[0-3]|T[1-9]|L[1-6]|S[1-5])"
LEVELS: Final = rf"{LEVEL}(?:(?:-|–|/|, | to | and ){LEVEL})*"
NUMBER: Final = r"[-+−±]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_LEVELS: Final = re.compile(LEVELS)
_DECIMAL: Final = re.compile(r"(?<![\w.,])([-+−±]?\d+)\.(\d+)(?!\.?\d)")
_FACTS: Final = re.compile(rf"(?<![A-Za-z0-9]){LEVEL}(?![A-Za-z0-9])|\d+(?:[.,]\d+)?")
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_UNITS: Final = (
    "mm²|mm³|cm³|mm|cm|mL|ml|HU|°C|°|W|s|min|h|kg|mg|Gy|CEM43|kV|mA|kN|MPa|Pa|G|K|J|px|%|PDF|CT"
    "|MR|PACS|INR|VAS|ECOG|SINS|ESCC|ISRC|DICOM|NIfTI|NRRD|STL|UID|D|MIP|PMMA|RF|MWA|AP|X|L/P|LPS"
    "|RAI|CO2|D5W"
)
_NEUTRAL: Final = re.compile(
    rf"(?:{LEVEL}(?!\d)|[A-Z]\d\d?(?!\d)|{_UNITS}|[A-Z]{{2,}}(?:-[A-Z0-9]+)+|[RLAPSIHF](?![A-Za-z])"
    r"|e(?=[-+]\d)|[\W\d_])*+"
)
"""Numbers, units, levels, codes of rules and signs: the same in every language."""

_HEAD: Final = re.compile(r"[\s·⚠✓•▸–—]*")
_SEPARATORS: Final = (". ", " · ", "  ", "; ", " — ", " | ", ": ", ", ", " (", ")", " / ", " + ")
_STOPS: Final = (".", ":", "…", "?", "!", ",")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with places to fill."""

    english: str
    shown: str
    fixed: int
    """How many letters of it are fixed: the one with most is the one that is meant."""


class Saying:
    """One language; ``said`` is all that others need."""

    def __init__(self, book: Wordbook) -> None:
        self._book = book
        self._sentences: Mapping[str, str] = book.sentences
        self._templates = _templates(book.sentences)
        self._is_english = not book.sentences
        self.said = lru_cache(REMEMBERED)(self._as_it_is if self._is_english else self._said)
        self._tried = lru_cache(REMEMBERED)(self._try)

    def _said(self, text: str) -> str:
        """Return ``text`` in this language, line by line; a line that is not known stays.

        A line is said whole or left in English whole. Its numbers and levels are counted
        afterwards: should one be missing, the English stands.
        """
        return "\n".join(map(self._line, text.split("\n")))

    def _as_it_is(self, text: str) -> str:
        return text

    def _line(self, line: str) -> str:
        if not line or len(line) > LONGEST:
            return line
        found = self._tried(line)
        if found is None or _facts(found, self._book.decimal) != _facts(line, "."):
            return line
        return found

    def number(self, text: str) -> str:
        """Return ``text`` with the decimal sign of this language."""
        return _DECIMAL.sub(rf"\1{self._book.decimal}\2", text)

    def _try(self, text: str) -> str | None:
        found = self._one(text)
        return self._parts(text) if found is None else found

    def _one(self, text: str) -> str | None:
        """Say what is one sentence, one word or one number."""
        exact = self._sentences.get(text)
        if exact is not None:
            return exact
        if text in self._book.kept:
            return text
        if _LEVELS.fullmatch(text):
            return self.said_levels(text)
        if _NEUTRAL.fullmatch(text):
            return self.number(text)
        found = self._filled(text)
        if found is None:
            found = self._trimmed(text)
        return found

    def _trimmed(self, text: str) -> str | None:
        """Say a sentence that differs from a known one in its ends or its first letter."""
        head = _HEAD.match(text)
        if head and head.end():
            return self._after(text[: head.end()], text[head.end() :])
        if text != text.rstrip():
            core = text.rstrip()
            return self._before(core, text[len(core) :])
        for stop in _STOPS:
            if text.endswith(stop):
                return self._before(text[: -len(stop)], self._book.stops.get(stop, stop))
        if text[-1:].isalnum() or text.endswith(")"):
            for stop in (".", "…"):
                whole = self._sentences.get(text + stop) or self._filled(text + stop)
                if whole is not None:
                    return whole.removesuffix(self._book.stops.get(stop, stop))
        if text[:1].isupper() and (low := self._sentences.get(text[0].lower() + text[1:])):
            return low[:1].upper() + low[1:]
        return None

    def _after(self, head: str, rest: str) -> str | None:
        found = self._tried(rest)
        return None if found is None else head + found

    def _before(self, core: str, end: str) -> str | None:
        found = self._tried(core)
        return None if found is None else found + end

    def _filled(self, text: str) -> str | None:
        """Say a sentence by a template whose fixed words it has."""
        seen = set(_WORD.findall(text))
        candidates = {one for word in seen for one in self._templates.get(word, ())}
        candidates.update(self._templates.get("", ()))
        for one in sorted(candidates, key=lambda one: (-one.fixed, one.shown)):
            if text.endswith(".") and not one.english.endswith("."):
                continue  # the full stop is of the sentence, not of what fills its last place
            match = _pattern(one.english).fullmatch(text)
            if match is None:
                continue
            if any(". " in part for part in match.groupdict().values()):
                # A name may hold a full stop; what is several sentences is not one name.
                apart = self._parts(text)
                if apart is not None:
                    return apart
            filled = {name: self._filling(name, part) for name, part in match.groupdict().items()}
            known = {name: part for name, part in filled.items() if part is not None}
            if len(known) == len(filled):
                return one.shown.format(**known)
        return None

    def _filling(self, name: str, part: str) -> str | None:
        if name.startswith("name"):
            return part
        if name.startswith("level"):
            return self.said_levels(part)
        return self.number(part) if _is_number(name) else self._tried(part)

    def said_levels(self, levels: str) -> str:
        """Return a range or a list of levels; only the word between them differs."""
        for word in (" to ", " and "):
            levels = levels.replace(word, self._sentences.get(word, word))
        return levels

    def _parts(self, text: str) -> str | None:
        """Say a text of several sentences or words, all of them or none."""
        for separator in _SEPARATORS:
            place = text.find(separator)
            while place >= 0:
                # A full stop belongs to the sentence before it.
                keeps = 1 if separator == ". " else 0
                head, tail = text[: place + keeps], text[place + len(separator) :]
                first = self._one(head) if head else ""
                if first is not None:
                    rest = self._tried(tail) if tail else ""
                    if rest is not None:
                        return first + self._between(separator, keeps) + rest
                place = text.find(separator, place + 1)
        return None

    def _between(self, separator: str, keeps: int) -> str:
        said = self._book.stops.get(separator)
        if said is None:
            return separator[keeps:]
        return "" if keeps else said


def _templates(sentences: Mapping[str, str]) -> dict[str, list[Template]]:
    """Return every sentence with places by its longest fixed word."""
    made: dict[str, list[Template]] = defaultdict(list)
    for english, shown in sentences.items():
        if SLOT.search(english):
            fixed = SLOT.sub("\0", english)
            words = sorted(_WORD.findall(fixed), key=lambda word: (-len(word), word))
            made[words[0] if words else ""].append(
                Template(english, shown, len(fixed.replace("\0", "")))
            )
    return dict(made)


@cache
def _pattern(english: str) -> re.Pattern[str]:
    """Return what a filled sentence looks like; made when it is first asked for."""
    pieces, at = [], 0
    for slot in SLOT.finditer(english):
        pieces += [re.escape(english[at : slot.start()]), f"(?P<{slot[1]}>{_what(slot[1])})"]
        at = slot.end()
    return re.compile("".join((*pieces, re.escape(english[at:]))), re.DOTALL)


def _is_number(name: str) -> bool:
    return re.fullmatch(r"n\d*", name) is not None


def _what(name: str) -> str:
    """Return what may fill a place; only a name or a list goes on beyond one sentence."""
    if _is_number(name):
        return NUMBER
    if name.startswith("level"):
        return LEVELS
    return r".+?" if name.startswith(("name", "list")) else r"(?:(?!; |\. ).)+?"


def _facts(text: str, decimal: str) -> list[str]:
    """Return every number and level of a text, sorted: none may be lost or added."""
    return sorted(fact.replace(decimal, ".") for fact in _FACTS.findall(text))
