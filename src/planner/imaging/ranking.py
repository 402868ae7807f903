"""Says what each series is, and which serves planning best."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.volume import GateVerdict
from planner.imaging import tags
from planner.imaging.codes import Code
from planner.imaging.identity import acquired_on, decoded, patient_key, patient_of
from planner.imaging.inspection import SeriesInspection
from planner.imaging.series import bystander
from planner.imaging.traits import Plane, Region, Sharpness, traits_of
from planner.imaging.values import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.imaging.series import Series
    from planner.imaging.traits import Traits

THIN_MM = 1.5
"""Slices up to this show a pedicle's cortex; planning literature uses 0.6 to 1.5 mm."""

THICK_MM = 3.0
"""From here partial volume hides a thin cortex."""

LONG_ENOUGH_MM = 120.0
"""Covers about four lumbar vertebrae."""

_KERNEL_RANK = {Sharpness.BONE: 0, Sharpness.STANDARD: 0, Sharpness.UNKNOWN: 1}
"""Bone shows cortex best and standard keeps HU truest; which of them comes last of all."""


def describe(series: Series) -> SeriesInspection:
    """Describe one judged series."""
    data = series.first.data
    stacked = series.stack
    frame = stacked.frames[0] if stacked is not None else None
    geometry = stacked.geometry if stacked is not None else None
    plain = SeriesInspection(
        series_uid=series.uid,
        study_uid=text(data, tags.STUDY_UID),
        frame_of_reference_uid=text(data, tags.FRAME_OF_REFERENCE_UID),
        patient=patient_of(data),
        patient_key=patient_key(data),
        modality=text(data, tags.MODALITY),
        verdict=series.verdict,
        slices=len(stacked.frames) if stacked is not None else len(series.headers),
        size_ijk=geometry.size_ijk if geometry is not None else (0, 0, 0),
        spacing_mm=geometry.spacing_mm if geometry is not None else (0.0, 0.0, 0.0),
        patient_position=text(data, tags.PATIENT_POSITION),
        series_number=text(data, tags.SERIES_NUMBER),
        series_description=decoded(data, tags.SERIES_DESCRIPTION),
        study_description=decoded(data, tags.STUDY_DESCRIPTION),
        acquired=acquired_on(data),
        convolution_kernel=text(data, tags.CONVOLUTION_KERNEL),
        slice_thickness_mm=frame.thickness_mm if frame is not None else None,
        posterior_side=series.facing.value,
        findings=tuple(series.findings),
    )
    traits = traits_of(series.first, frame)
    return replace(
        plain,
        kind=_kind_of_stack(plain, traits) if stacked is not None else _kind_of_files(series),
        description=_line(plain),
        advice=_advice(plain, traits),
        merit=_merit(plain, traits),
    )


def ranked(series: Iterable[SeriesInspection]) -> tuple[SeriesInspection, ...]:
    """Order series, best for planning first, and number them; the UID only settles ties."""
    ordered = sorted(series, key=lambda one: (one.merit, one.series_uid))
    return tuple(replace(one, rank=place) for place, one in enumerate(ordered))


def _merit(one: SeriesInspection, traits: Traits) -> tuple[float, ...]:
    """Sort key: usable, of the spine, as scanned, thin, long, sharp, unenhanced."""
    codes = {found.code for found in one.findings}
    step_mm = one.spacing_mm[2]
    return (
        float(one.verdict is GateVerdict.REFUSE),
        float(one.modality != "CT"),
        float(Code.LOSSY in codes),
        float(traits.region is Region.ELSEWHERE),
        float(traits.reformatted or traits.plane is not Plane.AXIAL),
        float(step_mm > THIN_MM) + float(step_mm > THICK_MM),
        float(_length_mm(one) < LONG_ENOUGH_MM),
        float(_KERNEL_RANK.get(traits.sharpness, 2)),
        float(traits.derived),
        float(len(codes)),
        float(traits.contrast),
        step_mm,
        -_length_mm(one),
        float(traits.sharpness is not Sharpness.BONE),
    )


def _length_mm(one: SeriesInspection) -> float:
    return one.spacing_mm[2] * one.size_ijk[2]


def _kind_of_files(series: Series) -> str:
    """Say in a few words what a series is that is no volume."""
    kinds = Counter(bystander(header) for header in series.headers)
    kind, _ = kinds.most_common(1)[0]
    if kind == "not a CT image":
        modality = text(series.first.data, tags.MODALITY)[:16]
        if modality == "CT":
            return "Pictures made from a CT, not its slices"
        return f"Not CT slices ({modality or 'kind not stated'})"
    return f"CT {kind}" if kind else "CT slices that do not form one volume"


def _kind_of_stack(one: SeriesInspection, traits: Traits) -> str:
    """Say in a few words what a volume is."""
    step_mm = one.spacing_mm[2]
    thickness = "thin " if step_mm <= THIN_MM else "thick " if step_mm > THICK_MM else ""
    plane = (traits.plane or Plane.OBLIQUE).value
    parts = [f"{thickness}{plane} slices"]
    if traits.reformatted:
        parts.append("reformatted")
    if traits.sharpness is not Sharpness.UNKNOWN:
        parts.append(traits.sharpness.value)
    if traits.contrast:
        parts.append("contrast medium")
    whole = ", ".join(parts)
    return whole[0].upper() + whole[1:]


def _line(one: SeriesInspection) -> str:
    """Say in one line what a series measures."""
    if not any(one.size_ijk):
        return f"{one.modality or 'Unknown'}, {one.slices} files"
    columns, rows, count = one.size_ijk
    across, down, step = one.spacing_mm
    parts = [
        f"{one.modality}, {count} slices of {columns} x {rows}",
        f"{across:.2f} x {down:.2f} mm pixels, {step:.2f} mm apart, {_length_mm(one):.0f} mm long",
        one.patient_position_in_words,
    ]
    if one.convolution_kernel:
        parts.append(f"kernel {one.convolution_kernel}")
    return "; ".join(parts)


def _advice(one: SeriesInspection, traits: Traits) -> tuple[str, ...]:
    """Give the reasons for and against planning on this series, the heaviest first."""
    if one.verdict is GateVerdict.REFUSE:
        return ("cannot be used",)  # the findings say why
    codes = {found.code for found in one.findings}
    step_mm, length_mm = one.spacing_mm[2], _length_mm(one)
    plane = (traits.plane or Plane.OBLIQUE).value
    reasons = (
        (Code.LOSSY in codes, "compressed with loss"),
        (traits.region is Region.SPINE, "named as a spine"),
        (traits.region is Region.ELSEWHERE, "named as another part of the body"),
        (traits.reformatted, "reformatted from another series, so finer detail may exist"),
        (traits.plane is not Plane.AXIAL, f"{plane} slices, not as a CT scans"),
        (step_mm <= THIN_MM, f"thin slices ({step_mm:.2f} mm apart)"),
        (step_mm > THICK_MM, f"slices {step_mm:.1f} mm apart blur thin cortex"),
        (length_mm >= LONG_ENOUGH_MM, f"covers {length_mm:.0f} mm"),
        (length_mm < LONG_ENOUGH_MM, f"covers only {length_mm:.0f} mm"),
        (traits.sharpness is Sharpness.BONE, "bone kernel shows cortex"),
        (traits.sharpness is Sharpness.STANDARD, "standard kernel"),
        (traits.sharpness is Sharpness.SMOOTH, "smooth kernel blurs thin cortex"),
        (traits.sharpness is Sharpness.LUNG, "lung kernel exaggerates edges"),
        (traits.derived and not traits.reformatted, "derived from other images"),
        (traits.contrast, "with contrast medium, which is as bright as bone"),
        (one.verdict is GateVerdict.WARN, "has warnings"),
    )
    return tuple(reason for applies, reason in reasons if applies)
