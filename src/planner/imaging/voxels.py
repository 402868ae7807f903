"""Reads the pixels of a stack into one array: the gate's second pass."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from planner.imaging.codes import Code, finding
from planner.imaging.decoding import Decoders, decoders
from planner.imaging.digest import scan_sha256_of_slices
from planner.imaging.folder import HEADER_SHARE
from planner.imaging.fragments import Part, frame_parts
from planner.imaging.frames import Frame, FrameRefusedError
from planner.imaging.limits import DECODE_PROCESSES
from planner.imaging.picture_checks import check_pictures
from planner.imaging.pixels import SliceFacts, sample_steps, to_hu
from planner.imaging.stack import Stack, StackRefusedError
from planner.imaging.syntaxes import Coding

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from planner.domain.progress import ProgressReport
    from planner.domain.volume import GateFinding
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.imaging.header import FileHeader

READERS = 2
"""Threads that read and convert; both steps leave the interpreter lock most of the time."""

UNPACKING_READERS = DECODE_PROCESSES + 2
"""With more threads than processes no process waits while its last picture is converted."""


_Answer = TypeVar("_Answer")


class SliceDelivery(Protocol):
    """Called as slices become ready, in grid order, from the thread that loads."""

    def __call__(self, geometry: VolumeGeometry, hu: NDArray[np.int16], ready: int) -> None:
        """Take a look at slices ``hu[:ready]``; the rest is not filled yet.

        A preview only: the gate may still refuse the volume, and nothing may be planned or
        kept until ``load_ct`` has returned.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voxels:
    """The pixels of a stack and what they showed."""

    hu: NDArray[np.int16]
    outside_scan: NDArray[np.bool_] | None
    sha256: str
    findings: tuple[GateFinding, ...]


def read_voxels(
    stacked: Stack, report: ProgressReport, on_slices: SliceDelivery | None = None
) -> Voxels:
    """Read, convert and check every slice.

    Raises
    ------
    StackRefusedError
        When a slice cannot be read whole or its values contradict the header.
    """
    geometry, frames = stacked.geometry, stacked.frames
    hu: NDArray[np.int16] = np.empty(geometry.shape_kji, dtype=np.int16)
    outside: NDArray[np.bool_] | None = None
    samples: list[NDArray[np.int16]] = []
    digests: list[bytes] = []
    ignored: list[str] = []
    lossy: list[str] = []
    # Closed at once when a report cancels: processes and threads must not outlive the call.
    with closing(_facts(stacked, hu, lossy)) as read:
        for k, facts in enumerate(read):
            samples.append(facts.sample)
            digests.append(facts.digest)
            if facts.outside is not None:
                if outside is None:
                    outside = np.zeros(hu.shape, dtype=np.bool_)
                outside[k] = facts.outside
            if facts.padding_ignored:
                ignored.append(frames[k].file.name)
            if on_slices is not None:
                on_slices(geometry, hu, k + 1)
            done = (k + 1) / len(frames)
            report(HEADER_SHARE + (1.0 - HEADER_SHARE) * done, "Reading slices")
    steps = sample_steps(frames[0].rows, frames[0].columns)
    notes = check_pictures(frames, np.stack(samples), hu, steps, digests)
    if ignored or len({frame.pixels.padding for frame in frames}) > 1:
        notes.append(finding(Code.PADDING, files=ignored))
    if lossy:
        notes.append(finding(Code.LOSSY, f"{len(lossy)} that say they were not", lossy))
    return Voxels(
        hu=hu,
        outside_scan=outside,
        sha256=scan_sha256_of_slices(geometry, digests),
        findings=tuple(notes),
    )


def read_slice(frame: Frame) -> NDArray[np.int16]:
    """Return one slice in HU, shape ``[j, i]``.

    Raises
    ------
    StackRefusedError
        When it cannot be read whole.
    """
    hu: NDArray[np.int16] = np.empty((frame.rows, frame.columns), dtype=np.int16)
    try:
        with decoders() as unpackers:
            _Source(unpackers=unpackers).read(frame, hu)
        to_hu(hu, frame)
    except FrameRefusedError as error:
        raise StackRefusedError([finding(error.code, error.detail, [frame.file.name])]) from None
    return hu


def check_recoded(pairs: Sequence[tuple[Frame, Frame]]) -> None:
    """Make sure that copies in two codings hold the same HU.

    Raises
    ------
    StackRefusedError
        When they do not.
    """
    with decoders() as unpackers, ThreadPoolExecutor(UNPACKING_READERS) as pool:
        source = _Source(unpackers=unpackers)

        def differs(pair: tuple[Frame, Frame]) -> bool:
            digests = set()
            for frame in pair:
                plane = np.empty((frame.rows, frame.columns), dtype=np.int16)
                source.read(frame, plane)
                digests.add(to_hu(plane, frame).digest)
            return len(digests) > 1

        waiting = [pool.submit(differs, pair) for pair in pairs]
        altered = [
            copy.file.name
            for future, (_, copy) in zip(waiting, pairs, strict=True)
            if _answered(future, copy)
        ]
    if altered:
        detail = f"{len(altered)} files"
        raise StackRefusedError([finding(Code.SAME_UID_DIFFERENT, detail, altered)])


def _facts(
    stacked: Stack, hu: NDArray[np.int16], lossy: list[str]
) -> Generator[SliceFacts, None, None]:
    """Fill ``hu`` slice by slice; yield what each showed, in grid order.

    Files that turn out to be compressed with loss, and do not say so, are added to ``lossy``.
    """
    raw = stacked.frames[0].file.syntax.coding is Coding.RAW
    readers = READERS if raw else UNPACKING_READERS
    with decoders() as unpackers, ThreadPoolExecutor(readers) as pool:
        source = _Source(unpackers=unpackers, unsaid_loss=lossy)

        def read_one(k: int) -> SliceFacts:
            source.read(stacked.frames[k], hu[k])
            return to_hu(hu[k], stacked.frames[k])

        waiting = [pool.submit(read_one, k) for k in range(len(stacked.frames))]
        try:
            for k, future in enumerate(waiting):
                yield _answered(future, stacked.frames[k])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _answered(future: Future[_Answer], frame: Frame) -> _Answer:
    try:
        return future.result()
    except FrameRefusedError as error:
        found = finding(error.code, error.detail, [frame.file.name])
        raise StackRefusedError([found]) from None


@dataclass(slots=True, kw_only=True)
class _Source:
    """Where stored values come from, compressed or not.

    Attributes
    ----------
    unsaid_loss
        Files compressed with loss under a transfer syntax that has none.
    """

    unpackers: Decoders
    unsaid_loss: list[str] = field(default_factory=list)
    _parts: dict[FileHeader, list[list[Part]]] = field(default_factory=dict)

    def read(self, frame: Frame, target: NDArray[np.int16]) -> None:
        """Fill one slice with stored values as 16-bit words of this machine's byte order.

        Raises
        ------
        FrameRefusedError
            When they cannot be read whole, also because the disc was taken out on the way.
        """
        try:
            self._read(frame, target)
        except OSError as error:
            lost = f"it could be opened before: {error.strerror}"
            raise FrameRefusedError(Code.UNREADABLE_FILE, lost) from None

    def _read(self, frame: Frame, target: NDArray[np.int16]) -> None:
        if frame.file.syntax.coding is Coding.RAW:
            _read_raw(frame, target)
            return
        parts = self._parts.get(frame.file)
        if parts is None:
            parts = self._parts[frame.file] = frame_parts(frame.file, frame.frames_in_file)
        packed = b"".join(frame.file.read(at, length) for at, length in parts[frame.index])
        if self.unpackers.decode(frame, packed, target) and frame.file.syntax.lossless:
            self.unsaid_loss.append(frame.file.name)


def _read_raw(frame: Frame, target: NDArray[np.int16]) -> None:
    """Fill one slice from uncompressed pixels, in place where they are 16 bits wide."""
    file = frame.file
    length = frame.pixel_count * frame.pixels.bits_allocated // 8
    offset = file.data.pixel_offset + frame.index * length
    if frame.pixels.bits_allocated == 16:
        there = file.read_into(offset, target.view(np.uint8).reshape(-1).data)
        if not file.syntax.little:
            target.byteswap(inplace=True)
    else:
        narrow = bytearray(length)
        there = file.read_into(offset, memoryview(narrow))
        target[...] = np.frombuffer(narrow, dtype=np.uint8).reshape(target.shape)
    if there < length:
        raise FrameRefusedError(Code.PIXELS_SHORT, f"{there} of {length} bytes")
