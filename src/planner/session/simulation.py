"""Heat and cold in a patient: from a plan and a scan to zones and temperatures at structures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.devices import Modality
from planner.domain.errors import UsageError
from planner.domain.prediction import Exposure, KilledTissue, ModelLabel
from planner.domain.progress import unreported
from planner.domain.simulation import Order, Simulation, Tier
from planner.domain.sourced import Status
from planner.geometry.points import unit
from planner.physics.heat.band import NOMINAL, Run, band_of, coldest_within
from planner.physics.heat.course import Burn, stages_of, stretches
from planner.physics.heat.device_model import (
    Efficiency,
    NoModel,
    applicator_of,
    drive_of,
    model_status,
)
from planner.physics.heat.ensemble import runs_of
from planner.physics.heat.region import grid_mm, region_around
from planner.physics.heat.solve import MODEL_VERSION, solve
from planner.physics.heat.tissue_classes import FOR_COLD, FOR_CURRENT, FOR_HEAT, tissue_classes
from planner.planning.tissue_parts import choice_words
from planner.safety.digest import anatomy_digest, scan_digest
from planner.session.coverage import (
    LESION,
    TARGET,
    Died,
    coverage_of,
    depth_mm,
    missed_mask,
    targets_of,
)
from planner.session.protection import painted_in, why_refused
from planner.session.simulation_reading import (
    changes_of,
    course_at,
    exposures_at,
    extents_of,
    owners_of,
)
from planner.session.simulation_store import find_simulations, keep_simulations
from planner.session.thermocouples import watched
from planner.session.tissue_region import tissue_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.plan import Ablation, AblationId, Plan
    from planner.domain.progress import ProgressReport
    from planner.domain.simulation import StructureCourse
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.heat.applicators import Applicator, Drive, Stage
    from planner.physics.heat.band import ZoneBand
    from planner.physics.heat.metal import Triple
    from planner.physics.heat.tissue_classes import TissueClasses
    from planner.session.tissue_region import Patient, TissueRegion

SIMULATION_VERSION = "8"
"""Raised when a plan becomes other stages or a reading changes, so that an old result is void."""

FINEST_MM = 0.7
COARSEST_MM = {Tier.PREVIEW: 1.5, Tier.FULL: 1.0}
"""Spacing of a grid: a thin needle needs a finer one than 1 mm, and no zone earns less."""

PER_RADIUS = {Tier.PREVIEW: 1.39, Tier.FULL: 1.19}
PER_RADIUS_WITHOUT_CURRENT = {Tier.PREVIEW: 1.39, Tier.FULL: 1.32}
"""Spacing in needle radii, just inside what the solver allows for the tier."""

MARGIN_MM = {Tier.PREVIEW: 20.0, Tier.FULL: 24.0}
"""Tissue round the metal. A preview may see some heat reach its edge; the label says preview."""

UNSOURCED_BAND_MM = 5.0
"""For a device whose electrodes are not published: 3 mm, and the 2 mm of radius that its cooling
opens between none and 300 W/m2K. Derived."""

SEVERAL_COLD_MM = 6.0
"""How much farther than in this model the ice of several probes may reach: it did by 4 to 6 mm in
agar and in gel (docs/models/published.md). Band of the zone, and how far round a structure the
cold is looked for. Derived."""

FEW_LEFT = 4.6
"""Arrhenius integral at which one cell of a hundred is left: exp(-4.6)."""

EVERY = 2
"""Every other reading is kept: one in ten seconds."""

AS_HU_SHOWS = "tissue as HU shows it"
"""Name of the nominal run without the classes a person chose; others have it behind theirs."""

IN_TURN = "needles in turn"
"""Name of the run in the other order."""

COLD = frozenset({Modality.CRYO})
CURRENT = frozenset({Modality.BIPOLAR_RF, Modality.MONOPOLAR_RF})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBurn:
    """An ablation that can be simulated."""

    ablation: Ablation
    device: Device
    tip_lps_mm: Triple
    backward: Triple
    drive: Drive
    time_s: float
    level: Level

    def applicator(self, efficiency: Efficiency, geometry: VolumeGeometry | None) -> Applicator:
        """Return the device in the tissue; without a grid, in LPS."""
        tip = self.tip_lps_mm
        if geometry is not None:
            tip = grid_mm(geometry, np.array(tip))
        return self._found(tip, self.backward, efficiency)

    def _found(self, tip: Triple, backward: Triple, efficiency: Efficiency) -> Applicator:
        found = applicator_of(self.device, tip, backward, efficiency, self.time_s)
        if isinstance(found, NoModel):
            raise UsageError(found.reason)
        return found

    @property
    def is_cold(self) -> bool:
        """Whether it freezes."""
        return self.device.modality in COLD

    @property
    def stretches_s(self) -> tuple[tuple[float, float], ...]:
        """When energy is given, from the start of the burn."""
        return stretches(self.time_s, self.ablation.cycle_s, self.ablation.pause_s)

    def at_origin(self, efficiency: Efficiency) -> Applicator:
        """Return the device along x with its tip at 0."""
        return self._found((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), efficiency)

    def burn(self, efficiency: Efficiency, geometry: VolumeGeometry) -> Burn:
        """Return the burn on a grid."""
        return Burn(
            needle=self.ablation.trajectory_id,
            applicator=self.applicator(efficiency, geometry),
            drive=self.drive,
            time_s=self.time_s,
            cycle_s=self.ablation.cycle_s,
            pause_s=self.ablation.pause_s,
        )


def simulate(
    plan: Plan,
    patient: Patient,
    tier: Tier,
    *,
    order: Order = Order.TOGETHER,
    report: ProgressReport = unreported,
) -> tuple[Simulation, ...]:
    """Simulate every ablation of a plan, heat and cold apart.

    Raises
    ------
    UsageError
        When no ablation can be simulated; the message says why for each.
    """
    planned, left_out = planned_burns(plan, patient)
    if not planned:
        reasons = " ".join(left_out.values()) or "The plan has no ablation."
        raise UsageError(f"Nothing was simulated. {reasons}")
    groups = [
        [item for item in planned if (item.device.modality in COLD) is cold]
        for cold in (False, True)
    ]
    groups = [group for group in groups if group]
    digest = simulation_digest(plan, patient, tier, order)
    found = []
    for number, group in enumerate(groups):
        part = partial(_share, report, number, len(groups))
        made = _run(group, patient, tier, order, plan, part)
        found.append(replace(made, input_sha256=digest))
    return (replace(found[0], left_out=left_out), *found[1:])


def simulate_and_keep(
    plan: Plan,
    patient: Patient,
    tier: Tier,
    *,
    order: Order = Order.TOGETHER,
    report: ProgressReport = unreported,
) -> tuple[Simulation, ...]:
    """Return the result of a plan, from the store when the very same was simulated before."""
    if found := find_simulations(simulation_digest(plan, patient, tier, order)):
        return found
    made = simulate(plan, patient, tier, order=order, report=report)
    keep_simulations(made)
    return made


def simulated_before(plan: Plan, patient: Patient) -> tuple[Simulation, ...]:
    """Return what rules may judge: tier full of this very plan, all needles together.

    Empty where it was not simulated, or anything that went in has changed since.
    """
    if not plan.ablations:
        return ()
    return find_simulations(simulation_digest(plan, patient, Tier.FULL, Order.TOGETHER))


def simulation_digest(plan: Plan, patient: Patient, tier: Tier, order: Order) -> str:
    """Return a SHA-256 over all that a simulation looks at.

    Answers about the patient, cement and names are not among it; a moved needle, another
    setting, other outlines, another scan, device file or tissue file are.
    """
    used = {ablation.device_id for ablation in plan.ablations}
    devices = patient.catalog.devices
    parts = (
        SIMULATION_VERSION,
        MODEL_VERSION,
        tier,
        order,
        scan_digest(patient.ct),
        anatomy_digest(patient.anatomy),
        plan.ablations,
        plan.protection,
        plan.tissue_choices,
        [plan.trajectory(ablation.trajectory_id) for ablation in plan.ablations],
        [(name, devices.get(name)) for name in sorted(used)],
        tissue_classes(patient.catalog.tissues),
        patient.catalog.tissues["tumour-soft"],
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def exposures_of(simulations: Sequence[Simulation]) -> dict[AblationId, Exposure]:
    """Return what every simulated ablation does to each structure."""
    return {key: value for one in simulations for key, value in one.exposures.items()}


def _share(report: ProgressReport, done: int, count: int, part: float, message: str) -> None:
    report((done + part) / count, message)


def planned_burns(plan: Plan, patient: Patient) -> tuple[list[PlannedBurn], dict[AblationId, str]]:
    """Return what can be simulated, and why the rest cannot."""
    planned: list[PlannedBurn] = []
    left_out: dict[AblationId, str] = {}
    for ablation in plan.ablations:
        found = _planned(ablation, plan, patient)
        if isinstance(found, NoModel):
            left_out[ablation.id] = f"{ablation.id}: {found.reason}"
        else:
            planned.append(found)
    return planned, left_out


def _planned(ablation: Ablation, plan: Plan, patient: Patient) -> PlannedBurn | NoModel:
    device = patient.catalog.devices.get(ablation.device_id)
    if device is None:
        return NoModel(reason=f"The catalogue has no device '{ablation.device_id}'.")
    if ablation.time_s is None:
        return NoModel(reason=f"{device.name} is not simulated: the plan gives it no time.")
    if why := why_refused(device, plan.protection):
        return NoModel(reason=why)
    drive = drive_of(device, ablation)
    if isinstance(drive, NoModel):
        return drive
    needle = plan.trajectory(ablation.trajectory_id)
    if needle.level not in patient.anatomy.vertebrae or not patient.anatomy.canal.any():
        return NoModel(
            reason=f"{needle.level} and its canal are not both outlined, and heat needs to know "
            "bone from nerve. Outline them first."
        )
    back = unit(needle.entry.array - needle.tip.array)
    tip = needle.tip.array + ablation.active_offset_mm * back
    backward = (float(back[0]), float(back[1]), float(back[2]))
    tip_lps_mm = (float(tip[0]), float(tip[1]), float(tip[2]))
    tried = applicator_of(device, tip_lps_mm, backward, Efficiency.NOMINAL, ablation.time_s)
    if isinstance(tried, NoModel):
        return tried
    return PlannedBurn(
        ablation=ablation,
        device=device,
        tip_lps_mm=tip_lps_mm,
        backward=backward,
        drive=drive,
        time_s=ablation.time_s,
        level=needle.level,
    )


def _run(
    planned: Sequence[PlannedBurn],
    patient: Patient,
    tier: Tier,
    order: Order,
    plan: Plan,
    report: ProgressReport,
) -> Simulation:
    classes = tissue_classes(patient.catalog.tissues)
    levels = {item.level for item in planned}
    grid = burn_grid(planned, tier)
    painted = painted_in(grid, plan.protection)
    region = tissue_region(patient, grid, levels, classes, painted, plan.tissue_choices)
    runs = _runs(planned, region, classes, patient, tier, order)
    band = band_of(region.medium, runs, report=report)
    is_cold = any(item.device.modality in COLD for item in planned)
    least_mm = 0.0
    if is_cold and len(planned) > 1:
        least_mm = SEVERAL_COLD_MM
        near = coldest_within(band.coldest_celsius, region.medium.spacing_mm, least_mm)
        band = replace(band, coldest_celsius=near)
    courses = {name: course_at(name, band, region, is_cold=is_cold) for name in region.structures}
    if tier is Tier.FULL:
        courses = _with_readings(courses, runs[0], region, is_cold=is_cold)
    unchosen = band.results.get(AS_HU_SHOWS, band.nominal)
    by_hand = [choice_words(item, patient.anatomy) for item in plan.tissue_choices]
    as_shown = {} if unchosen is band.nominal else changes_of(unchosen, region, is_cold=is_cold)
    label = _label(planned, band, region, classes, (tier, order), by_hand)
    nominal = band.nominal
    applicators = [item.applicator(Efficiency.NOMINAL, region.geometry) for item in planned]
    owner = owners_of(region.medium, applicators)
    extents = extents_of(nominal, region.medium, applicators, owner, is_cold=is_cold)
    dead = nominal.dead()
    sourced = all(model_status(item.device).may_pass_a_check for item in planned)
    targets = targets_of(patient.ct, patient.anatomy, levels)
    values = nominal.lowest_celsius if is_cold else nominal.cem43_min
    died = Died(
        geometry=region.geometry, zone=dead, certain=band.certain, values=values, is_cold=is_cold
    )
    depth = depth_mm(dead, region.geometry)
    covered = {one.name: coverage_of(one, patient.anatomy, died, depth) for one in targets}
    coarsest_mm = max(patient.anatomy.geometry.spacing_mm)
    return Simulation(
        input_sha256="",
        order=order,
        is_cold=is_cold,
        model=label,
        geometry=region.geometry,
        certain=band.certain,
        zone=dead,
        possible=band.possible,
        killed_at_s=band.dead_at_s,
        certain_at_s=band.certain_at_s,
        possible_at_s=band.possible_at_s,
        total_s=float(nominal.thermometry.times_s[-1]),
        owner=owner,
        peak_celsius=nominal.peak_celsius,
        lowest_celsius=nominal.lowest_celsius,
        band_mm=max(band.band_mm, least_mm, 0.0 if sourced else UNSOURCED_BAND_MM),
        extents={item.ablation.id: size for item, size in zip(planned, extents, strict=True)},
        courses=courses,
        exposures={
            item.ablation.id: Exposure(
                ablation_id=item.ablation.id,
                at_structures=exposures_at(courses, as_shown, sourced=sourced, is_cold=is_cold),
                killed=KilledTissue(
                    geometry=region.geometry,
                    dead=(dead | unchosen.dead()) & (owner == number),
                    certain=band.certain,
                ),
                model=label,
                coverage=tuple(covered.values()),
            )
            for number, item in enumerate(planned)
        },
        runs=band.dead_ml,
        arrhenius_ml=float((nominal.arrhenius >= FEW_LEFT).sum()) * region.medium.voxel_m3 * 1e6,
        missed=missed_mask(targets[-1], dead, region.geometry, coarsest_mm)
        if targets
        else np.zeros_like(dead),
        coverage=covered.get(LESION),
        target_coverage=covered.get(TARGET),
    )


def _with_readings(
    courses: Mapping[str, StructureCourse], nominal: Run, region: TissueRegion, *, is_cold: bool
) -> dict[str, StructureCourse]:
    """Run the nominal burn again with thermometers where the first runs were worst."""
    names = watched(courses, is_cold=is_cold)
    if not names:
        return dict(courses)
    points = [grid_mm(region.geometry, np.array(courses[name].at_mm)) for name in names]
    medium = replace(region.medium, table=nominal.table)
    seen = solve(medium, nominal.stages, points_mm=points).thermometry
    found = dict(courses)
    for place, name in enumerate(names):
        line = zip(seen.times_s.tolist(), seen.celsius[:, place].tolist(), strict=True)
        readings = tuple((round(seconds, 1), round(celsius, 2)) for seconds, celsius in line)
        found[name] = replace(courses[name], readings=readings[::EVERY])
    return found


def _runs(
    planned: Sequence[PlannedBurn],
    region: TissueRegion,
    classes: TissueClasses,
    patient: Patient,
    tier: Tier,
    order: Order,
) -> list[Run]:
    """Return the runs of a tier.

    Neither order of several needles is always the hotter, and a plan does not say which it will
    be; so tier full runs the other one as well. Where a person chose tissue, every run is made
    as HU shows it too: a choice may make a finding and never clears one.
    """

    def stages(efficiency: Efficiency, when: Order = order) -> tuple[Stage, ...]:
        return stages_of([item.burn(efficiency, region.geometry) for item in planned], when)

    current = any(item.device.modality in CURRENT for item in planned)
    runs = runs_of(tier, stages, classes, patient.catalog.tissues, with_current=current)
    if tier is Tier.FULL and order is Order.TOGETHER:
        other = stages(Efficiency.NOMINAL, Order.IN_TURN)
        runs.append(Run(name=IN_TURN, table=classes.table(), stages=other))
    if np.array_equal(region.unchosen, region.medium.tissue):
        return runs
    plain = [
        replace(run, name=f"{run.name}, {AS_HU_SHOWS}", tissue=region.unchosen) for run in runs
    ]
    return [*runs, replace(plain[0], name=AS_HU_SHOWS), *plain[1:]]


def burn_grid(planned: Sequence[PlannedBurn], tier: Tier) -> VolumeGeometry:
    """Return the grid a run of these burns needs."""
    pieces = [piece for one in planned for piece in one.applicator(Efficiency.HIGH, None).metal]
    thinnest_mm = min(piece.radius_mm for piece in pieces)
    current = any(item.device.modality in CURRENT for item in planned)
    per_radius = (PER_RADIUS if current else PER_RADIUS_WITHOUT_CURRENT)[tier]
    spacing_mm = min(max(per_radius * thinnest_mm, FINEST_MM), COARSEST_MM[tier])
    ends = np.array([end for piece in pieces for end in (piece.start_mm, piece.end_mm)])
    return region_around(ends, spacing_mm, MARGIN_MM[tier])


def _label(
    planned: Sequence[PlannedBurn],
    band: ZoneBand,
    region: TissueRegion,
    classes: TissueClasses,
    asked: tuple[Tier, Order],
    by_hand: Sequence[str],
) -> ModelLabel:
    """Return the label of the nominal run with what the whole prediction rests on.

    The blood flow is not counted in the status: it is from memory, but no flow at all, which is
    the end the doubt at a structure is taken from, needs no source.
    """
    model, (tier, order) = band.nominal.model, asked
    modality = {item.device.modality for item in planned}
    keys: tuple[str, ...] = FOR_HEAT
    keys += FOR_CURRENT if modality & CURRENT else ()
    keys += FOR_COLD if modality & COLD else ()
    present = np.unique((region.medium.tissue, region.unchosen)).tolist()
    statuses = [classes.weakest_status(present, keys)]
    statuses += [model_status(item.device) for item in planned]
    statuses += [Status.DERIVED]  # the limits of the tissue map
    return replace(
        model,
        tier=(Tier.PREVIEW if Tier.PREVIEW in (tier, model.tier) else Tier.FULL).value,
        inputs=(
            *model.inputs,
            f"order = {order}",
            *(f"{item.ablation.id} = {item.device.id}" for item in planned),
            f"runs = {', '.join(name for name in band.results if name != NOMINAL)}",
            *(f"tissue by hand: {words}" for words in by_hand),
        ),
        status=max(statuses, key=lambda status: status.rank),
    )
