"""The parts of one vertebra as rows for the compiled fields, from its dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level, Side
from planner.geometry.points import unit
from planner.phantom import fields
from planner.phantom.blades import blade, cut_blade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.posture import Placed

FACET_GAP_MM = 1.8
"""Cartilage and fluid between the two bony faces of a joint."""

FACET_THICKNESS_MM = {"thoracic": 4.6, "lumbar": 7.6, "sacral": 8.0}
FACET_HALF_HEIGHT_MM = {"thoracic": 5.2, "lumbar": 7.4, "sacral": 7.0}
FACET_HALF_WIDTH_MM = {"thoracic": 5.0, "lumbar": 6.4, "sacral": 7.5}

ROUNDED_OFF_MM = 0.4
"""What the rounding of the rims takes from a body's half width and half depth."""

PEDICLE_FLARE = 0.35
"""How much wider a pedicle is at either end of its segment than at the isthmus."""

CLEAR_OF_CANAL = 1.1
"""Outward shift, mm per sine of the angle, so that the canal does not cut a slanting pedicle."""

PEDICLE_FORWARD_MM, PEDICLE_BACK_MM = 9.0, 6.0
"""How far the pedicle's segment runs from the isthmus into the body and into the arch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """One facet joint between a vertebra and the next below it.

    ``normal`` points from the lower vertebra's face to the upper one's, LPS.
    """

    side: Side
    centre: NDArray[np.float64]
    normal: NDArray[np.float64]
    upright: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyDamage:
    """What a fracture did to a body's surfaces, mm."""

    dish_mm: float = 0.0
    bulge_mm: float = 0.0


def joints_between(upper: Placed, lower: Placed) -> tuple[Joint, Joint]:
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
    behind, above, rise = (0.82, 2.5, 0.35) if thoracic else (0.98, -0.5, 0.0)
    found = []
    for side in (Side.LEFT, Side.RIGHT):
        angle = np.radians(shape.facet_to_sagittal_deg)
        local = np.array([-side.sign * np.cos(angle), np.sin(angle), rise])
        place = np.array([side.sign * shape.facet_half_spacing_mm, behind * depth, above])
        normal = unit(middle @ local)
        upright = middle[:, 2] - normal * float(middle[:, 2] @ normal)
        found.append(
            Joint(side=side, centre=wall + middle @ place, normal=normal, upright=unit(upright))
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
    region = placed.level.region
    reach = FACET_HALF_HEIGHT_MM[region] + 2.5
    joints = [
        np.concatenate(
            [
                placed.local(joint.centre),
                placed.axes.T @ joint.normal,
                [FACET_GAP_MM / 2.0, reach],
            ]
        )
        for joint in (*above, *below)
    ]
    return fields.BoneRows(
        frame=np.concatenate([placed.centre, placed.axes.ravel()]),
        body=body_row(placed, damage),
        blades=np.array(blades),
        joints=np.array(joints).reshape(-1, 8),
        line=line,
    )


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
    shape, lumbar = placed.shape, placed.level.region == "lumbar"
    width, depth = shape.endplate_width_mm, shape.endplate_depth_mm
    hollow = {"thoracic": 0.055, "lumbar": 0.045, "sacral": 0.01}[placed.level.region] * width
    if placed.level is Level.L5:
        hollow = 0.01 * width
    row = np.zeros(fields.BODY_COLUMNS)
    row[fields.HALF_WIDTH] = width / 2.0 + ROUNDED_OFF_MM
    row[fields.HALF_FRONT] = depth / 2.0 + ROUNDED_OFF_MM
    row[fields.HALF_BACK] = depth / 2.0 + hollow
    row[fields.HOLLOW] = hollow
    row[fields.HOLLOW_REACH] = 0.30 * width
    row[fields.HALF_HEIGHT] = shape.height_mm / 2.0
    row[fields.SLOPE] = (shape.posterior_height_mm - shape.anterior_height_mm) / (2.0 * depth)
    row[fields.DISH_TOP] = (1.8 if lumbar else 1.2) + damage.dish_mm
    row[fields.DISH_BOTTOM] = (2.6 if lumbar else 1.5) + damage.dish_mm
    row[fields.DISH_BACK] = 0.08 * depth
    row[fields.WAIST_SIDE] = 0.075 * width
    row[fields.WAIST_FRONT] = 0.05 * depth
    row[fields.WAIST_BACK] = 0.04 * depth
    row[fields.BULGE] = damage.bulge_mm
    row[fields.ROUNDING] = 2.4
    return row


def pedicle_frame(placed: Placed, side: Side) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the isthmus' middle and the unit axis from back to front, in the own frame."""
    shape = placed.shape
    forward = 0.30 if placed.level.region == "thoracic" else 0.26
    v = shape.endplate_depth_mm / 2.0 + forward * shape.canal_depth_mm
    angle, dip = np.radians(shape.pedicle_transverse_deg), np.radians(shape.pedicle_sagittal_deg)
    across = shape.pedicle_width_mm / 2.0 / np.cos(angle)
    u = shape.canal_width_mm / 2.0 + across + CLEAR_OF_CANAL * abs(np.sin(angle)) + 0.1
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
    lamina_half = (0.44 if thoracic else 0.29) * shape.height_mm
    middle = np.array([0.0, back + thick * 0.9, -0.20 * shape.height_mm])
    slope = np.array([0.0, -0.35, 1.0])
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
    return blades


def _articular(
    placed: Placed, joint: Joint, root: NDArray[np.float64], *, superior: bool
) -> list[NDArray[np.float64]]:
    """Return the process that carries one face of a joint, and the neck that holds it."""
    region = placed.level.region
    thick, tall = FACET_THICKNESS_MM[region], FACET_HALF_HEIGHT_MM[region]
    wide = FACET_HALF_WIDTH_MM[region]
    outward = -1.0 if superior else 1.0
    normal = placed.axes.T @ joint.normal * outward
    upright = placed.axes.T @ joint.upright
    face = placed.local(joint.centre)
    centre = face + normal * (FACET_GAP_MM + thick) / 2.0
    plate = blade(
        centre - upright * (tall - 3.0),
        centre + upright * (tall - 3.0),
        normal,
        (thick * 0.62, thick * 0.62, wide, wide),
    )
    plate = cut_blade(plate, -normal, float(-normal @ face) - FACET_GAP_MM / 2.0)
    near = centre + upright * outward * (tall - 4.0)
    slim = thick * 0.5
    neck = blade(root, near, normal, (slim, slim, wide * 0.75, wide * 0.85))
    return [plate, cut_blade(neck, -normal, float(-normal @ face) - FACET_GAP_MM / 2.0)]


def _transverse(placed: Placed, side: Side, root: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one transverse process: level and flat in the lumbar spine, stout above."""
    shape, sign = placed.shape, side.sign
    half_span = shape.transverse_span_mm / 2.0
    if placed.level.region == "thoracic":
        out = half_span - abs(root[0])
        tip = root + np.array([sign * out, 0.75 * out + 2.0, 0.15 * out])
        return blade(root, tip, np.array([0, 0, 1.0]), (4.4, 4.0, 3.8, 4.6))
    stout = 1.7 if placed.level is Level.L5 else 1.0
    start = root + np.array([0.0, 0.5, -2.0])
    tip = np.array([sign * half_span, root[1] + 3.0, root[2] - 1.0])
    radii = (6.0 * stout, 4.6 * stout**0.5, 4.0 * stout, 2.4 * stout)
    return blade(start, tip, np.array([0, 0, 1.0]), radii)


def _spinous(placed: Placed) -> NDArray[np.float64]:
    """Return the spinous process: a tall plate in the lumbar spine, a long spear above."""
    shape = placed.shape
    back = shape.endplate_depth_mm / 2.0 + shape.canal_depth_mm
    drop = np.radians(shape.spinous_drop_deg)
    start = np.array([0.0, back + 3.0, -0.20 * shape.height_mm])
    run = np.array([0.0, np.cos(drop), -np.sin(drop)]) * (shape.spinous_length_mm - 5.0)
    lumbar = placed.level.region == "lumbar"
    tall = (8.0, 10.0) if lumbar else (6.0, 4.0)
    wide = (3.2, 3.6) if lumbar else (3.2, 3.4)
    return blade(start, start + run, np.array([1.0, 0, 0]), (*wide, *tall), (1.0, 1.0))


def _sacral(placed: Placed) -> list[NDArray[np.float64]]:
    """Return both wings of the sacrum, and the fused segments below the first as one plate."""
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
    top = np.array([0.0, 0.1 * half[1], -0.8 * half[2]])
    end = np.array([0.0, 0.55 * half[1], -half[2] - 58.0])
    plate = blade(top, end, np.array([1.0, 0.0, 0.0]), (38.0, 16.0, 12.0, 6.0))
    return [*wings, plate]
