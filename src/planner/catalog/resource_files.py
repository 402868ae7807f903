"""Where the data files lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from planner.domain.errors import PlannerError

_PACKAGE = Path(__file__).resolve().parents[1]
_ROOTS = (_PACKAGE / "_resources", _PACKAGE.parents[1] / "resources")


def resource_path(*parts: str) -> Path:
    """Return the path of a file or folder below ``resources/``; it need not exist.

    Raises
    ------
    PlannerError
        When the program's own data folder is missing, as after a broken installation.
    """
    for root in _ROOTS:
        if root.is_dir():
            return root.joinpath(*parts)
    raise PlannerError(
        f"The data files of the program are missing: neither {_ROOTS[0]} nor {_ROOTS[1]} is "
        "there. Install it again."
    )
