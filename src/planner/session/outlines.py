"""One label volume made for drawing outlines, so that a pane reslices once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.structures import ESTIMATED_CORD, ESTIMATED_ROOT, ESTIMATED_SAC
from planner.geometry.boxes import box_of, cropped
from planner.session.view_state import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, EstimatedRegion
    from planner.geometry.volume_geometry import VolumeGeometry

VERTEBRA_CODES = range(1, 100)
"""VerSe numbers stay as they are, so neighbours keep separate outlines."""
CANAL_CODE = 101
FORAMEN_CODES = range(102, 104)
"""Left and right."""
LESION_CODE = 110

SAC_CODE, CORD_CODE, ROOT_CODE = 1, 2, 3
"""Of what is estimated; the cord lies in the sac, and roots with their ganglia beside it."""

_LAYER_RANGES = {
    Layer.VERTEBRAE: VERTEBRA_CODES,
    Layer.CANAL: range(CANAL_CODE, CANAL_CODE + 1),
    Layer.FORAMINA: FORAMEN_CODES,
    Layer.LESION: range(LESION_CODE, LESION_CODE + 1),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutlineVolume:
    """uint8 codes ``[k, j, i]`` in the box of the anatomy's grid that holds them; 0 is not drawn.

    Beside what is drawn lies a voxel of 0, so that every outline looks as in the whole grid.

    ``estimated`` is what the scan does not show, in codes of its own.
    """

    geometry: VolumeGeometry
    codes: NDArray[np.uint8]
    estimated: OutlineVolume | None = None


def outline_volume(anatomy: Anatomy) -> OutlineVolume:
    """Merge an anatomy's arrays; where structures overlap the later of this list wins.

    Vertebrae, foramina, canal, lesion: the canal is never hidden by a bone outline that
    leaks into it.
    """
    codes = anatomy.labels.copy()
    codes[(anatomy.foramina > 0) & (anatomy.foramina < 100)] = FORAMEN_CODES[0]
    codes[anatomy.foramina >= 100] = FORAMEN_CODES[1]
    codes[anatomy.canal] = CANAL_CODE
    if anatomy.lesion is not None:
        codes[anatomy.lesion] = LESION_CODE
    return _boxed(codes, anatomy.geometry, _estimated(anatomy))


def _boxed(
    codes: NDArray[np.uint8], geometry: VolumeGeometry, estimated: OutlineVolume | None
) -> OutlineVolume:
    """Return codes without what is empty about them; panes then ask nothing there."""
    box = box_of(codes != 0, margin=1) or (slice(1), slice(1), slice(1))
    codes = codes[box].copy()
    codes.flags.writeable = False
    return OutlineVolume(geometry=cropped(geometry, box), codes=codes, estimated=estimated)


def _estimated(anatomy: Anatomy) -> OutlineVolume | None:
    """Return where sac, cord and roots likely lie; none where nothing of them is estimated."""
    kinds = ((ESTIMATED_SAC, SAC_CODE), (ESTIMATED_CORD, CORD_CODE), (ESTIMATED_ROOT, ROOT_CODE))
    found = [
        (code, region, _place_in(anatomy, region))
        for kind, code in kinds
        for name, region in anatomy.estimates.items()
        if name.partition(":")[0] == kind
    ]
    if not found:
        return None
    low = np.min([[span.start for span in place] for _, _, place in found], axis=0)
    high = np.max([[span.stop for span in place] for _, _, place in found], axis=0)
    codes = np.zeros(high - low, np.uint8)
    for code, region, place in found:
        k, j, i = (
            slice(span.start - least, span.stop - least)
            for span, least in zip(place, low.tolist(), strict=True)
        )
        here = codes[k, j, i]
        # A root begins beside the sac: it never takes a bite out of what lies in the canal.
        here[region.likely & ((code != ROOT_CODE) | (here == 0))] = code
    codes.flags.writeable = False
    start, size = low[::-1].tolist(), (high - low)[::-1].tolist()
    geometry = anatomy.geometry.cropped((start[0], start[1], start[2]), tuple(size))
    return OutlineVolume(geometry=geometry, codes=codes)


def _place_in(anatomy: Anatomy, region: EstimatedRegion) -> tuple[slice, ...]:
    """Return the box ``[k, j, i]`` of a region in the anatomy's grid."""
    first = np.rint(anatomy.geometry.ijk(region.geometry.lps_mm(np.zeros(3)))).astype(int)
    return tuple(
        slice(start, start + count)
        for start, count in zip(first[::-1].tolist(), region.likely.shape, strict=True)
    )


def layer_of(code: int) -> Layer | None:
    """Return which layer switches a code on and off; None for background."""
    for layer, codes in _LAYER_RANGES.items():
        if code in codes:
            return layer
    return None
