"""The lesion of one level, and how much of it the zones cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.safety.measured import MissingInputError
from planner.safety.surfaces import in_voxels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Vertebra
    from planner.domain.levels import Level
    from planner.domain.plan import Ablation
    from planner.domain.prediction import PredictedZone
    from planner.geometry.points import Vector
    from planner.safety.case import Case

ML_PER_MM3 = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class LevelLesion:
    """The outlined lesion inside one vertebra.

    Attributes
    ----------
    points_mm
        Voxel centres, shape ``(n, 3)``, LPS.
    largest_fraction
        The larger of its share of the body's volume and of the body's axial extent.
    """

    points_mm: Vector
    voxel_ml: float
    largest_fraction: float


def lesion_at(case: Case, level: Level) -> LevelLesion:
    """Return the lesion of a level.

    Raises
    ------
    MissingInputError
        When no lesion is outlined there.
    """
    case.vertebra(level)  # asked for first, because a lesion of no vertebra means nothing
    return case.ruler.remembered(_lesion_at, case, level, about=level)


def _lesion_at(case: Case, level: Level) -> LevelLesion:
    anatomy, vertebra = case.scene.anatomy, case.vertebra(level)
    points = case.ruler.lesion_points(level)
    if not len(points):
        raise MissingInputError(f"no lesion is outlined in {level}", structure="lesion")
    voxel_ml = anatomy.geometry.voxel_volume_mm3 * ML_PER_MM3
    in_body = body_coordinates(vertebra, points)
    extent = np.ptp(in_body[:, :2], axis=0) / np.array(vertebra.body_size_mm[:2])
    body_ml = vertebra.body_volume_ml
    share = len(points) * voxel_ml / body_ml if body_ml > 0.0 else np.nan
    widest = float(extent.max())
    if not np.isfinite((share, widest)).all():
        raise MissingInputError(f"the size of the body of {level}")
    return LevelLesion(points, voxel_ml, max(share, widest))


def body_coordinates(vertebra: Vertebra, points_mm: Vector) -> NDArray[np.float64]:
    """Return points in the body's own frame (left, anterior, superior), mm, shape ``(n, 3)``."""
    axes = np.array((vertebra.left, vertebra.anterior, vertebra.superior))
    return np.asarray((points_mm - vertebra.body_centre.array) @ axes.T)


def covered(case: Case, level: Level) -> NDArray[np.bool_]:
    """Tell which points of the lesion of a level lie in a zone, each zone shrunk by its band.

    What is doubtful counts as not covered: once a zone was simulated, a point in it must die in
    every run as well.
    """
    zones = [(one, case.zone(one)) for one in case.plan.ablations if case.level_of(one) is level]
    shapes = tuple((zone.shape, zone.band_mm) for _, zone in zones)
    runs = tuple(case.scene.exposures.get(one.id) for one, _ in zones)
    return case.ruler.remembered(_covered, case, level, zones, about=(level, shapes, runs))


def _covered(
    case: Case, level: Level, zones: Sequence[tuple[Ablation, PredictedZone]]
) -> NDArray[np.bool_]:
    inside = np.zeros(len(case.ruler.lesion_points(level)), dtype=np.bool_)
    for ablation, zone in zones:
        distance = case.ruler.lesion_in_zone(zone.shape, level)
        if distance.shape != inside.shape or not np.isfinite(distance).all():
            raise MissingInputError(
                f"how far the {case.called(ablation)} reaches", kind="prediction"
            )
        dies = distance <= -zone.band_mm
        simulated = case.scene.exposures.get(ablation.id)
        if simulated is not None:
            killed = simulated.killed
            dies &= in_voxels(killed.geometry, killed.certain, case.ruler.lesion_points(level))
        inside |= dies
    return inside
