"""Every option of the command line is read by its command; one that is not would be obeyed by
nobody, and the user would not know."""

import argparse
import ast
import importlib
import inspect
from collections.abc import Iterator

import pytest

from planner.app.parser import build_parser

OF_THE_PARSER = {"help", "json", "handler"}
"""What argparse or ``main`` itself reads."""


def commands(
    parser: argparse.ArgumentParser | None = None, name: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Give every command, and of a command with verbs every verb."""
    parser = parser or build_parser()
    verbs = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for action in verbs:
        for word, below in action.choices.items():
            yield from commands(below, f"{name} {word}".strip())
    if not verbs:
        yield name, parser


def read_by(module_name: str, function_name: str, seen: set[tuple[str, str]]) -> set[str]:
    """Return the options that a function reads, itself or by handing ``arguments`` on."""
    if (module_name, function_name) in seen:
        return set()
    seen.add((module_name, function_name))
    function = getattr(importlib.import_module(module_name), function_name)
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(function))):
        if isinstance(node, ast.Attribute) and _is_arguments(node.value):
            found.add(node.attr)
        if isinstance(node, ast.Call) and any(_is_arguments(given) for given in node.args):
            found |= _read_by_called(node, function, seen)
    return found


def _is_arguments(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "arguments"


def _read_by_called(node: ast.Call, function, seen: set[tuple[str, str]]) -> set[str]:
    if not isinstance(node.func, ast.Name):
        return set()
    if node.func.id in {"getattr", "vars"}:
        return {"*"}
    called = function.__globals__[node.func.id]
    return read_by(called.__module__, called.__name__, seen)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_that_a_command_reads_each_of_its_options(name: str) -> None:
    parser = dict(commands())[name]
    module, function = parser.get_default("handler").split(":")
    heard = read_by(module, function, set())
    options = {action.dest for action in parser._actions} - OF_THE_PARSER
    if "*" not in heard:
        assert options <= heard
