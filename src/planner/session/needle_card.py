"""What is measured of one needle and what to take to the room, as labelled lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.planning import correction
from planner.planning.needle_assembly import planned_assembly, shaft_spare_mm
from planner.report.control import control_facts, turn_words
from planner.report.measured import distance_facts, measure_facts
from planner.report.room import c_arm_facts, ct_facts
from planner.session.needle_parts import needle_parts
from planner.session.ruled_measures import ruled_measures

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan, Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps

NOT_GIVEN = "not given"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPart:
    """One block of the card: its heading and its labelled lines."""

    title: str
    lines: tuple[tuple[str, str], ...]


def needle_card(
    needle: Trajectory,
    plan: Plan,
    ct: CtVolume,
    anatomy: Anatomy,
    catalog: Catalog,
    grid_mark: PointLps | None = None,
) -> tuple[CardPart, ...]:
    """Return measures, parts, the CT table's numbers and the C-arm's, as the paper says them.

    ``grid_mark`` is a point of a grid on the skin as this scan shows it.
    """
    burn = next((item for item in plan.ablations if item.trajectory_id == needle.id), None)
    device = None if burn is None else catalog.devices.get(burn.device_id)
    width_mm = catalog.access_diameter([device] if device else [], needle.size).value
    measured = ruled_measures(
        needle,
        ct,
        anatomy,
        outer_diameter_mm=width_mm,
        placement_error_mm=catalog.placement_error_mm,
    )
    vertebra = anatomy.vertebrae[needle.level]
    table = ct_facts(
        needle,
        measured,
        ct,
        vertebra,
        catalog.needles.values(),
        grid_mark=grid_mark,
        device=device,
    )
    arm = c_arm_facts(needle, anatomy, ct.record.patient_position)
    blocks = {
        "Measured": [(fact.label, fact.value) for fact in measure_facts(measured)],
        "Distances": [(fact.label, fact.value) for fact in distance_facts(measured)],
        "Needle parts": _parts(needle, plan, catalog),
        "For the CT table": [(fact.label, fact.value) for fact in table],
        "For the C-arm": [(fact.label, fact.value) for fact in arm],
    }
    if facts := control_facts(needle, plan):
        blocks["Correction from the control scan"] = [(fact.label, fact.value) for fact in facts]
    return tuple(
        CardPart(title=title, lines=tuple((label, value or NOT_GIVEN) for label, value in lines))
        for title, lines in blocks.items()
    )


def _parts(needle: Trajectory, plan: Plan, catalog: Catalog) -> list[tuple[str, str]]:
    """Return what goes in, how far its cannula is drawn back, and what the catalogue lacks."""
    parts = planned_assembly(needle, plan, catalog)
    burn = next((item for item in plan.ablations if item.trajectory_id == needle.id), None)
    device = None if burn is None else catalog.devices.get(burn.device_id)
    across_mm = 2.0 * parts.solids[0].radius_mm
    lines = [("Goes in", f"{across_mm:.2f} mm across")]
    if needle.size is not None and device is not None:
        thin_mm = needle.size.outer_diameter_mm
        if thin_mm < across_mm:
            words = f"TOO THIN for {device.name}: {thin_mm:g} mm, asked for {across_mm:.2f} mm"
            lines.append(("Bone needle", words))
    if parts.cannula is not None and parts.active is not None:
        back_mm = parts.active.start.distance_mm(parts.active.end)
        lines.append(("Cannula ends", f"{back_mm:.0f} mm behind the tip: draw it back"))
    if device is not None:
        spare = shaft_spare_mm(needle, device)
        if spare is not None:
            words = f"{spare:.0f} mm" if spare >= 0.0 else f"TOO SHORT by {-spare:.0f} mm"
            lines.append(("Shaft outside the skin", words))
    numbers = {item.id: place for place, item in enumerate(plan.trajectories, start=1)}
    for gap in needle_parts(plan, catalog).gaps:
        if (name := gap.other(needle.id)) is not None:
            other = plan.trajectory(name)
            lines.append((f"Needle {numbers[other.id]}, {other.level} {other.side}", gap.words))
    lines += [("The catalogue lacks", words) for words in parts.missing]
    return lines


def correction_words(needle: Trajectory, target: PointLps) -> str:
    """Say how to turn a needle, as it lies in this scan, so that it points at ``target``."""
    turn = correction(target, needle.entry, needle.tip)
    words = turn_words(turn)
    turned = f"Move the tip {words}" if words else "It points at the crosshair"
    return (
        f"{turned} (turn {turn.turn_deg:.1f}° about the skin point). Pushed on as it lies it "
        f"would pass {turn.miss_mm:.1f} mm from the crosshair, {turn.remaining_mm:.0f} mm from "
        "the tip."
    )
