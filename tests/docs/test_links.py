"""Every link of the documents leads somewhere, and every page can be reached."""

from pathlib import Path

import pytest

from docs.pages import DOCS, HOME, ROOT, anchors, links, pages, where

LARGEST_PICTURE_BYTES = 150_000


def broken(page: Path) -> list[str]:
    """What is wrong with the links of a page, one sentence each."""
    wrong = []
    for link in links(page):
        if (place := where(link)) is None:
            continue
        file, anchor = place
        at = f"{page.relative_to(ROOT) if page.is_relative_to(ROOT) else page}:{link.line}"
        if not file.exists():
            wrong.append(f"{at}: {link.target} is not there")
        elif anchor and (file.suffix != ".md" or anchor not in anchors(file)):
            wrong.append(f"{at}: {link.target} has no such heading")
    return wrong


def reached() -> set[Path]:
    """Every page that is found from the first one by links alone."""
    found, waiting = {HOME}, [HOME]
    while waiting:
        for link in links(waiting.pop()):
            place = where(link)
            if place and place[0].suffix == ".md" and place[0].exists() and place[0] not in found:
                found.add(place[0])
                waiting.append(place[0])
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_that_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_that_every_page_but_single_decisions_is_reached_from_the_first() -> None:
    decisions = set((DOCS / "adr").glob("*.md"))
    everywhere = {page for page in pages() if page.is_relative_to(DOCS)} - decisions
    assert len(everywhere) > 20
    assert sorted(str(page) for page in everywhere - reached()) == []


def test_that_every_picture_is_small_and_shown() -> None:
    shown = {
        where(link)[0] for page in pages() for link in links(page)
        if link.is_picture and where(link)
    }  # fmt: skip
    kept = set((DOCS / "pictures").glob("*"))
    assert kept
    assert kept == {one for one in shown if one.parent == DOCS / "pictures"}
    assert {one.name for one in kept if one.stat().st_size > LARGEST_PICTURE_BYTES} == set()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[a](gone.md)", ["gone.md is not there"]),
        ("![a](gone.png)", ["gone.png is not there"]),
        ("# Here\n[a](#here) [b](#there)", ["#there has no such heading"]),
        ("`[a](gone.md)` and\n```\n[a](gone.md)\n```\n[out](https://a.b/c)", []),
        ("# A `b`: c, d\n# A b c d\n[x](#a-b-c-d) [y](#a-b-c-d-1)", []),
    ],
)
def test_that_a_link_that_leads_nowhere_is_found(tmp_path: Path, text: str, wrong) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert [one.split(": ", 1)[1] for one in broken(page)] == wrong
