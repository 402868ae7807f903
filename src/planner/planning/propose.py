"""Trajectories to a vertebral body, searched, measured and put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.domain.levels import Side
from planner.domain.plan import Approach, TrajectoryId
from planner.domain.progress import unreported
from planner.planning.aims import LARGE_LESION, LesionPart, choose_aims, lesion_in
from planner.planning.body_outline import skin_near
from planner.planning.corridors import corridors_for
from planner.planning.pairs import find_pairs
from planner.planning.proposals import Proposals, ProposedTrajectory
from planner.planning.ranking import best_that_differ
from planner.planning.search_space import search_space
from planner.planning.side_search import Question, believed_pedicle, search_side
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps

USUAL_DIAMETER_MM: Final = 2.4
"""A 13 gauge bone needle (recalled), when no device says what goes in."""

ON_SKIN_MM: Final = 5.0
"""A kept entry may lie off the skin by this (derived): a crosshair is put there by eye."""

SKIN_NOT_SEEN: Final = (
    "This scan does not show the skin at the kept entry, so nobody looked whether it lies there."
)

EXTRA: Final = 4
"""Paths measured beyond those asked for, because exact measures change their order: with two, one
of ten proposals was 0.38 mm short of the best of an exhaustive search."""


def propose(  # noqa: PLR0913  # a door: what to search, each by name
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    *,
    side: Side | None = None,
    approach: Approach | None = None,
    target: PointLps | None = None,
    entry: PointLps | None = None,
    device: Device | None = None,
    outer_diameter_mm: float | None = None,
    count: int = 3,
    two_needles: bool | None = None,
    report: ProgressReport = unreported,
) -> Proposals:
    """Return the best few trajectories that really differ, or why there are none.

    Parameters
    ----------
    side, approach
        ``None`` searches both sides, all approaches that suit the level.
    target
        Where the tip shall lie; ``None`` aims at the lesion in this body, or at its front third.
    entry
        A skin point to keep; ``None`` lets the search choose it.
    device
        Gives the zone to lay on a lesion.
    outer_diameter_mm
        Of the widest thing that goes through bone, as ``Catalog.access_diameter`` says; ``None``
        takes what the device itself states.
    two_needles
        Whether to propose pairs, one needle from each side; ``None`` does where the lesion takes
        two thirds of the body and neither side, entry nor target is given.

    Raises
    ------
    KeyError
        When the anatomy has no such vertebra.
    """
    surroundings = surroundings_of(anatomy, level)
    vertebra = anatomy.vertebrae[level]
    report(0.1, "Preparing the search")
    question = Question(
        ct=ct,
        anatomy=anatomy,
        level=level,
        surroundings=surroundings,
        space=search_space(ct, anatomy, level),
        corridors=corridors_for(level, approach),
        lesion=lesion_in(anatomy, surroundings),
        device=device,
        diameter_mm=outer_diameter_mm or access_diameter_mm(device),
        entry=entry,
        report=report,
    )
    none_because: list[str] = []
    found: list[ProposedTrajectory] = []
    searched = 0
    if not question.corridors:
        what = "Needle paths are" if approach is None else f"A {approach} path is"
        none_because.append(f"{what} not used at {level}.")
    sides = tuple(Side) if side is None else (side,)
    has_body = surroundings.body_extent_mm is not None
    if target is not None and has_body and not surroundings.in_body(target):
        none_because.append(f"The target lies outside the body of {level}.")
        sides = ()
    kept = "" if entry is None else about_kept_entry(ct, entry, vertebra)
    if kept and kept != SKIN_NOT_SEEN:
        none_because.append(kept)
        sides = ()
    for one_side in sides:
        pedicle, doubt = believed_pedicle(question, one_side)
        if pedicle is None:
            none_because.append(doubt)
            continue
        aims = choose_aims(
            vertebra, surroundings, one_side, target=target, lesion=question.lesion, device=device
        )
        answer = search_side(question, one_side, pedicle, aims, count + EXTRA)
        searched += answer.searched
        none_because += answer.none_because
        found += answer.found
    free = side is None and entry is None and target is None
    wanted = (free and is_large(question.lesion)) if two_needles is None else two_needles
    pairs, no_pair = find_pairs(question, count) if wanted else ((), "")
    return Proposals(
        trajectories=_named(best_that_differ(found, vertebra)[:count]),
        none_because=(*none_because, *([no_pair] if no_pair else [])),
        notes=(*((kept,) if kept == SKIN_NOT_SEEN else ()), *_notes(level, question.lesion)),
        searched=searched,
        pairs=pairs,
    )


def access_diameter_mm(device: Device | None) -> float:
    """Return the diameter of what goes through bone: the cannula where the device has one."""
    if device is None:
        return USUAL_DIAMETER_MM
    for key in ("cannula_outer_diameter_mm", "outer_diameter_mm"):
        if key in device.numbers:
            return device.numbers[key].value
    return USUAL_DIAMETER_MM


def is_large(lesion: LesionPart | None) -> bool:
    """Tell whether a lesion takes so much of its body that one needle is not enough."""
    return lesion is not None and lesion.share_of_body >= LARGE_LESION


def about_kept_entry(ct: CtVolume, entry: PointLps, vertebra: Vertebra) -> str:
    """Say that a kept entry is not on the skin, or that the scan does not show; else nothing.

    The skin is looked for on the line from the middle of the body through the entry.
    """
    skin = skin_near(ct, vertebra.body_centre, entry)
    if skin is None:
        return SKIN_NOT_SEEN
    far = skin.distance_mm(entry)
    if far <= ON_SKIN_MM:
        return ""
    inside = skin.distance_mm(vertebra.body_centre) > entry.distance_mm(vertebra.body_centre)
    where = "under" if inside else "outside"
    return (
        f"The kept entry is not on the skin: it lies {far:.0f} mm {where} it. Put it on the skin "
        "and ask again."
    )


def _named(found: list[ProposedTrajectory]) -> tuple[ProposedTrajectory, ...]:
    return tuple(
        replace(item, trajectory=replace(item.trajectory, id=TrajectoryId(f"P{place}")))
        for place, item in enumerate(found, start=1)
    )


def _notes(level: Level, lesion: LesionPart | None) -> tuple[str, ...]:
    if lesion is None or not is_large(lesion):
        return ()
    return (
        f"The lesion takes {lesion.share_of_body:.0%} of the body of {level}: plan two needles, "
        "one from each side (Chen 2022).",
    )
