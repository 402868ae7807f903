"""The words of ``planner register``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from planner.domain.levels import Level
    from planner.geometry.points import PointLps


def add_registration(
    commands: Any,
    command: Callable[[Any, str, str, str], argparse.ArgumentParser],
    ct: Callable[[argparse.ArgumentParser], None],
    level: Callable[[str], Level],
    seed: Callable[[str], tuple[Level, PointLps]],
) -> None:
    """Add the command; ``command`` makes one, ``ct`` adds a scan, the others read a word."""
    register = command(
        commands, "register", "Find vertebrae of a CT again in another CT of the same patient.",
        "registering",
    )  # fmt: skip
    ct(register)
    register.add_argument("--anatomy", type=Path, metavar="LABELS", help="vertebra labels to use")
    register.add_argument(
        "--seed", type=seed, action="append", default=[], metavar="L3=x,y,z",
        help="a point in the body of a vertebra of the first CT and its level; may be repeated",
    )  # fmt: skip
    register.add_argument(
        "--in", dest="other", type=Path, required=True, metavar="CT", help="the other CT"
    )
    register.add_argument(
        "--in-series", dest="other_series", metavar="UID", help="which series of it to read"
    )
    register.add_argument(
        "--level", type=level, action="append", default=[], metavar="L3",
        help="may be repeated; every outlined level without it",
    )  # fmt: skip
    register.add_argument(
        "--click", type=seed, action="append", default=[], metavar="L3=x,y,z",
        help="about the middle of a body in the OTHER CT; may be repeated",
    )  # fmt: skip
