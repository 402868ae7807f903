"""Simulated X-ray views of one needle for the C-arm, as finished pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from planner.domain.prediction import PredictedZone
from planner.domain.while_open import kept_while_open
from planner.fluoroscopy import (
    XrayView,
    attenuation_along_rays,
    length_along_rays,
    picture,
    zone_outline,
)
from planner.geometry.boxes import box_of, cropped
from planner.planning.c_arm import c_arm_views
from planner.planning.pedicle_course import course_of
from planner.report import palette
from planner.report.drawing import Drawing
from planner.report.model import Picture
from planner.report.room import VIEW_NAMES
from planner.report.wording import is_prone, level_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.plan import Plan, Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.report.pictured import Pictured

PIXELS: Final = 400
FIELD_MM: Final = 160.0
"""Width seen at the isocentre: a lumbar vertebra with its neighbours."""

ORDER: Final = ("ap", "lateral", "oblique", "down the barrel")
SHADOW_MM: Final = 0.5
"""Way through a structure at which the edge of its shadow is drawn."""

TIP_RING_MM: Final = 1.6
CACHED_PICTURES: Final = 8


@dataclass(frozen=True, slots=True)
class Screen:
    """A view as a drawing sees it; lengths are those at the isocentre."""

    view: XrayView
    half_mm: float = FIELD_MM / 2.0

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Left, right, top and bottom."""
        found = self.view.letters
        return found["left"], found["right"], found["top"], found["bottom"]

    def pixel(self, points_mm: Vector, pixels: int) -> NDArray[np.float64]:
        """Return x and y of LPS points on a picture of some pixels, shape ``(n, 2)``."""
        return (self.view.project(points_mm) + 0.5) * (pixels / self.view.columns)


def xray_pictures(plan: Plan, trajectory: Trajectory, scene: Pictured) -> tuple[Picture, ...]:
    """Return AP, lateral, along the pedicle and down the needle; none without scan or outline."""
    ct = scene.ct
    if ct is None or scene.anatomy is None or trajectory.level not in scene.anatomy.vertebrae:
        return ()
    vertebra = scene.anatomy.vertebrae[trajectory.level]
    course = course_of(trajectory, scene.anatomy)
    views = c_arm_views(trajectory, vertebra, plan.scan.patient_position, course=course)
    arms = {arm.name: arm for arm in views}
    centres = {"down the barrel": trajectory.tip}
    if trajectory.side in vertebra.pedicles:
        centres["oblique"] = vertebra.pedicles[trajectory.side].isthmus
    number = plan.trajectories.index(trajectory) + 1
    who = f"needle {number}, {level_words(trajectory.level)}, {trajectory.side} side"
    shadows = _shadows(scene.anatomy, trajectory.level)
    found = []
    for name in ORDER:
        if name not in arms:
            continue
        arm = arms[name]
        view = XrayView.about(
            centres.get(name, vertebra.body_centre),
            np.array(arm.detector),
            field_mm=FIELD_MM,
            pixels=PIXELS,
        )
        title = f"{VIEW_NAMES[name]}: {arm.words}"
        found.append(
            Picture(
                key=f"needle-{number}-xray-{name.replace(' ', '-')}",
                title=title,
                caption=title,
                alt=f"X-ray picture simulated from the CT, {title}, with {who}",
                png=_drawn(view, ct, plan, trajectory, scene, shadows),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Shadow:
    """A structure cut out of the scan: only the box that holds it is walked by rays."""

    mask: NDArray[np.bool_]
    geometry: VolumeGeometry
    mark: palette.Mark

    @classmethod
    def of(cls, mask: NDArray[np.bool_], geometry: VolumeGeometry, mark: palette.Mark) -> Self:
        """Cut out what a mask holds; empty where it holds nothing."""
        box = box_of(mask)
        if box is None:
            return cls(mask[:0], geometry, mark)
        return cls(np.ascontiguousarray(mask[box]), cropped(geometry, box), mark)

    def seen(self, view: XrayView) -> NDArray[np.float32]:
        """Return the way of every ray through it."""
        if self.mask.size == 0:
            return np.zeros((view.rows, view.columns), np.float32)
        return length_along_rays(self.mask, self.geometry, view)


def _shadows(anatomy: Anatomy, level: Level) -> tuple[_Shadow, ...]:
    """Return the vertebra, the canal beside it and the lesion."""
    whole = anatomy.labels == level.verse_label
    beside = np.zeros_like(anatomy.canal)
    if (box := box_of(whole)) is not None:
        beside[box] = anatomy.canal[box]
    marks = [(whole, palette.VERTEBRA), (beside, palette.CANAL)]
    if anatomy.lesion is not None:
        marks.append((anatomy.lesion, palette.LESION))
    return tuple(_Shadow.of(mask, anatomy.geometry, mark) for mask, mark in marks)


def _drawn(
    view: XrayView,
    ct: CtVolume,
    plan: Plan,
    own: Trajectory,
    scene: Pictured,
    shadows: tuple[_Shadow, ...],
) -> bytes:
    screen = Screen(view)
    drawing = Drawing(screen, np.repeat(_grey(view, ct)[..., None], 3, axis=-1))
    for shadow in shadows:
        drawing.outline(shadow.seen(view), SHADOW_MM, shadow.mark)
    for zone in scene.zones.values():
        if isinstance(zone, PredictedZone):
            edge = zone_outline(view, zone.shape)
            drawing.closed((edge + 0.5) / view.columns, palette.ZONE)
    for number, needle in enumerate(plan.trajectories, start=1):
        ends = np.stack((needle.entry.array, needle.tip.array))
        drawing.line(ends, palette.NEEDLE if needle.id == own.id else palette.NEEDLE_PROJECTED)
        drawing.ring(ends[1], TIP_RING_MM, palette.NEEDLE)
        shares = np.linspace(0.0, 1.0, 101)[:, None]
        drawing.name(str(number), ends[0] * (1.0 - shares) + ends[1] * shares)
    drawing.furnish("scanned PRONE" if is_prone(ct.record.patient_position) else "")
    return drawing.png()


@kept_while_open(CACHED_PICTURES)
def _grey(view: XrayView, ct: CtVolume) -> NDArray[np.uint8]:
    """Keep the last pictures: paper and export ask for the same ones."""
    return picture(attenuation_along_rays(ct.hu, ct.geometry, view))
