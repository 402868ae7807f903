"""The words of ``planner phantom`` and ``planner demo``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_HISTORY = (
    ("--fracture", "T12:wedge:0.35", "level, kind and share of height lost"),
    ("--cement", "L4:4.5:disc,vein", "earlier cement: level, mL, and where it leaked"),
    ("--screws", "L3", "pedicle screws with their streaks"),
    ("--wear", "L4:0.5:osteophytes=4,vacuum,facets,schmorl=5", "of a disc and its neighbours"),
)
_SCAN = (
    ("--kernel", "soft|standard|bone", "how sharp the pictures are"),
    ("--contrast", "none|arterial|portal", "contrast in the vessels"),
    ("--field-of-view", "trunk|spine", "the whole trunk, or a piece about the spine"),
)
_NUMBERS = (
    ("--age", "years"),
    ("--scoliosis-deg", "bend of the spine to the side"),
    ("--rotation-deg", "turn of the patient about the long axis"),
    ("--tilt-deg", "tilt of the gantry"),
    ("--slice-thickness-mm", "thickness of the slices"),
)


def add_samples(
    commands: Any,
    command: Callable[[Any, str, str, str], argparse.ArgumentParser],
    triple: Callable[[str], object],
) -> None:
    """Add both commands; ``command`` makes one, ``triple`` reads three numbers."""
    phantom = command(commands, "phantom", "Make a digital spine and its truth.", "samples")
    phantom.add_argument("--seed", type=int, required=True, help="equal seeds give equal spines")
    phantom.add_argument("--levels", default="L2-L4", metavar="T10-L5", help="first and last")
    phantom.add_argument(
        "--lesion", action="append", default=[], metavar="L3:lytic:r=9:...",
        help="level, kind (lytic, blastic, mixed), radius in mm, place=..., breach=yes",
    )  # fmt: skip
    phantom.add_argument("--position", default="HFS", help="of the patient, DICOM")
    phantom.add_argument(
        "--spacing", type=triple, default=(0.8, 0.8, 1.0), metavar="0.8,0.8,1.0",
        help="of the voxels, mm",
    )  # fmt: skip
    phantom.add_argument("--noise-hu", type=float, default=20.0, help="standard deviation")
    phantom.add_argument("--out", type=Path, required=True, help="folder for the DICOM series")
    phantom.add_argument("--truth", type=Path, help="folder for outlines and truth.json")
    _add_history(phantom)
    demo = command(commands, "demo", "Plan a sample case from CT to PDF.", "demo")
    demo.add_argument("--headless", action="store_true", help="write files, open no window")
    demo.add_argument("--case", default="easy-l3", metavar="ID", help="which sample case")
    demo.add_argument("--out", type=Path, default=Path("demo-output"), help="folder for the files")


def _add_history(phantom: argparse.ArgumentParser) -> None:
    """Add what a digital spine may have gone through, and how it is scanned."""
    for word, form, says in _HISTORY:
        phantom.add_argument(word, action="append", default=[], metavar=form, help=says)
    phantom.add_argument("--needle", metavar="L3:left", help="a needle in place")
    phantom.add_argument(
        "--laid-needle", action="append", metavar="x,y,z:x,y,z:MM:DEG",
        help="a needle anywhere: back end, tip, thickness, bevel (90 is blunt); may be repeated",
    )  # fmt: skip
    phantom.add_argument(
        "--laid-cement", action="append", metavar="x,y,z:x,y,z:MM",
        help="a cord of cement anywhere: both ends and its radius; may be repeated",
    )  # fmt: skip
    phantom.add_argument(
        "--highest-hu", type=int, metavar="N", help="where the scanner stops counting, else 3071"
    )
    phantom.add_argument("--lumbar-count", type=int, metavar="4|5|6", help="lumbar vertebrae")
    phantom.add_argument(
        "--sacralised", action="store_true", help="the last lumbar one grown onto the sacrum"
    )
    phantom.add_argument("--osteoporosis", action="store_true", help="thin marrow and cortex")
    for word, form, says in _SCAN:
        phantom.add_argument(word, metavar=form, help=says)
    phantom.add_argument(
        "--matrix", type=_columns_and_rows, metavar="512,512", help="columns and rows"
    )
    phantom.add_argument(
        "--posture-seed", type=int, metavar="N",
        help="a second scan of the same spine: every vertebra lies elsewhere, noise is new",
    )  # fmt: skip
    for word, says in _NUMBERS:
        phantom.add_argument(word, type=float, help=says)


def _columns_and_rows(text: str) -> list[int]:
    """Read ``512,512``."""
    try:
        columns, rows = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a matrix; write columns and rows, such as 512,512"
        ) from None
    return [columns, rows]
