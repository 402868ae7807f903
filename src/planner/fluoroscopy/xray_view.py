"""Where the X-ray source and the detector stand about the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import direction_label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

SOURCE_TO_ISOCENTRE_MM: Final = 700.0
SOURCE_TO_DETECTOR_MM: Final = 1100.0
"""Usual distances of a C-arm (recalled). They set the magnification and nothing else."""

PREVIEW_PIXELS: Final = 160
"""Edge of the picture drawn while something is dragged."""

HEAD: Final = (0.0, 0.0, 1.0)
STEEPEST_COSINE: Final = 0.999
"""A detector this nearly above the head has no upright picture; the back is then up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XrayView:
    """A cone of rays from a source to the pixels of a flat detector.

    The picture is seen from the detector, the patient's head up. Its letters say where left
    and right lie; they are never left out.

    Attributes
    ----------
    right, down
        Unit vectors of the picture's columns and rows, LPS.
    """

    source: PointLps
    detector_centre: PointLps
    right: tuple[float, float, float]
    down: tuple[float, float, float]
    pixel_mm: float
    columns: int
    rows: int

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1 or not self.pixel_mm > 0.0:
            raise ValueError("a detector needs at least one pixel of a positive size")

    @classmethod
    def about(
        cls,
        isocentre: PointLps,
        detector: Vector,
        *,
        field_mm: float = 180.0,
        pixels: int = 512,
    ) -> XrayView:
        """Aim at ``isocentre`` with the detector in that direction, shape ``(3,)``, LPS.

        ``field_mm`` is the width seen at the isocentre.
        """
        towards = unit(detector)
        upward = np.array(HEAD)
        if abs(float(towards @ upward)) > STEEPEST_COSINE:
            upward = np.array((0.0, 1.0, 0.0))
        down = -unit(upward - (upward @ towards) * towards)
        right = np.cross(down, -towards)
        magnified = SOURCE_TO_DETECTOR_MM / SOURCE_TO_ISOCENTRE_MM
        beyond = SOURCE_TO_DETECTOR_MM - SOURCE_TO_ISOCENTRE_MM
        return cls(
            source=isocentre.moved(-SOURCE_TO_ISOCENTRE_MM * towards),
            detector_centre=isocentre.moved(beyond * towards),
            right=(float(right[0]), float(right[1]), float(right[2])),
            down=(float(down[0]), float(down[1]), float(down[2])),
            pixel_mm=field_mm * magnified / pixels,
            columns=pixels,
            rows=pixels,
        )

    @property
    def first_pixel(self) -> PointLps:
        """Centre of the pixel in the upper left corner."""
        left = -0.5 * (self.columns - 1) * self.pixel_mm * np.array(self.right)
        top = -0.5 * (self.rows - 1) * self.pixel_mm * np.array(self.down)
        return self.detector_centre.moved(left + top)

    def moved(self, start: PointLps, by_pixels: tuple[float, float]) -> PointLps:
        """Return a point whose shadow went so many pixels across and down.

        It keeps its distance from the detector: a picture says nothing of depth.
        """
        right, down = np.array(self.right), np.array(self.down)
        normal = np.cross(right, down)
        source = self.source.array
        share = float((start.array - source) @ normal) / float(
            (self.detector_centre.array - source) @ normal
        )
        across, along = by_pixels
        return start.moved(share * self.pixel_mm * (across * right + along * down))

    @property
    def letters(self) -> dict[str, str]:
        """Patient letters at the ``left``, ``right``, ``top`` and ``bottom`` edge."""
        right, down = np.array(self.right), np.array(self.down)
        return {
            "left": direction_label(-right),
            "right": direction_label(right),
            "top": direction_label(-down),
            "bottom": direction_label(down),
        }

    def project(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return column and row of points, shape ``(n, 2)``; NaN behind the source.

        ``points_mm`` has shape ``(n, 3)``, LPS. Whole numbers are centres of pixels.
        """
        right, down = np.array(self.right), np.array(self.down)
        normal = np.cross(right, down)
        rays = np.atleast_2d(points_mm) - self.source.array
        depth = (self.detector_centre.array - self.source.array) @ normal
        ahead = rays @ normal / depth
        with np.errstate(divide="ignore", invalid="ignore"):
            spots = self.source.array + rays / ahead[:, None] - self.first_pixel.array
            found = np.stack((spots @ right, spots @ down), axis=1) / self.pixel_mm
        found[~(ahead > 0.0)] = np.nan
        return np.asarray(found, dtype=np.float64)
