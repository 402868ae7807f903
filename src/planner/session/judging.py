"""The one way from a plan and its scene to a verdict, for the window, the commands and paper."""

from __future__ import annotations

import gc
import logging
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from planner.catalog import load_catalog
from planner.domain.finding import Assessment
from planner.safety import assess, run_self_test, stopped, stopped_check
from planner.safety.beating import heard_by
from planner.safety.distance_field import let_slabs_go
from planner.safety.self_test import SelfTestFailedError
from planner.session import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.plan import Plan
    from planner.safety import Scene

OVERDUE = stopped_check("The check has not come back; nothing was judged.")

SELF_TEST_PATIENCE_S = 20.0
"""The self-test runs once and says nothing on the way."""

_log = logging.getLogger(__name__)


def judge(plan: Plan, scene: Scene) -> Assessment:
    """Check a plan; a fault or a hang anywhere in the check gives the verdict NOT EVALUATED.

    Raises
    ------
    SelfTestFailedError
        When this installation measures wrongly; no verdict may be given then.
    """
    tested_installation()
    let_slabs_go()
    try:
        with _collector_waiting():
            found: object = watch.watched(partial(_heard, plan, scene), watch.PATIENCE_S)
    except watch.OverdueError:
        _log.error("the check has not come back")
        return stopped(plan, OVERDUE)
    except Exception as fault:  # noqa: BLE001 - the border: no fault may look like silence
        _log.error("the check stopped: %s", type(fault).__name__)
        return stopped(plan)
    return found if isinstance(found, Assessment) else stopped(plan)


@contextmanager
def _collector_waiting() -> Iterator[None]:
    """Keep the garbage collector from running during a check, hung or not.

    It looks through all that a scan and its outlines consist of, 70 ms at a time, and made one
    check in twenty half as slow again. A check leaves little behind; it is collected after.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _heard(plan: Plan, scene: Scene, beat: watch.Beat) -> Assessment:
    with heard_by(beat):
        return assess(plan, scene)


@cache
def tested_installation() -> None:
    """Measure the built-in spine once per run of the program (H1, H30).

    Tested against the shipped catalogue, so that a user's own tables cannot hide a fault.

    Raises
    ------
    SelfTestFailedError
        When this installation measures wrongly; nothing may be planned with it.
    """
    try:
        watch.watched(lambda _: run_self_test(load_catalog()), SELF_TEST_PATIENCE_S)
    except watch.OverdueError as hung:
        raise SelfTestFailedError(
            "The start-up self-test has not come back. Planning is locked. Start the program "
            "again; if it fails again, do not use it on this machine."
        ) from hung
