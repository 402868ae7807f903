"""Sorts headers into series, and each series into slices, copies and bystanders."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.imaging import tags
from planner.imaging.codes import Code, finding, worst
from planner.imaging.frames import (
    PROJECTION_KINDS,
    PROJECTION_TECHNIQUES,
    Frame,
    FrameRefusedError,
    dot,
    frames_of,
    kind_words,
)
from planner.imaging.identity import IDENTITY_PARTS, identity_key
from planner.imaging.position import fits_orientation, is_known
from planner.imaging.posterior import Facing
from planner.imaging.stack import Stack, StackRefusedError, stack
from planner.imaging.syntaxes import Coding
from planner.imaging.values import (
    UnreadableValueError,
    has_value,
    integer,
    text,
    texts,
    unsigned,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from planner.domain.volume import GateFinding, GateVerdict
    from planner.imaging.header import FileHeader

_WHOSE = (tags.PATIENT_NAME, tags.PATIENT_ID)
_CT_CLASSES = (tags.CT_IMAGE, tags.ENHANCED_CT, tags.LEGACY_ENHANCED_CT)

SCREEN_KINDS = frozenset(("SCREEN SAVE", "DOSE_INFO", "CT_SOM5 PROT", "CT_SOM7 PROT"))
"""Words in Image Type of what scanners write as CT images beside the slices: pictures of a
screen, sheets of the dose and of the protocol. Only without a position is one taken for it."""

LOCALISER_COSINE = 0.35
"""A picture at more than about 70 degrees to all others is a localiser."""

FEW_LOCALISERS = 3
"""More pictures than this across the others are a second stack, not localisers."""

_COUNTS = (
    tags.IMAGES_IN_ACQUISITION,
    tags.IMAGES_IN_SERIES,
    tags.NUMBER_OF_SLICES,
    tags.SERIES_RELATED_INSTANCES,
)
"""Where a slice or the archive may say how many there are (the second is retired)."""


@dataclass(slots=True, kw_only=True)
class Series:
    """One series as the header pass sees it.

    Attributes
    ----------
    stack
        ``None`` when it cannot be put on a grid; ``findings`` then say why.
    facing
        What the pixels say of the header's posterior, once they are read.
    recoded
        Slices, each with a copy that was left out because only its coding differs; whether the
        pixels are the same shows when both are unpacked.
    """

    uid: str
    headers: list[FileHeader]
    findings: list[GateFinding] = field(default_factory=list)
    stack: Stack | None = None
    facing: Facing = Facing.UNKNOWN
    recoded: list[tuple[Frame, Frame]] = field(default_factory=list)

    @property
    def verdict(self) -> GateVerdict:
        """Worst of what was found."""
        return worst(self.findings)

    @property
    def first(self) -> FileHeader:
        """A header to describe the series by: a slice if there is one, never by file name."""
        if self.stack is not None:
            return self.stack.frames[0].file
        return min(self.headers, key=lambda header: text(header.data, tags.SOP_INSTANCE_UID))

    @property
    def is_ct(self) -> bool:
        """Whether any file is a CT image."""
        return any(_is_ct_image(header) for header in self.headers)


def group_series(headers: Iterable[FileHeader]) -> list[Series]:
    """Group headers by series UID, in the order of the UIDs."""
    groups: defaultdict[str, list[FileHeader]] = defaultdict(list)
    for header in headers:
        groups[text(header.data, tags.SERIES_UID)].append(header)
    return [Series(uid=uid, headers=groups[uid]) for uid in sorted(groups)]


def judge(series: Series) -> None:
    """Fill ``series.findings`` and ``series.stack`` from its headers."""
    notes = series.findings
    slices = _without_bystanders(series)
    if not slices:
        kinds = {
            text(header.data, tags.MODALITY)[:16] or "no modality" for header in series.headers
        }
        notes.append(finding(Code.NOT_CT, ", ".join(sorted(kinds))))
        return
    _check_identity(series, slices)
    _note_files(notes, slices)
    frames = _checked_frames(notes, slices)
    if worst(notes) == "refuse":
        return
    frames = _without_copies(series, frames)
    frames = _without_untagged_localisers(notes, frames)
    if worst(notes) == "refuse":
        return
    try:
        series.stack = stack(frames)
    except StackRefusedError as error:
        notes.extend(error.findings)
        return
    notes.extend(series.stack.findings)
    _check_patient_position(notes, series.stack)
    _check_complete(notes, series, series.stack)


def note_scattered(found: list[Series]) -> None:
    """Say of slices that each name a series of their own that this is what is wrong."""
    alone = [
        one
        for one in found
        if len(one.headers) == 1 and one.stack is None and not bystander(one.headers[0])
    ]
    for study in {text(one.first.data, tags.STUDY_UID) for one in alone}:
        slices = [one for one in alone if text(one.first.data, tags.STUDY_UID) == study]
        if len(slices) > FEW_LOCALISERS:
            for one in slices:
                one.findings.insert(0, finding(Code.OWN_SERIES, f"{len(slices)} files"))


def _is_ct_image(header: FileHeader) -> bool:
    data = header.data
    return text(data, tags.SOP_CLASS_UID) in _CT_CLASSES and text(data, tags.MODALITY) == "CT"


def bystander(header: FileHeader) -> str:
    """Say what a file is when it is not a slice; empty when it is one."""
    if not _is_ct_image(header):
        return "not a CT image"
    kinds = kind_words(header.data, tags.IMAGE_TYPE)
    if "LOCALIZER" in kinds:
        return "localiser"
    if kinds & SCREEN_KINDS and not has_value(header.data, tags.IMAGE_POSITION):
        return "picture of a screen"
    techniques = set(texts(header.data, tags.VOLUME_TECHNIQUE))
    if kinds & PROJECTION_KINDS or techniques & PROJECTION_TECHNIQUES:
        return "projection"
    if text(header.data, tags.PHOTOMETRIC) in ("RGB", "PALETTE COLOR", "YBR_FULL"):
        return "colour picture"
    return ""


def _without_bystanders(series: Series) -> list[FileHeader]:
    aside: defaultdict[str, list[str]] = defaultdict(list)
    slices = []
    for header in series.headers:
        kind = bystander(header)
        if kind:
            aside[kind].append(header.name)
        else:
            slices.append(header)
    if slices:
        for kind, names in sorted(aside.items()):
            series.findings.append(finding(Code.SET_ASIDE, f"{len(names)} x {kind}", names))
    return slices


def _check_identity(series: Series, slices: list[FileHeader]) -> None:
    """One series has one patient and study, and its slices one frame and position."""
    checks: tuple[tuple[Code, list[FileHeader], Callable[[FileHeader], object]], ...] = (
        (Code.MIXED_PATIENT, series.headers, lambda header: identity_key(header.data)),
        (Code.MIXED_STUDY, series.headers, lambda header: text(header.data, tags.STUDY_UID)),
        (
            Code.MIXED_FRAME_OF_REFERENCE,
            slices,
            lambda header: text(header.data, tags.FRAME_OF_REFERENCE_UID),
        ),
        (Code.MIXED_POSITION, slices, lambda header: text(header.data, tags.PATIENT_POSITION)),
    )
    for code, headers, key in checks:
        counts = Counter(key(header) for header in headers)
        if len(counts) > 1:
            if code is Code.MIXED_FRAME_OF_REFERENCE and len(counts) == len(headers):
                series.findings.append(finding(Code.OWN_FRAMES, f"{len(headers)} files"))
                continue
            usual = counts.most_common(1)[0][0]
            names = [header.name for header in headers if key(header) != usual]
            detail = f"{len(names)} files differ"
            if code is Code.MIXED_PATIENT:
                detail = f"{detail} in {_differing_parts(headers)}"
            series.findings.append(finding(code, detail, names))
    nameless = [h.name for h in slices if not text(h.data, tags.SOP_INSTANCE_UID)]
    if not any(has_value(series.headers[0].data, tag) for tag in _WHOSE):
        series.findings.append(finding(Code.NO_IDENTITY))
    if not any(text(header.data, tags.STUDY_UID) for header in series.headers):
        series.findings.append(finding(Code.NO_STUDY))
    if not any(text(header.data, tags.FRAME_OF_REFERENCE_UID) for header in slices):
        series.findings.append(finding(Code.NO_FRAME_OF_REFERENCE))
    if nameless or not series.uid:
        series.findings.append(finding(Code.NO_UID, files=nameless))


def _differing_parts(headers: list[FileHeader]) -> str:
    """Name what of the patient's identity is not alike in all files."""
    keys = [identity_key(header.data) for header in headers]
    parts = zip(IDENTITY_PARTS, zip(*keys, strict=True), strict=True)
    return ", ".join(part for part, values in parts if len(set(values)) > 1)


def _note_files(notes: list[GateFinding], slices: list[FileHeader]) -> None:
    lossy = [header.name for header in slices if _is_lossy(header)]
    if lossy:
        notes.append(finding(Code.LOSSY, f"{len(lossy)} of {len(slices)} files", lossy))
    bare = [header.name for header in slices if header.without_meta]
    if bare:
        notes.append(finding(Code.NO_FILE_META, f"{len(bare)} files", bare))
    written = [header.name for header in slices if text(header.data, tags.BURNED_IN) == "YES"]
    if written:
        notes.append(finding(Code.ANNOTATED, f"{len(written)} files", written))
    programs = [header.name for header in slices if header.executable_preamble]
    if programs:
        notes.append(finding(Code.EXECUTABLE_PREAMBLE, f"{len(programs)} files", programs))


def _is_lossy(header: FileHeader) -> bool:
    """Tell whether values were ever compressed with loss; copies may lose the flag alone."""
    return (
        not header.syntax.lossless
        or text(header.data, tags.LOSSY) not in ("", "00")
        or has_value(header.data, tags.LOSSY_RATIO)
        or has_value(header.data, tags.LOSSY_METHOD)
    )


def _checked_frames(notes: list[GateFinding], slices: list[FileHeader]) -> list[Frame]:
    frames: list[Frame] = []
    refused: defaultdict[tuple[Code, str], list[str]] = defaultdict(list)
    for header in slices:
        try:
            frames.extend(frames_of(header))
        except FrameRefusedError as error:
            refused[error.code, error.detail].append(header.name)
    for (code, detail), names in sorted(refused.items()):
        notes.append(finding(code, detail, names))
    return frames


def _without_copies(series: Series, frames: list[Frame]) -> list[Frame]:
    """Keep one of each exact copy; refuse files that share a UID but not their content."""
    groups: defaultdict[tuple[str, int], list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[frame.sop_uid, frame.index].append(frame)
    kept: list[Frame] = []
    copies: list[str] = []
    differing: list[str] = []
    for group in groups.values():
        first, *others = sorted(
            group, key=lambda one: (one.file.syntax.coding is not Coding.RAW, one.file.name)
        )
        kept.append(first)
        for other in others:
            same = _same_content(first, other)
            (copies if same else differing).append(other.file.name)
            if same and first.file.syntax != other.file.syntax:
                series.recoded.append((first, other))
    if differing:
        detail = f"{len(differing)} files"
        series.findings.append(finding(Code.SAME_UID_DIFFERENT, detail, differing))
    if copies:
        series.findings.append(finding(Code.DUPLICATE_DROPPED, f"{len(copies)} copies", copies))
    return kept


def _same_content(first: Frame, other: Frame) -> bool:
    """Tell whether two files hold the same header values and, in one coding, the same bytes.

    In two codings the pixels are compared once they are unpacked (``Series.recoded``).
    """
    a, b = first.file, other.file
    if a.data.values != b.data.values or a.data.sequences != b.data.sequences:
        return False
    if a.syntax != b.syntax:
        return True
    return a.read(a.data.pixel_offset, a.size) == b.read(b.data.pixel_offset, b.size)


def _without_untagged_localisers(notes: list[GateFinding], frames: list[Frame]) -> list[Frame]:
    """Set aside a few pictures that stand across all others without saying what they are."""
    counts = Counter(frame.normal for frame in frames)
    if len(counts) < 2:
        return frames
    usual = max(counts, key=lambda normal: (counts[normal], normal))
    across = [frame for frame in frames if abs(dot(frame.normal, usual)) < LOCALISER_COSINE]
    if not 0 < len(across) <= FEW_LOCALISERS or len(frames) < 10 * len(across):
        return frames
    names = [frame.file.name for frame in across]
    notes.append(finding(Code.SET_ASIDE, f"{len(across)} x stands across the others", names))
    return [frame for frame in frames if frame not in across]


def _check_patient_position(notes: list[GateFinding], stacked: Stack) -> None:
    frame = stacked.frames[0]
    position = text(frame.file.data, tags.PATIENT_POSITION)
    if not is_known(position):
        notes.append(finding(Code.NO_PATIENT_POSITION, position[:16]))
    elif not fits_orientation(position, frame.column, frame.normal):
        notes.append(finding(Code.POSITION_CONTRADICTS, position))


def _check_complete(notes: list[GateFinding], series: Series, stacked: Stack) -> None:
    """Look for slices missing at the ends, which no geometry can show."""
    if any(frame.file is not stacked.frames[0].file for frame in stacked.frames):
        numbers = sorted(_instance_numbers(series))
        if numbers and numbers[0] > 1:
            notes.append(finding(Code.INCOMPLETE, f"numbers start at {numbers[0]}"))
        elif numbers and numbers[-1] - numbers[0] >= len(numbers) == len(set(numbers)):
            notes.append(finding(Code.INCOMPLETE, "numbers have holes"))
    for tag in _COUNTS:
        stated = _stated_count(stacked, tag)
        if stated > len(series.headers):
            there = len(series.headers)
            notes.append(finding(Code.INCOMPLETE, f"{stated} stated, {there} here"))
    _check_parts(notes, stacked)


def _check_parts(notes: list[GateFinding], stacked: Stack) -> None:
    """Look for lost files of one multi-frame image cut in several (PS3.3 C.7.6.16.2.2.4)."""
    parts: defaultdict[str, set[int]] = defaultdict(set)
    totals: defaultdict[str, int] = defaultdict(int)
    for file in dict.fromkeys(frame.file for frame in stacked.frames):
        whole = text(file.data, tags.CONCATENATION_UID)
        if not whole:
            continue
        try:
            parts[whole].add(unsigned(file.data, tags.IN_CONCATENATION) or 0)
            stated = unsigned(file.data, tags.CONCATENATION_TOTAL) or 0
        except UnreadableValueError:
            continue
        totals[whole] = max(totals[whole], stated)
    for whole, there in parts.items():
        expected = max(totals[whole], *there)
        if len(there) < expected:
            notes.append(finding(Code.INCOMPLETE, f"{len(there)} of {expected} parts are here"))


def _stated_count(stacked: Stack, tag: int) -> int:
    read = unsigned if tag == tags.NUMBER_OF_SLICES else integer
    try:
        return max(read(frame.file.data, tag) or 0 for frame in stacked.frames)
    except UnreadableValueError:
        return 0


def _instance_numbers(series: Series) -> list[int]:
    """Numbers of every file of the series that has one, slice or not."""
    numbers = []
    for header in series.headers:
        try:
            number = integer(header.data, tags.INSTANCE_NUMBER)
        except UnreadableValueError:
            number = None
        if number is not None:
            numbers.append(number)
    return numbers
