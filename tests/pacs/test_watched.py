"""A watched folder: complete series are offered, incomplete ones wait, nothing is touched."""

import os
import shutil

import pytest

from planner.pacs import WatchedFolder

NOW_S = 2_000_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watched(tmp_path):
    clock = Clock()
    return WatchedFolder(tmp_path, quiet_s=30.0, now_s=clock), clock


def put(scan, folder, numbers, at_s=NOW_S):
    for number in numbers:
        path = folder / f"in-{number}.dcm"
        shutil.copy(scan.files[number], path)
        os.utime(path, (at_s, at_s))


def test_that_a_series_is_offered_once_it_is_whole_and_quiet(scan, watched) -> None:
    folder, clock = watched
    count = len(scan.files)
    assert folder.look() == type(folder.look())()
    put(scan, folder.folder, range(5))
    clock.now_s += 10
    seen = folder.look()
    assert not seen.complete
    assert seen.waiting[0].why == "files are still coming in"
    put(scan, folder.folder, range(5, count), at_s=clock.now_s)
    clock.now_s += 29
    assert not folder.look().complete
    clock.now_s += 2
    seen = folder.look()
    assert [(one.series_uid, one.slices) for one in seen.complete] == [(scan.series, count)]
    assert not seen.waiting


def test_that_a_series_with_a_hole_waits_and_says_why(scan, watched) -> None:
    folder, clock = watched
    put(scan, folder.folder, [one for one in range(len(scan.files)) if one != 4])
    clock.now_s += 60
    seen = folder.look()
    assert not seen.complete
    assert [one.series_uid for one in seen.waiting] == [scan.series]
    assert "DCM-MISSING-SLICE" in seen.waiting[0].why
    put(scan, folder.folder, [4])
    clock.now_s += 60
    assert [one.series_uid for one in folder.look().complete] == [scan.series]


def test_that_a_file_cut_short_waits(scan, watched) -> None:
    folder, clock = watched
    put(scan, folder.folder, range(len(scan.files)))
    last = folder.folder / "in-6.dcm"
    last.write_bytes(last.read_bytes()[:-1000])
    os.utime(last, (NOW_S, NOW_S))
    clock.now_s += 60
    seen = folder.look()
    assert not seen.complete
    assert seen.waiting


def test_that_names_of_unfinished_copies_hold_everything_back(scan, watched) -> None:
    folder, clock = watched
    put(scan, folder.folder, range(len(scan.files)))
    (folder.folder / "next.dcm.part").write_bytes(b"")
    os.utime(folder.folder / "next.dcm.part", (NOW_S, NOW_S))
    clock.now_s += 60
    assert [one.why for one in folder.look().waiting] == ["1 files are still being written"]


def test_that_nothing_in_the_folder_is_changed(scan, watched) -> None:
    folder, clock = watched
    put(scan, folder.folder, range(len(scan.files)))
    clock.now_s += 60

    def state():
        return {path: (path.stat(), path.read_bytes()) for path in folder.folder.rglob("*")}

    def without_access(found):
        return {p: (s.st_ino, s.st_mtime_ns, s.st_mode, data) for p, (s, data) in found.items()}

    before = without_access(state())
    folder.look()
    assert without_access(state()) == before


def test_that_a_quiet_folder_is_read_once(scan, watched, monkeypatch) -> None:
    folder, clock = watched
    put(scan, folder.folder, range(len(scan.files)))
    clock.now_s += 60
    first = folder.look()
    monkeypatch.setattr("planner.pacs.watched.inspect", None)
    clock.now_s += 60
    assert folder.look() is first


def test_that_a_folder_that_is_gone_is_said(tmp_path) -> None:
    seen = WatchedFolder(tmp_path / "gone").look()
    assert "cannot be looked at" in seen.missing
    assert not seen.complete
