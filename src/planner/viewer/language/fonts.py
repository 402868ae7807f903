"""Chinese characters on the screen where the system has none."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PySide6.QtGui import QFontDatabase

CJK_PACKAGE: Final = "noto_cjk_sans_otc"
"""The package whose font the report embeds too."""

CJK_FAMILY: Final = "Noto Sans CJK SC"


def load_chinese_font() -> bool:
    """Load a font with Chinese characters, unless the system has one; tell whether there is one.

    The file is 19 MB; it is opened for Chinese only.
    """
    system = QFontDatabase.WritingSystem.SimplifiedChinese
    if QFontDatabase.families(system):
        return True
    package = find_spec(CJK_PACKAGE)
    if package is None or package.origin is None:
        return False
    files = sorted(Path(package.origin).parent.rglob("*.otc"))
    return any(QFontDatabase.addApplicationFont(str(file)) >= 0 for file in files)
