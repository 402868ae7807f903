"""The CT with the plan drawn on it, without any window or graphics card."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain import structures
from planner.domain.prediction import PredictedZone
from planner.report import palette, planes
from planner.report.drawing import Drawing
from planner.report.model import Picture
from planner.report.solid import render_solid
from planner.report.wording import is_prone, level_words, millimetres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan, Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector
    from planner.report.pictured import Pictured
    from planner.report.planes import Plane

WINDOW_HU = (1800.0, 400.0)
"""Bone window: width and level."""

PIXELS = 600
OUTLINE_PIXELS = 240
"""Outlines are sampled coarser than the CT; at 60 mm half width that is 0.5 mm."""

NEEDLE_SLAB_MM = 2.0
"""Part of a needle this close to the plane is drawn solid, the rest dashed as projected."""

WALL_SLAB_MM = 0.8
"""Wall points lie about 1 mm apart, so this slab catches one row of them."""

CLOSE_UP_HALF_MM = 45.0
EYE_HALF_MM = 32.0
MARGIN_MM = 18.0
WORKERS: Final = 2
TIP_RING_MM = 1.6

STEEP = 0.7
"""Cosine to the plane's normal above which a needle is seen head on, so no line is drawn."""

FAR_MM = 3.0
"""More than an outline pixel, so that cutting off the far field bends no outline."""


def plan_pictures(plan: Plan, scene: Pictured) -> tuple[Picture, ...]:
    """Return axial, sagittal and coronal views through the middle of the tips."""
    ct = scene.ct
    if ct is None or not plan.trajectories:
        return ()
    tips = np.array([t.tip.array for t in plan.trajectories])
    focus = plan.trajectories[0].tip.moved(tips.mean(axis=0) - tips[0])
    entries = np.array([t.entry.array for t in plan.trajectories])
    ends = np.concatenate([tips, entries])
    middle = focus.moved(0.5 * (ends.min(axis=0) + ends.max(axis=0)) - focus.array)
    reach = 0.5 * float(np.ptp(ends, axis=0)[:2].max()) + MARGIN_MM
    wide = max(CLOSE_UP_HALF_MM, reach)
    axial_centre = middle.moved(np.array((0.0, 0.0, focus.z_mm - middle.z_mm)))
    side_centre = middle.moved(np.array((focus.x_mm - middle.x_mm, 0.0, 0.0)))
    views = (
        ("plan-axial", "Axial", planes.axial(axial_centre, wide), f"z {millimetres(focus.z_mm)}"),
        (
            "plan-sagittal",
            "Sagittal",
            planes.sagittal(side_centre, wide),
            f"x {millimetres(focus.x_mm)}",
        ),
        (
            "plan-coronal",
            "Coronal",
            planes.coronal(focus, CLOSE_UP_HALF_MM),
            f"y {millimetres(focus.y_mm)}",
        ),
    )
    pngs = side_by_side(partial(render, plane, ct, plan, scene) for _, _, plane, _ in views)
    return tuple(
        Picture(
            key=key,
            title=title,
            caption=f"{title}, {place}",
            alt=f"{title} CT slice with the planned needles, {place}",
            png=png,
        )
        for (key, title, _, place), png in zip(views, pngs, strict=True)
    )


def needle_pictures(plan: Plan, trajectory: Trajectory, scene: Pictured) -> tuple[Picture, ...]:
    """Return the needle's own views: along it, at its tip, its eye, and bone as a solid."""
    ct = scene.ct
    if ct is None:
        return ()
    entry, tip = trajectory.entry, trajectory.tip
    reach = max(CLOSE_UP_HALF_MM, 0.5 * trajectory.length_mm + MARGIN_MM)
    eye, eye_words = _eye_place(trajectory, scene)
    views = (
        ("along-axial", "Along the needle, near axial", planes.along_needle_axial, reach),
        ("along-sagittal", "Along the needle, near sagittal", planes.along_needle_sagittal, reach),
    )
    near = (
        *((key, title, make(entry, tip, half)) for key, title, make, half in views),
        ("axial", "Axial at the tip", planes.axial(tip, CLOSE_UP_HALF_MM)),
        ("sagittal", "Sagittal at the tip", planes.sagittal(tip, CLOSE_UP_HALF_MM)),
        ("eye", f"Needle’s eye {eye_words}", planes.needles_eye(entry, tip, eye, EYE_HALF_MM)),
    )
    number = plan.trajectories.index(trajectory) + 1
    who = f"needle {number}, {level_words(trajectory.level)}, {trajectory.side} side"
    solid_png, *pngs = side_by_side(
        (
            partial(render_solid, plan.trajectories, trajectory, scene),  # the longest first
            *(partial(render, plane, ct, plan, scene) for _, _, plane in near),
        )
    )
    cuts = tuple(
        Picture(
            key=f"needle-{number}-{key}",
            title=title,
            caption=title,
            alt=f"{title}: CT with {who}",
            png=png,
        )
        for (key, title, _), png in zip(near, pngs, strict=True)
    )
    title = "From behind and above; zone and cement through bone"
    solid = Picture(
        key=f"needle-{number}-solid",
        title=title,
        caption=title,
        alt=f"{title}: outlined bone of the CT as a solid with {who}",
        png=solid_png,
    )
    return (*cuts, solid)


def side_by_side(drawn: Iterable[Callable[[], bytes]]) -> tuple[bytes, ...]:
    """Draw pictures on threads of their own: what takes long in them holds no lock."""
    with ThreadPoolExecutor(WORKERS) as pool:
        running = [pool.submit(one) for one in drawn]
        return tuple(one.result() for one in running)


def render(plane: Plane, ct: CtVolume, plan: Plan, scene: Pictured) -> bytes:
    """Return the plane as a PNG: bone window, outlines, needles, letters and scale bar."""
    drawing = Drawing(plane, _grey(plane, ct))
    if scene.anatomy is not None:
        _draw_anatomy(drawing, scene.anatomy)
    _draw_predictions(drawing, scene)
    for number, trajectory in enumerate(plan.trajectories, start=1):
        _draw_needle(drawing, trajectory, number)
    note = "scanned PRONE" if is_prone(ct.record.patient_position) else ""
    drawing.furnish(note)
    return drawing.png()


def _grey(plane: Plane, ct: CtVolume) -> NDArray[np.uint8]:
    hu = planes.sample(ct.hu, ct.geometry, plane, PIXELS, np.nan)
    width, level = WINDOW_HU
    share = np.clip((np.nan_to_num(hu) - (level - width / 2.0)) / width, 0.0, 1.0)
    rgb = np.repeat((share * 255.0 + 0.5).astype(np.uint8)[..., None], 3, axis=-1)
    unseen = np.isnan(hu)
    if ct.outside_scan is not None:
        unseen |= planes.sample(ct.outside_scan, ct.geometry, plane, PIXELS, 1.0) > 0.5
    rgb[unseen] = palette.BEYOND_SCAN
    return rgb


DRAWN_ESTIMATES: Final = frozenset(
    {structures.ESTIMATED_SAC, structures.ESTIMATED_CORD, structures.ESTIMATED_ROOT}
)
"""Cauda equina and ganglia lie in what is drawn."""


def _draw_anatomy(drawing: Drawing[Plane], anatomy: Anatomy) -> None:
    plane, size = drawing.plane, OUTLINE_PIXELS
    canal = planes.sample(anatomy.canal, anatomy.geometry, plane, size, 0.0)
    drawing.outline(canal, 0.5, palette.CANAL)
    for name, region in anatomy.estimates.items():
        if name.partition(":")[0] in DRAWN_ESTIMATES:
            likely = planes.sample(region.likely, region.geometry, plane, size, 0.0)
            drawing.outline(likely, 0.5, palette.ESTIMATE)
    foramina = planes.sample(
        anatomy.foramina, anatomy.geometry, plane, size, 0.0, lambda part: part != 0
    )
    drawing.outline(foramina, 0.5, palette.FORAMEN)
    if anatomy.lesion is not None:
        lesion = planes.sample(anatomy.lesion, anatomy.geometry, plane, size, 0.0)
        drawing.outline(lesion, 0.5, palette.LESION)
    for vertebra in anatomy.vertebrae.values():
        if vertebra.posterior_wall is not None:
            wall = vertebra.posterior_wall.points_mm
            near = np.abs(drawing.plane.depth_mm(wall)) <= WALL_SLAB_MM
            drawing.dots(wall[near], palette.WALL)


def _draw_predictions(drawing: Drawing[Plane], scene: Pictured) -> None:
    points = drawing.plane.grid_mm(OUTLINE_PIXELS)
    for cement in scene.cements.values():
        held = partial(np.greater_equal, np.float32(cement.placed_ml))
        filled = planes.sample(
            cement.arrival_ml, cement.geometry, drawing.plane, OUTLINE_PIXELS, 0.0, held
        )
        drawing.outline(filled, 0.5, palette.CEMENT)
    for zone in scene.zones.values():
        if isinstance(zone, PredictedZone):
            field = _zone_field(zone, points)
            drawing.outline(field, zone.band_mm, palette.ZONE_BAND)
            drawing.outline(field, -zone.band_mm, palette.ZONE_BAND)
            drawing.outline(field, 0.0, palette.ZONE)


def _zone_field(zone: PredictedZone, points: Vector) -> NDArray[np.float32]:
    """Return signed distances to the zone; far points get only "farther than the band"."""
    shape = zone.shape
    reach = max(shape.half_length_mm, shape.half_width_mm) + zone.band_mm + FAR_MM
    near = np.linalg.norm(points - shape.centre.array, axis=-1) < reach
    field = np.full(points.shape[:2], zone.band_mm + FAR_MM, dtype=np.float32)
    if near.any():
        field[near] = shape.signed_distance_mm(points[near])
    return field


def _draw_needle(drawing: Drawing[Plane], trajectory: Trajectory, number: int) -> None:
    shares = np.linspace(0.0, 1.0, 201)[:, None]
    path = trajectory.entry.array * (1.0 - shares) + trajectory.tip.array * shares
    depth = drawing.plane.depth_mm(path)
    if abs(depth[-1] - depth[0]) > STEEP * trajectory.length_mm:
        _draw_crossing(drawing, path, depth, number)
        return
    near = np.abs(depth) <= NEEDLE_SLAB_MM
    drawing.line(path[[0, -1]], palette.NEEDLE_PROJECTED)
    if near.any():
        drawing.line(path[near][[0, -1]], palette.NEEDLE)
    if near[-1]:
        drawing.ring(path[-1], TIP_RING_MM, palette.NEEDLE)
    drawing.name(str(number), path)


def _draw_crossing(drawing: Drawing[Plane], path: Vector, depth: Vector, number: int) -> None:
    """Draw a ring where the needle passes through a plane that it meets head on."""
    nearest = int(np.abs(depth).argmin())
    if abs(depth[nearest]) <= NEEDLE_SLAB_MM:
        drawing.ring(path[nearest], TIP_RING_MM, palette.NEEDLE)
        drawing.name(str(number), path[nearest : nearest + 1])


def _eye_place(trajectory: Trajectory, scene: Pictured) -> tuple[PointLps, str]:
    """Return where the needle passes the pedicle's narrowest section, else its middle."""
    entry, tip = trajectory.entry, trajectory.tip
    vertebra = None if scene.anatomy is None else scene.anatomy.vertebrae.get(trajectory.level)
    pedicle = None if vertebra is None else vertebra.pedicles.get(trajectory.side)
    along = tip.array - entry.array
    if pedicle is None:
        return entry.moved(0.5 * along), "half-way"
    share = float((pedicle.isthmus.array - entry.array) @ along / (along @ along))
    if not 0.0 <= share <= 1.0:
        return entry.moved(0.5 * along), "half-way"
    return entry.moved(share * along), "at the pedicle isthmus"
