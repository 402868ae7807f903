"""The doors to every segmenter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.anatomy import totalsegmentator
from planner.anatomy.workbench import Workbench
from planner.domain.errors import UsageError
from planner.domain.progress import ProgressReport, unreported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.corrections import Correction
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume, LabelVolume
    from planner.geometry.points import PointLps


class Segmenter(Protocol):
    """Starts the outlines of a scan; what it gives back corrects and names them."""

    def __call__(self, ct: CtVolume, report: ProgressReport) -> Workbench:
        """Return a workbench on the scan."""
        ...


def _builtin(ct: CtVolume, report: ProgressReport) -> Workbench:
    report(0.0, "outlining")
    return Workbench(ct)


def _totalsegmentator(ct: CtVolume, report: ProgressReport) -> Workbench:
    labels, notes = totalsegmentator.outlined_by_totalsegmentator(ct, report)
    return Workbench(ct, labels, backend=totalsegmentator.BACKEND, notes=notes)


BACKENDS: Mapping[str, Segmenter] = {"builtin": _builtin, "totalsegmentator": _totalsegmentator}
"""Every segmenter by name; outlines made elsewhere come in through ``segment_imported``."""


def workbench(
    ct: CtVolume, backend: str = "builtin", report: ProgressReport = unreported
) -> Workbench:
    """Return a workbench on a scan, started by a backend.

    Raises
    ------
    InputRefusedError
        When the backend runs and fails.
    UsageError
        When the backend is unknown or not installed.
    """
    segmenter = BACKENDS.get(backend)
    if segmenter is None:
        raise UsageError(
            f"unknown segmenter {backend!r}; this version has {', '.join(sorted(BACKENDS))} "
            "and import:FILE"
        )
    return segmenter(ct, report)


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
        ``builtin`` or ``totalsegmentator``. An outline made elsewhere is read with
        ``planner.imaging`` and given to ``segment_imported``.
    seeds
        Level names the user gave, as points in the vertebral bodies.
    corrections
        What the user said of the outlines, played in order.

    Raises
    ------
    InputRefusedError
        ``ANA-NO-SPINE`` when no spine shows; ``ANA-NO-WEIGHTS`` or ``ANA-BACKEND-FAILED`` from
        TotalSegmentator.
    UsageError
        When the backend is unknown or not installed, or a seed or correction lies off the spine.
    """
    bench = workbench(ct, backend, report)
    return bench.outline(seeds=seeds, corrections=corrections, report=report)


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
        ``ANA-NO-LABELS`` when no VerSe vertebra number lies in the scan, ``ANA-OTHER-NUMBERS``
        when the numbers are not VerSe's, ``ANA-NO-CANAL`` when the outlines do not surround a
        canal.
    """
    bench = Workbench(ct, labels)
    return bench.outline(seeds=seeds, corrections=corrections, report=report)
