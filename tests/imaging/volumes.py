"""Small CT volumes of the analytic patient, as the rooms above hand them in."""

from __future__ import annotations

import numpy as np

from imaging.analytic_patient import grid_points, hu_at
from planner.domain.volume import CtVolume, GateVerdict, PatientIdentity, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import scan_sha256

AXES = {
    "HFS": np.diag([1.0, 1.0, 1.0]),
    "HFP": np.diag([-1.0, -1.0, 1.0]),
    "FFS": np.diag([1.0, 1.0, 1.0]),
    "FFP": np.diag([-1.0, -1.0, 1.0]),
    "HFDR": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "HFDL": np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "FFDR": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "FFDL": np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
}
"""Directions of i, j and k (columns) as a scanner lays them for each patient position."""

SIZE = (56, 50, 30)
SPACING_MM = np.array([1.6, 1.7, 2.0])


def grid(axes: np.ndarray) -> VolumeGeometry:
    """Return a grid centred on the patient with the given unit columns (shear allowed)."""
    matrix = np.eye(4)
    matrix[:3, :3] = axes * SPACING_MM
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(SIZE) - 1) / 2)
    return VolumeGeometry.from_matrix(SIZE, matrix)


def ct_on(geometry: VolumeGeometry, position: str = "HFS", **record: object) -> CtVolume:
    """Return the patient on a grid."""
    hu = np.rint(hu_at(grid_points(geometry))).astype(np.int16)
    given = {
        "sha256": scan_sha256(geometry, hu),
        "verdict": GateVerdict.LOAD,
        "findings": (),
        "locator": "",
        "patient": PatientIdentity(name="Analytic^One", patient_id="P1", sex="F"),
        "patient_position": position,
        "convolution_kernel": "B60s",
    }
    return CtVolume(geometry=geometry, hu=hu, record=ScanRecord(**{**given, **record}))


def tilted_axes(angle_deg: float) -> np.ndarray:
    """Return unit columns of a gantry tilted about the left-right axis."""
    angle = np.radians(angle_deg)
    return np.array([[1.0, 0.0, 0.0], [0.0, np.cos(angle), 0.0], [0.0, -np.sin(angle), 1.0]])
