"""A small case as a hospital would have it: written as DICOM, read back, planned."""

from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.uid import generate_uid

from planner.domain.volume import CtVolume
from planner.imaging import load_ct, write_ct_series
from report.cases import UID, Case, make_case, make_geometry, turned_geometry

GRIDS = {"straight": (make_geometry, "HFS"), "turned": (turned_geometry, "FFP")}
PDF = b"%PDF-1.7\n% a stand-in of odd length\n%%EOF"


@dataclass(frozen=True)
class Outbound:
    grid: str
    case: Case
    folder: Path
    files: dict[str, Path]


def loaded_case(folder: Path, grid: str) -> Case:
    make, position = GRIDS[grid]
    case = make_case(make())
    record = replace(
        case.ct.record,
        patient=case.plan.scan.patient,
        patient_position=position,
        series_uid=generate_uid(prefix=None),
        study_uid=UID + "2",
        frame_of_reference_uid=UID + "3",
        slice_thickness_mm=1.5,
        acquired="20261118",
    )
    made = CtVolume(geometry=case.ct.geometry, hu=case.ct.hu.copy(), record=record)
    write_ct_series(folder, made)
    ct = load_ct(folder)
    sha256 = ct.record.sha256
    scan = replace(case.plan.scan, sha256=sha256, series_uid=ct.record.series_uid)
    anatomy = replace(case.anatomy, ct_sha256=sha256, geometry=ct.geometry)
    cements = {key: replace(one, geometry=ct.geometry) for key, one in case.cements.items()}
    plan = replace(case.plan, scan=scan)
    return replace(case, plan=plan, ct=ct, anatomy=anatomy, cements=cements)


def small_png() -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)).save(buffer, "PNG")
    return buffer.getvalue()
