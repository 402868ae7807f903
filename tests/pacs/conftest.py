"""A small scan as files, archives to ask, and certificates."""

import gc
import logging
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from exchange.hospital import loaded_case
from pacs.orthanc import running_orthanc
from planner.pacs.archive import CHATTY

SLICES = 12
"""Enough to lose some, few enough to be quick."""


@dataclass(frozen=True)
class Scan:
    folder: Path
    files: tuple[Path, ...]
    study: str
    series: str
    patient: str

    @property
    def objects(self):
        return [pydicom.dcmread(path) for path in self.files]


@pytest.fixture(scope="session")
def scan(tmp_path_factory) -> Scan:
    folder = tmp_path_factory.mktemp("scan") / "ct"
    record = loaded_case(folder.with_name("whole"), "straight").ct.record
    folder.mkdir()
    for path in sorted(folder.with_name("whole").rglob("*.dcm"))[:SLICES]:
        shutil.copy(path, folder)
    files = tuple(sorted(folder.iterdir()))
    return Scan(folder, files, record.study_uid, record.series_uid, record.patient.name)


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with running_orthanc(tmp_path_factory.mktemp("archive") / "store") as made:
        yield made


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Path:
    """Two that sign themselves: ``archive`` and ``stranger``, both for this computer."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("archive", "stranger"):
        made = [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
        ]
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
        both = [(folder / f"{name}.{kind}").read_text() for kind in ("key", "pem")]
        (folder / f"{name}.both").write_text("".join(both))
    return folder


@pytest.fixture(autouse=True)
def _nothing_left_behind():
    names = CHATTY
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    # What the libraries left open goes here, not in the middle of another room's test.
    gc.collect()
