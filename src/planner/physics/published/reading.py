"""What a run of a published experiment needs, and what it reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.physics.heat import Cylinder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.devices import Device
    from planner.physics.heat import PropertyTable
    from planner.physics.heat.metal import Triple


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Ours: the nominal value, and the span over what was not published and is varied."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, *others: float) -> Reading:
        """Return a reading whose span holds the nominal value and all the others."""
        every = (value, *others)
        return cls(value=value, low=min(every), high=max(every))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The devices of the catalogue and the properties of every tissue class."""

    devices: Mapping[str, Device]
    table: PropertyTable

    @property
    def dead_table(self) -> PropertyTable:
        """The properties of specimens: no blood flows."""
        return replace(
            self.table, perfusion_w_per_m3_k=np.zeros_like(self.table.perfusion_w_per_m3_k)
        )


def needle(
    start: Triple, axis: Triple | NDArray[np.float64], length_mm: float, diameter_mm: float
) -> Cylinder:
    """Return metal from ``start`` (grid mm) along ``axis``, which need not be of length one."""
    along = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    end = np.asarray(start, dtype=np.float64) + along * length_mm
    return Cylinder(start_mm=point(start), end_mm=point(end), radius_mm=diameter_mm / 2.0)


def point(place: Sequence[float] | NDArray[np.float64]) -> Triple:
    """Return three plain floats."""
    x, y, z = place
    return (float(x), float(y), float(z))
