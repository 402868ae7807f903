"""How the bytes of a DICOM file may be coded (PS3.5 section 10 and annex A)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Coding(StrEnum):
    """What unpacks the pixels."""

    RAW = "raw"
    RLE = "rle"
    JPEG = "jpeg"
    JPEG_LS = "jpeg-ls"
    JPEG_2000 = "jpeg-2000"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSyntax:
    """One transfer syntax.

    Attributes
    ----------
    lossless
        False also where the syntax merely allows loss: then loss is assumed.
    """

    uid: str
    name: str
    coding: Coding = Coding.RAW
    lossless: bool = True
    explicit: bool = True
    little: bool = True
    deflated: bool = False


IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"

_JPEG = "1.2.840.10008.1.2.4."
TRANSFER_SYNTAXES = {
    syntax.uid: syntax
    for syntax in (
        TransferSyntax(uid=IMPLICIT_LITTLE, name="implicit little endian", explicit=False),
        TransferSyntax(uid=EXPLICIT_LITTLE, name="explicit little endian"),
        TransferSyntax(
            uid="1.2.840.10008.1.2.1.99", name="deflated explicit little endian", deflated=True
        ),
        TransferSyntax(uid="1.2.840.10008.1.2.2", name="explicit big endian", little=False),
        TransferSyntax(uid="1.2.840.10008.1.2.5", name="RLE lossless", coding=Coding.RLE),
        *(
            TransferSyntax(uid=_JPEG + tail, name=name, coding=Coding.JPEG, lossless=lossless)
            for tail, name, lossless in (
                ("50", "JPEG baseline", False),
                ("51", "JPEG extended", False),
                ("53", "JPEG spectral selection", False),
                ("55", "JPEG full progression", False),
                ("57", "JPEG lossless", True),
                ("70", "JPEG lossless, first order", True),
            )
        ),
        TransferSyntax(uid=_JPEG + "80", name="JPEG-LS lossless", coding=Coding.JPEG_LS),
        TransferSyntax(
            uid=_JPEG + "81", name="JPEG-LS near lossless", coding=Coding.JPEG_LS, lossless=False
        ),
        *(
            TransferSyntax(uid=_JPEG + tail, name=name, coding=Coding.JPEG_2000, lossless=lossless)
            for tail, name, lossless in (
                ("90", "JPEG 2000 lossless", True),
                ("91", "JPEG 2000", False),
                ("201", "high-throughput JPEG 2000 lossless", True),
                ("202", "high-throughput JPEG 2000 lossless, progressive", True),
                ("203", "high-throughput JPEG 2000", False),
            )
        ),
    )
}
