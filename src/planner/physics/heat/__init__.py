"""Heat and cold in tissue: the coupled models behind the tiers ``preview`` and ``full``."""

from planner.physics.heat.applicators import (
    CryoProbe,
    Driven,
    Electrode,
    Freeze,
    Microwave,
    RadioFrequency,
    Setpoint,
    Stage,
    Watts,
    cycles,
)
from planner.physics.heat.medium import Medium, PropertyTable
from planner.physics.heat.metal import Cooling, Cylinder
from planner.physics.heat.result import HeatResult, StructureHeat
from planner.physics.heat.solve import solve
from planner.physics.heat.zone_size import ZoneSize, measure_zone

__all__ = [
    "Cooling",
    "CryoProbe",
    "Cylinder",
    "Driven",
    "Electrode",
    "Freeze",
    "HeatResult",
    "Medium",
    "Microwave",
    "PropertyTable",
    "RadioFrequency",
    "Setpoint",
    "Stage",
    "StructureHeat",
    "Watts",
    "ZoneSize",
    "cycles",
    "measure_zone",
    "solve",
]
