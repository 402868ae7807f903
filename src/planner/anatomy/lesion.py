"""Grows a lesion from one click, inside one vertebra, with limits on HU and shape."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from planner.anatomy.morphology import grown, shrunk
from planner.domain.corrections import USUAL_REACH_MM
from planner.domain.errors import UsageError
from planner.domain.levels import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.corrections import LesionGrown
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.geometry.volume_geometry import VolumeGeometry

_NEIGHBOURS = 2
"""Bodies that say what healthy marrow is."""

CORTEX_VOXELS = 2
"""So deep under its surface a bone is marrow."""

LEAST_HEALTHY_SHARE = 0.3
"""A body with less of its marrow outside the lesion shows its rim, not what is healthy."""

SEED_MM = 2.0
"""The click's own HU is the median within this distance."""

SMOOTHING_MM = 0.8
NECK_MM = 1.2
"""Bridges thinner than twice this are cut, so that marrow does not flood a lesion's rim."""

LEAST_CONTRAST_HU = 30.0
LEAST_CONTRAST_SPREADS = 2.0
"""Less than either between click and healthy marrow is not a lesion that HU can outline; the
spread of that marrow is what its trabeculae alone make, cortex aside."""

MEDIAN_DEVIATION_OF_NORMAL = NormalDist().inv_cdf(0.75)
"""Median distance from the median, in standard deviations, where values are normal."""


def grow_lesion(
    ct: CtVolume, anatomy: Anatomy, click: PointLps, limits: LesionGrown | None = None
) -> NDArray[np.bool_]:
    """Return a lesion as a mask on the anatomy's grid, from one click inside it.

    The limit lies half way between the HU at the click and that of the vertebra's healthy
    marrow, so the same rule serves lytic and blastic lesions. The mask is a proposal for the
    brush, never a measured tumour.

    Parameters
    ----------
    limits
        The user's limits on HU and reach; a side without one keeps the automatic limit.

    Raises
    ------
    UsageError
        When the click is in no outlined vertebra, lies outside the user's limits, or without
        any does not differ from healthy marrow.
    """
    geometry = anatomy.geometry
    reach_mm = USUAL_REACH_MM if limits is None else limits.reach_mm
    number = _vertebra_at(anatomy, click)
    box = _box_round(geometry, click, reach_mm)
    start = np.array([axis.start for axis in box])[::-1].astype(float)
    places = np.moveaxis(np.indices([axis.stop - axis.start for axis in box]), 0, -1)[..., ::-1]
    distance = np.linalg.norm(geometry.lps_mm(places + start) - click.array, axis=-1)
    sigma = SMOOTHING_MM / np.array(geometry.spacing_mm)[::-1]
    smooth = ndimage.gaussian_filter(hu_on(ct, geometry, box), sigma)
    inside = (anatomy.labels[box] == number) & (distance < reach_mm)
    seed_hu = float(np.median(smooth[distance <= max(SEED_MM, distance.min())]))
    low_hu, high_hu = _given_hu(limits, seed_hu)
    if low_hu is None or high_hu is None:
        marrow_hu, spread_hu = healthy_marrow_hu(ct, anatomy, number)
        low_hu, high_hu = _filled_in_hu(low_hu, high_hu, seed_hu, marrow_hu, spread_hu)
    grown = _piece_at((smooth > low_hu) & (smooth < high_hu) & inside, distance, geometry)
    out = np.zeros(geometry.shape_kji, np.bool_)
    out[box] = grown
    return out


def _given_hu(limits: LesionGrown | None, seed_hu: float) -> tuple[float | None, float | None]:
    """Return the user's lower and upper limit; the click must lie between them."""
    if limits is None:
        return None, None
    low_hu, high_hu = limits.low_hu, limits.high_hu
    if low_hu is not None and seed_hu <= low_hu:
        limit = f"below the lower limit of {low_hu:.0f} HU"
    elif high_hu is not None and seed_hu >= high_hu:
        limit = f"above the upper limit of {high_hu:.0f} HU"
    else:
        return low_hu, high_hu
    raise UsageError(
        f"at the click the bone reads {seed_hu:.0f} HU, {limit} that was set for the lesion; "
        "click elsewhere, or change the limit"
    )


def _filled_in_hu(
    low_hu: float | None,
    high_hu: float | None,
    seed_hu: float,
    marrow_hu: float,
    spread_hu: float,
) -> tuple[float, float]:
    """Return both limits: half way to healthy marrow where the user set none on that side."""
    least_hu = max(LEAST_CONTRAST_HU, LEAST_CONTRAST_SPREADS * spread_hu)
    is_clear = abs(seed_hu - marrow_hu) >= least_hu
    if low_hu is None and high_hu is None and not is_clear:
        raise UsageError(
            f"at the click the bone reads {seed_hu:.0f} HU, close to the healthy marrow of "
            f"{marrow_hu:.0f} HU; click where the lesion is clearest, set a limit for its HU, or "
            "draw it with the brush"
        )
    half_way_hu = 0.5 * (seed_hu + marrow_hu)
    if low_hu is None:
        low_hu = half_way_hu if is_clear and seed_hu > marrow_hu else -np.inf
    if high_hu is None:
        high_hu = half_way_hu if is_clear and seed_hu < marrow_hu else np.inf
    return low_hu, high_hu


def _vertebra_at(anatomy: Anatomy, click: PointLps) -> int:
    """Return the VerSe number at the click."""
    index = np.rint(anatomy.geometry.ijk(click.array)).astype(int)
    if (index >= 0).all() and (index < anatomy.geometry.size_ijk).all():
        number = int(anatomy.labels[index[2], index[1], index[0]])
        if number:
            return number
    raise UsageError("the click is not inside an outlined vertebra; click in the bone")


def _box_round(
    geometry: VolumeGeometry, click: PointLps, reach_mm: float
) -> tuple[slice, slice, slice]:
    """Return the index box that holds a ball."""
    centre = geometry.ijk(click.array)
    # The rows of the inverse matrix tell how far an index moves per mm in any direction.
    reach = reach_mm * np.linalg.norm(geometry.ijk_from_lps[:3, :3], axis=1)
    last = np.array(geometry.size_ijk)
    low = np.clip(np.floor(centre - reach), 0, last - 1).astype(int)
    high = np.clip(np.ceil(centre + reach) + 1, low + 1, last).astype(int)
    return (
        slice(int(low[2]), int(high[2])),
        slice(int(low[1]), int(high[1])),
        slice(int(low[0]), int(high[0])),
    )


def hu_on(
    ct: CtVolume, geometry: VolumeGeometry, box: tuple[slice, slice, slice]
) -> NDArray[np.float32]:
    """Return the CT in a box of the anatomy's grid, which is a crop of the CT's own."""
    offset = np.rint(ct.geometry.ijk(geometry.lps_mm(np.zeros(3)))).astype(int)[::-1]
    place = tuple(
        slice(axis.start + shift, axis.stop + shift)
        for axis, shift in zip(box, offset, strict=True)
    )
    return ct.hu[place].astype(np.float32)


def healthy_marrow_hu(ct: CtVolume, anatomy: Anatomy, number: int) -> tuple[float, float]:
    """Return median HU and spread of the marrow of the nearest other bodies, else of this one.

    A large lesion fills its own body, so the neighbours say what is healthy here, without what
    is outlined as lesion in them. ``number`` is the VerSe number of the vertebra.

    Raises
    ------
    UsageError
        When no body shows enough marrow outside the lesion.
    """
    places = {level: v.body_centre for level, v in anatomy.vertebrae.items()}
    here = places.get(Level.from_verse_label(number))
    others = [level for level in places if level.verse_label != number]
    if here is not None:
        others = sorted(others, key=lambda level: places[level].distance_mm(here))[:_NEIGHBOURS]
    near = [_marrow_of(ct, anatomy, level.verse_label) for level in others]
    told = [marrow for marrow in near if marrow is not None]
    own = None if told else _marrow_of(ct, anatomy, number)
    told += [] if own is None else [own]
    if not told:
        raise UsageError("no vertebral body shows healthy marrow; a lesion cannot be told from it")
    median_hu, spread_hu = np.mean(told, axis=0)
    return float(median_hu), float(spread_hu)


def _marrow_of(ct: CtVolume, anatomy: Anatomy, number: int) -> tuple[float, float] | None:
    """Return median HU and spread of one body's marrow, ``None`` where a lesion fills it."""
    box = ndimage.find_objects((anatomy.bodies == number).astype(np.uint8))
    if not box:
        return None
    core = shrunk(anatomy.bodies[box[0]] == number, CORTEX_VOXELS)
    healthy = core if anatomy.lesion is None else core & ~anatomy.lesion[box[0]]
    if healthy.sum() <= LEAST_HEALTHY_SHARE * core.sum():
        return None
    hu = hu_on(ct, anatomy.geometry, box[0])
    sigma = SMOOTHING_MM / np.array(anatomy.geometry.spacing_mm)[::-1]
    marrow = ndimage.gaussian_filter(hu, sigma)[healthy]
    off = np.median(np.abs(marrow - np.median(marrow)))
    spread = float(off / MEDIAN_DEVIATION_OF_NORMAL)
    return float(np.median(hu[healthy])), spread


def _piece_at(
    mask: NDArray[np.bool_], distance: NDArray[np.float64], geometry: VolumeGeometry
) -> NDArray[np.bool_]:
    """Return the connected piece at the click, with thin bridges cut and holes filled."""
    necks = max(1, round(NECK_MM / float(np.mean(geometry.spacing_mm))))
    opened = shrunk(mask, necks)
    if not opened.any():
        opened = mask
    pieces = np.asarray(cc3d.connected_components(opened, connectivity=6))
    reach = np.where(pieces > 0, distance, np.inf)
    if not np.isfinite(reach.min()):
        return np.zeros(mask.shape, np.bool_)
    core = pieces == pieces.ravel()[int(reach.argmin())]
    back = grown(core, necks) & mask
    return np.asarray(ndimage.binary_fill_holes(back), dtype=np.bool_)
