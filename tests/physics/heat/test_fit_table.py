"""Devices fitted to their tables, shipped and made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.devices import Modality, ZoneRow
from planner.domain.sourced import Sourced, Status
from planner.physics.heat.device_model import NEEDED, Efficiency, NoModel, applicator_of
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


TIMED = row(28.0, 36.0, 300.0, power_w=45.0)


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
    without_times = replace(CATALOG.devices["emprint"], zone_rows=(replace(TIMED, time_s=None),))
    found = calibrate(without_times, TABLE, TissueClass.LYTIC)
    assert isinstance(found, NoModel)
    assert "how long it takes" in found.reason


def test_that_a_source_no_file_describes_is_as_long_as_the_table_s_zones(monkeypatch) -> None:
    """The sizes are a closed form, so that the length is known: 12 mm longer than the source."""

    def size(bench: _Bench, value: float, row: ZoneRow, time_s: float) -> tuple[float, float]:
        assert bench.applicator.centre_from_tip_mm == 8.0
        return 60.0 * value, 12.0 + bench.applicator.antenna_length_mm

    monkeypatch.setattr(_Bench, "size", size)
    found = fitted("emprint", *(row(30.0, length, 300.0, power_w=45.0) for length in (30.0, 34.0)))
    assert found.numbers["model_source_length_mm"] == pytest.approx(20.0, abs=0.5)
    assert found.numbers["model_source_centre_from_tip_mm"] == 8.0
    assert found.numbers["model_efficiency_low"] == pytest.approx(0.5, abs=0.01)
    assert found.assumed == {"model_source_decay_mm": 7.0}
    missing = set(NEEDED[Modality.MICROWAVE]) - set(CATALOG.devices["emprint"].numbers)
    assert missing <= {*found.numbers, *found.assumed}  # nothing is left to be simulated


def test_that_a_source_longer_than_any_is_told_by_its_residual(monkeypatch) -> None:
    monkeypatch.setattr(_Bench, "size", lambda *_: (20.0, 30.0))
    found = fitted("icesphere", row(20.0, 90.0, 600.0))
    assert found.numbers["model_freezing_length_mm"] == 60.0
    assert found.rows[0].length_residual_mm == pytest.approx(-60.0)


def test_that_a_given_source_is_left_as_it_is() -> None:
    found = fitted("eco-mwa", row(28.0, 40.0, 240.0, power_w=40.0))
    assert "model_source_length_mm" not in found.numbers
    assert found.assumed == {}
