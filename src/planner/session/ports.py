"""What the presenters need from the rest of the house, as one narrow door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.document.plan_document import Command
    from planner.domain.anatomy import Anatomy
    from planner.domain.cement import LeakForecast
    from planner.domain.corrections import Correction
    from planner.domain.devices import Cement, Device, Needle, ZoneRow
    from planner.domain.finding import Assessment
    from planner.domain.levels import Level, Side
    from planner.domain.live_preview import LivePreview
    from planner.domain.plan import (
        AnatomyBinding,
        Approach,
        CementId,
        NeedleSize,
        Plan,
        Trajectory,
        TrajectoryId,
    )
    from planner.domain.prediction import MissingZone, PredictedCement, PredictedZone
    from planner.domain.progress import ProgressReport
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.imaging.inspection import Inspection
    from planner.imaging.voxels import SliceDelivery
    from planner.safety import Scene
    from planner.session.drawing import SkinMark, TissueMark
    from planner.session.fetching import FetchServices
    from planner.session.margins import Margin
    from planner.session.needle_card import CardPart
    from planner.session.needle_parts import NeedleParts
    from planner.session.thermometer_plan import PlannedThermometer
    from planner.session.training_work import TrainingServices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Everything derived from one plan state.

    Attributes
    ----------
    plan
        The very plan it was derived from; anything else makes it stale.
    unfilled
        Why a cement injection has no fill, by its id.
    margins
        Shortest distances of everything planned, measured with the ruler of the rules.
    scene
        What the check saw besides the plan.
    simulations
        Heat and cold of this very plan, where it was simulated before.
    """

    plan: Plan
    zones: tuple[PredictedZone | MissingZone, ...]
    cements: tuple[PredictedCement, ...]
    assessment: Assessment
    unfilled: Mapping[str, str]
    margins: tuple[Margin, ...] = ()
    scene: Scene | None = None
    simulations: tuple[Simulation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A proposed needle, or two at once, and why.

    Attributes
    ----------
    second
        The needle from the other side, where two are proposed together.
    title
        What it is and what it is worth, in a line.
    """

    trajectory: Trajectory
    reasons: tuple[str, ...]
    second: Trajectory | None = None
    title: str = ""

    @property
    def needles(self) -> tuple[Trajectory, ...]:
        """All that is proposed."""
        return (self.trajectory,) if self.second is None else (self.trajectory, self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a proposal has to keep to.

    Attributes
    ----------
    entry, target
        Frozen ends; ``None`` leaves them to the search.
    device_id
        Gives the zone to lay on a lesion, and the width of what goes through bone.
    approach
        ``None`` for all that suit the level.
    two_needles
        Whether to propose pairs; ``None`` where the lesion takes two thirds of its body.
    size
        The bone needle that was chosen for the needle to replace.
    """

    entry: PointLps | None = None
    target: PointLps | None = None
    device_id: str = ""
    approach: Approach | None = None
    two_needles: bool | None = None
    size: NeedleSize | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """Proposed needles, best first; why others were not proposed; what else to know."""

    ranked: tuple[Suggestion, ...]
    none_because: tuple[str, ...]
    notes: tuple[str, ...] = ()


class CaseServices(Protocol):
    """Use cases the window calls; all but the catalogue look-ups may take long."""

    def prepare(self) -> None:
        """Load what the first use would otherwise wait for; called in the background."""
        ...

    def warm(self, ct: CtVolume, report: ProgressReport) -> None:
        """Compile what follows the hand, once a scan is open and before a needle is dragged."""
        ...

    def let_others_go(self, ct: CtVolume) -> None:
        """Let go of all that was kept of scans other than this one; it only saved time."""
        ...

    @property
    def devices(self) -> Mapping[str, Device]:
        """Ablation devices by id."""
        ...

    @property
    def cements(self) -> Mapping[str, Cement]:
        """Cements by id."""
        ...

    @property
    def needles(self) -> Mapping[str, Needle]:
        """Bone needles by id."""
        ...

    def look(self, path: Path, report: ProgressReport) -> Inspection | None:
        """Say what lies there, from the headers; ``None`` for a file that is one volume."""
        ...

    def open_scan(
        self,
        path: Path,
        report: ProgressReport,
        series_uid: str | None = None,
        on_slices: SliceDelivery | None = None,
    ) -> CtVolume:
        """Read a CT; raise ``InputRefusedError`` when it cannot be used."""
        ...

    def sample_scan(self, report: ProgressReport) -> Path:
        """Return the folder of the easiest sample case's scan; makes it on its first use."""
        ...

    def segment(
        self, ct: CtVolume, seeds: Mapping[Level, PointLps], report: ProgressReport
    ) -> Anatomy:
        """Outline the spine."""
        ...

    def redo_outlines(
        self, ct: CtVolume, binding: AnatomyBinding, report: ProgressReport
    ) -> Anatomy:
        """Return the outlines of a plan with its corrections; quick after the first call."""
        ...

    def describe_lesions(self, ct: CtVolume, anatomy: Anatomy) -> tuple[str, ...]:
        """Return sentences on every lesion: size, parts, target volume, ESCC and SINS."""
        ...

    def touched_levels(self, anatomy: Anatomy, word: Correction) -> frozenset[Level]:
        """Return the levels whose outline or name a correction may change."""
        ...

    def import_anatomy(self, ct: CtVolume, path: Path, report: ProgressReport) -> Anatomy:
        """Take the outlines from a label file."""
        ...

    def new_plan(self, ct: CtVolume) -> Plan:
        """Return an empty plan bound to the scan."""
        ...

    def bind_anatomy(self, anatomy: Anatomy, labels: Path | None) -> Command:
        """Return the edit that binds a plan to outlines; ``labels`` is their file if imported."""
        ...

    def predict_zones(self, plan: Plan) -> tuple[PredictedZone | MissingZone, ...]:
        """Return the table zones; quick enough to follow a drag."""
        ...

    def evaluate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, report: ProgressReport
    ) -> Evaluation:
        """Predict and check."""
        ...

    def state_sha256(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        """Return the digest of a state with what an evaluation predicts of it; called on delivery.

        A verdict counts only when it is the one its check was made on.
        """
        ...

    def simulate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> tuple[Simulation, ...]:
        """Simulate heat and cold, in tier full, and keep the result for ``evaluate``."""
        ...

    def tissue_map(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> TissueMark | None:
        """Return what the heat model takes each place about the plan for."""
        ...

    def thermometers(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, simulations: tuple[Simulation, ...]
    ) -> tuple[PlannedThermometer, ...]:
        """Return where thermometers would see the worst, what they read, and the way there."""
        ...

    def forecast_leaks(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> Mapping[CementId, LeakForecast]:
        """Estimate how likely each injection leaves the bone, and when first."""
        ...

    def preview(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> tuple[LivePreview, ...]:
        """Estimate heat and cold quickly enough to follow a drag; no rule counts on it."""
        ...

    def preview_cement(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy
    ) -> tuple[PredictedCement, ...]:
        """Fill by a marching front, quickly enough to follow a drag; no rule counts on it."""
        ...

    def needle_parts(self, plan: Plan) -> NeedleParts:
        """Return the parts of every needle and their gaps; quick enough to follow a drag."""
        ...

    def needle_card(
        self,
        plan: Plan,
        needle: TrajectoryId,
        ct: CtVolume,
        anatomy: Anatomy,
        grid_mark: PointLps | None,
    ) -> tuple[CardPart, ...]:
        """Return what is measured of a needle and what to take to the room; quick."""
        ...

    def skin_map(self, ct: CtVolume, anatomy: Anatomy, level: Level, wish: Wish) -> SkinMark:
        """Return the skin over a vertebra, coloured by what can be reached from it."""
        ...

    def suggest(
        self,
        ct: CtVolume,
        anatomy: Anatomy,
        level: Level,
        side: Side | None,
        report: ProgressReport,
        wish: Wish | None = None,
    ) -> Suggestions:
        """Propose needles for one side of a level, or for both where none is given."""
        ...

    def save_plan(self, path: Path, plan: Plan) -> Plan:
        """Write the plan and return it as saved; a failure leaves the old file."""
        ...

    def load_plan(self, path: Path) -> Plan:
        """Read a plan."""
        ...

    def reopen(
        self,
        plan: Plan,
        report: ProgressReport,
        ct_path: Path | None = None,
        on_slices: SliceDelivery | None = None,
    ) -> tuple[CtVolume, Anatomy | None]:
        """Find the scan a plan was made on and its outlines; refuse another scan."""
        ...

    def write_report(
        self, path: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> int:
        """Write the PDF; return its number of pages."""
        ...

    def export(
        self, folder: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        """Write what other programs read; say in a sentence what was written and left out."""
        ...

    @property
    def fetching(self) -> FetchServices:
        """Scans and plans from an archive."""
        ...

    @property
    def training(self) -> TrainingServices:
        """Exercises and their scores."""
        ...

    def archives(self) -> tuple[str, ...]:
        """Return the names of the archives that are set up; ``UsageError`` for wrong settings."""
        ...

    def send(
        self,
        archive: str,
        ct: CtVolume,
        anatomy: Anatomy | None,
        evaluation: Evaluation,
        report: ProgressReport,
    ) -> str:
        """Send plan, report and outlines to an archive; say in a sentence what it has now."""
        ...

    def save_device_table(self, device_id: str, rows: tuple[ZoneRow, ...], document: str) -> None:
        """Keep a zone table that a user typed in from the maker's document."""
        ...
