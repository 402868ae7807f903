"""What a command gives back, as JSON or as lines a person reads."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | int | bool | None"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The document of a command and the exit code.

    ``summary`` is what a person reads; where it is empty the document is laid out instead.
    """

    document: Mapping[str, Json]
    exit_code: int = 0
    summary: str = ""


def as_text(outcome: Outcome) -> str:
    """Lay an outcome out for a person."""
    return outcome.summary or "\n".join(_lines(outcome.document, 0))


def _lines(value: Json, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict) or (isinstance(item, list) and _wants_lines(item)):
                yield f"{pad}{key}:"
                yield from _lines(item, depth + 1)
            else:
                yield f"{pad}{key}: {_short(item)}"
    elif isinstance(value, list):
        for item in value:
            first, *rest = list(_lines(item, depth + 1)) or [pad]
            yield f"{pad}- {first.strip()}"
            yield from rest
    else:
        yield f"{pad}{_short(value)}"


def _wants_lines(items: Sequence[Json]) -> bool:
    return any(isinstance(item, (dict, list)) or " " in str(item) for item in items)


def _short(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_short(item) for item in value) or "none"
    if value is None:
        return "none"
    # What a header or a file name holds must not steer the terminal.
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in str(value))


def progress(fraction: float, message: str) -> None:
    """Show progress on stderr: one line that is rewritten on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        end = "\n" if fraction >= 1.0 else ""
        print(f"\r\033[K{fraction:4.0%} {message}", end=end, file=sys.stderr, flush=True)


def check_out_folder(path: Path) -> None:
    """Refuse an output path whose folder is not there, before the work is done.

    Raises
    ------
    UsageError
        With the folder to make.
    """
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist; make it, or write elsewhere")
