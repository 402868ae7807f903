"""Leaks of fifty whole and sixty pierced digital spines. Run by hand.

``python tests/physics/cement/leaks_by_hand.py whole FIRST COUNT`` gives 8 mL to spines with
nothing wrong, from a tip in the front third and one in the middle, and counts what leaves the
bone: in the nominal run, and in the twenty of the ensemble with their veins told apart.
``... pierced FIRST COUNT`` makes one defect for each seed, way out after way out, and counts those
that leak there first. A spine takes some seconds of one core.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
import numpy as np  # noqa: E402

from physics.cement.defects import MOST_ML, defect_case, first_leaks, spine  # noqa: E402
from planner.domain.cement import LeakPath  # noqa: E402
from planner.geometry.points import PointLps  # noqa: E402
from planner.physics.cement.ensemble import forecast  # noqa: E402
from planner.physics.cement.outlet import Outlet  # noqa: E402
from planner.session.cement_region import cement_region  # noqa: E402


def say(words):
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def whole(first, count):
    leaked, runs = 0, Counter()
    for seed in range(first, first + count):
        level, phantom = spine(seed)
        vertebra = phantom.truth.vertebrae[level]
        medium = cement_region(phantom.ct, phantom.truth, level)
        for forward in (0.2, 0.0):
            depth = forward * vertebra.body_size_mm[1]
            tip = vertebra.body_centre.array + depth * np.array(vertebra.anterior)
            found, placed = first_leaks(medium, PointLps.of(tip))
            leaked += bool(found)
            say(f"{seed} {level} placed {placed:.2f} mL nominal leaks {found}")
        outlet = [Outlet(tip=PointLps.of(tip), until_ml=MOST_ML)]
        for path, chance in forecast(medium, outlet, injection_id="c").chances.items():
            runs[path] += chance.leaking
            runs["of"] += chance.runs if path is LeakPath.EPIDURAL else 0
    say(f"whole: {leaked} of {2 * count} nominal runs leak; ensemble {dict(runs)}")


def pierced(first, count):
    paths = list(LeakPath)
    right = 0
    for number, seed in enumerate(range(first, first + count)):
        path = paths[number % len(paths)]
        level, found, placed = defect_case(seed, path)
        own = bool(found) and min(found, key=found.get) is path
        right += own
        words = {str(key): round(value, 2) for key, value in found.items()}
        say(f"{seed} {level} {path}: {'right' if own else 'WRONG'} {words} placed {placed:.2f}")
    say(f"pierced: {right} of {count} leak first where the defect is")


if __name__ == "__main__":
    {"whole": whole, "pierced": pierced}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
