"""The plan file itself as a Raw Data object, so that it lies in the archive with its study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.uid import RawDataStorage

from planner.imaging.outbound.maker import SERIAL
from planner.imaging.outbound.structure_set import new_object
from planner.imaging.plan_object import (
    FILE_ELEMENT,
    LENGTH_ELEMENT,
    PLAN_MODALITY,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
)

if TYPE_CHECKING:
    from pathlib import Path

    from planner.imaging.outbound.maker import Maker
    from planner.imaging.outbound.source import SourceSeries

SERIES_NUMBER = 906


def write_plan_object(path: Path, source: SourceSeries, plan_file: bytes, maker: Maker) -> Path:
    """Wrap the bytes of a plan file (PS3.3 A.37); they are kept as they are."""
    data = new_object(str(RawDataStorage), source.headers[0], maker)
    data.Modality = PLAN_MODALITY
    data.SeriesNumber = SERIES_NUMBER
    data.InstanceNumber = 1
    data.Laterality = ""
    data.DeviceSerialNumber = SERIAL
    data.ContentDate = f"{maker.made:%Y%m%d}"
    data.ContentTime = f"{maker.made:%H%M%S}"
    data.AcquisitionContextSequence = []
    data.CreatorVersionUID = CREATOR_VERSION_UID
    data.ContentLabel = "PLAN"
    data.ContentDescription = maker.description
    ours = data.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    ours.add_new(LENGTH_ELEMENT, "UL", len(plan_file))
    ours.add_new(FILE_ELEMENT, "OB", plan_file + b"\0" * (len(plan_file) % 2))
    data.save_as(path, enforce_file_format=True)
    return path


CREATOR_VERSION_UID = "2.25.178316430954013357811830451921760542919"
"""Names this form of the object; another form has another."""
