"""Slices of a scan on their way in: to look at, never to measure or plan on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IncomingScan:
    """What has been read so far; the gate has not said yet whether it may be used.

    Attributes
    ----------
    whole
        The grid of the complete scan.
    geometry
        The grid of the slices that are here.
    hu
        int16, shape ``[k, j, i]``, read-only: the slices that are here.
    """

    whole: VolumeGeometry
    geometry: VolumeGeometry
    hu: NDArray[np.int16]

    @property
    def ready(self) -> int:
        """How many slices are here."""
        return self.geometry.size_ijk[2]

    @property
    def words(self) -> str:
        """What must stand on every picture of it."""
        return f"LOADING, {self.ready} OF {self.whole.size_ijk[2]} SLICES"

    @property
    def newest(self) -> PointLps:
        """The middle of the slice that came last."""
        i, j, _ = self.whole.size_ijk
        return PointLps.of(
            self.whole.lps_mm(np.array(((i - 1) / 2, (j - 1) / 2, self.ready - 1.0)))
        )


class SliceFeed:
    """Takes slices in the thread that loads; whoever shows them asks for the newest state.

    Handing over one tuple is atomic, so no lock is needed.
    """

    def __init__(self) -> None:
        self._latest: tuple[VolumeGeometry, NDArray[np.int16], int] | None = None
        self._given = 0

    def __call__(self, geometry: VolumeGeometry, hu: NDArray[np.int16], ready: int) -> None:
        """Keep the newest delivery."""
        self._latest = (geometry, hu, ready)

    def newer(self) -> IncomingScan | None:
        """Return what is here when it is more than was returned before."""
        if self._latest is None or self._latest[2] <= self._given:
            return None
        whole, hu, self._given = self._latest
        i, j, _ = whole.size_ijk
        here = hu[: self._given]
        here.flags.writeable = False
        return IncomingScan(
            whole=whole, geometry=whole.cropped((0, 0, 0), (i, j, self._given)), hu=here
        )
