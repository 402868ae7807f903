"""What each part of the window shows, as frozen values; views apply them and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.finding import Severity, Verdict
from planner.domain.plan import CementTechnique

if TYPE_CHECKING:
    from planner.domain.coverage import Coverage
    from planner.domain.levels import Level, Side
    from planner.domain.order import Order
    from planner.domain.plan import TrajectoryId
    from planner.domain.volume import GateVerdict
    from planner.geometry.points import PointLps
    from planner.session.needle_card import CardPart
    from planner.session.needle_numbers import NeedleNumbers


class Step(StrEnum):
    """The step rail; never a forced order."""

    STUDY = "Study"
    ANATOMY = "Anatomy"
    PLAN = "Plan"
    TREAT = "Treat"
    CHECK = "Check"
    REPORT = "Report"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLine:
    """One thing the gate said of the scan."""

    severity: GateVerdict
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyState:
    """Who and what is open.

    Attributes
    ----------
    position_words
        Empty when supine and head or feet first are plain; else such as ``PRONE``.
    side_confirmed
        Who confirmed left and right, and when; empty while nobody has.
    side_doubts
        What the gate says that makes left and right doubtful.
    side_seen
        Whether the picture itself bears out what the header says of front and back.
    is_coming
        Slices of a scan are shown while the rest is read; nothing is open.
    refusal
        Why what was asked for last was not opened; empty when it was.
    """

    is_open: bool = False
    name: str = ""
    identity: str = ""
    series: str = ""
    grid: str = ""
    position: str = ""
    position_words: str = ""
    gate: tuple[GateLine, ...] = ()
    names_hidden: bool = False
    side_confirmed: str = ""
    side_doubts: tuple[str, ...] = ()
    side_seen: str = ""
    is_coming: bool = False
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One vertebra in the list."""

    level: Level
    quality: str
    needs_a_look: bool
    volume_ml: float
    remarks: tuple[str, ...]
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyState:
    """What is outlined; ``is_void`` while corrections are being worked in.

    ``lesions`` are sentences on every lesion that is outlined.
    """

    is_there: bool = False
    is_void: bool = False
    backend: str = ""
    rows: tuple[LevelRow, ...] = ()
    lesions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleRow:
    """One needle in the list; each line of ``detail`` fits the width of a panel."""

    id: TrajectoryId
    title: str
    detail: str
    selected: bool
    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What was proposed last, in words; ``taken`` is the place of the one in the plan."""

    titles: tuple[str, ...] = ()
    taken: int = 0
    reasons: tuple[str, ...] = ()
    none_because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """Needles, history and the choice for the next needle.

    Attributes
    ----------
    side
        ``None`` means: take it from where the entry lies.
    pending
        What the user should do next to finish a needle; empty when nothing is begun.
    offers
        Title of every proposal, best first; ``offer`` is the one that was taken.
    suggestion
        Why that one.
    card
        What is measured of the selected needle and what to take to the room.
    none_because
        Why there is none, for each side and approach that gave no path.
    numbers
        What can be typed of the selected needle; ``None`` without one.
    lock
        Who closed the plan to edits, and when; empty while it may be edited.
    """

    is_there: bool = False
    needles: tuple[NeedleRow, ...] = ()
    levels: tuple[Level, ...] = ()
    level: Level | None = None
    side: Side | None = None
    pending: str = ""
    undo: str = ""
    redo: str = ""
    file_name: str = ""
    unsaved: bool = False
    offers: tuple[str, ...] = ()
    offer: int = 0
    suggestion: tuple[str, ...] = ()
    none_because: tuple[str, ...] = ()
    card: tuple[CardPart, ...] = ()
    ablations: int = 0
    numbers: NeedleNumbers | None = None
    lock: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOffer:
    """One device in the chooser."""

    id: str
    title: str
    has_table: bool
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatState:
    """What is planned on the selected needle, and what the models say of it.

    ``heat_total_s`` is the length of the time line, 0 where there is none. ``order`` is when the
    needles work, where ``several_burn``. ``layers`` says what protects.
    ``tissues`` are code and name of each class of the tissue map, once it is there;
    ``tissue_parts`` are name and words of what may be given another class, and
    ``tissue_choices`` id and words of what was.
    """

    needle: str = ""
    devices: tuple[DeviceOffer, ...] = ()
    cements: tuple[tuple[str, str], ...] = ()
    device_id: str = ""
    power_w: float | None = None
    setpoint_celsius: float | None = None
    time_s: float | None = None
    cycle_s: float | None = None
    pause_s: float | None = None
    duty_percent: float | None = None
    offset_mm: float = 0.0
    zone_lines: tuple[str, ...] = ()
    zone_source: str = ""
    zone_missing: str = ""
    simulated_lines: tuple[str, ...] = ()
    heat_total_s: float = 0.0
    heat_at_s: float = 0.0
    heat_lines: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    cement_id: str = ""
    cement_ml: float | None = None
    technique: CementTechnique = CementTechnique.VERTEBROPLASTY
    cavity_ml: float = 0.0
    pull_back_mm: float = 0.0
    cement_lines: tuple[str, ...] = ()
    cement_source: str = ""
    cement_placed_ml: float = 0.0
    cement_given_ml: float = 0.0
    several_burn: bool = False
    order: Order | None = None
    layers: tuple[str, ...] = ()
    thermometers: tuple[str, ...] = ()
    tissue_shown: bool = False
    tissues: tuple[tuple[int, str], ...] = ()
    tissue_parts: tuple[tuple[str, str], ...] = ()
    tissue_choices: tuple[tuple[str, str], ...] = ()


class CheckPhase(StrEnum):
    """Where the check stands."""

    NO_PLAN = "no plan"
    NOT_EVALUATED = "not evaluated"
    CHECKING = "checking"
    CURRENT = "current"
    STOPPED = "checks stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding in the panel.

    Attributes
    ----------
    acknowledged
        Whether a person took it on so that it counts.
    answer
        Who answered it, when and why.
    cannot_answer
        Why it takes no answer; empty when it does.
    """

    fingerprint: str
    rule: str
    severity: Severity
    message: str
    subject: str
    numbers: str
    resolve: str
    source: str
    at: PointLps | None
    acknowledged: bool
    answer: str = ""
    cannot_answer: str = ""


class MarginColumn(StrEnum):
    """What is measured to."""

    WALL = "Wall"
    CANAL = "Canal"
    FORAMINA = "Foramina"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCell:
    """One distance in words; ``severity`` is that of the heaviest finding on it, if any."""

    text: str
    explained: str
    severity: Severity | None
    at: PointLps | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRow:
    """Shortest distances from one object.

    ``unverified`` is its level while nobody has accepted the outline of that; else empty.
    """

    subject: str
    unverified: str
    cells: tuple[MarginCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckState:
    """The verdict and what it stands on. Findings are only those of the plan as it is now.

    Attributes
    ----------
    evidence
        For every rule that ran, what it looked at and with what margin.
    void_answers
        What persons said to findings that have changed since.
    """

    phase: CheckPhase = CheckPhase.NO_PLAN
    verdict: Verdict = Verdict.NOT_EVALUATED
    headline: str = "No plan"
    detail: str = ""
    findings: tuple[FindingRow, ...] = ()
    margins: tuple[MarginRow, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    void_answers: tuple[str, ...] = ()
    selected: str = ""
    side_confirmed: str = ""

    def __post_init__(self) -> None:
        if self.phase is not CheckPhase.CURRENT and (
            self.verdict is not Verdict.NOT_EVALUATED
            or self.findings
            or self.margins
            or self.evidence
        ):
            raise ValueError(
                "only a current check may show a verdict, findings, margins or evidence"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """Long work that is running."""

    slot: str
    message: str
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One sentence for the user; ``is_error`` keeps it until it is read."""

    text: str
    is_error: bool = False
