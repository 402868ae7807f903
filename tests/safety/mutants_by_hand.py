"""Try mutants quickly: one process, a fork for each, only the tests that can notice. Run by hand.

``python tests/safety/mutants_by_hand.py MUTANTS.json OUT.jsonl SEED COUNT tests/safety/test_*.py``

Everything is imported once and every cache is warm. A child puts the one changed function in
place and runs the tests that go through that function: first those that noticed other mutants of
it, then those in which it gives something else on the arguments it was seen with. ``FULL=1`` runs
all of them, which is what a survivor needs before it is called one.
"""

import ast
import dataclasses
import gc
import json
import os
import random
import resource
import sys
import time
import types
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
ROOMS = tuple(str(ROOT / "src/planner" / room) for room in ("safety", "geometry"))
CACHED = {"ruler", "surfaces", "distance_field", "digest", "same_array", "gives", "zone_surface"}
"""Modules whose results are kept between checks, so that a mutant must begin with nothing kept."""

FULL = os.environ.get("FULL") == "1"
CAP_S = 30.0
"""Processor time after which a mutant is put off to a run with ``FULL=1``."""

CALLS = 6
"""Calls of a function kept for each test, to compare what the mutant gives. A test that calls it
more often is run whatever these give."""


def forget(*, surfaces=True):
    from planner.safety import ruler  # noqa: PLC0415 - imported by the tests
    from safety.test_faults import forget as empty  # noqa: PLC0415 - tests are on the path by now

    if surfaces:
        empty()
    else:
        ruler.ruler_for.cache_clear()


def passes(item):
    return all(not one.failed for one in runtestprotocol(item, log=False, nextitem=None))


def same(one, other, depth=0):
    """Whether two results say the same; what cannot be compared does not."""
    if one is other:
        return True
    if type(one) is not type(other) or depth > 6:
        return False
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other)
    if isinstance(one, BaseException):
        return str(one) == str(other) and same(vars(one), vars(other), depth + 1)
    if isinstance(one, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(a, b, depth + 1) for a, b in pairs)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k], depth + 1) for k in one)
    if dataclasses.is_dataclass(one):
        names = [part.name for part in dataclasses.fields(one)]
        return all(same(getattr(one, n), getattr(other, n), depth + 1) for n in names)
    with suppress(Exception):
        return bool(one == other)
    return False


def gives(function, arguments, options):
    for one in arguments:
        if hasattr(one, "recalled"):
            one.recalled.clear()
    try:
        return "gave", function(*arguments, **options)
    except Exception as error:  # noqa: BLE001 - what it raises is what it gives
        return "raised", error


def nested(code):
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield one
            yield from nested(one)


def put_in(mutant, functions, path, name):
    """Give the function of a mutant its changed code; return the sound one, if there is one."""
    sound = None
    for function in [one for one in functions if one.__code__.co_qualname == name]:
        free = function.__code__.co_freevars
        lines = [f"    {one} = None" for one in free]
        lines += ["    " + line for line in mutant["code"].split("\n")]
        lines += [f"    return {mutant['func']}"]
        source = "from __future__ import annotations\ndef outer():\n" + "\n".join(lines)
        space = dict(function.__globals__)
        exec(compile(ast.parse(source), path, "exec"), space)
        made = space["outer"]()
        sound = types.FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        sound.__kwdefaults__ = function.__kwdefaults__
        function.__code__ = made.__code__.replace(co_qualname=name)
        function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
        inner = {code.co_name: code for code in nested(made.__code__)}
        for other in functions:
            code = inner.get(other.__code__.co_name)
            if other is not function and code and code.co_freevars == other.__code__.co_freevars:
                other.__code__ = code
    return sound


class Mutation:
    """Takes over the test loop: first who runs what, then mutant after mutant."""

    def __init__(self, mutants, out):
        self.mutants, self.out = mutants, out

    def pytest_runtestloop(self, session):
        self.items = session.items
        self.calls, self.took = defaultdict(list), defaultdict(dict)
        self.often = defaultdict(set)
        self.note_who_runs_what()
        self.functions = defaultdict(list)
        for one in gc.get_objects():
            if isinstance(one, types.FunctionType):
                name = one.__code__.co_qualname.split(".<locals>")[0]
                self.functions[one.__code__.co_filename, name].append(one)
        gc.freeze()
        noticed = defaultdict(Counter)
        with Path(self.out).open("a", encoding="utf-8") as out:
            for mutant in self.mutants:
                path, name = str(ROOT / mutant["file"]), mutant["func"]
                name = f"{mutant['cls']}.{name}" if mutant["cls"] else name
                took = self.took.get((path, name), {})
                seen, known = noticed[path, name], noticed[path]
                order = sorted(took, key=lambda i: (-seen[i], -known[i], took[i]))
                result, by = self.tried(mutant, path, name, order) if order else ("no test", None)
                if by is not None:
                    seen[by] += 1
                    known[by] += 1
                where = {key: mutant[key] for key in ("file", "cls", "func", "n")}
                out.write(json.dumps({**where, "result": result}) + "\n")
                out.flush()
        return True

    def note_who_runs_what(self):
        known = set()
        for number, item in enumerate(self.items):
            self.begin_anew(surfaces=item.function not in known)
            known.add(item.function)
            seen = Counter()

            def note(frame, event, argument, number=number, seen=seen):
                code = frame.f_code
                if event != "call" or not code.co_filename.startswith(ROOMS):
                    return
                seen[code] += 1
                if seen[code] <= CALLS and not code.co_flags & 0x2C:
                    here, plain = frame.f_locals, code.co_argcount
                    names = code.co_varnames[: plain + code.co_kwonlyargcount]
                    arguments = tuple(here[one] for one in names[:plain])
                    options = {one: here[one] for one in names[plain:]}
                    self.calls[code.co_filename, code.co_qualname].append(
                        (number, arguments, options)
                    )

            started = time.process_time()
            sys.setprofile(note)
            sound = passes(item)
            sys.setprofile(None)
            assert sound, item.nodeid
            for code, times in seen.items():
                key = code.co_filename, code.co_qualname.split(".<locals>")[0]
                self.took[key][number] = time.process_time() - started
                if times > CALLS:
                    self.often[code.co_filename, code.co_qualname].add(number)
        if corpus := sys.modules.get("safety.every_finding"):
            corpus.everything_said()  # leaves the surfaces of all its plans behind

    def begin_anew(self, *, surfaces=True):
        if corpus := sys.modules.get("safety.every_finding"):
            corpus.everything_said.cache_clear()
        forget(surfaces=surfaces)

    def tried(self, mutant, path, name, order):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            code = 4
            with suppress(BaseException):
                code = self.run_child(mutant, path, name, order, write)
            os._exit(code)
        os.close(write)
        _, status = os.waitpid(child, 0)
        by = os.read(read, 20).decode()
        os.close(read)
        code = os.waitstatus_to_exitcode(status)
        words = {0: "survived", 1: "killed", 5: "put off"}
        return words.get(code, "timeout" if code < 0 else "fault"), int(by) if by else None

    def run_child(self, mutant, path, name, order, write):
        limit = int(30 + 4 * sum(self.took[path, name].values()))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        sound = put_in(mutant, self.functions[path, name], path, name)
        kept = Path(path).stem in CACHED or "/geometry/" in path
        self.begin_anew(surfaces=kept)
        if not FULL and sound and not kept:
            differ = self.differing(path, name, sound)
            order = order[:4] + [one for one in order[4:] if one in differ]
        started = time.process_time()
        for one in order:
            if not FULL and time.process_time() - started > CAP_S:
                return 5
            if not passes(self.items[one]):
                os.write(write, str(one).encode())
                return 1
        return 0

    def differing(self, path, name, sound):
        """The tests in which the function as changed gives something else, or was not seen."""
        mine = [one for one in self.functions[path, name] if one.__code__.co_qualname == name]
        calls = self.calls[path, name]
        found = set(range(len(self.items))) - {number for number, _, _ in calls}
        found |= self.often[path, name]
        for number, arguments, options in calls:
            if number in found:
                continue
            before = gives(sound, arguments, options)
            silent = before[1] is None  # what it did to its arguments is not compared
            if silent or not same(before, gives(mine[0], arguments, options)):
                found.add(number)
        return found


if __name__ == "__main__":
    source, target, seed, count, *tests = sys.argv[1:]
    sample = json.loads(Path(source).read_text(encoding="utf-8"))
    random.Random(int(seed)).shuffle(sample)
    os.environ.setdefault("SAFETY_EXAMPLES", "10")
    options = ["-q", "-p", "no:cacheprovider", "--timeout=0", "-m", "not slow"]
    pytest.main([*options, *tests], plugins=[Mutation(sample[: int(count)], target)])
