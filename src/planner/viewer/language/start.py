"""Chooses the language when the program starts, before anything stands on the screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from planner.catalog.wordbook import ENGLISH, language_names
from planner.viewer.language.fonts import load_chinese_font
from planner.viewer.language.spoken import language_of, said, speak

CHINESE = "zh"

OF_BUTTONS = frozenset(
    {"QPlatformTheme", "QDialogButtonBox", "QMessageBox", "QInputDialog", "QFileDialog"}
    | {"QLineEdit", "QWidgetTextControl", "QAbstractSpinBox"}
)
"""Parts of Qt whose words are translated. Names of keys are none of them: a shortcut is read back
by its name, and the key Left is no side."""


class QtWords(QTranslator):
    """Lets Qt's own words, such as those of its buttons, come from our catalogue too."""

    def isEmpty(self) -> bool:
        """Tell Qt to ask, though no file was loaded."""
        return False

    def translate(
        self, context: str, text: str, _disambiguation: str | None = None, _n: int = -1
    ) -> str:
        """Return what stands for a word of Qt; its mark for a key is left out."""
        if context not in OF_BUTTONS:
            return text
        bare = text.replace("&", "")
        found = said(bare)
        return text if found == bare else found


def start_speaking(application: QCoreApplication, chosen: str, system: QLocale) -> str:
    """Speak the language that was chosen, else that of the computer; return its code.

    Numbers are written and read by our own boxes; Qt's locale is set to the one without signs
    that group, so that nothing reads a point as one.

    Raises
    ------
    InputRefusedError
        When the catalogue cannot be read.
    """
    QLocale.setDefault(QLocale.c())
    code = chosen or language_of(system)
    code = code if code in language_names() else ENGLISH
    if code == CHINESE and not load_chinese_font():
        code = ENGLISH
    speak(code)
    if code != ENGLISH:
        words = QtWords(application)
        application.installTranslator(words)
    return code
