"""Real scans, each segmented once for the whole session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import SimpleITK

from planner.anatomy import segment
from planner.domain.volume import CtVolume, GateVerdict, LabelVolume, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.anatomy import Anatomy


def geometry_of(image: SimpleITK.Image) -> VolumeGeometry:
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return VolumeGeometry.from_matrix(image.GetSize(), matrix)


def ct_of(hu: np.ndarray, geometry: VolumeGeometry) -> CtVolume:
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
    return CtVolume(geometry=geometry, hu=np.ascontiguousarray(hu, np.int16), record=record)


def read_ct(path: Path) -> CtVolume:
    image = SimpleITK.ReadImage(str(path))
    return ct_of(SimpleITK.GetArrayFromImage(image), geometry_of(image))


@pytest.fixture(scope="session")
def lumbar_ct(real_ct: Path) -> CtVolume:
    return read_ct(real_ct / "lumbar_ct_verse014" / "ct.nii.gz")


@pytest.fixture(scope="session")
def lumbar_reference(real_ct: Path) -> LabelVolume:
    image = SimpleITK.ReadImage(str(real_ct / "lumbar_ct_verse014" / "vertebrae.nii.gz"))
    labels = SimpleITK.GetArrayFromImage(image).astype(np.uint8)
    return LabelVolume(geometry=geometry_of(image), labels=labels)


@pytest.fixture(scope="session")
def lumbar(lumbar_ct: CtVolume) -> Anatomy:
    return segment(lumbar_ct)
