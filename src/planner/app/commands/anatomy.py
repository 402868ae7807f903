"""``planner segment``."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy import LesionReport, report_lesion, vertebra_parts
from planner.app.output import Json, Outcome, check_out_folder, progress
from planner.catalog import load_catalog
from planner.document.plan_file import load_plan
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.plan import AnatomyBinding
from planner.imaging import write_volume
from planner.session.cases import open_case
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
    from planner.domain.corrections import LesionGrown
    from planner.domain.plan import Plan
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.geometry.volume_geometry import VolumeGeometry


def segment(arguments: argparse.Namespace) -> Outcome:
    """Outline the vertebrae of a CT and write them on its grid."""
    check_out_folder(arguments.out)
    started = time.perf_counter()
    corrected = None if arguments.corrections is None else load_plan(arguments.corrections)
    case = open_case(
        arguments.ct,
        load_catalog(user_data_folder()),
        series_uid=arguments.series,
        binding=_corrected(
            _binding(arguments.backend, tuple(arguments.seed)),
            corrected,
            arguments.lesion,
        ),
        of_plan=corrected,
        report=progress,
    )
    anatomy = case.anatomy
    write_volume(
        arguments.out, case.ct.geometry, on_grid_of(case.ct, anatomy.geometry, anatomy.labels)
    )
    if arguments.structures:
        write_structures(arguments.structures, case.ct, anatomy)
    return Outcome(
        {
            "levels": {level: _vertebra(v) for level, v in anatomy.vertebrae.items()},
            "lesions": _lesions(case.ct, anatomy),
            "scan": {
                "verdict": case.ct.record.verdict,
                "findings": [found.code for found in case.ct.record.findings],
            },
            "backend": anatomy.backend,
            "notes": list(anatomy.notes),
            "out": str(arguments.out),
            "seconds": time.perf_counter() - started,
        }
    )


def _binding(backend: str, seeds: tuple[tuple[object, object], ...]) -> AnatomyBinding:
    name, colon, place = backend.partition(":")
    if name == "import" and colon:
        return AnatomyBinding(backend="import", locator=str(Path(place).resolve()), seeds=seeds)  # type: ignore[arg-type]
    if backend not in {"builtin", "totalsegmentator"}:
        raise UsageError(
            f"'{backend}' is not a segmenter; write builtin, totalsegmentator or import:FILE"
        )
    return AnatomyBinding(backend=backend, seeds=seeds)  # type: ignore[arg-type]


def _corrected(
    binding: AnatomyBinding, plan: Plan | None, lesions: Sequence[LesionGrown]
) -> AnatomyBinding:
    """Add the corrections of a plan and the lesions that were clicked."""
    if plan is not None:
        made = plan.anatomy
        known = {level for level, _ in binding.seeds}
        seeds = tuple(seed for seed in made.seeds if seed[0] not in known)
        binding = replace(binding, seeds=binding.seeds + seeds, corrections=made.corrections)
    return replace(binding, corrections=(*binding.corrections, *lesions))


def _lesions(ct: CtVolume, anatomy: Anatomy) -> Json:
    """Describe the lesion of every level that has one; say why where that fails."""
    if anatomy.lesion is None:
        return {}
    found = np.unique(anatomy.labels[anatomy.lesion])
    out: dict[str, Json] = {}
    for number in found[found > 0]:
        level = Level.from_verse_label(int(number))
        try:
            out[level] = _lesion(report_lesion(ct, anatomy, level))
        except UsageError as refusal:
            out[level] = {"not_described": str(refusal)}
    return out


def _lesion(report: LesionReport) -> Json:
    return {
        "volume_ml": report.volume_ml,
        "share_of_body": report.share_of_body,
        "kind": report.kind,
        "parts_ml": {part.words: volume for part, volume in report.parts_ml.items()},
        "target": {
            "parts": [part.words for part in report.target_parts],
            "volume_ml": report.target_ml,
            "source": report.target_source,
        },
        "escc": {"at_least": report.escc_at_least, "why": report.epidural},
        "sins": {
            "range": list(report.sins_range),
            "source": report.sins_source,
            "parts": [
                {"name": part.name, "points": part.points, "why": part.why} for part in report.sins
            ],
        },
    }


def on_grid_of(
    ct: CtVolume, crop: VolumeGeometry, cropped: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return an array on a crop of the CT's grid laid into the full grid."""
    start = np.rint(ct.geometry.ijk(crop.lps_from_ijk[:3, 3])).astype(int)
    i, j, k = crop.size_ijk
    full = np.zeros(ct.geometry.shape_kji, dtype=np.uint8)
    full[start[2] : start[2] + k, start[1] : start[1] + j, start[0] : start[0] + i] = cropped
    return full


def write_structures(folder: Path, ct: CtVolume, anatomy: Anatomy) -> None:
    """Write every structure on the grid of the CT, one file each; ``labels`` among them.

    In what is estimated 1 is possible and 2 likely.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        "labels": anatomy.labels,
        "canal": anatomy.canal.astype(np.uint8),
        "foramina": anatomy.foramina,
        "discs": anatomy.discs,
        "bodies": anatomy.bodies,
        "posterior_wall": _wall_voxels(anatomy),
        "lesion": np.zeros_like(anatomy.labels)
        if anatomy.lesion is None
        else anatomy.lesion.astype(np.uint8),
        "parts": _parts(anatomy),
    }
    arrays |= {name: mask.astype(np.uint8) for name, mask in anatomy.masks.items()}
    for name, array in arrays.items():
        write_volume(
            folder / f"{name.replace(':', '-')}.nii.gz",
            ct.geometry,
            on_grid_of(ct, anatomy.geometry, array),
        )
    for name, region in anatomy.estimates.items():
        grades = region.possible.astype(np.uint8) + region.likely
        path = folder / f"{name}.nii.gz"
        write_volume(path, ct.geometry, on_grid_of(ct, region.geometry, grades))


def _parts(anatomy: Anatomy) -> NDArray[np.uint8]:
    """Return the parts of every vertebra that has both pedicles, by ``VertebraPart``."""
    out = np.zeros_like(anatomy.labels)
    for level, vertebra in anatomy.vertebrae.items():
        if len(vertebra.pedicles) == len(Side):
            box, parts = vertebra_parts(anatomy, level)
            out[box][parts > 0] = parts[parts > 0]
    return out


def _wall_voxels(anatomy: Anatomy) -> NDArray[np.uint8]:
    """Return the voxels the posterior wall surfaces run through, by VerSe number."""
    voxels = np.zeros_like(anatomy.labels)
    for level, vertebra in anatomy.vertebrae.items():
        if vertebra.posterior_wall is None:
            continue
        points = vertebra.posterior_wall.points_mm
        index = np.rint(anatomy.geometry.ijk(points[anatomy.geometry.contains(points)]))
        i, j, k = index.astype(int).T
        voxels[k, j, i] = level.verse_label
    return voxels


def _vertebra(vertebra: Vertebra) -> Json:
    wall = vertebra.posterior_wall
    return {
        "label": vertebra.level.verse_label,
        "centroid_mm": xyz(vertebra.centroid),
        "volume_ml": vertebra.volume_ml,
        "quality": {
            "verdict": vertebra.quality.verdict,
            "flags": list(vertebra.quality.flags),
        },
        "level_doubt": vertebra.level_doubt,
        "pedicles": {side: _pedicle(p) for side, p in vertebra.pedicles.items()},
        "posterior_wall": {
            "intact": None if wall is None else wall.intact,
            "breaches": []
            if wall is None
            else [{"at_mm": xyz(b.at), "area_mm2": b.area_mm2} for b in wall.breaches],
        },
    }


def _pedicle(pedicle: Pedicle) -> Json:
    return {
        "isthmus_mm": xyz(pedicle.isthmus),
        "width_mm": pedicle.width_mm.as_list(),
        "height_mm": pedicle.height_mm.as_list(),
        "axis": list(pedicle.axis),
    }


def xyz(point: PointLps) -> list[float]:
    """Return a point as ``[x, y, z]`` in LPS mm."""
    return [point.x_mm, point.y_mm, point.z_mm]
