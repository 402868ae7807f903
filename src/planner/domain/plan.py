"""The plan: everything the user decided, as immutable values; no voxels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import atan2, degrees, hypot, isfinite
from typing import TYPE_CHECKING, NewType

from planner.domain.outcome import Outcome
from planner.domain.volume import GateVerdict

if TYPE_CHECKING:
    from planner.domain.control import ControlReading
    from planner.domain.corrections import Correction
    from planner.domain.levels import Level, Side
    from planner.domain.order import Order
    from planner.domain.protection import ProtectionLayer
    from planner.domain.tissue_choice import TissueChoice
    from planner.domain.volume import PatientIdentity, ScanRecord
    from planner.geometry.points import PointLps

TrajectoryId = NewType("TrajectoryId", str)
AblationId = NewType("AblationId", str)
CementId = NewType("CementId", str)

SHORTEST_TRAJECTORY_MM = 1.0
"""Entry and tip closer than this are a click by mistake, not a needle."""


LEAST_GAUGE, MOST_GAUGE = 6, 27
THINNEST_MM, THICKEST_MM = 0.3, 6.0
SHORTEST_NEEDLE_MM, LONGEST_NEEDLE_MM = 30.0, 400.0
"""A needle outside of these is a slip of the hand, such as a length typed as a diameter."""


class Approach(StrEnum):
    """How a needle reaches the vertebral body."""

    TRANSPEDICULAR = "transpedicular"
    PARAPEDICULAR = "parapedicular"
    TRANSCOSTOVERTEBRAL = "transcostovertebral"
    POSTEROLATERAL = "posterolateral"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanBinding:
    """The one scan a plan was made on.

    ``locator`` helps to find it again; ``sha256`` decides whether it is the one.
    """

    sha256: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    patient: PatientIdentity
    patient_position: str
    series_description: str
    acquired: str
    locator: str
    gate_warnings: tuple[str, ...] = ()

    @classmethod
    def to(cls, record: ScanRecord) -> ScanBinding:
        """Return the binding to a scan that was read, with what the gate warned of."""
        return cls(
            sha256=record.sha256,
            series_uid=record.series_uid,
            study_uid=record.study_uid,
            frame_of_reference_uid=record.frame_of_reference_uid,
            patient=record.patient,
            patient_position=record.patient_position,
            series_description=record.series_description,
            acquired=record.acquired,
            locator=record.locator,
            gate_warnings=tuple(
                f"{finding.code}: {finding.message}"
                for finding in record.findings
                if finding.severity is GateVerdict.WARN
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyBinding:
    """Which outlines the plan was judged on.

    ``locator`` is a label file for an imported anatomy, empty for the built-in segmenter.
    ``seeds`` are the level names the user gave, as points in the bodies. ``corrections`` are
    played again in their order on what the backend outlines by itself.
    """

    backend: str
    locator: str = ""
    seeds: tuple[tuple[Level, PointLps], ...] = ()
    accepted_levels: tuple[Level, ...] = ()
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleSize:
    """The exact size of the bone needle that goes in, as its packet says.

    Attributes
    ----------
    gauge
        As printed on it, ``None`` where it is not; the diameter is what counts.
    length_mm
        From its hub to its end.
    """

    outer_diameter_mm: float
    length_mm: float
    gauge: int | None = None

    def __post_init__(self) -> None:
        if not THINNEST_MM <= self.outer_diameter_mm <= THICKEST_MM:
            raise ValueError(
                f"A needle is {THINNEST_MM:g} to {THICKEST_MM:g} mm thick, "
                f"not {self.outer_diameter_mm:g} mm."
            )
        if not SHORTEST_NEEDLE_MM <= self.length_mm <= LONGEST_NEEDLE_MM:
            raise ValueError(
                f"A needle is {SHORTEST_NEEDLE_MM:g} to {LONGEST_NEEDLE_MM:g} mm long, "
                f"not {self.length_mm:g} mm."
            )
        if self.gauge is not None and not LEAST_GAUGE <= self.gauge <= MOST_GAUGE:
            raise ValueError(
                f"A bone needle has {LEAST_GAUGE} to {MOST_GAUGE} G, not {self.gauge} G."
            )

    @property
    def words(self) -> str:
        """Such as ``13 G, 2.41 × 150 mm``, as it can be typed again."""
        gauge = "" if self.gauge is None else f"{self.gauge} G, "
        return f"{gauge}{self.outer_diameter_mm:g} × {self.length_mm:g} mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """A straight needle path from the skin to the tip.

    ``size`` is that of the bone needle where somebody chose one; else what the device asks for
    counts, and how long it is stays open.
    """

    id: TrajectoryId
    level: Level
    side: Side
    approach: Approach
    entry: PointLps
    tip: PointLps
    locked: bool = False
    size: NeedleSize | None = None

    def __post_init__(self) -> None:
        if self.entry.distance_mm(self.tip) < SHORTEST_TRAJECTORY_MM:
            raise ValueError("entry and tip of a trajectory must lie apart")

    @property
    def length_mm(self) -> float:
        """Distance from entry to tip."""
        return self.entry.distance_mm(self.tip)

    @property
    def towards_midline_deg(self) -> float:
        """Angle in the axial plane from straight anterior, always from the points.

        Positive when a left needle runs to the patient's right or a right one to the left.
        """
        x_mm, y_mm, _ = self.tip.array - self.entry.array
        return degrees(atan2(-self.side.sign * x_mm, -y_mm))

    @property
    def upward_deg(self) -> float:
        """Angle out of the axial plane; positive when the tip is nearer the head."""
        x_mm, y_mm, z_mm = self.tip.array - self.entry.array
        return degrees(atan2(z_mm, hypot(x_mm, y_mm)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """One planned burn or freeze along a trajectory.

    ``active_offset_mm`` moves the device tip back (positive) from the trajectory's tip.
    ``duty_percent`` is the share of time a cryoprobe freezes; ``None`` for other devices.
    ``time_s`` is the time with energy. It runs unbroken, or in stretches of ``cycle_s`` with
    pauses of ``pause_s`` between them: cycles of an antenna, or freeze, thaw and freeze.
    """

    id: AblationId
    trajectory_id: TrajectoryId
    device_id: str
    power_w: float | None = None
    setpoint_celsius: float | None = None
    time_s: float | None = None
    active_offset_mm: float = 0.0
    duty_percent: float | None = None
    cycle_s: float | None = None
    pause_s: float | None = None

    @property
    def longest_s(self) -> float | None:
        """Longest stretch with energy and no pause."""
        if self.time_s is None or self.cycle_s is None:
            return self.time_s
        return min(self.cycle_s, self.time_s)

    def __post_init__(self) -> None:
        if (self.cycle_s is None) is not (self.pause_s is None):
            raise ValueError("cycles need both how long they last and the pause between them")
        for name in ("power_w", "time_s", "duty_percent", "cycle_s", "pause_s"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be positive, got {value}")
        for name in ("setpoint_celsius", "active_offset_mm"):
            value = getattr(self, name)
            if value is not None and not isfinite(value):
                raise ValueError(f"{name} must be finite, got {value}")


class CementTechnique(StrEnum):
    """How room is made for cement."""

    VERTEBROPLASTY = "vertebroplasty"
    BALLOON_KYPHOPLASTY = "balloon-kyphoplasty"
    VERTEBRAL_STENT = "vertebral-stent"
    RF_TARGETED = "rf-targeted"
    """Very thick cement, warmed on its way in; no cavity."""

    @property
    def makes_cavity(self) -> bool:
        """Whether a balloon or a stent hollows out bone first."""
        return self in (CementTechnique.BALLOON_KYPHOPLASTY, CementTechnique.VERTEBRAL_STENT)

    @property
    def opens(self) -> str:
        """What hollows out bone, where something does: ``stent`` or ``balloon``."""
        return "stent" if self is CementTechnique.VERTEBRAL_STENT else "balloon"


@dataclass(frozen=True, slots=True, kw_only=True)
class CementInjection:
    """A planned cement volume through a trajectory.

    Attributes
    ----------
    technique
        How room is made for it.
    cavity_ml
        What a balloon or a stent hollows out about the tip first; 0 without.
    pull_back_mm
        How far the cannula is drawn back after half of the volume.
    """

    id: CementId
    trajectory_id: TrajectoryId
    cement_id: str
    volume_ml: float
    technique: CementTechnique = CementTechnique.VERTEBROPLASTY
    cavity_ml: float = 0.0
    pull_back_mm: float = 0.0

    def __post_init__(self) -> None:
        for name in ("cavity_ml", "pull_back_mm"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if (self.cavity_ml > 0.0) is not self.technique.makes_cavity:
            raise ValueError(f"{self.technique} and a cavity of {self.cavity_ml:g} mL do not fit")
        if not (isfinite(self.volume_ml) and self.volume_ml > 0.0):
            raise ValueError(f"a cement volume must be positive, got {self.volume_ml}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalAnswers:
    """What the team knows of the patient; ``None`` means nobody answered.

    ``epidural_grade`` is ESCC/Bilsky ``0 1a 1b 1c 2 3``; dates are ISO ``YYYY-MM-DD``.
    ``thermometer_celsius`` is the reading nearest to a nerve now; ``None`` before the treatment.
    ``intent`` is ``palliative`` or ``curative``; ``mr_date`` is ``none`` where no MR was made.
    """

    platelets_e9_per_l: float | None = None
    inr: float | None = None
    infection: bool | None = None
    cord_compression_symptoms: bool | None = None
    epidural_grade: str | None = None
    sins: int | None = None
    surgical_consult_date: str | None = None
    mdt_date: str | None = None
    pacemaker: bool | None = None
    lesion_count: int | None = None
    vas: float | None = None
    ecog: int | None = None
    intent: str | None = None
    tumour_touches_root: bool | None = None
    thermocouple_planned: bool | None = None
    protection: str | None = None
    dissection_fluid: str | None = None
    thermometer_celsius: float | None = None
    lesion_type: str | None = None
    histology: str | None = None
    life_expectancy_months: float | None = None
    mr_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideConfirmation:
    """A person looked at the picture and confirmed which side is which."""

    by: str
    at_utc: str
    patient_position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLock:
    """A person closed the plan to every edit until it is unlocked."""

    by: str
    at_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A person read a finding and went on, with a reason.

    ``fingerprint`` is that of the finding; a finding that changes has another, so an old
    acknowledgement no longer counts.
    """

    fingerprint: str
    rule: str
    by: str
    reason: str
    at_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything the user decided.

    Attributes
    ----------
    revision
        Counts saved states: two saved files of one plan with equal revisions say the same.
    looser_limits
        Limits the site had loosened when the plan was begun, with who decided it and why.
    grid_mark
        A point of a grid on the skin as the scan shows it; the way to each entry is told from it.
    lock
        Who closed the plan to edits; ``None`` while it may be edited.
    ablation_order
        Whether the needles burn together or in turn; ``None`` while nobody has said. Both are in
        the band of a full simulation whatever is said here.
    protection
        Layers of gas or fluid between heat or cold and nerves.
    tissue_choices
        Parts that count as another class of tissue, each upon what those before it left.
    controls
        Where control scans showed the needles, in the order they were read.
    outcome
        What was recorded after the treatment; a locked plan takes it too.
    saved_sha256
        Digest of what was last saved or loaded, empty before the first save. It is how a save
        knows whether the revision must rise; it is not itself written to the file.
    """

    plan_id: str
    scan: ScanBinding
    anatomy: AnatomyBinding
    revision: int = 1
    created_utc: str = ""
    trajectories: tuple[Trajectory, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    cements: tuple[CementInjection, ...] = ()
    clinical: ClinicalAnswers = field(default_factory=ClinicalAnswers)
    side_confirmation: SideConfirmation | None = None
    acknowledgements: tuple[Acknowledgement, ...] = ()
    notes: str = ""
    looser_limits: tuple[str, ...] = ()
    grid_mark: PointLps | None = None
    lock: PlanLock | None = None
    ablation_order: Order | None = None
    protection: tuple[ProtectionLayer, ...] = ()
    tissue_choices: tuple[TissueChoice, ...] = ()
    controls: tuple[ControlReading, ...] = ()
    outcome: Outcome = field(default_factory=Outcome)
    saved_sha256: str = ""

    def __post_init__(self) -> None:
        ids: list[str] = [t.id for t in self.trajectories]
        ids += [a.id for a in self.ablations]
        ids += [c.id for c in self.cements]
        ids += [layer.id for layer in self.protection]
        ids += [choice.id for choice in self.tissue_choices]
        if len(set(ids)) != len(ids):
            raise ValueError("two parts of a plan have the same id")
        known = {t.id for t in self.trajectories}
        used: list[str] = [a.trajectory_id for a in self.ablations]
        used += [c.trajectory_id for c in self.cements]
        used += [reading.trajectory_id for reading in self.controls]
        if missing := set(used) - known:
            raise ValueError(f"the plan has no trajectory {sorted(missing)}")

    def trajectory(self, trajectory_id: TrajectoryId) -> Trajectory:
        """Return the trajectory with that id.

        Raises
        ------
        KeyError
            When there is none.
        """
        for item in self.trajectories:
            if item.id == trajectory_id:
                return item
        raise KeyError(trajectory_id)

    def done_at(self, level: Level) -> tuple[object, ...]:
        """Return all that is planned at a level; where it is equal, cement there fills equally."""
        needles = {item.id: item for item in self.trajectories if item.level is level}
        burns = tuple(item for item in self.ablations if item.trajectory_id in needles)
        cements = tuple(item for item in self.cements if item.trajectory_id in needles)
        return (needles, burns, cements)

    def last_control(self, trajectory_id: TrajectoryId) -> ControlReading | None:
        """Return the newest reading of a needle on a control scan."""
        found = [one for one in self.controls if one.trajectory_id == trajectory_id]
        return found[-1] if found else None

    def with_trajectory(self, new: Trajectory) -> Plan:
        """Return a copy where ``new`` replaces the trajectory of its id, or is added."""
        if any(item.id == new.id for item in self.trajectories):
            kept = tuple(new if item.id == new.id else item for item in self.trajectories)
        else:
            kept = (*self.trajectories, new)
        return replace(self, trajectories=kept)

    def without_trajectory(self, trajectory_id: TrajectoryId) -> Plan:
        """Return a copy without that trajectory and without what was planned on it."""
        return replace(
            self,
            trajectories=tuple(t for t in self.trajectories if t.id != trajectory_id),
            ablations=tuple(a for a in self.ablations if a.trajectory_id != trajectory_id),
            cements=tuple(c for c in self.cements if c.trajectory_id != trajectory_id),
            controls=tuple(r for r in self.controls if r.trajectory_id != trajectory_id),
        )
