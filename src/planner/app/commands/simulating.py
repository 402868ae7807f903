"""``planner simulate``."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from planner.app.commands.anatomy import xyz
from planner.app.commands.checking import plan_and_case
from planner.app.output import Json, Outcome, check_out_folder, progress
from planner.domain.errors import UsageError
from planner.domain.prediction import MissingZone
from planner.domain.simulation import Order, Tier
from planner.domain.structures import CANAL
from planner.imaging import write_volume
from planner.safety.measured import MissingInputError
from planner.safety.ruler import ruler_for
from planner.session.cases import predict
from planner.session.cement_filling import forecasts_of
from planner.session.judging import tested_installation
from planner.session.simulation import simulate_and_keep
from planner.session.thermocouples import thermocouples_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.domain.cement import LeakForecast
    from planner.domain.coverage import Coverage
    from planner.domain.limit_times import LimitTimes
    from planner.domain.plan import AblationId, Plan
    from planner.domain.prediction import PredictedCement, PredictedZone
    from planner.domain.simulation import Simulation, StructureCourse
    from planner.session.cases import Case
    from planner.session.thermocouples import ProposedThermocouple

CELSIUS_DIGITS, MM_DIGITS, DOSE_DIGITS = 1, 1, 2
"""Digits that are written: none of these numbers earns more."""

MOST_ARRHENIUS = 10.0
"""An Arrhenius integral is told up to here: less than one cell of ten thousand is left."""

LETHAL_COLD = (-20.0, -40.0)


def simulate(arguments: argparse.Namespace) -> Outcome:
    """Predict heat, cold and cement of a plan in one of the three tiers."""
    begun = time.perf_counter()
    tier, order = Tier(arguments.tier), Order(arguments.order)
    if tier is Tier.TABLE and order is not Order.TOGETHER:
        raise UsageError(
            "A table knows no other needle, so there is no order. Use --tier preview or full "
            "with --order."
        )
    if arguments.zones is not None:
        check_out_folder(arguments.zones)
    plan, case = plan_and_case(arguments)
    tested_installation()
    predictions = predict(plan, case)
    files: list[str] = []
    if tier is Tier.TABLE:
        if arguments.zones:
            raise UsageError(
                "A table gives an ellipsoid. Use --tier preview or full with --zones."
            )
        ablations = [_table_zone(key, zone) for key, zone in predictions.zones.items()]
    else:
        found = simulate_and_keep(plan, case, tier, order=order, report=progress)
        ablations = _simulated(plan, found)
        if arguments.zones:
            files = [str(path) for path in write_zones(arguments.zones, found)]
    chances = forecasts_of(plan, case, predictions.zones, progress)
    return Outcome(
        {
            "tier": tier,
            "ablations": ablations,
            "cement": [
                _cement(case, item, chances.get(key)) for key, item in predictions.cements.items()
            ],
            "files": files,
            "seconds": round(time.perf_counter() - begun, 3),
        }
    )


def write_zones(folder: Path, simulations: Sequence[Simulation]) -> list[Path]:
    """Write what dies and how hot or cold it gets, as volumes.

    Zones are 3 where tissue dies in every run, 2 in the nominal one and 1 in any run. Cold has
    the ice (1), what is colder than -20 (2) and than -40 (3) beside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for one in simulations:
        kind = "cold" if one.is_cold else "heat"
        zone = one.possible.astype(np.uint8)
        zone[one.zone] = 2
        zone[one.certain] = 3
        extreme = one.lowest_celsius if one.is_cold else one.peak_celsius
        volumes: dict[str, NDArray[np.generic]] = {
            f"{kind}_zone": zone,
            f"{kind}_celsius": extreme,
        }
        if one.is_cold:
            ice = (one.lowest_celsius <= 0.0).astype(np.uint8)
            for number, limit in enumerate(LETHAL_COLD, 2):
                ice[one.lowest_celsius <= limit] = number
            volumes["cold_ice"] = ice
        for name, voxels in volumes.items():
            files.append(folder / f"{name}.nii.gz")
            write_volume(files[-1], one.geometry, voxels)
    return files


def _simulated(plan: Plan, simulations: Sequence[Simulation]) -> list[Json]:
    left_out = {key: why for one in simulations for key, why in one.left_out.items()}
    rows: list[Json] = []
    for ablation in plan.ablations:
        one = next((item for item in simulations if ablation.id in item.extents), None)
        if one is None:
            rows.append({"id": ablation.id, "zone_mm": None, "reason": left_out[ablation.id]})
        else:
            rows.append(_ablation(ablation.id, one))
    return rows


def _ablation(ablation_id: AblationId, one: Simulation) -> Json:
    extent = one.extents[ablation_id]
    return {
        "id": ablation_id,
        "zone_mm": {
            "length": round(extent.length_mm, MM_DIGITS),
            "width": round(extent.width_mm, MM_DIGITS),
            "height": round(extent.height_mm, MM_DIGITS),
        },
        "volume_ml": round(extent.volume_ml, DOSE_DIGITS),
        "band_mm": one.band_mm,
        "coverage": None if one.coverage is None else _coverage(one.coverage),
        "target_coverage": None if one.target_coverage is None else _coverage(one.target_coverage),
        "at_structures": {name: _course(course, one) for name, course in one.courses.items()},
        "thermocouples": [_thermocouple(item) for item in thermocouples_of(one)],
        "arrhenius_ml": round(one.arrhenius_ml, DOSE_DIGITS),
        "tier": one.model.tier,
        "order": one.order,
        "simulated_with": [key for key in one.extents if key != ablation_id],
        "runs_ml": {name: round(ml, DOSE_DIGITS) for name, ml in one.runs.items()},
        "model": f"{one.model.name} {one.model.version}",
        "inputs": list(one.model.inputs),
        "source": one.model.source,
        "status": one.model.status,
        "input_sha256": one.input_sha256,
    }


def _course(course: StructureCourse, one: Simulation) -> Json:
    """Return what happens at a structure; what is judged is the worst of all runs."""
    document: dict[str, Json] = {
        "max_celsius": round(course.peak_celsius, CELSIUS_DIGITS),
        "highest_celsius": round(course.hottest_celsius, CELSIUS_DIGITS),
        "min_celsius": round(course.lowest_celsius, CELSIUS_DIGITS),
        "lowest_celsius": round(course.coldest_celsius, CELSIUS_DIGITS),
        "cem43_min": round(course.cem43_min, DOSE_DIGITS),
        "arrhenius": round(min(course.arrhenius, MOST_ARRHENIUS), DOSE_DIGITS),
        **_times(course.times, is_cold=one.is_cold),
        "at_mm": None if course.at_mm is None else [round(x, MM_DIGITS) for x in course.at_mm],
        "in_grid": course.in_grid,
    }
    if course.flowing_celsius is not None:
        extreme = "min_celsius" if one.is_cold else "max_celsius"
        document[f"{extreme}_if_fluid_flows"] = round(course.flowing_celsius, CELSIUS_DIGITS)
    return document


def _times(times: LimitTimes | None, *, is_cold: bool) -> dict[str, Json]:
    """Return seconds past the limits of heat and of cold; null where they are not known."""
    heat, cold = ("over_42_s", "over_45_s", "to_42_s"), ("under_10_s", "under_0_s", "to_10_s")
    if times is None:  # beyond the simulated volume
        return dict.fromkeys(heat + cold)
    own, other = (cold, heat) if is_cold else (heat, cold)
    found: dict[str, Json] = dict.fromkeys(other[:2], 0) | {other[2]: None}
    to_stop_s = None if times.to_stop_s is None else round(times.to_stop_s)
    values = (round(times.past_stop_s), round(times.past_harm_s), to_stop_s)
    return found | dict(zip(own, values, strict=True))


def _thermocouple(item: ProposedThermocouple) -> Json:
    stop_s = item.to_stop_s
    return {
        **asdict(item),
        "at_mm": [round(value, MM_DIGITS) for value in item.at_mm],
        "to_stop_s": None if stop_s is None else round(stop_s),
    }


def _coverage(coverage: Coverage) -> Json:
    document = asdict(coverage)
    missed_at = document.pop("missed_at") and coverage.missed_at
    document["missed_at_mm"] = None if missed_at is None else xyz(missed_at)
    return document


def _table_zone(ablation_id: AblationId, zone: PredictedZone | MissingZone) -> Json:
    if isinstance(zone, MissingZone):
        return {"id": ablation_id, "zone_mm": None, "reason": zone.reason}
    return {
        "id": ablation_id,
        "zone_mm": {
            "length": 2 * zone.shape.half_length_mm,
            "width": 2 * zone.shape.half_width_mm,
            "height": 2 * zone.shape.half_width_mm,
        },
        "volume_ml": zone.shape.volume_mm3 / 1000.0,
        "band_mm": zone.band_mm,
        "tier": zone.model.tier,
        "tissue_of_origin": zone.tissue_of_origin,
        "source": zone.model.source,
        "status": zone.model.status,
    }


def _cement(case: Case, cement: PredictedCement, forecast: LeakForecast | None) -> Json:
    """Return one fill with how near it comes, and how likely and when it leaves the bone.

    First leaks are those of the earliest run, the middle one and the latest one of the ensemble;
    null stands for a run that does not leak by the volume asked for.
    """
    ruler = ruler_for(case.anatomy)
    nearest: float | None = None
    judged: float | None = None
    with suppress(MissingInputError):
        nearest = round(ruler.cement(cement, CANAL).distance_mm, MM_DIGITS)
        judged = round(ruler.cement(cement.judged, CANAL).distance_mm, MM_DIGITS)
    document: dict[str, Json] = {
        "id": cement.cement_injection_id,
        "ml": cement.placed_ml,
        "asked_ml": cement.asked_ml,
        "fill_percent": 100.0 * cement.fill_fraction,
        "in_bone_ml": cement.in_bone_ml,
        "nearest_canal_mm": nearest,
        "judged_canal_mm": judged,
        "nominal_leak_ml": {str(path): round(ml, 2) for path, ml in cement.leaks_ml.items()},
        "band_mm": cement.band_mm,
        "tier": cement.model.tier,
        "illustrative": True,
    }
    if forecast is not None:
        chances = forecast.chances.items()
        document["runs"] = max(chance.runs for _, chance in chances)
        document["leak_probability"] = {str(path): chance.share for path, chance in chances}
        document["first_leak_ml"] = {
            str(path): [None if ml is None else round(ml, 2) for ml in chance.first_ml]
            for path, chance in chances
            if chance.leaking
        }
    return document
