"""A real Orthanc for the tests: started on free ports, its store gone with it."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TITLE = "ORTHANC"
START_S = 60.0


@dataclass(frozen=True)
class Orthanc:
    dicom_port: int
    http_port: int
    receiver_port: int
    folder: Path

    def rest(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}") as answer:
            return json.loads(answer.read())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running_orthanc(folder, **changes):
    if PROGRAM is None or not PLUGIN.exists():
        pytest.skip("Orthanc (Debian orthanc and orthanc-dicomweb) is not installed")
    folder.mkdir()
    ports = [free_port() for _ in range(3)]
    made = Orthanc(*ports, folder=folder)
    configuration = {
        "Name": "test",
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "Plugins": [str(PLUGIN)],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpPort": made.http_port,
        "DicomPort": made.dicom_port,
        "DicomAet": TITLE,
        "DicomCheckCalledAet": True,
        "DicomModalities": {"planner": ["PLANNER", "127.0.0.1", made.receiver_port]},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **changes,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(path)], stdout=log, stderr=log)
        try:
            wait_for(made, process)
            yield made
        finally:
            process.terminate()
            process.wait(timeout=START_S)


def wait_for(made, process):
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            for port in (made.http_port, made.dicom_port):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"Orthanc did not start: {(made.folder / 'log').read_text()[-2000:]}")
