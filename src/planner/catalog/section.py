"""One table of a TOML file that knows its place, so that a refusal can name it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, NoReturn

from planner.domain.errors import InputRefusedError
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

REFUSAL_CODE = "CATALOG-BAD-FILE"

_SOURCED_KEYS = frozenset({"value", "status", "source"})


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a TOML file.

    Attributes
    ----------
    place
        Where in the file, such as ``zone_rows 2``; empty for the whole file.
    """

    path: Path
    place: str
    values: Mapping[str, object]

    @classmethod
    def of_file(cls, path: Path) -> Section:
        """Read a whole file.

        Raises
        ------
        InputRefusedError
            When it cannot be read or is not TOML.
        """
        try:
            return cls(path, "", tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputRefusedError(
                REFUSAL_CODE,
                f"The catalogue file {path} cannot be read: {error}. Correct it or remove it.",
            ) from error

    def refuse(self, what: str) -> NoReturn:
        """Raise an error that names the file and the place in it."""
        place = f", {self.place}" if self.place else ""
        raise InputRefusedError(
            REFUSAL_CODE, f"The catalogue file {self.path}{place}: {what}. Correct or remove it."
        )

    def refuse_other_keys(self, known: Collection[str]) -> None:
        """Refuse a key nobody reads: a misspelt limit must not vanish silently."""
        if other := sorted(set(self.values) - set(known)):
            self.refuse(f"unknown key {', '.join(other)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty; ``default`` only stands in for a missing key."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (key in self.values and not value.strip()):
            self.refuse(f"{key} must be a text that is not empty")
        return value

    def number(self, value: object, what: str) -> float:
        """Return ``value`` as a finite float."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.refuse(f"{what} must be a number, got {value!r}")
        return float(value)

    def section(self, key: str) -> Section:
        """Return a table inside this one; an absent one is empty."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(f"{key} must be a table")
        return Section(self.path, f"{self.place} {key}".strip(), value)

    def sections(self, key: str) -> tuple[Section, ...]:
        """Return an array of tables; an absent one is empty."""
        items = self.values.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            self.refuse(f"{key} must be a list of tables")
        return tuple(
            Section(self.path, f"{self.place} {key} {place}".strip(), item)
            for place, item in enumerate(items, start=1)
        )

    def status(self) -> Status:
        """Return the status of this table."""
        value = self.values.get("status")
        if value not in set(Status):
            self.refuse(f"status must be one of {', '.join(Status)}, got {value!r}")
        return Status(str(value))

    def sourced(self, key: str) -> Sourced:
        """Return the number under ``key``, which must be ``{ value, status, source }``."""
        if key not in self.values:
            self.refuse(f"{key} is missing")
        inner = self.section(key)
        inner.refuse_other_keys(_SOURCED_KEYS)
        value = inner.number(inner.values.get("value"), "value")
        return Sourced(value=value, status=inner.status(), source=inner.text("source"))

    def numbers(self, key: str) -> dict[str, Sourced]:
        """Return every number of the table ``key``."""
        inner = self.section(key)
        return {name: inner.sourced(name) for name in inner.values}
