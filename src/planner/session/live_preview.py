"""The preview that follows the hand: round needles in the patient's tissue, added up."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.live_preview import LivePreview, PreviewAt
from planner.domain.prediction import ModelLabel
from planner.domain.simulation import Order, Tier
from planner.geometry.sampling import read_fields
from planner.physics.heat.band import PERFUSION_FACTORS
from planner.physics.heat.course import Burn, starts_of
from planner.physics.heat.device_model import Efficiency, model_status
from planner.physics.heat.dose import COAGULATED_CEM43_MIN
from planner.physics.heat.record import INSTANT_DEATH_CELSIUS, LETHAL_COLD_CELSIUS
from planner.physics.heat.region import region_around
from planner.physics.heat.rings import ring_tissue
from planner.physics.heat.round_needle import rings_for, solve_round
from planner.physics.heat.solve import AFTER_S
from planner.physics.heat.superpose import all_together, needle_field
from planner.physics.heat.tissue_classes import tissue_classes
from planner.physics.heat.zone_extent import field_extent
from planner.session.coverage import (
    FAR_MM,
    LESION,
    TARGET,
    Died,
    coverage_of,
    depth_mm,
    missed_mask,
)
from planner.session.patient_tissue import PatientTissue, patient_tissue
from planner.session.protection import separation_of, separation_words
from planner.session.simulation import COLD, PlannedBurn, planned_burns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.catalog import Catalog
    from planner.domain.plan import Plan
    from planner.domain.protection import ProtectionLayer
    from planner.domain.tissue_choice import TissueChoice
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.heat.medium import PropertyTable
    from planner.physics.heat.superpose import NeedleField, Together
    from planner.session.tissue_region import Patient

    ByHand = tuple[tuple[ProtectionLayer, ...], tuple[TissueChoice, ...]]

MODEL_NAME: Final = "round needles"
MODEL_VERSION: Final = "2"
MODEL_SOURCE: Final = (
    "coupled bioheat in tissue averaged round each needle, needles added up; checked against "
    "tier full (bipolar zones 0 to 9 % small there, inside the band), not against patients; "
    "follows the hand, judged by no rule"
)

GRID_MM: Final = 1.25
MARGIN_MM: Final = 22.0
"""Tissue round the metal that is drawn and measured."""

ANGLES: Final = 12
"""Directions round the needle in which tissue is looked at."""

LEAST_BAND_MM: Final = 5.0
"""Full tier never claims less than 3 mm; what lies beside a needle is smeared round it here,
and that moves a zone by up to 2 mm on the cases it was compared on (ADR 0220)."""

SMEARED_SHARE: Final = 0.15
LEAST_SMEARED_K: Final = 2.0
"""Share of a change of temperature, and least doubt, that is added to the strong end: a foramen
on one side of a needle was up to 5 K of 64 hotter in tier full (ADR 0220)."""

LEAST_BAND_CELSIUS: Final = 5.0
"""Doubt about a nominal temperature: 3 K in tier full, and 2 K for the smearing."""

UNSOURCED_MM: Final = 2.0
UNSOURCED_CELSIUS: Final = 3.5
"""Added to both for a device whose electrodes are not published, as in tier full."""

SHARES: Final = (0.1, 0.3, 0.6, 1.0)
"""Of a stretch with energy, where the temperature is kept."""

BODY_CELSIUS: Final = 37.0
REMEMBERED: Final = 16

ENDS: Final = (Efficiency.NOMINAL, Efficiency.HIGH, Efficiency.LOW)


@dataclass(slots=True)
class PreviewBench:
    """Keeps what does not change while one needle is dragged: tissue, and the other needles."""

    _tissue: PatientTissue | None = None
    _catalog: Catalog | None = None
    _needles: OrderedDict[tuple[object, ...], dict[Efficiency, NeedleField]] = field(
        default_factory=OrderedDict
    )

    def preview(self, plan: Plan, patient: Patient) -> tuple[LivePreview, ...]:
        """Return heat and cold of a plan apart; empty where nothing can be previewed."""
        planned, _ = planned_burns(plan, patient)
        groups = [[one for one in planned if one.is_cold is cold] for cold in (False, True)]
        order = plan.ablation_order or Order.TOGETHER
        put = (plan.protection, plan.tissue_choices)
        return tuple(self._one(group, patient, order, put) for group in groups if group)

    def _one(
        self,
        planned: Sequence[PlannedBurn],
        patient: Patient,
        order: Order,
        put: ByHand,
    ) -> LivePreview:
        tissue = self._tissue_of(planned, patient)
        is_cold = planned[0].device.modality in COLD
        starts = _starts(planned, order)
        times = _times_s(planned, starts)
        needles = [
            self._fields(one, begun, times, put)
            for begun, one in zip(starts, planned, strict=True)
        ]
        fields = {end: [needle[end] for needle in needles] for end in ENDS}
        geometry = _grid(planned)
        grid_mm = _centres_mm(geometry)
        count = len(grid_mm)
        near = tissue.near(grid_mm[0], grid_mm[-1])
        points = np.concatenate([grid_mm, *near.values()])
        every = all_together(points, [fields[end] for end in ENDS], times, is_cold=is_cold)
        seen = dict(zip(ENDS, every, strict=True))
        shape = geometry.shape_kji
        dead = {end: _dead(seen[end], is_cold=is_cold) for end in ENDS}
        nominal, strong, weak = (dead[end][:count].reshape(shape) for end in ENDS)
        depth = depth_mm(nominal, geometry)
        extremes = {end: seen[end].extreme_celsius for end in ENDS}
        sourced = all(model_status(one.device).may_pass_a_check for one in planned)
        extra_k = 0.0 if sourced else UNSOURCED_CELSIUS
        structures = _structures(near, count, extremes, depth, geometry, extra_k)
        radii = [
            (GRID_MM**3 * float(mask.sum()) * 0.75 / np.pi) ** (1.0 / 3.0)
            for mask in (weak, strong)
        ]
        band = max(LEAST_BAND_MM, float(np.ceil((radii[1] - radii[0]) / 2.0)))
        nominal_seen = seen[Efficiency.NOMINAL]
        values = nominal_seen.extreme_celsius if is_cold else nominal_seen.cem43_min
        values = values[:count].reshape(shape)
        died = Died(geometry=geometry, zone=nominal, certain=weak, values=values, is_cold=is_cold)
        covered = {
            one.name: coverage_of(one, tissue.anatomy, died, depth) for one in tissue.targets
        }
        return LivePreview(
            is_cold=is_cold,
            model=_label(planned),
            geometry=geometry,
            certain=weak,
            zone=nominal,
            possible=strong,
            band_mm=band + (0.0 if sourced else UNSOURCED_MM),
            extents={
                one.ablation.id: field_extent(alone, is_cold=is_cold)
                for one, alone in zip(planned, fields[Efficiency.NOMINAL], strict=True)
            },
            structures=structures,
            layers=_layer_lines(put[0], near, structures, patient),
            missed=missed_mask(tissue.targets[-1], nominal, geometry, tissue.coarsest_mm)
            if tissue.targets
            else np.zeros_like(nominal),
            coverage=covered.get(LESION),
            target_coverage=covered.get(TARGET),
        )

    def _tissue_of(self, planned: Sequence[PlannedBurn], patient: Patient) -> PatientTissue:
        levels = frozenset(one.level for one in planned)
        kept = self._tissue
        if (
            kept is None
            or kept.ct is not patient.ct
            or kept.anatomy is not patient.anatomy
            or kept.levels != levels
            or self._catalog is not patient.catalog
        ):
            self._catalog = patient.catalog
            classes = tissue_classes(patient.catalog.tissues)
            self._tissue = kept = patient_tissue(patient.ct, patient.anatomy, levels, classes)
            self._needles = OrderedDict()
        return kept

    def _fields(
        self,
        one: PlannedBurn,
        begun_s: float,
        times: NDArray[np.float64],
        put: ByHand,
    ) -> dict[Efficiency, NeedleField]:
        """Return the tables of one needle, from before where nothing about it has changed."""
        key = (one.ablation, one.tip_lps_mm, one.backward, begun_s, tuple(times), put)
        if key not in self._needles and self._tissue is not None:
            self._needles[key] = _solved(one, begun_s, times, self._tissue, put)
        self._needles.move_to_end(key)
        while len(self._needles) > REMEMBERED:
            self._needles.popitem(last=False)
        return self._needles[key]


def _solved(
    one: PlannedBurn,
    begun_s: float,
    times: NDArray[np.float64],
    tissue: PatientTissue,
    put: ByHand,
) -> dict[Efficiency, NeedleField]:
    """Run one needle at both ends of what is not known, and in between."""
    rings = rings_for(one.at_origin(Efficiency.NOMINAL))
    points = _round_points_mm(rings.s_centre_mm, rings.r_centre_mm, one)
    seen = tissue.at(points, *put).reshape(*rings.shape, ANGLES)
    stretches = [(begun_s + low, begun_s + high) for low, high in one.stretches_s]
    found = {}
    for end in ENDS:
        around = ring_tissue(seen, _moved(tissue.classes.table(), end))
        result = solve_round(one.at_origin(end), one.drive, stretches, rings, around, times)
        found[end] = needle_field(result, one.tip_lps_mm, one.backward)
    return found


def _moved(table: PropertyTable, end: Efficiency) -> PropertyTable:
    """Return the table of an end: no blood flow at the strong one, threefold at the weak one."""
    if end is Efficiency.NOMINAL:
        return table
    still, fast = PERFUSION_FACTORS
    factor = still if end is Efficiency.HIGH else fast
    return replace(table, perfusion_w_per_m3_k=factor * table.perfusion_w_per_m3_k)


def _round_points_mm(
    s_mm: NDArray[np.float64], r_mm: NDArray[np.float64], one: PlannedBurn
) -> Vector:
    """Return places round a needle, LPS mm, in the order slice, ring, angle."""
    back = np.array(one.backward)
    start = np.eye(3)[int(np.abs(back).argmin())]
    first = start - back * float(start @ back)
    first /= np.linalg.norm(first)
    second = np.cross(back, first)
    turn = np.arange(ANGLES) * (2.0 * np.pi / ANGLES)
    across = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    along = np.array(one.tip_lps_mm) + s_mm[:, None] * back
    points = along[:, None, None, :] + r_mm[None, :, None, None] * across[None, None, :, :]
    return np.asarray(points.reshape(-1, 3))


def _starts(planned: Sequence[PlannedBurn], order: Order) -> tuple[float, ...]:
    burns = [
        Burn(
            needle=one.ablation.trajectory_id,
            applicator=one.at_origin(Efficiency.NOMINAL),
            drive=one.drive,
            time_s=one.time_s,
            cycle_s=one.ablation.cycle_s,
            pause_s=one.ablation.pause_s,
        )
        for one in planned
    ]
    return starts_of(burns, order)


def _times_s(planned: Sequence[PlannedBurn], starts: Sequence[float]) -> NDArray[np.float64]:
    """Return the moments all needles are seen at: close where something starts or stops."""
    found = set()
    for begun, one in zip(starts, planned, strict=True):
        for low, high in one.stretches_s:
            found |= {begun + low, *(begun + low + share * (high - low) for share in SHARES)}
    last = max(found)
    found |= {last + 20.0, last + 60.0, last + AFTER_S}
    times = [time for time in sorted(found) if time > 0.0]
    kept = [times[0], *(b for a, b in pairwise(times) if b - a > 1.0)]
    return np.array(kept if kept[-1] == times[-1] else [*kept, times[-1]])


def _grid(planned: Sequence[PlannedBurn]) -> VolumeGeometry:
    ends = [
        np.array(one.tip_lps_mm) + end * np.array(one.backward)
        for one in planned
        for piece in one.at_origin(Efficiency.NOMINAL).metal
        for end in (piece.start_mm[0], piece.end_mm[0])
    ]
    return region_around(np.array(ends), GRID_MM, MARGIN_MM)


def _centres_mm(geometry: VolumeGeometry) -> Vector:
    """Return every voxel centre, LPS mm, ``(n, 3)``, in the order of the array."""
    k, j, i = (np.arange(length, dtype=np.float64) for length in geometry.shape_kji)
    origin = geometry.lps_from_ijk[:3, 3]
    found = np.empty((*geometry.shape_kji, 3))
    found[..., 0] = origin[0] + GRID_MM * i[None, None, :]
    found[..., 1] = origin[1] + GRID_MM * j[None, :, None]
    found[..., 2] = origin[2] + GRID_MM * k[:, None, None]
    return found.reshape(-1, 3)


def _layer_lines(
    layers: Sequence[ProtectionLayer],
    near: Mapping[str, Vector],
    structures: Mapping[str, PreviewAt],
    patient: Patient,
) -> tuple[str, ...]:
    """Say of every layer whether it is thick enough."""
    zone_mm = {
        name: at.distance_mm for name, at in structures.items() if at.distance_mm is not None
    }
    found = ((layer, separation_of(layer, near, zone_mm, patient.catalog)) for layer in layers)
    return tuple(separation_words(layer, one) for layer, one in found if one is not None)


def _dead(seen: Together, *, is_cold: bool) -> NDArray[np.bool_]:
    if is_cold:
        return np.asarray(seen.extreme_celsius <= LETHAL_COLD_CELSIUS)
    return np.asarray(
        (seen.cem43_min >= COAGULATED_CEM43_MIN) | (seen.extreme_celsius >= INSTANT_DEATH_CELSIUS)
    )


def _structures(
    near: Mapping[str, Vector],
    count: int,
    extremes: Mapping[Efficiency, NDArray[np.float32]],
    deep: NDArray[np.float32],
    geometry: VolumeGeometry,
    extra_k: float,
) -> dict[str, PreviewAt]:
    """Return distance and temperature at every structure in reach."""
    if not near:
        return {}
    places = geometry.ijk(np.concatenate([*near.values()]))
    (depth,) = read_fields(deep[None], places, np.array([-FAR_MM], dtype=np.float32))
    found, begun = {}, 0
    for name, points in near.items():
        own = slice(begun, begun + len(points))
        begun += len(points)
        values = {
            end: seen[count + own.start : count + own.stop] for end, seen in extremes.items()
        }
        nominal, strong = (_furthest(values[end]) for end in (Efficiency.NOMINAL, Efficiency.HIGH))
        found[name] = PreviewAt(
            distance_mm=-float(depth[own].max()),
            celsius=nominal,
            worst_celsius=_worst(nominal, strong, extra_k),
        )
    return found


def _furthest(celsius: NDArray[np.float32]) -> float:
    """Return the temperature furthest from that of the body."""
    return float(celsius[int(np.abs(celsius - np.float32(BODY_CELSIUS)).argmax())])


def _worst(nominal: float, strong: float, extra_k: float) -> float:
    """Return the worse end with the doubt of a preview; a change is never more than doubled."""
    way = 1.0 if strong >= BODY_CELSIUS else -1.0
    change, most = abs(nominal - BODY_CELSIUS), abs(strong - BODY_CELSIUS)
    doubt = max(
        change + min(LEAST_BAND_CELSIUS + extra_k, change),
        most + min(max(SMEARED_SHARE * most, LEAST_SMEARED_K), most),
    )
    return BODY_CELSIUS + way * doubt


def _label(planned: Sequence[PlannedBurn]) -> ModelLabel:
    statuses = [model_status(one.device) for one in planned]
    return ModelLabel(
        tier=Tier.PREVIEW.value,
        name=MODEL_NAME,
        version=MODEL_VERSION,
        inputs=(
            f"grid_mm = {GRID_MM:g}",
            f"angles = {ANGLES}",
            *(f"{one.ablation.id} = {one.device.id}" for one in planned),
        ),
        source=MODEL_SOURCE,
        status=max(statuses, key=lambda status: status.rank),
    )
