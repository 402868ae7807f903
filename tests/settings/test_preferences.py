import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.errors import SaveFailedError
from planner.settings.preferences import (
    FILE_NAME,
    MOUSE_SCHEMES,
    THEMES,
    Preferences,
    load_preferences,
    save_preferences,
)


@given(st.sampled_from(THEMES), st.sampled_from(MOUSE_SCHEMES), st.booleans())
def test_that_preferences_come_back_as_they_were_saved(tmp_path_factory, theme, mouse, hidden):
    folder = tmp_path_factory.mktemp("settings")
    wanted = Preferences(theme=theme, mouse=mouse, names_hidden=hidden)
    save_preferences(folder, wanted)
    assert load_preferences(folder) == wanted
    assert [item.name for item in folder.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", "[1]", "{", "null", '{"theme": "plaid"}'])
def test_that_a_damaged_file_never_keeps_the_window_from_opening(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    assert load_preferences(tmp_path) == Preferences()


def test_that_one_wrong_preference_leaves_the_others(tmp_path):
    stored = {"theme": "light", "mouse": "left handed", "names_hidden": 3, "new": 1}
    (tmp_path / FILE_NAME).write_text(json.dumps(stored))
    assert load_preferences(tmp_path) == Preferences(theme="light")


def test_that_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SaveFailedError, match="could not be written"):
        save_preferences(tmp_path / "taken", Preferences())
