"""Which kinds of objects are received and sent, and in which coding."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    RawDataStorage,
)
from pynetdicom import build_context, build_role

from planner.domain.errors import InputRefusedError
from planner.imaging.syntaxes import EXPLICIT_LITTLE, IMPLICIT_LITTLE, TRANSFER_SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pynetdicom.pdu_primitives import _UI
    from pynetdicom.presentation import PresentationContext

CT_CLASSES: Final = (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
)
MOST_CONTEXTS: Final = 128
"""Of one association (PS3.8 section 7.1.1.13)."""

IDENTITY: Final = ["PatientID", "PatientName", "PatientBirthDate"]
PLACE: Final = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]


def contexts_to_receive() -> tuple[list[PresentationContext], list[_UI]]:
    """Return contexts and roles for C-GET: scans in every coding the gate reads, and plans.

    Each coding is offered by itself: of several in one context the archive takes one, and has
    to refuse what it keeps in another.
    """
    contexts = [build_context(kind, syntax) for kind in CT_CLASSES for syntax in TRANSFER_SYNTAXES]
    contexts.append(build_context(RawDataStorage, [EXPLICIT_LITTLE, IMPLICIT_LITTLE]))
    roles: list[_UI] = [build_role(kind, scp_role=True) for kind in (*CT_CLASSES, RawDataStorage)]
    return contexts, roles


def groups_to_send(
    files: Sequence[Path],
) -> Iterator[tuple[list[PresentationContext], list[Path]]]:
    """Give the files with the contexts they need, a few associations at most."""
    by_kind: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in files:
        meta = pydicom.filereader.read_file_meta_info(path)
        syntax = str(meta.TransferSyntaxUID)
        by_kind[str(meta.MediaStorageSOPClassUID), syntax].append(path)
    kinds = list(by_kind)
    for first in range(0, len(kinds), MOST_CONTEXTS):
        chosen = kinds[first : first + MOST_CONTEXTS]
        contexts = [build_context(kind, syntax) for kind, syntax in chosen]
        yield contexts, [path for kind in chosen for path in by_kind[kind]]


def checked_to_send(places: Sequence[Path]) -> tuple[dict[tuple[str, str], set[str]], list[Path]]:
    """Return the instances of each ``(study, series)``, and the files, in order.

    Raises
    ------
    InputRefusedError
        When a named file is not DICOM, there is nothing, or there is more than one patient.
    """
    files: list[Path] = []
    instances: dict[tuple[str, str], set[str]] = defaultdict(set)
    patients = set()
    for place in places:
        inside = place.is_dir()
        for path in sorted(place.rglob("*")) if inside else [place]:
            if not path.is_file() or path.name.upper() == "DICOMDIR":
                continue
            try:
                header = pydicom.dcmread(path, specific_tags=[*IDENTITY, *PLACE])
            except (InvalidDicomError, OSError) as error:
                if inside and isinstance(error, InvalidDicomError):
                    continue
                raise InputRefusedError(
                    "PACS-NOT-DICOM",
                    f"{path.name} cannot be sent: it is not a DICOM file or cannot be read. "
                    "Nothing was sent. Export the plan as DICOM first.",
                ) from error
            files.append(path)
            patients.add(tuple(str(header.get(word, "")) for word in IDENTITY))
            study, series, uid = (str(header.get(word, "")) for word in PLACE)
            instances[study, series].add(uid)
    if not files:
        raise InputRefusedError(
            "PACS-NOTHING", "There is no DICOM file to send. Export the plan as DICOM first."
        )
    if len(patients) > 1:
        raise InputRefusedError(
            "PACS-SEVERAL-PATIENTS",
            f"The files are of {len(patients)} patients. Nothing was sent. Send each patient's "
            "files by themselves.",
        )
    return instances, files
