"""Change the code a little, many times, and see whether a test notices. Run by hand.

``python tests/safety/mutants_by_hand.py [SAMPLE] [SEED]`` mutates ``planner.safety`` and
``planner.geometry``: comparisons, arithmetic, logic, numbers and negations, one at a time, by
swapping the code of the function it stands in. Each mutant meets the tests that run that function,
quickest first, with every cache emptied before each of them.
"""

from __future__ import annotations

import ast
import copy
import gc
import random
import sys
import time
import types
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
from safety.test_faults import forget  # noqa: E402

ROOMS = ("safety", "geometry")
LEFT_OUT = {"tiny_spine.py", "kernels.py"}
"""A spine of closed shapes is test data; a kernel's wrapper has nothing to mutate."""

COMPARE = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


def changes(node):
    """Every small change of one node, as functions that make it on a copy."""
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            if type(op) in COMPARE:
                yield (
                    f"{type(op).__name__}",
                    lambda n, p=place, o=op: n.ops.__setitem__(p, COMPARE[type(o)]()),
                )
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        if not isinstance(node.left, ast.Constant | ast.JoinedStr) or not isinstance(
            getattr(node.left, "value", 0), str
        ):
            yield type(node.op).__name__, lambda n: setattr(n, "op", ARITHMETIC[type(n.op)]())
    elif isinstance(node, ast.BoolOp):
        swap = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield type(node.op).__name__, lambda n, s=swap: setattr(n, "op", s())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield type(node.op).__name__, lambda n: setattr(n, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield (
            f"{node.value}",
            lambda n: setattr(
                n, "value", (not n.value) if isinstance(n.value, bool) else n.value + 1
            ),
        )


def in_words(tree):
    """Nodes inside f-strings and raised messages: words, which no rule decides by."""
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"gives", "lru_cache"}
        ):
            words |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.FunctionDef):
            for default in (node.returns, *[a.annotation for a in node.args.args]):
                words |= {id(inner) for inner in ast.walk(default)} if default else set()
        if isinstance(node, ast.AnnAssign):
            words |= {id(inner) for inner in ast.walk(node.annotation)}
    return words


def mutants(path):
    """Yield (qualname, line, what, code) of every mutant inside a function of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = in_words(tree)

    def visit(node, qualname, inside):
        for child in ast.iter_child_nodes(node):
            name, deeper = qualname, inside
            if isinstance(child, ast.ClassDef | ast.FunctionDef) and not inside:
                name = f"{qualname}.{child.name}".lstrip(".")
                deeper = isinstance(child, ast.FunctionDef)
            if deeper and id(child) not in skipped:
                for what, change in changes(child):
                    yield name, child, what, change
            yield from visit(child, name, deeper)

    order = {id(node): place for place, node in enumerate(ast.walk(tree))}
    for qualname, node, what, change in list(visit(tree, "", False)):
        mutated = copy.deepcopy(tree)
        twin = list(ast.walk(mutated))[order[id(node)]]
        change(twin)
        try:
            compiled = compile(ast.fix_missing_locations(mutated), str(path), "exec")
        except (SyntaxError, ValueError):
            continue
        yield qualname, node.lineno, what, compiled


def code_named(code, qualname):
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            if item.co_qualname == qualname:
                return item
            if (found := code_named(item, qualname)) is not None:
                return found
    return None


def function_of(path, qualname):
    for item in gc.get_objects():
        if (
            isinstance(item, types.FunctionType)
            and item.__code__.co_filename == str(path)
            and item.__code__.co_qualname == qualname
        ):
            return item
    return None


class Mutation:
    """Takes over the test loop: first who runs what, then mutant after mutant."""

    def __init__(self, sample, seed, budget_s):
        self.sample, self.seed, self.budget_s = sample, seed, budget_s

    def pytest_runtestloop(self, session):
        runs = who_runs_what(session.items)
        paths = [p for room in ROOMS for p in sorted((ROOT / "src/planner" / room).glob("*.py"))]
        pool = [(path, *m) for path in paths if path.name not in LEFT_OUT for m in mutants(path)]
        say(f"{len(pool)} mutants, {len(session.items)} tests")
        random.Random(self.seed).shuffle(pool)
        killed, alive, started = 0, 0, time.time()
        for path, qualname, line, what, compiled in pool[: self.sample]:
            if time.time() - started > self.budget_s:
                break
            tests = [item for _, item in sorted(runs.get((str(path), qualname), []), key=first)]
            dead = is_killed(path, qualname, compiled, tests)
            if dead is None:
                continue
            killed, alive = killed + dead, alive + (not dead)
            if not dead:
                say(f"alive {path.name}:{line} {qualname} {what} ({len(tests)} tests)")
        say(f"killed {killed} of {killed + alive}")
        return True


def first(pair):
    return pair[0]


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def passes(item):
    forget()
    return all(not report.failed for report in runtestprotocol(item, log=False))


def who_runs_what(items):
    """The tests that run each function, with the time each took."""
    runs = {}
    for item in items:
        seen, started = set(), time.process_time()

        def note(frame, event, argument, seen=seen):
            if event == "call":
                seen.add((frame.f_code.co_filename, frame.f_code.co_qualname))

        sys.setprofile(note)
        sound = passes(item)
        sys.setprofile(None)
        assert sound, item.nodeid
        took = time.process_time() - started
        for key in seen:
            runs.setdefault(key, []).append((took, item))
    return runs


def is_killed(path, qualname, compiled, tests):
    """Whether a test fails under the mutant; ``None`` where it cannot be put in."""
    function, code = function_of(path, qualname), code_named(compiled, qualname)
    if function is None or code is None or code.co_freevars != function.__code__.co_freevars:
        return None
    sound = function.__code__
    function.__code__ = code
    try:
        return any(not passes(item) for item in tests)
    finally:
        function.__code__ = sound


if __name__ == "__main__":
    arguments = [int(value) for value in sys.argv[1:]]
    sample, seed, budget_s = (*arguments, *(100_000, 1, 100_000)[len(arguments) :])
    names = ["rules", "properties", "verdict", "self_test"]
    files = [f"tests/safety/test_{name}.py" for name in names]
    pytest.main(
        ["-q", "-p", "no:cacheprovider", "--timeout=0", *files, "tests/geometry"],
        plugins=[Mutation(sample, seed, budget_s)],
    )
