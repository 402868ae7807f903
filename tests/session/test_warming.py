"""What follows the hand is compiled on a block that is no patient, once a scan is open."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from phantoms import easy_l3
from planner.catalog import load_catalog
from planner.domain.errors import CancelledByUserError
from planner.physics.cement import marching
from planner.physics.heat import rings_cold, rings_heat
from planner.session import warming
from planner.session.warming import run_each, warm
from presenter_desk import Desk


def unheard(_fraction: float, _message: str) -> None:
    """Nobody listens."""


def test_that_the_kernels_of_heat_and_cement_are_compiled_by_it():
    run_each(easy_l3().ct, load_catalog(), unheard)
    for kernel in (rings_heat.heat_rings, rings_cold.freeze_rings, marching.march):
        assert kernel.signatures, kernel


def test_that_it_stops_between_two_models_when_the_window_is_closed():
    heard = []

    def stop(fraction: float, _message: str) -> None:
        heard.append(fraction)
        raise CancelledByUserError("closed")

    with pytest.raises(CancelledByUserError):
        run_each(easy_l3().ct, load_catalog(), stop)
    assert heard == [0.0]


def test_that_the_process_that_compiles_is_ended_with_the_window(monkeypatch):
    started = []
    begin = subprocess.Popen

    def noted(*words, **options):
        started.append(begin(*words, **options))
        return started[-1]

    def stop(_fraction: float, _message: str) -> None:
        raise CancelledByUserError("closed")

    monkeypatch.setattr(subprocess, "Popen", noted)
    with pytest.raises(CancelledByUserError):
        warm(easy_l3().ct, load_catalog(), stop)
    assert [one.poll() is not None for one in started] == [True]


def test_that_this_process_compiles_where_the_other_one_fails(monkeypatch):
    begun = []
    monkeypatch.setattr(warming, "run_each", lambda *_: begun.append(True))
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    warm(easy_l3().ct, load_catalog(), unheard)
    assert begun == [True]


def test_that_it_runs_once_for_a_window_when_the_first_scan_is_open_and_not_before():
    desk = Desk()
    try:
        assert desk.services.warmed == []
        desk.outline_a_scan()
        assert desk.services.warmed == [desk.work.ct]
        desk.work.reception.open_scan(Path("scan"))
        desk.settle()
        assert len(desk.services.warmed) == 1
        assert desk.work.edits.plan.trajectories == ()
    finally:
        desk.work.close()
