"""Reads the Markdown of the project: links, headings, blocks of code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HOME = DOCS / "index.md"
OTHERS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "packaging" / "README.md",
    ROOT / "packaging" / "locks" / "README.md",
)
RUN = "<!-- run -->"
"""Stands on the line before a block that the tests run."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*(\S*)")
_LINK = re.compile(r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")


@dataclass(frozen=True, slots=True)
class Link:
    """One link or picture, and the line it stands on."""

    page: Path
    line: int
    target: str
    is_picture: bool


@dataclass(slots=True)
class Block:
    """One block of code."""

    page: Path
    line: int
    language: str
    is_run: bool
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def pages() -> list[Path]:
    """Every page that a reader is led to."""
    return [*OTHERS, *sorted(DOCS.rglob("*.md"))]


@cache
def read(page: Path) -> tuple[list[tuple[int, str]], list[Block]]:
    """The numbered lines outside of blocks of code, and the blocks."""
    prose: list[tuple[int, str]] = []
    blocks: list[Block] = []
    fence, before = "", ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not match[2]:
                fence = ""
            else:
                blocks[-1].lines.append(line)
        elif match:
            fence = match[1]
            blocks.append(Block(page, number, match[2], before.strip() == RUN))
        else:
            prose.append((number, line))
        before = line
    return prose, blocks


def links(page: Path) -> list[Link]:
    """Every link of a page, but those in code."""
    return [
        Link(page, number, match[2], bool(match[1]))
        for number, line in read(page)[0]
        for match in _LINK.finditer(_CODE.sub("", line))
    ]


def inline_code(page: Path) -> list[tuple[int, str]]:
    """Every piece of code within a line."""
    return [
        (number, match[2].replace("\\|", "|").strip())
        for number, line in read(page)[0]
        for match in _CODE.finditer(line)
    ]


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub and MyST make them."""
    found: set[str] = set()
    for _, line in read(page)[0]:
        if heading := _HEADING.match(line):
            slug = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
            again = 0
            while (name := f"{slug}-{again}" if again else slug) in found:
                again += 1
            found.add(name)
    return found


def where(link: Link) -> tuple[Path, str] | None:
    """File and anchor of a link; ``None`` for one that leads out of the project."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link.target):
        return None
    file, _, anchor = link.target.partition("#")
    return ((link.page.parent / file).resolve() if file else link.page), anchor
