"""The built-in segmenter on a real lower thoracic CT, of which there are no human masks."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from planner.anatomy import segment
from planner.domain.anatomy import Anatomy
from planner.domain.levels import Side
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry

pytestmark = pytest.mark.realdata

FEWEST = 6
"""The stack of 150 mm shows four vertebrae whole and most of two more."""


@pytest.fixture(scope="module")
def thoracic(real_ct: Path) -> Anatomy:
    folder = str(real_ct / "thoracic_ct_dicom")
    files = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(folder)
    image = SimpleITK.ReadImage(files)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    hu = SimpleITK.GetArrayFromImage(image).astype(np.int16)
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
    geometry = VolumeGeometry.from_matrix(image.GetSize(), matrix)
    return segment(CtVolume(geometry=geometry, hu=hu, record=record))


def test_that_every_thoracic_vertebra_in_the_scan_is_found(thoracic: Anatomy) -> None:
    assert len(thoracic.vertebrae) >= FEWEST, sorted(level.name for level in thoracic.vertebrae)


def test_that_thoracic_bodies_stand_one_above_the_other(thoracic: Anatomy) -> None:
    ordered = sorted(thoracic.vertebrae.values(), key=lambda found: found.body_centre.z_mm)
    steps = np.diff([found.body_centre.z_mm for found in ordered])
    assert steps.min() > 18.0
    assert steps.max() < 34.0


def test_that_every_whole_thoracic_vertebra_has_both_pedicles(thoracic: Anatomy) -> None:
    for level, found in thoracic.vertebrae.items():
        if not any("end of the scan" in flag for flag in found.quality.flags):
            assert set(found.pedicles) == set(Side), level


def test_that_names_that_cannot_be_counted_say_so(thoracic: Anatomy) -> None:
    assert all("Not countable" in found.level_doubt for found in thoracic.vertebrae.values())
