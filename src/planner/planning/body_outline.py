"""The patient's outline in a CT, and where a needle's line passes the skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cc3d
import edt
import numpy as np
from scipy import ndimage

from planner.domain.while_open import kept_while_open
from planner.geometry.kernels import kernel
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.planning.sampling import along_line, trilinear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

AIR_HU: Final = -300.0
"""Between air or lung (below -700) and fat (above -130)."""

ROOM_AIR_HU: Final = -930.0
"""Between air (-1000) and lung (-850 to -700, textbook range)."""

COARSE_MM: Final = 2.0
TABLE_MM: Final = 5.0
"""Parts thinner than twice this, such as the shell of the table, are not the patient."""

REFINE_MM: Final = 4.0
"""The coarse outline lies within this of the skin seen in full resolution."""

RIM_STEPS: Final = 1.5
MOSTLY: Final = 0.5
"""Air is lung when more than this share of its rim lies against the patient."""

STEP_MM: Final = 0.25
FARTHEST_MM: Final = 400.0
CACHED_SCANS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyOutline:
    """The inside of the patient on a coarse grid.

    Attributes
    ----------
    inside
        uint8 ``[k, j, i]``; lung and bowel gas count as inside.
    gas
        bool: air inside the patient.
    """

    geometry: VolumeGeometry
    inside: NDArray[np.uint8]
    gas: NDArray[np.bool_]


@kept_while_open(CACHED_SCANS)
def body_outline(ct: CtVolume) -> BodyOutline:
    """Find the patient in a CT; kept for the next call with the same scan."""
    stride = [max(1, round(COARSE_MM / step)) for step in ct.geometry.spacing_mm]
    i, j, k = stride
    coarse = ct.hu[::k, ::j, ::i]
    tissue = coarse > AIR_HU
    if ct.outside_scan is not None:
        tissue &= ~ct.outside_scan[::k, ::j, ::i]
    scale = ct.geometry.lps_from_ijk @ np.diag([*stride, 1.0])
    size = (coarse.shape[2], coarse.shape[1], coarse.shape[0])
    geometry = VolumeGeometry.from_matrix(size, scale)
    patient = _largest_part(tissue, geometry)
    filled = patient.copy()
    across = 2 - int(np.abs(geometry.direction[2]).argmax())
    for plane in range(filled.shape[across]):
        place = tuple(plane if axis == across else slice(None) for axis in range(3))
        filled[place] = ndimage.binary_fill_holes(patient[place])
    gas = (filled & (coarse <= AIR_HU)) | _cut_lung(coarse, filled, geometry)
    return BodyOutline(geometry=geometry, inside=(filled | gas).astype(np.uint8), gas=gas)


def _cut_lung(
    hu: NDArray[np.int16], filled: NDArray[np.bool_], geometry: VolumeGeometry
) -> NDArray[np.bool_]:
    """Return lung that a small field of view cuts, so that no chest wall closes it off.

    It is denser than the air of the room and lies mostly against the patient; the hollows of a
    table lie against the table.
    """
    pieces = cc3d.connected_components((hu <= AIR_HU) & ~filled, connectivity=6)
    count = int(pieces.max())
    if count == 0:
        return np.zeros_like(filled)
    spacing = geometry.spacing_mm[::-1]
    reach = RIM_STEPS * max(geometry.spacing_mm)
    own_rim = edt.edt(np.ascontiguousarray(pieces), anisotropy=spacing) <= reach
    by_patient = own_rim & (edt.edt(np.ascontiguousarray(~filled), anisotropy=spacing) <= reach)
    rims = np.bincount(pieces[own_rim], minlength=count + 1)
    touching = np.bincount(pieces[by_patient], minlength=count + 1)
    total = np.bincount(pieces.ravel(), weights=hu.ravel(), minlength=count + 1)
    mean_hu = total / np.maximum(np.bincount(pieces.ravel(), minlength=count + 1), 1)
    lung = (touching > MOSTLY * np.maximum(rims, 1)) & (mean_hu > ROOM_AIR_HU)
    lung[0] = False
    return np.asarray(lung[pieces], dtype=np.bool_)


def _largest_part(tissue: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.bool_]:
    """Open the mask to cut the table off, and keep the largest piece."""
    spacing = geometry.spacing_mm[::-1]
    core = edt.edt(np.ascontiguousarray(tissue), anisotropy=spacing) > TABLE_MM
    pieces = cc3d.connected_components(core, connectivity=6)
    sizes = np.bincount(pieces.ravel())
    if len(sizes) < 2:
        return tissue
    sizes[0] = 0
    largest = pieces == int(sizes.argmax())
    near = edt.edt(np.ascontiguousarray(~largest), anisotropy=spacing) <= TABLE_MM + COARSE_MM
    return np.asarray(tissue & near, dtype=np.bool_)


def skin_on_line(ct: CtVolume, tip: PointLps, outward: Vector) -> PointLps | None:
    """Return where a line from inside the patient passes the skin for the last time.

    ``None`` when the scan ends before the patient does, so that the skin is not seen.

    Parameters
    ----------
    outward
        Unit vector, shape ``(3,)``, LPS, from the tip towards the outside.
    """
    outline = body_outline(ct)
    grid = outline.geometry
    start, way = grid.ijk(tip.array), grid.ijk_from_lps[:3, :3] @ outward
    seen_mm = min(
        _last_inside_mm(grid, start, way),
        _last_inside_mm(
            ct.geometry, ct.geometry.ijk(tip.array), ct.geometry.ijk_from_lps[:3, :3] @ outward
        ),
        FARTHEST_MM,
    )
    if seen_mm < 0.0:
        return None
    last = int(seen_mm / STEP_MM)
    within = _last_within(outline.inside, start, way * STEP_MM, last)
    if within < 0 or within >= last:
        return None
    coarse_mm = within * STEP_MM
    return PointLps.of(tip.array + _refined_mm(ct, tip, outward, coarse_mm) * outward)


def skin_near(ct: CtVolume, inside: PointLps, point: PointLps) -> PointLps | None:
    """Return where the line from a place inside the patient through a point passes the skin."""
    way = point.array - inside.array
    length = float(np.linalg.norm(way))
    return skin_on_line(ct, inside, way / length) if length > 0.0 else None


@kernel
def _last_within(
    inside: NDArray[np.uint8],
    start_ijk: NDArray[np.float64],
    step_ijk: NDArray[np.float64],
    last: int,
) -> int:
    """Return the last step of a line that lies inside a mask, -1 when none does."""
    for n in range(last, -1, -1):
        i, j, k = start_ijk + n * step_ijk
        if trilinear(inside, i, j, k) >= 0.5:
            return n
    return -1


def _last_inside_mm(geometry: VolumeGeometry, start_ijk: Vector, step_ijk: Vector) -> float:
    """Return how far a line runs before it leaves a grid's outer faces, negative from outside.

    ``step_ijk`` is 1 mm of the line.
    """
    last = np.array(geometry.size_ijk, dtype=np.float64) - 0.5
    if (start_ijk < -0.5).any() or (start_ijk > last).any():
        return -1.0
    with np.errstate(divide="ignore", over="ignore"):
        way = np.where(step_ijk >= 0.0, last - start_ijk, -0.5 - start_ijk) / step_ijk
    return float(np.where(step_ijk == 0.0, np.inf, way).min())


def _refined_mm(ct: CtVolume, tip: PointLps, outward: Vector, coarse_mm: float) -> float:
    """Return the crossing from tissue to air in full resolution nearest the coarse one."""
    count = int(2.0 * REFINE_MM / STEP_MM) + 1
    way_mm = coarse_mm + np.linspace(-REFINE_MM, REFINE_MM, count)
    ends = ct.geometry.ijk(tip.array + way_mm[[0, -1], None] * outward)
    hu = along_line(ct.hu, ends[0], ends[1], count)
    leaves = np.flatnonzero((hu[:-1] > AIR_HU) & (hu[1:] <= AIR_HU))
    if not len(leaves):
        return coarse_mm
    at = leaves[np.abs(way_mm[leaves] - coarse_mm).argmin()]
    share = (hu[at] - AIR_HU) / (hu[at] - hu[at + 1])
    return float(way_mm[at] + share * (way_mm[at + 1] - way_mm[at]))
