"""Plans and scenes that differ from the good one in a single thing."""

from dataclasses import replace

import numpy as np

from planner.domain.anatomy import PosteriorWall
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.prediction import StructureExposure
from planner.domain.sourced import Sourced, Status
from safety.cases import (
    CATALOG,
    exposure_for,
    good_plan,
    good_scene,
    spine,
    zone_for,
)

BLOCK, STOP, WARN, INFO = Severity.BLOCK, Severity.STOP, Severity.WARN, Severity.INFO
NOT_EVALUATED = Severity.NOT_EVALUATED


def answered(**answers):
    plan = good_plan()
    return replace(plan, clinical=replace(plan.clinical, **answers))


def with_anatomy(plan, **changes):
    ct, anatomy = spine()
    return good_scene(plan, ct, replace(anatomy, **changes))


def with_vertebra(plan, level=Level.L3, **changes):
    _, anatomy = spine()
    vertebrae = dict(anatomy.vertebrae)
    vertebrae[level] = replace(vertebrae[level], **changes)
    return with_anatomy(plan, vertebrae=vertebrae)


def with_device(plan, **changes):
    devices = {**CATALOG.devices, "eco-mwa": replace(CATALOG.devices["eco-mwa"], **changes)}
    return good_scene(plan, catalog=replace(CATALOG, devices=devices))


def with_numbers(plan, **numbers):
    old = CATALOG.devices["eco-mwa"].numbers
    new = {key: Sourced(value=v, status=Status.VERIFIED, source="s") for key, v in numbers.items()}
    return with_device(plan, numbers={**old, **new})


def exposed(plan, *, peak=37.0, lowest=37.0, dose=0.0, band=0.0, names=None):
    """The plan's zone made large enough to matter, and simulated to be a little smaller."""
    names = names or ["canal"] + [
        f"foramen:{level}:{side}" for level in ("L2", "L3", "L4") for side in Side
    ]
    one = StructureExposure(
        peak_celsius=peak, lowest_celsius=lowest, cem43_min=dose, band_celsius=band
    )
    exposure = exposure_for(plan, dict.fromkeys(names, one), radius=9.0)
    zone = zone_for(plan, half_length=10.0, half_width=10.0)
    return {"zones": {"a1": zone}, "exposures": {"a1": exposure}}


def broken(intact=False, breaches=()):
    _, anatomy = spine()
    wall = anatomy.vertebrae[Level.L3].posterior_wall
    return PosteriorWall(
        points_mm=wall.points_mm, cortex_hu=wall.cortex_hu, intact=intact, breaches=breaches
    )


def big_lesion():
    _, anatomy = spine()
    k, j, i = np.indices(anatomy.labels.shape)
    place = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1))
    return (anatomy.bodies == Level.L3.verse_label) & (np.abs(place[..., 0]) <= 16.0)
