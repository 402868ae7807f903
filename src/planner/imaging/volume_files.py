"""CT and labels from NIfTI and NRRD, and both out again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import InputRefusedError, SaveFailedError, UsageError
from planner.domain.volume import CtVolume, GateFinding, LabelVolume, PatientIdentity, ScanRecord
from planner.imaging.codes import Code, finding, worst
from planner.imaging.digest import scan_sha256
from planner.imaging.grid_file import GridFile, GridFileError
from planner.imaging.inspection import Inspection, SeriesInspection
from planner.imaging.nifti import nifti_bytes, read_nifti
from planner.imaging.nrrd import nrrd_bytes, read_nrrd
from planner.imaging.outlines_in import (
    is_dicom_object,
    levels_by_name,
    read_outline_object,
)
from planner.imaging.pixels import AIR_HU, UNDECLARED_FILLER_HU
from planner.imaging.plausible_hu import doubt_of_hu
from planner.imaging.posterior import Facing, facing_of
from planner.imaging.stack import FEWEST_SLICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

_NRRD_SUFFIXES = (".nrrd", ".nhdr")
_SUFFIXES = (".nii", ".nii.gz", *_NRRD_SUFFIXES)
_INT16 = np.iinfo(np.int16)

FILLER_SHARE = 0.005
"""Part of a volume that has its lowest value, if that is filler and not noise."""

_LOOKED_AT = 64
"""Voxels along each axis that are enough to judge values by."""

AIR_SEEN_HU = -200
"""A CT of a body shows air or at least fat below this somewhere."""


def is_volume_file(path: Path) -> bool:
    """Tell whether ``path`` is named like a NIfTI or NRRD file."""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def load_volume_file(path: Path) -> CtVolume:
    """Load a CT from NIfTI or NRRD.

    Raises
    ------
    InputRefusedError
        When it is not one volume of HU with one orientation.
    """
    try:
        return _loaded(path)
    except GridFileError as error:
        raise _refusal(path, error) from None


def _loaded(path: Path) -> CtVolume:
    grid = _read(path)
    if min(grid.geometry.size_ijk) < FEWEST_SLICES:
        shown = " x ".join(str(count) for count in grid.geometry.size_ijk)
        raise GridFileError(Code.VOLUME_KIND, shown)
    hu = _as_hu(grid.voxels)
    outside = _filler(hu)
    if outside is not None:
        hu[outside] = AIR_HU
    facing = facing_of(hu, grid.geometry)
    notes = _notes(path, hu, facing)
    record = ScanRecord(
        sha256=scan_sha256(grid.geometry, hu),
        verdict=worst(notes),
        findings=notes,
        locator=str(path),
        posterior_side=facing.value,
    )
    return CtVolume(geometry=grid.geometry, hu=hu, record=record, outside_scan=outside)


def _filler(hu: NDArray[np.int16]) -> NDArray[np.bool_] | None:
    """Find what was never scanned: one value emptier than air that fills a part of the volume.

    What was interpolated at its edge is emptier than air too and was not scanned either.
    """
    lowest = hu.min()
    if lowest >= UNDECLARED_FILLER_HU or np.mean(hu == lowest) < FILLER_SHARE:
        return None
    return np.asarray(hu < UNDECLARED_FILLER_HU)


def inspect_volume_file(path: Path) -> Inspection:
    """Say what a NIfTI or NRRD file holds and whether it may be used."""
    try:
        ct = _loaded(path)
    except GridFileError as error:
        findings: tuple[GateFinding, ...] = (finding(error.code, error.detail, [path.name]),)
        size, spacing, facing = (0, 0, 0), (0.0, 0.0, 0.0), Facing.UNKNOWN.value
    else:
        findings, facing = ct.record.findings, ct.record.posterior_side
        size, spacing = ct.geometry.size_ijk, ct.geometry.spacing_mm
    series = SeriesInspection(
        series_uid="",
        study_uid="",
        patient=PatientIdentity(),
        modality="CT",
        verdict=worst(findings),
        slices=size[2],
        size_ijk=size,
        spacing_mm=spacing,
        patient_position="",
        series_description=path.name,
        study_description="",
        acquired="",
        convolution_kernel="",
        slice_thickness_mm=None,
        findings=findings,
        posterior_side=facing,
        kind="Volume file",
        description=f"Volume file, {size[0]} x {size[1]} x {size[2]}",
        advice=("has no patient and no position",),
    )
    return Inspection(path=path, series=(series,), findings=())


def read_labels(path: Path, frame_of_reference_uid: str = "") -> LabelVolume:
    """Read vertebrae in VerSe numbers from NIfTI, NRRD, DICOM SEG or RTSTRUCT.

    Where a file names its values, as SEG, RTSTRUCT and the ``.seg.nrrd`` of 3D Slicer do, names
    count and not numbers.

    Parameters
    ----------
    frame_of_reference_uid
        Of the scan; a DICOM object that lies in another frame is refused.

    Raises
    ------
    InputRefusedError
        When it is not one volume of whole numbers from 0 to 255 with one orientation.
    """
    path = Path(path)
    if is_dicom_object(path):
        return read_outline_object(path, frame_of_reference_uid)
    try:
        grid = _read(path)
        labels = _as_labels(grid.voxels)
    except GridFileError as error:
        raise _refusal(path, error) from None
    if grid.segments:
        labels = _in_verse_numbers(labels, grid.segments, path)
    return LabelVolume(geometry=grid.geometry, labels=labels)


def _in_verse_numbers(
    labels: NDArray[np.uint8], segments: Mapping[int, str], path: Path
) -> NDArray[np.uint8]:
    """Return VerSe numbers for values that the file names, as segments of 3D Slicer are."""
    table = np.zeros(256, np.uint8)
    for value, level in levels_by_name(list(segments.items()), path).items():
        table[value] = level.verse_label
    return table[labels]


def write_volume(path: Path, geometry: VolumeGeometry, voxels: NDArray[np.generic]) -> None:
    """Write voxels ``[k, j, i]`` as NIfTI (``.nii``, ``.nii.gz``) or NRRD, by suffix.

    The file is complete or not there. Booleans become bytes.

    Raises
    ------
    UsageError
        For another suffix, shape or number type.
    SaveFailedError
        When the disk refuses.
    """
    path = Path(path)
    array = voxels.astype(np.uint8) if voxels.dtype == np.bool_ else voxels
    if array.shape != geometry.shape_kji:
        raise UsageError(f"voxels are {array.shape}, the grid wants {geometry.shape_kji}")
    if array.dtype.newbyteorder("=").str[1:] not in ("u1", "i2", "u2", "i4", "f4", "f8"):
        raise UsageError(f"a volume file cannot hold {array.dtype} here")
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        content = nifti_bytes(geometry, array, packed=name.endswith(".gz"))
    elif name.endswith(".nrrd"):
        content = nrrd_bytes(geometry, array)
    else:
        raise UsageError(f"{path.name}: a volume is written as .nii, .nii.gz or .nrrd")
    _write_whole(path, content)


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, path)  # noqa: PTH105  (atomic, and overwrites on every system)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SaveFailedError(f"{path.name} could not be written: {error.strerror}") from error


def _read(path: Path) -> GridFile:
    try:
        return read_nrrd(path) if path.name.lower().endswith(_NRRD_SUFFIXES) else read_nifti(path)
    except OSError as error:
        raise GridFileError(Code.VOLUME_FILE, str(error.strerror)) from None


def _as_hu(voxels: NDArray[np.generic]) -> NDArray[np.int16]:
    """Return values as int16 HU, rounded; refuse what does not fit."""
    if voxels.dtype == np.int16:
        return np.array(voxels)
    values = np.rint(voxels.astype(np.float64))
    if not np.isfinite(values).all():
        raise GridFileError(Code.VOLUME_VALUES, "infinite or not a number")
    low, high = float(values.min()), float(values.max())
    if low < _INT16.min or high > _INT16.max:
        raise GridFileError(Code.VOLUME_VALUES, f"{low:.0f} to {high:.0f}")
    return values.astype(np.int16)


def _as_labels(voxels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return values as labels; refuse what is not a whole number from 0 to 255."""
    with np.errstate(invalid="ignore"):
        labels = voxels.astype(np.uint8)
    if not np.array_equal(labels, voxels):
        raise GridFileError(Code.VOLUME_VALUES, "labels must be whole numbers from 0 to 255")
    return labels


def _notes(path: Path, hu: NDArray[np.int16], facing: Facing) -> tuple[GateFinding, ...]:
    notes = [finding(Code.VOLUME_IDENTITY, files=[path.name])]
    if int(hu.min()) > AIR_SEEN_HU:
        notes.append(finding(Code.VOLUME_NO_AIR, f"lowest value {hu.min()}", [path.name]))
    else:
        step = [max(1, count // _LOOKED_AT) for count in hu.shape]
        doubt = doubt_of_hu(hu[:: step[0], :: step[1], :: step[2]])
        if doubt:
            notes.append(finding(Code.VOLUME_DOUBTFUL, doubt, [path.name]))
    if facing is Facing.CONTRADICTS:
        notes.append(finding(Code.POSTERIOR_SIDE, files=[path.name]))
    return tuple(notes)


def _refusal(path: Path, error: GridFileError) -> InputRefusedError:
    found = finding(error.code, error.detail, [path.name])
    return InputRefusedError(found.code, f"{path.name}: {found.message}")
