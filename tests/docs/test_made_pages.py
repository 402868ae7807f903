"""The pages that are made of the program's tables are of these tables."""

import pytest

from docs.made_pages import PAGES, REFERENCE, commands
from planner.app.command_names import COMMANDS


@pytest.mark.parametrize("name", PAGES)
def test_that_a_page_says_what_the_program_has(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), (
        "run python tests/docs/made_pages.py"
    )


def test_that_every_command_is_on_the_page() -> None:
    listed = {name.split()[0] for name, _ in commands()}
    assert listed >= COMMANDS
