"""Wrong catalogue files are refused with the file, the place and the reason."""

from pathlib import Path

import pytest

from planner.catalog import library, resource_files
from planner.catalog.device_files import read_device
from planner.catalog.library import load_catalog
from planner.catalog.section import Section
from planner.domain.errors import InputRefusedError, PlannerError

NUMBER = '{ value = 1.0, status = "verified", source = "a paper" }'
GOOD = f"""
id = "x"
name = "X"
maker = "M"
modality = "cryo"
[numbers]
outer_diameter_mm = {NUMBER}
[[zone_rows]]
time_s = {{ value = [60, 120], status = "verified", source = "a paper" }}
length_mm = {NUMBER}
width_mm = {NUMBER}
centre_from_tip_mm = {NUMBER}
tissue = "gel"
"""


def device_file(folder: Path, text: str) -> Section:
    path = folder / "x.toml"
    path.write_text(text)
    return Section.of_file(path)


def test_that_a_good_device_file_is_read(tmp_path: Path) -> None:
    device = read_device(device_file(tmp_path, GOOD))
    assert device.zone_rows[0].time_s == (60.0, 120.0)
    assert device.numbers["outer_diameter_mm"].source == "a paper"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('modality = "cryo"', 'modality = "laser"', "modality must be one of"),
        ('name = "X"', "", "name must be a text"),
        ('name = "X"', 'name = "X"\nnmae = "Y"', "unknown key nmae"),
        ('status = "verified", source', 'status = "certain", source', "status must be one of"),
        ('source = "a paper" }\n[[', 'source = "" }\n[[', "source must be a text"),
        ("value = 1.0", 'value = "1"', "value must be a number"),
        ("value = 1.0", "value = true", "value must be a number"),
        ("value = 1.0", "value = nan", "value must be a number"),
        ("[60, 120]", "[120, 60]", "lowest first"),
        ("[60, 120]", "[60]", "lowest, highest"),
        (f"width_mm = {NUMBER}", "", "width_mm is missing"),
        ("tissue", "tisue", "unknown key tisue"),
        ('modality = "cryo"', 'modality = "cryo"\nforbidden_levels = ["C9"]', "level names"),
    ],
)
def test_that_a_wrong_device_file_is_refused_in_words(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(InputRefusedError, match=words) as refusal:
        read_device(device_file(tmp_path, GOOD.replace(old, new, 1)))
    assert "x.toml" in str(refusal.value)
    assert refusal.value.code == "CATALOG-BAD-FILE"


def test_that_a_zone_size_must_be_positive(tmp_path: Path) -> None:
    bad = GOOD.replace(f"width_mm = {NUMBER}", f"width_mm = {NUMBER.replace('1.0', '0.0')}")
    with pytest.raises(InputRefusedError, match=r"zone_rows 1: width_mm must be more than 0"):
        read_device(device_file(tmp_path, bad))


def test_that_a_device_without_a_table_must_say_so(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("[[zone_rows]]")]
    with pytest.raises(InputRefusedError, match=r"write zone_rows = \[\]"):
        read_device(device_file(tmp_path, text))


def test_that_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match=r"x\.toml cannot be read"):
        device_file(tmp_path, "not toml at all")


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resource_files, "_ROOTS", (tmp_path,))
    return tmp_path


def test_that_an_id_must_be_the_name_of_its_file(resources: Path) -> None:
    (resources / "devices").mkdir()
    (resources / "devices" / "y.toml").write_text(GOOD)
    with pytest.raises(InputRefusedError, match="must be the name of the file"):
        load_catalog()


def test_that_rules_are_read_and_a_second_rule_of_one_id_is_refused(resources: Path) -> None:
    assert library.load_catalog().rules == {}
    rule = (
        '[[rule]]\nid = "N2"\ntitle = "T"\nmeaning = "M"\nsource = "S"\nstatus = "derived"\n'
        '[rule.thresholds.stop_mm]\nvalue = 2.0\nstricter = "higher"\nstatus = "derived"\n'
        'source = "S"\n'
    )
    (resources / "rules").mkdir()
    (resources / "rules" / "needle.toml").write_text(rule)
    read = load_catalog().rules["N2"]
    assert read.thresholds["stop_mm"].value == 2.0
    (resources / "rules" / "zone.toml").write_text(rule)
    with pytest.raises(InputRefusedError, match="rule 1: the rule N2 is there twice"):
        load_catalog()


def test_that_a_missing_data_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_files, "_ROOTS", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(PlannerError, match="Install it again"):
        load_catalog()


def test_that_a_wheel_finds_its_own_copy_before_any_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_files, "_ROOTS", (tmp_path, resource_files._ROOTS[-1]))
    assert resource_files.resource_path("devices") == tmp_path / "devices"
