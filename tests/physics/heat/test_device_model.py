"""Devices of the catalogue in the model, and the fit to their tables."""

from dataclasses import replace

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.devices import Device
from planner.domain.plan import Ablation, AblationId, TrajectoryId
from planner.domain.sourced import Sourced, Status
from planner.physics.heat import CryoProbe, Freeze, Microwave, RadioFrequency, Setpoint, Watts
from planner.physics.heat.calibrate import NotFittedError, antenna_width_mm, bisect_size
from planner.physics.heat.device_model import Efficiency, NoModel, applicator_of, drive_of
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes

CATALOG = load_catalog()
ANTENNA = CATALOG.devices["eco-mwa"]
TIP, BACKWARD = (30.0, 31.0, 32.0), (0.0, 2.0, 0.0)


def with_numbers(device: Device, **numbers: float) -> Device:
    added = {
        key: Sourced(value=value, status=Status.USER_ENTERED, source="test")
        for key, value in numbers.items()
    }
    return replace(device, numbers={**device.numbers, **added})


def ablation(**settings: float) -> Ablation:
    return Ablation(id=AblationId("a"), trajectory_id=TrajectoryId("t"), device_id="x", **settings)


@pytest.mark.parametrize(
    ("efficiency", "time_s"), [(Efficiency.LOW, 300.0), (Efficiency.HIGH, 120.0)]
)
def test_that_the_antenna_meets_its_published_size_at_both_ends_of_the_time(
    efficiency: Efficiency, time_s: float
) -> None:
    antenna = applicator_of(ANTENNA, TIP, BACKWARD, efficiency)
    assert isinstance(antenna, Microwave)
    published = ANTENNA.zone_rows[0].width_mm.value
    table = tissue_classes(CATALOG.tissues).table()
    found = antenna_width_mm(antenna, table, TissueClass.LYTIC, power_w=40.0, time_s=time_s)
    assert found == pytest.approx(published, abs=1.0)


def test_that_the_shaft_runs_from_the_tip_backward() -> None:
    antenna = applicator_of(ANTENNA, TIP, BACKWARD, Efficiency.LOW)
    assert isinstance(antenna, Microwave)
    assert antenna.shaft.start_mm == TIP
    assert antenna.shaft.end_mm == pytest.approx((30.0, 61.0, 32.0))
    assert antenna.shaft.radius_mm == 0.8


@pytest.mark.parametrize("name", ["icerod", "neuwave-pr", "emprint"])
def test_that_a_device_without_its_numbers_is_not_simulated_and_says_which(name: str) -> None:
    found = applicator_of(CATALOG.devices[name], TIP, BACKWARD, Efficiency.LOW)
    assert isinstance(found, NoModel)
    assert "data lack model_" in found.reason


def test_that_a_bipolar_device_gets_two_electrodes_with_a_gap() -> None:
    device = with_numbers(
        CATALOG.devices["star-bipolar"],
        model_electrode_length_mm=8.0,
        model_electrode_gap_mm=4.0,
        model_film_w_per_m2_k=100.0,
        model_coolant_celsius=20.0,
    )
    found = applicator_of(device, TIP, BACKWARD, Efficiency.LOW)
    assert isinstance(found, RadioFrequency)
    assert found.is_bipolar
    ends = [y for piece in found.metal for y in (piece.start_mm[1], piece.end_mm[1])]
    assert ends == pytest.approx([31.0, 39.0, 43.0, 51.0])
    assert (found.cooling.film_w_per_m2_k, found.cooling.celsius) == (100.0, 20.0)


def test_that_monopolar_and_cryo_devices_get_one_piece() -> None:
    single = with_numbers(
        CATALOG.devices["rf-monopolar-17g"],
        model_electrode_length_mm=10.0,
        model_film_w_per_m2_k=0.0,
        model_coolant_celsius=37.0,
    )
    found = applicator_of(single, TIP, BACKWARD, Efficiency.LOW)
    assert isinstance(found, RadioFrequency)
    assert not found.is_bipolar
    cold = with_numbers(
        CATALOG.devices["cryo-17g"], model_freezing_length_mm=25.0, model_probe_celsius=-110.0
    )
    probe = applicator_of(cold, TIP, BACKWARD, Efficiency.LOW)
    assert isinstance(probe, CryoProbe)
    assert np.subtract(probe.metal_part.end_mm, TIP) == pytest.approx((0.0, 25.0, 0.0))


def test_that_the_drive_follows_the_plan() -> None:
    devices = CATALOG.devices
    assert drive_of(ANTENNA, ablation(power_w=30.0)) == Watts(power_w=30.0)
    assert drive_of(devices["cryo-17g"], ablation()) == Freeze()
    star = devices["star-bipolar"]
    assert drive_of(star, ablation(setpoint_celsius=70.0)) == Setpoint(celsius=70.0)
    assert drive_of(star, ablation(power_w=5.0)) == Watts(power_w=5.0)
    missing = drive_of(ANTENNA, ablation(setpoint_celsius=70.0))
    assert isinstance(missing, NoModel)
    assert "no power" in missing.reason


def test_that_a_fit_finds_the_knob_and_says_how_far_off_it_is() -> None:
    fit = bisect_size(lambda knob: 10.0 + 20.0 * knob, 17.0, 0.0, 1.0)
    assert fit.value == pytest.approx(0.35, abs=0.005)
    assert fit.residual_mm == pytest.approx(10.0 + 20.0 * fit.value - 17.0)


def test_that_a_size_out_of_reach_is_refused() -> None:
    with pytest.raises(NotFittedError, match=r"gives 10\.0 to 30\.0 mm"):
        bisect_size(lambda knob: 10.0 + 20.0 * knob, 40.0, 0.0, 1.0)


@pytest.mark.parametrize("time_s", [160.0, 220.0])
def test_that_the_nominal_antenna_meets_its_size_at_any_time_of_its_table(time_s: float) -> None:
    antenna = applicator_of(ANTENNA, TIP, BACKWARD, Efficiency.NOMINAL, time_s)
    assert isinstance(antenna, Microwave)
    table = tissue_classes(CATALOG.tissues).table()
    found = antenna_width_mm(antenna, table, TissueClass.LYTIC, power_w=40.0, time_s=time_s)
    assert found == pytest.approx(ANTENNA.zone_rows[0].width_mm.value, abs=1.0)


def test_that_the_ends_of_a_cooled_probe_lie_about_its_nominal_cooling() -> None:
    probe = CATALOG.devices["osteocool-20"]
    films = []
    for end in (Efficiency.LOW, Efficiency.NOMINAL, Efficiency.HIGH):
        found = applicator_of(probe, TIP, BACKWARD, end)
        assert isinstance(found, RadioFrequency)
        films.append(found.cooling.film_w_per_m2_k)
        lengths = [piece.length_mm for piece in found.metal]
        assert lengths == pytest.approx([9.0, 9.0])
    assert films == sorted(films)
    assert len(set(films)) == 3


def test_that_the_strong_end_of_a_cryoprobe_is_the_colder_one() -> None:
    probe = CATALOG.devices["cryo-17g"]
    weak, strong = (
        applicator_of(probe, TIP, BACKWARD, end) for end in (Efficiency.LOW, Efficiency.HIGH)
    )
    assert isinstance(weak, CryoProbe)
    assert isinstance(strong, CryoProbe)
    assert strong.celsius < weak.celsius < -100.0
