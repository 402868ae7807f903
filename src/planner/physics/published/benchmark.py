"""``planner bench published``: every figure as one row, ours beside what was published."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from planner.catalog import load_catalog
from planner.domain.benchmark import BenchmarkRow
from planner.physics.heat.tissue_classes import tissue_classes
from planner.physics.published.comparing import Compared, compare
from planner.physics.published.experiments import experiments, not_run
from planner.physics.published.reading import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator


def bench_of_catalog() -> Bench:
    """Return the shipped devices and tissues."""
    catalog = load_catalog()
    return Bench(devices=catalog.devices, table=tissue_classes(catalog.tissues).table())


def benchmark() -> Iterator[BenchmarkRow]:
    """Run every published experiment; the time is that of the whole experiment."""
    bench = bench_of_catalog()
    for experiment in experiments():
        begun = time.perf_counter()
        found = compare(bench, experiment)
        seconds = time.perf_counter() - begun
        for one in found:
            name = f"{experiment.id}: {one.figure.name}"
            yield BenchmarkRow(name=name, median_s=seconds, best_s=seconds, n=1, note=words(one))
    for item in not_run():
        note = f"not run: {item.reason}"
        yield BenchmarkRow(name=item.title, median_s=0.0, best_s=0.0, n=0, note=note)


def words(one: Compared) -> str:
    """Return published value with source and status, ours, difference and verdict."""
    value, unit = one.figure.value, one.figure.unit
    return (
        f"published {value.value:g} {unit} ({one.figure.band_words}; {value.status}, "
        f"{value.source}); ours {one.ours.value:.1f} ({one.ours.low:.1f} to {one.ours.high:.1f}); "
        f"{one.difference:+.1f}; {one.verdict}"
    )
