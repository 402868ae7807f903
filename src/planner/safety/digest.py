"""One digest over everything a check looks at, so that a late verdict is known to be late."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.plan import Plan
    from planner.domain.prediction import PredictedCement
    from planner.domain.volume import CtVolume
    from planner.safety.scene import Scene

RULES_VERSION = "1"
"""Raised when the meaning of a rule changes in code, so that an old verdict never counts."""


def input_digest(plan: Plan, scene: Scene) -> str:
    """Return a SHA-256 over the plan and the scene; the revision and the file are left out."""
    parts = [
        RULES_VERSION,
        repr(replace(plan, revision=0, saved_sha256="")),
        scan_digest(scene.ct),
        scene.today.isoformat(),
        anatomy_digest(scene.anatomy),
        repr(sorted(scene.zones.items())),
        repr(sorted(scene.exposures.items(), key=lambda item: item[0])),
        repr(sorted((key, cement_digest(value)) for key, value in scene.cements.items())),
        repr(sorted(scene.catalog.rules.items(), key=lambda item: item[0])),
        repr(sorted(scene.catalog.devices.items(), key=lambda item: item[0])),
        repr(sorted(scene.catalog.needles.items(), key=lambda item: item[0])),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4)
def scan_digest(ct: CtVolume) -> str:
    """Return a digest of a scan; its own record vouches for the voxels."""
    record = ct.record
    seen = (record.sha256, record.patient_position, record.acquired, record.slice_thickness_mm)
    digest = hashlib.sha256(repr((seen, ct.geometry)).encode())
    _add(digest, "outside", ct.outside_scan)
    return digest.hexdigest()


@lru_cache(maxsize=4)
def anatomy_digest(anatomy: Anatomy) -> str:
    """Return a digest of outlines; worked out once for each, because arrays are large."""
    digest = hashlib.sha256(repr((anatomy.geometry, anatomy.backend, anatomy.ct_sha256)).encode())
    arrays = {
        "labels": anatomy.labels,
        "bodies": anatomy.bodies,
        "discs": anatomy.discs,
        "foramina": anatomy.foramina,
        "canal": anatomy.canal,
        "lesion": anatomy.lesion,
        **anatomy.masks,
    }
    for name in sorted(arrays):
        _add(digest, name, arrays[name])
    for level in sorted(anatomy.vertebrae):
        _add_vertebra(digest, anatomy.vertebrae[level])
    return digest.hexdigest()


@lru_cache(maxsize=32)
def cement_digest(cement: PredictedCement) -> str:
    """Return a digest of a predicted fill."""
    digest = hashlib.sha256()
    _add(digest, "arrival", cement.arrival_ml)
    rest = (
        cement.cement_injection_id,
        cement.geometry,
        cement.asked_ml,
        cement.placed_ml,
        cement.fill_fraction,
        cement.band_mm,
        cement.model,
    )
    digest.update(repr(rest).encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, name: str, array: NDArray[np.generic] | None) -> None:
    if array is None:
        digest.update(f"{name} none".encode())
        return
    digest.update(f"{name} {array.dtype} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)


def _add_vertebra(digest: hashlib._Hash, vertebra: Vertebra) -> None:
    wall = vertebra.posterior_wall
    digest.update(repr(replace(vertebra, posterior_wall=None)).encode())
    if wall is not None:
        digest.update(repr((wall.intact, wall.breaches)).encode())
        _add(digest, "wall", wall.points_mm)
        _add(digest, "cortex", wall.cortex_hu)
