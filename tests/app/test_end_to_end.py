"""From a CT to a filed plan by the command line alone, on a digital spine and on real CT."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from planner.app.main import FINDINGS_HOLD, main
from planner.document.commands import accept_level
from planner.document.plan_file import load_plan, save_plan
from planner.domain.plan import SideConfirmation

CLI_SEVERITIES = {"BLOCK", "STOP", "WARN", "INFO", "NOT_EVALUATED"}


@dataclass(frozen=True)
class Shell:
    """Runs commands and reads their JSON."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: object, expect: int = 0) -> dict:
        exit_code = main([str(word) for word in (*words, "--json")])
        shown = self.capsys.readouterr()
        assert exit_code == expect, shown.err
        document = json.loads(shown.out)
        assert isinstance(document, dict)
        return document


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path_factory.getbasetemp() / "data"))
    return Shell(capsys)


def plan_case(shell: Shell, ct: Path, level: str, out: Path, *more: object) -> tuple[dict, dict]:
    """Take a CT the whole way; return the assessment and the export."""
    inspected = shell("inspect", ct)
    assert inspected["verdict"] in {"load", "warn"}
    assert inspected["series"][0]["size"]
    plan = out / "case.plan"
    words = ("--device", "eco-mwa", "--power-w", "40", "--time-s", "180", *more)
    made = shell("plan", ct, "--level", level, "--side", "left", *words, "--out", plan)
    assert made["revision"] == 1
    assessed = shell("assess", plan)
    assert assessed["checked"]
    assert {f["severity"] for f in assessed["findings"]} <= CLI_SEVERITIES
    assert all(f["message"] and f["source"] for f in assessed["findings"])
    report = shell("report", plan, "--out", out / "case.pdf")
    text = "".join(page.extract_text() for page in PdfReader(out / "case.pdf").pages)
    assert report["pages"] >= 1
    assert "Not a medical device" in text
    assert level in text
    exported = shell("export", plan, "--out", out / "exported", "--all")
    assert exported["files"]
    assert all(Path(name).stat().st_size > 0 for name in exported["files"])
    return assessed, exported


def test_that_a_digital_spine_goes_the_whole_way(shell: Shell, tmp_path: Path) -> None:
    ct, truth = tmp_path / "ct", tmp_path / "truth"
    made = shell(
        "phantom", "--seed", 3, "--levels", "L2-L4", "--lesion", "L3:lytic:r=8:place=anterior",
        "--spacing", "1,1,1.5", "--out", ct, "--truth", truth,
    )  # fmt: skip
    assert Path(made["out"]).is_dir()
    landmarks = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    assert landmarks
    labels = tmp_path / "labels.nii.gz"
    l3 = shell("segment", ct, "--backend", f"import:{truth / 'labels.nii.gz'}", "--out", labels)
    assert {"L2", "L3", "L4"} <= set(l3["levels"])
    assessed, _ = plan_case(
        shell, ct, "L3", tmp_path, "--anatomy", labels,
        "--cement", "pmma-high-viscosity", "--cement-ml", "2",
    )  # fmt: skip
    structures = {f["structure"] for f in assessed["findings"]}
    assert structures & {"canal", "posterior_wall", "foramen:L3:left"}
    assert assessed["verdict"] == "HELD"
    strict = shell("assess", tmp_path / "case.plan", "--strict", expect=FINDINGS_HOLD)
    assert strict["input_sha256"] == assessed["input_sha256"]


MOST_FINDINGS = 3
"""What a good plan of the easy case may say, so that a radiologist reads every line."""


@pytest.mark.slow
def test_that_the_demo_ends_with_a_good_plan_that_waits_for_a_person_only(
    shell: Shell, tmp_path: Path
) -> None:
    made = shell("demo", "--headless", "--out", tmp_path)
    plan = load_plan(tmp_path / "easy-l3.plan")
    findings = shell("assess", tmp_path / "easy-l3.plan")["findings"]
    (side,) = [one for one in findings if one["severity"] not in {"WARN", "INFO"}]
    assert (made["verdict"], side["rule"]) == ("HELD", "P2")
    # A person confirms the side and accepts the level; nothing else is changed.
    position = plan.scan.patient_position
    confirmed = SideConfirmation(by="Dr A", at_utc="now", patient_position=position)
    level = plan.trajectories[0].level
    accepted = accept_level(level).apply(replace(plan, side_confirmation=confirmed))
    save_plan(tmp_path / "good.plan", accepted)
    good = shell("assess", tmp_path / "good.plan")
    assert good["verdict"] == "WARNED"
    assert {one["severity"] for one in good["findings"]} == {"WARN"}
    assert len(good["findings"]) <= MOST_FINDINGS
    assert {"A1", "A6", "A7", "A15", "N1", "C1"} <= set(good["checked"])
    assert all(Path(name).stat().st_size > 0 for name in made["files"])


@pytest.mark.realdata
@pytest.mark.slow
def test_that_a_real_thoracic_ct_goes_the_whole_way(
    shell: Shell, real_ct: Path, tmp_path: Path
) -> None:
    ct = real_ct / "thoracic_ct_dicom"
    segmented = shell("segment", ct, "--out", tmp_path / "labels.nii.gz")
    levels = list(segmented["levels"])
    assert len(levels) >= 3
    plan_case(shell, ct, levels[len(levels) // 2], tmp_path)


@pytest.mark.realdata
@pytest.mark.slow
def test_that_a_real_lumbar_ct_goes_the_whole_way(
    shell: Shell, real_ct: Path, tmp_path: Path
) -> None:
    ct = real_ct / "lumbar_ct_verse014" / "ct.nii.gz"
    segmented = shell(
        "segment", ct, "--out", tmp_path / "labels.nii.gz", "--structures", tmp_path / "parts"
    )
    assert "L3" in segmented["levels"]
    assert (tmp_path / "parts" / "canal.nii.gz").is_file()
    plan_case(shell, ct, "L3", tmp_path, "--cement", "pmma-medium-viscosity", "--cement-ml", "3")
