"""Writes the pages that the program's own tables make. Run by hand.

``python tests/docs/made_pages.py`` writes ``docs/reference/command-line.md`` and
``docs/reference/actions-and-keys.md``; a test keeps them true.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from planner.app.parser import build_parser
from planner.session.actions import ACTIONS
from planner.session.keymap import FIXED
from planner.session.mouse import Act, MouseButton, MouseScheme, act_of
from planner.session.window_presets import PRESETS
from planner.session.window_states import Step

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

COMMANDS_HEAD = """# Command line

Made by `tests/docs/made_pages.py` from the parser; a test keeps it true.

`planner` and `python -m planner` are the same. Without a command the window opens; a single place
(a folder, a scan, a plan) opens in it. `--json` prints exactly one JSON document on stdout;
progress and words go to stderr. Points are `x,y,z` in DICOM LPS millimetres: + is left, back and
head. A `CT` is a DICOM folder, a DICOMDIR, a multi-frame file, NIfTI or NRRD. Each command says
the same with `--help`.

| exit code | says |
|---|---|
| 0 | done |
| 2 | wrong usage |
| 3 | an input was refused |
| 4 | `assess --strict`: the plan is held or not evaluated; `doctor`: something is bad |
| 5 | a fault of ours, a stop as asked, or a file that could not be written |
"""

KEYS_HEAD = """# Actions and keys

Made by `tests/docs/made_pages.py` from the table of actions; a test keeps it true. Keys of actions
can be changed in the window (F1); those of steps, slices and grey windows stay. **Find a
command…** (Ctrl+K) searches all of these. An action that is off says why when the mouse is held
over it.
"""

ACT_WORDS = {
    Act.CROSSHAIR: "moves the crosshair, or what lies under it",
    Act.WINDOW: "grey window: across is width, up and down is level",
    Act.PAN: "moves the picture",
    Act.ZOOM: "zooms",
}


def cell(text: str) -> str:
    """Text that breaks no table."""
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    return f"`{cell(text)}`"


def commands_page() -> str:
    """The page of the command line."""
    return COMMANDS_HEAD + "".join(command_part(name, one) for name, one in commands())


def commands(parser: argparse.ArgumentParser | None = None, before: str = ""):
    """Every command with its whole name, verbs included."""
    for action in (parser or build_parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                if any(isinstance(a, argparse._SubParsersAction) for a in one._actions):
                    yield from commands(one, f"{before}{name} ")
                else:
                    yield f"{before}{name}", one


def command_part(name: str, parser: argparse.ArgumentParser) -> str:
    """One command: what it does and every word it takes."""
    does = (parser.description or "").split(" Research and teaching")[0]
    lines = [f"\n## planner {name}\n", does, ""]
    if parser.epilog:
        lines += [parser.epilog, ""]
    rows = [row(action) for action in parser._actions if action.dest not in ("help", "json")]
    if rows:
        lines += ["| word | says |", "|---|---|", *rows]
    return "\n".join(lines).rstrip() + "\n"


def row(action: argparse.Action) -> str:
    """One argument."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else "")
    takes = not isinstance(action, argparse._StoreTrueAction)
    if takes and not value:
        value = action.dest.upper()
    word = " ".join([*action.option_strings[:1], str(value) if takes else ""]).strip()
    says = [action.help] if action.help else []
    if action.option_strings and action.required:
        says.append("needed")
    if action.nargs in ("?", "*") and not action.option_strings:
        says.append("may be left out")
    if isinstance(action, argparse._AppendAction) and "repeated" not in (action.help or ""):
        says.append("may be repeated")
    if takes and action.default not in (None, [], "", argparse.SUPPRESS):
        default = action.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
        says.append(f"`{shown}` where it is not given")
    return f"| {code(word)} | {cell('; '.join(says))} |"


def keys_page() -> str:
    """The page of actions."""
    menus = dict.fromkeys(spec.menu for spec in ACTIONS)
    return "\n".join(
        [KEYS_HEAD, *map(menu_part, menus), steps_part(), slices_part(), mouse_part(), grey_part()]
    )


def menu_part(menu: str) -> str:
    rows = [
        f"| {cell(spec.text)} | {', '.join(map(code, spec.keys))} | {cell(spec.help)} |"
        for spec in ACTIONS
        if spec.menu == menu
    ]
    return "\n".join([f"## {menu}\n", "| action | key | does |", "|---|---|---|", *rows, ""])


def steps_part() -> str:
    rows = [f"| {step.value} | `Alt+{n}` |" for n, step in enumerate(Step, start=1)]
    return "\n".join(["## Steps\n", "| step | key |", "|---|---|", *rows, ""])


def slices_part() -> str:
    """Keys over a slice that are no actions."""
    others = {one.key for one in PRESETS} | {f"Alt+{n}" for n in range(1, len(Step) + 1)}
    words = dict.fromkeys(what for key, what in FIXED.items() if key not in others)
    rows = [
        f"| {', '.join(code(key) for key, what in FIXED.items() if what == word)} | {word} |"
        for word in words
    ]
    return "\n".join(["## Keys over a slice\n", "| key | does |", "|---|---|", *rows, ""])


def mouse_part() -> str:
    """What a drag over a slice does in each scheme."""
    rows = [
        f"| {'Shift and ' if shift else ''}{button.value} "
        f"| {ACT_WORDS[act_of(MouseScheme.PACS, button, shift=shift)]} "
        f"| {ACT_WORDS[act_of(MouseScheme.SLICER, button, shift=shift)]} |"
        for button in MouseButton
        for shift in (False, True)
    ]
    return "\n".join(
        [
            "## Mouse over a slice\n",
            "The wheel scrolls, Ctrl and wheel zoom, a double click shows one pane alone. The "
            "second scheme is chosen by **Slicer mouse scheme**; in it Shift without a button "
            "moves the crosshair.\n",
            "| drag with | PACS scheme (as delivered) | Slicer scheme |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )  # fmt: skip


def grey_part() -> str:
    """The grey windows."""
    rows = [
        f"| {one.name} | `{one.key}` | "
        + ("as the picture asks" if one.window is None else _window(one.window))
        + " |"
        for one in PRESETS
    ]
    head = ["## Grey windows\n", "| window | key | width / level, HU |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _window(window) -> str:
    width, level = window.width_hu, window.level_hu
    return f"{width:g} / {level:g}"


PAGES = {"command-line.md": commands_page, "actions-and-keys.md": keys_page}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
