"""Outlines and predictions as DICOM Segmentations (PS3.3 A.51) on the scan's own slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import highdicom
import numpy as np
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)

import planner
from planner.imaging.outbound import terms
from planner.imaging.outbound.maker import MANUFACTURER, MODEL, SERIAL, new_uid
from planner.imaging.outbound.parts import PartKind, label_map, layers

if TYPE_CHECKING:
    from pathlib import Path

    from planner.imaging.outbound.maker import Maker
    from planner.imaging.outbound.parts import Part
    from planner.imaging.outbound.source import SourceSeries

SERIES_NUMBER = 901


def write_segmentations(
    folder: Path, source: SourceSeries, parts: tuple[Part, ...], maker: Maker
) -> list[Path]:
    """Write parts as ``segmentation-N.dcm`` of one series; overlapping parts go apart.

    One object per layer keeps the whole label map in one byte per voxel, and predictions are
    never in one object with what was seen.
    """
    series = new_uid()
    written = []
    for number, layer in enumerate(layers(parts, source.geometry), start=1):
        labels = label_map(layer, source.geometry)
        held = np.flatnonzero(labels.any(axis=(1, 2)))
        first, last = int(held[0]), int(held[-1]) + 1
        predicted = layer[0][0].kind.is_predicted
        segmentation = Segmentation(
            source_images=source.headers[first:last],
            pixel_array=labels[first:last],
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=[_described(part, index) for part, index in layer],
            series_instance_uid=series,
            series_number=SERIES_NUMBER,
            sop_instance_uid=new_uid(),
            instance_number=number,
            manufacturer=MANUFACTURER,
            manufacturer_model_name=MODEL,
            software_versions=maker.software,
            device_serial_number=SERIAL,
            content_label="PREDICTION" if predicted else "ANATOMY",
            content_description=maker.description,
        )
        segmentation.SeriesDescription = maker.description
        path = folder / f"segmentation-{number}.dcm"
        segmentation.save_as(path)
        written.append(path)
    return written


def _described(part: Part, number: int) -> SegmentDescription:
    red, green, blue = part.colour
    description = SegmentDescription(
        segment_number=number,
        segment_label=part.name[:64],
        segmented_property_category=terms.category_of(part),
        segmented_property_type=terms.type_of(part),
        algorithm_type=SegmentAlgorithmTypeValues.MANUAL
        if part.is_manual
        else SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=None if part.is_manual else _algorithm(part),
        tracking_uid=new_uid(),
        tracking_id=part.key,
        anatomic_regions=None if part.level is None else [terms.vertebra(part.level)],
        display_color=highdicom.color.CIELabColor.from_rgb(red, green, blue),
    )
    if part.side is not None:
        kind = description.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = [terms.side(part.side)]
    return description


def _algorithm(part: Part) -> highdicom.AlgorithmIdentificationSequence:
    """Name what made a part; its version is part of its name here."""
    family = ("OUTLINER", "Outlines by the program named here")
    if part.kind is PartKind.ESTIMATE:
        family = ("PUBLISHED", "Published sizes laid into an outline")
    elif part.kind.is_predicted:
        family = ("MODEL", "Model of a treatment")
    return highdicom.AlgorithmIdentificationSequence(
        name=part.made_by[:64], version=planner.__version__, family=terms.own(*family)
    )
