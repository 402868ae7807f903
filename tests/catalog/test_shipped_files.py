"""What the data files of the program hold."""

import tomllib
from pathlib import Path

import pytest

from planner.catalog import load_catalog, resource_path
from planner.domain.devices import Device
from planner.domain.sourced import Status

CATALOG = load_catalog()
FOLDERS = ("devices", "needles", "cements", "tissues")
FILES = [path for folder in FOLDERS for path in sorted(resource_path(folder).glob("*.toml"))]


def bare_numbers(value: object, where: str) -> list[str]:
    """Every number below ``value`` that is not inside a ``{ value, status, source }``."""
    if isinstance(value, dict):
        if "value" in value:
            good = value.get("status") in set(Status) and str(value.get("source", "")).strip()
            return [] if good else [where]
        return [bad for key, item in value.items() for bad in bare_numbers(item, f"{where}.{key}")]
    if isinstance(value, list):
        return [bad for item in value for bad in bare_numbers(item, f"{where}[]")]
    return [where] if isinstance(value, int | float) else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_that_every_number_in_a_data_file_has_a_status_and_a_source(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert [bad for bad in bare_numbers(content, "") if bad != ".gauge"] == []


def test_that_the_check_for_sources_sees_a_bare_number() -> None:
    assert bare_numbers({"a": {"b": 1.0}}, "") == [".a.b"]
    assert bare_numbers({"a": {"value": 1.0, "status": "verified", "source": " "}}, "") == [".a"]


def test_that_the_ids_others_rely_on_are_there() -> None:
    assert set(CATALOG.devices) >= {
        "eco-mwa",
        "star-bipolar",
        "osteocool-7",
        "osteocool-10",
        "osteocool-15",
        "osteocool-20",
        "rf-monopolar-17g",
        "cryo-17g",
    }
    assert set(CATALOG.cements) == {
        f"pmma-{viscosity}-viscosity" for viscosity in ("low", "medium", "high")
    }


@pytest.mark.parametrize("device", CATALOG.devices.values(), ids=lambda device: device.id)
def test_that_only_the_antenna_with_a_published_size_has_a_zone_row(device: Device) -> None:
    assert bool(device.zone_rows) == (device.id == "eco-mwa")
    assert device.zone_rows or "Enter the rows from the instructions for use" in device.notes


def test_that_the_antenna_has_the_published_numbers() -> None:
    antenna = CATALOG.devices["eco-mwa"]
    published = {
        "outer_diameter_mm": 1.6,
        "shaft_length_mm": 200.0,
        "tip_beyond_cannula_mm": 15.0,
        "cannula_gauge": 13.0,
        "power_max_w": 40.0,
        "power_min_w": 20.0,
        "cycle_min_s": 30.0,
        "cycle_max_s": 90.0,
    }
    for key, value in published.items():
        assert antenna.numbers[key].value == value
        assert antenna.numbers[key].status is Status.VERIFIED


def test_that_the_antenna_row_claims_no_more_than_its_source_says() -> None:
    (row,) = CATALOG.devices["eco-mwa"].zone_rows
    assert (row.power_w, row.time_s, row.tissue) == (40.0, (120.0, 300.0), "not stated")
    assert (row.width_mm.value, row.width_mm.status) == (30.0, Status.VERIFIED)
    assert (row.length_mm.value, row.length_mm.status) == (30.0, Status.DERIVED)
    assert row.settings_status is Status.DERIVED
    assert row.weakest_status is Status.DERIVED


def test_that_the_cervical_levels_are_forbidden_for_every_osteocool_probe() -> None:
    for length in (7, 10, 15, 20):
        device = CATALOG.devices[f"osteocool-{length}"]
        assert [str(level) for level in device.forbidden_levels] == [f"C{n}" for n in range(1, 8)]
        assert device.numbers["active_tip_mm"].value == length


def test_that_a_gauge_is_the_nominal_diameter_of_a_table_and_never_a_verified_one() -> None:
    diameters = {needle.gauge: needle.outer_diameter_mm for needle in CATALOG.needles.values()}
    assert {gauge: size.value for gauge, size in diameters.items()} == {
        8: 4.19,
        10: 3.40,
        11: 3.05,
        13: 2.41,
        14: 2.11,
        15: 1.83,
        16: 1.65,
        17: 1.47,
    }
    assert all(size.status is Status.VERIFIED_SECONDARY for size in diameters.values())


@pytest.mark.parametrize(
    ("tissue", "key", "value"),
    [
        ("bone-cancellous", "conductivity_460_khz_s_per_m", 0.0864),
        ("bone-cortical", "heat_conductivity_w_per_m_k", 0.32),
        ("csf", "conductivity_2450_mhz_s_per_m", 3.458),
        ("cord", "specific_heat_j_per_kg_k", 3630.0),
        ("nerve", "relative_permittivity_460_khz", 1575.1),
        ("tumour-soft", "density_kg_per_m3", 1056.0),
    ],
)
def test_that_tissue_numbers_are_those_of_the_sources(tissue: str, key: str, value: float) -> None:
    assert CATALOG.tissues[tissue].numbers[key].value == value


def test_that_cement_numbers_are_those_of_the_sources() -> None:
    low, high = (CATALOG.cements[f"pmma-{name}-viscosity"].numbers for name in ("low", "high"))
    assert low["leaked_mass_3_5_min_g"].value == 4.0
    assert high["leaked_mass_6_5_min_g"].value == 0.92
    assert high["density_kg_per_m3"].status is Status.RECALLED
