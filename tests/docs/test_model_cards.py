"""Every model card has one form, and the list of cards names them all."""

from pathlib import Path

import pytest

from docs.pages import DOCS, links, read, where

MODELS = DOCS / "models"
NO_CARD = {"index.md", "published.md"}
CARDS = sorted(page for page in MODELS.glob("*.md") if page.name not in NO_CARD)
FORM = [
    "What it is for", "Inputs", "Equation", "Source", "Range", "How it was tested", "How it errs",
    "Must not be used for",
]  # fmt: skip


def parts(page: Path) -> dict[str, int]:
    """Letters below each heading of the second rank."""
    found: dict[str, int] = {}
    for _, line in read(page)[0]:
        if line.startswith("## "):
            found[line.removeprefix("## ")] = 0
        elif found:
            found[list(found)[-1]] += len(line.strip())
    return found


def lacking(page: Path) -> list[str]:
    """Parts of the form that are missing, empty or out of order."""
    found = parts(page)
    order = [name for name in found if name in FORM]
    return [name for name in FORM if found.get(name, 0) < 40] or (
        [] if order == FORM else ["order"]
    )


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.stem)
def test_that_a_card_says_all_that_a_card_must_say(card: Path) -> None:
    assert lacking(card) == []


def test_that_every_card_is_listed() -> None:
    assert len(CARDS) >= 10
    assert set(CARDS) <= {where(link)[0] for link in links(MODELS / "index.md") if where(link)}


@pytest.mark.parametrize(
    ("cut", "lost"),
    [("## How it errs", ["How it errs"]), ("## Source", ["Source"])],
)
def test_that_a_card_without_a_part_is_found(tmp_path: Path, cut: str, lost: list[str]) -> None:
    page = tmp_path / "card.md"
    page.write_text((MODELS / "leaks.md").read_text().replace(cut, "## Something else"))
    assert lacking(page) == lost
