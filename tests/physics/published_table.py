"""The plausibility table of the heat model, worst first. Run by hand; it takes some minutes.

``python tests/physics/published_table.py`` writes ``docs/models/published.md``; a test keeps the
rows that are quick true.
"""

from __future__ import annotations

from pathlib import Path

from planner.physics.published import Compared, Verdict, compare, experiments, not_run
from planner.physics.published.benchmark import bench_of_catalog

TABLE = Path(__file__).parents[2] / "docs/models/published.md"

HEAD = """# Published experiments and this model

Made by `tests/physics/published_table.py`, from the same runs as `planner bench published`; the
published numbers, their sources and everything assumed are in `resources/physics/published.toml`.
**Plausibility, not validation**: no experiment states all of its geometry, and what is assumed can
move ours by more than the band. Worst first, in half widths of the band. "Span" is ours over the
part of what is not published that is varied; that a span reaches into a band is told and does not
count as within.

"""

MEANING = """## What the misses say

Looked at when the page was first made; figures as above.

- **Too little, the dangerous way.** Ice and lethal cold of several probes are 4 to 6 mm
  narrower here than in agar, and in gel the edge of the ice lies 6 mm nearer to the needle. A
  real edge of ice may lie some 3 to 6 mm beyond the drawn one: trust a thermometer and the ice
  seen on CT, not the drawn edge. So the cold of several probes is looked for within 6 mm of a
  structure, and their band is 6 mm (ADR 745). At the foramen of the cadavers ours is 7 to 9 K too
  cool; where the electrode lay is not published, and here it is 25 mm away.
- **Too much: cautious beside a nerve, the wrong way for a tumour.** The lethal cold of one probe
  is 5 mm too wide. The wall of the sheep is 15 K too hot at 30 W, where the efficiency of one
  antenna stands in for another's. The body of the cadavers is too hot, and with the array the
  canal too, where four electrodes stand in for thin tines.
- **No more than what is unknown.** Growth with time and length of burns in meat are met; that a
  thicker needle burns wider is 1 mm too weak. The time to steady spots and the osteoid osteoma
  hang on what their authors took for steady, for outside and for blood flow.
"""

COLUMNS = """| experiment | figure | published | band | ours | span | off by | stands |
|---|---|---|---|---|---|---|---|
"""


def row(one: Compared) -> str:
    """Return one line of the table."""
    figure, ours = one.figure, one.ours
    return (
        f"| {one.experiment.title} | {figure.name} | {figure.value.value:g} {figure.unit} "
        f"({figure.value.status}) | {figure.band_words} | {ours.value:.1f} | "
        f"{ours.low:.1f} to {ours.high:.1f} | {one.difference:+.1f} | {one.verdict} |"
    )


def table(found: list[Compared]) -> str:
    """Return the whole page."""
    within = sum(one.verdict is Verdict.WITHIN for one in found)
    worst_first = sorted(found, key=lambda one: -one.bands_away)
    lines = "\n".join(map(row, worst_first))
    why = "\n".join(f"- **{one.title}**: {one.not_published}." for one in experiments())
    left = "\n".join(f"- **{one.title}**: {one.reason}." for one in not_run())
    return (
        f"{HEAD}{within} of {len(found)} figures are within their band.\n\n"
        f"{COLUMNS}{lines}\n\n{MEANING}\n"
        f"## What was not published, so assumed\n\n{why}\n\n## Not run\n\n{left}\n"
    )


if __name__ == "__main__":
    bench = bench_of_catalog()
    every = [one for experiment in experiments() for one in compare(bench, experiment)]
    TABLE.write_text(table(every), encoding="utf-8")
