"""The process that unpacks compressed pixels, apart from the program and its memory.

Run as a script by ``decoding.py``: requests on stdin, answers on stdout. A decoder that
crashes, hangs or asks for too much memory takes only this process with it. It imports
nothing of this project, so that it starts fast and knows nothing worth having.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import BinaryIO

REQUEST = struct.Struct("<16sIIHHQQ")
"""Coding, rows, columns, bits allocated, bits stored, memory limit, bytes that follow."""

ANSWER = struct.Struct("<BQ")
"""0 or one of the two below, and the bytes that follow: a reason in ASCII, or 16-bit words."""

DECODED, WITH_LOSS = 1, 2


class UnfitCodestreamError(Exception):
    """The codestream is not the picture the header announced."""


def main() -> None:
    """Answer requests until stdin closes."""
    requests = sys.stdin.buffer
    # Decoders print to stdout; the answers go through a copy of it that they do not know.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, sys.stdout.fileno())
    os.dup2(silent, sys.stderr.fileno())
    while head := requests.read(REQUEST.size):
        coding, rows, columns, allocated, stored, memory, length = REQUEST.unpack(head)
        _limit_memory(memory)
        source = requests.read(length)
        try:
            named = coding.rstrip(b"\0").decode()
            words = decode(named, source, rows, columns, allocated, stored)
            _answer(answers, WITH_LOSS if coded_with_loss(named, source) else DECODED, words)
        # The worker's border: a codec may raise anything on hostile bytes. Its type is the answer,
        # and the gate refuses the slice.
        except Exception as error:  # noqa: BLE001 - the worker's border
            _answer(answers, 0, type(error).__name__.encode("ascii", "replace"))


def _answer(answers: BinaryIO, done: int, payload: bytes) -> None:
    answers.write(ANSWER.pack(done, len(payload)))
    answers.write(payload)
    answers.flush()


def _limit_memory(most_bytes: int) -> None:
    """Cap the address space where the system can (not on Windows)."""
    try:
        import resource  # noqa: PLC0415  (absent on Windows)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


def decode(
    coding: str, source: bytes, rows: int, columns: int, allocated: int, stored: int
) -> bytes:
    """Return the picture as little-endian 16-bit words, row by row.

    Raises
    ------
    UnfitCodestreamError
        When its own header contradicts the announced matrix.
    """
    if coding == "rle":
        words = _rle(source, rows, columns, allocated)
    elif coding == "jpeg-2000":
        words = _jpeg_2000(source, rows, columns)
    elif coding == "jpeg-ls":
        words = _jpeg_ls(source, rows, columns)
    else:
        words = _jpeg(source, rows, columns, allocated, stored)
    if len(words) != 2 * rows * columns:
        raise UnfitCodestreamError("length")
    return words


def coded_with_loss(coding: str, source: bytes) -> bool:
    """Tell by its own header whether a codestream that decoded was coded with loss.

    A JPEG by its process (ITU-T T.81 table B.1), JPEG-LS by how far it may be off (T.87 C.2.3),
    JPEG 2000 by its wavelet (T.800 table A.20).
    """
    if coding == "jpeg":
        return source[_frame_marker(source) + 1] not in (0xC3, 0xC7, 0xCB, 0xCF)
    if coding == "jpeg-ls":
        scan = source.find(b"\xff\xda", _frame_marker(source))
        return source[scan + 5 + 2 * source[scan + 4]] != 0
    if coding == "jpeg-2000":
        style = source.find(b"\xff\x52", source.find(b"\xff\x4f\xff\x51"))
        return source[style + 13] == 0
    return False


def _widened(data: bytes, container_bytes: int) -> bytes:
    """Return 8-bit samples as 16-bit words."""
    if container_bytes == 2:
        return data
    if container_bytes != 1:
        raise UnfitCodestreamError("container")
    wide = bytearray(2 * len(data))
    wide[::2] = data
    return bytes(wide)


def _rle(source: bytes, rows: int, columns: int, allocated: int) -> bytes:
    from rle.rle import decode_frame  # noqa: PLC0415  (only the codec in use is imported)

    return _widened(bytes(decode_frame(source, rows * columns, allocated, "<")), allocated // 8)


def _jpeg_2000(source: bytes, rows: int, columns: int) -> bytes:
    start = source.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or len(source) < start + 43:
        raise UnfitCodestreamError("no codestream")
    x, y, x_off, y_off = struct.unpack_from(">4I", source, start + 8)
    components, precision = struct.unpack_from(">HB", source, start + 40)
    if (x - x_off, y - y_off, components) != (columns, rows, 1):
        raise UnfitCodestreamError("matrix")
    from openjpeg.utils import decode as open_jpeg  # noqa: PLC0415

    # Not reshaped: that would read the header again.
    data: bytes = open_jpeg(source[start:], j2k_format=0, reshape=False).tobytes()
    return _sign_extended(data, (precision & 0x7F) + 1, signed=precision >= 0x80)


def _sign_extended(data: bytes, bits: int, *, signed: bool) -> bytes:
    """Return words; signed samples of one byte keep their sign."""
    if bits > 16:
        raise UnfitCodestreamError("precision")
    if bits > 8:
        return data
    if not signed:
        return _widened(data, 1)
    return b"".join(struct.pack("<h", byte - 256 if byte > 127 else byte) for byte in data)


def _frame_header(source: bytes) -> tuple[int, int, int, int]:
    """Return precision, rows, columns and components of a JPEG or JPEG-LS stream."""
    precision, rows, columns, components = struct.unpack_from(
        ">BHHB", source, _frame_marker(source) + 4
    )
    return precision, rows, columns, components


def _frame_marker(source: bytes) -> int:
    """Return where the frame header of a JPEG or JPEG-LS stream starts."""
    at = 2
    while at + 10 <= len(source) and source[:2] == b"\xff\xd8" and source[at] == 0xFF:
        marker = source[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return at
        else:
            at += 2 + int(struct.unpack_from(">H", source, at + 2)[0])
    raise UnfitCodestreamError("no frame header")


def _checked_precision(source: bytes, rows: int, columns: int) -> int:
    precision, own_rows, own_columns, components = _frame_header(source)
    if (own_rows, own_columns, components) != (rows, columns, 1) or not 2 <= precision <= 16:
        raise UnfitCodestreamError("matrix")
    return precision


def _jpeg_ls(source: bytes, rows: int, columns: int) -> bytes:
    precision = _checked_precision(source, rows, columns)
    from jpeg_ls import decode_buffer  # noqa: PLC0415

    data, _ = decode_buffer(source)
    return _widened(bytes(data), 2 if precision > 8 else 1)


def _jpeg(source: bytes, rows: int, columns: int, allocated: int, stored: int) -> bytes:
    """Decode any JPEG process; GDCM picks 8, 12 or 16 bits by the stream's own precision."""
    precision = _checked_precision(source, rows, columns)
    if precision > allocated or (allocated == 16 and precision <= 8):
        raise UnfitCodestreamError("precision")
    import gdcm  # noqa: PLC0415

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(source)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    extended = gdcm.TransferSyntax.GetTSType("1.2.840.10008.1.2.4.51")
    image.SetTransferSyntax(gdcm.TransferSyntax(extended))
    image.SetPixelFormat(gdcm.PixelFormat(1, allocated, stored, stored - 1, 0))
    # GDCM hands its bytes out as a str.
    data: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")
    return _widened(data, allocated // 8)


if __name__ == "__main__":
    main()
