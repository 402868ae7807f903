"""Mutation fuzz of any length: ``PYTHONPATH=src:tests python tests/imaging/fuzz_by_hand.py N``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from imaging.mutation import Tally, Target, run

SHARES = {"explicit": 0.4, "implicit": 0.2, "deflated": 0.15, "enhanced": 0.24, "rle": 0.01}


def main() -> None:
    """Run the number of trials given, with the seed given; print what became of them."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for kind, share in SHARES.items():
        with TemporaryDirectory() as folder:
            tally = Tally()
            run(
                Target(Path(folder), kind), int(trials * share), np.random.default_rng(seed), tally
            )
        outcomes = dict(tally.outcomes)
        sys.stdout.write(f"{kind}: {outcomes}, slowest {tally.slowest_s:.2f} s\n")
        for fault in tally.faults:
            sys.stdout.write(f"  {fault}\n")


if __name__ == "__main__":
    main()
