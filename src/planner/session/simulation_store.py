"""Keeps simulations, so that a check made later finds those of the very same inputs.

The name of a file is the digest of what went in. A plan that changed has another digest, finds
nothing, and its rules on temperature are NOT EVALUATED until it is simulated again.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import zipfile
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from planner.domain.coverage import Coverage, MissedPart
from planner.domain.limit_times import LimitTimes
from planner.domain.plan import AblationId
from planner.domain.prediction import Exposure, KilledTissue, ModelLabel, StructureExposure
from planner.domain.simulation import Order, Simulation, StructureCourse, ZoneExtent
from planner.domain.sourced import Status
from planner.domain.while_open import when_scans_go
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.settings import user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT: Final = 8
"""Raised when the layout changes; older files are then made anew."""

REMEMBERED: Final = 8
"""Results kept in memory: a plan, and the few states an undo goes back to."""

ARRAYS: Final = (
    "certain",
    "zone",
    "possible",
    "killed_at_s",
    "certain_at_s",
    "possible_at_s",
    "owner",
    "missed",
    "peak_celsius",
    "lowest_celsius",
)

_log = logging.getLogger(__name__)
_recent: OrderedDict[tuple[Path, str], tuple[Simulation, ...]] = OrderedDict()
when_scans_go(_recent.clear)


def folder() -> Path:
    """Return where results are kept (``PLANNER_CACHE`` overrides the user's cache folder)."""
    return user_cache_folder() / "simulations"


def find_simulations(input_sha256: str) -> tuple[Simulation, ...]:
    """Return the result of these inputs; empty when there is none or it is damaged."""
    key = (folder(), input_sha256)
    found = _recent.get(key)
    if found is None:
        found = _read(_path(input_sha256))
        if any(one.input_sha256 != input_sha256 for one in found):
            _log.warning("a stored simulation is not of the inputs its name says; it is not used")
            return ()
    if found:
        _remember(key, found)
    return found


def keep_simulations(simulations: Sequence[Simulation]) -> None:
    """Keep a result; a disk that is full or read-only only costs the time to run it again."""
    digest = simulations[0].input_sha256
    if any(one.input_sha256 != digest for one in simulations):
        raise ValueError("results of different inputs cannot be kept as one")
    path = _path(digest)
    _remember((folder(), digest), tuple(simulations))
    arrays: dict[str, Any] = {}
    for number, one in enumerate(simulations):
        arrays |= {f"{number}/{name}": getattr(one, name) for name in ARRAYS}
    documents = [_document(one) for one in simulations]
    arrays["document"] = np.frombuffer(json.dumps(documents).encode(), dtype=np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, **arrays)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        _log.warning("a simulation was not kept for next time: %s", error.strerror)


def _remember(key: tuple[Path, str], simulations: tuple[Simulation, ...]) -> None:
    _recent.pop(key, None)
    _recent[key] = simulations
    while len(_recent) > REMEMBERED:
        _recent.popitem(last=False)


def _path(input_sha256: str) -> Path:
    return folder() / f"{FORMAT}-{input_sha256[:32]}.npz"


def _read(path: Path) -> tuple[Simulation, ...]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            documents = json.loads(stored["document"].tobytes())
            return tuple(
                _decoded(document, {name: stored[f"{number}/{name}"] for name in ARRAYS})
                for number, document in enumerate(documents)
            )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        _log.warning("the stored simulation %s is damaged; it is not used", path.name)
        return ()


def _document(one: Simulation) -> dict[str, Any]:
    return {
        "input_sha256": one.input_sha256,
        "order": one.order,
        "is_cold": one.is_cold,
        "model": asdict(one.model),
        "size_ijk": one.geometry.size_ijk,
        "affine": one.geometry.affine,
        "band_mm": one.band_mm,
        "total_s": one.total_s,
        "extents": {key: asdict(value) for key, value in one.extents.items()},
        "courses": {key: asdict(value) for key, value in one.courses.items()},
        "exposures": {
            key: {name: asdict(at) for name, at in value.at_structures.items()}
            for key, value in one.exposures.items()
        },
        "runs": dict(one.runs),
        "arrhenius_ml": one.arrhenius_ml,
        "coverage": _plain_coverage(one.coverage),
        "target_coverage": _plain_coverage(one.target_coverage),
        "left_out": dict(one.left_out),
    }


def _decoded(document: Mapping[str, Any], arrays: Mapping[str, Any]) -> Simulation:
    label = document["model"]
    model = ModelLabel(
        **{**label, "inputs": tuple(label["inputs"]), "status": Status(label["status"])}
    )
    geometry = VolumeGeometry.from_matrix(
        tuple(document["size_ijk"]), np.array(document["affine"], dtype=np.float64)
    )
    lesion, target = (_coverage(document[key]) for key in ("coverage", "target_coverage"))
    coverage = tuple(one for one in (lesion, target) if one is not None)
    return Simulation(
        input_sha256=document["input_sha256"],
        order=Order(document["order"]),
        is_cold=document["is_cold"],
        model=model,
        geometry=geometry,
        **arrays,
        band_mm=document["band_mm"],
        total_s=document["total_s"],
        extents={AblationId(k): ZoneExtent(**v) for k, v in document["extents"].items()},
        courses={name: _course(value) for name, value in document["courses"].items()},
        exposures={
            AblationId(key): Exposure(
                ablation_id=AblationId(key),
                at_structures={name: _exposure(at) for name, at in value.items()},
                killed=KilledTissue(
                    geometry=geometry,
                    dead=arrays["zone"] & (arrays["owner"] == number),
                    certain=arrays["certain"],
                ),
                model=model,
                coverage=coverage,
            )
            for number, (key, value) in enumerate(document["exposures"].items())
        },
        runs=document["runs"],
        arrhenius_ml=document["arrhenius_ml"],
        coverage=lesion,
        target_coverage=target,
        left_out={AblationId(key): why for key, why in document["left_out"].items()},
    )


def _plain_coverage(coverage: Coverage | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    at = coverage.missed_at
    return asdict(coverage) | {"missed_at": None if at is None else at.array.tolist()}


def _course(document: Mapping[str, Any]) -> StructureCourse:
    at = document["at_mm"]
    readings = tuple((seconds, celsius) for seconds, celsius in document["readings"])
    return StructureCourse(
        **{
            **document,
            "at_mm": None if at is None else tuple(at),
            "readings": readings,
            "times": _times(document["times"]),
        }
    )


def _exposure(document: Mapping[str, Any]) -> StructureExposure:
    return StructureExposure(**{**document, "times": _times(document["times"])})


def _times(document: Mapping[str, Any] | None) -> LimitTimes | None:
    return None if document is None else LimitTimes(**document)


def _coverage(document: Mapping[str, Any] | None) -> Coverage | None:
    if document is None:
        return None
    at = document["missed_at"]
    return Coverage(
        **{
            **document,
            "curve": tuple((step, percent) for step, percent in document["curve"]),
            "missed_at": None if at is None else PointLps.of(at),
            "missed_parts": tuple(MissedPart(**part) for part in document["missed_parts"]),
        }
    )
