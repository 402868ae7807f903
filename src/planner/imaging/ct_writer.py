"""Writes a CT as a DICOM series that planners and archives read (PS3.3 A.3)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from planner import __version__
from planner.domain.errors import SaveFailedError, UsageError
from planner.domain.progress import unreported

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

IMPLEMENTATION_UID = "2.25.117026283113402719231903251866542087601"
"""Names this program as the writer of a file."""

_UNDATED = "20000101"
_RIGHT_ANGLE = 1e-6
_TILT_DECIMALS = 1


def write_ct_series(
    folder: Path,
    ct: CtVolume,
    *,
    series_description: str = "",
    kvp: float = 120.0,
    report: ProgressReport = unreported,
) -> tuple[Path, ...]:
    """Write ``ct`` into ``folder`` as one CT Image file per slice; return the files.

    Patient, UIDs, position, kernel and thickness come from ``ct.record``; UIDs it does not
    give are made from its digest, so that the same CT always gives the same files. Voxels
    outside the scan are written as padding. Gantry tilt (a sheared grid) is kept.

    Parameters
    ----------
    folder
        Made when missing; must hold no files yet.
    series_description
        Used when the record has none.
    kvp
        Tube voltage to state.

    Raises
    ------
    UsageError
        When the folder is not empty or rows and columns of the grid are not at right angles.
    SaveFailedError
        When the disk refuses.
    """
    folder = Path(folder)
    directions = ct.geometry.direction
    if abs(float(directions[:, 0] @ directions[:, 1])) > _RIGHT_ANGLE:
        raise UsageError("a CT whose rows and columns are not at right angles has no DICOM form")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder.name} already holds files; choose an empty folder")
        files = []
        common = _common(ct, series_description, kvp)
        stored, padding = _stored(ct)
        for k in range(ct.geometry.size_ijk[2]):
            image = _slice(common, ct, k, stored[k], padding)
            file = folder / f"CT{k + 1:05d}.dcm"
            image.save_as(file, enforce_file_format=True)
            files.append(file)
            report((k + 1) / len(stored), "Writing slices")
    except OSError as error:
        raise SaveFailedError(f"{folder.name} could not be written: {error.strerror}") from error
    return tuple(files)


def uid_from(*parts: str) -> str:
    """Make a UID from text: ``2.25.`` and 128 bits of its digest (PS3.5 B.2)."""
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _stored(ct: CtVolume) -> tuple[np.ndarray, int | None]:
    """Return stored values (signed, slope 1, intercept 0) and the padding value in use."""
    if ct.outside_scan is None or not ct.outside_scan.any():
        return ct.hu, None
    padding = -2000 if int(ct.hu.min()) > -2000 else int(np.iinfo(np.int16).min)
    return np.where(ct.outside_scan, np.int16(padding), ct.hu), padding


def _common(ct: CtVolume, series_description: str, kvp: float) -> dict[str, object]:
    """Return what every slice shares, by DICOM keyword."""
    record = ct.record
    date = record.acquired or _UNDATED
    sheared_deg = _tilt_deg(ct)
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SOPClassUID": CTImageStorage,
        "StudyDate": date,
        "SeriesDate": date,
        "AcquisitionDate": date,
        "ContentDate": date,
        "StudyTime": "000000",
        "SeriesTime": "000000",
        "AcquisitionTime": "000000",
        "ContentTime": "000000",
        "AccessionNumber": "",
        "Modality": "CT",
        "Manufacturer": "planner",
        "ReferringPhysicianName": "",
        "StudyDescription": "",
        "SeriesDescription": record.series_description or series_description,
        "ManufacturerModelName": "planner",
        "PatientName": record.patient.name,
        "PatientID": record.patient.patient_id,
        "PatientBirthDate": record.patient.birth_date,
        "PatientSex": record.patient.sex,
        "BodyPartExamined": "SPINE",
        "SliceThickness": _ds(record.slice_thickness_mm or _across_mm(ct)),
        "KVP": _ds(kvp),
        "SoftwareVersions": __version__,
        "ConvolutionKernel": record.convolution_kernel,
        "GantryDetectorTilt": _ds(round(sheared_deg, _TILT_DECIMALS)),
        "PatientPosition": record.patient_position,
        "StudyInstanceUID": record.study_uid or uid_from(record.sha256, "study"),
        "SeriesInstanceUID": record.series_uid or uid_from(record.sha256, "series"),
        "StudyID": "1",
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "FrameOfReferenceUID": record.frame_of_reference_uid or uid_from(record.sha256, "frame"),
        "PositionReferenceIndicator": "",
        "ImageOrientationPatient": [
            _ds(value) for column in (0, 1) for value in ct.geometry.direction[:, column]
        ],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": ct.geometry.size_ijk[1],
        "Columns": ct.geometry.size_ijk[0],
        "PixelSpacing": [_ds(ct.geometry.spacing_mm[1]), _ds(ct.geometry.spacing_mm[0])],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "WindowCenter": "300",
        "WindowWidth": "1500",
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
        "RescaleType": "HU",
    }


def _slice(
    common: dict[str, object], ct: CtVolume, k: int, stored: np.ndarray, padding: int | None
) -> Dataset:
    """Make one CT Image."""
    record = ct.record
    sop_uid = (
        record.sop_uids[k]
        if len(record.sop_uids) == ct.geometry.size_ijk[2]
        else uid_from(record.sha256, "slice", str(k))
    )
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID(sop_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    image = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in common.items():
        setattr(image, keyword, value)
    position = ct.geometry.lps_mm(np.array([0.0, 0.0, float(k)]))
    image.SOPInstanceUID = sop_uid
    image.InstanceNumber = k + 1
    image.ImagePositionPatient = [_ds(value) for value in position]
    image.SliceLocation = _ds(float(position @ _normal(ct)))
    if padding is not None:
        image.add_new("PixelPaddingValue", "SS", padding)
    image.PixelData = np.ascontiguousarray(stored, dtype="<i2").tobytes()
    return image


def _normal(ct: CtVolume) -> np.ndarray:
    return np.cross(ct.geometry.direction[:, 0], ct.geometry.direction[:, 1])


def _across_mm(ct: CtVolume) -> float:
    """Distance between neighbouring slice planes."""
    return abs(float(ct.geometry.lps_from_ijk[:3, 2] @ _normal(ct)))


def _tilt_deg(ct: CtVolume) -> float:
    """Lean of the stack against the slice normal."""
    cosine = min(1.0, _across_mm(ct) / ct.geometry.spacing_mm[2])
    return float(np.degrees(np.arccos(cosine)))


def _ds(value: float) -> str:
    """Write a Decimal String with as many digits as its 16 characters hold."""
    return format_number_as_ds(float(value) + 0.0)
