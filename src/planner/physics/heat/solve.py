"""The door to the heat model: a medium and stages in, fields and thermocouples out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.errors import UsageError
from planner.domain.prediction import ModelLabel
from planner.domain.progress import unreported
from planner.physics.heat.applicators import CryoProbe, RadioFrequency, Stage
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.cooling import freeze
from planner.physics.heat.heating import prepare, run
from planner.physics.heat.record import Recorder
from planner.physics.heat.result import HeatResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.progress import ProgressReport
    from planner.physics.heat.applicators import Applicator
    from planner.physics.heat.medium import Medium
    from planner.physics.heat.metal import Cylinder, Triple

MODEL_NAME: Final = "coupled bioheat"
COLD_MODEL_NAME: Final = "enthalpy freezing"
MODEL_VERSION: Final = "3"
MODEL_SOURCE: Final = (
    "Pennes bioheat, quasi-static field, lumped metal; checked against closed forms only, not "
    "against patients: no vessels, no vapour, no shrinkage; estimate, not for dose control"
)

COARSEST_PER_RADIUS: Final = 1.4
"""Largest spacing in needle radii: a coarser grid may slip past a thin needle altogether."""

FULL_PER_RADIUS: Final = 1.2
"""Largest spacing in electrode radii for tier ``full``. Between it and the coarsest the volume
of a zone comes out some 4 % small, which a preview may do."""

FULL_WITHOUT_CURRENT: Final = 4.0 / 3.0
"""The same for metal that carries no current: a cryoprobe of 17 gauge (0.75 mm) needs 1 mm."""

FULL_MARGIN_MM: Final = 20.0
"""Tissue round the metal that a result of tier ``full`` needs; less is a preview."""

AFTER_S: Final = 120.0
"""Time that is simulated after everything is off, because dose and ice still grow."""


def solve(
    medium: Medium,
    stages: Sequence[Stage],
    *,
    points_mm: Sequence[Triple] = (),
    after_s: float = AFTER_S,
    start_celsius: float = ARTERIAL_CELSIUS,
    report: ProgressReport = unreported,
) -> HeatResult:
    """Run ``stages`` one after another in ``medium``.

    Parameters
    ----------
    points_mm
        Virtual thermocouples, in grid millimetres (x, y, z).
    after_s
        Seconds at the end with the last applicators in place and switched off.
    start_celsius
        Of all the tissue at the beginning, and of the edge throughout. Another one than body
        temperature is for specimens: blood, where any flows, still comes at 37 degrees.

    Raises
    ------
    UsageError
        When metal leaves the grid, or the grid is too coarse for a needle.
    """
    if not stages:
        raise UsageError("There is nothing to simulate. Plan at least one ablation.")
    cold = _is_cold(stages)
    for item in (item.applicator for stage in stages for item in stage.driven):
        for piece in item.metal:
            refuse_unfit(piece, medium)
    temperature = np.full(medium.tissue.shape, start_celsius, dtype=np.float32)
    cem43_min = np.zeros_like(temperature)
    points = np.array(points_mm, dtype=np.float64).reshape(-1, 3)
    recorder = Recorder(
        medium=medium,
        points_mm=points,
        temperature=temperature,
        cem43_min=cem43_min,
        is_cold=cold,
    )
    after = [stages[-1].switched_off(after_s)] if after_s > 0.0 else []
    total_s = sum(stage.duration_s for stage in (*stages, *after))
    for stage in (*stages, *after):
        begun_s = recorder.time_s
        if cold:
            progress = freeze(medium, stage, temperature, recorder)
        else:
            ready = prepare(medium, stage, temperature)
            progress = run(ready, temperature, cem43_min, recorder)
        for done_s in progress:
            report((begun_s + done_s) / total_s, "cold" if cold else "heat")
    return HeatResult(
        temperature_celsius=temperature,
        peak_celsius=recorder.tally.peak,
        lowest_celsius=recorder.tally.lowest,
        cem43_min=cem43_min,
        past_stop_s=recorder.tally.past_stop_s,
        past_harm_s=recorder.tally.past_harm_s,
        to_stop_s=recorder.tally.to_stop_s,
        arrhenius=recorder.tally.arrhenius,
        killed_at_s=recorder.tally.killed_at_s,
        metal=_metal(medium, stages),
        thermometry=recorder.thermometry(),
        is_cold=cold,
        spacing_mm=medium.spacing_mm,
        edge_change_k=edge_change_k(recorder, start_celsius),
        model=_label(medium, stages, after_s, start_celsius),
    )


def _metal(medium: Medium, stages: Sequence[Stage]) -> NDArray[np.bool_]:
    """Return the voxels that a needle fills at some time."""
    metal = np.zeros(medium.tissue.shape, dtype=np.bool_)
    for piece in {piece for stage in stages for piece in stage.metal}:
        metal |= piece.distance_mm(medium) < 0.0
    return metal


def _is_cold(stages: Sequence[Stage]) -> bool:
    """Tell cold stages from hot ones; both in one run are refused."""
    kinds = {isinstance(item.applicator, CryoProbe) for stage in stages for item in stage.driven}
    if len(kinds) > 1:
        raise UsageError("Heat and cold cannot be simulated in one run. Simulate them apart.")
    return True in kinds


def refuse_unfit(piece: Cylinder, medium: Medium) -> None:
    """Refuse metal that the grid cannot hold or resolve."""
    if margin_mm(piece, medium) < 2.0 * medium.spacing_mm:
        raise UsageError(
            "A needle leaves the simulated volume. Enlarge the volume round the ablation."
        )
    if medium.spacing_mm > COARSEST_PER_RADIUS * piece.radius_mm:
        raise UsageError(
            f"A grid of {medium.spacing_mm:g} mm is too coarse for a needle of "
            f"{2.0 * piece.radius_mm:g} mm: its zone would come out too small. Use "
            f"{COARSEST_PER_RADIUS * piece.radius_mm:.2g} mm or finer."
        )


def margin_mm(piece: Cylinder, medium: Medium) -> float:
    """Return the least distance between the metal and the outermost voxel centres."""
    far = (np.array(medium.tissue.shape[::-1]) - 1) * medium.spacing_mm
    ends = np.array([piece.start_mm, piece.end_mm])
    return float(min(ends.min(), (far - ends).min()) - piece.radius_mm)


def edge_change_k(recorder: Recorder, start_celsius: float) -> float:
    """Return the largest change of temperature one voxel inside the edge."""
    inner = (slice(1, -1),) * 3
    change = np.maximum(
        recorder.tally.peak[inner] - start_celsius,
        start_celsius - recorder.tally.lowest[inner],
    )
    change[1:-1, 1:-1, 1:-1] = 0.0
    return float(change.max())


def tier_of(medium: Medium, stages: Sequence[Stage]) -> str:
    """Return ``full``, or ``preview`` where the grid is coarse or ends close to the metal."""
    driven = [item.applicator for stage in stages for item in stage.driven]
    full = all(
        margin_mm(piece, medium) >= FULL_MARGIN_MM
        and medium.spacing_mm <= _full_per_radius(applicator) * piece.radius_mm
        for applicator in driven
        for piece in applicator.metal
    )
    return "full" if full else "preview"


def _full_per_radius(applicator: Applicator) -> float:
    carries_current = isinstance(applicator, RadioFrequency)
    return FULL_PER_RADIUS if carries_current else FULL_WITHOUT_CURRENT


def _label(
    medium: Medium, stages: Sequence[Stage], after_s: float, start_celsius: float
) -> ModelLabel:
    started = () if start_celsius == ARTERIAL_CELSIUS else (f"start_celsius = {start_celsius:g}",)
    return ModelLabel(
        tier=tier_of(medium, stages),
        name=COLD_MODEL_NAME if _is_cold(stages) else MODEL_NAME,
        version=MODEL_VERSION,
        inputs=(
            f"spacing_mm = {medium.spacing_mm:g}",
            f"voxels_kji = {medium.tissue.shape}",
            f"tissues = {', '.join(_present(medium))}",
            f"after_s = {after_s:g}",
            *started,
            *(f"stage {n} = {_words(stage)}" for n, stage in enumerate(stages, 1)),
        ),
        source=MODEL_SOURCE,
        status=medium.table.status,
    )


def _present(medium: Medium) -> list[str]:
    return [medium.table.names[number] for number in np.unique(medium.tissue)]


def _words(stage: Stage) -> str:
    parts = [f"{type(i.applicator).__name__} {i.drive or 'off'}" for i in stage.driven]
    return f"{stage.duration_s:g} s: {'; '.join(parts) or 'nothing in place'}"
