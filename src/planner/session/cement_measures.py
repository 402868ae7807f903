"""What a fill amounts to: how much of lesion and body, where, and what more would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.cement import fill_class
from planner.safety.lesion import body_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.prediction import PredictedCement
    from planner.geometry.points import PointLps

WANTED_PERCENT = (50.0, 75.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CementMeasures:
    """A fill in numbers.

    Attributes
    ----------
    body_percent
        Voxels of the body that hold cement, of all.
    lesion_percent
        The same of the lesion of the level; ``None`` where none is outlined.
    needed_ml
        Volume at which so many percent of the lesion hold cement; ``None`` where the volume
        planned does not reach it.
    left_percent
        Share of the cement in the body that lies left of its midline.
    tip_percent
        Place of the tip in the body: 0 at the posterior end, 100 at the anterior one.
    """

    body_percent: float
    lesion_percent: float | None
    needed_ml: dict[float, float | None]
    left_percent: float | None
    tip_percent: float

    @property
    def lesion_class(self) -> str:
        """The class of the seed paper; empty without a lesion."""
        share = self.lesion_percent
        return "" if share is None else fill_class(share)


def measured(
    fill: PredictedCement, anatomy: Anatomy, level: Level, tip: PointLps
) -> CementMeasures:
    """Measure a fill on the grid of the outlines."""
    vertebra = anatomy.vertebrae[level]
    body = anatomy.bodies == level.verse_label
    arrival = _on(fill, anatomy)
    in_body = arrival[body]
    held = in_body <= fill.placed_ml
    lesion = None
    if anatomy.lesion is not None:
        lesion = arrival[anatomy.lesion & (anatomy.labels == level.verse_label)]
    has_lesion = lesion is not None and lesion.size > 0
    reached = np.empty(0, np.float32) if lesion is None else np.sort(lesion)
    places = np.argwhere(body)[held][:, ::-1].astype(np.float64)
    return CementMeasures(
        body_percent=100.0 * float(held.mean()) if held.size else 0.0,
        lesion_percent=100.0 * float((reached <= fill.placed_ml).mean()) if has_lesion else None,
        needed_ml={
            percent: _needed(reached, percent, fill.placed_ml)
            for percent in (WANTED_PERCENT if has_lesion else ())
        },
        left_percent=_left(vertebra, anatomy.geometry.lps_mm(places)),
        tip_percent=_tip(vertebra, tip),
    )


def _on(fill: PredictedCement, anatomy: Anatomy) -> NDArray[np.float32]:
    """Return the arrivals of a fill on the whole grid of the outlines."""
    whole = np.full(anatomy.geometry.shape_kji, np.inf, np.float32)
    first = np.rint(anatomy.geometry.ijk(fill.geometry.lps_from_ijk[:3, 3])).astype(int)
    k, j, i = fill.arrival_ml.shape
    whole[first[2] : first[2] + k, first[1] : first[1] + j, first[0] : first[0] + i] = (
        fill.arrival_ml
    )
    return whole


def _needed(reached: NDArray[np.float32], percent: float, placed_ml: float) -> float | None:
    """Return the volume at which so many percent of sorted arrivals are reached."""
    ml = float(reached[min(int(np.ceil(percent / 100.0 * reached.size)), reached.size) - 1])
    return ml if ml <= placed_ml else None


def _left(vertebra: Vertebra, places_mm: NDArray[np.float64]) -> float | None:
    if not len(places_mm):
        return None
    return 100.0 * float((body_coordinates(vertebra, places_mm)[:, 0] > 0.0).mean())


def _tip(vertebra: Vertebra, tip: PointLps) -> float:
    ahead = float(body_coordinates(vertebra, tip.array[None])[0, 1])
    return 100.0 * (ahead / vertebra.body_size_mm[1] + 0.5)


def measure_lines(found: CementMeasures) -> tuple[str, ...]:
    """Return a fill in words, with no more digits than it earns."""
    lines = [f"{found.body_percent:.0f} % of the body holds cement"]
    if found.lesion_percent is not None:
        lines[0] += f", {found.lesion_percent:.0f} % of the lesion ({found.lesion_class})"
        needed = [
            f"{percent:.0f} %: {'more than planned' if ml is None else f'{ml:.1f} mL'}"
            for percent, ml in found.needed_ml.items()
        ]
        lines.append("Lesion filled to " + ", ".join(needed))
    if found.left_percent is not None:
        lines.append(f"Left of the midline {found.left_percent:.0f} % of it")
    third = "in" if found.tip_percent >= 200.0 / 3.0 else "NOT in"
    lines.append(f"Tip {third} the anterior third ({found.tip_percent:.0f} % from the back)")
    return tuple(lines)
