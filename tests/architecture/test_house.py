"""Rules of the house that no linter knows."""

import ast
import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 500


NOT_OURS = {".git", ".venv", ".venv-docs", ".venv-package", "build", "dist", "demo-output"}
"""Folders that a checkout may hold and that are not part of it."""


def tracked(*patterns: str) -> list[Path]:
    """Return our files; git is not asked, because a machine that runs the tests may lack it."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in NOT_OURS and not name.endswith(("cache", "cache__", ".egg-info"))
        ]
        found += [(Path(folder) / name).relative_to(ROOT) for name in names]
    wanted = patterns or ("*",)
    return [
        ROOT / path
        for path in sorted(found)
        if any(fnmatch(path.as_posix(), one) for one in wanted)
    ]


def test_that_no_source_file_is_longer_than_a_reader_can_hold() -> None:
    sources = tracked("src/*.py", "tests/*.py", "packaging/*.py")
    assert len(sources) > 50
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_that_the_lock_pins_and_hashes_every_package_and_names_no_registry() -> None:
    text = (ROOT / "packaging/locks/requirements.txt").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if block.strip()]
    assert len(blocks) > 40
    assert [b.splitlines()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b] == []
    assert "://" not in text


def test_that_the_lock_holds_every_direct_dependency() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = {
        name.lower() for name in re.findall(r'^\s+"([A-Za-z0-9-]+)>=', project, re.MULTILINE)
    }
    lock = (ROOT / "packaging/locks/requirements.txt").read_text(encoding="utf-8")
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9-]+)==", lock, re.MULTILINE)}
    assert len(wanted) > 20
    assert wanted - locked == set()


def test_that_no_tracked_file_holds_a_registry_address() -> None:
    registries = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "deb.debian" + ".org",
        "npm" + "js.org",
    ]
    guilty = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        guilty += [f"{path.name}: {host}" for host in registries if host in text]
    assert guilty == []


def test_that_every_test_asserts_something() -> None:
    """A test function without assert, raises, fail or a stateful machine cannot fail usefully."""
    empty = []
    for path in tracked("tests/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asserting = _functions_that_assert(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                called = {_name_of(c.func) for c in ast.walk(node) if isinstance(c, ast.Call)}
                if node.name not in asserting and not called & asserting:
                    empty.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert empty == []


def _functions_that_assert(tree: ast.AST) -> set[str]:
    proofs = {"raises", "warns", "fail", "assert_allclose", "assert_array_equal", "waitUntil"}
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            called = {_name_of(c.func) for c in ast.walk(node) if isinstance(c, ast.Call)}
            asserts = any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
            if asserts or called & proofs or any(n.startswith("assert_") for n in called):
                names.add(node.name)
    return names


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError", "processEvents"])
def test_that_nothing_unfinished_is_in_the_source(word: str) -> None:
    guilty = [
        f"{path.relative_to(ROOT)}"
        for path in tracked("src/*.py")
        if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))
    ]
    assert guilty == []
