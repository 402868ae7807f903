"""A real Orthanc: send, find, fetch, plan, send the plan back, and reopen it elsewhere."""

import json
from pathlib import Path
from unittest.mock import Mock

import pydicom
import pytest

from pacs.archives import LEAVES_SOCKETS
from pacs.orthanc import TITLE, running_orthanc
from phantoms import small
from planner import pacs
from planner.app.main import main
from planner.app.services import Services
from planner.document.plan_file import load_plan
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level, Side
from planner.domain.progress import unreported
from planner.imaging import load_ct, write_ct_series
from planner.phantom.make import make_phantom
from planner.phantom.recipe import Lesion, Matter, Place
from planner.settings.nodes import DimseNode, Limits, PacsSettings, Tls, load_pacs

pytestmark = LEAVES_SOCKETS
PATIENT = "PHANTOM-3"
SAME = ("verdict", "revision", "findings", "checked", "evidence", "input_sha256")


def configured(folder: Path, orthanc) -> Path:
    """Write a profile that knows one Orthanc in three ways."""
    folder.mkdir()
    (folder / "pacs.toml").write_text(
        f"""
[receiver]
port = {orthanc.receiver_port}
allow = ["127.0.0.1"]
[[node]]
name = "get"
host = "127.0.0.1"
port = {orthanc.dicom_port}
title = "{TITLE}"
[[node]]
name = "move"
host = "127.0.0.1"
port = {orthanc.dicom_port}
title = "{TITLE}"
retrieve = "move"
[[node]]
name = "web"
url = "http://127.0.0.1:{orthanc.http_port}/dicom-web"
"""
    )
    return folder


def run(capsys, *words) -> dict:
    assert main([*(str(word) for word in words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """Return a spine of three levels as DICOM files, and two points of a needle in L3."""
    lesion = Lesion(level=Level.L3, kind=Matter.LYTIC, r_mm=7.0, place=Place.ANTERIOR)
    made = make_phantom(small(spacing_mm=(2.0, 2.0, 2.5), lesions=(lesion,)))
    folder = tmp_path_factory.mktemp("phantom") / "ct"
    write_ct_series(folder, made.ct)
    vertebra = made.truth.vertebrae[Level.L3]
    tip, isthmus = vertebra.body_centre, vertebra.pedicles[Side.LEFT].isthmus
    return folder, tip.moved((isthmus.array - tip.array) * 2.5), tip


@pytest.fixture(scope="module")
def stored(phantom, orthanc, tmp_path_factory):
    """Send the phantom to the archive; return where it is there."""
    folder, _, _ = phantom
    profile = configured(tmp_path_factory.mktemp("profile") / "sender", orthanc)
    files = list(folder.iterdir())
    assert pacs.send(load_pacs(profile), [folder], node="get") == len(files)
    assert len(orthanc.rest("/instances")) == len(files)
    header = pydicom.dcmread(files[0])
    return str(header.StudyInstanceUID), str(header.SeriesInstanceUID), len(files)


@pytest.mark.parametrize("node", ["get", "move", "web"])
def test_that_a_series_comes_back_as_it_was_sent(
    phantom, orthanc, stored, tmp_path, monkeypatch, capsys, node
) -> None:
    study, series, count = stored
    monkeypatch.setenv("PLANNER_DATA", str(configured(tmp_path / "mine", orthanc)))
    assert run(capsys, "pacs", "echo", "--node", node) == {"node": node}
    found = run(capsys, "pacs", "find", "--patient-id", PATIENT, "--node", node)
    assert [one["study_uid"] for one in found["studies"]] == [study]
    found = run(capsys, "pacs", "find", "--study", study, "--node", node)
    assert {one["series_uid"]: one["instances"] for one in found["series"]}[series] == count
    where = ("--study", study, "--series", series, "--out", tmp_path / "ct", "--node", node)
    assert run(capsys, "pacs", "get", *where)["verdict"] == "load"
    assert load_ct(tmp_path / "ct").record.sha256 == load_ct(phantom[0]).record.sha256
    names = sorted(path.name for path in (tmp_path / "ct").iterdir())
    assert names == [f"{number + 1:06d}.dcm" for number in range(count)]


@pytest.mark.parametrize("node", ["get", "web"])
def test_that_a_plan_comes_back_on_an_empty_profile_with_the_same_verdict(
    phantom, orthanc, stored, tmp_path, monkeypatch, capsys, node
) -> None:
    study, series, _ = stored
    monkeypatch.setenv("PLANNER_DATA", str(configured(tmp_path / "here", orthanc)))
    where = ("--study", study, "--series", series, "--node", node)
    run(capsys, "pacs", "get", *where, "--out", tmp_path / "ct")
    entry, tip = (",".join(f"{value:.3f}" for value in place.array) for place in phantom[1:])
    needle = ("--level", "L3", "--side", "left", "--device", "osteocool-10")
    points = (f"--entry={entry}", f"--tip={tip}")
    made = run(capsys, "plan", tmp_path / "ct", *needle, *points, "--out", tmp_path / "plan.json")
    before = run(capsys, "assess", tmp_path / "plan.json")
    kinds = ("--seg", "--plan-dicom")  # the report goes in the test of the window below
    out = run(capsys, "export", tmp_path / "plan.json", "--out", tmp_path / "out", *kinds)
    sent = run(capsys, "pacs", "send", tmp_path / "out", "--node", node)
    assert sent["sent"] == len(out["files"])

    monkeypatch.setenv("PLANNER_DATA", str(configured(tmp_path / "elsewhere", orthanc)))
    back = run(
        capsys, "pacs", "get", "--study", study, "--plans", "--out", tmp_path / "plans",
        "--node", node,
    )  # fmt: skip
    mine = [one for one in back["plans"] if one["plan_id"] == made["plan_id"]]
    assert [(one["revision"], one["series_uid"]) for one in mine] == [(made["revision"], series)]
    assert Path(mine[0]["file"]).read_bytes() == (tmp_path / "plan.json").read_bytes()
    run(capsys, "pacs", "get", *where, "--out", tmp_path / "again")
    after = run(capsys, "assess", mine[0]["file"], "--ct", tmp_path / "again")
    assert before["findings"]
    assert {key: after[key] for key in SAME} == {key: before[key] for key in SAME}


def test_that_the_window_sends_a_plan_that_the_archive_then_has(
    phantom, orthanc, stored, tmp_path, monkeypatch, capsys
) -> None:
    study, _, _ = stored
    profile = configured(tmp_path / "here", orthanc)
    monkeypatch.setenv("PLANNER_DATA", str(profile))
    needle = ("--level", "L3", "--side", "left", "--device", "osteocool-10")
    points = [
        f"--{word}=" + ",".join(f"{value:.3f}" for value in place.array)
        for word, place in zip(("entry", "tip"), phantom[1:], strict=True)
    ]
    made = run(capsys, "plan", phantom[0], *needle, *points, "--out", tmp_path / "plan.json")
    services = Services(profile)
    assert services.archives() == ("get", "move", "web")
    plan = load_plan(tmp_path / "plan.json")
    ct, anatomy = services.reopen(plan, unreported)
    before = len(orthanc.rest("/instances"))
    checked = Mock(plan=plan)
    said = services.send("get", ct, anatomy, checked, unreported)
    gained = len(orthanc.rest("/instances")) - before
    assert said == f"get has all {gained} objects of this plan."
    found = run(capsys, "pacs", "get", "--study", study, "--plans", "--out", tmp_path / "plans",
                "--node", "web")  # fmt: skip
    assert made["plan_id"] in [one["plan_id"] for one in found["plans"]]


@pytest.mark.parametrize(
    ("node", "title"), [("get", "SOMEBODY"), ("move", "SOMEBODY")], ids=["get", "move"]
)
def test_that_orthanc_refuses_a_wrong_title_and_it_is_said(
    orthanc, stored, tmp_path, node, title
) -> None:
    profile = configured(tmp_path / "mine", orthanc)
    text = (profile / "pacs.toml").read_text().replace(TITLE, title)
    (profile / "pacs.toml").write_text(text)
    with pytest.raises(InputRefusedError) as refused:
        pacs.get_series(load_pacs(profile), *stored[:2], tmp_path / "ct", node=node)
    assert refused.value.code == "PACS-REJECTED"
    assert not (tmp_path / "ct").exists()


def test_that_orthanc_is_spoken_to_with_tls(certificates, phantom, tmp_path) -> None:
    configuration = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(certificates / "archive.pem"),
        "DicomTlsPrivateKey": str(certificates / "archive.key"),
        "DicomTlsTrustedCertificates": str(certificates / "stranger.pem"),
    }

    def settings(ca: str, us: str) -> PacsSettings:
        cert, key = (str(certificates / f"{us}.{kind}") for kind in ("pem", "key"))
        tls = Tls(ca=str(certificates / f"{ca}.pem"), cert=cert, key=key)
        port = orthanc.dicom_port
        node = DimseNode(name="tls", host="127.0.0.1", port=port, title=TITLE, tls=tls)
        return PacsSettings(nodes={"tls": node}, limits=Limits(silence_s=10.0))

    with running_orthanc(tmp_path / "store", **configuration) as orthanc:
        some = sorted(phantom[0].iterdir())[:2]
        assert pacs.send(settings("archive", "stranger"), some) == len(some)
        for ca, us in (("stranger", "stranger"), ("archive", "archive")):
            with pytest.raises(InputRefusedError) as refused:
                pacs.echo(settings(ca, us))
            assert refused.value.code == "PACS-UNREACHABLE"
