"""Qt without a screen, and no thread or timer left behind."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def x_display() -> Iterator[str]:
    """A real X server with a screen for a window at scale 2; nothing else draws on it."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("the Xvfb program is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "3000x1880x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=10)
