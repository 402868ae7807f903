"""How far an outlined spine is from one whose truth is known, in the figures of the bars.

Levels are matched by the bodies' overlap, whatever their names: naming is measured elsewhere.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy.spatial import cKDTree

from planner.domain.levels import Level, Side, foramen_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra

FAR_WALL_MM = 4.0
"""A found wall point farther from every true one lies beside the true wall's sample."""

SAME_BREACH_MM = 5.0
"""A found hole whose middle lies this near a true one is that hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScore:
    """One true vertebra against what was found of it.

    Attributes
    ----------
    found
        The name it was given, ``None`` when nothing was found.
    body, whole
        Dice, 0 to 1.
    pedicle_mm
        Found width less true width of each pedicle that was found.
    isthmus_mm
        Distance of each found isthmus from the true one.
    wall_mm
        Mean absolute front-back error of the posterior wall; NaN without one.
    intrusion_mm
        How deep the outline of the canal stands inside the true canal at its worst.
    holes, holes_found, holes_invented
        True holes of the posterior wall, those found, and found ones that are none.
    """

    level: Level
    found: Level | None
    body: float
    whole: float
    pedicle_mm: tuple[float, ...]
    isthmus_mm: tuple[float, ...]
    wall_mm: float
    intrusion_mm: float
    holes: int
    holes_found: int
    holes_invented: int
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpineScore:
    """A whole spine.

    Attributes
    ----------
    canal
        Dice over the stretch of the true levels.
    foramina_mm
        Distance of each foramen's centre from the true one; NaN when it was not found.
    count_exact
        Every true level was found once, next to its neighbours.
    """

    levels: tuple[LevelScore, ...]
    canal: float
    foramina_mm: tuple[float, ...]
    count_exact: bool


def score_against(truth: Anatomy, anatomy: Anatomy) -> SpineScore:
    """Score an anatomy on a crop of the grid of ``truth``."""
    start = np.rint(truth.geometry.ijk(anatomy.geometry.lps_mm(np.zeros(3)))).astype(int)
    i, j, k = (
        slice(int(a), int(a) + n)
        for a, n in zip(start, anatomy.geometry.size_ijk, strict=True)
    )  # fmt: skip
    cut = (k, j, i)
    bodies, wholes = truth.bodies[cut], truth.labels[cut]
    names = {level: _covering(bodies == level.verse_label, anatomy) for level in truth.vertebrae}
    intrusions = _intrusions_mm(truth, anatomy, cut)
    levels = tuple(
        _level_score(
            level,
            names[level],
            dice(
                bodies == level.verse_label, _labelled(anatomy.bodies, names[level])
            ),
            dice(wholes == level.verse_label, _labelled(anatomy.labels, names[level])),
            truth,
            anatomy,
            intrusions[level],
        )
        for level in truth.vertebrae
    )  # fmt: skip
    return SpineScore(
        levels=levels,
        canal=_canal_dice(truth, anatomy, cut),
        foramina_mm=_foramina_mm(truth, anatomy, cut, names),
        count_exact=_counted(names),
    )


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return 2 |A and B| / (|A| + |B|), 1 when both are empty."""
    total = int(one.sum()) + int(other.sum())
    return 2.0 * float((one & other).sum()) / total if total else 1.0


def _labelled(labels: NDArray[np.uint8], level: Level | None) -> NDArray[np.bool_]:
    if level is None:
        return np.zeros(labels.shape, np.bool_)
    return np.asarray(labels == level.verse_label)


def _covering(truth: NDArray[np.bool_], anatomy: Anatomy) -> Level | None:
    """Return the found level whose body covers most of a true body."""
    covered = np.bincount(anatomy.bodies[truth], minlength=2)
    covered[0] = 0
    return Level.from_verse_label(int(covered.argmax())) if covered.any() else None


def _counted(names: Mapping[Level, Level | None]) -> bool:
    """Tell whether neighbours stayed neighbours."""
    found = [name for name in names.values() if name is not None]
    usual = [level for level in Level if level not in (Level.T13, Level.L6)]
    if len(found) < len(names):
        return False
    places = [usual.index(name) for name in found if name in usual]
    return all(after - before == 1 for before, after in itertools.pairwise(places))


def _level_score(
    level: Level,
    name: Level | None,
    body: float,
    whole: float,
    truth: Anatomy,
    anatomy: Anatomy,
    intrusion_mm: float,
) -> LevelScore:
    true = truth.vertebrae[level]
    found = anatomy.vertebrae.get(name) if name is not None else None
    holes = true.posterior_wall.breaches if true.posterior_wall is not None else ()
    marked = (
        found.posterior_wall.breaches
        if found is not None and found.posterior_wall is not None
        else ()
    )
    near = [[hole.at.distance_mm(mark.at) < SAME_BREACH_MM for mark in marked] for hole in holes]
    known = [] if found is None else [side for side in Side if side in found.pedicles]
    pairs = [] if found is None else [(found.pedicles[s], true.pedicles[s]) for s in known]
    return LevelScore(
        level=level,
        found=name,
        body=body,
        whole=whole,
        pedicle_mm=tuple(one.width_mm.best - other.width_mm.best for one, other in pairs),
        isthmus_mm=tuple(one.isthmus.distance_mm(other.isthmus) for one, other in pairs),
        wall_mm=float("nan") if found is None else _wall_mm(true, found),
        intrusion_mm=intrusion_mm,
        holes=len(holes),
        holes_found=sum(any(row) for row in near),
        holes_invented=len(marked) - sum(any(column) for column in zip(*near, strict=True)),
        flags=("not found",) if found is None else found.quality.flags,
    )


def _wall_mm(true: Vertebra, found: Vertebra) -> float:
    if true.posterior_wall is None or found.posterior_wall is None:
        return float("nan")
    points = found.posterior_wall.points_mm
    far, nearest = cKDTree(true.posterior_wall.points_mm).query(points)
    near = far < FAR_WALL_MM
    if not near.any():
        return float("nan")
    offset = (points - true.posterior_wall.points_mm[nearest]) @ np.array(true.anterior)
    return float(np.abs(offset[near]).mean())


def _intrusions_mm(
    truth: Anatomy, anatomy: Anatomy, cut: tuple[slice, slice, slice]
) -> dict[Level, float]:
    """Return for each level the depth inside the true canal of what was not called canal."""
    canal = np.ascontiguousarray(truth.canal[cut])
    spacing = anatomy.geometry.spacing_mm
    depth = edt.edt(canal, anisotropy=spacing[::-1], black_border=False)
    missed = canal & ~anatomy.canal
    index = np.argwhere(missed)
    deep = depth[missed] - 0.5 * min(spacing)
    out = dict.fromkeys(truth.vertebrae, 0.0)
    if not len(index):
        return out
    points = anatomy.geometry.lps_mm(index[:, ::-1].astype(float))
    for level, vertebra in truth.vertebrae.items():
        along = (points - vertebra.body_centre.array) @ np.array(vertebra.superior)
        here = np.abs(along) < 0.55 * vertebra.body_size_mm[2]
        out[level] = float(deep[here].max(initial=0.0))
    return out


def _canal_dice(truth: Anatomy, anatomy: Anatomy, cut: tuple[slice, slice, slice]) -> float:
    """Return the canal's Dice between the lowest and the highest true body."""
    axis = 2 - int(np.abs(anatomy.geometry.direction[2]).argmax())
    numbers = [level.verse_label for level in truth.vertebrae]
    others = tuple(other for other in range(3) if other != axis)
    span = np.flatnonzero(np.isin(truth.bodies[cut], numbers).any(axis=others))
    window = [slice(None)] * 3
    window[axis] = slice(int(span[0]), int(span[-1]) + 1)
    inner = (window[0], window[1], window[2])
    return dice(truth.canal[cut][inner], anatomy.canal[inner])


def _foramina_mm(
    truth: Anatomy,
    anatomy: Anatomy,
    cut: tuple[slice, slice, slice],
    names: Mapping[Level, Level | None],
) -> tuple[float, ...]:
    """Return the centre errors of every foramen between two true levels."""
    true_map = truth.foramina[cut]
    out = []
    for upper, _ in itertools.pairwise(truth.vertebrae):
        name = names[upper]
        for side in Side:
            true = np.argwhere(true_map == foramen_label(upper, side))
            if not len(true):
                continue
            number = 255 if name is None else foramen_label(name, side)
            found = np.argwhere(anatomy.foramina == number)
            if not len(found):
                out.append(float("nan"))
                continue
            offset = (true.mean(0) - found.mean(0))[::-1] * anatomy.geometry.spacing_mm
            out.append(float(np.linalg.norm(offset)))
    return tuple(out)
