"""Draws the simulated X-ray pictures of a needle: each view, edges, midline and pedicles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.while_open import kept_while_open
from planner.fluoroscopy import (
    PREVIEW_PIXELS,
    XrayView,
    attenuation_along_rays,
    cement_attenuation,
    halved,
    length_along_rays,
    picture,
    shadow_edge,
)
from planner.geometry.boxes import box_of, cropped
from planner.planning import c_arm_views, course_of
from planner.session.xray_pictures import (
    CANAL_EDGE,
    LESION_EDGE,
    ORDER,
    TITLES,
    VERTEBRA_EDGE,
    XrayPicture,
    XraySubject,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
    from planner.domain.plan import Trajectory
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

FULL_PIXELS: Final = 512
FIELD_MM: Final = 160.0
"""A lumbar vertebra with its neighbours, as a small image intensifier shows them."""

SPINOUS_BESIDE_MM: Final = 8.0
"""The tip of the spinous process is looked for this near to the vertebra's own midplane."""

RING_POINTS: Final = 48


def subjects(
    needle: Trajectory, anatomy: Anatomy, patient_position: str, fill: str = ""
) -> tuple[XraySubject, ...]:
    """Return what the pictures of a needle are of, AP first.

    AP and lateral are centred on the body, the oblique on the pedicle, so that its shadow is a
    ring, and the view down the needle on the tip, so that the needle is a dot.
    """
    vertebra = anatomy.vertebrae[needle.level]
    centres = {"down the barrel": needle.tip}
    pedicle = vertebra.pedicles.get(needle.side)
    if pedicle is not None:
        centres["oblique"] = pedicle.isthmus
    views = c_arm_views(needle, vertebra, patient_position, course=course_of(needle, anatomy))
    arms = {arm.name: arm for arm in views}
    return tuple(
        XraySubject(
            needle_side=str(needle.side),
            arm=arms[name],
            isocentre=centres.get(name, vertebra.body_centre),
            fill=fill,
        )
        for name in ORDER
        if name in arms
    )


def make_picture(
    subject: XraySubject,
    ct: CtVolume,
    anatomy: Anatomy,
    vertebra: Vertebra,
    fills: Iterable[tuple[NDArray[np.bool_], VolumeGeometry]] = (),
    *,
    preview: bool = False,
) -> XrayPicture:
    """Draw one picture; a preview is small and has no edges, for while something is dragged."""
    view = XrayView.about(
        subject.isocentre,
        np.array(subject.arm.detector),
        field_mm=FIELD_MM,
        pixels=PREVIEW_PIXELS if preview else FULL_PIXELS,
    )
    hu, grid = _halved(ct) if preview else (ct.hu, ct.geometry)
    met = attenuation_along_rays(hu, grid, view)
    added = np.zeros_like(met)
    for filled, place in () if preview else fills:
        added += cement_attenuation(_shadow(filled, place, view))
    edges = np.zeros(met.shape, np.uint8)
    if not preview:
        edges = _edges(anatomy, vertebra, view)
    is_ap, is_lateral = subject.arm.name == "ap", subject.arm.name == "lateral"
    rings = () if is_lateral else tuple(vertebra.pedicles.values())
    return XrayPicture(
        subject=subject,
        view=view,
        grey=picture(met, added=added),
        edges=edges,
        midline=view.project(_midline(vertebra)) if is_ap else np.empty((0, 2)),
        spinous=view.project(spinous_tip(anatomy, vertebra)) if is_ap else np.empty((0, 2)),
        pedicles=tuple(view.project(_rim(pedicle, vertebra)) for pedicle in rings),
    )


@kept_while_open(1)
def _halved(ct: CtVolume) -> tuple[NDArray[np.int16], VolumeGeometry]:
    """Keep the scan at half resolution while its needle is dragged."""
    return halved(ct.hu, ct.geometry)


def make_pictures(
    wanted: tuple[XraySubject, ...],
    ct: CtVolume,
    anatomy: Anatomy,
    vertebra: Vertebra,
    fills: tuple[tuple[NDArray[np.bool_], VolumeGeometry], ...],
    report: ProgressReport,
    *,
    preview: bool = False,
) -> tuple[XrayPicture, ...]:
    """Draw several, reporting before each, so that a newer wish can stop the rest."""
    made = []
    for place, subject in enumerate(wanted):
        report(place / len(wanted), f"Drawing X-ray pictures ({TITLES[subject.arm.name]})")
        made.append(make_picture(subject, ct, anatomy, vertebra, fills, preview=preview))
    return tuple(made)


def _edges(anatomy: Anatomy, vertebra: Vertebra, view: XrayView) -> NDArray[np.uint8]:
    """Return the edges of the shadows of the vertebra, the canal beside it and the lesion."""
    whole = anatomy.labels == vertebra.level.verse_label
    found = np.zeros((view.rows, view.columns), np.uint8)
    box = box_of(whole)
    if box is None:
        return found
    beside = np.zeros_like(anatomy.canal)
    beside[box] = anatomy.canal[box]
    masks = {VERTEBRA_EDGE: whole, CANAL_EDGE: beside}
    if anatomy.lesion is not None:
        masks[LESION_EDGE] = anatomy.lesion
    for code, mask in masks.items():
        found[shadow_edge(_shadow(mask, anatomy.geometry, view))] = code
    return found


def _shadow(
    mask: NDArray[np.bool_], geometry: VolumeGeometry, view: XrayView
) -> NDArray[np.float32]:
    """Return the way of every ray through a mask; only the box that holds it is walked."""
    box = box_of(mask)
    if box is None:
        return np.zeros((view.rows, view.columns), np.float32)
    return length_along_rays(np.ascontiguousarray(mask[box]), cropped(geometry, box), view)


def _midline(vertebra: Vertebra) -> Vector:
    """Return the ends of the body's midline, from above it to below, shape ``(2, 3)``."""
    reach = 0.75 * vertebra.body_size_mm[2] * np.array(vertebra.superior)
    return np.stack((vertebra.body_centre.array + reach, vertebra.body_centre.array - reach))


def spinous_tip(anatomy: Anatomy, vertebra: Vertebra) -> Vector:
    """Return the point of the vertebra farthest back by its midplane, shape ``(1, 3)`` or none."""
    found = np.argwhere(anatomy.labels == vertebra.level.verse_label)[:, ::-1].astype(np.float64)
    points = anatomy.geometry.lps_mm(found) - vertebra.body_centre.array
    beside = np.abs(points @ np.array(vertebra.left)) <= SPINOUS_BESIDE_MM
    points = points[beside]
    if not len(points):
        return np.empty((0, 3))
    ahead = points @ np.array(vertebra.anterior)
    last = points[ahead <= ahead.min() + 2.0]
    return np.asarray(last.mean(axis=0) + vertebra.body_centre.array)[None, :]


def _rim(pedicle: Pedicle, vertebra: Vertebra) -> Vector:
    """Return the rim of a pedicle's narrowest section as an ellipse, shape ``(n, 3)``."""
    axis, up = np.array(pedicle.axis), np.array(vertebra.superior)
    high = up - (up @ axis) * axis
    high /= np.linalg.norm(high)
    wide = np.cross(axis, high)
    turn = np.linspace(0.0, 2.0 * np.pi, RING_POINTS, endpoint=False)[:, None]
    half_width, half_height = pedicle.width_mm.best / 2.0, pedicle.height_mm.best / 2.0
    ring = half_width * np.cos(turn) * wide + half_height * np.sin(turn) * high
    return np.asarray(pedicle.isthmus.array + ring)
