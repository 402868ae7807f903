"""Make the pages of docs/ as a folder of HTML. Needs only Python 3.11 or newer.

    python3 packaging/docs.py            dist/docs, to be opened from docs/index.html in it
    python3 packaging/docs.py FOLDER     the same in another folder

It makes an environment of its own from packaging/locks/docs.txt, so that neither the program nor
its tests need what makes pages. The folder needs no server and no network. A link that leads
nowhere stops it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import start

ROOT = start.ROOT
ENVIRONMENT = ROOT / ".venv-docs"
LOCK = ROOT / "packaging" / "locks" / "docs.txt"
OUT = ROOT / "dist" / "docs"
BESIDE = ("README.md", "CONTRIBUTING.md", "LICENSE", "packaging/README.md",
          "packaging/locks/README.md")  # fmt: skip
"""What pages of docs/ refer to outside of it."""

DECISIONS = "docs/adr"
LISTED = re.compile(r"^- \[.+?\]\(([^)#]+\.md)\)", re.MULTILINE)
"""A line of the first page that names a page of the menu."""

FIRST = """<!doctype html><meta charset="utf-8"><title>Planner</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">Planner</a>
"""


def copy_sources(stage: Path) -> None:
    """Lay the Markdown out as in the checkout, with what only the pages need added."""
    shutil.copytree(ROOT / "docs", stage / "docs", ignore=shutil.ignore_patterns("*.py", "__*"))
    for name in BESIDE:
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, stage / name)
    pages = sorted((stage / DECISIONS).glob("*.md"))
    listed = "\n".join(page.stem for page in pages)
    (stage / DECISIONS / "index.md").write_text(
        f"# Decisions\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n", encoding="utf-8"
    )
    for page in (stage / "README.md", stage / "docs" / "index.md"):
        text = page.read_text(encoding="utf-8").replace("adr/)", "adr/index.md)")
        page.write_text(text, encoding="utf-8")
    page.write_text(text + menus(text), encoding="utf-8")


def menus(home: str) -> str:
    """Return the menu at the side: every heading of the first page with the links below it."""
    found = []
    for part in re.split(r"^## ", home, flags=re.MULTILINE)[1:]:
        title, _, below = part.partition("\n")
        lines = "\n".join(target.removesuffix(".md") for target in LISTED.findall(below))
        found.append(f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{lines}\n```\n")
    others = "\n".join(name.removesuffix(".md") for name in rest(home))
    return "".join(found) + f"\n```{{toctree}}\n:hidden:\n\n{others}\n```\n"


def rest(home: str) -> list[str]:
    """Return pages that are reached from others, so that no menu names them."""
    named = set(LISTED.findall(home))
    pages = [
        path.relative_to(ROOT / "docs").as_posix()
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if path.parent.name != "adr" and path.name != "index.md"
    ]
    beside = [f"../{name}" for name in BESIDE if name.endswith(".md")]
    return [name for name in (*pages, *beside) if name not in named]


def main() -> int:
    """Make the pages."""
    out = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else OUT
    python = start.prepare_environment(ENVIRONMENT, LOCK, with_planner=False)
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / "pages"
        stage.mkdir()
        copy_sources(stage)
        shutil.rmtree(out, ignore_errors=True)
        sphinx = [str(python), "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
        conf = ["-c", str(ROOT / "docs"), "-d", str(Path(scratch) / "trees")]
        done = subprocess.run([*sphinx, *conf, str(stage), str(out)], check=False)
    if done.returncode:
        start.say("the pages were not made; see above")
        return 1
    (out / "index.html").write_text(FIRST, encoding="utf-8")
    start.say(f"the pages are in {out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
