"""A report as a PDF: tagged, PDF/A-2b, every font inside."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from functools import cache
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


@cache
def _own_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


@cache
def _all_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True)


@cache
def _can_draw(character: str, *, system_fonts: bool) -> bool:
    """Tell whether a character can be set; PDF/A refuses one that no font has."""
    source = "#set text(font: json(bytes(sys.inputs.fonts)))\n#sys.inputs.text"
    fonts = _all_fonts() if system_fonts else _own_fonts()
    try:
        typst.compile(
            source.encode(),
            font_paths=fonts,
            pdf_standards=[PDF_STANDARD],
            sys_inputs={"text": f"a{character}", "fonts": json.dumps(list(FONT_FAMILIES))},
        )
    except typst.TypstError:
        return False
    return True


def _fonts_for(values: dict[str, object]) -> tuple[typst.Fonts, tuple[str, ...], frozenset[str]]:
    """Return fonts, their families, and the characters that none of them can draw.

    The fonts of this machine are asked only when a text needs them.
    """
    unusual = {one for one in _characters(values) if ord(one) >= 0x250 or not one.isprintable()}
    missing = {one for one in unusual if not _can_draw(one, system_fonts=False)}
    if not missing:
        return _own_fonts(), FONT_FAMILIES, frozenset()
    unknown = frozenset(one for one in missing if not _can_draw(one, system_fonts=True))
    return _all_fonts(), FONT_FAMILIES, unknown


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
