"""Has what follows the hand compiled before the hand moves, on a block that is no patient.

A process beside this one compiles, because the compiler holds the interpreter: a first check that
ran meanwhile was taken for one that hangs. What it leaves on disk is then read here.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.catalog import load_catalog
from planner.domain.anatomy import (
    Anatomy,
    Origin,
    PosteriorWall,
    Quality,
    QualityVerdict,
    Vertebra,
)
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    CementId,
    CementInjection,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.progress import unreported
from planner.geometry.points import PointLps
from planner.safety.tiny_spine import tiny_grid, tiny_spine
from planner.session.cases import Case
from planner.session.cement_filling import fills_of
from planner.session.live_preview import PreviewBench
from planner.session.simulation import planned_burns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.catalog import Catalog
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

_POLL_S: Final = 0.1
_log = logging.getLogger(__name__)

LEVEL: Final = Level.L3
WIDE, HIGH = 48, 32
"""Voxels of the block, across and along: enough for every array to have a middle and an edge."""

SETTINGS: Final = (
    {"power_w": 30.0, "time_s": 60.0},
    {"setpoint_celsius": 70.0, "time_s": 60.0},
    {"time_s": 60.0},
)


def warm(ct: CtVolume, catalog: Catalog, report: ProgressReport) -> None:
    """Have each model that is previewed compiled beside this process, then run it once here.

    ``report`` may stop it. Where the other process fails, this one compiles.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "planner.session.warming"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None:
            report(0.0, "Getting ready")
            time.sleep(_POLL_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        _log.warning("compiling ahead ended with %d", process.returncode)
    run_each(ct, catalog, report)


def run_each(ct: CtVolume, catalog: Catalog, report: ProgressReport) -> None:
    """Run each model that is previewed once; ``report`` may stop it between two of them.

    Nothing of it is kept or shown. The block is cut from the scan for its voxels alone.
    """
    case = Case(
        ct=ct,
        anatomy=_block(ct),
        binding=AnatomyBinding(backend="none"),
        catalog=catalog,
    )
    plans = list(_plans(case))
    for number, plan in enumerate(plans):
        report(number / len(plans), "Getting ready")
        PreviewBench().preview(plan, case)
    for plan in plans[:1]:
        report(1.0, "Getting ready")
        fills_of(_with_cement(plan, catalog), case, {}, quick=True)


def _plans(case: Case) -> Iterator[Plan]:
    """Return a plan with one burn for each kind of device that has a model."""
    seen = set()
    vertebra = case.anatomy.vertebrae[LEVEL]
    needle = Trajectory(
        id=TrajectoryId("T1"),
        level=LEVEL,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=vertebra.body_centre.moved(np.array((15.0, 60.0, 0.0))),
        tip=vertebra.body_centre,
    )
    empty = Plan(
        plan_id="no plan",
        scan=ScanBinding.to(case.ct.record),
        anatomy=case.binding,
        trajectories=(needle,),
    )
    for device, settings in product(case.catalog.devices.values(), SETTINGS):
        if device.modality in seen:
            continue
        burn = Ablation(
            id=AblationId("A1"), trajectory_id=needle.id, device_id=device.id, **settings
        )
        plan = replace(empty, ablations=(burn,))
        if planned_burns(plan, case)[0]:
            seen.add(device.modality)
            yield plan


def _with_cement(plan: Plan, catalog: Catalog) -> Plan:
    """Return a plan with an injection of the first cement."""
    cement = CementInjection(
        id=CementId("C1"),
        trajectory_id=plan.trajectories[0].id,
        cement_id=next(iter(catalog.cements)),
        volume_ml=1.0,
    )
    return replace(plan, cements=(cement,))


def _block(ct: CtVolume) -> Anatomy:
    """Return a box that counts as a vertebra, with a canal behind it, in the middle of a scan."""
    size = np.minimum((WIDE, WIDE, HIGH), ct.geometry.size_ijk)
    i, j, k = (int(n) for n in (np.array(ct.geometry.size_ijk) - size) // 2)
    nx, ny, nz = (int(n) for n in size)
    grid = ct.geometry.cropped((i, j, k), (nx, ny, nz))
    labels = np.zeros(grid.shape_kji, np.uint8)
    labels[nz // 4 : -nz // 4, ny // 4 : ny // 2, nx // 4 : -nx // 4] = LEVEL.verse_label
    canal = np.zeros(grid.shape_kji, np.bool_)
    canal[:, ny // 2 + 1 : ny // 2 + ny // 6, nx // 3 : -nx // 3] = True
    middle = PointLps.of(grid.lps_mm(np.array((nx / 2.0, ny * 3.0 / 8.0, nz / 2.0))))
    wall = grid.lps_mm(np.array([(nx / 2.0 + n, ny / 2.0, nz / 2.0) for n in (-1.0, 0.0, 1.0)]))
    vertebra = Vertebra(
        level=LEVEL,
        centroid=middle,
        volume_ml=1.0,
        body_centre=middle,
        body_volume_ml=1.0,
        body_size_mm=(30.0, 20.0, 20.0),
        left=(1.0, 0.0, 0.0),
        anterior=(0.0, -1.0, 0.0),
        superior=(0.0, 0.0, 1.0),
        quality=Quality(verdict=QualityVerdict.CHECK),
        origin=Origin.AUTOMATIC,
        pedicles={},
        posterior_wall=PosteriorWall(
            points_mm=wall, cortex_hu=np.full(len(wall), 400.0), intact=None
        ),
    )
    return Anatomy(
        geometry=grid,
        labels=labels,
        bodies=labels,
        discs=np.zeros_like(labels),
        foramina=np.zeros_like(labels),
        canal=canal,
        vertebrae={LEVEL: vertebra},
        backend="none",
        ct_sha256="",
    )


def _main() -> None:
    """Compile for whoever started this process, giving way to it."""
    if hasattr(os, "nice"):
        os.nice(10)
    ct, _ = tiny_spine(tiny_grid())
    run_each(ct, load_catalog(), unreported)


if __name__ == "__main__":
    _main()
