"""Cement in a vertebra: where it goes, and how likely it leaves the bone."""

from planner.physics.cement.build import Surroundings, Vein, cement_medium, hollowed, marked
from planner.physics.cement.ensemble import forecast
from planner.physics.cement.fill import predicted
from planner.physics.cement.outlet import Outlet, drawn_back

__all__ = [
    "Outlet",
    "Surroundings",
    "Vein",
    "cement_medium",
    "drawn_back",
    "forecast",
    "hollowed",
    "marked",
    "predicted",
]
