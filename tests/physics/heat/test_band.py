"""The band that the spread of parameters leaves."""

import numpy as np
import pytest

from physics.heat.vertebra import CSF, FAT, bipolar, burn, table, uniform, vertebra
from planner.physics.heat.band import Run, band_of, coldest_within, variants, zone_band
from planner.physics.heat.record import NEVER_S

LYTIC = 3


def test_that_each_variant_moves_one_thing() -> None:
    found = variants(table(), {LYTIC: (0.1, 0.44)}, {CSF: 76_000.0})
    assert list(found) == [
        "perfusion x 0",
        "perfusion x 3",
        "heat conductivity x 0.7",
        "heat conductivity x 1.3",
        "lytic 0.1 S/m",
        "lytic 0.44 S/m",
        "fluid flows",
    ]
    assert found["lytic 0.44 S/m"].conductivity_s_per_m[LYTIC] == 0.44
    assert found["fluid flows"].perfusion_w_per_m3_k[CSF] == 76_000.0
    assert (found["perfusion x 0"].perfusion_w_per_m3_k == 0.0).all()


def test_that_the_band_holds_every_run_and_is_never_narrower_than_3_mm() -> None:
    medium = vertebra(56, 1.0)
    needle = bipolar(medium, (1.0, -12.0, 0.0), (13.0, 32.0, 0.3))
    tables = variants(table(), {LYTIC: (0.1, 0.44)}, {CSF: 76_000.0, FAT: 76_000.0})
    band = zone_band(medium, [burn(needle, seconds=300.0)], tables, after_s=0.0)
    nominal = band.nominal.dead()
    assert not (band.certain & ~nominal).any()
    assert not (nominal & ~band.possible).any()
    assert band.certain.sum() < nominal.sum() < band.possible.sum()
    assert band.dead_ml["perfusion x 0"] > band.dead_ml["nominal"] > band.dead_ml["perfusion x 3"]
    assert 0.0 < band.spread_mm < 3.0
    assert band.band_mm == 3.0
    # No lytic tumour lies in this vertebra, so its conductivity is not tried.
    assert "lytic 0.1 S/m" not in band.dead_ml
    canal = np.isin(medium.tissue, (CSF, FAT))
    assert band.coolest_celsius[canal].max() < band.nominal.peak_celsius[canal].max() - 0.5
    assert band.hottest_celsius[canal].max() >= band.nominal.peak_celsius[canal].max()
    # When tissue dies says where it does, and no run is before the first or after the last.
    for at_s, mask in (
        (band.certain_at_s, band.certain),
        (band.dead_at_s, nominal),
        (band.possible_at_s, band.possible),
    ):
        assert np.array_equal(at_s != NEVER_S, mask)
        assert at_s[mask].max() <= 300
    assert (band.possible_at_s <= band.dead_at_s).all()
    assert (band.dead_at_s <= band.certain_at_s).all()


def test_that_a_run_by_another_clock_says_where_tissue_may_die_and_not_when() -> None:
    medium = uniform(48, 1.0)
    needle = bipolar(medium, (-10.0, 0.2, 0.1), (1.0, 0.0, 0.0))
    quick, slow = burn(needle, seconds=60.0), burn(needle, seconds=120.0)
    runs = [
        Run(name="nominal", table=table(), stages=[quick]),
        Run(name="in turn", table=table(), stages=[slow]),
    ]
    band = band_of(medium, runs, after_s=0.0)
    only_slow = band.possible & ~band.nominal.dead()
    assert only_slow.any()
    assert (band.possible_at_s[only_slow] == 60).all()
    assert (band.certain_at_s == band.dead_at_s).all()


def test_that_cold_is_found_as_far_off_as_is_looked_for() -> None:
    slope_k_per_mm, spacing_mm = 2.0, 1.5
    z, y, x = np.indices((9, 11, 13)) * spacing_mm
    warmer_upward = (slope_k_per_mm * z).astype(np.float32)
    found = coldest_within(warmer_upward, spacing_mm, 3.0)
    assert found[4:] == pytest.approx(warmer_upward[4:] - slope_k_per_mm * 3.0)
    spot = np.zeros((9, 11, 13), np.float32)
    spot[4, 5, 6] = -40.0
    away_mm = np.sqrt((z - 6.0) ** 2 + (y - 7.5) ** 2 + (x - 9.0) ** 2)
    near = coldest_within(spot, spacing_mm, 4.5) < 0.0
    assert np.array_equal(near, away_mm <= 4.5)
