"""The use cases as the window calls them.

Rooms that take long to import are imported by the methods that need them, in the background of
the window: who starts the program sees it at once.
"""

from __future__ import annotations

import secrets
import shutil
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from planner import imaging
from planner.app.free_memory import give_back
from planner.catalog import Catalog, load_catalog, write_zone_table
from planner.document.commands import bind_outlines
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import SaveFailedError
from planner.domain.plan import AnatomyBinding
from planner.domain.simulation import Tier
from planner.domain.while_open import let_scans_go
from planner.session.fetching import Fetching
from planner.session.opened_case import NO_OUTLINES
from planner.session.ports import Wish
from planner.settings.nodes import load_pacs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.document.plan_document import Command
    from planner.domain.anatomy import Anatomy
    from planner.domain.cement import LeakForecast
    from planner.domain.corrections import Correction
    from planner.domain.devices import Cement, Device, Needle, ZoneRow
    from planner.domain.levels import Level, Side
    from planner.domain.live_preview import LivePreview
    from planner.domain.plan import CementId, Plan, TrajectoryId
    from planner.domain.prediction import MissingZone, PredictedCement, PredictedZone
    from planner.domain.progress import ProgressReport
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.imaging import Inspection
    from planner.imaging.voxels import SliceDelivery
    from planner.session.cases import Case
    from planner.session.drawing import SkinMark, TissueMark
    from planner.session.live_preview import PreviewBench
    from planner.session.needle_card import CardPart
    from planner.session.needle_parts import NeedleParts
    from planner.session.outline_bench import OutlineBench
    from planner.session.ports import Evaluation, Suggestions
    from planner.session.thermometer_plan import PlannedThermometer
    from planner.session.training_work import TrainingWork


class Services:
    """Implements ``CaseServices`` of the session room over the real rooms."""

    def __init__(self, user_folder: Path) -> None:
        self._user_folder = user_folder
        self._catalog: Catalog = load_catalog(user_folder)
        self.fetching = Fetching(user_folder)

    @cached_property
    def training(self) -> TrainingWork:
        """Exercises and their scores."""
        from planner.session.training_work import TrainingWork  # noqa: PLC0415 - loads after the window

        return TrainingWork(self._user_folder, self._catalog)

    def prepare(self) -> None:
        """Import the rooms that the first use would otherwise wait for."""
        for room in ("planner.session.cases", "planner.planning", "planner.session.output"):
            import_module(room)

    def warm(self, ct: CtVolume, report: ProgressReport) -> None:
        """Compile what follows the hand, once a scan is open and before a needle is dragged."""
        from planner.session.warming import warm  # noqa: PLC0415 - loads after the window

        warm(ct, self._catalog, report)

    def let_others_go(self, ct: CtVolume) -> None:
        """Let go of all that was kept of scans other than this one; it only saved time."""
        let_scans_go()
        self.__dict__.pop("_preview_bench", None)
        if "_bench" in self.__dict__ and not self._bench.is_of(ct):
            del self.__dict__["_bench"]
        give_back()

    @property
    def devices(self) -> Mapping[str, Device]:
        """Ablation devices by id."""
        return self._catalog.devices

    @property
    def cements(self) -> Mapping[str, Cement]:
        """Cements by id."""
        return self._catalog.cements

    @property
    def needles(self) -> Mapping[str, Needle]:
        """Bone needles by id."""
        return self._catalog.needles

    def look(self, path: Path, report: ProgressReport) -> Inspection | None:
        """Say what lies there, from the headers; ``None`` for a file that is one volume."""
        from planner.imaging.volume_files import is_volume_file  # noqa: PLC0415 - loads after the window

        if is_volume_file(path):
            return None
        return imaging.inspect(path, report, pixels=False, thumbnails=True)

    def open_scan(
        self,
        path: Path,
        report: ProgressReport,
        series_uid: str | None = None,
        on_slices: SliceDelivery | None = None,
    ) -> CtVolume:
        """Read a CT; raise ``InputRefusedError`` when it cannot be used."""
        return imaging.load_ct(path, series_uid, report, on_slices=on_slices)

    def sample_scan(self, report: ProgressReport) -> Path:
        """Return the folder of the easiest sample case's scan; makes it on its first use."""
        from planner.phantom import make_phantom  # noqa: PLC0415 - loads after the window
        from planner.phantom.samples import load_samples  # noqa: PLC0415 - loads after the window

        case = load_samples()[0]
        folder = self._user_folder / "samples" / case.id
        if not folder.exists():
            made = make_phantom(case.recipe, report=report)
            draft = folder.with_name(f".{case.id}.{secrets.token_hex(4)}")
            try:
                imaging.write_ct_series(draft, made.ct)
                draft.replace(folder)
            except OSError as failure:
                raise SaveFailedError(
                    f"The sample case could not be written to {folder} "
                    f"({failure.strerror or failure}). Free some space and try again."
                ) from failure
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return folder

    def segment(
        self, ct: CtVolume, seeds: Mapping[Level, PointLps], report: ProgressReport
    ) -> Anatomy:
        """Outline the spine."""
        from planner.session.anatomy_store import (  # noqa: PLC0415 - loads after the window
            load_anatomy,
            store_anatomy,
        )

        binding = AnatomyBinding(backend="builtin", seeds=tuple(seeds.items()))
        if found := load_anatomy(ct, binding):
            return found
        anatomy = self._bench.outline(ct, binding, report)
        store_anatomy(ct, binding, anatomy)
        return anatomy

    def redo_outlines(
        self, ct: CtVolume, binding: AnatomyBinding, report: ProgressReport
    ) -> Anatomy:
        """Return the outlines of a plan with its corrections; quick after the first call."""
        return self._bench.outline(ct, binding, report)

    @cached_property
    def _bench(self) -> OutlineBench:
        from planner.session.outline_bench import OutlineBench  # noqa: PLC0415 - loads after the window

        return OutlineBench()

    def touched_levels(self, anatomy: Anatomy, word: Correction) -> frozenset[Level]:
        """Return the levels whose outline or name a correction may change."""
        from planner.anatomy import touched_levels  # noqa: PLC0415 - loads after the window

        return touched_levels(anatomy, word)

    def describe_lesions(self, ct: CtVolume, anatomy: Anatomy) -> tuple[str, ...]:
        """Return sentences on every lesion."""
        from planner.session.lesion_sentences import (  # noqa: PLC0415 - loads after the window
            lesion_sentences,
        )

        return lesion_sentences(ct, anatomy)

    def import_anatomy(self, ct: CtVolume, path: Path, report: ProgressReport) -> Anatomy:
        """Take the outlines from a label file."""
        from planner.session.cases import outline  # noqa: PLC0415 - loads after the window

        return outline(ct, AnatomyBinding(backend="import", locator=str(path)), report)

    def new_plan(self, ct: CtVolume) -> Plan:
        """Return an empty plan bound to the scan."""
        from planner.session.cases import new_plan  # noqa: PLC0415 - loads after the window

        return new_plan(self._case(ct, None, AnatomyBinding(backend=NO_OUTLINES)))

    def bind_anatomy(self, anatomy: Anatomy, labels: Path | None) -> Command:
        """Return the edit that binds a plan to outlines; ``labels`` is their file if imported."""
        return bind_outlines(anatomy.backend, "" if labels is None else str(labels))

    def predict_zones(self, plan: Plan) -> tuple[PredictedZone | MissingZone, ...]:
        """Return the table zones; quick enough to follow a drag."""
        from planner.session.cases import predict_zones  # noqa: PLC0415 - loads after the window

        return tuple(predict_zones(plan, self._catalog).values())

    def evaluate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, report: ProgressReport
    ) -> Evaluation:
        """Predict and check."""
        from planner.session.evaluating import evaluated  # noqa: PLC0415 - loads after the window

        report(0.0, "Checking")
        return evaluated(plan, self._case(ct, anatomy, plan.anatomy))

    def state_sha256(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        """Return the digest of a state with what an evaluation predicts of it."""
        from planner.session.evaluating import state_sha256  # noqa: PLC0415 - loads after the window

        return state_sha256(plan, self._case(ct, anatomy, plan.anatomy), evaluation)

    def simulate(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> tuple[Simulation, ...]:
        """Simulate heat and cold, in tier full, and keep the result for ``evaluate``."""
        from planner.session.simulation import simulate_and_keep  # noqa: PLC0415 - loads after the window

        case = self._case(ct, anatomy, plan.anatomy)
        return simulate_and_keep(plan, case, Tier.FULL, report=report)

    def tissue_map(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> TissueMark | None:
        """Return what the heat model takes each place about the plan for."""
        from planner.session.tissue_view import tissue_mark  # noqa: PLC0415 - loads after the window

        return tissue_mark(plan, self._case(ct, anatomy, plan.anatomy))

    def thermometers(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, simulations: tuple[Simulation, ...]
    ) -> tuple[PlannedThermometer, ...]:
        """Return where thermometers would see the worst, what they read, and the way there."""
        from planner.session.thermometer_plan import (  # noqa: PLC0415 - loads after the window
            planned_thermometers,
        )

        return planned_thermometers(simulations, plan, ct, anatomy, self._catalog)

    def forecast_leaks(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> Mapping[CementId, LeakForecast]:
        """Estimate how likely each injection leaves the bone, and when first."""
        from planner.session.cases import predict_zones  # noqa: PLC0415 - loads after the window
        from planner.session.cement_filling import (  # noqa: PLC0415 - loads after the window
            forecasts_of,
        )

        zones = predict_zones(plan, self._catalog)
        return forecasts_of(plan, self._case(ct, anatomy, plan.anatomy), zones, report)

    def preview(self, plan: Plan, ct: CtVolume, anatomy: Anatomy) -> tuple[LivePreview, ...]:
        """Estimate heat and cold quickly enough to follow a drag; no rule counts on it."""
        return self._preview_bench.preview(plan, self._case(ct, anatomy, plan.anatomy))

    def preview_cement(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy
    ) -> tuple[PredictedCement, ...]:
        """Fill by a marching front, quickly enough to follow a drag; no rule counts on it."""
        from planner.session.cases import predict_zones  # noqa: PLC0415 - loads after the window
        from planner.session.cement_filling import fills_of  # noqa: PLC0415 - loads after the window

        zones = predict_zones(plan, self._catalog)
        case = self._case(ct, anatomy, plan.anatomy)
        return tuple(fills_of(plan, case, zones, quick=True)[0].values())

    @cached_property
    def _preview_bench(self) -> PreviewBench:
        from planner.session.live_preview import PreviewBench  # noqa: PLC0415 - loads after the window

        return PreviewBench()

    def needle_parts(self, plan: Plan) -> NeedleParts:
        """Return the parts of every needle, the widest first; quick enough to follow a drag."""
        from planner.session.needle_parts import needle_parts  # noqa: PLC0415 - loads after the window

        return needle_parts(plan, self._catalog)

    def needle_card(
        self,
        plan: Plan,
        needle: TrajectoryId,
        ct: CtVolume,
        anatomy: Anatomy,
        grid_mark: PointLps | None,
    ) -> tuple[CardPart, ...]:
        """Return what is measured of a needle and what to take to the room; quick."""
        from planner.session.needle_card import needle_card  # noqa: PLC0415 - loads after the window

        chosen = plan.trajectory(needle)
        return needle_card(chosen, plan, ct, anatomy, self._catalog, grid_mark)

    def skin_map(self, ct: CtVolume, anatomy: Anatomy, level: Level, wish: Wish) -> SkinMark:
        """Return the skin over a vertebra, coloured by what can be reached from it."""
        from planner.session.skin_map import skin_map  # noqa: PLC0415 - loads after the window

        return skin_map(ct, anatomy, level, wish, self._catalog)

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
        from planner.session.proposing import proposed  # noqa: PLC0415 - loads after the window

        return proposed(ct, anatomy, level, side, wish or Wish(), self._catalog, report)

    def save_plan(self, path: Path, plan: Plan) -> Plan:
        """Write the plan and return it as saved; a failure leaves the old file."""
        return save_plan(path, plan)

    def load_plan(self, path: Path) -> Plan:
        """Read a plan."""
        return load_plan(path)

    def reopen(
        self,
        plan: Plan,
        report: ProgressReport,
        ct_path: Path | None = None,
        on_slices: SliceDelivery | None = None,
    ) -> tuple[CtVolume, Anatomy | None]:
        """Find the scan a plan was made on and its outlines; refuse another scan."""
        from planner.session.cases import reopen_case  # noqa: PLC0415 - loads after the window

        case = reopen_case(
            plan, self._catalog, ct_path=ct_path, report=report, on_slices=on_slices
        )
        return case.ct, None if plan.anatomy.backend == NO_OUTLINES else case.anatomy

    def write_report(
        self, path: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> int:
        """Write the PDF; return its number of pages."""
        from planner.session.output import report_case  # noqa: PLC0415 - loads after the window

        case = self._case(ct, anatomy, evaluation.plan.anatomy)
        return report_case(evaluation.plan, case, path)

    def export(
        self, folder: Path, ct: CtVolume, anatomy: Anatomy | None, evaluation: Evaluation
    ) -> str:
        """Write what other programs read; say in a sentence what was written and left out."""
        from planner.session.output import export_case  # noqa: PLC0415 - loads after the window

        case = self._case(ct, anatomy, evaluation.plan.anatomy)
        written = export_case(evaluation.plan, case, folder)
        return f"{len(written.files)} files written to {folder.name}. {written.left_out}"

    def archives(self) -> tuple[str, ...]:
        """Return the names of the archives that are set up."""
        return tuple(load_pacs(self._user_folder).nodes)

    def send(
        self,
        archive: str,
        ct: CtVolume,
        anatomy: Anatomy | None,
        evaluation: Evaluation,
        report: ProgressReport,
    ) -> str:
        """Send what is DICOM of an export; say in a sentence what the archive has now."""
        from planner.session.output import send_case  # noqa: PLC0415 - loads after the window

        case = self._case(ct, anatomy, evaluation.plan.anatomy)
        settings = load_pacs(self._user_folder)
        sent = send_case(evaluation.plan, case, settings, archive, report)
        return f"{archive} has all {sent.files} objects of this plan. {sent.left_out}".strip()

    def save_device_table(self, device_id: str, rows: tuple[ZoneRow, ...], document: str) -> None:
        """Keep a zone table that a user typed in from the maker's document."""
        write_zone_table(self._user_folder, self._catalog.devices[device_id], rows, document)
        self._catalog = load_catalog(self._user_folder)

    def _case(self, ct: CtVolume, anatomy: Anatomy | None, binding: AnatomyBinding) -> Case:
        from planner.session.cases import Case, without_outlines  # noqa: PLC0415 - loads after the window

        outlines = without_outlines(ct) if anatomy is None else anatomy
        return Case(ct=ct, anatomy=outlines, binding=binding, catalog=self._catalog)
