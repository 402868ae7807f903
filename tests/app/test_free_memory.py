import ctypes
import sys
import threading

import pytest

from planner.app.free_memory import give_back
from planner.app.pane_benchmark import resident_mb

HAS_TRIM = sys.platform.startswith("linux") and hasattr(ctypes.CDLL(None), "malloc_trim")


@pytest.mark.skipif(not HAS_TRIM, reason="glibc alone can be told to")
def test_that_memory_freed_between_what_is_in_use_goes_back():
    blocks = [bytearray(b"x") * 100_000 for _ in range(1000)]
    kept = blocks[9::10]
    del blocks
    before_mb = resident_mb()
    give_back()
    for thread in threading.enumerate():
        if thread.name == "give back":
            thread.join(30)
    assert before_mb - resident_mb() > 60.0
    assert len(kept) == 100
