"""Arrays and entries of the catalogue as keys of caches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class SameArray:
    """An array that equals only itself, so that what was made of it can be kept.

    Outlines that change one vertebra share the other arrays; their surfaces stay good.
    """

    array: NDArray[np.generic]

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameArray) and other.array is self.array


@dataclass(frozen=True, slots=True, eq=False)
class SameEntries:
    """Entries by name that equal only the very same objects, which nobody can change."""

    entries: tuple[tuple[str, object], ...]

    def __hash__(self) -> int:
        return hash(tuple(id(value) for _, value in self.entries))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SameEntries)
            and len(other.entries) == len(self.entries)
            and all(
                mine[0] == theirs[0] and mine[1] is theirs[1]
                for mine, theirs in zip(self.entries, other.entries, strict=True)
            )
        )
