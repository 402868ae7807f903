"""Turns the case and the plan into what the panels show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.anatomy import QualityVerdict
from planner.domain.plan import CementTechnique
from planner.domain.prediction import MissingZone, PredictedZone
from planner.session.drawing import (
    CementMark,
    Drawing,
    NeedleMark,
    ZoneMark,
    level_tags,
    wall_points,
)
from planner.session.needle_numbers import numbers_of
from planner.session.position import position_alarm, position_sentence
from planner.session.window_states import (
    AnatomyState,
    DeviceOffer,
    GateLine,
    LevelRow,
    NeedleRow,
    PlanState,
    StudyState,
    TreatState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import Device, Needle, ZoneRow
    from planner.domain.levels import Level
    from planner.domain.plan import AblationId, Plan, Trajectory
    from planner.domain.prediction import PredictedCement
    from planner.domain.volume import CtVolume
    from planner.session.drawing import CementMark, FindingMark, SimulatedMark
    from planner.session.needle_card import CardPart
    from planner.session.needle_parts import NeedleParts
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.window_states import Offered

SIDE_IN_DOUBT = frozenset(
    {"DCM-POSTERIOR-SIDE", "DCM-POSITION-CONTRADICTS", "DCM-NO-PATIENT-POSITION"}
)
"""Codes of the gate after which left and right must be looked at with more than usual care."""

_BACK_OF_THE_SPINE = {
    "agrees": "In the picture the back of the spine lies where the header puts it.",
    "contradicts": "In the picture the back of the spine lies where the header puts the front.",
    "cannot tell": "The picture does not tell front from back by itself.",
}

_SEXES = {"M": "male", "F": "female", "O": "other"}


def study_state(
    ct: CtVolume | None, *, names_hidden: bool, refusal: str = "", side_confirmed: str = ""
) -> StudyState:
    """Return who and what is open."""
    if ct is None:
        return StudyState(names_hidden=names_hidden, refusal=refusal)
    record, patient = ct.record, ct.record.patient
    identity = [f"ID {patient.patient_id}" if patient.patient_id else "no patient ID"]
    if patient.birth_date:
        identity.append(f"born {day(patient.birth_date)}")
    identity += [_SEXES[patient.sex]] if patient.sex in _SEXES else []
    series = [part for part in (record.series_description, day(record.acquired)) if part]
    i, j, k = ct.geometry.size_ijk
    di, dj, dk = ct.geometry.spacing_mm
    return StudyState(
        is_open=True,
        name="Names hidden" if names_hidden else patient.name.replace("^", " ") or "No name",
        identity="for teaching" if names_hidden else " · ".join(identity),
        series=" · ".join(series) or "No series description",
        grid=f"{i} × {j} × {k} voxels of {di:.2f} × {dj:.2f} × {dk:.2f} mm",
        position=position_sentence(record.patient_position),
        position_words=position_alarm(record.patient_position),
        gate=tuple(
            GateLine(severity=item.severity, code=item.code, message=item.message)
            for item in record.findings
        ),
        names_hidden=names_hidden,
        refusal=refusal,
        side_confirmed=side_confirmed,
        side_seen=_BACK_OF_THE_SPINE.get(record.posterior_side, ""),
        side_doubts=tuple(item.message for item in record.findings if item.code in SIDE_IN_DOUBT),
    )


def day(dicom_date: str) -> str:
    """Return ``YYYYMMDD`` as ``YYYY-MM-DD``; anything else unchanged."""
    if len(dicom_date) == len("YYYYMMDD") and dicom_date.isdigit():
        return f"{dicom_date[:4]}-{dicom_date[4:6]}-{dicom_date[6:]}"
    return dicom_date


def anatomy_state(
    anatomy: Anatomy | None,
    plan: Plan | None,
    *,
    is_void: bool = False,
    lesions: tuple[str, ...] = (),
) -> AnatomyState:
    """Return what is outlined, from the head down."""
    if anatomy is None:
        return AnatomyState()
    accepted = plan.anatomy.accepted_levels if plan else ()
    rows = []
    for level in sorted(anatomy.vertebrae, key=lambda item: item.order):
        vertebra = anatomy.vertebrae[level]
        remarks = [*vertebra.quality.flags]
        if vertebra.level_doubt:
            remarks.append(vertebra.level_doubt)
        check = vertebra.quality.verdict is QualityVerdict.CHECK or bool(vertebra.level_doubt)
        rows.append(
            LevelRow(
                level=level,
                quality="look first" if check else "plausible",
                needs_a_look=check,
                volume_ml=vertebra.volume_ml,
                remarks=tuple(remarks),
                accepted=level in accepted,
            )
        )
    return AnatomyState(
        is_there=True,
        is_void=is_void,
        backend=anatomy.backend,
        rows=tuple(rows),
        lesions=lesions,
        notes=(*anatomy.notes, *_remarks(rows)),
    )


def _remarks(rows: list[LevelRow]) -> list[str]:
    """Return every remark once, with the levels it is about."""
    about: dict[str, list[Level]] = {}
    for row in rows:
        for remark in row.remarks:
            about.setdefault(remark, []).append(row.level)
    return [f"{', '.join(levels)}: {remark}" for remark, levels in about.items()]


def plan_state(
    desk: PlanDesk,
    *,
    file_name: str,
    unsaved: bool,
    offered: Offered,
    card: tuple[CardPart, ...],
    catalogue: Iterable[Needle] = (),
) -> PlanState:
    """Return the needles and the choice for the next one."""
    if desk.document is None:
        return PlanState()
    anatomy = desk.anatomy
    levels = tuple(sorted(anatomy.vertebrae, key=lambda item: item.order)) if anatomy else ()
    if desk.pending_entry is not None:
        pending = "Entry is set. Move the crosshair to the tip and press T."
    elif desk.pending_tip is not None:
        pending = "Tip is set. Move the crosshair to the skin entry and press E."
    else:
        pending = ""
    return PlanState(
        is_there=True,
        needles=tuple(_needle_row(item, desk) for item in desk.plan.trajectories),
        levels=levels,
        level=desk.level,
        side=desk.side,
        pending=pending,
        undo=desk.document.undo_label,
        redo=desk.document.redo_label,
        file_name=file_name,
        unsaved=unsaved,
        card=card,
        offers=offered.titles,
        offer=offered.taken,
        suggestion=offered.reasons,
        none_because=offered.none_because,
        ablations=len(desk.plan.ablations),
        numbers=None if desk.needle is None else numbers_of(desk.needle, catalogue),
        lock=_lock_words(desk.plan),
        notes=desk.plan.notes,
    )


def _lock_words(plan: Plan) -> str:
    lock = plan.lock
    return "" if lock is None else f"Locked by {lock.by}, {lock.at_utc[:16]} UTC."


def _needle_row(needle: Trajectory, desk: PlanDesk) -> NeedleRow:
    size = "" if needle.size is None else f"\n{needle.size.words} needle"
    return NeedleRow(
        id=needle.id,
        title=f"{needle.level} {needle.side}",
        detail=f"{needle.approach}, {needle.length_mm:.0f} mm{size}",
        selected=needle.id == desk.selected,
        locked=needle.locked,
    )


def row_words(row: ZoneRow) -> str:
    """Return one table row as ``40 W, 120-300 s: 30 x 30 mm (not stated)``."""
    setting = []
    if row.power_w is not None:
        setting.append(f"{row.power_w:g} W")
    if row.setpoint_celsius is not None:
        setting.append(f"{row.setpoint_celsius:g} °C")
    if row.time_s is not None:
        low, high = row.time_s
        setting.append(f"{low:g} s" if low == high else f"{low:g}–{high:g} s")
    size = f"{row.length_mm.value:g} × {row.width_mm.value:g} mm"
    return f"{', '.join(setting) or 'any setting'}: {size} in {row.tissue} tissue"


def device_offers(devices: Sequence[Device]) -> tuple[DeviceOffer, ...]:
    """Return the chooser's devices, those with a zone table first."""
    offers = [
        DeviceOffer(
            id=item.id,
            title=f"{item.name} ({item.maker})" if item.maker else item.name,
            has_table=bool(item.zone_rows),
            rows=tuple(row_words(row) for row in item.zone_rows),
        )
        for item in devices
    ]
    return tuple(sorted(offers, key=lambda item: (not item.has_table, item.title)))


def treat_state(
    desk: PlanDesk,
    services: CaseServices,
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[PredictedCement],
    unfilled: dict[str, str],
    simulated: Callable[[AblationId | None], tuple[str, ...]] = lambda _ablation: (),
) -> TreatState:
    """Return what is planned on the selected needle and what the models say."""
    devices = device_offers(list(services.devices.values()))
    cement_list = tuple((item.id, item.name) for item in services.cements.values())
    needle = desk.needle
    if needle is None:
        return TreatState(devices=devices, cements=cement_list)
    burn = next((a for a in desk.plan.ablations if a.trajectory_id == needle.id), None)
    fill = next((c for c in desk.plan.cements if c.trajectory_id == needle.id), None)
    zone = next((z for z in zones if burn and z.ablation_id == burn.id), None)
    cement = next((c for c in cements if fill and c.cement_injection_id == fill.id), None)
    fill_lines: tuple[str, ...] = ()
    if fill is not None:
        fill_lines = cement_lines(cement, unfilled.get(fill.id, "The fill is being computed."))
    return TreatState(
        needle=f"{needle.level} {needle.side}",
        devices=devices,
        cements=cement_list,
        device_id=burn.device_id if burn else "",
        power_w=burn.power_w if burn else None,
        setpoint_celsius=burn.setpoint_celsius if burn else None,
        time_s=burn.time_s if burn else None,
        cycle_s=burn.cycle_s if burn else None,
        pause_s=burn.pause_s if burn else None,
        duty_percent=burn.duty_percent if burn else None,
        offset_mm=burn.active_offset_mm if burn else 0.0,
        zone_lines=zone_lines(zone) if isinstance(zone, PredictedZone) else (),
        zone_source=zone.model.source if isinstance(zone, PredictedZone) else "",
        zone_missing=zone.reason if isinstance(zone, MissingZone) else "",
        simulated_lines=simulated(burn.id if burn else None),
        cement_id=fill.cement_id if fill else "",
        cement_ml=fill.volume_ml if fill else None,
        technique=fill.technique if fill else CementTechnique.VERTEBROPLASTY,
        cavity_ml=fill.cavity_ml if fill else 0.0,
        pull_back_mm=fill.pull_back_mm if fill else 0.0,
        cement_lines=fill_lines,
        cement_source=cement.model.source if cement else "",
        several_burn=len({burn.trajectory_id for burn in desk.plan.ablations}) > 1,
        order=desk.plan.ablation_order,
    )


def zone_lines(zone: PredictedZone) -> tuple[str, ...]:
    """Return a zone in words: size, band, what it was measured in, and the source."""
    shape = zone.shape
    return (
        f"{2 * shape.half_length_mm:.0f} × {2 * shape.half_width_mm:.0f} mm, "
        f"{shape.volume_mm3 / 1000:.1f} mL (planned, not measured)",
        f"band of doubt ± {zone.band_mm:.1f} mm",
        f"measured in: {zone.tissue_of_origin}",
        f"{zone.model.name} ({zone.model.status})",
    )


def cement_lines(cement: PredictedCement | None, otherwise: str) -> tuple[str, ...]:
    """Return a fill in words, or why there is none."""
    if cement is None:
        return (otherwise,)
    return (
        f"{cement.placed_ml:.1f} of {cement.asked_ml:.1f} mL finds room "
        f"({100 * cement.fill_fraction:.0f} % of the body)",
        f"band of doubt ± {cement.band_mm:.1f} mm; its nearer edge is what is judged",
        f"{cement.model.name} ({cement.model.status})",
    )


def _needle_mark(needle: Trajectory, desk: PlanDesk, parts: NeedleParts | None) -> NeedleMark:
    made = None if parts is None else parts.assemblies.get(needle.id)
    return NeedleMark(
        id=needle.id,
        label=f"{needle.level} {needle.side}",
        entry=needle.entry,
        tip=needle.tip,
        selected=needle.id == desk.selected,
        level=needle.level,
        locked=needle.locked or desk.plan.lock is not None,
        solids=() if made is None else made.solids,
        active=None if made is None else made.active,
    )


def drawing_of(
    desk: PlanDesk,
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[CementMark],
    focus: FindingMark | None,
    simulated: Sequence[SimulatedMark] = (),
    parts: NeedleParts | None = None,
) -> Drawing:
    """Return everything drawn over the images."""
    needles = desk.document.plan.trajectories if desk.document else ()
    return Drawing(
        needles=tuple(_needle_mark(item, desk, parts) for item in needles),
        gaps=() if parts is None else parts.gaps,
        zones=tuple(
            ZoneMark(shape=item.shape, band_mm=item.band_mm, label=item.ablation_id)
            for item in zones
            if isinstance(item, PredictedZone)
        ),
        cements=tuple(cements),
        simulated=tuple(simulated),
        focus=focus,
        pending_entry=desk.pending_entry,
        pending_tip=desk.pending_tip,
        wall_points_mm=wall_points(desk.anatomy) if desk.anatomy else None,
        levels=level_tags(desk.anatomy) if desk.anatomy else (),
    )
