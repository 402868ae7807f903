"""The scan's own DICOM headers, read again so that what leaves refers to what was scanned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from planner.domain.errors import NotBuiltYetError, PlannerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry

PLACE_TOLERANCE_VOXELS = 0.25
"""A header further than this from its slice is another slice; the gate lets steps wander less."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceSeries:
    """The headers of one scan, one per slice, in the order of the volume's k axis."""

    headers: tuple[Dataset, ...]
    geometry: VolumeGeometry


def read_source(ct: CtVolume) -> SourceSeries:
    """Read the headers of the very slices the volume was made of.

    Raises
    ------
    PlannerError
        When the scan came from a file without DICOM headers, is gone, or is not the same.
    NotBuiltYetError
        When the scan is one multi-frame file.
    """
    record = ct.record
    if not record.sop_uids:
        raise PlannerError(
            "The scan was not read from DICOM, so there is no patient, study or frame of "
            "reference that a DICOM object could refer to. Load the DICOM series and export "
            "again, or choose another format."
        )
    if len(record.sop_uids) != ct.geometry.size_ijk[2]:
        raise NotBuiltYetError("DICOM objects for a multi-frame scan are not built yet.")
    wanted = set(record.sop_uids)
    found: dict[str, Dataset] = {}
    for header in _headers_below(Path(record.locator)):
        uid = str(header.get("SOPInstanceUID", ""))
        if uid in wanted and header.get("SeriesInstanceUID", "") == record.series_uid:
            found[uid] = header
    if missing := len(wanted) - len(found):
        raise PlannerError(
            f"{missing} of the {len(wanted)} slices of the scan are no longer at "
            f"{record.locator}. Put the series back, or load it from where it is now."
        )
    headers = _in_order(list(found.values()), ct)
    _share_one_frame(headers, record.frame_of_reference_uid)
    return SourceSeries(headers=headers, geometry=ct.geometry)


def _share_one_frame(headers: tuple[Dataset, ...], frame_uid: str) -> None:
    """Give all headers, in memory only, the frame of reference the volume was loaded with.

    Without one only objects that say nothing of places are made; see ``possible_kinds``.

    Some anonymisers name a new frame for every slice (PS3.3 C.7.4.1 wants one); the gate joins
    such slices by their positions with a warning, and an object can state only one frame.
    """
    if not frame_uid:
        return
    for header in headers:
        header.FrameOfReferenceUID = frame_uid


def _headers_below(place: Path) -> Iterator[Dataset]:
    folder = place.parent if place.name.upper() == "DICOMDIR" else place
    files = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    for file in files:
        if not file.is_file() or file.name.upper() == "DICOMDIR":
            continue
        try:
            yield pydicom.dcmread(file, stop_before_pixels=True)
        except InvalidDicomError:
            continue
        except OSError as error:
            raise PlannerError(
                f"{file.name} could not be read again: {error.strerror}. Check the folder of "
                "the scan and try again."
            ) from error


def _in_order(headers: list[Dataset], ct: CtVolume) -> tuple[Dataset, ...]:
    """Put headers in the volume's order, checking that each lies where its slice does."""
    placed: dict[int, Dataset] = {}
    for header in headers:
        position = np.array(header.ImagePositionPatient, dtype=np.float64)
        rows, columns = (float(value) for value in header.PixelSpacing)
        along = np.array(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
        far = (
            position
            + along[0] * columns * (header.Columns - 1)
            + along[1] * rows * (header.Rows - 1)
        )
        first, last = ct.geometry.ijk(np.array([position, far]))
        k = int(np.rint(first[2]))
        i_last, j_last = ct.geometry.size_ijk[0] - 1, ct.geometry.size_ijk[1] - 1
        error = np.abs([first - (0, 0, k), last - (i_last, j_last, k)]).max()
        if error > PLACE_TOLERANCE_VOXELS or k in placed or not 0 <= k < len(headers):
            raise PlannerError(
                "The files of the scan do not lie where the loaded volume lies (the grid was "
                "turned, sheared or changed since), so objects that refer to them would be "
                "misplaced. Load the series again and export again."
            )
        placed[k] = header
    return tuple(placed[k] for k in range(len(headers)))
