"""Where the digital spine's own data lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from planner.domain.errors import PlannerError

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def data_path(folder: str, *parts: str) -> Path:
    """Return a path below ``resources`` or ``sample_data``; it need not exist.

    Raises
    ------
    PlannerError
        When the folder itself is missing, as after a broken installation.
    """
    for root in (_PACKAGE / f"_{folder}", _CHECKOUT / folder):
        if root.is_dir():
            return root.joinpath(*parts)
    raise PlannerError(f"The program's own folder '{folder}' is missing. Install it again.")
