"""The parts of one vertebra as rows for the compiled fields, from its dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level, Side
from planner.geometry.points import unit
from planner.phantom import fields
from planner.phantom.blades import blade, cut_blade
from planner.phantom.posture import CANAL_INSET_MM, ENDPLATE_DISH_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.posture import Placed

FACET_GAP_MM = 1.8
"""Cartilage and fluid between the two bony faces of a joint."""

WORN_GAP_MM, WORN_GROWTH = 0.7, 1.3
"""A worn joint is narrow between processes that have grown."""

FACET_THICKNESS_MM = {"thoracic": 4.6, "lumbar": 7.6, "sacral": 8.0}
FACET_HALF_HEIGHT_MM = {"thoracic": 5.2, "lumbar": 6.8, "sacral": 6.8}
FACET_HALF_WIDTH_MM = {"thoracic": 5.0, "lumbar": 6.4, "sacral": 7.5}

ROUNDED_OFF_MM = 0.4
"""What the rounding of the rims takes from a body's half width and half depth."""

JOINT_BEHIND, LAST_JOINT_BEHIND = 0.88, 0.80
"""How far a lumbar joint lies behind the bodies' wall, in canal depths, and that on the sacrum:
its superior process then stands about 10 mm behind the disc (9.08 mm in the sagittal plane in CT
of 600 adults; Harianja 2023, Int J Spine Surg). Farther forward it runs into the pedicle."""

TIP_ROOM_MM = 2.4
"""Room for the tip of a process beyond its face, so that it does not stand on its neighbour."""

NODE_BEHIND = 0.06
"""A node of the disc lies this share of the depth behind the middle, where the nucleus is."""

SACRAL_TAPER = 0.30
"""How much narrower the first sacral body is at its foot than at its endplate."""

PEDICLE_FLARE = 0.35
"""How much wider a pedicle is at either end of its segment than at the isthmus."""

CLEAR_OF_CANAL = 1.1
"""Outward shift, mm per sine of the angle, so that the canal does not cut a slanting pedicle."""

LAMINA = {"thoracic": (0.46, 0.28), "lumbar": (0.32, 0.32)}
"""Half height of the lamina, and how far its middle lies below the body's, in body heights:
thoracic laminae lie over one another like tiles, lumbar ones leave a window."""

LAMINA_SLOPE = 0.35
"""How far the upper edge of a lamina stands before the lower, per mm of height."""

SPINOUS_LOW = {"thoracic": 0.30, "lumbar": 0.36, "sacral": 0.15}
"""How far below the body's middle a spinous process leaves the arch, in body heights."""

PEDICLE_FORWARD_MM, PEDICLE_BACK_MM = 9.0, 6.0
"""How far the pedicle's segment runs from the isthmus into the body and into the arch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """One facet joint between a vertebra and the next below it.

    ``normal`` points from the lower vertebra's face to the upper one's, LPS. ``growth`` is how
    much thicker and larger its processes are than usual.
    """

    side: Side
    centre: NDArray[np.float64]
    normal: NDArray[np.float64]
    upright: NDArray[np.float64]
    gap_mm: float = FACET_GAP_MM
    growth: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyDamage:
    """What fracture and wear did to a body's surfaces, mm."""

    dish_mm: float = 0.0
    bulge_mm: float = 0.0
    lip_top_mm: float = 0.0
    lip_bottom_mm: float = 0.0
    node_top_mm: float = 0.0
    node_bottom_mm: float = 0.0


def joints_between(upper: Placed, lower: Placed, *, worn: bool = False) -> tuple[Joint, Joint]:
    """Return the left and right facet joint between two neighbours."""
    middle = 0.5 * (upper.axes + lower.axes)
    middle /= np.linalg.norm(middle, axis=0)
    shape = upper.shape
    wall = 0.5 * (
        upper.lps(np.array([0.0, shape.endplate_depth_mm / 2, -shape.height_mm / 2]))
        + lower.lps(np.array([0.0, lower.shape.endplate_depth_mm / 2, lower.shape.height_mm / 2]))
    )
    depth = 0.5 * (shape.canal_depth_mm + lower.shape.canal_depth_mm)
    thoracic = upper.level.region == "thoracic" and upper.level is not Level.T12
    lumbar_behind = LAST_JOINT_BEHIND if upper.above_sacrum == 1 else JOINT_BEHIND
    behind, above, rise = (0.82, 2.5, 0.35) if thoracic else (lumbar_behind, 0.8, 0.0)
    found = []
    for side in (Side.LEFT, Side.RIGHT):
        angle = np.radians(shape.facet_to_sagittal_deg)
        local = np.array([-side.sign * np.cos(angle), np.sin(angle), rise])
        place = np.array([side.sign * shape.facet_half_spacing_mm, behind * depth, above])
        normal = unit(middle @ local)
        upright = middle[:, 2] - normal * float(middle[:, 2] @ normal)
        found.append(
            Joint(
                side=side,
                centre=wall + middle @ place,
                normal=normal,
                upright=unit(upright),
                gap_mm=WORN_GAP_MM if worn else FACET_GAP_MM,
                growth=WORN_GROWTH if worn else 1.0,
            )
        )
    return found[0], found[1]


def vertebra_rows(
    placed: Placed,
    above: tuple[Joint, ...],
    below: tuple[Joint, ...],
    damage: BodyDamage,
    line: NDArray[np.float64],
) -> fields.BoneRows:
    """Build the rows of one vertebra.

    Parameters
    ----------
    above, below
        Its joints with the neighbour above and below; empty at the ends of the spine.
    """
    blades: list[NDArray[np.float64]] = []
    for side in (Side.LEFT, Side.RIGHT):
        blades += _side_blades(placed, side, above, below)
    blades.append(_spinous(placed))
    if placed.level is Level.S1:
        blades += _sacral(placed)
    joints = [
        *(_space(placed, joint, 1.0) for joint in above),
        *(_space(placed, joint, -1.0) for joint in below),
    ]
    return fields.BoneRows(
        frame=np.concatenate([placed.centre, placed.axes.ravel()]),
        body=body_row(placed, damage),
        blades=np.array(blades),
        joints=np.array(joints).reshape(-1, 8),
        line=line,
    )


def _space(placed: Placed, joint: Joint, beyond: float) -> NDArray[np.float64]:
    """Return the disc-shaped room that is cut out of a vertebra at a joint.

    It has no bone where its neighbour's process lies; ``beyond`` is 1 when that is behind the
    joint's middle, as of the vertebra above, and -1 when before it.
    """
    region = placed.level.region
    reach = (FACET_HALF_HEIGHT_MM[region] + TIP_ROOM_MM) * joint.growth
    thick = FACET_THICKNESS_MM[region] * joint.growth
    normal = placed.axes.T @ joint.normal
    middle = placed.local(joint.centre) + 0.5 * beyond * thick * normal
    return np.concatenate([middle, normal, [0.5 * (joint.gap_mm + thick), reach]])


def corners(rows: fields.BoneRows) -> NDArray[np.float64]:
    """Return the eight corners of a box about all parts, own frame, shape ``(8, 3)``."""
    start = rows.blades[:, fields.START : fields.START + 3]
    axis = rows.blades[:, fields.AXIS : fields.AXIS + 3]
    end = start + axis * rows.blades[:, fields.LENGTH, None]
    reach = rows.blades[:, fields.REACH, None]
    half = rows.body[[fields.HALF_WIDTH, fields.HALF_BACK, fields.HALF_HEIGHT]] + [0, 8, 3]
    ends = np.vstack([start - reach, start + reach, end - reach, end + reach, -half, half])
    low, high = ends.min(axis=0), ends.max(axis=0)
    picks = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    return np.asarray(np.where(picks == 1, high, low))


def body_row(placed: Placed, damage: BodyDamage) -> NDArray[np.float64]:
    """Return the row of one body for ``fields.body_field``."""
    shape = placed.shape
    width, depth = shape.endplate_width_mm, shape.endplate_depth_mm
    hollow = {"thoracic": 0.055, "lumbar": 0.045, "sacral": 0.01}[placed.level.region] * width
    if placed.above_sacrum == 1:
        hollow = 0.01 * width
    row = np.zeros(fields.BODY_COLUMNS)
    row[fields.HALF_WIDTH] = width / 2.0 + ROUNDED_OFF_MM
    row[fields.HALF_FRONT] = depth / 2.0 + ROUNDED_OFF_MM
    row[fields.HALF_BACK] = depth / 2.0 + hollow
    row[fields.HOLLOW] = hollow
    row[fields.HOLLOW_REACH] = 0.30 * width
    row[fields.HALF_HEIGHT] = shape.height_mm / 2.0
    row[fields.SLOPE] = (shape.posterior_height_mm - shape.anterior_height_mm) / (2.0 * depth)
    over, under = ENDPLATE_DISH_MM[placed.level.region]
    row[fields.DISH_TOP], row[fields.DISH_BOTTOM] = over + damage.dish_mm, under + damage.dish_mm
    row[fields.DISH_BACK] = 0.08 * depth
    row[fields.WAIST_SIDE] = 0.075 * width
    row[fields.WAIST_FRONT] = 0.05 * depth
    row[fields.WAIST_BACK] = 0.04 * depth
    row[fields.BULGE] = damage.bulge_mm
    row[fields.LIP_TOP], row[fields.LIP_BOTTOM] = damage.lip_top_mm, damage.lip_bottom_mm
    node = np.array([0.12 * width, NODE_BEHIND * depth])
    row[fields.NODE_TOP], row[fields.NODE_TOP + 1 : fields.NODE_TOP + 3] = damage.node_top_mm, node
    row[fields.NODE_BOTTOM] = damage.node_bottom_mm
    row[fields.NODE_BOTTOM + 1 : fields.NODE_BOTTOM + 3] = node * np.array([-1.0, 1.0])
    row[fields.FOOT_TAPER] = SACRAL_TAPER if placed.level is Level.S1 else 0.0
    row[fields.ROUNDING] = 2.4
    return row


def pedicle_frame(placed: Placed, side: Side) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the isthmus' middle and the unit axis from back to front, in the own frame."""
    shape = placed.shape
    forward = 0.30 if placed.level.region == "thoracic" else 0.26
    v = shape.endplate_depth_mm / 2.0 + forward * shape.canal_depth_mm
    angle, dip = np.radians(shape.pedicle_transverse_deg), np.radians(shape.pedicle_sagittal_deg)
    across = shape.pedicle_width_mm / 2.0 / np.cos(angle)
    aside = CLEAR_OF_CANAL * abs(np.sin(angle)) + 0.1 - CANAL_INSET_MM
    u = shape.canal_width_mm / 2.0 + across + aside
    top = 0.3 if placed.level.region == "thoracic" else 1.5
    w = shape.posterior_height_mm / 2.0 - shape.pedicle_height_mm / 2.0 - top
    axis = np.array(
        [-side.sign * np.sin(angle) * np.cos(dip), -np.cos(angle) * np.cos(dip), -np.sin(dip)]
    )
    return np.array([side.sign * u, v, w]), axis


def _side_blades(
    placed: Placed, side: Side, above: tuple[Joint, ...], below: tuple[Joint, ...]
) -> list[NDArray[np.float64]]:
    """Return pedicle, pars, lamina, transverse and articular processes of one side."""
    shape, sign = placed.shape, side.sign
    thoracic = placed.level.region == "thoracic"
    wall = shape.endplate_depth_mm / 2.0
    isthmus, axis = pedicle_frame(placed, side)
    rear = isthmus - axis * PEDICLE_BACK_MM
    wide, tall = shape.pedicle_width_mm / 2.0, shape.pedicle_height_mm / 2.0
    sideways = np.array([1.0, 0.0, 0.0])
    back = wall + shape.canal_depth_mm
    thick = 2.6 if thoracic else 3.3
    pars = np.array(
        [sign * max(0.80 * shape.canal_width_mm / 2.0, 7.5), back - 0.5, isthmus[2] - 0.8 * tall]
    )
    lamina_half, low = LAMINA["thoracic" if thoracic else "lumbar"]
    lamina_half *= shape.height_mm
    middle = np.array([0.0, back + thick * 0.9, -low * shape.height_mm])
    slope = np.array([0.0, -LAMINA_SLOPE, 1.0])
    flare = 1.0 + PEDICLE_FLARE
    blades = [
        blade(
            isthmus + axis * PEDICLE_FORWARD_MM,
            isthmus - axis * PEDICLE_FORWARD_MM,
            sideways,
            (wide * flare, wide * flare, tall * 1.12, tall * 1.12),
            (wide * PEDICLE_FLARE, tall * 0.12),
        ),
        blade(
            rear,
            pars,
            sideways,
            (max(wide, 3.6), thick + 1.2, tall * 0.8, lamina_half * 0.85),
        ),
        blade(
            pars,
            middle,
            np.cross(middle - pars, slope),
            (thick + 0.6, thick, lamina_half * 0.9, lamina_half),
        ),
        _transverse(placed, side, rear),
    ]
    for joint in above:
        if joint.side is side:
            blades += _articular(placed, joint, rear, superior=True)
    for joint in below:
        if joint.side is side:
            blades += _articular(placed, joint, pars, superior=False)
            foot = middle - slope * 0.45 * lamina_half
            blades.append(_web(placed, joint, foot, thick, 0.55 * lamina_half))
    return blades


def _web(
    placed: Placed, joint: Joint, foot: NDArray[np.float64], thick: float, tall: float
) -> NDArray[np.float64]:
    """Return the sheet of lamina that runs from its lower edge out to the inferior process."""
    normal = placed.axes.T @ joint.normal
    face = placed.local(joint.centre)
    thickness = FACET_THICKNESS_MM[placed.level.region]
    upright = placed.axes.T @ joint.upright
    end = face + normal * (joint.gap_mm + 1.2 * thickness) / 2.0 + 1.5 * upright
    sheet = blade(
        foot, end, np.cross(end - foot, np.array([0.0, 0.0, 1.0])), (thick, thick, tall, 4.5)
    )
    return cut_blade(sheet, -normal, float(-normal @ face) - joint.gap_mm / 2.0)


def _articular(
    placed: Placed, joint: Joint, root: NDArray[np.float64], *, superior: bool
) -> list[NDArray[np.float64]]:
    """Return the process that carries one face of a joint, and the neck that holds it."""
    region = placed.level.region
    grown, gap = joint.growth, joint.gap_mm
    thick, tall = FACET_THICKNESS_MM[region] * grown, FACET_HALF_HEIGHT_MM[region] * grown
    wide = FACET_HALF_WIDTH_MM[region] * grown
    outward = -1.0 if superior else 1.0
    normal = placed.axes.T @ joint.normal * outward
    upright = placed.axes.T @ joint.upright
    face = placed.local(joint.centre)
    centre = face + normal * (gap + thick) / 2.0
    plate = blade(
        centre - upright * (tall - 3.0),
        centre + upright * (tall - 3.0),
        normal,
        (thick * 0.62, thick * 0.62, wide, wide),
    )
    plate = cut_blade(plate, -normal, float(-normal @ face) - gap / 2.0)
    near = centre + upright * outward * (tall - 4.0)
    slim = thick * 0.5
    neck = blade(root, near, normal, (slim, slim, wide * 0.75, wide * 0.85))
    return [plate, cut_blade(neck, -normal, float(-normal @ face) - gap / 2.0)]


def _transverse(placed: Placed, side: Side, root: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one transverse process: level and flat in the lumbar spine, stout above."""
    shape, sign = placed.shape, side.sign
    half_span = shape.transverse_span_mm / 2.0
    if placed.level.region == "thoracic":
        out = half_span - abs(root[0])
        tip = root + np.array([sign * out, 0.75 * out + 2.0, 0.15 * out])
        return blade(root, tip, np.array([0, 0, 1.0]), (5.2, 5.2, 4.4, 5.0), (1.6, 1.2))
    stout = 1.7 if placed.above_sacrum == 1 else 1.0
    start = root + np.array([0.0, 0.5, -2.0])
    tip = np.array([sign * half_span, root[1] + 3.0, root[2] - 1.0])
    if placed.fused:
        tip[2] -= 0.7 * shape.height_mm
        return blade(start, tip, np.array([0, 0, 1.0]), (9.5, 13.0, 7.0, 9.0))
    radii = (6.0 * stout, 4.6 * stout**0.5, 4.0 * stout, 2.4 * stout)
    return blade(start, tip, np.array([0, 0, 1.0]), radii)


def _spinous(placed: Placed) -> NDArray[np.float64]:
    """Return the spinous process: a tall plate in the lumbar spine, a long spear above."""
    shape = placed.shape
    back = shape.endplate_depth_mm / 2.0 + shape.canal_depth_mm
    drop = np.radians(shape.spinous_drop_deg)
    start = np.array([0.0, back + 3.0, -SPINOUS_LOW[placed.level.region] * shape.height_mm])
    run = np.array([0.0, np.cos(drop), -np.sin(drop)]) * (shape.spinous_length_mm - 5.0)
    lumbar = placed.level.region == "lumbar"
    tall = (8.5, 10.5) if lumbar else (7.0, 4.2)
    wide = (3.0, 3.8) if lumbar else (3.2, 3.6)
    return blade(start, start + run, np.array([1.0, 0, 0]), (*wide, *tall), (1.0, 1.0))


def _sacral(placed: Placed) -> list[NDArray[np.float64]]:
    """Return both wings of the sacrum, the fused segments below the first, and their roof."""
    half = (
        np.array(
            [
                placed.shape.endplate_width_mm,
                placed.shape.endplate_depth_mm,
                placed.shape.height_mm,
            ]
        )
        / 2.0
    )
    front = np.array([0.0, 1.0, 0.0])
    wings = [
        blade(
            np.array([sign * 0.6 * half[0], 0.3 * half[1], 0.0]),
            np.array([sign * (half[0] + 13.0), half[1] + 4.0, -4.0]),
            front,
            (12.0, 13.0, 11.0, 13.0),
        )
        for sign in (1.0, -1.0)
    ]
    back = half[1] + placed.shape.canal_depth_mm
    sideways, foot = np.array([1.0, 0.0, 0.0]), (1.0 - SACRAL_TAPER) * half
    behind = 0.5 * SACRAL_TAPER * half[1]
    path = [(behind, -0.5 * half[2]), (behind + 0.3, -half[2] - 2.0)]
    path += [(3.5, -half[2] - 18.0), (1.0, -half[2] - 38.0), (-13.0, -half[2] - 64.0)]
    sizes = [(foot[0] + 2.0, half[1] - behind + 0.3), (foot[0] - 1.0, half[1] - behind - 0.8)]
    sizes += [(22.0, 9.0), (17.0, 6.5), (8.0, 4.0)]
    fused = [
        blade(
            np.array([0.0, *one]),
            np.array([0.0, *other]),
            sideways,
            (wide, wide_after, deep, deep_after),
        )
        for (one, other), ((wide, deep), (wide_after, deep_after)) in zip(
            pairwise(path), pairwise(sizes), strict=True
        )
    ]
    sides = [
        blade(
            np.array([sign * (half[0] + 6.0), half[1] + 3.0, -8.0]),
            np.array([sign * 24.0, 6.0, -half[2] - 34.0]),
            front,
            (11.0, 6.0, 12.0, 7.0),
        )
        for sign in (1.0, -1.0)
    ]
    roof = blade(
        np.array([0.0, back + 2.0, -0.5 * half[2]]),
        np.array([0.0, back - 3.0, -half[2] - 34.0]),
        sideways,
        (15.0, 13.0, 3.0, 2.6),
    )
    crest = blade(
        np.array([0.0, back + 5.0, -1.0 * half[2]]),
        np.array([0.0, back + 1.0, -half[2] - 30.0]),
        sideways,
        (2.6, 2.2, 5.0, 3.5),
    )
    return [*wings, *fused, *sides, roof, crest]
