"""The plan's numbers as a measurement report (TID 1500) in a Comprehensive 3D SR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from highdicom.sr import (
    Comprehensive3DSR,
    CoordinatesForMeasurement3D,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    TrackingIdentifier,
)
from highdicom.sr.coding import CodedConcept
from pydicom.sr.codedict import codes

from planner.imaging.outbound import terms
from planner.imaging.outbound.maker import MANUFACTURER, MODEL, new_uid

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.levels import Level, Side
    from planner.geometry.points import PointLps
    from planner.imaging.outbound.maker import Maker
    from planner.imaging.outbound.source import SourceSeries

SERIES_NUMBER = 905


class Quantity(StrEnum):
    """A quantity of the plan; the unit is part of the name."""

    NEEDLE_LENGTH_MM = "needle length"
    ANGLE_TO_MIDLINE_DEG = "angle towards the midline in the axial plane"
    ANGLE_UPWARD_DEG = "angle towards the head out of the axial plane"
    ZONE_LENGTH_MM = "length of the predicted zone"
    ZONE_WIDTH_MM = "width of the predicted zone"
    ZONE_VOLUME_ML = "volume of the predicted zone"
    CEMENT_ASKED_ML = "cement volume asked for"
    CEMENT_PLACED_ML = "cement volume predicted to find room"
    FILL_PERCENT = "predicted fill of the vertebral body"
    DISTANCE_MM = "shortest distance"


_CODE: Final = {
    Quantity.NEEDLE_LENGTH_MM: terms.standard("Length"),
    Quantity.ZONE_LENGTH_MM: terms.standard("LongAxis"),
    Quantity.ZONE_WIDTH_MM: terms.standard("ShortAxis"),
    Quantity.ZONE_VOLUME_ML: terms.standard("Volume"),
    Quantity.ANGLE_TO_MIDLINE_DEG: terms.own("ANGLE_MIDLINE", Quantity.ANGLE_TO_MIDLINE_DEG),
    Quantity.ANGLE_UPWARD_DEG: terms.own("ANGLE_UPWARD", Quantity.ANGLE_UPWARD_DEG),
    Quantity.CEMENT_ASKED_ML: terms.own("CEMENT_ASKED", Quantity.CEMENT_ASKED_ML),
    Quantity.CEMENT_PLACED_ML: terms.own("CEMENT_PLACED", Quantity.CEMENT_PLACED_ML),
    Quantity.FILL_PERCENT: terms.own("FILL", Quantity.FILL_PERCENT),
    Quantity.DISTANCE_MM: CodedConcept.from_code(codes.DCM.Distance),
}


class Subject(StrEnum):
    """What a group of measurements is of."""

    NEEDLE = "needle"
    ZONE = "zone"
    CEMENT = "cement"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredGroup:
    """The numbers of one object.

    Attributes
    ----------
    line
        Entry and tip in LPS, for a needle.
    """

    key: str
    subject: Subject
    level: Level
    side: Side
    values: tuple[tuple[Quantity, float], ...]
    line: tuple[PointLps, PointLps] | None = None


def write_measurements(
    path: Path, source: SourceSeries, groups: tuple[MeasuredGroup, ...], maker: Maker
) -> Path:
    """Write one report; every number is planned or estimated, none is measured in a patient."""
    observer = ObserverContext(
        observer_type=CodedConcept.from_code(codes.DCM.Device),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=new_uid(), name=maker.software, manufacturer_name=MANUFACTURER, model_name=MODEL
        ),
    )
    frame_uid = str(source.headers[0].FrameOfReferenceUID)
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=terms.own("PLANNING", "Planning of a percutaneous spinal treatment"),
        imaging_measurements=[_group(group, frame_uid) for group in groups],
        title=CodedConcept.from_code(codes.DCM.ImagingMeasurementReport),
    )
    document = Comprehensive3DSR(
        evidence=list(source.headers),
        content=report,
        series_instance_uid=new_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    document.SeriesDescription = maker.description
    document.ManufacturerModelName = MODEL
    document.SoftwareVersions = maker.software
    document.save_as(path)
    return path


def _group(group: MeasuredGroup, frame_uid: str) -> MeasurementsAndQualitativeEvaluations:
    finding = {
        Subject.NEEDLE: terms.standard("Needle"),
        Subject.ZONE: terms.own("ZONE", "Predicted ablation zone"),
        Subject.CEMENT: terms.own("CEMENT", "Predicted bone cement"),
    }[group.subject]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=new_uid(), identifier=group.key),
        finding_type=finding,
        finding_sites=[
            FindingSite(
                anatomic_location=terms.vertebra(group.level), laterality=terms.side(group.side)
            )
        ],
        measurements=[
            _measurement(quantity, value, group, frame_uid) for quantity, value in group.values
        ],
    )


def _measurement(
    quantity: Quantity, value: float, group: MeasuredGroup, frame_uid: str
) -> Measurement:
    unit = quantity.name.rsplit("_", 1)[1].lower()
    coordinates = None
    if group.line is not None and quantity is Quantity.NEEDLE_LENGTH_MM:
        points = np.array([point.array for point in group.line])
        coordinates = [CoordinatesForMeasurement3D("POLYLINE", points, frame_uid)]
    return Measurement(
        name=_CODE[quantity],
        value=value,
        unit=unit_code(unit),
        derivation=CodedConcept.from_code(codes.DCM.Estimated)
        if group.subject is not Subject.NEEDLE
        else None,
        referenced_coordinates=coordinates,
    )


def unit_code(unit: str) -> CodedConcept:
    """Return the UCUM code of ``mm``, ``deg``, ``ml`` or ``percent``."""
    value, meaning = {
        "mm": ("mm", "millimeter"),
        "deg": ("deg", "degree"),
        "ml": ("mL", "milliliter"),
        "percent": ("%", "percent"),
    }[unit]
    return CodedConcept(value=value, scheme_designator="UCUM", meaning=meaning)
