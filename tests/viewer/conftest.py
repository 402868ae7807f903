"""Qt without a screen, and no thread or timer left behind."""

import os
import threading

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_thread_is_left():
    ours = ("job", "journal")
    before = {thread for thread in threading.enumerate() if thread.name.startswith(ours)}
    yield
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith(ours) and thread.is_alive() and thread not in before
    ]
    assert left == []
