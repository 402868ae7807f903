"""Offers level names: the user's word first, then the sacrum, then ribs, then a best guess.

A name that is not the user's word always carries a sentence of doubt.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.interpolation import sample
from planner.domain.corrections import Correction, LevelCount, NamesShifted
from planner.domain.errors import UsageError
from planner.domain.levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.spine_model import SpineModel
    from planner.anatomy.work_grid import WorkVolume
    from planner.geometry.points import PointLps

USUAL_LEVELS = tuple(level for level in Level if level not in (Level.T13, Level.L6))
"""The chain names are counted along, unless the user says how many vertebrae there are."""

USUAL_PERIOD_MM = {
    Level.T1: 18.5, Level.T2: 19.5, Level.T3: 20.0, Level.T4: 20.5, Level.T5: 21.0,
    Level.T6: 22.0, Level.T7: 22.5, Level.T8: 23.5, Level.T9: 24.5, Level.T10: 26.5,
    Level.T11: 28.5, Level.T12: 31.0, Level.T13: 32.5, Level.L1: 33.5, Level.L2: 35.5,
    Level.L3: 36.5, Level.L4: 37.0, Level.L5: 36.0, Level.L6: 35.5,
}  # fmt: skip
"""Rough level-to-level distances of an adult; only their ratios are used, to rank guesses."""

_RIB_MM = (44.0, 58.0)
_RIB_STEP_MM = 2.0
_RIB_SHARE = 0.5
_RIBS_IN_A_ROW = 2
_SACRUM_SHARE = 0.33
_WING_OF_WIDEST = 0.7
_LEAST_WING_MM3 = 500.0
_LOWEST_LOOKED_AT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLevels:
    """Names from inferior to superior.

    Attributes
    ----------
    levels
        One for each vertebra; ``None`` where the chain of names has run out.
    doubts
        One for each: empty where the name is the user's word, or counted from it.
    """

    levels: tuple[Level | None, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingWords:
    """What the user said about names.

    Attributes
    ----------
    seeds
        Names given to points in bodies.
    count
        How many thoracic and lumbar vertebrae there are; ``None`` when nobody said.
    shift
        Levels to move every name by, to the head where positive.
    """

    seeds: Mapping[Level, PointLps] = field(default_factory=dict)
    count: LevelCount | None = None
    shift: int = 0

    @property
    def chain(self) -> tuple[Level, ...]:
        """The levels this patient has, from the head down."""
        if self.count is None:
            return USUAL_LEVELS
        last = {"T": self.count.thoracic, "L": self.count.lumbar}
        return tuple(
            level for level in Level if int(level.value[1:]) <= last.get(level.value[0], 7)
        )


def words_of(seeds: Mapping[Level, PointLps], corrections: Sequence[Correction]) -> NamingWords:
    """Gather the words on names: the last count holds, shifts add up."""
    counts = [word for word in corrections if isinstance(word, LevelCount)]
    shift = sum(word.steps for word in corrections if isinstance(word, NamesShifted))
    return NamingWords(seeds=seeds, count=counts[-1] if counts else None, shift=shift)


def name_levels(model: SpineModel, words: NamingWords) -> NamedLevels:
    """Name every vertebra.

    Raises
    ------
    UsageError
        When a seed lies off the spine, or two seeds contradict the order of the vertebrae.
    """
    named = _from_seeds(model, words) if words.seeds else _offered(model, words)
    return shifted(named, words)


def shifted(named: NamedLevels, words: NamingWords) -> NamedLevels:
    """Move every name along the chain by the user's word."""
    if not words.shift:
        return named
    way = "the head" if words.shift > 0 else "the feet"
    steps = abs(words.shift)
    doubt = (
        f"Moved by the user by {steps} level{'s' if steps > 1 else ''} towards {way}; accept the "
        "vertebra to settle its name."
    )
    return NamedLevels(
        levels=tuple(
            None if level is None else _stepped(level, -words.shift, words.chain)
            for level in named.levels
        ),
        doubts=(doubt,) * len(named.levels),
    )


def _offered(model: SpineModel, words: NamingWords) -> NamedLevels:
    """Count from the sacrum, else from ribs, else guess, and say so."""
    chain, count = words.chain, words.count
    sacrum = sacrum_number(model)
    if sacrum is not None:
        lowest = chain.index(Level.S1) + sacrum - 1
        if count is None:
            doubt = (
                "Counted up from the sacrum, with the lowest free vertebra as L5; a fourth or "
                "sixth lumbar or a transitional vertebra would shift every name by one."
            )
        else:
            doubt = (
                f"Counted up from the sacrum with {count.lumbar} lumbar vertebrae, as the user "
                "said; a transitional vertebra would shift every name by one."
            )
        return _counted(model, chain, lowest, doubt)
    rib = last_rib_number(rib_shares(model), model.cut_by_scan.tolist())
    if rib is not None:
        last_thoracic = max(
            (level for level in chain if level.region == "thoracic"), key=lambda level: level.order
        )
        return _counted(
            model,
            chain,
            chain.index(last_thoracic) + rib - 1,
            f"Counted from the lowest vertebra with ribs as {last_thoracic}; the sacrum was not "
            "made out, and a missing or lumbar rib would shift every name by one.",
        )
    return _counted(model, chain, _best_guess(model, chain), NOT_COUNTABLE)


NOT_COUNTABLE = (
    "Not countable in this scan: neither the sacrum nor the last rib is seen. The name is a "
    "guess from the size of the vertebrae; name one vertebra to settle it."
)


def _counted(model: SpineModel, chain: tuple[Level, ...], lowest: int, doubt: str) -> NamedLevels:
    """Name all from the place of vertebra 1 in the chain."""
    places = [lowest - n for n in range(model.count)]
    levels = tuple(chain[place] if 0 <= place < len(chain) else None for place in places)
    return NamedLevels(levels=levels, doubts=(doubt,) * model.count)


def _from_seeds(model: SpineModel, words: NamingWords) -> NamedLevels:
    """Name the seeded vertebrae by the user's word and count the others from the nearest."""
    seeds = words.seeds
    named = {vertebra_at(model, point, level): level for level, point in seeds.items()}
    if len(named) < len(seeds):
        raise UsageError(
            "two level seeds lie in the same vertebra; move one of them into its own vertebra"
        )
    upward = [named[number].order for number in sorted(named)]
    if any(after >= before for before, after in itertools.pairwise(upward)):
        raise UsageError(
            "the level seeds do not run in order from head to foot; check their names and points"
        )
    levels: list[Level | None] = []
    doubts = []
    for number in range(1, model.count + 1):
        nearest = min(named, key=lambda seeded: (abs(seeded - number), seeded))
        levels.append(_stepped(named[nearest], nearest - number, words.chain))
        doubts.append(
            ""
            if number in named
            else f"Counted from {named[nearest]}, which was named by the user; a vertebra more "
            "or less than usual between them would shift it."
        )
    return NamedLevels(levels=tuple(levels), doubts=tuple(doubts))


def _stepped(level: Level, down: int, chain: tuple[Level, ...]) -> Level | None:
    """Return the level ``down`` places toward the feet, over T13 and L6 unless it starts there."""
    if down == 0:
        return level
    if level in chain:
        place = chain.index(level) + down
    else:
        # T13 sits between T12 and L1, L6 between L5 and S1; a level the chain lacks has a next.
        after = next(place for place, other in enumerate(chain) if other.order > level.order)
        place = after + (down - 1 if down > 0 else down)
    return chain[place] if 0 <= place < len(chain) else None


def vertebra_at(model: SpineModel, point: PointLps, level: Level) -> int:
    """Return the number of the vertebra that a seed of ``level`` names."""
    return vertebra_near(model, point, f"the seed of {level}")


def vertebra_near(model: SpineModel, point: PointLps, what: str) -> int:
    """Return the number of the vertebra a point lies in, else the nearest along the spine.

    Raises
    ------
    UsageError
        When the point is off the spine.
    """
    index = np.rint(model.volume.geometry.ijk(point.array)).astype(int)[::-1]
    if (index >= 0).all() and (index < model.vertebrae.shape).all():
        number = int(model.vertebrae[tuple(index)])
        if number:
            return number
    s, v, u = (float(value[0]) for value in model.curve.locate(point.array[None]))
    distance = np.abs(model.centre_s - s)
    nearest = int(distance.argmin())
    if (
        distance[nearest] > 0.75 * model.height_mm[nearest]
        or abs(u) > 40.0
        or not -45.0 < v < 60.0
    ):
        raise UsageError(f"{what} lies off the spine; click inside its body")
    return nearest + 1


def sacrum_number(model: SpineModel) -> int | None:
    """Return the number of S1 when the sacrum is seen, from its wings.

    The wings are bone beside the body at body height, where a lumbar vertebra has muscle. S1 is
    the highest of the lowest vertebrae that has them.
    """
    s, v, u = model.located
    side = np.abs(u)
    beside = (v > 2.0) & (v < 25.0) & (side > 28.0) & (side < 40.0)
    beside_s, beside_hu = s[beside], model.volume.hu[beside]
    shares = []
    for number in range(1, min(_LOWEST_LOOKED_AT, model.count) + 1):
        wing = np.abs(beside_s - model.centre_s[number - 1]) < 0.3 * model.height_mm[number - 1]
        seen = wing.sum() * model.volume.geometry.voxel_volume_mm3 >= _LEAST_WING_MM3
        dense = float((beside_hu[wing] > model.soft_hu + 60.0).mean()) if seen else 0.0
        shares.append(dense)
    # Broad transverse processes of L5 reach half of what the wings of S1 do.
    enough = max(_SACRUM_SHARE, _WING_OF_WIDEST * max(shares))
    winged = [number for number, share in enumerate(shares, 1) if share > enough]
    return max(winged) if winged else None


def last_rib_number(shares: Sequence[float], cut_by_scan: Sequence[bool]) -> int | None:
    """Return the number of the lowest vertebra with ribs, above at least one without.

    The wings of the pelvis look like ribs too, so what lies below the free vertebrae does not
    count. ``None`` where no free vertebra that is wholly in the scan lies below the ribs.

    Parameters
    ----------
    shares
        From inferior to superior: how sure ribs are, 0 to 1.
    """
    bearing = [share > _RIB_SHARE for share in shares]
    free = [number for number, has in enumerate(bearing, 1) if not has]
    for number in reversed(free):
        above = bearing[number : number + _RIBS_IN_A_ROW]
        if above and all(above) and not cut_by_scan[number - 1]:
            return number + 1
    return None


def rib_shares(model: SpineModel) -> list[float]:
    """Return for each vertebra how sure ribs are on both sides: the lesser side, 0 to 1."""
    return rib_shares_along(
        model.curve, model.volume, model.centre_s, model.height_mm, model.soft_hu
    )


def rib_shares_along(
    curve: SpineCurve,
    volume: WorkVolume,
    centre_s: NDArray[np.float64],
    height_mm: NDArray[np.float64],
    soft_hu: float,
) -> list[float]:
    """Return the same for places along a curve, before there are vertebrae."""
    v = np.arange(-34.0, 12.0, _RIB_STEP_MM)
    u = np.arange(_RIB_MM[0] + 1.0, _RIB_MM[1], _RIB_STEP_MM)
    out = []
    for centre, height in zip(centre_s, height_mm, strict=True):
        s = np.arange(centre - 0.5 * height, centre + 0.5 * height, _RIB_STEP_MM)
        grid = np.meshgrid(s, v, u, indexing="ij")
        sides = []
        for sign in (1.0, -1.0):
            points = curve.at(grid[0], grid[1], sign * grid[2])
            hu = sample(volume.hu, volume.geometry, points)
            # A rib crosses the sheet as a rod of about 14 mm length and 80 mm2 section.
            rod_mm3 = float((hu > soft_hu + 130.0).sum()) * _RIB_STEP_MM**3
            sides.append(rod_mm3 / 600.0)
        out.append(min(1.0, *sides))
    return out


def rib_bearing(shares: Sequence[float]) -> list[bool]:
    """Tell which vertebrae bear ribs: all from the top down to the first without.

    The wings of the pelvis look like ribs too, but there are free vertebrae above them.
    """
    out = [False] * len(shares)
    for number in range(len(shares) - 1, -1, -1):
        if shares[number] <= _RIB_SHARE and number < len(shares) - 1:
            break
        out[number] = shares[number] > _RIB_SHARE or shares[max(0, number - 1)] > _RIB_SHARE
    return out


def _best_guess(model: SpineModel, chain: tuple[Level, ...]) -> int:
    """Return the place of vertebra 1 whose usual spacings fit best, over every offset."""
    lowest_free = chain.index(Level.S1) - 1
    inner = ~model.cut_by_scan
    measured = np.log(model.height_mm[inner]) if inner.any() else np.log(model.height_mm)
    numbers = np.flatnonzero(inner) if inner.any() else np.arange(model.count)
    ribs = np.array(rib_shares(model))
    best_cost, best = np.inf, lowest_free
    for lowest in range(chain.index(Level.T1) + model.count - 1, lowest_free + 1):
        usual = np.log([USUAL_PERIOD_MM[chain[lowest - int(n)]] for n in numbers])
        error = measured - usual
        # The patient's size is free within reason; the shape along the spine is not.
        cost = float(((error - error.mean()) ** 2).sum() / 0.06**2 + (error.mean() / 0.12) ** 2)
        lumbar = np.array([chain[lowest - n].region == "lumbar" for n in range(model.count)])
        cost += 3.0 * float(np.abs(np.where(lumbar, ribs, 1.0 - ribs)).sum())
        if cost < best_cost:
            best_cost, best = cost, lowest
    return best
