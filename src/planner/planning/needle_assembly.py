"""A needle as the parts that go in: a cannula, drawn back, and what works beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.plan import SHORTEST_TRAJECTORY_MM
from planner.geometry.capsule import Capsule
from planner.geometry.points import unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.devices import Device
    from planner.domain.plan import Plan, Trajectory, TrajectoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleAssembly:
    """The solids of one needle, from its hub to its tip.

    Attributes
    ----------
    cannula
        The bone needle, its end drawn back from the tip; ``None`` for a device that needs none
        or that does not say how far it stands out.
    applicator
        The device itself, or a bare needle.
    active
        The end of the applicator that stands beyond the cannula; ``None`` without a cannula.
    missing
        What the catalogue does not say, in words; empty when it says all.
    outside
        Shaft and hub out of the skin; empty while nobody has said how long the bone needle is.
    """

    cannula: Capsule | None
    applicator: Capsule
    active: Capsule | None
    missing: tuple[str, ...] = ()
    outside: tuple[Capsule, ...] = ()

    @property
    def solids(self) -> tuple[Capsule, ...]:
        """What is really there under the skin, the widest first."""
        return (self.applicator,) if self.cannula is None else (self.cannula, self.applicator)


def bare_needle(trajectory: Trajectory, outer_diameter_mm: float) -> NeedleAssembly:
    """Return a needle with nothing in it, such as one for cement."""
    solid = Capsule(trajectory.entry, trajectory.tip, outer_diameter_mm / 2.0)
    return NeedleAssembly(cannula=None, applicator=solid, active=None)


def assembled(
    trajectory: Trajectory,
    device: Device,
    access_diameter_mm: float,
    *,
    tip_back_mm: float = 0.0,
) -> NeedleAssembly:
    """Lay a device and its cannula along a trajectory.

    Parameters
    ----------
    access_diameter_mm
        Of the bone needle, as ``Catalog.access_diameter`` says.
    tip_back_mm
        How far the device's tip is drawn back from that of the trajectory.

    Raises
    ------
    ValueError
        When the tip is drawn back out of the skin.
    """
    back = unit(trajectory.entry.array - trajectory.tip.array)
    if tip_back_mm >= trajectory.length_mm:
        raise ValueError("the tip of a device cannot be drawn back out of the skin")
    tip = trajectory.tip.moved(tip_back_mm * back)
    numbers, missing = device.numbers, []
    if "outer_diameter_mm" in numbers:
        own = numbers["outer_diameter_mm"].value
    else:
        own = access_diameter_mm
        missing.append(f"The diameter of {device.name}; it is drawn as wide as its bone needle.")
    applicator = Capsule(trajectory.entry, tip, own / 2.0)
    if own >= access_diameter_mm and "cannula_gauge" not in numbers:
        return NeedleAssembly(
            cannula=None, applicator=applicator, active=None, missing=tuple(missing)
        )
    if "tip_beyond_cannula_mm" not in numbers:
        missing.append(f"How far {device.name} stands beyond its bone needle.")
        whole = Capsule(trajectory.entry, tip, access_diameter_mm / 2.0)
        return NeedleAssembly(
            cannula=whole, applicator=applicator, active=None, missing=tuple(missing)
        )
    beyond = min(numbers["tip_beyond_cannula_mm"].value, applicator.start.distance_mm(tip))
    end = tip.moved(beyond * back)
    return NeedleAssembly(
        cannula=Capsule(trajectory.entry, end, access_diameter_mm / 2.0),
        applicator=applicator,
        active=Capsule(end, tip, own / 2.0),
        missing=tuple(missing),
    )


def planned_assemblies(plan: Plan, catalog: Catalog) -> Mapping[TrajectoryId, NeedleAssembly]:
    """Return the parts of every needle with the device planned on it, or of a bare needle."""
    return {item.id: planned_assembly(item, plan, catalog) for item in plan.trajectories}


def planned_assembly(needle: Trajectory, plan: Plan, catalog: Catalog) -> NeedleAssembly:
    """Return the parts of one needle of a plan."""
    burn = next((item for item in plan.ablations if item.trajectory_id == needle.id), None)
    device = None if burn is None else catalog.devices.get(burn.device_id)
    width_mm = catalog.access_diameter([device] if device else [], needle.size).value
    if burn is None or device is None:
        made = bare_needle(needle, width_mm)
    else:
        back_mm = min(burn.active_offset_mm, needle.length_mm - SHORTEST_TRAJECTORY_MM)
        made = assembled(needle, device, width_mm, tip_back_mm=back_mm)
    return replace(made, outside=_outside(needle, width_mm, catalog))


def _outside(needle: Trajectory, width_mm: float, catalog: Catalog) -> tuple[Capsule, ...]:
    """Return what stands out of the skin of a needle whose size was chosen."""
    if needle.size is None:
        return ()
    back = unit(needle.entry.array - needle.tip.array)
    hub_mm, hub_length_mm = (part.value for part in catalog.hub())
    begins = needle.tip.moved(max(needle.size.length_mm, needle.length_mm) * back)
    radius = hub_mm / 2.0
    hub = Capsule(
        begins.moved(radius * back), begins.moved((hub_length_mm - radius) * back), radius
    )
    return (Capsule(needle.entry, begins, width_mm / 2.0), hub)


def shaft_spare_mm(trajectory: Trajectory, device: Device) -> float | None:
    """Return what of a device's shaft stands out of the skin; negative when it is too short.

    ``None`` when the catalogue does not know the shaft.
    """
    if "shaft_length_mm" not in device.numbers:
        return None
    return device.numbers["shaft_length_mm"].value - trajectory.length_mm
