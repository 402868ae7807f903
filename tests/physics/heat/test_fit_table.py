"""Devices fitted to their tables, shipped and made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.devices import ZoneRow
from planner.domain.sourced import Sourced, Status
from planner.physics.heat.device_model import Efficiency, NoModel, applicator_of
from planner.physics.heat.fit_table import Calibration, _Bench, calibrate
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes

CATALOG = load_catalog()
TABLE = tissue_classes(CATALOG.tissues).table()


def made_up(value: float) -> Sourced:
    return Sourced(value=value, status=Status.USER_ENTERED, source="a test")


def row(width: float, length: float, time_s: float, **setting: float) -> ZoneRow:
    given = {"power_w": None, "setpoint_celsius": None} | setting
    return ZoneRow(
        time_s=(time_s, time_s),
        length_mm=made_up(length),
        width_mm=made_up(width),
        centre_from_tip_mm=made_up(8.0),
        tissue="not stated",
        **given,
    )


def fitted(name: str, *rows: ZoneRow) -> Calibration:
    device = CATALOG.devices[name]
    device = replace(device, zone_rows=rows) if rows else device
    found = calibrate(device, TABLE, TissueClass.LYTIC)
    assert isinstance(found, Calibration)
    return found


def test_that_the_40_w_anchor_is_met_within_a_millimetre_at_both_ends_of_its_time() -> None:
    found = fitted("eco-mwa")
    assert [fit.time_s for fit in found.rows] == [120.0, 300.0]
    assert all(abs(fit.width_residual_mm) <= 1.0 for fit in found.rows)
    shipped = CATALOG.devices["eco-mwa"].numbers
    for key in ("model_efficiency_low", "model_efficiency_high"):
        # The shipped ones were fitted on the full grid, without the time after the burn.
        assert found.numbers[key] == pytest.approx(shipped[key].value, rel=0.04)


@pytest.mark.parametrize(
    ("name", "value", "setting"), [("cryo-17g", -118.0, {}), ("eco-mwa", 0.35, {"power_w": 30.0})]
)
def test_that_a_knob_is_found_again_from_the_size_it_makes(name, value, setting) -> None:
    device = CATALOG.devices[name]
    along_x = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    applicator = applicator_of(device, *along_x, Efficiency.NOMINAL)
    bench = _Bench(device, applicator, TABLE, int(TissueClass.LYTIC))
    width, length = bench.size(value, row(1.0, 1.0, 300.0, **setting), 300.0)
    assert width > 5.0
    found = fitted(name, row(width, length, 300.0, **setting))
    assert found.rows[0].value == pytest.approx(value, rel=0.03)
    assert abs(found.rows[0].length_residual_mm) < 0.5
    assert found.spread_mm < 0.2


def test_that_a_size_nobody_can_reach_is_said_and_the_others_still_count() -> None:
    found = fitted(
        "eco-mwa", row(28.0, 30.0, 240.0, power_w=40.0), row(90.0, 90.0, 240.0, power_w=40.0)
    )
    assert [bool(fit.reason) for fit in found.rows] == [False, True]
    assert np.isnan(found.rows[1].value)
    assert found.numbers["model_efficiency_low"] == found.numbers["model_efficiency_high"]
    assert found.spread_mm > 30.0


def test_that_what_cannot_be_fitted_says_why() -> None:
    empty = replace(CATALOG.devices["cryo-17g"], zone_rows=())
    found = calibrate(empty, TABLE, TissueClass.LYTIC)
    assert isinstance(found, NoModel)
    assert "no zone table" in found.reason
    unknown = calibrate(CATALOG.devices["emprint"], TABLE, TissueClass.LYTIC)
    assert isinstance(unknown, NoModel)
