"""Plans and scenes that differ from the good one in a single thing."""

from dataclasses import replace

import numpy as np

from planner.domain.anatomy import PosteriorWall
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.domain.plan import CementTechnique
from planner.domain.prediction import StructureExposure
from planner.domain.protection import LayerId, ProtectionLayer
from planner.domain.sourced import Interval, Sourced, Status
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
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


def with_balloon(at=(8.0, -7.0, 4.0), technique=CementTechnique.BALLOON_KYPHOPLASTY, drawn=True):
    """A plan whose balloon or stent of 4 mL opens as a ball about a place, and its scene."""
    plan = good_plan()
    first = replace(plan.cements[0], technique=technique, cavity_ml=4.0)
    plan = replace(plan, cements=(first,))
    scene = good_scene(plan)
    radius = (4000.0 * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    cavity = Spheroid(PointLps(*at), (0.0, 0.0, 1.0), radius, radius) if drawn else None
    return plan, replace(scene, cements={"c1": replace(scene.cements["c1"], cavity=cavity)})


def layer(agent, side):
    """A layer beside the canal of L3, in front of it or behind it (``side`` is +1)."""
    _, anatomy = spine()
    canal = np.argwhere(anatomy.canal)[:, ::-1].astype(float)
    middle = anatomy.geometry.lps_mm(canal.mean(axis=0))
    return ProtectionLayer(
        id=LayerId("layer1"),
        agent=agent,
        centre=PointLps.of(middle + side * np.array([0.0, 9.0, 0.0])),
        across=(0.0, 1.0, 0.0),
        thickness_mm=5.0,
        width_mm=20.0,
    )


NOT_OUTLINED = (
    "foramina",
    "pedicles",
    "wall",
    "no wall",
    "skin",
    "lesion",
    "another lesion",
    "vertebra",
    "labels",
    "volume",
    "neighbours",
    "width",
)


def less(what):
    """The scene of a good plan without one thing that was outlined."""
    _, anatomy = spine()
    plan = good_plan()
    if what == "foramina":
        return with_anatomy(plan, foramina=np.zeros_like(anatomy.foramina))
    if what == "labels":
        return with_anatomy(plan, labels=np.zeros_like(anatomy.labels))
    if what == "skin":
        return with_anatomy(plan, masks={})
    if what == "lesion":
        return with_anatomy(plan, lesion=None)
    if what == "another lesion":
        return with_anatomy(plan, lesion=anatomy.labels == Level.L4.verse_label)
    if what == "vertebra":
        rest = {one: item for one, item in anatomy.vertebrae.items() if one is not Level.L3}
        return with_anatomy(plan, vertebrae=rest)
    if what == "neighbours":
        return with_anatomy(plan, vertebrae={Level.L3: anatomy.vertebrae[Level.L3]})
    pedicles = dict(anatomy.vertebrae[Level.L3].pedicles)
    nan = float("nan")
    if what == "width":
        unknown = Interval(10.0, 10.0, 10.0)
        object.__setattr__(unknown, "low", nan)
        pedicles[Side.LEFT] = replace(pedicles[Side.LEFT], height_mm=unknown)
    changes = {
        "pedicles": {"pedicles": {}},
        "wall": {"posterior_wall": broken(intact=None)},
        "no wall": {"posterior_wall": None},
        "volume": {"body_volume_ml": 0.0},
        "width": {"pedicles": pedicles},
    }
    return with_vertebra(plan, **changes[what])
