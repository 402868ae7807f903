"""One digest over everything a check looks at, so that a late verdict is known to be late."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.while_open import kept_while_open
from planner.safety.beating import beat
from planner.safety.gives import gives
from planner.safety.same_array import SameArray, SameEntries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.plan import Plan
    from planner.domain.prediction import Exposure, PredictedCement
    from planner.domain.volume import CtVolume
    from planner.safety.scene import Scene

RULES_VERSION = "7"
"""Raised when the meaning of a rule changes in code, so that an old verdict never counts."""

SOLIDS = 8
"""Fills and simulated zones whose digests are kept; each is some megabytes, and a plan has few."""


def input_digest(plan: Plan, scene: Scene) -> str:
    """Return a SHA-256 over the plan and the scene; the revision and the file are left out."""
    cements = sorted(scene.cements.items())
    return _digest(
        RULES_VERSION,
        replace(plan, revision=0, saved_sha256=""),
        scan_digest(scene.ct),
        anatomy_digest(scene.anatomy),
        sorted(scene.zones.items()),
        [(key, exposure_digest(one)) for key, one in sorted(scene.exposures.items())],
        [(key, cement_digest(cement)) for key, cement in cements],
        entries_digest(SameEntries(tuple(scene.catalog.rules.items()))),
        entries_digest(SameEntries(tuple(scene.catalog.devices.items()))),
        entries_digest(SameEntries(tuple(scene.catalog.needles.items()))),
        scene.today,
    )


@kept_while_open(4)
@gives(str)
def scan_digest(ct: CtVolume) -> str:
    """Return a digest of a scan; its own record vouches for the voxels."""
    record = ct.record
    seen = (record.sha256, record.patient_position, record.acquired, record.slice_thickness_mm)
    return _digest(seen, ct.geometry, _array(ct.outside_scan))


@kept_while_open(4)
@gives(str)
def anatomy_digest(anatomy: Anatomy) -> str:
    """Return a digest of outlines; worked out once for each, because arrays are large."""
    arrays = {
        "labels": anatomy.labels,
        "bodies": anatomy.bodies,
        "discs": anatomy.discs,
        "foramina": anatomy.foramina,
        "canal": anatomy.canal,
        "lesion": anatomy.lesion,
        **anatomy.masks,
    }
    return _digest(
        anatomy.geometry,
        anatomy.backend,
        anatomy.ct_sha256,
        repr(sorted((name, sorted(levels)) for name, levels in anatomy.seen_at.items())),
        *((name, _array(arrays[name])) for name in sorted(arrays)),
        *(_vertebra(anatomy.vertebrae[level]) for level in sorted(anatomy.vertebrae)),
    )


@kept_while_open(SOLIDS)
@gives(str)
def cement_digest(cement: PredictedCement) -> str:
    """Return a digest of a predicted fill."""
    return _digest(
        _array(cement.arrival_ml),
        None if cement.worst is None else cement_digest(cement.worst),
        cement.cavity,
        cement.cement_injection_id,
        cement.geometry,
        cement.asked_ml,
        cement.placed_ml,
        cement.fill_fraction,
        cement.band_mm,
        cement.model,
    )


@kept_while_open(SOLIDS)
@gives(str)
def exposure_digest(exposure: Exposure) -> str:
    """Return a digest of what was simulated of one ablation."""
    killed = exposure.killed
    return _digest(
        exposure.ablation_id,
        sorted(exposure.at_structures.items()),
        killed.geometry,
        _array(killed.dead),
        _array(killed.certain),
        exposure.model,
    )


@lru_cache(maxsize=12)
@gives(str)
def entries_digest(key: SameEntries) -> str:
    """Return a digest of one part of the catalogue, worked out once for the same entries."""
    return _digest(sorted(key.entries))


@kept_while_open(128)
@gives(str)
def array_digest(key: SameArray) -> str:
    """Return a digest of an array's type, shape and values, worked out once."""
    beat()
    array = key.array
    digest = hashlib.sha256(f"{array.dtype} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@gives(str)
def _array(array: NDArray[np.generic] | None) -> str:
    return "none" if array is None else array_digest(SameArray(array))


@gives(str)
def _vertebra(vertebra: Vertebra) -> str:
    wall = vertebra.posterior_wall
    parts = (replace(vertebra, posterior_wall=None), wall is None)
    if wall is None:
        return _digest(*parts)
    return _digest(
        *parts, wall.intact, wall.breaches, _array(wall.points_mm), _array(wall.cortex_hu)
    )


@gives(str)
def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
