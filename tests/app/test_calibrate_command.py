"""``planner calibrate`` as a person uses it: a form, a filled table, one device, all devices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from planner.app.commands import calibrating
from planner.app.main import main
from planner.catalog import load_catalog
from planner.domain.sourced import Status
from planner.physics.heat.device_model import NoModel
from planner.physics.heat.fit_table import Calibration, RowFit

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.devices import Device

FILLED = """device = "emprint"
document = "IFU 12 rev B"
[[zone_rows]]
power_w = 45
time_s = [300, 300]
length_mm = 36
width_mm = 28
centre_from_tip_mm = 15
tissue = "liver"
"""

SHAPE = "model_source_length_mm"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Device]:
    """Stand in for the fit itself, which has its own tests, and note what it was given."""
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "user"))
    given: list[Device] = []

    def fit(device: Device, *_: object) -> Calibration | NoModel:
        given.append(device)
        if not device.zone_rows:
            return NoModel(reason=f"{device.name} has no zone table to fit.")
        rows = (
            RowFit(
                setting="45 W", time_s=300.0, value=0.3, width_residual_mm=0.04,
                length_residual_mm=-1.2,
            ),
        )  # fmt: skip
        return Calibration(
            device_id=device.id, tissue="lytic tumour", rows=rows, spread_mm=0.1,
            numbers={SHAPE: 22.0, "model_efficiency_low": 0.3},
            assumed={"model_source_decay_mm": 7.0},
        )  # fmt: skip

    monkeypatch.setattr(calibrating, "fitted", fit)
    return given


def test_that_a_form_is_written_filled_fitted_and_kept(seen, tmp_path, capsys) -> None:
    form = tmp_path / "table.toml"
    assert main(["calibrate", "emprint", "--form", str(form)]) == 0
    assert main(["calibrate", "emprint", "--form", str(form)]) == 5 or "not there yet" in (
        capsys.readouterr().err
    )
    assert main(["calibrate", "emprint", "--table", str(form)]) == 2  # nothing filled in yet
    form.write_text(FILLED)
    assert main(["calibrate", "emprint", "--table", str(form)]) == 0
    kept = load_catalog(tmp_path / "user").devices["emprint"]
    assert [row.width_mm.value for row in kept.zone_rows] == [28.0]
    assert kept.numbers[SHAPE].value == 22.0
    assert kept.numbers[SHAPE].status is Status.USER_ENTERED
    assert "lengths within 1.2 mm" in kept.numbers[SHAPE].source
    assert kept.numbers["model_source_decay_mm"].status is Status.RECALLED


def test_that_an_earlier_fit_is_no_ground_for_the_next(seen, tmp_path) -> None:
    form = tmp_path / "table.toml"
    form.write_text(FILLED)
    for _ in range(2):
        assert main(["calibrate", "emprint", "--table", str(form)]) == 0
    assert len(seen) == 2
    assert SHAPE not in seen[1].numbers


def test_that_a_dry_run_keeps_neither_table_nor_fit(seen, tmp_path) -> None:
    form = tmp_path / "table.toml"
    form.write_text(FILLED)
    assert main(["calibrate", "emprint", "--table", str(form), "--dry-run"]) == 0
    assert seen
    assert not (tmp_path / "user").exists()


def test_that_all_devices_are_fitted_and_each_that_is_not_says_why(seen, capsys) -> None:
    assert main(["calibrate", "--all", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["devices"]
    assert [one["device"] for one in told] == list(load_catalog().devices)
    assert [one["device"] for one in told if "reason" not in one] == ["eco-mwa"]


@pytest.mark.parametrize("words", [[], ["emprint", "--all"], ["--all", "--form", "x.toml"]])
def test_that_one_device_or_all_are_meant_and_nothing_else(seen, words) -> None:
    assert main(["calibrate", *words]) == 2
    assert not seen
