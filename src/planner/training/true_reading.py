"""What a reader of a digital spine should find: the lesion's side, its dangers, the ways in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from planner.domain import structures
from planner.domain.errors import UsageError
from planner.domain.plan import Approach
from planner.geometry.points import PointLps
from planner.phantom.recipe import Place, Position
from planner.training.attempt import LesionSide
from planner.training.exercise import WayIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.geometry.points import Vector
    from planner.phantom.recipe import Lesion
    from planner.training.exercise import Exercise
    from planner.training.standard import Danger

ONE_SIDED_SHARE: Final = 0.25
"""Of half the body's width: a lesion whose middle lies farther out than this lies on one side.
A project default; between half of it and one and a half of it both answers count."""

TWO_THIRDS: Final = 2.0 / 3.0
"""Share of the body from which one needle is not enough (rule N9)."""

PRONE: Final = frozenset({Position.HFP, Position.FFP})


class Presence(StrEnum):
    """Whether a case has a danger."""

    PRESENT = "present"
    ARGUABLE = "arguable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueDanger:
    """Whether a case has a danger; why, and the point that shows it."""

    presence: Presence
    why: str
    at: PointLps | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueReading:
    """What should be read of a case.

    Attributes
    ----------
    lesion_side
        The best answer.
    sides_that_count
        All answers that count, where it is not plain.
    side_why
        Why, with the number.
    ways
        Ways in that the pedicles of this spine allow.
    """

    lesion_side: LesionSide
    sides_that_count: frozenset[LesionSide]
    side_why: str
    lesion_at: PointLps
    body_at: PointLps
    dangers: Mapping[str, TrueDanger]
    ways: tuple[WayIn, ...]


def true_reading(
    exercise: Exercise,
    truth: Anatomy,
    dangers: Mapping[str, Danger],
    *,
    outer_diameter_mm: float,
) -> TrueReading:
    """Work out what should be read; ``outer_diameter_mm`` is that of the usual needle here.

    Raises
    ------
    UsageError
        When the lesion of the exercise is not in the scan.
    """
    case = _Case.of(exercise, truth, outer_diameter_mm)
    found = {name: _FOUND[name](case, danger) for name, danger in dangers.items()}
    side, count, why = _side(case)
    return TrueReading(
        lesion_side=side,
        sides_that_count=count,
        side_why=why,
        lesion_at=case.middle,
        body_at=case.vertebra.body_centre,
        dangers=found,
        ways=_ways(case),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Case:
    exercise: Exercise
    truth: Anatomy
    vertebra: Vertebra
    lesion: Lesion
    points_mm: Vector
    middle: PointLps
    needle_mm: float

    @classmethod
    def of(cls, exercise: Exercise, truth: Anatomy, needle_mm: float) -> _Case:
        level = exercise.level
        if truth.lesion is None or level not in truth.vertebrae:
            raise UsageError(f"The scan of {exercise.id} has no lesion in {level}.")
        points = _surface_mm(truth.lesion, truth)
        vertebra = truth.vertebrae[level]
        whole = np.argwhere(truth.lesion & (truth.labels == level.verse_label))
        middle = truth.geometry.lps_mm(whole[:, ::-1].astype(np.float64)).mean(axis=0)
        return cls(
            exercise=exercise,
            truth=truth,
            vertebra=vertebra,
            lesion=next(one for one in exercise.recipe.lesions if one.level is level),
            points_mm=points,
            middle=PointLps.of(middle),
            needle_mm=needle_mm,
        )

    def nearest(self, mask: NDArray[np.bool_]) -> tuple[float, PointLps | None]:
        """Return how near the lesion comes to a structure, and where; infinite where it is not."""
        there = _surface_mm(mask, self.truth)
        if not len(there):
            return float("inf"), None
        far, place = cKDTree(there).query(self.points_mm)
        nearest = int(far.argmin())
        return float(far[nearest]), PointLps.of(there[int(place[nearest])])


def _surface_mm(mask: NDArray[np.bool_], truth: Anatomy) -> Vector:
    """Return the outermost voxels of a mask, LPS mm, shape ``(n, 3)``."""
    places = np.argwhere(mask)
    if not len(places):
        return np.empty((0, 3))
    low, high = places.min(axis=0), places.max(axis=0) + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    part = mask[box]
    rim = np.argwhere(part & ~binary_erosion(part)) + low
    return truth.geometry.lps_mm(rim[:, ::-1].astype(np.float64))


def _side(case: _Case) -> tuple[LesionSide, frozenset[LesionSide], str]:
    left = np.array(case.vertebra.left)
    out_mm = float((case.middle.array - case.vertebra.body_centre.array) @ left)
    edge_mm = ONE_SIDED_SHARE * case.vertebra.body_size_mm[0] / 2.0
    own = LesionSide.LEFT if out_mm > 0.0 else LesionSide.RIGHT
    best = own if abs(out_mm) > edge_mm else LesionSide.BOTH
    count = {best}
    if 0.5 * edge_mm < abs(out_mm) < 1.5 * edge_mm:
        count |= {own, LesionSide.BOTH}
    why = f"The middle of the lesion lies {abs(out_mm):.1f} mm to the {own} of the midline."
    return best, frozenset(count), why


def _ways(case: _Case) -> tuple[WayIn, ...]:
    """Return the ways of the exercise, without pedicles too narrow for the needle."""
    narrow = {
        side
        for side, pedicle in case.vertebra.pedicles.items()
        if pedicle.width_mm.best < case.needle_mm + 1.0
    }
    found: list[WayIn] = []
    for way in case.exercise.ways:
        if way.approach is not Approach.TRANSPEDICULAR or not narrow:
            found.append(way)
            continue
        sides = case.vertebra.pedicles if way.side is None else (way.side,)
        found += [WayIn(approach=way.approach, side=one) for one in sides if one not in narrow]
    return tuple(found) or case.exercise.ways


# dangers


def _by_distance(danger: Danger, far_mm: float, at: PointLps | None, what: str) -> TrueDanger:
    if far_mm == float("inf"):
        return TrueDanger(presence=Presence.ABSENT, why=f"No {what} is near.")
    presence = Presence.ABSENT
    if far_mm <= danger.marks["arguable_mm"]:
        presence = Presence.ARGUABLE
    if far_mm <= danger.marks["present_mm"]:
        presence = Presence.PRESENT
    return TrueDanger(presence=presence, why=f"{what}: {far_mm:.1f} mm.", at=at)


def _yes(is_there: object, why: str, at: PointLps | None, why_not: str) -> TrueDanger:
    if is_there:
        return TrueDanger(presence=Presence.PRESENT, why=why, at=at)
    return TrueDanger(presence=Presence.ABSENT, why=why_not)


def _canal_near(case: _Case, danger: Danger) -> TrueDanger:
    far_mm, at = case.nearest(case.truth.canal)
    return _by_distance(danger, far_mm, at, "From the lesion to the canal")


def _wall_broken(case: _Case, _danger: Danger) -> TrueDanger:
    wall = case.vertebra.posterior_wall
    breaches = () if wall is None else wall.breaches
    at = breaches[0].at if breaches else None
    area = f"{sum(one.area_mm2 for one in breaches):.0f}"
    return _yes(
        breaches, f"{area} mm² of the posterior wall are gone.", at, "The posterior wall is whole."
    )


def _epidural(case: _Case, _danger: Danger) -> TrueDanger:
    depth = case.lesion.epidural_mm
    _, at = case.nearest(case.truth.canal)
    words = f"Tumour stands {depth:g} mm into the canal."
    return _yes(depth, words, at, "No tumour stands in the canal.")


def _foramen(case: _Case, danger: Danger) -> TrueDanger:
    foramina = case.truth.foramina > 0
    far_mm, at = case.nearest(foramina)
    if case.lesion.foraminal is not None:
        words = f"Tumour enters the foramen on the {case.lesion.foraminal}."
        return TrueDanger(presence=Presence.PRESENT, why=words, at=at)
    return _by_distance(danger, far_mm, at, "From the lesion to the nearest foramen")


def _pedicle_tumour(case: _Case, _danger: Danger) -> TrueDanger:
    for side, pedicle in case.vertebra.pedicles.items():
        far_mm = float(np.linalg.norm(case.points_mm - pedicle.isthmus.array, axis=1).min())
        named = case.lesion.place in (Place.PEDICLE_LEFT, Place.PEDICLE_RIGHT)
        if named and case.lesion.place.value.endswith(side.value):
            words = f"The {side} pedicle is tumour."
            return TrueDanger(presence=Presence.PRESENT, why=words, at=pedicle.isthmus)
        if far_mm < pedicle.width_mm.best / 2.0:
            words = f"The lesion comes within {far_mm:.1f} mm of the middle of the {side} pedicle."
            return TrueDanger(presence=Presence.ARGUABLE, why=words, at=pedicle.isthmus)
    return TrueDanger(presence=Presence.ABSENT, why="Both pedicles are bone.")


def _pedicle_narrow(case: _Case, danger: Danger) -> TrueDanger:
    pedicles = case.vertebra.pedicles.values()
    worst = min(pedicles, key=lambda one: one.width_mm.best)
    spare_mm = worst.width_mm.best - case.needle_mm
    what = (
        f"The {worst.side} pedicle is {worst.width_mm.best:.1f} mm wide. Left beside a needle of "
        f"{case.needle_mm:g} mm"
    )
    return _by_distance(danger, spare_mm, worst.isthmus, what)


def _two_needles(case: _Case, _danger: Danger) -> TrueDanger:
    offset = (case.points_mm - case.vertebra.body_centre.array) @ np.array(case.vertebra.left)
    share = float(np.ptp(offset)) / case.vertebra.body_size_mm[0]
    words = f"The lesion takes {share:.0%} of the width of the body."
    return _yes(share >= TWO_THIRDS, words, case.middle, words)


def _endplate(case: _Case, _danger: Danger) -> TrueDanger:
    broken = next(
        (one for one in case.exercise.recipe.fractures if one.level is case.vertebra.level), None
    )
    words = "" if broken is None else f"The body has lost {broken.loss:.0%} of its height."
    return _yes(broken, words, case.vertebra.body_centre, "The body keeps its height.")


def _cord_symptoms(case: _Case, _danger: Danger) -> TrueDanger:
    has = case.exercise.chart.get("cord_compression_symptoms") is True
    _, at = case.nearest(case.truth.canal)
    return _yes(has, "The story tells of weak legs.", at, "The story tells of no weakness.")


def _lung(case: _Case, danger: Danger) -> TrueDanger:
    mask = case.truth.masks.get(structures.PLEURA)
    pleura = np.empty((0, 3)) if mask is None else _surface_mm(mask, case.truth)
    if not len(pleura):
        return TrueDanger(presence=Presence.ABSENT, why="No lung is in reach.")
    isthmi = np.array([one.isthmus.array for one in case.vertebra.pedicles.values()])
    body = np.argwhere(case.truth.bodies == case.vertebra.level.verse_label)
    places = case.truth.geometry.lps_mm(body[::7, ::-1].astype(np.float64))
    far, place = cKDTree(pleura).query(np.concatenate([isthmi, places]))
    nearest = int(far.argmin())
    at = PointLps.of(pleura[int(place[nearest])])
    return _by_distance(danger, float(far[nearest]), at, "From the vertebra to the pleura")


def _hardware(case: _Case, _danger: Danger) -> TrueDanger:
    recipe = case.exercise.recipe
    cement = ", ".join(str(one.level) for one in recipe.cement)
    screws = ", ".join(str(one) for one in recipe.screws)
    parts = [f"cement in {cement}" if cement else "", f"screws in {screws}" if screws else ""]
    words = f"There is {' and '.join(filter(None, parts))}."
    return _yes(cement or screws, words, case.vertebra.body_centre, "There is no hardware.")


def _turned(case: _Case, _danger: Danger) -> TrueDanger:
    position = case.exercise.recipe.position
    words = f"The patient lies prone ({position})."
    return _yes(position in PRONE, words, case.vertebra.body_centre, "The patient lies supine.")


def _thin_bone(case: _Case, _danger: Danger) -> TrueDanger:
    thin = case.exercise.recipe.osteoporosis
    at = case.vertebra.body_centre
    return _yes(thin, "The bone is osteoporotic.", at, "The bone is of usual density.")


_FOUND: Final[Mapping[str, Callable[[_Case, Danger], TrueDanger]]] = {
    "canal-near": _canal_near,
    "wall-broken": _wall_broken,
    "epidural": _epidural,
    "foramen": _foramen,
    "pedicle-tumour": _pedicle_tumour,
    "pedicle-narrow": _pedicle_narrow,
    "two-needles": _two_needles,
    "endplate-broken": _endplate,
    "cord-symptoms": _cord_symptoms,
    "lung": _lung,
    "hardware": _hardware,
    "turned": _turned,
    "thin-bone": _thin_bone,
}
