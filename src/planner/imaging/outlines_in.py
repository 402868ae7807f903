"""Reads outlines of vertebrae from DICOM Segmentations and RT Structure Sets, on any grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError
from skimage.draw import polygon2mask

from planner.domain.errors import InputRefusedError
from planner.domain.volume import LabelVolume
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.level_names import level_named
from planner.imaging.planes import UnevenPlanesError, even_places, grid_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from planner.domain.levels import Level
    from planner.geometry.points import Vector

CONTOUR_GRID_MM = 0.5
"""Contours are drawn on a grid this fine: half of the finest common pixel."""

LARGEST_GRID_VOXELS = 400_000_000

FLAT_MM = 0.1
"""A contour's points lie this close to one plane, or it is no planar contour."""


def is_dicom_object(path: Path) -> bool:
    """Tell by its preamble whether a file is DICOM."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def read_outline_object(path: Path, frame_of_reference_uid: str = "") -> LabelVolume:
    """Read whole vertebrae from a DICOM SEG or RTSTRUCT as VerSe numbers.

    Parameters
    ----------
    frame_of_reference_uid
        Of the scan; outlines in another frame are refused. Empty: not checked.

    Raises
    ------
    InputRefusedError
        ``SEG-UNREADABLE``, ``SEG-OTHER-FRAME``, ``SEG-NO-VERTEBRAE`` or ``SEG-UNEVEN``.
    """
    try:
        data = pydicom.dcmread(path)
        modality = str(data.get("Modality", ""))
    except (InvalidDicomError, OSError, ValueError, EOFError) as error:
        raise _refused("UNREADABLE", path, f"it could not be read ({error})") from error
    if modality not in ("SEG", "RTSTRUCT"):
        raise _refused("UNREADABLE", path, "it is neither a DICOM SEG nor an RTSTRUCT")
    _check_frame(data, path, frame_of_reference_uid)
    try:
        return _segments(data, path) if modality == "SEG" else _contours(data, path)
    except UnevenPlanesError as error:
        raise _refused("UNEVEN", path, str(error)) from error
    except (AttributeError, KeyError, IndexError, ValueError, RuntimeError) as error:
        # pydicom answers a coding it has no decoder for with a kind of RuntimeError
        raise _refused(
            "UNREADABLE", path, f"a part of it is missing or broken ({error})"
        ) from error


def _refused(code: str, path: Path, why: str) -> InputRefusedError:
    return InputRefusedError(
        f"SEG-{code}", f"The outlines in {path.name} cannot be used: {why}. Export them again."
    )


def _check_frame(data: Dataset, path: Path, wanted: str) -> None:
    """Refuse outlines that say they lie in the frame of another scan."""
    frames = {str(data.get("FrameOfReferenceUID", ""))}
    frames |= {
        str(item.get("FrameOfReferenceUID", ""))
        for item in data.get("ReferencedFrameOfReferenceSequence", [])
    }
    frames |= {
        str(item.get("ReferencedFrameOfReferenceUID", ""))
        for item in data.get("StructureSetROISequence", [])
    }
    frames.discard("")
    if wanted and frames and wanted not in frames:
        raise _refused("OTHER-FRAME", path, "they lie in the frame of reference of another scan")


def levels_by_name(pairs: list[tuple[int, str]], path: Path) -> dict[int, Level]:
    """Return the level of each numbered segment or region; each level once."""
    found: dict[int, Level] = {}
    for number, name in pairs:
        level = level_named(name)
        if level is None:
            continue
        if level in found.values():
            raise _refused("NO-VERTEBRAE", path, f"two of them are called {level}")
        found[number] = level
    if not found:
        names = ", ".join(name for _, name in pairs[:6]) or "nothing"
        raise _refused(
            "NO-VERTEBRAE", path, f"none is named as a whole vertebra (there are: {names})"
        )
    return found


def _segments(data: Dataset, path: Path) -> LabelVolume:
    """Read the frames of a SEG."""
    levels = levels_by_name(
        [(int(item.SegmentNumber), str(item.SegmentLabel)) for item in data.SegmentSequence], path
    )
    frames = np.asarray(data.pixel_array)
    frames = frames[None] if frames.ndim == 2 else frames
    shared = data.SharedFunctionalGroupsSequence[0]
    groups = list(data.PerFrameFunctionalGroupsSequence)
    rows, columns = _one_orientation(shared, groups)
    spacing = [float(v) for v in _group(shared, groups[0], "PixelMeasuresSequence").PixelSpacing]
    places = np.array(
        [
            [float(v) for v in _group(shared, group, "PlanePositionSequence").ImagePositionPatient]
            for group in groups
        ]
    )
    normal = np.cross(rows, columns)
    slots, first, step = even_places((places @ normal).tolist())
    if len(set(slots.tolist())) == 1:
        measures = _group(shared, groups[0], "PixelMeasuresSequence")
        step = float(measures.get("SpacingBetweenSlices", measures.get("SliceThickness", 1.0)))
    across = places - np.outer(places @ normal, normal)
    if np.abs(across - across[0]).max() > FLAT_MM:
        raise UnevenPlanesError("their frames do not stand above each other")
    labels = np.zeros((int(slots.max()) + 1, *frames.shape[1:]), np.uint8)
    kind = str(data.get("SegmentationType", "BINARY"))
    for frame, group, slot in zip(frames, groups, slots, strict=True):
        if kind == "LABELMAP":
            for number, level in levels.items():
                labels[slot][frame == number] = level.verse_label
            continue
        identified = _group(shared, group, "SegmentIdentificationSequence")
        level_of = levels.get(int(identified.ReferencedSegmentNumber))
        if level_of is not None:
            half = 0.5 * float(data.MaximumFractionalValue) if kind == "FRACTIONAL" else 0.5
            labels[slot][frame >= half] = level_of.verse_label
    origin = across[0] + first * normal
    matrix = grid_matrix(origin, rows * spacing[1], columns * spacing[0], normal * step)
    k, j, i = labels.shape
    return LabelVolume(geometry=VolumeGeometry.from_matrix((i, j, k), matrix), labels=labels)


def _group(shared: Dataset, own: Dataset, name: str) -> Any:
    """Return the first item of a functional group, the frame's own before the shared one."""
    for groups in (own, shared):
        if found := groups.get(name):
            return found[0]
    raise KeyError(name)


def _one_orientation(shared: Dataset, groups: list[Dataset]) -> tuple[Vector, Vector]:
    """Return the directions along a row and along a column, the same for all frames."""
    found = np.array(
        [
            [
                float(value)
                for value in _group(
                    shared, group, "PlaneOrientationSequence"
                ).ImageOrientationPatient
            ]
            for group in groups
        ]
    )
    if np.abs(found - found[0]).max() > 1e-4:
        raise UnevenPlanesError("their frames point different ways")
    return found[0, :3], found[0, 3:]


def _contours(data: Dataset, path: Path) -> LabelVolume:
    """Draw the closed planar contours of a structure set."""
    levels = levels_by_name(
        [(int(item.ROINumber), str(item.ROIName)) for item in data.StructureSetROISequence], path
    )
    rings: list[tuple[Level, Vector]] = []
    for item in data.ROIContourSequence:
        level = levels.get(int(item.ReferencedROINumber))
        for contour in item.get("ContourSequence", []) if level else []:
            if str(contour.ContourGeometricType).startswith("CLOSED_PLANAR") and level:
                points = np.array([float(v) for v in contour.ContourData]).reshape(-1, 3)
                rings.append((level, points))
    if not rings:
        raise _refused("NO-VERTEBRAE", path, "their vertebrae have no closed contour")
    normal = _normal([points for _, points in rings])
    along_i, along_j = _across(normal)
    slots, first, step = even_places([float(np.mean(points @ normal)) for _, points in rings])
    _no_gaps(rings, slots)
    flat = np.concatenate([points for _, points in rings])
    low = np.array([(flat @ axis).min() - CONTOUR_GRID_MM for axis in (along_i, along_j)])
    high = np.array([(flat @ axis).max() + CONTOUR_GRID_MM for axis in (along_i, along_j)])
    size = np.ceil((high - low) / CONTOUR_GRID_MM).astype(int) + 1
    count = int(slots.max()) + 1
    if int(size.prod()) * count > LARGEST_GRID_VOXELS:
        raise _refused("UNREADABLE", path, "its contours span more than a body")
    labels = np.zeros((count, size[1], size[0]), np.uint8)
    for slot in range(count):
        for level in set(levels.values()):
            inside = np.zeros((size[1], size[0]), np.bool_)
            for (owner, points), place in zip(rings, slots, strict=True):
                if owner is level and place == slot:
                    index = np.stack(
                        [
                            (points @ along_j - low[1]) / CONTOUR_GRID_MM,
                            (points @ along_i - low[0]) / CONTOUR_GRID_MM,
                        ],
                        axis=1,
                    )
                    # A contour inside another one of the same region is a hole (PS3.3 C.8.8.6.3).
                    inside ^= polygon2mask(inside.shape, index)  # type: ignore[no-untyped-call]
            labels[slot][inside] = level.verse_label
    origin = low[0] * along_i + low[1] * along_j + first * normal
    matrix = grid_matrix(
        origin, along_i * CONTOUR_GRID_MM, along_j * CONTOUR_GRID_MM, normal * step
    )
    geometry = VolumeGeometry.from_matrix((int(size[0]), int(size[1]), count), matrix)
    return LabelVolume(geometry=geometry, labels=labels)


def _normal(rings: list[Vector]) -> Vector:
    """Return the common normal of planar contours, its largest part positive."""
    largest = max(rings, key=len)
    _, _, axes = np.linalg.svd(largest - largest.mean(axis=0))
    normal = axes[2] * np.sign(axes[2][np.abs(axes[2]).argmax()])
    for points in rings:
        if np.ptp(points @ normal) > FLAT_MM:
            raise UnevenPlanesError("their contours do not lie in parallel planes")
    return np.asarray(normal, dtype=np.float64)


def _across(normal: Vector) -> tuple[Vector, Vector]:
    """Return two directions across a normal; x and y for axial contours."""
    start = np.eye(3)[int(np.abs(normal).argmin())] if abs(normal[0]) > 0.9 else np.eye(3)[0]
    along_i = start - (start @ normal) * normal
    along_i /= np.linalg.norm(along_i)
    return along_i, np.cross(normal, along_i)


def _no_gaps(rings: list[tuple[Level, Vector]], slots: NDArray[np.int64]) -> None:
    """Refuse a vertebra whose contours skip a plane, because the gap would be an error."""
    for level in {owner for owner, _ in rings}:
        mine = {int(slot) for (owner, _), slot in zip(rings, slots, strict=True) if owner is level}
        if len(mine) != max(mine) - min(mine) + 1:
            raise UnevenPlanesError(f"the contours of {level} skip planes")
