"""The doors to every segmenter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.anatomy.workbench import Workbench
from planner.domain.errors import NotBuiltYetError, UsageError
from planner.domain.progress import ProgressReport, unreported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.corrections import Correction
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume, LabelVolume
    from planner.geometry.points import PointLps


def segment(
    ct: CtVolume,
    *,
    backend: str = "builtin",
    seeds: Mapping[Level, PointLps] | None = None,
    corrections: Sequence[Correction] = (),
    report: ProgressReport = unreported,
) -> Anatomy:
    """Segment the spine of a scan.

    Parameters
    ----------
    backend
        ``builtin``. ``totalsegmentator`` is not in this version. An outline made elsewhere is
        read with ``planner.imaging`` and given to ``segment_imported``.
    seeds
        Level names the user gave, as points in the vertebral bodies.
    corrections
        What the user said of the outlines, played in order.

    Raises
    ------
    InputRefusedError
        ``ANA-NO-SPINE`` when no spine shows.
    NotBuiltYetError
        For ``totalsegmentator``.
    UsageError
        When the backend is unknown, or a seed or correction lies off the spine.
    """
    check_backend(backend)
    return Workbench(ct).outline(seeds=seeds, corrections=corrections, report=report)


def check_backend(backend: str) -> None:
    """Refuse a backend this version does not have.

    Raises
    ------
    NotBuiltYetError
        For ``totalsegmentator``.
    UsageError
        When it is unknown.
    """
    if backend == "totalsegmentator":
        raise NotBuiltYetError(
            "the TotalSegmentator backend is not in this version; run it yourself and import "
            "its label file with --backend import:FILE"
        )
    if backend != "builtin":
        raise UsageError(
            f"unknown segmenter {backend!r}; this version has builtin and import:FILE"
        )


def segment_imported(
    ct: CtVolume,
    labels: LabelVolume,
    *,
    seeds: Mapping[Level, PointLps] | None = None,
    corrections: Sequence[Correction] = (),
    report: ProgressReport = unreported,
) -> Anatomy:
    """Make an anatomy from an imported label map.

    Parameters
    ----------
    labels
        VerSe numbers on any grid in the CT's frame; it is resampled to the CT.
    seeds
        Level names the user gave, as points in the bodies; they overrule those of the file.

    Raises
    ------
    InputRefusedError
        ``ANA-NO-LABELS`` when no VerSe vertebra number lies in the scan, ``ANA-NO-CANAL`` when
        the outlines do not surround a canal.
    """
    bench = Workbench(ct, labels)
    return bench.outline(seeds=seeds, corrections=corrections, report=report)
