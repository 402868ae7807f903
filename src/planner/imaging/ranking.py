"""Says what each series is, and which serves planning best."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.volume import GateVerdict
from planner.imaging import tags
from planner.imaging.codes import Code
from planner.imaging.identity import decoded, patient_of
from planner.imaging.inspection import SeriesInspection
from planner.imaging.values import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.imaging.series import Series

THIN_MM = 1.5
"""Slices up to this show a pedicle's cortex; planning literature uses 0.6 to 1.5 mm."""

THICK_MM = 3.0
"""From here partial volume hides a thin cortex."""

LONG_ENOUGH_MM = 120.0
"""Covers about four lumbar vertebrae."""

_VERDICT_RANK = {GateVerdict.LOAD: 0, GateVerdict.WARN: 0, GateVerdict.REFUSE: 1}


def describe(series: Series) -> SeriesInspection:
    """Describe one judged series."""
    data = series.first.data
    stacked = series.stack
    frame = stacked.frames[0] if stacked is not None else None
    geometry = stacked.geometry if stacked is not None else None
    dates = (text(data, tag) for tag in (tags.ACQUISITION_DATE, tags.SERIES_DATE, tags.STUDY_DATE))
    plain = SeriesInspection(
        series_uid=series.uid,
        study_uid=text(data, tags.STUDY_UID),
        patient=patient_of(data),
        modality=text(data, tags.MODALITY),
        verdict=series.verdict,
        slices=len(stacked.frames) if stacked is not None else len(series.headers),
        size_ijk=geometry.size_ijk if geometry is not None else (0, 0, 0),
        spacing_mm=geometry.spacing_mm if geometry is not None else (0.0, 0.0, 0.0),
        patient_position=text(data, tags.PATIENT_POSITION),
        series_description=decoded(data, tags.SERIES_DESCRIPTION),
        study_description=decoded(data, tags.STUDY_DESCRIPTION),
        acquired=next((date for date in dates if date), ""),
        convolution_kernel=text(data, tags.CONVOLUTION_KERNEL),
        slice_thickness_mm=frame.thickness_mm if frame is not None else None,
        findings=tuple(series.findings),
    )
    return replace(plain, description=_line(plain), advice=_advice(plain))


def ranked(series: Iterable[SeriesInspection]) -> tuple[SeriesInspection, ...]:
    """Order series, best for planning first, and number them."""
    ordered = sorted(series, key=_merit)
    return tuple(replace(one, rank=place) for place, one in enumerate(ordered))


def _merit(one: SeriesInspection) -> tuple[float, ...] | tuple[float | str, ...]:
    """Sort key: usable, without loss, thin, long, sharp; the UID only settles ties."""
    codes = {found.code for found in one.findings}
    step_mm = one.spacing_mm[2]
    return (
        _VERDICT_RANK[one.verdict],
        float(one.modality != "CT"),
        float(Code.LOSSY in codes),
        float(step_mm > THIN_MM) + float(step_mm > THICK_MM),
        float(_length_mm(one) < LONG_ENOUGH_MM),
        float(len(codes)),
        step_mm,
        -_length_mm(one),
        one.series_uid,
    )


def _length_mm(one: SeriesInspection) -> float:
    return one.spacing_mm[2] * one.size_ijk[2]


def _line(one: SeriesInspection) -> str:
    """Say in one line what a series is."""
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


def _advice(one: SeriesInspection) -> tuple[str, ...]:
    """Give the reasons for and against planning on this series."""
    if one.verdict is GateVerdict.REFUSE:
        return ("cannot be used",)
    codes = {found.code for found in one.findings}
    step_mm = one.spacing_mm[2]
    reasons = []
    if step_mm <= THIN_MM:
        reasons.append("thin slices")
    elif step_mm > THICK_MM:
        reasons.append(f"slices {step_mm:.1f} mm apart blur thin cortex")
    if _length_mm(one) >= LONG_ENOUGH_MM:
        reasons.append(f"covers {_length_mm(one):.0f} mm")
    else:
        reasons.append(f"covers only {_length_mm(one):.0f} mm")
    if Code.LOSSY in codes:
        reasons.append("compressed with loss")
    if one.verdict is GateVerdict.WARN:
        reasons.append("has warnings")
    return tuple(reasons)
