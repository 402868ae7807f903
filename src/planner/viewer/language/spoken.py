"""The language of this process: chosen once, before the first window is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from planner.catalog.wordbook import ENGLISH, Wordbook, load_wordbook
from planner.viewer.language.saying import Saying

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPOKEN = [Saying(Wordbook())]
_CHOSEN = [Wordbook()]

_OF_SYSTEM = {
    QLocale.Language.English: ENGLISH,
    QLocale.Language.German: "de",
    QLocale.Language.Chinese: "zh",
}


def speak(code: str) -> None:
    """Speak another language from now on; what is on the screen already stays as it is.

    Raises
    ------
    InputRefusedError
        When the catalogue cannot be read.
    """
    _CHOSEN[0] = load_wordbook(code)
    _SPOKEN[0] = Saying(_CHOSEN[0])


def spoken() -> Wordbook:
    """Return the language that is spoken."""
    return _CHOSEN[0]


def said(text: str) -> str:
    """Return an English sentence as it stands on the screen; one that is not known stays."""
    return _SPOKEN[0].said(text)


def all_said(texts: Iterable[str]) -> list[str]:
    """Return several."""
    return [said(text) for text in texts]


def verbatim(text: str) -> str:
    """Return a name, a path or what a person typed: it is never translated."""
    return text


def shown_number(text: str) -> str:
    """Return a number with the decimal sign of the language."""
    return _SPOKEN[0].number(text)


def language_of(locale: QLocale) -> str:
    """Return the language of the catalogue that a computer's own settings ask for.

    The Chinese of the catalogue is written in simplified characters; who reads traditional ones
    gets English until they choose.
    """
    if locale.script() == QLocale.Script.TraditionalHanScript:
        return ENGLISH
    return _OF_SYSTEM.get(locale.language(), ENGLISH)
