"""What a report says: words, numbers and pictures, before any layout."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.finding import Severity

if TYPE_CHECKING:
    from planner.domain.finding import Verdict
    from planner.domain.levels import Level, Side
    from planner.domain.plan import Approach
    from planner.geometry.points import PointLps
    from planner.report.coverage_rows import CoverageRow

DISCLAIMER = "Research and teaching software. Not a medical device."


class Paper(StrEnum):
    """Sheet sizes, named as typst names them."""

    A4 = "a4"
    LETTER = "us-letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished picture.

    Attributes
    ----------
    key
        Stable name such as ``plan-axial`` or ``needle-1-eye``.
    alt
        What a reader who cannot see it needs to hear.
    png
        The file's bytes, 8-bit RGB, square.
    """

    key: str
    title: str
    caption: str
    alt: str
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled line; an empty value means nobody answered, and the paper says so."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleRow:
    """One needle.

    Attributes
    ----------
    towards_midline_deg
        Angle in the axial plane from straight forward; positive when the tip lies nearer
        the midline side than the entry, that is, a left needle that runs to the right.
    upward_deg
        Angle out of the axial plane; positive when the tip is nearer the head.
    measures, distances
        Labelled lines from the trajectory measures; distances to structures by themselves.
    others
        How far every other needle is.
    size
        Of the bone needle, empty when none was chosen.
    at_ct, at_c_arm
        What to dial and to read off in the room.
    at_control
        How to turn it by what the last control scan showed; empty without one.
    pictures
        The needle's own views.
    xrays
        Simulated X-ray views for the C-arm.
    """

    number: int
    level: Level
    side: Side
    approach: Approach
    entry: PointLps
    tip: PointLps
    length_mm: float
    towards_midline_deg: float
    upward_deg: float
    measures: tuple[Fact, ...] = ()
    distances: tuple[Fact, ...] = ()
    at_ct: tuple[Fact, ...] = ()
    at_c_arm: tuple[Fact, ...] = ()
    at_control: tuple[Fact, ...] = ()
    pictures: tuple[Picture, ...] = ()
    xrays: tuple[Picture, ...] = ()
    others: tuple[Fact, ...] = ()
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AblationRow:
    """One ablation; ``missing`` says why no zone is predicted, and then there are no sizes.

    ``drawn_back_mm`` is how far the device stays behind the needle's tip.
    """

    needle: int
    device: str
    power_w: float | None
    setpoint_celsius: float | None
    time_s: float | None
    cycles: tuple[float, float] | None = None
    duty_percent: float | None = None
    drawn_back_mm: float = 0.0
    length_mm: float | None = None
    width_mm: float | None = None
    volume_ml: float | None = None
    band_mm: float | None = None
    tissue: str = ""
    tier: str = ""
    model: str = ""
    source: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRow:
    """What one ablation is predicted to do to one structure.

    ``beyond`` is a line for all structures beyond the simulated volume, which feel no more.
    ``times`` are minutes until the first limit of heat or cold, past it and past the second.
    """

    needle: int
    structure: str
    peak_celsius: float
    lowest_celsius: float
    dose: str
    band_celsius: float
    model: str
    beyond: bool = False
    times: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One step of giving cement.

    Attributes
    ----------
    distance_mm
        How near the model's fill comes after this step, and ``structure`` to what.
    edge_mm, foramen_mm
        The same to the posterior edge or the canal, and to the nearest foramen.
    leaves
        Ways out of the bone that the model's fill first takes in this step.
    stop
        The model's fill reaches the structure: no further step is listed.
    after_mixing_s, too_late
        When the step is given if all goes at the usual pace, and whether the cement is then past
        the last time known for it; ``None`` where nothing is known of this cement.
    """

    step: int
    step_ml: float
    total_ml: float
    distance_mm: float
    structure: str
    edge_mm: float
    foramen_mm: float
    stop: bool
    leaves: tuple[str, ...] = ()
    after_mixing_s: float | None = None
    too_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The steps of one cement injection, or why there are none."""

    needle: int
    rows: tuple[ScheduleRow, ...] = ()
    source: str = ""
    missing: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CementRow:
    """One cement injection; ``missing`` says why no fill is predicted.

    ``how`` is the technique, and ``leaks`` says how likely it leaves the bone.
    """

    needle: int
    cement: str
    asked_ml: float
    how: str = ""
    placed_ml: float | None = None
    fill_percent: float | None = None
    band_mm: float | None = None
    tier: str = ""
    model: str = ""
    source: str = ""
    leaks: str = "How likely it leaks was not estimated."
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding, with the acknowledgement that answers it, if any."""

    severity: Severity
    rule: str
    about: str
    message: str
    structure: str
    distance_mm: float | None
    threshold: str
    source: str
    resolve: str
    acknowledged: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A plan on paper.

    Attributes
    ----------
    headline
        Level and side in words, such as ``Third lumbar vertebra (L3), patient's left``.
    treatment
        What is planned, in a sentence.
    verdict_words
        What the verdict means, in a sentence.
    is_draft
        True unless the verdict is CLEAR for this very revision.
    alerts
        What a reader must see first: prone scan, unconfirmed side, stale check.
    together
        How every two needles lie to each other, and when they work.
    names
        What the short ids in findings stand for.
    short_provenance
        One line for the foot of every page.
    """

    headline: str
    treatment: str
    patient: tuple[Fact, ...]
    scan: tuple[Fact, ...]
    alerts: tuple[str, ...]
    verdict: Verdict
    verdict_words: str
    is_draft: bool
    needles: tuple[NeedleRow, ...]
    pictures: tuple[Picture, ...]
    ablations: tuple[AblationRow, ...]
    exposures: tuple[ExposureRow, ...]
    coverage: tuple[CoverageRow, ...]
    cements: tuple[CementRow, ...]
    schedules: tuple[Schedule, ...]
    findings: tuple[FindingRow, ...]
    checked: tuple[str, ...]
    evidence: tuple[Fact, ...]
    names: tuple[Fact, ...]
    checklist: tuple[Fact, ...]
    provenance: tuple[Fact, ...]
    short_provenance: str
    made_utc: str
    revision: int
    notes: str = ""
    paper: Paper = Paper.A4
    together: tuple[Fact, ...] = ()

    def counts(self) -> dict[Severity, int]:
        """Return how many findings there are of each severity, heaviest first."""
        return {one: sum(f.severity is one for f in self.findings) for one in Severity}
