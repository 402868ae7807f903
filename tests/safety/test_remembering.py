"""What a ruler remembers, asked for by a check and by the card of a needle at once."""

import sys
from concurrent.futures import ThreadPoolExecutor

from planner.safety import ruler
from planner.safety.ruler import ruler_for
from safety.cases import good_plan, good_scene


def test_that_two_threads_may_ask_one_ruler_while_it_forgets(monkeypatch):
    monkeypatch.setattr(ruler, "REMEMBERED", 3)
    shared = ruler_for(good_scene(good_plan()).anatomy)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def ask(start):
        return [shared.remembered(int, (start + turn) % 5) for turn in range(20_000)]

    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(ask, range(4)))
    finally:
        sys.setswitchinterval(usual)
    for start, answers in enumerate(found):
        assert answers == [(start + turn) % 5 for turn in range(20_000)]
