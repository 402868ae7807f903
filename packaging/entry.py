"""Where the built program starts: ``planner``, or one of its own modules as Python would run it.

The window and the reader of compressed pixels start processes of their own with ``sys.executable``
and ``-m MODULE`` or ``-P FILE``. In the built program that is this file, so it answers both as
Python does, for the program's own modules and for nothing else.
"""

from __future__ import annotations

import runpy
import sys
from multiprocessing import freeze_support
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "planner"


def main() -> int:
    """Run a module, a file, or the command line; return the exit code."""
    freeze_support()
    words = sys.argv[1:]
    if len(words) > 1 and words[0] == "-m" and words[1].split(".")[0] == "planner":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return 0
    if len(words) > 1 and words[0] == "-P" and PACKAGE in Path(words[1]).resolve().parents:
        sys.argv = words[1:]
        runpy.run_path(words[1], run_name="__main__")
        return 0
    from planner.app.main import main as command_line  # noqa: PLC0415 - a decoder needs none of it

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
