"""Zone tables that a user enters from the instructions for use."""

from pathlib import Path

import pytest

from planner.catalog import (
    load_catalog,
    read_zone_table,
    user_table_path,
    write_zone_table,
    zone_table_form,
)
from planner.domain.devices import ZoneRow
from planner.domain.errors import InputRefusedError, SaveFailedError
from planner.domain.sourced import Sourced, Status

DEVICE = load_catalog().devices["osteocool-10"]


def entered(value: float) -> Sourced:
    return Sourced(value=value, status=Status.USER_ENTERED, source="IFU 12 rev B")


def row(**changes: object) -> ZoneRow:
    values = {
        "power_w": None,
        "setpoint_celsius": 70.0,
        "time_s": (390.0, 390.0),
        "length_mm": entered(21.5),
        "width_mm": entered(17.25),
        "centre_from_tip_mm": entered(6.0),
        "tissue": 'bovine "liver" ä',
        "settings_status": Status.USER_ENTERED,
        "settings_source": "IFU 12 rev B",
    }
    return ZoneRow(**(values | changes))  # type: ignore[arg-type]


def test_that_a_written_table_comes_back_in_the_catalogue_as_user_entered(tmp_path: Path) -> None:
    rows = (row(), row(power_w=12.5, time_s=None))
    path = write_zone_table(tmp_path, DEVICE, rows, "IFU 12 rev B")
    assert path == tmp_path / "devices" / "osteocool-10.toml"
    assert load_catalog(tmp_path).devices[DEVICE.id].zone_rows == rows
    assert list(path.parent.iterdir()) == [path]


def test_that_entered_rows_come_before_shipped_ones_and_replace_none(tmp_path: Path) -> None:
    antenna = load_catalog().devices["eco-mwa"]
    write_zone_table(tmp_path, antenna, [row()], "IFU 12 rev B")
    assert load_catalog(tmp_path).devices["eco-mwa"].zone_rows == (row(), *antenna.zone_rows)


def test_that_a_row_that_could_not_be_read_back_leaves_the_old_table(tmp_path: Path) -> None:
    path = write_zone_table(tmp_path, DEVICE, [row()], "IFU 12 rev B")
    before = path.read_bytes()
    with pytest.raises(InputRefusedError, match="width_mm must be more than 0 and at most 100"):
        write_zone_table(tmp_path, DEVICE, [row(width_mm=entered(170.0))], "IFU 12 rev B")
    with pytest.raises(InputRefusedError, match="document must be a text"):
        write_zone_table(tmp_path, DEVICE, [row()], " ")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_that_a_folder_that_cannot_be_written_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "devices").write_text("a file where the folder should be")
    with pytest.raises(SaveFailedError, match="could not be written"):
        write_zone_table(tmp_path, DEVICE, [row()], "IFU")


def test_that_the_form_names_the_device_and_an_unfilled_form_adds_no_rows(tmp_path: Path) -> None:
    path = user_table_path(tmp_path, DEVICE.id)
    path.parent.mkdir()
    path.write_text(zone_table_form(DEVICE))
    assert read_zone_table(path, DEVICE) == ()


def test_that_a_form_filled_by_hand_is_read(tmp_path: Path) -> None:
    form = zone_table_form(DEVICE).replace('document = ""', 'document = "IFU 7"')
    filled = form[: form.index("# Take away")] + (
        "[[zone_rows]]\nsetpoint_celsius = 70\ntime_s = [300, 420]\nlength_mm = 20\n"
        'width_mm = 16\ncentre_from_tip_mm = 5\ntissue = "liver"\n'
    )
    path = tmp_path / "form.toml"
    path.write_text(filled)
    (read,) = read_zone_table(path, DEVICE)
    assert (read.length_mm.value, read.length_mm.source) == (20.0, "IFU 7")
    assert read.weakest_status is Status.USER_ENTERED


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('device = "osteocool-10"', 'device = "osteocool-7"', "it is for the device"),
        ("setpoint_celsius = 70.0\ntime_s = [390.0, 390.0]\n", "", "at least one of"),
        ("time_s = [390.0, 390.0]", "time_s = [400, 390]", "lowest first"),
        ("time_s = [390.0, 390.0]", "time_s = 390", "lowest, highest"),
        ("length_mm = 21.5\n", "", "length_mm must be a number"),
        ("centre_from_tip_mm = 6.0", "centre_from_tip_mm = 600", "at most 100"),
        ("setpoint_celsius = 70.0", "power_w = 0", "power_w must be more than 0"),
        ("width_mm", "widht_mm", "unknown key widht_mm"),
    ],
)
def test_that_a_wrong_table_is_refused_in_words(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = write_zone_table(tmp_path, DEVICE, [row()], "IFU 12 rev B")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputRefusedError, match=words):
        load_catalog(tmp_path)
