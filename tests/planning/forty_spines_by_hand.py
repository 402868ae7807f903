"""Plan on digital spines and judge every proposal against the truth. Run by hand.

``python tests/planning/forty_spines_by_hand.py FIRST COUNT [OUT.jsonl]`` takes the seeds FIRST to
FIRST + COUNT - 1, T4 to L5 on a small field of view, both sides, on the true outlines and on our
own. Every proposal that comes back is judged by the formulas of the spine. A spine takes about a
minute of one core. With OUT, spines that are whole in it are not run again, so a run that was
stopped goes on where it was. Two processes share the work with two ranges of seeds and two files;
``... summary OUT.jsonl ...`` reads any number of files.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
from planner.anatomy import segment  # noqa: E402
from planner.domain.levels import Level, Side  # noqa: E402
from planner.phantom.make import make_phantom  # noqa: E402
from planner.phantom.recipe import FieldOfView, Recipe  # noqa: E402
from planner.planning import propose  # noqa: E402
from planner.planning.propose import USUAL_DIAMETER_MM  # noqa: E402
from planning.true_judge import Judge  # noqa: E402

FIRST_LEVEL, LAST_LEVEL = Level.T4, Level.L5
ROOM_MM = 1.0
"""A pedicle as wide as the needle and this must hold it wholly."""


def recipe(seed):
    return Recipe(seed=seed, levels=(FIRST_LEVEL, LAST_LEVEL), field_of_view=FieldOfView.SPINE)


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def levels():
    return [level for level in Level if FIRST_LEVEL.order <= level.order <= LAST_LEVEL.order
            and level is not Level.T13]  # fmt: skip


def cases(phantom, anatomies):
    """One row for each level, side and anatomy, with the verdict on every proposal."""
    judge = Judge(phantom)
    for name, anatomy in anatomies.items():
        for level in levels():
            for side in Side:
                yield {
                    "seed": phantom.recipe.seed,
                    "outlines": name,
                    "level": str(level),
                    "side": side.value,
                    "width_mm": phantom.landmarks[level].pedicles[side].width_mm.best,
                    **answer(phantom, anatomy, level, side, judge),
                }


def answer(phantom, anatomy, level, side, judge):
    if level not in anatomy.vertebrae:
        return {"none": ["not outlined"], "found": [], "cpu_s": 0.0}
    started = time.process_time()
    proposals = propose(phantom.ct, anatomy, level, side=side)
    cpu_s = time.process_time() - started
    found = []
    for item in proposals.trajectories:
        verdict = judge.verdict(item.trajectory, USUAL_DIAMETER_MM)
        pedicle = anatomy.vertebrae[level].pedicles[side]
        found.append(
            {
                "approach": str(item.trajectory.approach),
                "claimed_mm": item.worst_mm,
                "claimed_width_mm": pedicle.width_mm.best,
                "out": {key: max(value, -99.0) for key, value in verdict.out.items()},
                "canal_mm": verdict.canal_mm,
                "foramen_mm": verdict.foramen_mm,
                "body_depth_mm": verdict.body_depth_mm,
                "entry": list(item.trajectory.entry.array),
                "tip": list(item.trajectory.tip.array),
            }
        )
    return {"none": list(proposals.none_because), "found": found, "cpu_s": cpu_s}


def summary(rows):
    for name in sorted({row["outlines"] for row in rows}):
        ours = [row for row in rows if row["outlines"] == name]
        say(
            f"\n== {name} outlines: {len({row['seed'] for row in ours})} spines, {len(ours)} sides"
        )
        silent = [row for row in ours if not row["found"] and not row["none"]]
        say(f"neither answer nor reason: {len(silent)}")
        wide = [row for row in ours if row["width_mm"] >= USUAL_DIAMETER_MM + ROOM_MM]
        for part, which in (
            ("wide enough", wide),
            ("too narrow", [r for r in ours if r not in wide]),
        ):
            told(part, which)
        worst_of(ours)


def told(part, rows):
    first = [row["found"][0]["approach"] if row["found"] else "none" for row in rows]
    counts = {way: first.count(way) for way in sorted(set(first))}
    say(f"{part}: {len(rows)} sides; first proposal {counts}")
    inside = [(f, row) for row in rows for f in row["found"] if f["approach"] == "transpedicular"]
    leaving = [(max(f["out"].values()), f, row) for f, row in inside]
    bad = sorted((x for x in leaving if x[0] > 0.0), key=lambda x: -x[0])
    medial = [x for x in leaving if x[1]["out"]["medial"] > 0.0]
    say(
        f"  transpedicular proposals {len(inside)}, leaving the true pedicle {len(bad)}, "
        f"medially {len(medial)}"
    )
    for value, f, row in bad[:12]:
        say(f"    {row['seed']} {row['level']} {row['side']}: {value:.2f} mm "
              f"{max(f['out'], key=f['out'].get)}; claimed {f['claimed_mm']:.2f}; width "
              f"{f['claimed_width_mm']:.1f}, true {row['width_mm']:.1f}")  # fmt: skip


def worst_of(rows):
    for key in ("canal_mm", "foramen_mm"):
        found = [(f[key], f, row) for row in rows for f in row["found"]]
        bad = sorted((x for x in found if x[0] > 0.0), key=lambda x: -x[0])
        say(f"{key}: {len(bad)} of {len(found)} proposals enter")
        for value, f, row in bad[:12]:
            say(
                f"    {row['seed']} {row['level']} {row['side']} {f['approach']}: {value:.2f} mm; "
                f"claimed {f['claimed_mm']:.2f}; true width {row['width_mm']:.1f}"
            )
    shallow = [(f["body_depth_mm"], f, row) for row in rows for f in row["found"]]
    for depth, f, row in sorted(shallow, key=lambda x: x[0])[:3]:
        say(
            f"tip depth in the true body {depth:.1f} mm: {row['seed']} {row['level']} "
            f"{row['side']} {f['approach']}"
        )


def whole(path):
    """Rows of the spines that are whole in a file; what a stopped run left half is dropped."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    sides = 2 * 2 * len(levels())
    seeds = [row["seed"] for row in rows]
    kept = [row for row in rows if seeds.count(row["seed"]) == sides]
    if len(kept) < len(rows):
        path.write_text("".join(json.dumps(row) + "\n" for row in kept))
    return kept


def main():
    if sys.argv[1] == "summary":
        summary([row for path in sys.argv[2:] for row in whole(Path(path))])
        return
    first, count = int(sys.argv[1]), int(sys.argv[2])
    rows = whole(Path(sys.argv[3])) if len(sys.argv) > 3 else []
    done = {row["seed"] for row in rows}
    for seed in sorted(set(range(first, first + count)) - done):
        phantom = make_phantom(recipe(seed))
        anatomies = {"true": phantom.truth, "segmented": segment(phantom.ct)}
        found = list(cases(phantom, anatomies))
        rows += found
        say(f"spine {seed}: {len(found)} sides")
        if len(sys.argv) > 3:
            with Path(sys.argv[3]).open("a") as out:
                out.writelines(json.dumps(row) + "\n" for row in found)
    summary(rows)


if __name__ == "__main__":
    main()
