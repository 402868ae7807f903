"""The patient told from table and room, and lung from both."""

import numpy as np
import pytest

from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.planning.body_outline import body_outline, skin_on_line

SHAPE = (20, 80, 80)


def scan(*, lung_hu: int | None = None) -> CtVolume:
    """A trunk that fills the pictures from side to side, skin at y = 100 mm, table below."""
    hu = np.full(SHAPE, -1000, dtype=np.int16)
    hu[:, 5:50, :] = 30
    if lung_hu is not None:
        hu[:, 12:35, :25] = lung_hu
    hu[:, 60:62, :] = 100
    hu[:, 62:70, 10:70] = -950
    hu[:, 70:72, :] = 100
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="made")
    geometry = VolumeGeometry.axis_aligned((80, 80, 20), (2.0, 2.0, 2.0))
    return CtVolume(geometry=geometry, hu=hu, record=record)


def test_that_the_table_and_the_gap_before_it_are_not_the_patient() -> None:
    outline = body_outline(scan())
    assert outline.inside[:, 6:49, :].all()
    assert not outline.inside[:, 51:, :].any()
    assert not outline.gas.any()


def test_that_lung_cut_by_the_edge_of_the_pictures_is_inside_the_patient() -> None:
    outline = body_outline(scan(lung_hu=-800))
    assert outline.gas[:, 13:34, :24].all()
    assert outline.inside[:, 6:49, :].all()
    assert not outline.gas[:, 50:, :].any()


def test_that_the_skin_is_found_between_tissue_and_air_and_not_at_the_table() -> None:
    skin = skin_on_line(scan(), PointLps(80.0, 40.0, 20.0), np.array([0.0, 1.0, 0.0]))
    assert skin is not None
    assert skin.y_mm == pytest.approx(99.0, abs=1.0)


def test_that_a_line_through_cut_lung_ends_at_the_skin_behind_it() -> None:
    line = PointLps(30.0, 20.0, 20.0)
    skin = skin_on_line(scan(lung_hu=-800), line, np.array([0.0, 1.0, 0.0]))
    assert skin is not None
    assert skin.y_mm == pytest.approx(99.0, abs=1.0)


def test_that_no_skin_is_found_where_the_scan_ends_first() -> None:
    assert skin_on_line(scan(), PointLps(80.0, 40.0, 20.0), np.array([1.0, 0.0, 0.0])) is None
    assert skin_on_line(scan(), PointLps(80.0, 400.0, 20.0), np.array([0.0, 1.0, 0.0])) is None
