"""One label volume made for drawing outlines, so that a pane reslices once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.structures import ESTIMATED_CORD, ESTIMATED_SAC
from planner.session.view_state import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.geometry.volume_geometry import VolumeGeometry

VERTEBRA_CODES = range(1, 100)
"""VerSe numbers stay as they are, so neighbours keep separate outlines."""
CANAL_CODE = 101
FORAMEN_CODES = range(102, 104)
"""Left and right."""
LESION_CODE = 110

SAC_CODE, CORD_CODE = 1, 2
"""Of what is estimated; the cord lies in the sac."""

_LAYER_RANGES = {
    Layer.VERTEBRAE: VERTEBRA_CODES,
    Layer.CANAL: range(CANAL_CODE, CANAL_CODE + 1),
    Layer.FORAMINA: FORAMEN_CODES,
    Layer.LESION: range(LESION_CODE, LESION_CODE + 1),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutlineVolume:
    """uint8 codes ``[k, j, i]`` on the anatomy's grid; 0 where nothing is drawn.

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
    codes.flags.writeable = False
    return OutlineVolume(geometry=anatomy.geometry, codes=codes, estimated=_estimated(anatomy))


def _estimated(anatomy: Anatomy) -> OutlineVolume | None:
    """Return where the sac likely lies, and the cord in it; none where neither is estimated."""
    found = {
        code: anatomy.estimates[name]
        for name, code in ((ESTIMATED_SAC, SAC_CODE), (ESTIMATED_CORD, CORD_CODE))
        if name in anatomy.estimates
    }
    if not found:
        return None
    geometry = next(iter(found.values())).geometry
    codes = np.zeros(geometry.shape_kji, np.uint8)
    for code, region in found.items():
        codes[region.likely] = code
    codes.flags.writeable = False
    return OutlineVolume(geometry=geometry, codes=codes)


def layer_of(code: int) -> Layer | None:
    """Return which layer switches a code on and off; None for background."""
    for layer, codes in _LAYER_RANGES.items():
        if code in codes:
            return layer
    return None
