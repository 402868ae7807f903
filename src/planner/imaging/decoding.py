"""Has compressed frames unpacked by processes that may fail without harm."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code
from planner.imaging.decode_worker import ANSWER, REQUEST, WITH_LOSS
from planner.imaging.frames import Frame, FrameRefusedError
from planner.imaging.limits import (
    DECODE_BYTES,
    DECODE_FRAME_BYTES,
    DECODE_PROCESSES,
    DECODE_SECONDS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_WORKER = Path(__file__).with_name("decode_worker.py")

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPJ_NUM_THREADS"), "1")
"""Idle thread pools would claim the address space the limit is for."""


@dataclass(slots=True, kw_only=True)
class _Worker:
    """One decoding process; started on first use and again after it was stopped."""

    seconds: float
    memory_bytes: int
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def decode(self, frame: Frame, source: bytes, target: NDArray[np.int16]) -> bool:
        """Fill ``target`` with stored words, or raise ``FrameRefusedError``; tell of a loss."""
        process = self._started()
        timer = Timer(self.seconds, process.kill)
        timer.start()
        try:
            done, length = self._exchange(process, frame, source)
            if not done:
                process.stdout.read(length)  # type: ignore[union-attr]  # it is a pipe
                raise FrameRefusedError(Code.DECODE)
            if length != target.nbytes or not _filled(process, target):
                raise FrameRefusedError(Code.DECODE)
        except (OSError, EOFError):
            self.stop()
            raise FrameRefusedError(Code.DECODE_LIMIT) from None
        finally:
            timer.cancel()
        return bool(done == WITH_LOSS)

    def _exchange(
        self, process: subprocess.Popen[bytes], frame: Frame, source: bytes
    ) -> tuple[int, int]:
        pixels = frame.pixels
        head = REQUEST.pack(
            frame.file.syntax.coding.value.encode(),
            frame.rows,
            frame.columns,
            pixels.bits_allocated,
            pixels.bits_stored,
            self.memory_bytes,
            len(source),
        )
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(head)
        process.stdin.write(source)
        process.stdin.flush()
        answer = process.stdout.read(ANSWER.size)
        if len(answer) < ANSWER.size:
            raise EOFError
        done, length = ANSWER.unpack(answer)
        return done, length

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
            )
        return self._process

    def stop(self) -> None:
        """End the process and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait()


class Decoders:
    """A few decoding processes that threads take turns with."""

    def __init__(
        self, *, seconds: float = DECODE_SECONDS, memory_bytes: int = DECODE_BYTES
    ) -> None:
        self._workers = [
            _Worker(seconds=seconds, memory_bytes=memory_bytes) for _ in range(DECODE_PROCESSES)
        ]
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)

    def decode(self, frame: Frame, source: bytes, target: NDArray[np.int16]) -> bool:
        """Unpack ``source`` into ``target``, shape ``[j, i]``, as stored 16-bit words.

        Tell whether it was coded with loss, whatever the header says.

        Raises
        ------
        FrameRefusedError
            When it does not decode to exactly this frame within time and memory.
        """
        if len(source) > DECODE_FRAME_BYTES:
            raise FrameRefusedError(Code.DECODE_LIMIT, f"{len(source)} bytes in one frame")
        worker = self._free.get()
        try:
            return worker.decode(frame, source, target)
        finally:
            self._free.put(worker)

    def stop(self) -> None:
        """End every process."""
        for worker in self._workers:
            worker.stop()


@contextmanager
def decoders() -> Iterator[Decoders]:
    """Give decoders that are gone afterwards."""
    given = Decoders()
    try:
        yield given
    finally:
        given.stop()


def _filled(process: subprocess.Popen[bytes], target: NDArray[np.int16]) -> bool:
    """Read one picture from the process straight into ``target``."""
    buffer = target.view(np.uint8).reshape(-1).data
    return process.stdout is not None and process.stdout.readinto(buffer) == len(buffer)  # type: ignore[attr-defined]
