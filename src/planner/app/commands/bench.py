"""``planner bench``: one table, peers and the machine's own bandwidth beside each other."""

from __future__ import annotations

import importlib
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import numpy as np

from planner.app.output import Outcome
from planner.domain.benchmark import BenchmarkRow
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

COPY_BYTES = 256 * 1024 * 1024
"""Large enough to leave every cache."""

BENCHMARKS = {
    "imaging": "planner.imaging.benchmark:benchmark",
    "segmentation": "planner.app.segmentation_trials:benchmark",
    "corrections": "planner.anatomy.correction_benchmark:benchmark",
    "needles": "planner.app.needle_trials:benchmark",
    "leaks": "planner.app.leak_trials:benchmark",
    "registration": "planner.app.registration_trials:benchmark",
    "physics": "planner.physics.benchmark:benchmark",
    "published": "planner.physics.published.benchmark:benchmark",
    "cement": "planner.physics.cement.benchmark:benchmark",
    "drag": "planner.app.drag_benchmark:benchmark",
    "planning": "planner.planning.benchmark:benchmark",
    "window": "planner.app.window_benchmark:benchmark",
    "panes": "planner.app.pane_benchmark:benchmark",
    "paper": "planner.app.paper_benchmark:benchmark",
    "fluoroscopy": "planner.fluoroscopy.benchmark:benchmark",
    "safety": "planner.session.verdict_benchmark:benchmark",
    "phantom": "planner.phantom.benchmark:benchmark",
}
"""Where each family of benchmarks is; a new one is a line here."""


def bench(arguments: argparse.Namespace) -> Outcome:
    """Run the named families of benchmarks, or all."""
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        raise UsageError(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    rows = [copy_bandwidth()]
    for name in arguments.names or BENCHMARKS:
        module, function = BENCHMARKS[name].split(":")
        family = getattr(importlib.import_module(module), function)
        for row in cast("Callable[[], Iterable[BenchmarkRow]]", family)():
            rows.append(row)
            print(_line(row), file=sys.stderr, flush=True)  # a family may take minutes
    return Outcome({"benchmarks": [asdict(row) for row in rows]}, summary=_table(rows))


def copy_bandwidth() -> BenchmarkRow:
    """Time one copy of a large array."""
    source = np.ones(COPY_BYTES, dtype=np.uint8)
    target = np.empty_like(source)
    row = BenchmarkRow.timed("memory copy, 256 MiB", lambda: np.copyto(target, source))
    gigabytes_per_s = 2 * COPY_BYTES / row.best_s / 1e9
    return BenchmarkRow(
        name=row.name,
        median_s=row.median_s,
        best_s=row.best_s,
        n=row.n,
        note=f"{gigabytes_per_s:.1f} GB/s read and written",
    )


def _table(rows: list[BenchmarkRow]) -> str:
    lines = [f"{'benchmark':<44}{'median s':>10}{'best s':>10}{'n':>4}{'ratio':>8}  against"]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: BenchmarkRow) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (
        f"{row.name:<44}{row.median_s:>10.4f}{row.best_s:>10.4f}{row.n:>4}{ratio:>8}  "
        f"{row.against or row.note}"
    )
