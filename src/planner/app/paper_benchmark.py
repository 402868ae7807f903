"""How long one paper takes, from a plan of the easiest sample case to the finished PDF."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from planner.app.commands.demo import sample_plan
from planner.catalog import load_catalog
from planner.domain.benchmark import BenchmarkRow
from planner.domain.plan import AnatomyBinding
from planner.phantom import make_phantom
from planner.phantom.samples import sample
from planner.session.cases import Case, check
from planner.session.output import report_case

CASE = "easy-l3"


def benchmark() -> list[BenchmarkRow]:
    """Time checks and papers of one plan; the first check of a scan makes what later ones keep."""
    chosen = sample(CASE)
    phantom = make_phantom(chosen.recipe)
    case = Case(
        ct=phantom.ct,
        anatomy=phantom.truth,
        binding=AnatomyBinding(backend="truth"),
        catalog=load_catalog(),
    )
    plan = sample_plan(case, chosen)
    started = time.perf_counter()
    check(plan, case)
    first_s = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.pdf"
        pages = report_case(plan, case, path)
        row = BenchmarkRow.timed("paper of one needle", lambda: report_case(plan, case, path))
        note = (
            f"bar 3 s; {pages} pages, {path.stat().st_size / 1e6:.1f} MB, "
            f"{phantom.ct.hu.size / 1e6:.0f} million voxels; the first check took {first_s:.1f} s"
        )
    return [replace(row, note=note)]
