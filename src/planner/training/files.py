"""Reads the files of ``resources/training``, or an instructor's own copies of them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from planner.catalog import resource_path
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    _Made = TypeVar("_Made")

FOLDER = "training"


def training_file(name: str, user_folder: Path | None) -> Path:
    """Return the instructor's own file of that name, else ours."""
    if user_folder is not None:
        own = user_folder / FOLDER / name
        if own.exists():
            return own
    return resource_path(FOLDER, *name.split("/"))


def read_table(path: Path, make: Callable[[Mapping[str, Any]], _Made]) -> _Made:
    """Return what ``make`` makes of a file.

    Raises
    ------
    UsageError
        When the file cannot be read or cannot be right; nothing is then scored by it.
    """
    try:
        return make(tomllib.loads(path.read_text(encoding="utf-8")))
    except KeyError as error:
        raise _wrong(path, f"it does not say {error}") from error
    except (OSError, ValueError, TypeError, UsageError) as error:
        raise _wrong(path, str(error)) from error


def refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    """Refuse a word that nobody reads, for it may be a slip that changes what counts.

    Raises
    ------
    ValueError
        Naming the words.
    """
    if unknown := set(table) - known:
        raise ValueError(f"{where} holds words nobody knows: {', '.join(sorted(unknown))}")


def number(table: Mapping[str, Any], name: str, where: str, low: float, high: float) -> float:
    """Return a number of a table.

    Raises
    ------
    ValueError
        When it is no number, or lies outside ``low`` to ``high``.
    """
    value = table[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} of {where} must be {low:g} to {high:g}, got {value!r}")
    return float(value)


def words(table: Mapping[str, Any], name: str, where: str) -> str:
    """Return a text of a table that must say something.

    Raises
    ------
    ValueError
        When it is no text, or empty.
    """
    value = table[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} of {where} must say something")
    return value.strip()


def _wrong(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be used: {why}. Mend the file, or remove your copy of it.")
