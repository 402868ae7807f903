"""Whatever the window writes goes through the catalogue of languages, and stands in it."""

import ast
import re
from pathlib import Path

import pytest

from planner.catalog.wordbook import ENGLISH, language_names, load_wordbook
from planner.viewer.language.saying import Saying

VIEWER = Path(__file__).parents[2] / "src" / "planner" / "viewer"
FIRST = {
    "setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "setSuffix",
    "setSpecialValueText", "setAccessibleName", "setAccessibleDescription", "setLabelText",
    "setOkButtonText", "addItem", "addItems", "setHorizontalHeaderLabels", "addMenu", "QLabel",
    "QPushButton", "QCheckBox", "QListWidgetItem", "QTableWidgetItem", "QAction",
}  # fmt: skip
"""Calls whose first argument is written on the screen or read out."""

OTHERS = {
    "getExistingDirectory": (1,), "getOpenFileName": (1, 3), "getSaveFileName": (1, 3),
    "getText": (1, 2), "getItem": (1, 2), "question": (1, 2), "warning": (1, 2),
    "information": (1, 2), "addRow": (0,),
}  # fmt: skip
SAYING = {"said", "all_said", "verbatim", "shown_number"}
SPEAKING = {"said", "label", "section", "say", "tick", "wait_for", "button", "_word", "words"}
"""Functions of the viewer that say what they are given."""

FORMS = re.compile(r"^[\W\d_]*$|^[A-Z]{1,3}$|^\W*(mm|mL|HU|°C|W|s)$|^<")
"""What is the same in every language: signs, units, letters and forms of text."""

NAMES = {"Planner", "Source: ", " ×10⁹/L", "case.plan", "plan.pdf"}


def modules():
    return [path for path in sorted(VIEWER.rglob("*.py")) if "language" not in path.parts]


def name_of(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def written(tree):
    """Every argument that reaches the screen, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            places = (0,) if name in FIRST else OTHERS.get(name, ())
            for place in places:
                if place < len(node.args):
                    yield node.lineno, node.args[place]


def is_said(node):
    """Whether words went through the catalogue: at once, or in every branch of a choice."""
    if isinstance(node, ast.Call):
        name = name_of(node.func)
        return name in SAYING | SPEAKING or name.startswith("_")
    if isinstance(node, ast.IfExp):
        return is_said(node.body) and is_said(node.orelse)
    if isinstance(node, ast.BoolOp):
        return all(map(is_said, node.values))
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or bool(FORMS.match(node.value))
    return isinstance(node, ast.ListComp) and is_said(node.elt)


def unsaid_in(source):
    return [
        (line, ast.unparse(node)) for line, node in written(ast.parse(source)) if not is_said(node)
    ]


HELD = {
    "tooltip(spec, '', spec.keys[0] if spec.keys else '')",
    "tooltip(spec, '', wanted[0] if wanted else '')",
    "tooltip(spec, reason, key)",
    "made",
    "self.give",
    "swatch(clinical.TISSUE_COLOURS[number])",
    "item",
    "heading",
    "offered",
    "option",
}
"""Widgets, icons and items of said words, and tooltips that actions have said already."""


def test_that_everything_the_viewer_writes_is_said():
    wrong = [
        f"{path.name}:{line}: {what}"
        for path in modules()
        for line, what in unsaid_in(path.read_text(encoding="utf-8"))
        if what not in HELD
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    ["a.setText('Open it')", "QPushButton(words)", "QMessageBox.question(w, said(t), 'Sure?')"],
)
def test_that_a_text_that_is_not_said_is_seen(source):
    assert unsaid_in(source)


def literals(tree):
    """Every literal that a function of the viewer says as it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in SPEAKING:
            for argument in node.args:
                stack = [argument]
                while stack:
                    one = stack.pop()
                    if isinstance(one, ast.IfExp):
                        stack += [one.body, one.orelse]
                    elif isinstance(one, ast.BoolOp):
                        stack += one.values
                    elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield one.value


ROLES = {"title", "section", "quiet", "badge", "alarm", "refusal", "faint", "name", "plan"}


@pytest.mark.parametrize("code", [code for code in language_names() if code != ENGLISH])
def test_that_every_literal_of_the_viewer_stands_in_the_catalogue(code):
    said = Saying(load_wordbook(code)).said
    found = {
        text: path.name
        for path in modules()
        for text in literals(ast.parse(path.read_text(encoding="utf-8")))
        if not FORMS.match(text) and text not in NAMES | ROLES and not text.startswith("#")
    }
    assert len(found) > 150
    missing = {
        text: file
        for text, file in found.items()
        if any(said(line) == line and line not in SAME and not FORMS.match(line)
               for line in text.split("\n"))
    }  # fmt: skip
    assert missing == {}


SAME = {
    "2026-11-01 to 2026-11-22",
    "Radius",
    "Name",
    "3-D",
    "Auto",
    "SINS",
    "ECOG",
    "PDF (*.pdf)",
    "Plan",
    "Ablation",
    "INR",
    "MR",
}
"""Words that are the same in German or Chinese."""
