"""Nothing shown is green and nothing is called safe: neither may stand for a verdict."""

import ast
import colorsys
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "planner").rglob("*.py"))
TEXTS = sorted(
    path
    for folder in ("resources", "sample_data")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".toml", ".typ", ".svg", ".json", ".md"}
)
SAFE = re.compile(r"\b(safe|safely|harmless)\b", re.IGNORECASE)
HEX = re.compile(r"#([0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?\b|#([0-9A-Fa-f]{3})\b")
RGB = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)")
NAMED = re.compile(r"\b(green|lime|chartreuse|olive|seagreen|darkgreen|springgreen)\b", re.I)
GREEN_DEGREES = (75.0, 165.0)
LEAST_COLOURED = 0.2


def shown_strings(source):
    """Every string of a module that is not a docstring or a bare remark."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


def is_green(red, green, blue):
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255.0, green / 255.0, blue / 255.0)
    in_hue = GREEN_DEGREES[0] <= 360.0 * hue <= GREEN_DEGREES[1]
    return in_hue and saturation > LEAST_COLOURED and value > LEAST_COLOURED


def greens(text):
    found = [name for name in NAMED.findall(text) if re.search(r"colou?r|Qt|fill|stroke", text)]
    for six, three in HEX.findall(text):
        digits = six or "".join(2 * digit for digit in three)
        if is_green(*(int(digits[place : place + 2], 16) for place in (0, 2, 4))):
            found.append(f"#{digits}")
    return found + [f"rgb{parts}" for parts in RGB.findall(text) if is_green(*map(int, parts))]


def test_that_no_string_calls_anything_safe():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {value[:80]}"
        for path in SOURCES
        for line, value in shown_strings(path.read_text(encoding="utf-8"))
        if SAFE.search(value)
    ]
    wrong += [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in TEXTS
        for line in path.read_text(encoding="utf-8").splitlines()
        if SAFE.search(line) and not line.lstrip().startswith("#")
    ]
    assert wrong == []


def test_that_no_colour_is_green():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {found}"
        for path in SOURCES
        for line, value in shown_strings(path.read_text(encoding="utf-8"))
        if (found := greens(value))
    ]
    wrong += [
        f"{path.relative_to(ROOT)}: {found}"
        for path in TEXTS
        if (found := greens(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["color: #2ECC71", "#3a3", "rgba(40, 180, 60, 0.4)", "background-color: green"]
)
def test_that_the_scan_sees_green(text):
    assert greens(text)


@pytest.mark.parametrize("text", ["#7FA7CC", "#F2C14B", "rgb(20, 20, 20)", "#E5484D", "#fff"])
def test_that_the_scan_lets_other_colours_be(text):
    assert greens(text) == []
