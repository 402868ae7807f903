"""Where the cement of one injection goes, quickly while dragging or by Darcy's law."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.prediction import ModelLabel, PredictedCement
from planner.domain.sourced import Status
from planner.geometry.kernels import kernel
from planner.physics.cement.cautious import grown, within_bone
from planner.physics.cement.darcy import flood
from planner.physics.cement.leaks import leak_volumes
from planner.physics.cement.marching import march
from planner.physics.cement.medium import FlowCase, Openness, openness
from planner.physics.cement.outlet import stages
from planner.physics.cement.paths import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.plan import CementId
    from planner.physics.cement.medium import CementMedium
    from planner.physics.cement.outlet import Outlet

MODEL_VERSION: Final = "2"
MODEL_NAMES: Final = {"preview": "marching front with leaks", "full": "quasi-static Darcy flow"}
MODEL_SOURCE: Final = (
    "project model; HU to bone share is an assumption; HU-only fits of permeability explain as "
    "little as 31 % (Widmer and Ferguson 2013); BMD a weak predictor (Baroud 2004)"
)

STEP: Final = (0.35, 2.0)
"""A step is 35 % of what the front still takes, 2 mm3 at least: shorter ones change no voxel in a
hundred."""

BAND_MM: Final = 3.0
"""Half width of the band of doubt: a tip 2 mm off changes the fill more than HU noise does."""

MM3_PER_ML: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """One run on a medium.

    Attributes
    ----------
    arrival_ml
        float32 ``[k, j, i]``: volume given when a voxel is reached, infinite where it never is.
    """

    arrival_ml: NDArray[np.float32]
    placed_ml: float


def darcy(
    medium: CementMedium,
    opened: Openness,
    outlets: Sequence[Outlet],
    step: tuple[float, float] = STEP,
) -> Flow:
    """Give the cement of all stages by Darcy's law."""
    seeds, firsts, until = stages(medium, opened.permeability, outlets)
    if not len(seeds):
        return Flow(arrival_ml=np.full(medium.hu.shape, np.inf, np.float32), placed_ml=0.0)
    along = 1.0 / medium.numbers.bone["across_over_along_spine"].value
    arrival, _, placed, _ = flood(
        opened.permeability, opened.room_mm3, seeds, firsts, until, step, along
    )
    return Flow(arrival_ml=arrival / np.float32(MM3_PER_ML), placed_ml=placed / MM3_PER_ML)


def marched(medium: CementMedium, opened: Openness, outlets: Sequence[Outlet]) -> Flow:
    """Give all the cement from the first opening by a front that marches."""
    seeds, firsts, until = stages(medium, opened.permeability, outlets)
    arrival = np.full(medium.hu.shape, np.inf, np.float32)
    if not len(seeds):
        return Flow(arrival_ml=arrival, placed_ml=0.0)
    slow = _slowness(opened.permeability, opened.room_mm3, medium.voxel_mm3)
    own = seeds[: firsts[1]]
    edge = medium.geometry.spacing_mm[0]
    filled, placed = march(slow, opened.room_mm3, own, float(until[-1]), edge)
    return Flow(arrival_ml=filled / np.float32(MM3_PER_ML), placed_ml=placed / MM3_PER_ML)


@kernel
def _slowness(
    permeability: NDArray[np.float32], room_mm3: NDArray[np.float32], voxel_mm3: float
) -> NDArray[np.float32]:
    """Return how slowly a front moves: porosity over permeability, infinite where closed."""
    out = np.full(permeability.shape, np.float32(np.inf))
    flat, open_to, room = out.ravel(), permeability.ravel(), room_mm3.ravel()
    for n in range(flat.size):
        if open_to[n] > 0.0:
            flat[n] = room[n] / voxel_mm3 / open_to[n]
    return out


def predicted(
    medium: CementMedium,
    outlets: Sequence[Outlet],
    *,
    body_ml: float,
    injection_id: CementId,
    contrast: float = 1.0,
    quick: bool = False,
    inputs: Mapping[str, str] | None = None,
) -> PredictedCement:
    """Return the nominal fill of an injection, with what leaves the bone and what rules judge.

    ``quick`` marches a front, as while a needle is dragged; else Darcy's law.
    """
    opened = openness(medium, FlowCase(contrast=contrast))
    run = marched if quick else darcy
    flow = run(medium, opened, outlets)
    leaks_ml = leak_volumes(medium, flow.arrival_ml)
    nearest_ml = flow.arrival_ml
    if leaks_ml:  # what left the bone did not come nearer within it
        kept = run(medium, within_bone(medium, opened), outlets)
        nearest_ml = np.minimum(nearest_ml, kept.arrival_ml)
    asked = outlets[-1].until_ml
    inside = np.isfinite(flow.arrival_ml) & (medium.place == Place.BONE)
    in_bone_ml = float(opened.room_mm3[inside].sum()) / MM3_PER_ML
    tier = "preview" if quick else "full"
    said = {
        "tip_mm": ", ".join(f"{value:.1f}" for value in outlets[0].tip.array),
        "volume_ml": f"{asked:g}",
        "body_ml": f"{body_ml:.1f}",
        **(inputs or {}),
    }
    found = PredictedCement(
        cement_injection_id=injection_id,
        geometry=medium.geometry,
        arrival_ml=flow.arrival_ml,
        asked_ml=asked,
        placed_ml=flow.placed_ml,
        fill_fraction=min(flow.placed_ml / body_ml, 1.0),
        in_bone_ml=min(in_bone_ml, flow.placed_ml),
        leaks_ml=leaks_ml,
        band_mm=BAND_MM,
        model=ModelLabel(
            tier=tier,
            name=MODEL_NAMES[tier],
            version=MODEL_VERSION,
            inputs=tuple(f"{name} = {value}" for name, value in said.items()),
            source=MODEL_SOURCE,
            status=Status.DERIVED,
        ),
    )
    return replace(found, worst=replace(found, arrival_ml=grown(medium, nearest_ml, BAND_MM)))
