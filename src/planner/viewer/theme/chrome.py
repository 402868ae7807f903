"""The calm around the pictures: palettes, type and one style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QPalette

from planner.catalog import resource_path

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True, kw_only=True)
class Chrome:
    """Colours of one theme. Pictures keep a dark ground in both.

    ``faint`` is still text to be read; ``off`` is only for what cannot be used now.
    """

    ground: str
    surface: str
    raised: str
    hover: str
    line: str
    text: str
    quiet: str
    faint: str
    off: str
    accent: str
    on_accent: str


DARK = Chrome(
    ground="#0F1318",
    surface="#161B22",
    raised="#1E252E",
    hover="#28323E",
    line="#2A333E",
    text="#E3E9EF",
    quiet="#9AA7B4",
    faint="#8D9AA8",
    off="#64717E",
    accent="#5AA9E6",
    on_accent="#08131D",
)
LIGHT = Chrome(
    ground="#DDE2E7",
    surface="#F4F6F8",
    raised="#FFFFFF",
    hover="#E6ECF2",
    line="#C9D1D9",
    text="#17202A",
    quiet="#51606E",
    faint="#586573",
    off="#8795A3",
    accent="#1A62A0",
    on_accent="#FFFFFF",
)
THEMES = {"dark": DARK, "light": LIGHT}

_SHEET = Template("""
* { outline: none; }
QMainWindow, QDialog { background: $ground; }
QWidget { color: $text; font-size: 13px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 6px 8px; }
#panel { background: $surface; border: none; }
#banner { background: $surface; border-bottom: 1px solid $line; }
#arrival { background: $raised; border-bottom: 1px solid $line; }
#status { background: $surface; border-top: 1px solid $line; }
#panebar { background: $ground; }
#rail { background: $ground; border: none; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 17px; font-weight: 600; }
QLabel[role="section"] { color: $quiet; font-size: 11px; font-weight: 600; }
QLabel[role="quiet"] { color: $quiet; }
QLabel[role="faint"] { color: $faint; font-size: 12px; }
QLabel[role="name"] { font-size: 15px; font-weight: 600; }
QLabel[role="badge"] { border: 1px solid $line; border-radius: 4px; padding: 3px 8px;
  color: $quiet; font-size: 11px; font-weight: 600; }
QLabel[role="alarm"] { border: 1px solid #F2C14B; border-radius: 4px; padding: 3px 8px;
  color: $text; font-size: 11px; font-weight: 700; }
QLabel[role="refusal"] { border: 1px solid #E5484D; border-radius: 6px; padding: 8px 10px; }
QPushButton, QToolButton { background: $raised; border: 1px solid $line; border-radius: 6px;
  padding: 6px 12px; color: $text; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QDoubleSpinBox:focus, QLineEdit:focus
  { border: 1px solid $accent; }
QPushButton:disabled, QToolButton:disabled { color: $off; background: $surface; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent;
  font-weight: 600; }
QPushButton[role="primary"]:disabled { background: $surface; color: $off;
  border: 1px solid $line; font-weight: 400; }
QPushButton[role="row"] { text-align: left; padding: 6px 10px; }
QPushButton:checked, QToolButton:checked { background: $hover; border: 1px solid $accent; }
QToolButton[role="step"] { background: transparent; border: none;
  border-left: 3px solid transparent; border-radius: 0px;
  padding: 10px 4px; color: $quiet; font-size: 12px; }
QToolButton[role="step"]:hover { background: $hover; }
QToolButton[role="step"]:checked { background: $surface; color: $text;
  border-left: 3px solid $accent; font-weight: 600; }
QToolButton[role="margin"] { background: transparent; padding: 2px 3px; font-weight: 600;
  border-radius: 0; }
QToolButton[role="bar"] { background: transparent; border: none; padding: 4px 4px;
  color: $quiet; font-size: 12px; }
QToolButton[role="bar"]:hover { background: $hover; color: $text; }
QToolButton[role="bar"]:checked { color: $text; background: $hover; }
QToolButton[role="bar"]:disabled { color: $off; background: transparent; }
QToolButton[role="flat"] { background: transparent; border: none; padding: 3px 8px;
  color: $quiet; }
QToolButton[role="flat"]:hover { background: $hover; color: $text; }
QToolButton[role="flat"]:checked { color: $text; background: $hover; }
QToolButton[role="flat"]:disabled { color: $off; background: transparent; }
QComboBox, QLineEdit, QDoubleSpinBox, QSpinBox, QPlainTextEdit { background: $ground;
  border: 1px solid $line; border-radius: 6px; padding: 5px 8px;
  selection-background-color: $accent; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0px 5px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; height: 0; border: none; }
QComboBox:disabled, QDoubleSpinBox:disabled { color: $off; }
QComboBox { padding: 5px 0px 5px 4px; }
QComboBox::drop-down { border: none; width: 14px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line;
  selection-background-color: $hover; selection-color: $text; }
QComboBox::down-arrow { image: url($icons/chevron-down.svg); width: 12px; height: 12px; }
QCheckBox::indicator, QTableView::indicator { width: 15px; height: 15px; border-radius: 4px;
  border: 1px solid $faint; background: $ground; }
QCheckBox::indicator:checked, QTableView::indicator:checked { background: $accent;
  border: 1px solid $accent; image: url($icons/tick.svg); }
QCheckBox { spacing: 8px; padding: 2px 0; }
QTableView, QTableWidget, QListWidget { background: $ground; border: 1px solid $line;
  border-radius: 6px; gridline-color: transparent; alternate-background-color: $surface;
  selection-background-color: $hover; selection-color: $text; }
QDialog QTableView, QDialog QListWidget { selection-background-color: $accent;
  selection-color: $on_accent; }
QTableView::item, QTableWidget::item, QListWidget::item { padding: 4px 6px; }
QHeaderView::section { background: $ground; color: $faint; border: none;
  border-bottom: 1px solid $line; padding: 5px 6px; font-size: 11px; }
QTableCornerButton::section { background: $ground; border: none; }
QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 30px;
  margin: 1px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $line; border-radius: 4px; min-width: 30px;
  margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: $ground; border: 1px solid $line; border-radius: 4px; height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QMenuBar { background: $surface; padding: 2px 6px; }
QMenuBar::item { background: transparent; padding: 5px 10px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 14px; border-radius: 4px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $off; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QSplitter::handle { background: $ground; }
""")


def style_sheet(chrome: Chrome) -> str:
    """Return the style sheet of a theme."""
    values = {name: getattr(chrome, name) for name in Chrome.__slots__}
    values["icons"] = resource_path("icons").as_posix()
    return _SHEET.substitute(values)


def dress(application: QApplication, theme: str) -> None:
    """Give the whole application one of ``THEMES``."""
    chrome = THEMES[theme]
    application.setStyle("Fusion")
    palette = QPalette()
    role = QPalette.ColorRole
    for part, colour in (
        (role.Window, chrome.ground),
        (role.Base, chrome.ground),
        (role.AlternateBase, chrome.surface),
        (role.Button, chrome.raised),
        (role.Text, chrome.text),
        (role.WindowText, chrome.text),
        (role.ButtonText, chrome.text),
        (role.ToolTipBase, chrome.raised),
        (role.ToolTipText, chrome.text),
        (role.Highlight, chrome.accent),
        (role.HighlightedText, chrome.on_accent),
        (role.PlaceholderText, chrome.faint),
    ):
        palette.setColor(part, QColor(colour))
    application.setPalette(palette)
    font = QFont()
    font.setFamilies(["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"])
    font.setPixelSize(13)
    application.setFont(font)
    application.setStyleSheet(style_sheet(chrome))
