"""Keeps outlines on disk, so that the next command does not make them again."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planner import __version__
from planner.anatomy.builtin import BACKEND
from planner.domain.anatomy import (
    Anatomy,
    EstimatedRegion,
    Origin,
    Pedicle,
    PosteriorWall,
    Quality,
    QualityVerdict,
    SpineGuides,
    Vertebra,
    WallBreach,
)
from planner.domain.corrections import DiscPlane
from planner.domain.levels import Level, Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.settings import user_cache_folder

if TYPE_CHECKING:
    from planner.domain.plan import AnatomyBinding
    from planner.domain.volume import CtVolume

FORMAT = 4
"""Raised when the layout of a stored anatomy changes; older files are then made anew."""

_log = logging.getLogger(__name__)

GUIDES = ("canal_mm", "posterior_wall_mm", "anterior_wall_mm")

GRIDS = ("labels", "bodies", "discs", "foramina", "canal")


def folder() -> Path:
    """Return where outlines are kept (``PLANNER_CACHE`` overrides the user's cache folder)."""
    return user_cache_folder() / "anatomy"


def load_anatomy(ct: CtVolume, binding: AnatomyBinding) -> Anatomy | None:
    """Return the stored outlines, or ``None`` when there are none or they are damaged."""
    path = _path(ct, binding)
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _decode(stored)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        _log.warning("the stored outlines %s are damaged; they are made anew", path.name)
        return None


def store_anatomy(ct: CtVolume, binding: AnatomyBinding, anatomy: Anatomy) -> None:
    """Keep outlines; a disk that is full or read-only only costs the time to make them again."""
    path = _path(ct, binding)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, **_encode(anatomy))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        _log.warning("outlines were not kept for next time: %s", error.strerror)


def _path(ct: CtVolume, binding: AnatomyBinding) -> Path:
    digest = hashlib.sha256()
    labels = Path(binding.locator).read_bytes() if binding.locator else b""
    words = repr([(str(level), point) for level, point in binding.seeds])
    # The repr of a correction holds every number to the last bit, and is the same on every run.
    words += binding.backend.split()[0] + repr(binding.corrections)
    for part in (
        f"{FORMAT} {__version__} {BACKEND} {ct.record.sha256} {words}".encode(),
        hashlib.sha256(labels).digest(),
    ):
        digest.update(part)
    return folder() / f"{digest.hexdigest()[:32]}.npz"


def _encode(anatomy: Anatomy) -> dict[str, Any]:
    arrays: dict[str, Any] = {name: getattr(anatomy, name) for name in GRIDS}
    arrays |= {f"mask/{name}": mask for name, mask in anatomy.masks.items()}
    for name, region in anatomy.estimates.items():
        arrays |= {f"likely/{name}": region.likely, f"possible/{name}": region.possible}
    if anatomy.lesion is not None:
        arrays["lesion"] = anatomy.lesion
    for level, vertebra in anatomy.vertebrae.items():
        if wall := vertebra.posterior_wall:
            arrays[f"wall/{level}/points"] = wall.points_mm
            arrays[f"wall/{level}/cortex"] = wall.cortex_hu
    if guides := anatomy.guides:
        arrays |= {f"guide/{name}": getattr(guides, name) for name in GUIDES}
    document = {
        "size_ijk": anatomy.geometry.size_ijk,
        "affine": anatomy.geometry.affine,
        "backend": anatomy.backend,
        "ct_sha256": anatomy.ct_sha256,
        "notes": anatomy.notes,
        "discs": [[*_xyz(disc.middle), *disc.normal] for disc in anatomy.guides.discs]
        if anatomy.guides
        else None,
        "seen_at": {name: sorted(levels) for name, levels in anatomy.seen_at.items()},
        "estimates": {
            name: [region.geometry.size_ijk, region.geometry.affine]
            for name, region in anatomy.estimates.items()
        },
        "vertebrae": [_vertebra_document(v) for v in anatomy.vertebrae.values()],
    }
    arrays["document"] = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
    return arrays


def _xyz(point: PointLps) -> list[float]:
    return [point.x_mm, point.y_mm, point.z_mm]


def _vertebra_document(vertebra: Vertebra) -> dict[str, Any]:
    wall = vertebra.posterior_wall
    return {
        "level": vertebra.level,
        "centroid": _xyz(vertebra.centroid),
        "volume_ml": vertebra.volume_ml,
        "body_centre": _xyz(vertebra.body_centre),
        "body_volume_ml": vertebra.body_volume_ml,
        "body_size_mm": vertebra.body_size_mm,
        "frame": [vertebra.left, vertebra.anterior, vertebra.superior],
        "quality": [vertebra.quality.verdict, list(vertebra.quality.flags)],
        "origin": vertebra.origin,
        "level_doubt": vertebra.level_doubt,
        "pedicles": [
            {
                "side": p.side,
                "isthmus": _xyz(p.isthmus),
                "axis": p.axis,
                "width_mm": p.width_mm.as_list(),
                "height_mm": p.height_mm.as_list(),
            }
            for p in vertebra.pedicles.values()
        ],
        "wall": None
        if wall is None
        else {
            "intact": wall.intact,
            "breaches": [[*_xyz(b.at), b.area_mm2] for b in wall.breaches],
        },
    }


def _decode(stored: Any) -> Anatomy:
    document = json.loads(stored["document"].tobytes())
    vertebrae = [_vertebra(item, stored) for item in document["vertebrae"]]
    return Anatomy(
        geometry=VolumeGeometry.from_matrix(
            tuple(document["size_ijk"]), np.array(document["affine"], dtype=np.float64)
        ),
        **{name: stored[name] for name in GRIDS},
        lesion=stored.get("lesion"),
        masks={
            name.removeprefix("mask/"): stored[name]
            for name in stored.files
            if name.startswith("mask/")
        },
        vertebrae={vertebra.level: vertebra for vertebra in vertebrae},
        backend=document["backend"],
        ct_sha256=document["ct_sha256"],
        notes=tuple(document["notes"]),
        seen_at={
            name: frozenset(Level(level) for level in levels)
            for name, levels in document["seen_at"].items()
        },
        guides=None if document["discs"] is None else _guides(document["discs"], stored),
        estimates={
            name: EstimatedRegion(
                geometry=VolumeGeometry.from_matrix(
                    tuple(size), np.array(affine, dtype=np.float64)
                ),
                likely=stored[f"likely/{name}"],
                possible=stored[f"possible/{name}"],
            )
            for name, (size, affine) in document["estimates"].items()
        },
    )


def _guides(discs: list[list[float]], stored: Any) -> SpineGuides:
    return SpineGuides(
        discs=tuple(
            DiscPlane(middle=PointLps.of(row[:3]), normal=(row[3], row[4], row[5]))
            for row in discs
        ),
        **{name: stored[f"guide/{name}"] for name in GUIDES},
    )


def _vertebra(item: dict[str, Any], stored: Any) -> Vertebra:
    level = Level(item["level"])
    left, anterior, superior = (tuple(axis) for axis in item["frame"])
    pedicles = [_pedicle(entry) for entry in item["pedicles"]]
    return Vertebra(
        level=level,
        centroid=PointLps.of(item["centroid"]),
        volume_ml=item["volume_ml"],
        body_centre=PointLps.of(item["body_centre"]),
        body_volume_ml=item["body_volume_ml"],
        body_size_mm=tuple(item["body_size_mm"]),
        left=left,
        anterior=anterior,
        superior=superior,
        quality=Quality(
            verdict=QualityVerdict(item["quality"][0]), flags=tuple(item["quality"][1])
        ),
        origin=Origin(item["origin"]),
        pedicles={pedicle.side: pedicle for pedicle in pedicles},
        posterior_wall=None if item["wall"] is None else _wall(item["wall"], level, stored),
        level_doubt=item["level_doubt"],
    )


def _pedicle(entry: dict[str, Any]) -> Pedicle:
    return Pedicle(
        side=Side(entry["side"]),
        isthmus=PointLps.of(entry["isthmus"]),
        axis=tuple(entry["axis"]),
        width_mm=Interval(*entry["width_mm"]),
        height_mm=Interval(*entry["height_mm"]),
    )


def _wall(entry: dict[str, Any], level: Level, stored: Any) -> PosteriorWall:
    return PosteriorWall(
        points_mm=stored[f"wall/{level}/points"],
        cortex_hu=stored[f"wall/{level}/cortex"],
        intact=entry["intact"],
        breaches=tuple(
            WallBreach(at=PointLps.of(values[:3]), area_mm2=values[3])
            for values in entry["breaches"]
        ),
    )
