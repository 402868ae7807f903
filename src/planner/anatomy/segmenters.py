"""The one door to every segmenter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.anatomy import builtin
from planner.anatomy.description import Provenance, describe
from planner.anatomy.naming import name_levels
from planner.anatomy.quality import judge
from planner.domain.anatomy import Anatomy, Origin
from planner.domain.errors import NotBuiltYetError, UsageError
from planner.domain.progress import ProgressReport, unreported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps


class Segmenter(Protocol):
    """Makes an anatomy of a scan."""

    def __call__(
        self, ct: CtVolume, seeds: Mapping[Level, PointLps], report: ProgressReport
    ) -> Anatomy:
        """Segment ``ct``; ``seeds`` are the user's words, as points in bodies."""
        ...


def segment(
    ct: CtVolume,
    *,
    backend: str = "builtin",
    seeds: Mapping[Level, PointLps] | None = None,
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

    Raises
    ------
    InputRefusedError
        ``ANA-NO-SPINE`` when no spine shows.
    NotBuiltYetError
        For ``totalsegmentator``.
    UsageError
        When the backend is unknown or a seed lies off the spine.
    """
    if backend == "totalsegmentator":
        raise NotBuiltYetError(
            "the TotalSegmentator backend is not in this version; run it yourself and import "
            "its label file with --backend import:FILE"
        )
    segmenter = _SEGMENTERS.get(backend)
    if segmenter is None:
        raise UsageError(
            f"unknown segmenter {backend!r}; this version has {', '.join(sorted(_SEGMENTERS))} "
            "and import:FILE"
        )
    return segmenter(ct, seeds or {}, report)


def _builtin(ct: CtVolume, seeds: Mapping[Level, PointLps], report: ProgressReport) -> Anatomy:
    model, scan = builtin.build_model(ct, report)
    provenance = Provenance(backend=builtin.BACKEND, origin=Origin.AUTOMATIC)
    anatomy = describe(model, name_levels(model, seeds), judge(model, scan), provenance, report)
    report(1.0, "done")
    return anatomy


_SEGMENTERS: Mapping[str, Segmenter] = {"builtin": _builtin}
