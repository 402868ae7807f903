"""Coverage-guided fuzz of the header pass, by hand, in an environment that has atheris.

``PYTHONPATH=src python tests/imaging/fuzz_header_by_coverage.py CORPUS -max_total_time=3600``;
CORPUS is a folder of small DICOM files to start from. Anything but a header or one of the
reader's own refusals is a crash.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["planner.imaging"]):
    from planner.domain.progress import unreported
    from planner.imaging.folder import read_folder
    from planner.imaging.fragments import frame_parts
    from planner.imaging.frames import FrameRefusedError, frames_of
    from planner.imaging.identity import patient_of
    from planner.imaging.series import group_series, judge, note_scattered

FILE = Path(mkdtemp()) / "input.dcm"


def read_one(content: bytes) -> None:
    """Take one input through everything that looks at headers."""
    FILE.write_bytes(content)
    contents = read_folder(FILE, unreported)
    series = group_series(contents.headers)
    for one in series:
        judge(one)
    note_scattered(series)
    for header in contents.headers:
        patient_of(header.data)
        with suppress(FrameRefusedError):
            frame_parts(header, len(frames_of(header)))


atheris.Setup(sys.argv, read_one)
atheris.Fuzz()
