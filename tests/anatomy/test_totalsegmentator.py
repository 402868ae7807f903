"""TotalSegmentator as a program beside ours, played by a script that writes label files."""

import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from phantoms import healthy_l3
from planner.anatomy import segment
from planner.anatomy.totalsegmentator import PROGRAM_VARIABLE, outlined_by_totalsegmentator
from planner.domain.errors import CancelledByUserError, InputRefusedError, UsageError
from planner.domain.levels import Level
from planner.domain.progress import unreported
from planner.imaging import write_volume

LEVELS = (Level.L2, Level.L3, Level.L4)


def truth_full() -> np.ndarray:
    phantom = healthy_l3()
    start = np.rint(phantom.ct.geometry.ijk(phantom.truth.geometry.lps_mm(np.zeros(3))))
    i, j, k = start.astype(int)
    out = np.zeros(phantom.ct.hu.shape, np.uint8)
    labels = phantom.truth.labels
    a, b, c = labels.shape
    out[k : k + a, j : j + b, i : i + c] = labels
    return out


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> Path:
    """A program that copies prepared files to its output folder, then ends as told."""
    script = folder / "fake_totalsegmentator"
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys, shutil, pathlib, time\n"
        "arguments = sys.argv\n"
        "assert pathlib.Path(arguments[arguments.index('-i') + 1]).is_file()\n"
        "out = pathlib.Path(arguments[arguments.index('-o') + 1]); out.mkdir()\n"
        f"for file in pathlib.Path({str(folder / 'prepared')!r}).glob('*.nii.gz'):\n"
        "    shutil.copy(file, out)\n"
        "print('Predicting:  40%|####', flush=True)\n" + ending
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(PROGRAM_VARIABLE, str(script))
    return script


def prepare(folder: Path, masks: dict[Level, np.ndarray]) -> None:
    (folder / "prepared").mkdir()
    for level, mask in masks.items():
        path = folder / "prepared" / f"vertebrae_{level}.nii.gz"
        write_volume(path, healthy_l3().ct.geometry, mask.astype(np.uint8))


needs_posix = pytest.mark.skipif(os.name != "posix", reason="the script is made for a shell")


@needs_posix
def test_that_its_outlines_are_mapped_fitted_and_named(tmp_path, monkeypatch) -> None:
    truth, levels = truth_full(), {Level.L3, Level.L4}
    prepare(tmp_path, {level: truth == level.verse_label for level in levels})
    program(tmp_path, monkeypatch, "")
    anatomy = segment(healthy_l3().ct, backend="totalsegmentator")
    assert set(anatomy.vertebrae) == levels
    assert anatomy.backend.startswith("totalsegmentator")
    assert all(vertebra.level_doubt for vertebra in anatomy.vertebrae.values())
    assert "TotalSegmentator" in anatomy.notes[0]


@needs_posix
def test_that_a_level_the_ct_does_not_bear_out_is_refused(tmp_path, monkeypatch) -> None:
    truth = truth_full()
    masks = {level: truth == level.verse_label for level in LEVELS}
    masks[Level.L2] = np.roll(masks[Level.L2], 25, axis=1)
    prepare(tmp_path, masks)
    program(tmp_path, monkeypatch, "")
    labels, notes = outlined_by_totalsegmentator(healthy_l3().ct, unreported)
    assert Level.L2.verse_label not in labels.labels
    assert Level.L3.verse_label in labels.labels
    assert any("Refused" in note and "L2" in note for note in notes)
    mine, own = labels.labels == Level.L3.verse_label, masks[Level.L3]
    assert 2.0 * (mine & own).sum() / (mine.sum() + own.sum()) > 0.9


@needs_posix
def test_that_missing_weights_are_named(tmp_path, monkeypatch) -> None:
    prepare(tmp_path, {})
    program(tmp_path, monkeypatch, "sys.exit('could not find weights in nnUNet_results')\n")
    with pytest.raises(InputRefusedError, match="totalseg_download_weights") as refusal:
        segment(healthy_l3().ct, backend="totalsegmentator")
    assert refusal.value.code == "ANA-NO-WEIGHTS"


@needs_posix
def test_that_a_crash_is_told_with_its_last_words(tmp_path, monkeypatch) -> None:
    prepare(tmp_path, {})
    program(tmp_path, monkeypatch, "sys.exit('out of memory')\n")
    with pytest.raises(InputRefusedError, match="out of memory"):
        segment(healthy_l3().ct, backend="totalsegmentator")


@needs_posix
def test_that_it_is_stopped_when_the_user_cancels(tmp_path, monkeypatch) -> None:
    prepare(tmp_path, {})
    mark = tmp_path / "still_running"
    ending = f"time.sleep(20)\npathlib.Path({str(mark)!r}).touch()\n"
    program(tmp_path, monkeypatch, ending)
    seen = []

    def report(fraction: float, message: str) -> None:
        seen.append(fraction)
        if fraction > 0.3:
            raise CancelledByUserError

    with pytest.raises(CancelledByUserError):
        segment(healthy_l3().ct, backend="totalsegmentator", report=report)
    assert seen[-1] == pytest.approx(0.05 + 0.75 * 0.4)
    assert not mark.exists()


@needs_posix
def test_that_an_empty_answer_is_refused(tmp_path, monkeypatch) -> None:
    prepare(tmp_path, {})
    program(tmp_path, monkeypatch, "")
    with pytest.raises(InputRefusedError, match="stands up to the CT"):
        segment(healthy_l3().ct, backend="totalsegmentator")


def test_that_a_missing_program_is_told_in_words(monkeypatch) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "no-such-program-here")
    with pytest.raises(UsageError, match="environment of its own"):
        segment(healthy_l3().ct, backend="totalsegmentator")
