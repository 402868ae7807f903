"""The medium of one vertebra of a patient: HU and outlines on the grid that cement runs on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import InputRefusedError
from planner.domain.while_open import kept_while_open
from planner.geometry.points import PointLps
from planner.physics.cement import Surroundings, Vein, cement_medium
from planner.physics.cement.build import centres_mm
from planner.physics.heat.region import hu_in, labels_in, mask_in, region_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.prediction import PredictedCement
    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.cement.medium import CementMedium

MARGIN_MM = 12.0
"""Tissue about the body: a leak that goes further is a leak all the same."""

BONE_MARGIN_MM = 6.0
"""Tissue about the whole vertebra: enough to see a way that a needle left come out of it."""

SPACING_MM = 1.0


@kept_while_open(4)
def cement_region(ct: CtVolume, anatomy: Anatomy, level: Level) -> CementMedium:
    """Return the medium of a level, made once for the same scan and outlines.

    Raises
    ------
    InputRefusedError
        When the outlines have no body at the level.
    """
    vertebra = anatomy.vertebrae.get(level)
    body = np.argwhere(anatomy.bodies == level.verse_label)
    if vertebra is None or not len(body):
        raise InputRefusedError(
            "ANAT-NO-BODY",
            "The outlines have no vertebral body at the level of the cement needle; correct them "
            "first.",
        )
    scan = anatomy.geometry
    region = _region(scan, body, np.argwhere(anatomy.labels == level.verse_label))
    labels = labels_in(region, anatomy.labels, scan)
    bodies = labels_in(region, anatomy.bodies, scan) == level.verse_label
    bone = (labels == level.verse_label) | bodies
    around = Surroundings(
        bone=bone,
        canal=mask_in(region, anatomy.canal, scan),
        foramina=labels_in(region, anatomy.foramina, scan) > 0,
        discs=labels_in(region, anatomy.discs, scan) > 0,
        closed=((labels > 0) & ~bone) | _beyond_the_scan(ct, region),
        vein=basivertebral_vein(vertebra),
    )
    return cement_medium(hu_in(region, ct.hu, ct.geometry), around, region)


def _region(
    scan: VolumeGeometry, body: NDArray[np.int64], bone: NDArray[np.int64]
) -> VolumeGeometry:
    """Return the grid about voxels (k, j, i) of a body and of its whole vertebra."""
    ends = []
    for voxels, margin_mm in ((body, MARGIN_MM), (bone, BONE_MARGIN_MM)):
        if len(voxels):
            places = scan.lps_mm(voxels[:, ::-1].astype(np.float64))
            ends += [places.min(axis=0) - margin_mm, places.max(axis=0) + margin_mm]
    return region_around(np.array(ends), SPACING_MM, 0.0)


def on_scan(fill: PredictedCement, scan: VolumeGeometry) -> PredictedCement:
    """Return a fill on the voxels of the scan, as other programs and the rules want it.

    A voxel has the arrival of the nearest one of the run.
    """
    reached = np.argwhere(np.isfinite(fill.arrival_ml))
    low, high = np.zeros(3, np.int64), np.ones(3, np.int64)
    if len(reached):
        ends = np.array([reached.min(axis=0) - 1, reached.max(axis=0) + 1])[:, ::-1]
        corners = np.array(np.meshgrid(*ends.T.astype(np.float64))).reshape(3, -1).T
        places = scan.ijk(fill.geometry.lps_mm(corners))
        size = np.array(scan.size_ijk)
        low = np.clip(np.floor(places.min(axis=0)).astype(np.int64), 0, size - 1)
        high = np.clip(np.ceil(places.max(axis=0)).astype(np.int64) + 1, low + 1, size)
    i, j, k = (int(value) for value in high - low)
    grid = scan.cropped((int(low[0]), int(low[1]), int(low[2])), (i, j, k))
    nearest = np.rint(fill.geometry.ijk(centres_mm(grid))).astype(np.int64)[..., ::-1]
    last = np.array(fill.arrival_ml.shape) - 1
    inside = ((nearest >= 0) & (nearest <= last)).all(axis=-1)
    arrival = np.full(grid.shape_kji, np.inf, np.float32)
    arrival[inside] = fill.arrival_ml[tuple(nearest[inside].T)]
    worst = None if fill.worst is None else on_scan(fill.worst, scan)
    return replace(fill, geometry=grid, arrival_ml=arrival, worst=worst)


def basivertebral_vein(vertebra: Vertebra) -> Vein:
    """Return where the vein leaves the body: mid-height in the midline of the posterior wall."""
    forward = np.array(vertebra.anterior)
    centre = vertebra.body_centre
    at = centre.moved(-forward * vertebra.body_size_mm[1] / 2.0)
    wall = vertebra.posterior_wall
    if wall is not None and len(wall.points_mm):
        offset = wall.points_mm - centre.array
        aside = offset @ np.array(vertebra.left)
        above = offset @ np.array(vertebra.superior)
        at = PointLps.of(wall.points_mm[int(np.hypot(aside, above).argmin())])
    x, y, z = vertebra.anterior
    return Vein(at=at, inward=(x, y, z))


def _beyond_the_scan(ct: CtVolume, region: VolumeGeometry) -> NDArray[np.bool_]:
    """Return the voxels of a region that the scan did not see."""
    last = np.array(region.size_ijk) - 1.0
    corners = np.array(np.meshgrid(*((0.0, end) for end in last))).reshape(3, -1).T
    beyond = np.zeros(region.shape_kji, np.bool_)
    if not ct.geometry.contains(region.lps_mm(corners)).all():
        beyond = ~ct.geometry.contains(centres_mm(region))
    if ct.outside_scan is not None:
        beyond |= mask_in(region, ct.outside_scan, ct.geometry)
    return np.asarray(beyond)
