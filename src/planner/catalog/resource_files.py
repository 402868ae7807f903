"""Where the data files lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from planner.domain.errors import PlannerError

_PACKAGE = Path(__file__).resolve().parents[1]
_ROOTS = (_PACKAGE / "_resources", _PACKAGE.parents[1] / "resources")
_SAMPLE_ROOTS = (_PACKAGE / "_sample_data", _PACKAGE.parents[1] / "sample_data")


def resource_path(*parts: str) -> Path:
    """Return the path of a file or folder below ``resources/``; it need not exist.

    Raises
    ------
    PlannerError
        When the program's own data folder is missing, as after a broken installation.
    """
    return _below(_ROOTS, parts)


def sample_data_path(*parts: str) -> Path:
    """Return the path of a file or folder below ``sample_data/``; it need not exist.

    Raises
    ------
    PlannerError
        When the folder itself is missing, as after a broken installation.
    """
    return _below(_SAMPLE_ROOTS, parts)


def _below(roots: tuple[Path, ...], parts: tuple[str, ...]) -> Path:
    for root in roots:
        if root.is_dir():
            return root.joinpath(*parts)
    raise PlannerError(
        f"The data files of the program are missing: neither {roots[0]} nor {roots[1]} is "
        "there. Install it again."
    )
