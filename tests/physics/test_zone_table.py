"""Zones from the table, and the reasons for none."""

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.devices import ZoneRow
from planner.domain.plan import Ablation, AblationId, TrajectoryId
from planner.domain.prediction import MissingZone, PredictedZone
from planner.domain.sourced import Sourced, Status
from planner.geometry.points import PointLps
from planner.physics import table_zone

DEVICES = load_catalog().devices
ANTENNA = DEVICES["eco-mwa"]
TIP = PointLps(10.0, -20.0, 30.0)


def ablation(**changes: object) -> Ablation:
    values = {
        "id": AblationId("a"),
        "trajectory_id": TrajectoryId("t"),
        "device_id": "eco-mwa",
        "power_w": 40.0,
        "time_s": 180.0,
    }
    return Ablation(**(values | changes))  # type: ignore[arg-type]


def number(value: float) -> Sourced:
    return Sourced(value=value, status=Status.USER_ENTERED, source="IFU")


def test_that_the_published_row_gives_a_sphere_of_30_mm_behind_the_tip() -> None:
    zone = table_zone(ANTENNA, ablation(), TIP, np.array([0.0, -3.0, 0.0]))
    assert isinstance(zone, PredictedZone)
    assert (zone.shape.half_length_mm, zone.shape.half_width_mm) == (15.0, 15.0)
    assert zone.shape.axis == (0.0, -1.0, 0.0)
    assert zone.shape.centre == PointLps(10.0, -12.5, 30.0)
    assert zone.band_mm == 3.0
    assert zone.tissue_of_origin == "not stated"
    assert zone.model.tier == "table"
    assert zone.model.status is Status.DERIVED
    assert "Chen" in zone.model.source


def test_that_the_offset_moves_the_zone_back_along_the_needle() -> None:
    zone = table_zone(ANTENNA, ablation(active_offset_mm=4.0), TIP, np.array([1.0, 0.0, 0.0]))
    assert isinstance(zone, PredictedZone)
    assert zone.shape.centre == PointLps(10.0 - 7.5 - 4.0, -20.0, 30.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"power_w": 30.0}, "no row for 30 W, 180 s; it has 40 W, 120 to 300 s"),
        ({"power_w": 40.1}, "no row for 40.1 W"),
        ({"time_s": 119.0}, "no row for 40 W, 119 s"),
        ({"time_s": 301.0}, "no row for 40 W, 301 s"),
        ({"time_s": None}, "no row for 40 W;"),
        ({"power_w": None}, "no row for 180 s"),
        ({"setpoint_celsius": 90.0}, "no row for 40 W, 90 °C, 180 s"),
    ],
)
def test_that_a_setting_outside_the_table_gives_no_zone_and_the_reason(
    changes: dict[str, object], words: str
) -> None:
    zone = table_zone(ANTENNA, ablation(**changes), TIP, np.array([1.0, 0.0, 0.0]))
    assert isinstance(zone, MissingZone)
    assert words in zone.reason
    assert "Nothing is extrapolated" in zone.reason


@pytest.mark.parametrize("device_id", ["osteocool-20", "star-bipolar", "emprint", "iceseed"])
def test_that_a_device_without_a_table_gives_no_zone(device_id: str) -> None:
    zone = table_zone(DEVICES[device_id], ablation(), TIP, np.array([1.0, 0.0, 0.0]))
    assert isinstance(zone, MissingZone)
    assert zone.reason.startswith("No zone table is known for")


def test_that_the_first_row_that_fits_wins_and_a_long_zone_stays_long() -> None:
    entered = ZoneRow(
        power_w=40.0,
        setpoint_celsius=None,
        time_s=(180.0, 180.0),
        length_mm=number(41.0),
        width_mm=number(28.0),
        centre_from_tip_mm=number(12.0),
        tissue="porcine liver",
        settings_status=Status.USER_ENTERED,
        settings_source="IFU",
    )
    device = replace(ANTENNA, zone_rows=(entered, *ANTENNA.zone_rows))
    zone = table_zone(device, ablation(), TIP, np.array([0.0, 0.0, 1.0]))
    assert isinstance(zone, PredictedZone)
    assert (zone.shape.half_length_mm, zone.shape.half_width_mm) == (20.5, 14.0)
    assert zone.model.status is Status.USER_ENTERED
    other = table_zone(device, ablation(time_s=240.0), TIP, np.array([0.0, 0.0, 1.0]))
    assert isinstance(other, PredictedZone)
    assert other.shape.half_length_mm == 15.0
