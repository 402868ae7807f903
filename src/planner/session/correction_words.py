"""What a correction did, in one sentence: what was said, and which levels came out otherwise."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.anatomy import Anatomy
from planner.domain.corrections import (
    USUAL_REACH_MM,
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    LesionGrown,
    LevelCount,
    NamesShifted,
    Paint,
    WallLine,
)
from planner.session.hand_drawn import PAINTS

if TYPE_CHECKING:
    from planner.domain.corrections import Correction, DiscPlane
    from planner.domain.levels import Level
    from planner.geometry.points import PointLps


def what_was_done(word: Correction, before: Anatomy, after: Anatomy) -> str:
    """Return a sentence for the status line."""
    done = _said(word, before)
    if isinstance(word, LesionGrown) or (
        isinstance(word, BrushStroke) and word.paint == Paint.LESION
    ):
        return f"{done}: the lesion now measures {_lesion_ml(after):.1f} mL."
    if isinstance(word, BrushStroke) and word.paint not in {*Paint}:
        return f"{done}."
    if isinstance(word, NamesShifted | LevelCount):
        return f"{done}: the scan now shows {_levels(after)}; accept each level anew."
    changed = _changed(before, after)
    if not changed:
        return f"{done}: no vertebra changes by 0.1 mL."
    return f"{done}: {', '.join(changed)}. Look at {'it' if len(changed) == 1 else 'them'} anew."


def what_was_taken_back(before: Anatomy, after: Anatomy) -> str:
    """Return a sentence for corrections that are gone."""
    if before.vertebrae.keys() != after.vertebrae.keys():
        return f"The correction is taken back: the scan shows {_levels(after)}."
    changed = _changed(before, after)
    if not changed:
        return "The correction is taken back."
    return f"The correction is taken back: {', '.join(changed)}."


def _levels(anatomy: Anatomy) -> str:
    named = sorted(anatomy.vertebrae, key=lambda level: level.order)
    return f"{named[0]} to {named[-1]}" if named else "no level"


def _changed(before: Anatomy, after: Anatomy) -> list[str]:
    """Return each vertebra whose volume differs, with both volumes, from the head down."""
    out = []
    levels = {*before.vertebrae, *after.vertebrae}
    for level in sorted(levels, key=lambda level: level.order):
        old, new = before.vertebrae.get(level), after.vertebrae.get(level)
        if old is None or new is None:
            out.append(f"{level} is {'new' if old is None else 'gone'}")
        elif (was := f"{old.volume_ml:.1f}") != (now := f"{new.volume_ml:.1f}"):
            out.append(f"{level} {was} to {now} mL")
    return out


def _lesion_ml(anatomy: Anatomy) -> float:
    lesion = anatomy.lesion
    voxel_ml = anatomy.geometry.voxel_volume_mm3 / 1000.0
    return 0.0 if lesion is None else float(np.count_nonzero(lesion)) * voxel_ml


@singledispatch
def _said(word: object, anatomy: Anatomy) -> str:
    raise TypeError(f"{type(word).__name__} is no correction of {anatomy.backend}")


@_said.register
def _(word: DiscMoved, anatomy: Anatomy) -> str:
    old = _disc_near(anatomy, word.disc)
    up_mm = (word.plane.middle.array - word.disc.array) @ np.array(word.plane.normal)
    done = []
    if abs(up_mm) >= 0.05:
        done.append(f"moved by {abs(up_mm):.1f} mm {'up' if up_mm > 0 else 'down'}")
    if old is not None:
        cosine = np.clip(np.array(old.normal) @ np.array(word.plane.normal), -1.0, 1.0)
        turn_deg = float(np.rad2deg(np.arccos(cosine)))
        if turn_deg >= 0.5:
            done.append(f"tilted by {turn_deg:.0f} degrees")
    return f"Disc {_between(anatomy, word.disc)} {' and '.join(done) or 'left as it was'}"


@_said.register
def _(word: DiscAdded, anatomy: Anatomy) -> str:
    return f"Disc added at {_level_at(anatomy, word.plane.middle)}"


@_said.register
def _(word: DiscDeleted, anatomy: Anatomy) -> str:
    return f"Disc {_between(anatomy, word.disc)} deleted"


@_said.register
def _(word: BodyClicked, anatomy: Anatomy) -> str:
    return f"Discs round the body at {_level_at(anatomy, word.at)} found anew"


@_said.register
def _(word: CanalPoint, anatomy: Anatomy) -> str:
    return f"Canal led through the point at {_level_at(anatomy, word.at)}"


@_said.register
def _(word: BoneThreshold, anatomy: Anatomy) -> str:
    return f"Bone of {_level_at(anatomy, word.at)} begins at {word.threshold_hu:.0f} HU"


@_said.register
def _(word: WallLine, anatomy: Anatomy) -> str:
    side = "Back" if word.side == "posterior" else "Front"
    middle = word.points[len(word.points) // 2]
    return f"{side} wall drawn at {_level_at(anatomy, middle)}"


@_said.register
def _(word: BoneScribble, anatomy: Anatomy) -> str:
    if word.owner is None:
        return f"Bone at {_level_at(anatomy, word.points[0])} given to no vertebra"
    return f"Bone given to {_level_at(anatomy, word.owner)}"


@_said.register
def _(word: BrushStroke, anatomy: Anatomy) -> str:
    level = "" if word.owner is None else str(_level_at(anatomy, word.owner))
    what = PAINTS.get(word.paint, word.paint).replace("the level", level)
    return f"{'Wiped' if word.erase else 'Painted'} {what}"


@_said.register
def _(word: LesionGrown, anatomy: Anatomy) -> str:
    is_limited = (word.low_hu, word.high_hu, word.reach_mm) != (None, None, USUAL_REACH_MM)
    limited = " within the limits that were set" if is_limited else ""
    return f"Lesion grown at {_level_at(anatomy, word.at)}{limited}"


@_said.register
def _(word: NamesShifted, anatomy: Anatomy) -> str:
    count = abs(word.steps)
    way = "the head" if word.steps > 0 else "the feet"
    return f"All {len(anatomy.vertebrae)} names moved by {count} towards {way}"


@_said.register
def _(word: LevelCount, anatomy: Anatomy) -> str:
    return (
        f"{len(anatomy.vertebrae)} vertebrae counted with {word.thoracic} thoracic and "
        f"{word.lumbar} lumbar"
    )


def _level_at(anatomy: Anatomy, point: PointLps) -> Level | str:
    """Return the level whose body is nearest to a point."""
    nearest = min(
        anatomy.vertebrae.values(),
        key=lambda one: one.body_centre.distance_mm(point),
        default=None,
    )
    return "no level" if nearest is None else nearest.level


def _between(anatomy: Anatomy, point: PointLps) -> str:
    """Return the two levels beside a disc, such as ``L3/L4``."""
    nearest = sorted(
        anatomy.vertebrae.values(), key=lambda one: one.body_centre.distance_mm(point)
    )[:2]
    return "/".join(one.level.value for one in sorted(nearest, key=lambda one: one.level.order))


def _disc_near(anatomy: Anatomy, point: PointLps) -> DiscPlane | None:
    discs = () if anatomy.guides is None else anatomy.guides.discs
    return min(discs, key=lambda disc: disc.middle.distance_mm(point), default=None)
