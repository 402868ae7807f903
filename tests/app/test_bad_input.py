"""Bad input gets one clear sentence, the right exit code, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from planner.app.main import INPUT_REFUSED, OUR_FAULT, WRONG_USAGE, main
from planner.document.plan_file import load_plan

pytestmark = pytest.mark.usefixtures("own_folders")


@pytest.fixture
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path_factory.getbasetemp() / "data"))


def refused(
    capsys: pytest.CaptureFixture[str], *words: object, expect: int = INPUT_REFUSED
) -> str:
    assert main([str(word) for word in words]) == expect
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    sentence = shown.err.strip()
    assert sentence
    return sentence


def test_that_an_empty_folder_is_refused(tmp_path: Path, capsys) -> None:
    assert "no" in refused(capsys, "convert", tmp_path, "--out", tmp_path / "v.nii.gz").lower()
    assert main(["inspect", str(tmp_path), "--json"]) == INPUT_REFUSED
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "refuse"


def test_that_a_text_file_is_refused_by_its_name(tmp_path: Path, capsys) -> None:
    (tmp_path / "notes.txt").write_text("not a scan")
    sentence = refused(capsys, "convert", tmp_path / "notes.txt", "--out", tmp_path / "v.nii.gz")
    assert "notes.txt" in sentence


def test_that_a_path_that_is_not_there_is_refused(tmp_path: Path, capsys) -> None:
    gone = tmp_path / "gone"
    assert "gone" in refused(capsys, "convert", gone, "--out", tmp_path / "v.nii.gz")


@pytest.mark.realdata
def test_that_an_mr_series_is_refused(real_ct: Path, tmp_path: Path, capsys) -> None:
    mr = real_ct / "odd_dicom" / "slice_stacks" / "slicecount_001"
    sentence = refused(capsys, "convert", mr, "--out", tmp_path / "v.nii.gz")
    assert "CT" in sentence


@pytest.fixture(scope="module")
def plan_of_a_phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    ct, truth, plan = folder / "ct", folder / "truth", folder / "case.plan"
    size = ["--levels", "L2-L4", "--spacing", "1.2,1.2,2"]
    assert main(["phantom", "--seed", "5", *size, "--out", str(ct), "--truth", str(truth)]) == 0
    words = ["--level", "L3", "--side", "right", "--device", "eco-mwa", "--power-w", "40"]
    words += ["--needle-size", "11 G 150", "--anatomy", str(truth / "labels.nii.gz")]
    words += ["--time-s", "180", "--out", str(plan)]
    words += ["--layer", "CO2:at=0,60,0", "--layer", "D5W:at=0,60,0:wide=30:across=1,0,0"]
    words += ["--tissue", "L3:only=lytic:as=cancellous", "--tissue", "ball:at=1,2,3:r=8:as=cement"]
    assert main(["plan", str(ct), *words]) == 0
    return plan


@pytest.fixture
def plan(plan_of_a_phantom: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(plan_of_a_phantom, tmp_path))


def test_that_the_size_of_the_needle_stands_in_the_plan(plan: Path) -> None:
    size = load_plan(plan).trajectories[0].size
    assert size is not None
    assert (size.gauge, size.length_mm) == (11, 150.0)


@pytest.mark.parametrize("command", ["plan", "suggest"])
def test_that_a_size_that_is_none_is_refused_before_the_scan_is_read(
    command: str, tmp_path: Path, capsys
) -> None:
    words = [command, tmp_path / "no-scan", "--level", "L3", "--side", "left"]
    words += ["--device", "eco-mwa", "--needle-size", "13 G, 241 x 150 mm"]
    words += ["--out", tmp_path / "case.plan"] if command == "plan" else []
    assert "packet" in refused(capsys, *words, expect=WRONG_USAGE)


def test_that_layers_and_tissue_set_by_hand_stand_in_the_plan(plan: Path) -> None:
    made = load_plan(plan)
    gas, fluid = made.protection
    assert (gas.id, gas.words) == ("layer1", "CO2, 5 mm thick and 20 mm wide")
    tip = made.trajectories[0].tip.array
    way = sum(a * b for a, b in zip(gas.across, gas.centre.array - tip, strict=True))
    assert way > 0.5 * np.linalg.norm(gas.centre.array - tip), "away from the needle"
    assert (fluid.id, fluid.across, fluid.width_mm) == ("layer2", (1.0, 0.0, 0.0), 30.0)
    marrow, ball = made.tissue_choices
    assert (marrow.id, marrow.words) == ("tissue1", "lytic tumour in L3 counts as cancellous bone")
    assert (ball.id, ball.part.radius_mm) == ("tissue2", 8.0)


def test_that_a_plan_whose_ct_is_gone_says_where_it_was(plan: Path, capsys) -> None:
    ct = plan.parent / "elsewhere"
    before = plan.read_bytes()
    sentence = refused(capsys, "assess", plan, "--ct", ct)
    assert "elsewhere" in sentence
    assert plan.read_bytes() == before


def test_that_a_plan_is_refused_on_another_scan(plan: Path, tmp_path: Path, capsys) -> None:
    other = tmp_path / "other"
    size = ["--levels", "L2-L4", "--spacing", "1.2,1.2,2"]
    assert main(["phantom", "--seed", "6", *size, "--out", str(other)]) == 0
    capsys.readouterr()
    sentence = refused(capsys, "assess", plan, "--ct", other)
    assert "not the scan" in sentence


def test_that_a_plan_of_a_newer_version_is_refused_and_kept(plan: Path, capsys) -> None:
    envelope = json.loads(plan.read_text(encoding="utf-8"))
    envelope["version"] += 1
    plan.write_text(json.dumps(envelope), encoding="utf-8")
    before = plan.read_bytes()
    assert "newer" in refused(capsys, "assess", plan)
    assert plan.read_bytes() == before


def test_that_a_changed_bit_in_a_plan_is_noticed(plan: Path, capsys) -> None:
    data = bytearray(plan.read_bytes())
    data[len(data) // 2] ^= 1
    plan.write_bytes(data)
    refused(capsys, "assess", plan)


def test_that_a_full_disk_leaves_the_old_plan_whole(
    plan: Path, capsys, monkeypatch: pytest.MonkeyPatch, plan_of_a_phantom: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    before = plan.read_bytes()
    ct, labels = plan_of_a_phantom.parent / "ct", plan_of_a_phantom.parent / "truth/labels.nii.gz"
    words = ["--level", "L3", "--side", "left", "--device", "eco-mwa", "--anatomy", labels]
    sentence = refused(capsys, "plan", ct, *words, "--out", plan, expect=OUR_FAULT)
    assert "space" in sentence
    assert plan.read_bytes() == before
    assert [p.name for p in plan.parent.iterdir() if "part" in p.name or "tmp" in p.name] == []
