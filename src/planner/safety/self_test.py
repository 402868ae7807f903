"""The start-up test: this machine tells left from right, millimetres and grey values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import PlannerError
from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import ModelLabel, PredictedZone
from planner.domain.sourced import Status
from planner.domain.structures import CANAL
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.safety.assessing import assess
from planner.safety.ruler import ruler_for
from planner.safety.scene import Scene
from planner.safety.tiny_spine import (
    AIR_HU,
    BONE_HU,
    CANAL_CENTRE_Y_MM,
    CANAL_HALF_MM,
    SOFT_HU,
    tiny_grid,
    tiny_spine,
)

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume

GRID_MM = 2.0
"""Coarse, so that the start is not held up: 0.2 s."""

DAY = date(2026, 1, 1)

ZONE_RADIUS_MM = 6.0


class SelfTestFailedError(PlannerError):
    """The installation measures wrongly; planning stays locked (exit code 5)."""


def run_self_test(catalog: Catalog) -> None:
    """Measure a built-in spine of closed shapes.

    Raises
    ------
    SelfTestFailedError
        With what was wrong; nothing may be planned then.
    """
    ct, anatomy = tiny_spine(tiny_grid(GRID_MM), acquired=DAY.strftime("%Y%m%d"))
    _test_grey_values(ct)
    _test_sides(anatomy)
    _test_millimetres(anatomy)
    _test_verdict(ct, anatomy, catalog)


def _test_grey_values(ct: CtVolume) -> None:
    points = {BONE_HU: (0.0, 0.0, 0.0), SOFT_HU: (40.0, 60.0, 0.0), AIR_HU: (0.0, 92.0, 0.0)}
    for wanted, point in points.items():
        i, j, k = np.rint(ct.geometry.ijk(np.array(point))).astype(int)
        seen = int(ct.hu[k, j, i])
        if seen != wanted:
            raise _failed(f"a grey value of {wanted} HU reads {seen} HU")


def _test_sides(anatomy: Anatomy) -> None:
    vertebra = anatomy.vertebrae[Level.L3]
    for side in Side:
        offset = vertebra.pedicles[side].isthmus.array - vertebra.body_centre.array
        if not offset[0] * side.sign > 0.0 or not offset @ np.array(vertebra.left) * side.sign > 0:
            raise _failed(f"the {side} pedicle is not on the {side}")


def _test_millimetres(anatomy: Anatomy) -> None:
    """Measure the gap between a ball and the canal along the midline, which is known."""
    gap = 7.0
    front_y = CANAL_CENTRE_Y_MM - CANAL_HALF_MM[1]
    centre = PointLps(0.0, front_y - gap - ZONE_RADIUS_MM, 0.0)
    ball = Spheroid(centre, (0.0, 0.0, 1.0), ZONE_RADIUS_MM, ZONE_RADIUS_MM)
    seen = ruler_for(anatomy).zone(ball, CANAL).distance_mm
    if not abs(seen - gap) <= GRID_MM / 2.0:
        raise _failed(f"a gap of {gap:g} mm measures {seen:.1f} mm")


def _test_verdict(ct: CtVolume, anatomy: Anatomy, catalog: Catalog) -> None:
    """Lay a needle and a zone into the canal; they must be blocked and the plan held."""
    canal = PointLps(0.0, CANAL_CENTRE_Y_MM, 0.0)
    plan = _plan_into(canal, ScanBinding.to(ct.record))
    zone = PredictedZone(
        ablation_id=plan.ablations[0].id,
        shape=Spheroid(canal, (0.0, 1.0, 0.0), ZONE_RADIUS_MM, ZONE_RADIUS_MM),
        tissue_of_origin="none",
        band_mm=0.0,
        model=ModelLabel(
            tier="table",
            name="self-test",
            version="1",
            inputs=(),
            source="self-test",
            status=Status.DERIVED,
        ),
    )
    scene = Scene(ct, anatomy, {zone.ablation_id: zone}, {}, catalog, DAY)
    assessment = assess(plan, scene)
    blocked = {item.rule for item in assessment.findings if item.severity is Severity.BLOCK}
    if assessment.verdict is not Verdict.HELD or not {"N1", "A1"} <= blocked:
        raise _failed(f"a needle and zone in the canal give {assessment.verdict}")


def _plan_into(tip: PointLps, scan: ScanBinding) -> Plan:
    needle = Trajectory(
        id=TrajectoryId("t1"),
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(10.0, 84.0, 0.0),
        tip=tip,
    )
    burn = Ablation(id=AblationId("a1"), trajectory_id=needle.id, device_id="eco-mwa")
    return Plan(
        plan_id="self-test",
        scan=scan,
        anatomy=AnatomyBinding(backend="tiny spine 1"),
        trajectories=(needle,),
        ablations=(burn,),
    )


def _failed(what: str) -> SelfTestFailedError:
    return SelfTestFailedError(
        f"The start-up self-test failed: {what}. Planning is locked. Install the program again; "
        "if it fails again, do not use it on this machine."
    )
