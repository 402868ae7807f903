"""A fault at any call under a check: raised, not a number, nothing, or empty."""

import gc
import logging
import os
import sys
import types
from pathlib import Path
from zlib import crc32

import pytest

import planner
from planner.domain.finding import Severity, Verdict
from planner.safety import assess, digest, distance_field, ruler
from safety.cases import acknowledged, check, good_plan, good_scene

SOURCES = str(Path(planner.__file__).parent)


SILENT = ("__post_init__", "check_", "__eq__", "beat", "_unheard")
"""Functions that only refuse: on sound values one that does nothing is not a fault. An array
that no longer equals itself is only worked out again. A beat nobody hears judges nothing."""


NOTHING_TO_LOSE = {"missing_findings", "outlined", "looser_limits"}
"""Functions that give back an empty tuple on this plan anyway."""


def forget():
    """Empty every cache, so that a check goes through every call again."""
    for cached in (
        ruler.ruler_for,
        ruler.surface_of,
        ruler.bone_of,
        ruler.air_of,
        digest.scan_digest,
        digest.anatomy_digest,
        digest.cement_digest,
        digest.array_digest,
        digest.entries_digest,
    ):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def nothing_faulty_is_left_behind():
    yield
    forget()


def calls_of(work):
    """The code of every function of ours that ``work`` goes through."""
    seen = set()

    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(SOURCES):
            seen.add(frame.f_code)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen


def functions_of(codes):
    """The functions and methods that hold these codes, by name.

    ``assess`` is the border itself; what it gives back is judged by the verdict holder.
    """
    found = {}
    for item in gc.get_objects():
        if not isinstance(item, types.FunctionType) or item.__code__ not in codes:
            continue
        inner = "<" in item.__qualname__ or item.__code__.co_freevars
        if item is not assess and not inner and not item.__name__.startswith(SILENT):
            found[f"{item.__module__}.{item.__qualname__}"] = item
    return found


def raises(*arguments, **options):
    raise ArithmeticError("injected")


def not_a_number(*arguments, **options):
    return float("nan")


def nothing(*arguments, **options):
    return None


def empty(*arguments, **options):
    return ()


FAULTS = {fault.__name__: fault.__code__ for fault in (raises, not_a_number, nothing, empty)}


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def clear():
    """A plan whose verdict is CLEAR, its scene, and the functions of cold and warm checks."""
    plan = good_plan()
    scene = good_scene(plan)
    plan = acknowledged(plan, check(plan, scene))
    forget()
    cold = functions_of(calls_of(lambda: assess(plan, scene)))
    warm = functions_of(calls_of(lambda: assess(plan, scene)))
    assert assess(plan, scene).verdict is Verdict.CLEAR
    assert len(cold) > 120
    return plan, scene, cold, warm


def faults_for(name, *, cold):
    """Every fault; where each costs a whole first check, an error and one wrong value by turns.

    ``PLANNER_SLOW=1`` tries all of them there too.
    """
    if not cold or os.environ.get("PLANNER_SLOW"):
        return FAULTS
    turn = sorted(FAULTS.keys() - {"raises"})[crc32(name.encode()) % (len(FAULTS) - 1)]
    return {kind: FAULTS[kind] for kind in ("raises", turn)}


def survivors(plan, scene, functions, *, cold):
    """Every fault that was not answered with NOT EVALUATED."""
    wrong = []
    for name, function in sorted(functions.items()):
        sound = function.__code__
        for kind, code in faults_for(name, cold=cold).items():
            if kind == "empty" and function.__name__ in NOTHING_TO_LOSE:
                continue
            if cold:
                forget()
            function.__code__ = code
            try:
                assessment = assess(plan, scene)
            finally:
                function.__code__ = sound
            said = any(item.severity is Severity.NOT_EVALUATED for item in assessment.findings)
            if assessment.verdict in {Verdict.CLEAR, Verdict.WARNED} or not said:
                wrong.append((name, kind, str(assessment.verdict)))
    if cold:
        forget()
    return wrong


def test_that_a_fault_at_any_call_of_a_check_is_not_evaluated(clear):
    plan, scene, _, warm = clear
    wrong = survivors(plan, scene, warm, cold=False)
    assert not wrong, "\n".join(map(str, wrong))
    assert assess(plan, scene).verdict is Verdict.CLEAR


@pytest.mark.slow
def test_that_a_fault_at_any_call_of_a_first_check_is_not_evaluated(clear, monkeypatch):
    monkeypatch.setattr(distance_field, "FIELD_STEP_MM", 2.0)  # coarser than in use, for speed
    plan, scene, cold, warm = clear
    first = {name: item for name, item in cold.items() if name not in warm}
    wrong = survivors(plan, scene, first, cold=True)
    assert not wrong, "\n".join(map(str, wrong))
    assert assess(plan, scene).verdict is Verdict.CLEAR
