"""Published experiments: the file, the verdicts, and the rows that are quick to run."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from physics.published_table import TABLE, row
from planner.catalog import load_catalog
from planner.domain.errors import InputRefusedError
from planner.physics.heat.tissue_classes import TissueClass
from planner.physics.published import Compared, Verdict, compare, experiments, not_run
from planner.physics.published.benchmark import bench_of_catalog, words
from planner.physics.published.cold import frozen, gel_table, reach_mm, round_mm
from planner.physics.published.comparing import RUNS
from planner.physics.published.made_up_bone import LUMBAR, ROOT_MM, vertebra
from planner.physics.published.reading import Reading

QUICK = ("anchor", "meat")


def one_figure(low: float, high: float, ours: Reading) -> Compared:
    experiment = experiments()[0]
    figure = replace(experiment.figures[0], low=low, high=high)
    return Compared(experiment=experiment, figure=figure, ours=ours)


def test_that_every_experiment_of_the_file_has_a_run_and_every_run_an_experiment() -> None:
    assert [one.id for one in experiments()] == list(RUNS)
    assert all(one.not_published for one in experiments())
    assert len(not_run()) >= 3


@pytest.mark.parametrize(
    ("low", "high", "ours", "verdict"),
    [
        (40.0, 50.0, (45.0, 30.0), Verdict.WITHIN),
        (40.0, 50.0, (51.0, 49.0), Verdict.SPAN),
        (40.0, 50.0, (51.0, 50.5), Verdict.OUT),
        (-inf, 60.0, (61.0, 58.0), Verdict.SPAN),
        (60.0, inf, (61.0, 58.0), Verdict.WITHIN),
        (60.0, inf, (59.0, 58.0), Verdict.OUT),
    ],
)
def test_that_a_span_that_reaches_in_is_not_within(low, high, ours, verdict) -> None:
    found = one_figure(low, high, Reading.of(*ours))
    assert found.verdict is verdict
    assert (found.bands_away == 0.0) == (verdict is Verdict.WITHIN)


@pytest.mark.parametrize("name", QUICK)
def test_that_the_page_holds_what_the_quick_runs_say_today(name: str) -> None:
    experiment = next(one for one in experiments() if one.id == name)
    page = TABLE.read_text(encoding="utf-8")
    for one in compare(bench_of_catalog(), experiment):
        assert row(one) in page, words(one)


def test_that_the_page_has_every_figure_once() -> None:
    page = TABLE.read_text(encoding="utf-8")
    for one in experiments():
        for figure in one.figures:
            assert page.count(f"| {one.title} | {figure.name} |") == 1


def test_that_one_row_says_value_source_ours_and_verdict() -> None:
    said = words(one_figure(42.1, 51.5, Reading.of(53.0, 50.0)))
    for part in ("46.8", "Groetz 2013", "verified", "42.1 to 51.5", "53.0", "+6.2", "out; its"):
        assert part in said


def test_that_a_figure_nobody_can_be_judged_by_is_refused(tmp_path) -> None:
    path = tmp_path / "published.toml"
    path.write_text(
        '[[experiments]]\nid = "a"\ntitle = "a"\nnot_published = "a"\n'
        '[[experiments.figures]]\nkey = "k"\nname = "n"\nunit = "mm"\nband = "b"\n'
        'value = { value = 1.0, status = "verified", source = "s" }\n'
    )
    with pytest.raises(InputRefusedError, match="low, high or both"):
        experiments(path)


def test_that_the_made_up_vertebra_has_its_parts_where_they_are_read() -> None:
    medium = vertebra(bench_of_catalog().table, LUMBAR, 64, 1.0)

    def at(x: float, y: float, z: float) -> TissueClass:
        i, j, k = (round(place + 31.5) for place in (x, y, z))
        return TissueClass(int(medium.tissue[k, j, i]))

    assert at(0.0, -8.0, 0.0) is TissueClass.CANCELLOUS
    assert at(0.0, LUMBAR.wall_y_mm - 0.6, 0.0) is TissueClass.CORTICAL
    assert at(0.0, LUMBAR.wall_y_mm + 1.0, 0.0) is TissueClass.EPIDURAL_FAT
    assert at(0.0, LUMBAR.wall_y_mm + 9.0, 0.0) is TissueClass.CORD
    assert at(*ROOT_MM) is TissueClass.NERVE
    assert at(0.0, -8.0, 20.0) is TissueClass.DISC
    assert np.array_equal(medium.tissue, medium.tissue[:, :, ::-1])  # left as right


def test_that_ice_in_gel_is_read_as_wide_across_as_outward() -> None:
    table = gel_table(bench_of_catalog().table)
    result = frozen(table, [(0.0, 0.0)], (30.0, 2.4, -125.0), (1.5, 300.0, 39.0))
    for celsius in (-30.0, -0.25):
        outward = reach_mm(result, (1e-9, 0.0), celsius)
        assert 2.0 * outward == pytest.approx(round_mm(result, celsius), abs=0.6)
    assert result.lowest_celsius.max() == pytest.approx(39.0, abs=0.05)
    assert load_catalog().devices["cryo-17g"].numbers["model_probe_celsius"].value == -125.0
