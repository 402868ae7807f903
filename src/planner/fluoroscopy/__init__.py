"""Simulated X-ray pictures of a CT: arrays in, arrays out."""

from planner.fluoroscopy.line_integrals import attenuation_along_rays, length_along_rays
from planner.fluoroscopy.picture import picture
from planner.fluoroscopy.xray_view import XrayView

__all__ = ["XrayView", "attenuation_along_rays", "length_along_rays", "picture"]
