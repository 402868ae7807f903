"""Qt without a screen, and no thread or timer left behind."""

import os
import threading

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = {thread for thread in threading.enumerate() if thread.name.startswith("job")}
    yield
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("job") and thread.is_alive() and thread not in before
    ]
    assert left == []
