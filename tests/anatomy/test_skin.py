"""What is patient in a narrow field of view that cuts the lungs open."""

import numpy as np
import pytest

from planner.anatomy.skin import patient_on_crop
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry

LUNG_HU, SOFT_HU = -820, 40


def narrow_field(under_hu: int) -> tuple[CtVolume, np.ndarray, np.ndarray]:
    """Return a scan, its lungs and what lies under the back; 2 mm voxels, both cut at the border.

    In front the mediastinum stands between the lungs, behind them the chest wall spans the field.
    """
    _, j, i = np.indices((20, 90, 90))
    under = j >= 70
    lungs = (j < 50) & (np.abs(i - 44.5) > 15)
    hu = np.where(under, under_hu, np.where(lungs, LUNG_HU, SOFT_HU)).astype(np.int16)
    geometry = VolumeGeometry.axis_aligned((90, 90, 20), (2.0, 2.0, 2.0))
    return scan(hu, geometry), lungs, under


def scan(hu: np.ndarray, geometry: VolumeGeometry) -> CtVolume:
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
    return CtVolume(geometry=geometry, hu=np.ascontiguousarray(hu, np.int16), record=record)


def whole(ct: CtVolume) -> tuple[slice, slice, slice]:
    k, j, i = ct.hu.shape
    return slice(0, k), slice(0, j), slice(0, i)


@pytest.mark.parametrize("under_hu", [-1000, -945, -930, -880, -700])
def test_that_foam_and_air_under_the_back_are_no_patient_whatever_their_hu(under_hu: int) -> None:
    ct, lungs, under = narrow_field(under_hu)
    patient = patient_on_crop(ct, ct.geometry, whole(ct))
    assert not patient[under].any()
    assert patient[lungs].all()


def test_that_the_back_is_told_by_the_grid_not_by_the_order_of_rows() -> None:
    ct, lungs, under = narrow_field(-880)
    matrix = ct.geometry.lps_from_ijk.copy()
    matrix[:3, 3] = ct.geometry.lps_mm(np.array([0.0, 89.0, 0.0]))
    matrix[:3, 1] *= -1.0
    turned = scan(ct.hu[:, ::-1], VolumeGeometry.from_matrix((90, 90, 20), matrix))
    patient = patient_on_crop(turned, turned.geometry, whole(turned))[:, ::-1]
    assert not patient[under].any()
    assert patient[lungs].all()


def test_that_air_beside_the_patient_is_no_lung() -> None:
    ct, _, _ = narrow_field(-1000)
    hu = np.where(np.indices(ct.hu.shape)[2] > 75, -930, ct.hu)
    beside = scan(hu, ct.geometry)
    patient = patient_on_crop(beside, beside.geometry, whole(beside))
    assert not patient[:, :, 80:].any()
