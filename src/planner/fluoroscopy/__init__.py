"""Simulated X-ray pictures of a CT: arrays in, arrays out."""

from planner.fluoroscopy.line_integrals import attenuation_along_rays, halved, length_along_rays
from planner.fluoroscopy.overlays import (
    cement_attenuation,
    needle_outline,
    shadow_edge,
    zone_outline,
)
from planner.fluoroscopy.picture import picture
from planner.fluoroscopy.xray_view import PREVIEW_PIXELS, XrayView

__all__ = [
    "PREVIEW_PIXELS",
    "XrayView",
    "attenuation_along_rays",
    "cement_attenuation",
    "halved",
    "length_along_rays",
    "needle_outline",
    "picture",
    "shadow_edge",
    "zone_outline",
]
