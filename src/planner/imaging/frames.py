"""From headers to frames: one record per image plane, with every value checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

from planner.imaging import tags
from planner.imaging.codes import Code
from planner.imaging.elements import UNDEFINED_LENGTH, DataSet
from planner.imaging.limits import MAX_FRAMES, MAX_MATRIX, MAX_VOXELS
from planner.imaging.syntaxes import Coding
from planner.imaging.values import (
    UnreadableValueError,
    decimal,
    decimals,
    has_value,
    integer,
    text,
    texts,
    unsigned,
)

if TYPE_CHECKING:
    from planner.imaging.header import FileHeader

ORTHONORMAL_TOLERANCE = 1e-3
"""How far direction cosines may be from unit length and right angles (writers round to 1e-6)."""

PIXEL_SPACING_MM = (0.05, 10.0)
"""Pixel sizes a CT of a body can have."""

NOT_HU_KINDS = frozenset(
    (
        *("PERFUSION", "RCBF", "RCBV", "MTT", "TTP"),
        *("Z_EFF", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY", "MAT_SPECIFIC", "MAT_FRACTIONAL"),
        *("MAT_VALUE_BASED", "IODINE", "SUBTRACTION", "STD_DEVIATION", "DIVISION"),
        "MULTIPLICATION",
    )
)
"""Words in Image Type or Frame Type that name maps of something other than attenuation
(PS3.3 C.8.2.1.1.1 for several energies, C.8.16.1 for what is computed from pictures)."""

PROJECTION_KINDS = frozenset(
    ("MIP", "MINIP", "MAXIMUM", "MINIMUM", "PROJECTION IMAGE", "VOLUME RENDERED", "3D")
)
"""Words in Image Type of pictures that are not slices."""

PROJECTION_TECHNIQUES = frozenset(("MAX_IP", "MIN_IP", "VOLUME_RENDER", "SURFACE_RENDER"))
"""Values of Volume Based Calculation Technique of such pictures (PS3.3 C.8.16.2.1.3)."""

CURVED_WORDS = frozenset(("CPR", "CURVED_MPR", "DISTORTED"))
"""Words in Image Type, Volumetric Properties or Technique of pictures without straight axes."""

FARTHEST_MM = 1e5
"""No slice lies farther from the origin than 100 m; a number beyond is damage."""

Triple = tuple[float, float, float]


class FrameRefusedError(Exception):
    """A file cannot be part of a volume.

    Attributes
    ----------
    code
        Why.
    detail
        The value in question, for the message; no patient data.
    """

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """How stored values are laid out.

    Attributes
    ----------
    overlay_in_high_bits
        Bits above ``bits_stored`` hold an overlay (retired) and are masked off.
    padding
        Lowest and highest STORED value that marks no anatomy; ``None`` when not declared.
    """

    bits_allocated: int
    bits_stored: int
    signed: bool
    overlay_in_high_bits: bool = False
    padding: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One image plane.

    Attributes
    ----------
    position_mm
        Centre of the first pixel, LPS (PS3.3 C.7.6.2).
    row, column
        Unit vectors along which column and row index grow, LPS.
    spacing_mm
        Between columns (along ``row``) and between rows (along ``column``).
    slope, intercept
        HU = slope * stored + intercept.
    mixture
        Values that must not alternate along a volume, by name.
    """

    file: FileHeader
    index: int
    frames_in_file: int
    sop_uid: str
    rows: int
    columns: int
    position_mm: Triple
    row: Triple
    column: Triple
    spacing_mm: tuple[float, float]
    slope: float
    intercept: float
    pixels: PixelFormat
    instance_number: int | None
    thickness_mm: float | None
    tilt_tag_deg: float | None
    spacing_between_mm: float | None
    diameter_mm: float | None
    mixture: tuple[tuple[str, str], ...]

    @property
    def normal(self) -> Triple:
        """Unit vector across the plane: row x column."""
        return cross(self.row, self.column)

    @property
    def pixel_count(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns


def cross(a: Triple, b: Triple) -> Triple:
    """Return the cross product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def dot(a: Triple, b: Triple) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def frames_of(file: FileHeader) -> list[Frame]:
    """Return the planes of one CT file.

    Raises
    ------
    FrameRefusedError
        When a value is missing, unreadable or impossible.
    """
    try:
        return _frames_of(file)
    except UnreadableValueError as error:
        code = Code.NOT_FINITE if error.kind == "finite" else Code.BAD_NUMBER
        raise FrameRefusedError(code, str(error)) from None


def _frames_of(file: FileHeader) -> list[Frame]:
    data = file.data
    rows, columns = unsigned(data, tags.ROWS), unsigned(data, tags.COLUMNS)
    if not rows or not columns:
        raise FrameRefusedError(Code.NO_MATRIX)
    count = integer(data, tags.NUMBER_OF_FRAMES)
    count = 1 if count is None else count
    if max(rows, columns) > MAX_MATRIX or rows * columns * count > MAX_VOXELS:
        raise FrameRefusedError(Code.TOO_LARGE, f"{columns} x {rows} x {count}")
    groups = _functional_groups(file, count)
    pixels = _pixel_format(data)
    _check_pixel_length(file, rows * columns * count * pixels.bits_allocated // 8)
    instance_number = integer(data, tags.INSTANCE_NUMBER)
    return [
        _frame(file, index, group, (rows, columns), pixels, instance_number)
        for index, group in enumerate(groups)
    ]


def _functional_groups(file: FileHeader, count: int) -> list[DataSet]:
    """Return one data set per frame that holds its geometry and rescale values at top level."""
    data = file.data
    if text(data, tags.SOP_CLASS_UID) == tags.CT_IMAGE:
        if count != 1:
            raise FrameRefusedError(Code.FRAME_COUNT, f"{count} frames, geometry for 1")
        return [data]
    per_frame = data.sequences.get(tags.PER_FRAME_GROUPS, [])
    if count != len(per_frame) or not 1 <= count <= MAX_FRAMES:
        raise FrameRefusedError(Code.FRAME_COUNT, f"{count} frames, geometry for {len(per_frame)}")
    shared = data.sequences.get(tags.SHARED_GROUPS, [])
    if len(shared) > 1:
        raise FrameRefusedError(Code.FRAME_COUNT, "the shared functional groups have not one item")
    return [_flattened(shared, item) for item in per_frame]


def _flattened(shared: list[DataSet], own: DataSet) -> DataSet:
    """Merge the macros of one frame over the shared ones (PS3.3 C.7.6.16)."""
    flat = DataSet(little=own.little)
    for group in (*shared, own):
        for tag, items in group.sequences.items():
            if len(items) != 1:
                raise FrameRefusedError(Code.FRAME_COUNT, "a functional group has not one item")
            flat.values.update(items[0].values)
            flat.sequences[tag] = items
    return flat


def _frame(
    file: FileHeader,
    index: int,
    group: DataSet,
    matrix: tuple[int, int],
    pixels: PixelFormat,
    instance_number: int | None,
) -> Frame:
    _check_kind(file.data, group)
    row, column = _orientation(group)
    slope, intercept = _rescale(file.data, group)
    return Frame(
        file=file,
        index=index,
        frames_in_file=max(1, len(file.data.sequences.get(tags.PER_FRAME_GROUPS, []))),
        sop_uid=text(file.data, tags.SOP_INSTANCE_UID),
        rows=matrix[0],
        columns=matrix[1],
        position_mm=_position(group),
        row=row,
        column=column,
        spacing_mm=_pixel_spacing(group),
        slope=slope,
        intercept=intercept,
        pixels=pixels,
        instance_number=instance_number,
        thickness_mm=decimal(group, tags.SLICE_THICKNESS),
        tilt_tag_deg=decimal(group, tags.GANTRY_TILT),
        spacing_between_mm=decimal(group, tags.SPACING_BETWEEN_SLICES),
        diameter_mm=decimal(group, tags.RECONSTRUCTION_DIAMETER),
        mixture=_mixture(file.data, group),
    )


def _check_kind(data: DataSet, group: DataSet) -> None:
    """Refuse a frame that says it is no flat slice of the patient."""
    words = {
        *kind_words(data, tags.IMAGE_TYPE),
        *kind_words(group, tags.FRAME_TYPE),
        *(
            word
            for tag in (tags.VOLUMETRIC_PROPERTIES, tags.VOLUME_TECHNIQUE)
            for part in (data, group)
            for word in texts(part, tag)
        ),
    }
    curved = sorted(words & CURVED_WORDS)
    if curved:
        raise FrameRefusedError(Code.CURVED, ", ".join(curved))
    other = sorted(words & (PROJECTION_KINDS | PROJECTION_TECHNIQUES | {"LOCALIZER"}))
    if other:
        raise FrameRefusedError(Code.SEVERAL_VOLUMES, f"frames of kind {', '.join(other)}")


def kind_words(data: DataSet, tag: int) -> set[str]:
    """Return what Image Type or Frame Type says past its first two values.

    Makers put their own name before the word (``CSA MIP``, ``CT_SOM5 MIP``), so that each part
    of a value counts as well as the whole; but not ``3D``, which may be how it was scanned.
    """
    values = texts(data, tag)[2:]
    return {*values, *(word for value in values for word in value.split() if len(word) > 2)}


def _mixture(data: DataSet, group: DataSet) -> tuple[tuple[str, str], ...]:
    kind = texts(group, tags.FRAME_TYPE) or texts(data, tags.IMAGE_TYPE)
    return (
        ("ConvolutionKernel", text(group, tags.CONVOLUTION_KERNEL)),
        ("AcquisitionNumber", text(data, tags.ACQUISITION_NUMBER)),
        ("AcquisitionDate", text(data, tags.ACQUISITION_DATE)),
        ("KVP", text(group, tags.KVP)),
        ("ImageType", "\\".join(kind)),
    )


def _position(group: DataSet) -> Triple:
    numbers = decimals(group, tags.IMAGE_POSITION)
    if not numbers:
        raise FrameRefusedError(Code.NO_POSITION)
    if len(numbers) != 3:
        raise FrameRefusedError(Code.BAD_NUMBER, "ImagePositionPatient")
    if max(abs(number) for number in numbers) > FARTHEST_MM:
        raise FrameRefusedError(Code.BAD_NUMBER, "ImagePositionPatient, beyond 100 m")
    return (numbers[0], numbers[1], numbers[2])


def _orientation(group: DataSet) -> tuple[Triple, Triple]:
    numbers = decimals(group, tags.IMAGE_ORIENTATION)
    if not numbers:
        raise FrameRefusedError(Code.NO_ORIENTATION)
    if len(numbers) != 6:
        raise FrameRefusedError(Code.BAD_NUMBER, "ImageOrientationPatient")
    row: Triple = (numbers[0], numbers[1], numbers[2])
    column: Triple = (numbers[3], numbers[4], numbers[5])
    lengths = sqrt(dot(row, row)), sqrt(dot(column, column))
    if (
        max(abs(length - 1.0) for length in lengths) > ORTHONORMAL_TOLERANCE
        or abs(dot(row, column)) > ORTHONORMAL_TOLERANCE
    ):
        raise FrameRefusedError(Code.ORIENTATION)
    return _unit(row, lengths[0]), _unit(column, lengths[1])


def _unit(vector: Triple, length: float) -> Triple:
    return (vector[0] / length, vector[1] / length, vector[2] / length)


def _pixel_spacing(group: DataSet) -> tuple[float, float]:
    numbers = decimals(group, tags.PIXEL_SPACING)
    if not numbers:
        raise FrameRefusedError(Code.NO_PIXEL_SPACING)
    low, high = PIXEL_SPACING_MM
    if len(numbers) != 2 or not all(low <= number <= high for number in numbers):
        shown = " x ".join(f"{number:g}" for number in numbers)
        raise FrameRefusedError(Code.PIXEL_SPACING, f"{shown} mm")
    between_rows, between_columns = numbers
    return between_columns, between_rows


def _rescale(data: DataSet, group: DataSet) -> tuple[float, float]:
    if data.sequences.get(tags.MODALITY_LUT) or tags.MODALITY_LUT in data.values:
        raise FrameRefusedError(Code.MODALITY_LUT)
    slope, intercept = decimal(group, tags.RESCALE_SLOPE), decimal(group, tags.RESCALE_INTERCEPT)
    if slope is None or intercept is None:
        raise FrameRefusedError(Code.NO_RESCALE)
    if slope == 0.0:
        raise FrameRefusedError(Code.RESCALE, f"slope {slope:g}, intercept {intercept:g}")
    kind = text(group, tags.RESCALE_TYPE)
    if kind not in ("", "HU"):
        raise FrameRefusedError(Code.NOT_HU, f"RescaleType {kind[:16]}")
    kinds = kind_words(data, tags.IMAGE_TYPE) | kind_words(group, tags.FRAME_TYPE)
    maps = sorted(NOT_HU_KINDS & kinds)
    if maps:
        raise FrameRefusedError(Code.NOT_HU, ", ".join(maps))
    return slope, intercept


def _pixel_format(data: DataSet) -> PixelFormat:
    photometric = text(data, tags.PHOTOMETRIC)
    if photometric != "MONOCHROME2":
        raise FrameRefusedError(Code.PHOTOMETRIC, photometric[:16] or "none given")
    allocated, stored = unsigned(data, tags.BITS_ALLOCATED), unsigned(data, tags.BITS_STORED)
    high, sign = unsigned(data, tags.HIGH_BIT), unsigned(data, tags.PIXEL_REPRESENTATION)
    if (
        allocated not in (8, 16)
        or stored is None
        or not 2 <= stored <= allocated
        or high != stored - 1
        or sign not in (0, 1)
        or unsigned(data, tags.SAMPLES_PER_PIXEL) not in (None, 1)
    ):
        raise FrameRefusedError(
            Code.BITS, f"allocated {allocated}, stored {stored}, high bit {high}, sign {sign}"
        )
    overlays = _embedded_overlays(data, allocated)
    if any(bit < stored for bit in overlays):
        raise FrameRefusedError(Code.BITS, f"an overlay in bit {min(overlays)}, stored {stored}")
    return PixelFormat(
        bits_allocated=allocated,
        bits_stored=stored,
        signed=sign == 1,
        overlay_in_high_bits=bool(overlays),
        padding=_padding(data, signed=sign == 1),
    )


def _padding(data: DataSet, *, signed: bool) -> tuple[int, int] | None:
    """Return the range of stored values that pad (PS3.3 C.7.5.1.1.2)."""
    raw = data.values.get(tags.PIXEL_PADDING, b"")
    if not raw:
        return None
    order: Literal["little", "big"] = "little" if data.little else "big"
    limit = data.values.get(tags.PIXEL_PADDING_LIMIT, b"") or raw
    if len(raw) != 2 or len(limit) != 2:
        return None
    ends = [int.from_bytes(value, order, signed=signed) for value in (raw, limit)]
    return min(ends), max(ends)


def _embedded_overlays(data: DataSet, allocated: int) -> list[int]:
    """Return the bits of the pixels in which overlays lie (PS3.3 2004 C.9.2)."""
    bits = []
    for group in range(0x6000, 0x6020, 2):
        base = group << 16
        bit, apart = unsigned(data, base | 0x0102), has_value(data, base | 0x3000)
        if bit and not apart and unsigned(data, base | 0x0100) == allocated:
            bits.append(bit)
    return bits


def _check_pixel_length(file: FileHeader, expected: int) -> None:
    """Check that the file holds the pixels its header promises."""
    data = file.data
    if data.pixel_offset < 0:
        raise FrameRefusedError(Code.NO_PIXELS)
    raw = file.syntax.coding is Coding.RAW
    if raw is (data.pixel_length == UNDEFINED_LENGTH):
        raise FrameRefusedError(Code.PIXEL_CODING)
    if not raw:
        return
    there = min(data.pixel_length, file.size - data.pixel_offset)
    if there < expected:
        raise FrameRefusedError(Code.PIXELS_SHORT, f"{there} of {expected} bytes")
    if data.pixel_length > expected + 1:
        raise FrameRefusedError(Code.PIXELS_LONG, f"{data.pixel_length}, not {expected} bytes")
