"""What a rule says of a plan."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps


class Severity(StrEnum):
    """How much a finding weighs, heaviest first."""

    BLOCK = "BLOCK"
    """Cannot be signed."""
    STOP = "STOP"
    """Needs a named override with a reason."""
    NOT_EVALUATED = "NOT_EVALUATED"
    """The rule could not run; treated as STOP."""
    WARN = "WARN"
    """Needs to be acknowledged."""
    INFO = "INFO"

    @property
    def rank(self) -> int:
        """0 is the heaviest."""
        return list(Severity).index(self)

    @property
    def holds_the_plan(self) -> bool:
        """BLOCK, STOP and NOT_EVALUATED keep a plan from being clear."""
        return self.rank <= Severity.NOT_EVALUATED.rank


class Verdict(StrEnum):
    """The state of a check. It starts, and after any edit restarts, as NOT_EVALUATED."""

    NOT_EVALUATED = "NOT_EVALUATED"
    HELD = "HELD"
    """A BLOCK, STOP or NOT_EVALUATED finding is unresolved."""
    WARNED = "WARNED"
    """Only WARN findings are unresolved."""
    CLEAR = "CLEAR"
    """A finished check found nothing unresolved. Never called safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of one rule on one object.

    Attributes
    ----------
    subject
        What it is about: a trajectory, ablation or cement id, or ``plan``.
    structure
        A name from ``planner.domain.structures``, or empty.
    distance_mm
        Shortest surface distance, negative when inside; ``None`` where no distance applies.
    threshold
        The limit in words with its unit, such as ``at least 5 mm``.
    source
        Where the limit comes from, with its status.
    resolve
        What would settle it, in one sentence.
    also
        Further rules this finding speaks for, when several were put together.
    also_about
        Further subjects it speaks for.
    judged
        Digest of what was judged, where the words would stay the same after an edit of it.
    is_final
        Nobody can take it on themselves, whatever its severity.
    """

    rule: str
    severity: Severity
    message: str
    subject: str
    source: str
    structure: str = ""
    distance_mm: float | None = None
    at: PointLps | None = None
    threshold: str = ""
    resolve: str = ""
    also: tuple[str, ...] = ()
    also_about: tuple[str, ...] = ()
    judged: str = ""
    is_final: bool = False

    def __post_init__(self) -> None:
        if self.distance_mm is not None and not isfinite(self.distance_mm):
            raise ValueError("a distance that is not finite must be a NOT_EVALUATED finding")

    @property
    def fingerprint(self) -> str:
        """Short digest of all a reader sees of it and of what was judged.

        The distance counts to the tenth of a millimetre that is shown.
        """
        distance = None if self.distance_mm is None else round(self.distance_mm, 1) or 0.0
        says = (self.rule, self.severity, self.subject, self.structure, self.message, distance)
        text = repr((*says, self.threshold, self.source, self.also, self.also_about, self.judged))
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The outcome of checking one plan state.

    Attributes
    ----------
    input_sha256
        Digest of everything the check saw. A verdict counts only while it matches.
    checked
        Ids of every rule that ran to its end.
    evidence
        For every rule that ran, one sentence on what it looked at and with what margin.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    input_sha256: str
    revision: int
    evidence: tuple[tuple[str, str], ...] = ()
