"""The numbers to take to the CT table and to the C-arm, as labelled lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.planning.c_arm import c_arm_views
from planner.planning.ct_room import ct_room_card, slices_are_axial
from planner.planning.needle_spacing import needle_spacings
from planner.planning.patient_room import lying_in_words
from planner.report.model import Fact
from planner.report.wording import millimetres, number, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.anatomy import Vertebra
    from planner.domain.devices import Needle
    from planner.domain.plan import Plan, Trajectory, TrajectoryId
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.planning.ct_room import CtRoomCard
    from planner.planning.measures import TrajectoryMeasures

NOT_AXIAL: Final = (
    "The slices of this scan were not stored as axial ones, so there are no slice numbers and no "
    "angles for the CT table."
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
) -> tuple[Fact, ...]:
    """Return the card of one needle for the CT table; its notes come last."""
    if not slices_are_axial(ct):
        return (
            Fact(label="Patient lies", value=plain(lying_in_words(ct.record.patient_position))),
            Fact(label="Mind", value=NOT_AXIAL),
        )
    card = ct_room_card(trajectory, measures, ct, vertebra, needles, grid_mark=grid_mark)
    facts = [
        Fact(label="Patient lies", value=plain(card.lying)),
        Fact(
            label="Skin at",
            value=f"slice {number(card.entry_slice, 0)}, z {millimetres(card.entry_position_mm)}, "
            f"{millimetres(card.entry_from_midline_mm)} {card.entry_side} of the midline",
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
                f"{card.gantry.top_towards}{limit}",
            )
        )
    if card.needles:
        facts.append(Fact(label="Needles that reach", value=_reaching(card)))
    facts.append(Fact(label="Mind", value=plain(" ".join(card.notes))))
    return tuple(facts)


def spacing_facts(
    plan: Plan, trajectory: Trajectory, widths_mm: Mapping[TrajectoryId, float]
) -> tuple[Fact, ...]:
    """Return how far the other needles of this level are, as wide as what goes through bone."""
    beside = [one for one in plan.trajectories if one.level is trajectory.level]
    known = [one for one in beside if one.id in widths_mm]
    facts = []
    for pair in needle_spacings(known, widths_mm):
        if trajectory.id not in (pair.first, pair.second):
            continue
        other = plan.trajectory(pair.second if pair.first == trajectory.id else pair.first)
        gap = millimetres(abs(pair.surfaces_mm))
        between = f"THEY COLLIDE by {gap}" if pair.collide else f"{gap} between surfaces"
        facts.append(
            Fact(
                label=f"Needle {plan.trajectories.index(other) + 1}, {other.level} {other.side}",
                value=f"{between}; tips {millimetres(pair.tips_mm)} apart, "
                f"{number(pair.angle_deg, 0)}° to each other",
            )
        )
    return tuple(facts)


def c_arm_facts(
    trajectory: Trajectory, vertebra: Vertebra, patient_position: str
) -> tuple[Fact, ...]:
    """Return the detector's angles of each view; for a patient lying as in the scan."""
    return tuple(
        Fact(label=VIEW_NAMES.get(view.name, view.name), value=plain(view.words))
        for view in c_arm_views(trajectory, vertebra, patient_position)
    )


def _vertical(card: CtRoomCard) -> str:
    if card.in_plane_deg is None:
        return ""
    return f"{number(card.in_plane_deg)}°, tip to the patient’s {card.in_plane_towards}"


def _reaching(card: CtRoomCard) -> str:
    lengths = sorted({fit.length_mm for fit in card.needles if fit.fits})
    if not lengths:
        return "NONE in the catalogue is long enough"
    words = ", ".join(number(length, 0) for length in lengths)
    return f"{words} mm"
