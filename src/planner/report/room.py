"""The numbers to take to the CT table and to the C-arm, as labelled lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.order import Order
from planner.planning.c_arm import c_arm_views
from planner.planning.ct_room import HUB_MM, ct_room_card, slices_are_axial
from planner.planning.layer_side import lie_words
from planner.planning.patient_room import lying_in_words
from planner.planning.pedicle_course import course_of
from planner.planning.tissue_parts import choice_words
from planner.report.model import Fact
from planner.report.wording import millimetres, number, plain, point_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.devices import Device, Needle
    from planner.domain.plan import NeedleSize, Plan, Trajectory, TrajectoryId
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.planning.ct_room import CtRoomCard, NeedleFit
    from planner.planning.measures import TrajectoryMeasures
    from planner.planning.needle_gaps import NeedleGap

NOT_AXIAL: Final = (
    "The slices of this scan were not stored as axial ones, so there are no slice numbers and no "
    "angles for the CT table."
)

ORDER_WORDS: Final = {
    Order.TOGETHER: "All needles at the same time.",
    Order.IN_TURN: "One needle after the other.",
    None: "NOT SAID whether at the same time or one after the other.",
}

FOLLOW_THE_NEEDLE: Final = (
    "Dial the view down the needle: it is the planned path itself. That along the pedicle is read "
    "from the outline and may be off by the ± beside it."
)

VIEW_NAMES: Final = {
    "ap": "AP",
    "down the barrel": "Down the needle",
    "oblique": "Along the pedicle",
    "lateral": "Lateral",
}


def ct_facts(
    trajectory: Trajectory,
    measures: TrajectoryMeasures,
    ct: CtVolume,
    vertebra: Vertebra,
    needles: Iterable[Needle],
    *,
    grid_mark: PointLps | None = None,
    device: Device | None = None,
) -> tuple[Fact, ...]:
    """Return the card of one needle for the CT table; its notes come last."""
    if not slices_are_axial(ct):
        return (
            Fact(label="Patient lies", value=plain(lying_in_words(ct.record.patient_position))),
            Fact(label="Mind", value=NOT_AXIAL),
        )
    card = ct_room_card(
        trajectory, measures, ct, vertebra, needles, grid_mark=grid_mark, device=device
    )
    begins = "Skin at" if measures.skin is not None else "Planned entry (skin NOT SEEN)"
    facts = [
        Fact(label="Patient lies", value=plain(card.lying)),
        Fact(
            label=begins,
            value=f"slice {number(card.entry_slice, 0)} of {card.slices} from the "
            f"{card.counted_from}, z {millimetres(card.entry_position_mm)}, "
            f"{millimetres(card.entry_from_midline_mm)} to the patient’s {card.entry_side} of the "
            f"middle of {vertebra.level}’s body",
        ),
        Fact(label="Tip in slice", value=number(card.tip_slice, 0)),
        Fact(label="From the vertical", value=_vertical(card)),
        Fact(
            label="Out of the slice",
            value=f"{number(card.out_of_plane_deg)}° towards the {card.out_of_plane_towards}",
        ),
    ]
    if card.from_grid is not None:
        way = card.from_grid
        facts.append(
            Fact(
                label="From the grid mark",
                value=f"{millimetres(way.across_mm)} to the patient’s {way.across_towards}, "
                f"{millimetres(way.along_mm)} towards the {way.along_towards}",
            )
        )
    if card.gantry is not None:
        limit = "" if card.gantry.reachable else " (more than gantries tilt)"
        facts.append(
            Fact(
                label="Gantry for one slice",
                value=f"{number(card.gantry.tilt_deg)}°, top towards the "
                f"{card.gantry.top_towards}{limit}; then {number(card.gantry.in_plane_deg)}° "
                "from the upright of that slice",
            )
        )
    if card.chosen is not None and trajectory.size is not None:
        facts.append(Fact(label="Bone needle", value=_chosen(card.chosen, trajectory.size)))
    elif card.needles:
        facts.append(Fact(label="Needles that reach", value=_reaching(card)))
    facts.append(Fact(label="Mind", value=plain(" ".join(card.notes))))
    return tuple(facts)


def other_needles(
    plan: Plan, trajectory: Trajectory, gaps: Iterable[NeedleGap]
) -> tuple[Fact, ...]:
    """Return how far the other needles are, nearest first."""
    found = ((gap, gap.other(trajectory.id)) for gap in gaps)
    return tuple(
        Fact(label=_named(plan, other), value=gap_words(gap))
        for gap, other in found
        if other is not None
    )


def pair_facts(plan: Plan, gaps: Iterable[NeedleGap]) -> tuple[Fact, ...]:
    """Return what the needles have in common: gaps, when devices work, the mark of the grid."""
    numbers = {item.id: place for place, item in enumerate(plan.trajectories, start=1)}
    pairs = [(sorted((numbers[gap.first], numbers[gap.second])), gap) for gap in gaps]
    facts = [
        Fact(label=f"Needles {low} and {high}", value=gap_words(gap)) for (low, high), gap in pairs
    ]
    if len({item.trajectory_id for item in plan.ablations}) > 1:
        facts.append(Fact(label="Ablations", value=ORDER_WORDS[plan.ablation_order]))
    if plan.grid_mark is not None:
        facts.append(Fact(label="Grid mark on the skin", value=point_words(plan.grid_mark)))
    return tuple(facts)


def layer_facts(plan: Plan, anatomy: Anatomy | None, ct: CtVolume | None) -> tuple[Fact, ...]:
    """Return every layer that protects a nerve, and whether it stays as the patient lies."""
    facts = []
    for place, layer in enumerate(plan.protection, start=1):
        words = f"{layer.words} in its middle, planned; the middle at {point_words(layer.centre)}."
        if anatomy is not None and ct is not None:
            words += f" {lie_words(layer, anatomy, ct.record.patient_position)}"
        facts.append(Fact(label=f"Protecting layer {place}", value=words))
    return tuple(facts)


def tissue_facts(plan: Plan, anatomy: Anatomy | None) -> tuple[Fact, ...]:
    """Return every part that the heat model takes for another tissue than the scan says."""
    return tuple(
        Fact(label=f"Tissue set by hand {place}", value=f"{choice_words(item, anatomy)}.")
        for place, item in enumerate(plan.tissue_choices, start=1)
    )


def gap_words(gap: NeedleGap) -> str:
    """Say how two needles lie to each other, their hubs included."""
    if gap.surfaces_mm < 0.0:
        between = f"THEY COLLIDE by {millimetres(-gap.surfaces_mm)}"
    else:
        between = f"{millimetres(gap.surfaces_mm)} between surfaces"
    if gap.outside_mm is None:
        hubs = "hubs not compared: no length chosen for both"
    elif gap.outside_mm < 0.0:
        hubs = f"OUT OF THE SKIN THEY COLLIDE by {millimetres(-gap.outside_mm)}"
    else:
        hubs = f"out of the skin {millimetres(gap.outside_mm)}, hubs included"
    return (
        f"{between}; tips {millimetres(gap.tips_mm)} apart, {number(gap.angle_deg, 0)}° to each "
        f"other; {hubs}"
    )


def _named(plan: Plan, trajectory_id: TrajectoryId) -> str:
    item = plan.trajectory(trajectory_id)
    return f"Needle {plan.trajectories.index(item) + 1}, {item.level} {item.side}"


def c_arm_facts(
    trajectory: Trajectory, anatomy: Anatomy, patient_position: str
) -> tuple[Fact, ...]:
    """Return the detector's angles of each view; for a patient lying as in the scan.

    The view down the needle is the plan itself and stands first after AP.
    """
    lies = Fact(label="Patient lies", value=plain(lying_in_words(patient_position)))
    vertebra = anatomy.vertebrae[trajectory.level]
    course = course_of(trajectory, anatomy)
    views = c_arm_views(trajectory, vertebra, patient_position, course=course)
    facts = [lies]
    facts += [
        Fact(label=VIEW_NAMES.get(view.name, view.name), value=plain(view.words)) for view in views
    ]
    if course is not None:
        facts.append(Fact(label="Mind", value=FOLLOW_THE_NEEDLE))
    return tuple(facts)


def _vertical(card: CtRoomCard) -> str:
    if card.in_plane_deg is None:
        return ""
    return f"{number(card.in_plane_deg)}°, tip to the patient’s {card.in_plane_towards}"


def _reaching(card: CtRoomCard) -> str:
    """List the needles that reach and suit by gauge, then why others that reach were left out."""
    reach = [fit for fit in card.needles if fit.fits]
    if not reach:
        return "NONE in the catalogue is long enough"
    suited = _by_gauge([fit for fit in reach if not fit.unsuited])
    left_out = "; ".join(
        f"{_by_gauge([fit for fit in reach if fit.unsuited == why])} {why}"
        for why in dict.fromkeys(fit.unsuited for fit in reach if fit.unsuited)
    )
    return f"{suited or 'NONE that suits'}{f'. Left out: {left_out}' if left_out else ''}"


def _by_gauge(fits: list[NeedleFit]) -> str:
    """Such as ``13 G 120 or 150 mm``."""
    gauges = sorted({fit.gauge for fit in fits if fit.gauge is not None})
    parts = []
    for gauge in gauges:
        lengths = sorted({fit.length_mm for fit in fits if fit.gauge == gauge})
        parts.append(f"{gauge} G {' or '.join(number(length, 0) for length in lengths)} mm")
    return ", ".join(parts)


def _chosen(fit: NeedleFit, size: NeedleSize) -> str:
    if fit.outside_mm < 0.0:
        return f"{size.words}: TOO SHORT by {millimetres(-fit.outside_mm)}"
    if not fit.fits:
        return (
            f"{size.words}: TOO SHORT FOR ITS HUB, only {millimetres(fit.outside_mm)} would stand "
            f"out of the skin ({HUB_MM:g} mm wanted)"
        )
    return f"{size.words}, {millimetres(fit.outside_mm)} stand out of the skin"
