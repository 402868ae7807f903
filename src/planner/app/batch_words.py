"""The words of ``planner batch``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def add_batch(
    commands: Any, command: Callable[[Any, str, str, str], argparse.ArgumentParser]
) -> None:
    """Add the command; ``command`` makes one."""
    batch = command(commands, "batch", "Outline and measure every study of a folder.", "batch")
    batch.add_argument("folder", type=Path, help="its sub-folders and volumes are the studies")
    batch.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="results; what is done there already is not done again",
    )  # fmt: skip
    batch.add_argument(
        "--workers", type=_count, default=1, metavar="N",
        help="studies at a time on this machine, each of which takes 1 to 2 GB (1)",
    )  # fmt: skip
    batch.add_argument(
        "--scheduler", default="", metavar="tcp://...",
        help="a Dask scheduler whose workers reach the same folders by the same names",
    )  # fmt: skip


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of workers; write 1, 2, ...")
    return int(text)
