"""DICOMweb on a server that fails as real ones do: said in words, and nothing is left."""

import json
import re
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from pacs.archives import LEAVES_SOCKETS
from planner import pacs
from planner.domain.errors import CancelledByUserError, InputRefusedError, UsageError
from planner.imaging import load_ct
from planner.settings.nodes import Limits, PacsSettings, Tls, WebNode

pytestmark = LEAVES_SOCKETS
BOUNDARY = "b0undary"


@dataclass
class Web:
    """What it has and what it does wrong; ``cut`` bytes are missing from a transfer's end."""

    objects: list
    sends: list | None = None
    says: int | None = None
    cut: int = 0
    chunked: bool = False
    status: int = 200
    location: str = ""
    rubbish: bool = False
    fails_to_store: bool = False
    asked: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    def settings(self, *, tls=None, variable="", **limits):
        url = f"{self.scheme}://127.0.0.1:{self.port}/web"
        node = WebNode(name="web", url=url, tls=tls, authorization_variable=variable)
        return PacsSettings(nodes={"web": node}, limits=Limits(**{"silence_s": 10.0} | limits))

    def series(self):
        answer = Dataset()
        answer.SeriesInstanceUID = self.objects[0].SeriesInstanceUID
        answer.Modality = "CT"
        says = len(self.objects) if self.says is None else self.says
        answer.NumberOfSeriesRelatedInstances = says
        return [answer]

    def instances(self):
        answers = []
        for one in self.objects:
            answer = Dataset()
            answer.SOPInstanceUID = one.SOPInstanceUID
            answers.append(answer)
        return answers

    def multipart(self):
        body = b""
        for one in self.objects if self.sends is None else self.sends:
            file = BytesIO()
            one.save_as(file, enforce_file_format=True)
            head = f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
            body += head + (b"no DICOM" * 40 if self.rubbish else file.getvalue())
        return body + f"\r\n--{BOUNDARY}--".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def log_message(self, *words):
        pass

    def do_GET(self):
        self.web.asked.append(self.path)
        self.web.headers.append(dict(self.headers))
        path = self.path.split("?")[0]
        if self.web.status != 200:
            self.send_response(self.web.status)
            if self.web.location:
                self.send_header("Location", self.web.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path.endswith("/series"):
            self.json(self.web.series())
        elif path.endswith("/instances"):
            self.json([] if re.search("offset=[1-9]", self.path) else self.web.instances())
        elif path.endswith("/studies"):
            self.json([])
        else:
            self.transfer(self.web.multipart())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer, item = Dataset(), Dataset()
        item.ReferencedSOPClassUID = "1.2"
        item.ReferencedSOPInstanceUID = "1.2.3"
        item.FailureReason = 0xA700
        answer.FailedSOPSequence = [item]
        self.json(answer)

    def json(self, answers):
        many = isinstance(answers, list)
        plain = [one.to_json_dict() for one in answers] if many else answers.to_json_dict()
        body = json.dumps(plain).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def transfer(self, body):
        self.send_response(200)
        kind = f'multipart/related; type="application/dicom"; boundary="{BOUNDARY}"'
        self.send_header("Content-Type", kind)
        if self.web.chunked:  # the end of a connection is the end of the answer: no length to miss
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - self.web.cut])
        self.close_connection = True


@contextmanager
def serving(web, tls=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"web": web}))
    server.handle_error = lambda *_: None
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        web.scheme = "https"
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def get(web, scan, place, report=None, **changes):
    kwargs = {} if report is None else {"report": report}
    return pacs.get_series(web.settings(**changes), scan.study, scan.series, place, **kwargs)


def refusal(web, scan, tmp_path, **changes):
    with pytest.raises(InputRefusedError) as refused:
        get(web, scan, tmp_path / "out" / "ct", **changes)
    assert list((tmp_path / "out").iterdir()) == []
    assert str(refused.value).startswith("web: ")
    return refused.value


def test_that_a_whole_series_arrives_as_it_was(scan, tmp_path) -> None:
    with serving(Web(scan.objects)) as web:
        get(web, scan, tmp_path / "ct")
    assert load_ct(tmp_path / "ct").record.sha256 == load_ct(scan.folder).record.sha256


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "no length"])
@pytest.mark.parametrize("cut", [20, 5_000, 60_000, 200_000])
def test_that_a_transfer_cut_short_leaves_nothing(scan, tmp_path, cut, chunked) -> None:
    with serving(Web(scan.objects, cut=cut, chunked=chunked)) as web:
        refused = refusal(web, scan, tmp_path)
    codes = {"PACS-LOST", "PACS-UNREACHABLE", "PACS-INCOMPLETE", "PACS-BROKEN"}
    assert refused.code in codes | {"DCM-PIXELS-SHORT", "DCM-UNREADABLE-FILE"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"status": 401}, "PACS-REJECTED"),
        ({"status": 500}, "PACS-FAILED"),
        ({"status": 302, "location": "http://192.0.2.1/"}, "PACS-NOT-TRUSTED"),
        ({"rubbish": True}, "PACS-BROKEN"),
        ({"says": 99}, "PACS-CHANGING"),
    ],
    ids=str,
)
def test_that_what_a_server_does_wrong_is_said(scan, tmp_path, wrong, code) -> None:
    with serving(Web(scan.objects, **wrong)) as web:
        assert refusal(web, scan, tmp_path).code == code


def test_that_too_few_and_other_objects_are_not_the_series(scan, tmp_path) -> None:
    objects = scan.objects
    with serving(Web(objects, sends=objects[:-1])) as web:
        assert refusal(web, scan, tmp_path).code == "PACS-INCOMPLETE"
    objects[-1].SeriesInstanceUID = generate_uid(prefix=None)
    with serving(Web(scan.objects, sends=objects)) as web:
        assert refusal(web, scan, tmp_path).code == "PACS-OTHER-SERIES"


def test_that_nobody_listening_is_said(scan, tmp_path) -> None:
    with serving(Web(scan.objects)) as web:
        pass
    assert refusal(web, scan, tmp_path).code == "PACS-UNREACHABLE"


def test_that_a_stop_stops_and_leaves_nothing(scan, tmp_path) -> None:
    calls = []

    def stop(fraction, message):
        calls.append(fraction)
        if len(calls) == 3:
            raise CancelledByUserError("stopped as asked")

    with serving(Web(scan.objects)) as web, pytest.raises(CancelledByUserError):
        get(web, scan, tmp_path / "out" / "ct", report=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert len(calls) == 3


def test_that_a_store_that_fails_is_said(scan) -> None:
    with serving(Web(scan.objects)) as web:
        with pytest.raises(InputRefusedError, match=r"A700\. 0 of") as refused:
            pacs.send(web.settings(), [scan.folder])
        assert refused.value.code == "PACS-NOT-STORED"


def test_that_https_is_spoken_and_only_with_whom_we_believe(scan, tmp_path, certificates) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificates / "archive.pem", certificates / "archive.key")
    server.load_verify_locations(certificates / "stranger.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    us = {"cert": str(certificates / "stranger.pem"), "key": str(certificates / "stranger.key")}
    with serving(Web(scan.objects), server) as web:
        get(web, scan, tmp_path / "ct", tls=Tls(ca=str(certificates / "archive.pem"), **us))
        other = Tls(ca=str(certificates / "stranger.pem"), **us)
        for tls in (other, None):
            assert refusal(web, scan, tmp_path, tls=tls).code == "PACS-NOT-TRUSTED"


def test_that_the_authorization_comes_from_the_environment(scan, monkeypatch) -> None:
    with serving(Web(scan.objects)) as web:
        with pytest.raises(UsageError, match="PLANNER_TEST_AUTHORIZATION"):
            pacs.echo(web.settings(variable="PLANNER_TEST_AUTHORIZATION"))
        monkeypatch.setenv("PLANNER_TEST_AUTHORIZATION", "Bearer abc")
        pacs.echo(web.settings(variable="PLANNER_TEST_AUTHORIZATION"))
    assert web.headers[-1]["Authorization"] == "Bearer abc"
