"""A CT as the planner holds it, and the record of how it was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry


class GateVerdict(StrEnum):
    """What the gate says of an input."""

    LOAD = "load"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """One thing the gate noticed.

    Attributes
    ----------
    code
        Stable, ``DCM-...``.
    files
        File names (never patient data) the finding is about.
    """

    code: str
    severity: GateVerdict
    message: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """Who the scan says it is of; empty strings where it does not say."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRecord:
    """The immutable record every loaded volume carries; a plan binds to it.

    Attributes
    ----------
    sha256
        Hex digest over the int16 voxels and the geometry. Equal digests mean equal scans.
    patient_position
        DICOM (0018,5100), such as ``HFS``; empty when the input does not say.
    locator
        Where it was read from; a hint for reopening, never an identity.
    posterior_side
        Whether the picture shows the spine's back where the header puts it: ``agrees``,
        ``contradicts`` or ``cannot tell``. It never replaces a person's look at left and right.
    acquired
        DICOM AcquisitionDate (or Series/StudyDate) as ``YYYYMMDD``; empty when not given.
    default_window_hu
        First DICOM (0028,1051) window width and (0028,1050) centre; ``None`` when not given.
    """

    sha256: str
    verdict: GateVerdict
    findings: tuple[GateFinding, ...]
    locator: str
    patient: PatientIdentity = PatientIdentity()
    modality: str = "CT"
    series_uid: str = ""
    study_uid: str = ""
    frame_of_reference_uid: str = ""
    sop_uids: tuple[str, ...] = ()
    patient_position: str = ""
    series_description: str = ""
    acquired: str = ""
    slice_thickness_mm: float | None = None
    gantry_tilt_deg: float = 0.0
    convolution_kernel: str = ""
    default_window_hu: tuple[float, float] | None = None
    posterior_side: str = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CtVolume:
    """A CT volume in Hounsfield units.

    Attributes
    ----------
    hu
        int16, shape ``[k, j, i]``, read-only.
    outside_scan
        bool, same shape, where the scanner padded (no anatomy seen); ``None`` when nowhere.
    """

    geometry: VolumeGeometry
    hu: NDArray[np.int16]
    record: ScanRecord
    outside_scan: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.hu.dtype != np.int16 or self.hu.shape != self.geometry.shape_kji:
            raise ValueError(
                f"voxels are {self.hu.dtype} {self.hu.shape}, "
                f"the geometry wants int16 {self.geometry.shape_kji}"
            )
        if self.outside_scan is not None and self.outside_scan.shape != self.hu.shape:
            raise ValueError("the mask of padded voxels must have the shape of the volume")
        self.hu.flags.writeable = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelVolume:
    """A label map on its own grid, shape ``[k, j, i]``."""

    geometry: VolumeGeometry
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.labels.shape != self.geometry.shape_kji:
            raise ValueError("the label array must have the shape of its grid")
