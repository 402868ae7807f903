"""A report as a PDF: tagged, PDF/A-2b, every font inside."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from enum import IntEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typst

from planner.catalog.resource_files import resource_path
from planner.domain.errors import PlannerError, SaveFailedError
from planner.report.layout import layout
from planner.report.wording import by_number

if TYPE_CHECKING:
    from planner.report.model import Report

PDF_STANDARD: Final = "a-2b"
FONT_FAMILIES: Final = ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern")
"""Families inside the typst package; they cover Latin, Greek and Cyrillic."""

CJK_PACKAGE: Final = "noto_cjk_sans_otc"
CJK_FAMILIES: Final = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR")
"""Chinese, Japanese and Korean in one file of 19 MB, opened only for a text that needs it."""

FIRST_UNUSUAL: Final = 0x250
"""Every character below this one is in the families of typst, or not printable."""

TEMPLATE: Final = "plan.typ"


def write_pdf(report: Report, path: Path) -> int:
    """Write the report and return its number of pages.

    The file appears whole or not at all. A character that no font at hand can draw is
    printed by its Unicode number, because PDF/A forbids an empty box in its place.

    Raises
    ------
    SaveFailedError
        When the file cannot be written; what was there before is untouched.
    """
    pdf, pages = make_pdf(report)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(pdf)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "unknown error"
        raise SaveFailedError(
            f"The report could not be written to {path}: {reason}. "
            "Choose another folder or make room, then try again."
        ) from error
    return pages


def make_pdf(report: Report) -> tuple[bytes, int]:
    """Return the PDF and its number of pages."""
    pictures = {f"{one.key}.png": one.png for one in report.pictures}
    for needle in report.needles:
        pictures |= {f"{one.key}.png": one.png for one in (*needle.pictures, *needle.xrays)}
    values = layout(report)
    with tempfile.TemporaryDirectory(prefix="planner-report-") as name:
        folder = Path(name)
        for source in resource_path("report").glob("*.typ"):
            (folder / source.name).write_bytes(source.read_bytes())
        for file, content in pictures.items():
            (folder / file).write_bytes(content)
        fonts, families, unknown = _fonts_for(values)
        values = _spelled(values, unknown) | {"fonts": list(families)}
        text = json.dumps(values, ensure_ascii=False)
        (folder / "data.json").write_text(text, encoding="utf-8")
        return _compile(folder, fonts, report.made_utc)


def _compile(folder: Path, fonts: typst.Fonts, made_utc: str) -> tuple[bytes, int]:
    compiler = typst.Compiler(folder / TEMPLATE, root=folder, font_paths=fonts)
    try:
        pdf = compiler.compile(
            format="pdf",
            pdf_standards=[PDF_STANDARD],
            timestamp=datetime.fromisoformat(made_utc.replace("Z", "+00:00")),
        )
        pages = int(json.loads(compiler.query("<pages>", field="value", one=True)))
    except typst.TypstError as error:
        raise PlannerError(
            f"The report could not be laid out: {error.message}. This is a fault of the "
            "program; the plan itself is unharmed."
        ) from error
    if not isinstance(pdf, bytes):
        raise PlannerError("The report came out as several files where one was asked for.")
    return pdf, pages


def unprintable(text: str) -> frozenset[str]:
    """Return the characters of a text that the fonts at hand cannot draw."""
    return _fonts_for({"text": text})[2]


class _Reach(IntEnum):
    """How far fonts are looked for; the machine's own come last, for they differ."""

    TYPST = 0
    EAST_ASIAN = 1
    MACHINE = 2


@cache
def _fonts(reach: _Reach) -> typst.Fonts:
    paths = [] if reach is _Reach.TYPST else [str(files(CJK_PACKAGE))]
    return typst.Fonts(include_system_fonts=reach is _Reach.MACHINE, font_paths=paths)


@cache
def _can_draw(characters: str, reach: _Reach, families: tuple[str, ...]) -> bool:
    """Tell whether all characters can be set; PDF/A refuses one that no font has."""
    source = "#set text(font: json(bytes(sys.inputs.fonts)))\n#sys.inputs.text"
    try:
        typst.compile(
            source.encode(),
            font_paths=_fonts(reach),
            pdf_standards=[PDF_STANDARD],
            sys_inputs={"text": f"a{characters}", "fonts": json.dumps(list(families))},
        )
    except typst.TypstError:
        return False
    return True


def _undrawn(characters: str, reach: _Reach, families: tuple[str, ...]) -> str:
    """Return the characters that cannot be set, found by halving."""
    if not characters or _can_draw(characters, reach, families):
        return ""
    if len(characters) == 1:
        return characters
    half = len(characters) // 2
    parts = (characters[:half], characters[half:])
    return "".join(_undrawn(part, reach, families) for part in parts)


def _fonts_for(values: dict[str, object]) -> tuple[typst.Fonts, tuple[str, ...], frozenset[str]]:
    """Return fonts, their families, and the characters that none of them can draw.

    Fonts are looked for no farther than a text needs.
    """
    used = sorted(_characters(values))
    left = "".join(one for one in used if ord(one) >= FIRST_UNUSUAL or not one.isprintable())
    families: tuple[str, ...] = FONT_FAMILIES
    reach = _Reach.TYPST
    for reach in _Reach:
        if reach is _Reach.EAST_ASIAN:
            families = (*FONT_FAMILIES, *_east_asian(left))
        left = _undrawn(left, reach, families)
        if not left:
            break
    return _fonts(reach), families, frozenset(left)


def _east_asian(characters: str) -> tuple[str, ...]:
    """Return the East Asian families; kana and Hangul tell whose forms of a sign are meant."""
    if any("\u3040" <= one <= "\u30ff" for one in characters):
        first = "Noto Sans CJK JP"
    elif any("\uac00" <= one <= "\ud7a3" for one in characters):
        first = "Noto Sans CJK KR"
    else:
        first = "Noto Sans CJK SC"
    return (first, *(one for one in CJK_FAMILIES if one != first))


def _characters(value: object) -> set[str]:
    if isinstance(value, str):
        return set(value)
    if isinstance(value, dict):
        return set().union(*(_characters(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_characters(item) for item in value))
    return set()


def _spelled(values: dict[str, object], unknown: frozenset[str]) -> dict[str, object]:
    table = {ord(one): by_number(one) for one in unknown}

    def spell(value: object) -> object:
        if isinstance(value, str):
            return value.translate(table)
        if isinstance(value, dict):
            return {key: spell(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [spell(item) for item in value]
        return value

    return {key: spell(item) for key, item in values.items()}
