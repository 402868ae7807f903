"""The cement of a plan, level by level: every injection in the order of the plan.

Cement that is in stays where it is, and the next injection at the level runs round it, because
portions given one after another do not mix (Zderic 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from planner.domain.errors import PlannerError
from planner.domain.plan import CementTechnique
from planner.domain.prediction import PredictedZone
from planner.domain.progress import unreported
from planner.domain.while_open import kept_while_open, when_scans_go
from planner.geometry.capsule import Capsule
from planner.geometry.points import unit
from planner.physics.cement import drawn_back, forecast, hollowed, marked, predicted
from planner.physics.cement.flow_numbers import flow_numbers
from planner.session.cement_region import cement_region, on_scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.cement import LeakForecast
    from planner.domain.levels import Level
    from planner.domain.plan import AblationId, CementId, CementInjection, Plan, Trajectory
    from planner.domain.prediction import MissingZone, PredictedCement
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.ellipsoid import Spheroid
    from planner.physics.cement.medium import CementMedium
    from planner.physics.cement.outlet import Outlet

THIN_CEMENT = 1.0
"""Contrast of a cement whose file states none: HU and chance tell most in it."""


class Patient(Protocol):
    """A scan with its outlines, and the catalogue."""

    @property
    def ct(self) -> CtVolume:
        """The scan."""

    @property
    def anatomy(self) -> Anatomy:
        """Its outlines."""

    @property
    def catalog(self) -> Catalog:
        """Devices, needles and cements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """One injection with all of the plan that its fill hangs on."""

    injection: CementInjection
    outlets: tuple[Outlet, ...]
    contrast: float
    cavity: Spheroid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """All that is done at a level, as far as cement is concerned; equal levels fill equally."""

    level: Level
    given: tuple[_Given, ...]
    ablated: tuple[Spheroid, ...]
    tracks: tuple[Capsule, ...]


def fills_of(
    plan: Plan,
    patient: Patient,
    zones: Mapping[AblationId, PredictedZone | MissingZone],
    *,
    quick: bool = False,
) -> tuple[dict[CementId, PredictedCement], dict[CementId, str]]:
    """Return the nominal fill of every injection, and why the others have none."""
    cements: dict[CementId, PredictedCement] = {}
    unfilled: dict[CementId, str] = {}
    for work in _levels(plan, patient, zones):
        try:
            found = [there for _, there in _filled(patient.ct, patient.anatomy, work, quick)]
        except PlannerError as error:
            unfilled |= {one.injection.id: str(error) for one in work.given}
            continue
        cements |= {one.cement_injection_id: one for one in found}
    return cements, unfilled


def forecasts_of(
    plan: Plan,
    patient: Patient,
    zones: Mapping[AblationId, PredictedZone | MissingZone],
    report: ProgressReport = unreported,
) -> dict[CementId, LeakForecast]:
    """Return how likely each injection leaves the bone; one that has no fill has none.

    ``report`` may raise to stop.
    """
    levels = _levels(plan, patient, zones)
    count = max(1, sum(len(work.given) for work in levels))
    done, found = 0, {}
    for work in levels:
        for number, one in enumerate(work.given):

            def part(fraction: float, message: str, begun: int = done) -> None:
                report((begun + fraction) / count, message)

            try:
                made = _forecast(patient.ct, patient.anatomy, work, number, part)
            except PlannerError as error:
                if not _is_about_outlines(error):
                    raise
                continue
            found[one.injection.id] = made
            done += 1
    return found


def _is_about_outlines(error: PlannerError) -> bool:
    return getattr(error, "code", "") == "ANAT-NO-BODY"


def _levels(
    plan: Plan, patient: Patient, zones: Mapping[AblationId, PredictedZone | MissingZone]
) -> list[_Level]:
    needles = {one.id: one for one in plan.trajectories}
    found = []
    for level in dict.fromkeys(needles[one.trajectory_id].level for one in plan.cements):
        here = [one for one in plan.trajectories if one.level is level]
        filling = {one.trajectory_id for one in plan.cements}
        burns = [one for one in plan.ablations if needles[one.trajectory_id] in here]
        drawn = [zones.get(one.id) for one in burns]
        found.append(
            _Level(
                level=level,
                given=tuple(
                    _given(one, needles[one.trajectory_id], patient.catalog)
                    for one in plan.cements
                    if needles[one.trajectory_id] in here
                ),
                ablated=tuple(zone.shape for zone in drawn if isinstance(zone, PredictedZone)),
                tracks=tuple(
                    _track(one, plan, patient.catalog) for one in here if one.id not in filling
                ),
            )
        )
    return found


def _given(injection: CementInjection, needle: Trajectory, catalog: Catalog) -> _Given:
    cement = catalog.cements.get(injection.cement_id)
    number = None if cement is None else cement.numbers.get("flow_contrast")
    backward = unit(needle.entry.array - needle.tip.array)
    contrast = THIN_CEMENT if number is None else number.value
    if injection.technique is CementTechnique.RF_TARGETED:
        contrast = min(contrast, flow_numbers().bone["rf_targeted_contrast"].value)
    cavity = None
    if injection.cavity_ml > 0.0:
        cavity = hollowed(needle.tip, backward, injection.cavity_ml, flow_numbers())
    return _Given(
        injection=injection,
        outlets=drawn_back(needle.tip, backward, injection.volume_ml, injection.pull_back_mm),
        contrast=contrast,
        cavity=cavity,
    )


def _track(needle: Trajectory, plan: Plan, catalog: Catalog) -> Capsule:
    """Return the way that a needle without cement leaves when it is drawn out."""
    devices = [
        catalog.devices[one.device_id]
        for one in plan.ablations
        if one.trajectory_id == needle.id and one.device_id in catalog.devices
    ]
    return Capsule(
        needle.tip, needle.entry, catalog.access_diameter(devices, needle.size).value / 2.0
    )


@kept_while_open(16)
def _filled(
    ct: CtVolume, anatomy: Anatomy, work: _Level, quick: bool
) -> tuple[tuple[PredictedCement, PredictedCement], ...]:
    """Return the fills of a level in the order of the plan, each on the run's grid and the scan's.

    The same work is done once.
    """
    medium = _done_to(ct, anatomy, work)
    body_ml = anatomy.vertebrae[work.level].body_volume_ml
    found: list[tuple[PredictedCement, PredictedCement]] = []
    for one in work.given:
        medium = _hollowed(medium, one)
        fill = predicted(
            medium,
            one.outlets,
            body_ml=body_ml,
            injection_id=one.injection.id,
            contrast=one.contrast,
            quick=quick,
            inputs={
                "cement": one.injection.cement_id,
                "contrast": f"{one.contrast:g}",
                "technique": one.injection.technique,
                "cavity_ml": f"{one.injection.cavity_ml:g}",
                "pull_back_mm": f"{one.injection.pull_back_mm:g}",
                "earlier injections": str(len(found)),
                "ablation zones": str(len(work.ablated)),
                "open needle ways": str(len(work.tracks)),
            },
        )
        made = replace(fill, cavity=one.cavity)
        found.append((made, on_scan(made, anatomy.geometry)))
        medium = marked(medium, taken=made.filled())
    return tuple(found)


def _done_to(ct: CtVolume, anatomy: Anatomy, work: _Level) -> CementMedium:
    """Return the medium of a level with what is done to it before cement is given."""
    return marked(cement_region(ct, anatomy, work.level), ablated=work.ablated, tracks=work.tracks)


def _hollowed(medium: CementMedium, one: _Given) -> CementMedium:
    return medium if one.cavity is None else marked(medium, cavity=one.cavity)


def _forecast(
    ct: CtVolume, anatomy: Anatomy, work: _Level, number: int, report: ProgressReport
) -> LeakForecast:
    key = (ct, anatomy, work, number)
    if (known := _FORECASTS.get(key)) is not None:
        return known
    medium = _done_to(ct, anatomy, work)
    for earlier, _ in _filled(ct, anatomy, work, False)[:number]:
        medium = marked(medium, taken=earlier.filled())
    one = work.given[number]
    made = forecast(
        _hollowed(medium, one),
        one.outlets,
        injection_id=one.injection.id,
        contrast=one.contrast,
        report=report,
    )
    if len(_FORECASTS) >= FORECASTS_KEPT:
        _FORECASTS.pop(next(iter(_FORECASTS)))
    _FORECASTS[key] = made
    return made


FORECASTS_KEPT = 16
_FORECASTS: dict[tuple[CtVolume, Anatomy, _Level, int], LeakForecast] = {}
when_scans_go(_FORECASTS.clear)
