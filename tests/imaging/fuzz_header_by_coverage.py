"""Coverage-guided fuzz of the header pass, by hand, in an environment that has atheris.

``PYTHONPATH=src python tests/imaging/fuzz_header_by_coverage.py CORPUS -max_total_time=3600``;
CORPUS is a folder of small DICOM files to start from. Anything but a header or one of the
reader's own refusals is a crash.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["planner.imaging"]):
    from planner.imaging.elements import DamagedFileError
    from planner.imaging.fragments import frame_parts
    from planner.imaging.frames import FrameRefusedError, frames_of
    from planner.imaging.header import HeaderReader, NotDicomError
    from planner.imaging.identity import identity_key
    from planner.imaging.stack import StackRefusedError, stack

FILE = Path(mkdtemp()) / "input.dcm"


def read_one(content: bytes) -> None:
    """Take one input through everything that looks at headers."""
    FILE.write_bytes(content)
    try:
        header = HeaderReader().read(FILE, "input.dcm")
        identity_key(header.data)
        frames = frames_of(header)
        if header.syntax.coding != "raw":
            frame_parts(header, len(frames))
        stack(frames)
    except (DamagedFileError, NotDicomError, FrameRefusedError, StackRefusedError):
        return


atheris.Setup(sys.argv, read_one)
atheris.Fuzz()
