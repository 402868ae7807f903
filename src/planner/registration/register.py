"""Finds one vertebra of a scan with outlines again in another scan, or says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.errors import UsageError
from planner.domain.progress import unreported
from planner.imaging import names_another_patient
from planner.registration.looking import ELSEWHERE_MM, LEAST_SEEN, Ended, Search
from planner.registration.result import RefusalCode, Registration, RegistrationRefused
from planner.registration.template import Template, template_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps

FINE_MM: Final = 0.8
"""Both scans are made about as smooth as this, so that two kernels look alike at an edge."""

THICK_SHARE: Final = 0.35
"""Or as this share of the thickest slice, where that is more."""

LEAST_WALL_SEEN: Final = 0.8
"""The posterior wall itself must be there: nothing is measured at one that is not seen."""

LARGEST_MISFIT_MM: Final = 0.35
"""Surfaces of the same bone lie together to a tenth of a millimetre, those of neighbours in one
spine to no better than 0.4 (ADR 810)."""

RIVAL_SHARE: Final = 0.6
"""A place must fit better than this share of what the best rival leaves over."""

LARGEST_ERROR_MM: Final = 1.5
"""Expected at the posterior wall; the planner's margins there are of this size."""


class Registrar:
    """Registers the vertebrae of one outlined scan; what is made of each level is kept.

    Parameters
    ----------
    fixed, anatomy
        A scan and its outlines.
    """

    def __init__(self, fixed: CtVolume, anatomy: Anatomy) -> None:
        self._fixed = fixed
        self._anatomy = anatomy
        self._templates: dict[tuple[Level, float], Template | None] = {}

    def register(
        self,
        level: Level,
        moving: CtVolume,
        *,
        near: PointLps | None = None,
        report: ProgressReport = unreported,
    ) -> Registration | RegistrationRefused:
        """Find one vertebra in another scan.

        Parameters
        ----------
        near
            About the middle of its body in the other scan: a person's click, or the outline it
            has there. Without it the vertebra is looked for near its old place when both scans
            are in one frame of reference, and everywhere when they are not.
        report
            May raise to stop the work.

        Raises
        ------
        UsageError
            When the level is not outlined.
        """
        if level not in self._anatomy.vertebrae:
            raise UsageError(f"{level} is not outlined in the first scan, so it cannot be found.")
        if names_another_patient(self._fixed.record.patient, moving.record.patient):
            return _refused(level, RefusalCode.OTHER_PATIENT, OTHER_PATIENT)
        slices = (*self._fixed.geometry.spacing_mm, *moving.geometry.spacing_mm)
        fine_mm = max(FINE_MM, THICK_SHARE * max(slices))
        report(0.0, f"reading the edge of {level}")
        template = self._template(level, fine_mm)
        if template is None:
            return _refused(level, RefusalCode.NO_EDGE, NO_EDGE)
        search = Search(template, self._fixed, moving, fine_mm)
        report(0.2, f"looking for {level}")
        ends = search.ends(near)
        if not ends:
            return _refused(level, RefusalCode.NOT_IN_SCAN, NOT_IN_SCAN)
        best = ends[0]
        if near is not None and search.off_mm(best.fit, near) > ELSEWHERE_MM:
            far = FAR_FROM_CLICK.format(far=search.off_mm(best.fit, near), level=level)
            return _refused(level, RefusalCode.NEIGHBOUR, far)
        report(0.6, f"comparing {level} with its neighbours")
        rivals = {
            other: self._rival_mm(template, best, other, moving, fine_mm)
            for other in self._neighbours(level)
        }
        elsewhere = [end.quality.misfit_mm for end in ends[1:]]
        return _judged(search, best, rivals, min(elsewhere, default=np.inf))

    def _rival_mm(
        self, template: Template, best: Ended, other: Level, moving: CtVolume, fine_mm: float
    ) -> float:
        """Return what a neighbour's own outline leaves over at the place that was found."""
        rival = self._template(other, fine_mm)
        if rival is None:
            return float("nan")
        start = best.fit.motion @ template.frame @ np.linalg.inv(rival.frame)
        end = Search(rival, self._fixed, moving, fine_mm).refined(start)
        return np.inf if end is None else end.quality.misfit_mm

    def _template(self, level: Level, fine_mm: float) -> Template | None:
        if (level, fine_mm) not in self._templates:
            found = template_of(self._fixed, self._anatomy, level, fine_mm)
            self._templates[level, fine_mm] = found
        return self._templates[level, fine_mm]

    def _neighbours(self, level: Level) -> list[Level]:
        ordered = sorted(self._anatomy.vertebrae, key=lambda one: one.order)
        place = ordered.index(level)
        return ordered[max(place - 1, 0) : place] + ordered[place + 1 : place + 2]


def register_vertebra(
    fixed: CtVolume,
    anatomy: Anatomy,
    level: Level,
    moving: CtVolume,
    *,
    near: PointLps | None = None,
    report: ProgressReport = unreported,
) -> Registration | RegistrationRefused:
    """Find one vertebra of a scan with outlines in another scan; see ``Registrar.register``."""
    return Registrar(fixed, anatomy).register(level, moving, near=near, report=report)


OTHER_PATIENT: Final = "The headers of the two scans name different patients."
NO_EDGE: Final = (
    "The edge of {level} is hardly seen in the scan it is outlined on: it is cut off there, or "
    "metal and cement hide it."
)
NOT_IN_SCAN: Final = (
    f"{{level}} is not in the other scan, or less than {100 * LEAST_SEEN:.0f} % of it. Click the "
    "middle of its body there if it is."
)
FAR_FROM_CLICK: Final = (
    "What looks like {level} lies {far:.0f} mm from the point given for it: that point may be of "
    "another level."
)


def _refused(level: Level, code: RefusalCode, reason: str) -> RegistrationRefused:
    return RegistrationRefused(level=level, code=code, reason=reason.format(level=level))


def _judged(
    search: Search, best: Ended, neighbours: dict[Level, float], elsewhere_mm: float
) -> Registration | RegistrationRefused:
    """Return the registration, or the first reason that speaks against it."""
    level, quality = search.template.vertebra.level, best.quality
    known = {other: left for other, left in neighbours.items() if not np.isnan(left)}
    rival_mm = min([*known.values(), elsewhere_mm])
    if quality.misfit_mm > LARGEST_MISFIT_MM:
        return _not_the_bone(level, quality.misfit_mm, known)
    if not quality.misfit_mm < RIVAL_SHARE * rival_mm:
        return _refused(
            level,
            RefusalCode.NEIGHBOUR,
            f"The place found for {level} may be another level: its edges lie "
            f"{quality.misfit_mm:.2f} mm apart, and those of a neighbour, or at another place, "
            f"{rival_mm:.2f} mm. Click the middle of {level} in the other scan.",
        )
    if search.wall_seen(best.fit) < LEAST_WALL_SEEN:
        reason = "The posterior wall of {level} is not wholly in the other scan."
        return _refused(level, RefusalCode.NOT_IN_SCAN, reason)
    error = float(
        np.hypot(np.hypot(quality.wall_doubt_mm, quality.misfit_mm), search.returns_mm(best.fit))
    )
    if not error <= LARGEST_ERROR_MM:
        return _refused(
            level,
            RefusalCode.UNSURE,
            f"{level} may be off by {error:.1f} mm at its posterior wall, more than "
            f"{LARGEST_ERROR_MM:g} mm.",
        )
    rows = tuple(tuple(float(value) for value in row) for row in best.fit.motion)
    return Registration(
        level=level,
        motion=rows,  # type: ignore[arg-type]  # a rigid motion is 4 by 4
        wall_error_mm=error,
        misfit_mm=quality.misfit_mm,
        rival_misfit_mm=rival_mm,
        compared_with=tuple(known),
        agreement=best.fit.agreement,
        seen=best.fit.seen,
    )


def _not_the_bone(
    level: Level, misfit_mm: float, neighbours: dict[Level, float]
) -> RegistrationRefused:
    """Refuse a place that holds another bone, and name it where it is a neighbour."""
    fits = min(neighbours, key=neighbours.__getitem__, default=None)
    if fits is not None and neighbours[fits] <= LARGEST_MISFIT_MM:
        return _refused(
            level,
            RefusalCode.NEIGHBOUR,
            f"What lies where {level} was looked for is {fits}: edges of {fits} fit there to "
            f"{neighbours[fits]:.2f} mm, those of {level} to {misfit_mm:.2f} mm.",
        )
    return _refused(
        level,
        RefusalCode.NO_MATCH,
        f"What lies where {level} was looked for does not fit as the same bone: its edges lie "
        f"{misfit_mm:.2f} mm apart, more than {LARGEST_MISFIT_MM:g} mm. It may have another shape "
        "now, slices may be too thick to tell, or it is not in the other scan.",
    )
