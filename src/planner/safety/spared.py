"""What must be spared, and how far away it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from planner.domain.levels import Level
from planner.domain.structures import (
    AORTA,
    BONE_PREFIX,
    CANAL,
    CORD,
    DURAL_SAC,
    PLEURA,
    SKIN,
    VENA_CAVA,
    in_words,
)
from planner.planning.layer_side import stays
from planner.safety.beating import beat
from planner.safety.frame import check_canal
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError
from planner.safety.ruler import foramina_of, outlined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.plan import Ablation, CementInjection, Trajectory
    from planner.domain.protection import ProtectionLayer
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import PointLps
    from planner.safety.case import Case
    from planner.safety.measured import Measured
    from planner.safety.ruler import Ruler

_Solid = TypeVar("_Solid")

LEAST_COVER_MM = 2.5
"""Bone left in front of a needle below which nothing is said of a vessel nobody outlined: the
2 mm of N2 and its placement error."""

DEEPEST_ENTRY_MM = 10.0
"""An entry deeper than this under the skin leaves a way that nothing was measured on. Outlines of
the skin, clothes and a cushion in a scan move it by some millimetres. Derived."""

VESSELS = (AORTA, VENA_CAVA)

LOWEST_PLEURA_ORDER = 20
"""L1 (C1 is 0): the costodiaphragmatic recess reaches down to it."""


def nerve_structures(case: Case, level: Level) -> tuple[str, ...]:
    """Name what stands for cord, sac and roots at a level.

    The canal stands for cord and sac and a foramen for its root, because both lie inside;
    where cord, sac or roots are outlined themselves they are judged as well.
    """
    return case.ruler.remembered(_nerve_structures, case, level, about=level)


def _nerve_structures(case: Case, level: Level) -> tuple[str, ...]:
    anatomy = case.scene.anatomy
    extra = [name for name in (CORD, DURAL_SAC) if name in anatomy.masks]
    extra += outlined(anatomy, "root:")
    foramina, outlined_too = foramina_of(level, anatomy), case.ruler.foramina_outlined()
    if not foramina or not outlined_too:
        raise MissingInputError(f"the foramina of {level} are not outlined")
    present = [name for name in outlined_too if name not in foramina]
    return (CANAL, *foramina, *present, *extra)


@gives(bool)
def _is_outlined(anatomy: Anatomy, name: str, level: Level) -> bool:
    """Tell whether a structure is outlined beside a level."""
    return anatomy.outlines(name, level)


@dataclass(frozen=True, slots=True)
class Spared:
    """Distances to what must be spared, nearest first, and what could not be measured."""

    near: tuple[Measured, ...]
    missing: tuple[MissingInputError, ...]

    @property
    def nearest(self) -> Measured:
        """The nearest structure."""
        return self.near[0]


def spared_by_needle(case: Case, needle: Trajectory) -> Spared:
    """Return the distances from a needle's side to all it must spare."""
    return case.ruler.remembered(
        _spared_by_needle,
        case,
        needle,
        about=(case.body_of(needle), needle.level),
        keep=lambda spared: not spared.missing,
    )


def _spared_by_needle(case: Case, needle: Trajectory) -> Spared:
    body = case.body_of(needle)
    names = list(nerve_structures(case, needle.level))
    if CANAL not in names:
        raise ValueError("the nerve structures of a level always have the canal")
    anatomy = case.scene.anatomy
    gap = _gap(case, needle.level)
    others = VESSELS + ((PLEURA,) if needle.level.order <= LOWEST_PLEURA_ORDER else ())
    # What has a voxel is measured wherever it lies; a mask without one, said to be outlined
    # beside the level, was looked for and is not in this scan.
    here = [name for name in others if _is_outlined(anatomy, name, needle.level)]
    drawn = [name for name in (*VESSELS, PLEURA) if name in anatomy.masks]
    names += [name for name in drawn if case.ruler.any_of(name)]
    measures = [partial(case.ruler.needle, body, name) for name in names]
    absent = [name for name in others if name not in here]
    if absent:
        measures.append(partial(_bone_cover, case, needle, absent))
    found = _measured(measures, gap)
    entry = needle.entry
    if case.ruler.remembered(_starts_at_the_skin, case, entry, about=entry):
        return found
    buried = MissingInputError(
        f"the {case.called(needle)} begins more than {DEEPEST_ENTRY_MM:g} mm under the skin, and "
        "nothing is known of the way to there",
        structure=SKIN,
    )
    return Spared(found.near, (*found.missing, buried))


@gives(bool)
def _starts_at_the_skin(case: Case, entry: PointLps) -> bool:
    """Tell whether the skin is near the entry; true where no skin is outlined to ask."""
    geometry, outside = case.scene.anatomy.geometry, case.scene.anatomy.masks.get(SKIN)
    if outside is None or not case.ruler.any_of(SKIN) or not geometry.contains(entry.array):
        return True
    index = geometry.ijk(entry.array)
    i, j, k = np.maximum(np.rint(index).astype(int) - 1, 0)
    if outside[k : k + 3, j : j + 3, i : i + 3].any():
        return True
    reach = DEEPEST_ENTRY_MM * np.linalg.norm(geometry.ijk_from_lps[:3, :3], axis=1)
    low = np.maximum(np.floor(index - reach), 0).astype(int)
    high = np.ceil(index + reach).astype(int) + 1
    near = outside[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
    places = np.argwhere(near)[:, ::-1] + low
    away = np.linalg.norm(geometry.lps_mm(places.astype(np.float64)) - entry.array, axis=1)
    return bool((away <= DEEPEST_ENTRY_MM).any())


def spared_by_zone(case: Case, ablation: Ablation) -> Spared:
    """Return the distances from a zone to nerve structures.

    Once it was simulated, each is that of the zone of the table or of the simulated one,
    whichever comes nearer.
    """
    shape, level = case.zone(ablation).shape, case.level_of(ablation)
    table = _kept(case, shape, level, case.ruler.zone)
    exposure = case.scene.exposures.get(ablation.id)
    if exposure is None:
        return table
    if exposure.ablation_id != ablation.id:
        raise MissingInputError(
            f"what was simulated for the {case.called(ablation)} is of another ablation",
            kind="prediction",
        )
    killed = exposure.killed
    if not killed.dead.any():
        return table
    simulated = _kept(case, killed, level, case.ruler.killed)
    return _nearer(table, simulated)


def _nearer(table: Spared, simulated: Spared) -> Spared:
    """Return the nearer of two distances to each structure; what either lacks is missing."""
    nearest = {item.structure: item for item in table.near}
    for item in simulated.near:
        known = nearest.get(item.structure)
        if known is None or item.distance_mm < known.distance_mm:
            nearest[item.structure] = replace(item, simulated=True)
    near = sorted(nearest.values(), key=lambda item: item.distance_mm)
    return Spared(tuple(near), (*table.missing, *simulated.missing))


def spared_by_cement(case: Case, injection: CementInjection) -> Spared:
    """Return the distances from cement to nerve structures."""
    cement, level = case.cement(injection), case.level_of(injection)
    return _kept(case, cement, level, case.ruler.cement)


def spared_by_cavity(case: Case, cavity: Spheroid, level: Level) -> Spared:
    """Return the distances from a balloon or a stent to nerve structures."""
    return _kept(case, cavity, level, case.ruler.zone)


def _kept(
    case: Case, solid: _Solid, level: Level, measure: Callable[[_Solid, str], Measured]
) -> Spared:
    """Measure to every nerve structure of a level, or say again what was measured before.

    What could not be measured is tried again each time, as a ruler forgets its errors.
    """
    return case.ruler.remembered(
        _spared,
        case,
        solid,
        level,
        measure,
        about=(solid, level),
        keep=lambda spared: not spared.missing,
    )


def _spared(
    case: Case, solid: _Solid, level: Level, measure: Callable[[_Solid, str], Measured]
) -> Spared:
    measures = [partial(measure, solid, name) for name in nerve_structures(case, level)]
    return _measured(measures, _gap(case, level))


def _gap(case: Case, level: Level) -> MissingInputError | bool:
    """Return what is missing of the canal beside a level, or true; it is measured to anyway."""
    vertebra, ruler = case.vertebra(level), case.ruler
    try:
        return ruler.remembered(_canal_is_sound, vertebra, ruler, about=level)
    except MissingInputError as absent:
        return absent


def _canal_is_sound(vertebra: Vertebra, ruler: Ruler) -> bool:
    return check_canal(vertebra, ruler.structure(CANAL).surface_mm)


def _measured(measures: Sequence[Callable[[], Measured]], gap: MissingInputError | bool) -> Spared:
    """Take every distance; one that cannot be taken does not hide the others."""
    near: list[Measured] = []
    missing: list[MissingInputError] = []
    for measure in measures:
        beat()
        try:
            near.append(measure())
        except MissingInputError as absent:
            missing.append(absent)
    if len(near) + len(missing) != len(measures) or not near:
        raise missing[0] if missing else ValueError("nothing was measured")
    if isinstance(gap, MissingInputError):
        missing.append(gap)
    elif gap is not True:
        raise TypeError("whether the canal is outlined was not looked at")
    return Spared(tuple(sorted(near, key=lambda item: item.distance_mm)), tuple(missing))


def _bone_cover(case: Case, needle: Trajectory, absent: Sequence[str]) -> Measured:
    """Return how far the front of a needle stays inside the bone, for vessels nobody outlined.

    Great vessels lie in front of and beside the body, so the surface of the bone stands for
    them. Only the part in the front half of the body is asked, because behind it no great
    vessel lies. The pleura beside a thoracic path is not covered by this.

    Raises
    ------
    MissingInputError
        When the bone gives no cover.
    """
    names = " and ".join(map(in_words, absent))
    if PLEURA in absent:
        raise MissingInputError(
            f"{names} not outlined beside the {case.called(needle)}", structure=PLEURA
        )
    body = case.body_of(needle)
    depth = case.ruler.depth_in_bone(body, needle.level, case.vertebra(needle.level))
    if depth.distance_mm <= LEAST_COVER_MM:
        raise MissingInputError(
            f"{names} not outlined, and the {case.called(needle)} ends within "
            f"{LEAST_COVER_MM:g} mm of "
            "the surface of the bone",
            structure=absent[0],
        )
    return depth


@gives(list)
def layers_not_known_to_stay(case: Case) -> list[ProtectionLayer]:
    """Return the layers that no rule may count on, for the patient as the scan shows him.

    Fluid that falls away, gas that rises away, and gas of which nobody knows.
    """
    position = case.scene.ct.record.patient_position
    found = []
    for layer in case.plan.protection:
        staying = stays(layer, case.scene.anatomy, position)
        if staying is False or (layer.agent.is_gas and staying is not True):
            found.append(layer)
    return found


@gives(str)
def covers_what(case: Case, item: Measured) -> str:
    """Return the structure of a distance in words; of bone, say what it stands for."""
    words = " ".join(("the", in_words(item.structure)))
    if not item.structure.startswith(BONE_PREFIX):
        return words
    level = Level(item.structure.removeprefix(BONE_PREFIX))
    absent = [name for name in VESSELS if not _is_outlined(case.scene.anatomy, name, level)]
    return f"{words}, beyond which no {' or '.join(map(in_words, absent))} is outlined"
