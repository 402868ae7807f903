"""Keeps the stages of the outlines at hand, so that a correction redoes only what it touches."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from planner.anatomy import Workbench, workbench
from planner.domain.progress import ProgressReport, unreported
from planner.imaging import read_labels

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import AnatomyBinding
    from planner.domain.volume import CtVolume


def bench_for(
    ct: CtVolume, binding: AnatomyBinding, report: ProgressReport = unreported
) -> Workbench:
    """Return a workbench for the backend that a binding names.

    Raises
    ------
    InputRefusedError
        When the label file cannot be read, or the backend fails.
    UsageError
        When no such backend is there.
    """
    if binding.locator:
        frame = ct.record.frame_of_reference_uid
        return Workbench(ct, read_labels(Path(binding.locator), frame))
    # A binding to outlines already made names their version too, as in "builtin 1".
    return workbench(ct, binding.backend.split()[0], report)


class OutlineBench:
    """One workbench for the scan and the outlines at hand; safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: tuple[str, str, str] | None = None
        self._bench: Workbench | None = None

    def is_of(self, ct: CtVolume) -> bool:
        """Tell whether it keeps stages of this scan; does not wait for an outline under way."""
        return self._of is not None and self._of[0] == ct.record.sha256

    def outline(self, ct: CtVolume, binding: AnatomyBinding, report: ProgressReport) -> Anatomy:
        """Return the outlines of a binding with its corrections played.

        The first call for a scan outlines it from the start; later ones take the time of the
        corrections that are new.
        """
        with self._lock:
            wanted = (ct.record.sha256, binding.backend.split()[0], binding.locator)
            if self._bench is None or self._of != wanted:
                self._bench, self._of = bench_for(ct, binding, report), wanted
            return self._bench.outline(
                seeds=dict(binding.seeds), corrections=binding.corrections, report=report
            )
