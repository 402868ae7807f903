"""Use cases that the command line and the window share: from a scan to a checked plan."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog.site_limits import looser_limits
from planner.domain.anatomy import Anatomy
from planner.domain.errors import InputRefusedError
from planner.domain.plan import AnatomyBinding, Plan, ScanBinding
from planner.domain.prediction import MissingZone
from planner.domain.progress import ProgressReport, unreported
from planner.geometry.points import unit
from planner.imaging import inspect, load_ct, names_another_patient, relation_in_words
from planner.physics import table_zone
from planner.safety import Scene
from planner.session.anatomy_store import load_anatomy, store_anatomy
from planner.session.cement_filling import fills_of
from planner.session.judging import judge, tested_installation
from planner.session.opened_case import CT_GONE, NO_OUTLINES, OTHER_CT
from planner.session.outline_bench import bench_for
from planner.session.simulation import exposures_of, simulated_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.anatomy import Vertebra
    from planner.domain.finding import Assessment
    from planner.domain.levels import Level
    from planner.domain.plan import (
        Ablation,
        AblationId,
        CementId,
        TrajectoryId,
    )
    from planner.domain.prediction import PredictedCement, PredictedZone
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.imaging.voxels import SliceDelivery

READING_SHARE = 0.3
"""Share of the progress bar that reading a scan gets; outlining takes the rest."""

NO_SUCH_SERIES = "DCM-NO-SUCH-SERIES"
"""What the gate says when a folder lacks the series that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One scan with its outlines, ready to plan on."""

    ct: CtVolume
    anatomy: Anatomy
    binding: AnatomyBinding
    catalog: Catalog

    def vertebra(self, level: Level) -> Vertebra:
        """Return one vertebra.

        Raises
        ------
        InputRefusedError
            When the outlines do not have that level.
        """
        if level not in self.anatomy.vertebrae:
            known = ", ".join(self.anatomy.vertebrae) or "none"
            raise InputRefusedError(
                "ANAT-NO-LEVEL",
                f"{level} was not found in this scan; the levels found are: {known}. Name a "
                f"vertebra with --seed {level}=x,y,z, or import outlines that have it.",
            )
        return self.anatomy.vertebrae[level]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """What the models say of every ablation and injection of a plan.

    ``unfilled`` says why an injection has no fill; a rule on it is then NOT EVALUATED.
    ``simulations`` are those of this very plan that were made before, in tier full.
    """

    zones: Mapping[AblationId, PredictedZone | MissingZone]
    cements: Mapping[CementId, PredictedCement]
    unfilled: Mapping[CementId, str]
    simulations: tuple[Simulation, ...] = ()


def open_case(
    path: Path,
    catalog: Catalog,
    *,
    series_uid: str | None = None,
    binding: AnatomyBinding | None = None,
    of_plan: Plan | None = None,
    report: ProgressReport = unreported,
) -> Case:
    """Read a scan and outline its vertebrae.

    Raises
    ------
    InputRefusedError
        When the scan cannot be used; ``PLAN-OTHER-CT`` when it is not that of ``of_plan``.
    """

    def reading(fraction: float, message: str) -> None:
        report(fraction * READING_SHARE, message)

    if of_plan is None:
        ct = load_ct(path, series_uid, reading)
    else:
        ct = _scan_of(of_plan, path, reading, series_uid=series_uid)
    return _outlined(ct, binding or AnatomyBinding(backend="builtin"), catalog, report)


def outline(ct: CtVolume, binding: AnatomyBinding, report: ProgressReport = unreported) -> Anatomy:
    """Return the outlines of a scan, from the store when they were made before.

    A plan saved before anything was outlined has none, and every rule on it is NOT EVALUATED.
    """
    if binding.backend == NO_OUTLINES:
        return without_outlines(ct)
    if found := load_anatomy(ct, binding):
        return found
    anatomy = bench_for(ct, binding, report).outline(
        seeds=dict(binding.seeds), corrections=binding.corrections, report=report
    )
    store_anatomy(ct, binding, anatomy)
    return anatomy


def new_plan(case: Case) -> Plan:
    """Return an empty plan bound to the scan and outlines of ``case``."""
    tested_installation()
    record = case.ct.record
    return Plan(
        plan_id=str(uuid.uuid4()),
        created_utc=now_utc(),
        looser_limits=looser_limits(case.catalog.rules),
        anatomy=case.binding,
        scan=replace(ScanBinding.to(record), locator=str(Path(record.locator).resolve())),
    )


def reopen_case(
    plan: Plan,
    catalog: Catalog,
    *,
    ct_path: Path | None = None,
    report: ProgressReport = unreported,
    on_slices: SliceDelivery | None = None,
) -> Case:
    """Find the scan a plan was made on, and check that it is the one.

    Raises
    ------
    InputRefusedError
        ``PLAN-CT-GONE`` when nothing is at the remembered place, ``PLAN-OTHER-CT`` when what is
        there is a different scan.
    """
    place = ct_path or Path(plan.scan.locator)
    if not place.exists():
        raise InputRefusedError(
            CT_GONE,
            f"The CT of this plan is not at {place} any more. Put it back, or say where it is "
            "with --ct. The plan itself is unchanged.",
        )
    ct = _scan_of(
        plan,
        place,
        lambda part, what: report(part * READING_SHARE, what),
        on_slices=on_slices,
    )
    return _outlined(ct, plan.anatomy, catalog, report)


def _scan_of(
    plan: Plan,
    place: Path,
    report: ProgressReport,
    *,
    series_uid: str | None = None,
    on_slices: SliceDelivery | None = None,
) -> CtVolume:
    """Read the scan a plan was made on; refuse any other one."""
    try:
        ct = load_ct(
            place, series_uid or plan.scan.series_uid or None, report, on_slices=on_slices
        )
    except InputRefusedError as refusal:
        if refusal.code != NO_SUCH_SERIES or series_uid:
            raise
        raise _other_scan(place, _nearest_relation(plan, place)) from refusal
    if ct.record.sha256 != plan.scan.sha256:
        raise _other_scan(place, relation_in_words(plan.scan, ct.record))
    if names_another_patient(plan.scan.patient, ct.record.patient):
        raise _other_scan(place, "it has the same voxels, but names ANOTHER PATIENT")
    return ct


def _nearest_relation(plan: Plan, place: Path) -> str:
    """Say how what lies at ``place`` is related to the scan whose series is not there."""
    found = inspect(place, pixels=False).choices
    words = {relation_in_words(plan.scan, one): one for one in found}
    if len(words) == 1:
        return next(iter(words))
    return "it has no such series"


def _other_scan(place: Path, how: str) -> InputRefusedError:
    return InputRefusedError(
        OTHER_CT,
        f"The CT at {place} is not the scan this plan was made on: {how}. A plan is never carried "
        "over to another scan by itself; plan anew on it.",
    )


def _outlined(
    ct: CtVolume, binding: AnatomyBinding, catalog: Catalog, report: ProgressReport
) -> Case:
    anatomy = outline(
        ct, binding, lambda part, what: report(READING_SHARE + part * (1 - READING_SHARE), what)
    )
    made = replace(binding, backend=anatomy.backend)
    return Case(ct=ct, anatomy=anatomy, binding=made, catalog=catalog)


def predict(plan: Plan, case: Case, *, quick: bool = False) -> Predictions:
    """Return the table-tier zones and the cement fills of a plan.

    ``quick`` takes the cement of a marching front, as while a needle is dragged.
    """
    zones = predict_zones(plan, case.catalog)
    cements, unfilled = fills_of(plan, case, zones, quick=quick)
    return Predictions(
        zones=zones,
        cements=cements,
        unfilled=unfilled,
        simulations=simulated_before(plan, case),
    )


def predict_zones(plan: Plan, catalog: Catalog) -> dict[AblationId, PredictedZone | MissingZone]:
    """Return the table zone of every ablation, or why it has none."""
    return {ablation.id: _zone(ablation, plan, catalog) for ablation in plan.ablations}


def scene_of(case: Case, predictions: Predictions) -> Scene:
    """Return all a rule may look at besides the plan."""
    return Scene(
        ct=case.ct,
        anatomy=case.anatomy,
        zones=predictions.zones,
        cements=predictions.cements,
        catalog=case.catalog,
        today=datetime.now(UTC).date(),
        exposures=exposures_of(predictions.simulations),
    )


def check(plan: Plan, case: Case, *, quick: bool = False) -> tuple[Predictions, Assessment]:
    """Predict, then run every rule, on an installation that measures rightly."""
    tested_installation()
    predictions = predict(plan, case, quick=quick)
    return predictions, judge(plan, scene_of(case, predictions))


def access_diameter_mm(plan: Plan, trajectory_id: TrajectoryId, catalog: Catalog) -> float:
    """Return the outer diameter of the widest thing that goes in along a needle."""
    devices = [
        catalog.devices[ablation.device_id]
        for ablation in plan.ablations
        if ablation.trajectory_id == trajectory_id and ablation.device_id in catalog.devices
    ]
    return catalog.access_diameter(devices, plan.trajectory(trajectory_id).size).value


def without_outlines(ct: CtVolume) -> Anatomy:
    """Return an anatomy that knows nothing, so that every rule on it is NOT EVALUATED."""
    geometry = ct.geometry.cropped((0, 0, 0), (1, 1, 1))
    nothing = np.zeros(geometry.shape_kji, dtype=np.uint8)
    return Anatomy(
        geometry=geometry,
        labels=nothing,
        bodies=nothing,
        discs=nothing,
        foramina=nothing,
        canal=nothing.astype(np.bool_),
        vertebrae={},
        backend=NO_OUTLINES,
        ct_sha256=ct.record.sha256,
    )


def now_utc() -> str:
    """Return the time now as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _zone(ablation: Ablation, plan: Plan, catalog: Catalog) -> PredictedZone | MissingZone:
    trajectory = plan.trajectory(ablation.trajectory_id)
    device = catalog.devices.get(ablation.device_id)
    if device is None:
        reason = f"The catalogue has no device '{ablation.device_id}'."
        return MissingZone(ablation_id=ablation.id, reason=reason)
    direction = unit(trajectory.tip.array - trajectory.entry.array)
    return table_zone(device, ablation, trajectory.tip, direction)
