"""What the outlines say of a lesion: its parts, size, target volume, and scores still open.

A score is never completed here: pain, alignment and what only MR shows need the user's word.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from planner.anatomy.lesion import (
    CORTEX_VOXELS,
    LEAST_CONTRAST_HU,
    LEAST_CONTRAST_SPREADS,
    SMOOTHING_MM,
    healthy_marrow_hu,
    hu_on,
)
from planner.anatomy.morphology import shrunk
from planner.anatomy.vertebra_parts import VertebraPart, vertebra_parts
from planner.catalog import resource_path
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.vertebra_parts import Box
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.volume import CtVolume

LEAST_PART_ML = 0.05
"""A lesion touches a part when more of it than this lies there; less is the grid."""

UNKNOWN = "unknown kind"
"""Neither lytic nor blastic nor mixed: HU like healthy marrow, or no such marrow to compare."""

LEAST_TOLD = 0.5
"""A lesion with less of it outside the spread of marrow is mostly like marrow."""

MOSTLY = 0.7
"""Share of one kind above which a lesion is of that kind and not mixed."""

COLLAPSED_SHARE = 0.15
"""Height lost against the neighbours below which nothing is called a collapse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One component of a score.

    Attributes
    ----------
    points
        ``None`` where only a person can tell; then the score counts it from 0 to the most.
    why
        What it was read from, or whose word it needs.
    """

    name: str
    points: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionReport:
    """A lesion in one vertebra.

    Attributes
    ----------
    share_of_body
        Of the body's volume, 0 to 1; only the part of the lesion inside the body counts.
    parts_ml
        Volume in every part it touches.
    target_parts
        The clinical target volume by its parts, and ``target_source`` with its status.
    epidural
        A sentence on the ESCC grade; never a grade by itself, because CT does not show the sac.
    sins
        Components of SINS; the sum lies in ``sins_range`` until the open ones are answered.
    """

    level: Level
    volume_ml: float
    share_of_body: float
    kind: str
    parts_ml: Mapping[VertebraPart, float]
    target_parts: tuple[VertebraPart, ...]
    target_ml: float
    target_source: str
    escc_at_least: str
    epidural: str
    sins: tuple[ScorePart, ...]
    sins_range: tuple[int, int]
    sins_source: str


@cache
def _scores(name: str) -> dict[str, Any]:
    return tomllib.loads(resource_path("scores", name).read_text(encoding="utf-8"))


def report_lesion(ct: CtVolume, anatomy: Anatomy, level: Level) -> LesionReport:
    """Describe the outlined lesion of a level.

    Raises
    ------
    UsageError
        When no lesion is outlined there, or the parts of the level cannot be told.
    """
    box, parts = vertebra_parts(anatomy, level)
    lesion = None if anatomy.lesion is None else anatomy.lesion[box]
    if lesion is None or not (lesion & (parts > 0)).any():
        raise UsageError(f"no lesion is outlined in {level}")
    voxel_ml = anatomy.geometry.voxel_volume_mm3 / 1000.0
    counts = np.bincount(parts[lesion], minlength=len(VertebraPart) + 1)
    parts_ml = {
        part: float(counts[part]) * voxel_ml
        for part in VertebraPart
        if counts[part] * voxel_ml > LEAST_PART_ML
    }
    body = parts == VertebraPart.BODY
    share = float((lesion & body).sum()) / max(1, int(body.sum()))
    target = _target(parts_ml, _lateral_side(anatomy, level, box, lesion & body))
    in_target = np.isin(parts, [*target]) | lesion
    kind = _kind(ct, anatomy, level, box, lesion)
    at_least, sentence = _epidural(anatomy, level)
    components = _sins(anatomy, level, kind, share, parts_ml)
    known = sum(part.points for part in components if part.points is not None)
    table = _scores("sins.toml")
    open_points = sum(
        max(table[part.name]["points"].values()) for part in components if part.points is None
    )
    rules = _scores("isrc.toml")
    return LesionReport(
        level=level,
        volume_ml=float((lesion & (parts > 0)).sum()) * voxel_ml,
        share_of_body=share,
        kind=kind,
        parts_ml=parts_ml,
        target_parts=target,
        target_ml=float(in_target.sum()) * voxel_ml,
        target_source=f"{rules['source']} ({rules['status']})",
        escc_at_least=at_least,
        epidural=sentence,
        sins=components,
        sins_range=(known, known + open_points),
        sins_source=f"{table['source']} ({table['status']})",
    )


def _lateral_side(
    anatomy: Anatomy, level: Level, box: Box, in_body: NDArray[np.bool_]
) -> Side | None:
    """Return the side a lesion of the body lies on; ``None`` in the middle or without one."""
    if not in_body.any():
        return None
    vertebra = anatomy.vertebrae[level]
    index = np.argwhere(in_body).mean(axis=0) + [axis.start for axis in box]
    offset = anatomy.geometry.lps_mm(index[::-1]) - vertebra.body_centre.array
    share = float(offset @ np.array(vertebra.left)) / (0.5 * vertebra.body_size_mm[0])
    if abs(share) < float(_scores("isrc.toml")["lateral_share"]):
        return None
    return Side.LEFT if share > 0.0 else Side.RIGHT


def _target(
    parts_ml: Mapping[VertebraPart, float], lateral: Side | None
) -> tuple[VertebraPart, ...]:
    """Return the parts of the clinical target volume."""
    touched = [part.words for part in parts_ml]
    if "body" in touched:
        touched.append(f"body, one side {lateral}" if lateral else "body, both sides")
    wanted: set[str] = set()
    for rule in _scores("isrc.toml")["rule"]:
        for name in touched:
            stem, side = _sided(name)
            if stem == rule["touches"]:
                wanted |= {_on_side(added, side) for added in rule["adds"]}
    return tuple(part for part in VertebraPart if part.words in wanted)


def _sided(name: str) -> tuple[str, str]:
    """Split ``pedicle left`` into its stem and its side."""
    stem, _, side = name.rpartition(" ")
    return (stem, side) if side in {*Side} else (name, "")


def _on_side(name: str, side: str) -> str:
    """Return a part of the same side, unless it has a side or none at all."""
    return name if name in _ONE or _sided(name)[1] else f"{name} {side}"


_ONE = frozenset({"body", "spinous"})


def _kind(
    ct: CtVolume, anatomy: Anatomy, level: Level, box: Box, lesion: NDArray[np.bool_]
) -> str:
    """Return ``lytic``, ``blastic`` or ``mixed`` against healthy marrow, else ``UNKNOWN``.

    Only marrow is compared, because sound cortex inside a lesion would look blastic.
    """
    vertebra = anatomy.labels[box] == level.verse_label
    inner = shrunk(vertebra, CORTEX_VOXELS) & lesion
    try:
        marrow, spread = healthy_marrow_hu(ct, anatomy, level.verse_label)
    except UsageError:
        return UNKNOWN  # nothing healthy to compare with
    if not inner.any():
        return UNKNOWN
    contrast = max(LEAST_CONTRAST_HU, LEAST_CONTRAST_SPREADS * spread)
    sigma = SMOOTHING_MM / np.array(anatomy.geometry.spacing_mm)[::-1]
    hu = ndimage.gaussian_filter(hu_on(ct, anatomy.geometry, box), sigma)[inner]
    low = float((hu < marrow - contrast).mean())
    high = float((hu > marrow + contrast).mean())
    if low + high < LEAST_TOLD:
        return UNKNOWN
    share = low / (low + high)
    if share >= MOSTLY:
        return "lytic"
    return "blastic" if share <= 1.0 - MOSTLY else "mixed"


def _epidural(anatomy: Anatomy, level: Level) -> tuple[str, str]:
    """Return the least ESCC grade the outlines allow and a sentence on what is open."""
    vertebra = anatomy.vertebrae[level]
    number = level.verse_label
    box = [
        slice(int(span[0]), int(span[-1]) + 1)
        for axes in ((1, 2), (0, 2), (0, 1))
        if len(span := np.flatnonzero((anatomy.labels == number).any(axis=axes)))
    ]
    lesion = anatomy.lesion
    inside = lesion is not None and bool((lesion & anatomy.canal)[tuple(box)].any())
    if inside:
        return "1a", "The lesion reaches into the canal: ESCC 1a or more. The sac needs MR."
    wall = vertebra.posterior_wall
    if wall is None or wall.intact is None:
        return "0", "The posterior wall could not be judged: whether ESCC is 0 needs MR."
    if not wall.intact:
        return "0", "The posterior wall is broken: epidural tumour is likely; ESCC needs MR."
    return "0", "No lesion in the canal and the posterior wall whole: ESCC 0 unless MR shows more."


def _sins(
    anatomy: Anatomy,
    level: Level,
    kind: str,
    share: float,
    parts_ml: Mapping[VertebraPart, float],
) -> tuple[ScorePart, ...]:
    table = _scores("sins.toml")
    regions = table["location"]["points"]
    place = next(name for name in regions if level in table["location"][name])
    lost, why = _height_lost(anatomy, level)
    collapse = table["collapse"]["points"]
    if lost is None:
        points = None
    elif lost > 0.5:
        points = collapse["over_half"]
    elif lost > COLLAPSED_SHARE:
        points = collapse["under_half"]
    else:
        points = collapse["none_but_half_of_body" if share > 0.5 else "neither"]
    sides = {
        side for side, parts in _POSTEROLATERAL.items() if any(part in parts_ml for part in parts)
    }
    behind = {0: "none", 1: "one", 2: "both"}[len(sides)]
    return (
        ScorePart(name="location", points=regions[place], why=f"{level} is {place}"),
        ScorePart(name="pain", points=None, why="needs the user's word: mechanical or not"),
        ScorePart(
            name="bone",
            points=table["bone"]["points"].get(kind),
            why="needs the user's word: its HU does not tell it from healthy marrow"
            if kind == UNKNOWN
            else f"the lesion is {kind} by its HU",
        ),
        ScorePart(
            name="alignment",
            points=None,
            why="needs the user's word: a scan lying down does not show alignment under load",
        ),
        ScorePart(
            name="collapse", points=points, why=f"{why}; the lesion takes {share:.0%} of the body"
        ),
        ScorePart(
            name="posterolateral",
            points=table["posterolateral"]["points"][behind],
            why=f"pedicle, facet or transverse process: {behind}",
        ),
    )


_POSTEROLATERAL = {
    Side.LEFT: (
        VertebraPart.PEDICLE_LEFT,
        VertebraPart.ARTICULAR_LEFT,
        VertebraPart.TRANSVERSE_LEFT,
    ),
    Side.RIGHT: (
        VertebraPart.PEDICLE_RIGHT,
        VertebraPart.ARTICULAR_RIGHT,
        VertebraPart.TRANSVERSE_RIGHT,
    ),
}


def _height_lost(anatomy: Anatomy, level: Level) -> tuple[float | None, str]:
    """Return the share of its height a body has lost against its neighbours."""
    mine = anatomy.vertebrae[level]
    near: list[Vertebra] = [
        other
        for other in anatomy.vertebrae.values()
        if 0 < abs(other.level.order - level.order) <= 2 and other.level is not Level.S1
    ]
    if not near:
        return None, "no neighbour to compare its height with"
    usual = float(np.median([other.body_size_mm[2] for other in near]))
    lost = 1.0 - mine.body_size_mm[2] / usual
    return lost, f"its height is {1.0 - lost:.0%} of its neighbours'"
