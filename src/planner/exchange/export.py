"""Everything a plan gives to other programs, written as a whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from planner.domain.errors import InputRefusedError, PlannerError, SaveFailedError, UsageError
from planner.domain.finding import Verdict
from planner.exchange.markups import write_markup
from planner.exchange.measured import measured_groups
from planner.exchange.plan_parts import needle_name, parts_of
from planner.exchange.seg_nrrd import write_seg_nrrd
from planner.exchange.surfaces import mask_surface, spheroid_surface, write_obj, write_stl
from planner.imaging.outbound import (
    documents,
    measurements,
    plan_object,
    segmentation,
    structure_set,
)
from planner.imaging.outbound.maker import Maker
from planner.imaging.outbound.parts import on_grid
from planner.imaging.outbound.source import SourceSeries, read_source
from planner.imaging.volume_files import write_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.plan import Plan
    from planner.exchange.plan_parts import Exported
    from planner.geometry.points import Vector
    from planner.imaging.outbound.parts import Part


class ExportKind(StrEnum):
    """What can be exported."""

    MARKUPS = "markups"
    STL = "stl"
    OBJ = "obj"
    VOLUMES = "volumes"
    SEG = "seg"
    RTSTRUCT = "rtstruct"
    PDF = "pdf"
    PICTURES = "pictures"
    MEASUREMENTS = "measurements"
    PLAN = "plan"

    @property
    def is_dicom(self) -> bool:
        """These refer to the scan's own DICOM headers."""
        return self not in (
            ExportKind.MARKUPS,
            ExportKind.STL,
            ExportKind.OBJ,
            ExportKind.VOLUMES,
        )

    @property
    def needs_frame_of_reference(self) -> bool:
        """These say where things are in the patient."""
        return self in (ExportKind.SEG, ExportKind.RTSTRUCT, ExportKind.MEASUREMENTS)

    @property
    def needs_paper(self) -> bool:
        """These are made from the report."""
        return self in (ExportKind.PDF, ExportKind.PICTURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """The report in the forms that travel.

    Attributes
    ----------
    pictures
        ``(key, caption, png)`` of each key picture.
    """

    pdf: bytes
    title: str
    pictures: tuple[tuple[str, str, bytes], ...]


def export_plan(
    out_dir: Path,
    plan: Plan,
    scene: Exported,
    kinds: Collection[ExportKind],
    *,
    paper: PaperForm | None = None,
    verdict: Verdict = Verdict.NOT_EVALUATED,
    plan_file: bytes = b"",
) -> list[Path]:
    """Write the kinds asked for and return the files; after a failure none of them is there.

    File names hold needle numbers, levels and sides, never a patient.

    Parameters
    ----------
    paper
        The report, needed for ``PDF`` and ``PICTURES``.
    verdict
        Anything but CLEAR marks every DICOM object as a draft.
    plan_file
        The bytes of the plan's own file, needed for ``PLAN``.

    Raises
    ------
    PlannerError
        When DICOM is asked for and the scan's own headers are not at hand.
    SaveFailedError
        When the disk refuses.
    """
    if not kinds:
        raise UsageError("Nothing to export was chosen. Choose at least one kind of file.")
    if paper is None and any(kind.needs_paper for kind in kinds):
        raise UsageError("The report is needed to export it as DICOM. Make the report first.")
    if not plan_file and ExportKind.PLAN in kinds:
        raise UsageError("The plan's own file is needed to export it as DICOM. Save it first.")
    possible, left_out = possible_kinds(scene)
    if not set(kinds) <= set(possible):
        raise InputRefusedError("EXPORT-NOT-POSSIBLE", left_out)
    job = _Job.of(plan, scene, kinds, paper=paper, verdict=verdict, plan_file=plan_file)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=out_dir) as name:
            folder = Path(name)
            wanted = [kind for kind in ExportKind if kind in kinds]
            staged = [path for kind in wanted for path in job.write(kind, folder)]
            return [_moved(path, out_dir) for path in staged]
    except OSError as error:
        raise SaveFailedError(
            f"The export to {out_dir} stopped: {error.strerror}. Make room or choose another "
            "folder, then export again."
        ) from error


def possible_kinds(scene: Exported) -> tuple[tuple[ExportKind, ...], str]:
    """Return every kind this scan allows, and in a sentence why others are left out."""
    record = scene.ct.record
    if not record.sop_uids:
        return (
            tuple(kind for kind in ExportKind if not kind.is_dicom),
            "DICOM objects are left out because the scan was not read from DICOM.",
        )
    if not record.frame_of_reference_uid:
        return (
            tuple(kind for kind in ExportKind if not kind.needs_frame_of_reference),
            "DICOM SEG, RTSTRUCT and measurements are left out because the scan states no frame "
            "of reference that they could refer to.",
        )
    return tuple(ExportKind), ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    plan: Plan
    scene: Exported
    parts: tuple[Part, ...]
    source: SourceSeries | None
    paper: PaperForm | None
    plan_file: bytes
    maker: Maker

    @classmethod
    def of(
        cls,
        plan: Plan,
        scene: Exported,
        kinds: Collection[ExportKind],
        *,
        paper: PaperForm | None,
        verdict: Verdict,
        plan_file: bytes,
    ) -> _Job:
        if scene.ct.record.sha256 != plan.scan.sha256:
            raise PlannerError(
                "The loaded scan is not the one the plan was made on, so nothing was exported. "
                "Load the scan of the plan."
            )
        source = None
        if any(kind.is_dicom for kind in kinds):
            source = read_source(scene.ct)
        return cls(
            plan=plan,
            scene=scene,
            parts=parts_of(plan, scene),
            source=source,
            paper=paper,
            plan_file=plan_file,
            maker=Maker(
                plan_id=plan.plan_id,
                revision=plan.revision,
                is_draft=verdict is not Verdict.CLEAR,
                made=datetime.now(UTC),
            ),
        )

    def write(self, kind: ExportKind, folder: Path) -> list[Path]:
        """Write one kind into the folder."""
        if kind.is_dicom:
            return self._dicom(kind, folder)
        writers: dict[ExportKind, Callable[[Path], list[Path]]] = {
            ExportKind.MARKUPS: self._markups,
            ExportKind.STL: lambda folder: self._surfaces(folder, ".stl", write_stl),
            ExportKind.OBJ: lambda folder: self._surfaces(folder, ".obj", write_obj),
            ExportKind.VOLUMES: self._volumes,
        }
        return writers[kind](folder)

    def _markups(self, folder: Path) -> list[Path]:
        return [
            write_markup(
                folder / f"needle-{needle_name(self.plan, item.id)[0]}.mrk.json", item, number
            )
            for number, item in enumerate(self.plan.trajectories, start=1)
        ]

    def _surfaces(
        self, folder: Path, suffix: str, write: Callable[[Path, Vector, NDArray[np.int64]], Path]
    ) -> list[Path]:
        written = []
        for part in self.parts:
            points, triangles = (
                mask_surface(part.mask, part.geometry)
                if part.shape is None
                else spheroid_surface(part.shape)
            )
            written.append(write(folder / f"{part.key}{suffix}", points, triangles))
        return written

    def _volumes(self, folder: Path) -> list[Path]:
        """Write masks on the scan's whole grid, so that any viewer lays them over it."""
        grid = self.scene.ct.geometry
        written = []
        anatomy = self.scene.anatomy
        if anatomy is not None:
            labels = folder / "vertebrae.nii.gz"
            write_volume(labels, anatomy.geometry, anatomy.labels)
            written.append(labels)
        for part in self.parts:
            if not part.key.startswith("vertebra-"):
                path = folder / f"{part.key}.nii.gz"
                write_volume(path, grid, on_grid(part, grid))
                written.append(path)
        return [*written, write_seg_nrrd(folder / "plan.seg.nrrd", self.parts, grid)]

    def _dicom(self, kind: ExportKind, folder: Path) -> list[Path]:
        if self.source is None:
            raise PlannerError("The scan's DICOM headers were not read.")
        source, maker = self.source, self.maker
        if kind is ExportKind.SEG:
            return segmentation.write_segmentations(folder, source, self.parts, maker)
        if kind is ExportKind.RTSTRUCT:
            path = folder / "structures.dcm"
            return [structure_set.write_structure_set(path, source, self.parts, maker)]
        if kind is ExportKind.MEASUREMENTS:
            groups = measured_groups(self.plan, self.scene)
            path = folder / "measurements.dcm"
            return [measurements.write_measurements(path, source, groups, maker)]
        if kind is ExportKind.PLAN:
            path = folder / "plan.dcm"
            return [plan_object.write_plan_object(path, source, self.plan_file, maker)]
        if self.paper is None:
            raise UsageError("The report is needed to export it as DICOM. Make the report first.")
        if kind is ExportKind.PICTURES:
            return documents.write_key_pictures(folder, source, self.paper.pictures, maker)
        path = folder / "report.dcm"
        pdf, title = self.paper.pdf, self.paper.title
        return [documents.write_encapsulated_pdf(path, source, pdf, title, maker)]


def _moved(path: Path, folder: Path) -> Path:
    target = folder / path.name
    shutil.move(path, target)
    return target
