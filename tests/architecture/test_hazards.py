"""Every hazard has a control and a test that exist, and every rule its text."""

import ast
import re
from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.safety.assessing import RULES

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs/risk/hazards.md"
HAZARDS = 34
ROW = re.compile(r"^\| (H\d+) \| (.+) \| ([1-5]) \| `([^`]+)`[^|]* \| `([^`:]+)::(\w+)` \|$")


def rows(text):
    return [ROW.match(line) for line in text.splitlines() if re.match(r"\| H\d", line)]


def orphans(text, root=ROOT):
    """What is wrong with a hazard table, one sentence each."""
    wrong = []
    found = rows(text)
    for line, row in zip(re.findall(r"^\| H\d.*$", text, re.M), found, strict=True):
        if row is None:
            wrong.append(f"unreadable row: {line[:60]}")
            continue
        hazard, _, _, control, file, test = row.groups()
        if not (root / control).exists():
            wrong.append(f"{hazard}: no control {control}")
        if not (root / file).is_file() or test not in functions(root / file):
            wrong.append(f"{hazard}: no test {file}::{test}")
    named = {row.group(1) for row in found if row}
    wrong += [f"H{n}: no row" for n in range(1, HAZARDS + 1) if f"H{n}" not in named]
    return wrong


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_that_every_hazard_has_a_control_and_a_test_that_exist():
    assert orphans(TABLE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("test_that_an_unconfirmed_side_stops", "test_that_is_gone", "H2: no test"),
        ("src/planner/session/watch.py", "src/planner/session/gone.py", "no control"),
        ("| H20 |", "| H99 |", "H20: no row"),
        (
            "| H31 | Use it was not made for | 5 |",
            "| H31 | Use it was not made for |",
            "unreadable",
        ),
    ],
)
def test_that_an_orphan_is_found(old, new, wrong):
    text = TABLE.read_text(encoding="utf-8")
    assert old in text
    assert any(wrong in line for line in orphans(text.replace(old, new)))


def test_that_every_rule_has_a_text_and_every_text_a_rule():
    texts = set(load_catalog().rules)
    assert {rule.id for rule in RULES} | {"E12"} == texts
    assert len(RULES) == len({rule.id for rule in RULES})


def test_that_every_rule_of_the_table_is_there():
    wanted = {
        f"{family}{n}"
        for family, count in {"E": 12, "N": 10, "A": 18, "C": 10, "D": 3}.items()
        for n in range(1, count + 1)
    }
    assert wanted <= set(load_catalog().rules)


def test_that_no_word_of_a_rule_promises_safety():
    for rule in load_catalog().rules.values():
        assert not re.search(r"\bsafe\b", f"{rule.title} {rule.meaning}", re.IGNORECASE)


def test_that_the_intended_use_says_what_it_is_not():
    text = (ROOT / "docs/risk/intended-use.md").read_text(encoding="utf-8")
    assert "not a medical device" in text
    assert "No plan made with it may be the" in text
