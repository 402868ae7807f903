"""Arrays and entries of the catalogue as keys of caches."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SameArray:
    """An array that equals only itself, so that what was made of it can be kept.

    Outlines that change one vertebra share the other arrays; their surfaces stay good. It does
    not keep the array: of one that is gone nobody can ask.
    """

    __slots__ = ("_hash", "_held")

    def __init__(self, array: NDArray[np.generic]) -> None:
        self._held, self._hash = weakref.ref(array), id(array)

    @property
    def array(self) -> NDArray[np.generic]:
        """The array; whoever asks by this key holds it."""
        found = self._held()
        if found is None:
            raise LookupError("the array is gone")
        return found

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameArray):
            return False
        mine = self._held()
        return mine is not None and mine is other._held()


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
