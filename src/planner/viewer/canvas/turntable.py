"""Where the eye of the 3-D view stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.geometry.points import PointLps, Vector

VIEW_ANGLE_DEG = 30.0
STEEPEST_DEG = 89.0


@dataclass(frozen=True, slots=True)
class Turntable:
    """Where the eye stands: always with the head up, so a picture never rolls.

    ``azimuth_deg`` 0 looks from straight behind the patient, so that a left needle is on the
    left of the picture; 90 looks from the patient's left.
    """

    focus: PointLps
    distance_mm: float
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0

    def turned(self, right_deg: float, up_deg: float) -> Turntable:
        """Return the eye after a drag."""
        high = min(max(self.elevation_deg + up_deg, -STEEPEST_DEG), STEEPEST_DEG)
        return replace(
            self, azimuth_deg=(self.azimuth_deg + right_deg) % 360.0, elevation_deg=high
        )

    def nearer(self, factor: float) -> Turntable:
        """Return the eye moved closer by ``factor``."""
        return replace(self, distance_mm=min(max(self.distance_mm / factor, 20.0), 5000.0))

    def shifted(self, right_px: float, down_px: float, height_px: float) -> Turntable:
        """Return the eye after the picture was pulled by so many pixels."""
        scale = 2.0 * self.distance_mm * np.tan(radians(VIEW_ANGLE_DEG / 2)) / height_px
        right, up, _ = self.axes
        return replace(self, focus=self.focus.moved((up * down_px - right * right_px) * scale))

    @property
    def axes(self) -> tuple[Vector, Vector, Vector]:
        """Unit vectors to the screen's right, to its top, and towards the eye, LPS."""
        a, e = radians(self.azimuth_deg), radians(self.elevation_deg)
        back = np.array((sin(a) * cos(e), cos(a) * cos(e), sin(e)))
        right = np.array((-cos(a), sin(a), 0.0))
        return right, np.cross(back, right), back

    def project(self, points_mm: Vector, width_px: float, height_px: float) -> Vector:
        """Return where points, shape ``(n, 3)`` LPS, are seen, in pixels, shape ``(n, 2)``."""
        right, up, back = self.axes
        offset = np.atleast_2d(points_mm) - self.focus.array
        away = self.distance_mm - offset @ back
        scale = height_px / (2.0 * np.tan(radians(VIEW_ANGLE_DEG / 2)) * away)
        across, high = offset @ right * scale, offset @ up * scale
        return np.stack((width_px / 2 + across, height_px / 2 - high), axis=1)

    def dragged(self, start: PointLps, by_px: tuple[float, float], height_px: float) -> PointLps:
        """Return a point moved by so many pixels right and down, as far from the eye as it was."""
        right, up, back = self.axes
        away = self.distance_mm - float((start.array - self.focus.array) @ back)
        scale = 2.0 * away * np.tan(radians(VIEW_ANGLE_DEG / 2)) / height_px
        return start.moved((right * by_px[0] - up * by_px[1]) * scale)


@dataclass(frozen=True, slots=True)
class SeenBy:
    """A pane as the hand's aim needs it: where the eye shows a point."""

    eye: Turntable
    width_px: float
    height_px: float

    def pixel(self, point: PointLps) -> tuple[float, float]:
        """Project one point."""
        x, y = self.eye.project(point.array, self.width_px, self.height_px)[0]
        return float(x), float(y)
