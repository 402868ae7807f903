"""What was fitted to a device's table is kept and comes before the shipped numbers."""

from __future__ import annotations

import pytest

from planner.catalog import load_catalog
from planner.catalog.calibrations import calibration_path, write_calibration
from planner.domain.errors import InputRefusedError
from planner.domain.sourced import Sourced, Status

NUMBER = Sourced(value=0.41, status=Status.DERIVED, source="fitted to a table")
MADE = ("2026-01-01T00:00:00+00:00", "lytic tumour")


def test_that_fitted_numbers_come_before_the_shipped_ones(tmp_path) -> None:
    shipped = load_catalog().devices["eco-mwa"]
    path = write_calibration(
        tmp_path, "eco-mwa", {"model_efficiency_low": NUMBER}, ("width +0.1 mm",), MADE
    )
    assert "width +0.1 mm" in path.read_text(encoding="utf-8")
    found = load_catalog(tmp_path).devices["eco-mwa"]
    assert found.numbers["model_efficiency_low"] == NUMBER
    assert found.numbers["outer_diameter_mm"] == shipped.numbers["outer_diameter_mm"]
    assert (
        load_catalog(tmp_path).devices["emprint"].numbers
        == load_catalog().devices["emprint"].numbers
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('device = "eco-mwa"', 'device = "emprint"', "it is for the device"),
        ("model_efficiency_low", "outer_diameter_mm", "not numbers of a model"),
        ("value = 0.41", "value = nan", "model_efficiency_low"),
    ],
)
def test_that_a_wrong_calibration_is_refused(tmp_path, old, new, words) -> None:
    write_calibration(tmp_path, "eco-mwa", {"model_efficiency_low": NUMBER}, (), MADE)
    path = calibration_path(tmp_path, "eco-mwa")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputRefusedError, match=words):
        load_catalog(tmp_path)
