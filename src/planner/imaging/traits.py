"""What a series is by its own words: how it was made, how sharp, and of which part.

These only order a list and explain the order; nothing is loaded or refused by them. Words that
are not known leave a trait unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.imaging import tags
from planner.imaging.identity import decoded
from planner.imaging.values import has_value, text, texts

if TYPE_CHECKING:
    from planner.imaging.frames import Frame, Triple
    from planner.imaging.header import FileHeader


class Sharpness(StrEnum):
    """How a reconstruction kernel treats fine bone."""

    BONE = "bone kernel"
    STANDARD = "standard kernel"
    SMOOTH = "smooth kernel"
    LUNG = "lung kernel"
    UNKNOWN = "kernel not known"


class Plane(StrEnum):
    """How the slices lie in the patient."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"
    OBLIQUE = "oblique"


class Region(StrEnum):
    """Which part of the body the header names."""

    SPINE = "spine"
    TRUNK = "trunk"
    ELSEWHERE = "another part of the body"
    UNKNOWN = "part of the body not stated"


SIEMENS_STANDARD = 30
SIEMENS_BONE = 50
"""Siemens numbers sharpness: 30 and 40 are standard, the spine is given 50 to 80 (operating
instructions, SOMATOM Sensation)."""

_SIEMENS = re.compile(r"[A-Z][a-z]?(\d\d)")
_CANON = re.compile(r"FC(\d\d)")
_CANON_FAMILIES = {
    0: Sharpness.STANDARD,
    1: Sharpness.STANDARD,
    3: Sharpness.BONE,
    5: Sharpness.LUNG,
    8: Sharpness.BONE,
}
"""The tens of a Canon or Toshiba kernel: body, body, bone, lung, high resolution."""

_NAMED_KERNELS = {
    Sharpness.SMOOTH: ("SOFT", "SMOOTH", "A", "UA"),
    Sharpness.STANDARD: ("STANDARD", "STND", "DETAIL", "CHST", "B", "UB", "C", "UC"),
    Sharpness.BONE: ("BONE", "BONEPLUS", "EDGE", "D", "E", "YA", "YB", "YC", "YD", "YE"),
    Sharpness.LUNG: ("LUNG", "L"),
}
"""Names as GE and Philips scanners write them (PS3.3 C.8.15.3.9 leaves them to the maker)."""

AXIS_COSINE = 0.9
"""A stack within about 25 degrees of a body axis is named after it."""

_REFORMATTED = frozenset(("MPR", "REFORMATTED", "CSA MPR", "CSAPARALLEL", "RESAMPLED", "CPR"))
_SPINE_WORDS = re.compile(r"spin[ae]|lumb|vertebr|wirbel|\b[hbl]ws\b|rachis|column|sacr")
_TRUNK_WORDS = re.compile(r"chest|thora|abdom|pelvi|trunk|torso|body|neck|liver|lung|kidney|aort")
_OTHER_WORDS = re.compile(
    r"head|skull|brain|cerebr|sinus|orbit|temporal|knee|hand|wrist|foot|ankle|elbow|shoulder"
    r"|\barm\b|\bleg\b|extrem|femur|tibia"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What one series is.

    Attributes
    ----------
    plane
        ``None`` when there is no stack.
    reformatted
        Computed from another series, not reconstructed by the scanner from its own data.
    derived
        The header calls it derived, which may mean anything from a filter to a reformat.
    """

    plane: Plane | None
    sharpness: Sharpness
    region: Region
    reformatted: bool
    derived: bool
    contrast: bool


def traits_of(header: FileHeader, frame: Frame | None) -> Traits:
    """Read the traits of a series from one of its slices (or files)."""
    data = header.data
    kernel = dict(frame.mixture)["ConvolutionKernel"] if frame is not None else ""
    kind = texts(data, tags.IMAGE_TYPE)
    words = " ".join(
        decoded(data, tag)
        for tag in (tags.SERIES_DESCRIPTION, tags.PROTOCOL, tags.STUDY_DESCRIPTION)
    )
    return Traits(
        plane=plane_of(frame.normal) if frame is not None else None,
        sharpness=sharpness_of(kernel or text(data, tags.CONVOLUTION_KERNEL)),
        region=region_of(text(data, tags.BODY_PART), words),
        reformatted=bool(_REFORMATTED.intersection(kind)),
        derived=kind[:1] == ("DERIVED",),
        contrast=has_value(data, tags.CONTRAST_AGENT),
    )


def sharpness_of(kernel: str) -> Sharpness:
    """Sort a reconstruction kernel by the conventions of its maker."""
    name = kernel.split("\\", maxsplit=1)[0].strip()
    canon = _CANON.match(name.upper())
    if canon is not None:
        return _CANON_FAMILIES.get(int(canon[1]) // 10, Sharpness.UNKNOWN)
    siemens = _SIEMENS.match(name)
    if siemens is not None:
        if name[1] == "l":
            return Sharpness.LUNG
        number = int(siemens[1])
        if number >= SIEMENS_BONE:
            return Sharpness.BONE
        return Sharpness.STANDARD if number >= SIEMENS_STANDARD else Sharpness.SMOOTH
    for sharpness, names in _NAMED_KERNELS.items():
        if name.upper() in names:
            return sharpness
    return Sharpness.UNKNOWN


def plane_of(normal: Triple) -> Plane:
    """Name how slices with this normal lie in the patient."""
    along = [abs(part) for part in normal]
    if max(along) < AXIS_COSINE:
        return Plane.OBLIQUE
    return (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[along.index(max(along))]


def region_of(body_part: str, words: str) -> Region:
    """Tell which part of the body is meant; the part's own attribute weighs more than words."""
    for named in (body_part.lower(), words.lower()):
        if _SPINE_WORDS.search(named):
            return Region.SPINE
        if _TRUNK_WORDS.search(named):
            return Region.TRUNK
        if _OTHER_WORDS.search(named):
            return Region.ELSEWHERE
    return Region.UNKNOWN
