"""A compiled kernel is never older than what it was compiled from."""

from pathlib import Path

import pytest

from planner.geometry import kernels


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for room in ("physics", "geometry", "domain", "viewer"):
        (tmp_path / "planner" / room).mkdir(parents=True)
        (tmp_path / "planner" / room / "a.py").write_text("LIMIT = 1\n")
    monkeypatch.setattr(kernels, "PACKAGE", tmp_path / "planner")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "planner"


def folder_of(room: str) -> Path:
    return kernels.cache_folder.__wrapped__(room)


@pytest.mark.parametrize("changed", ["physics/a.py", "geometry/a.py", "domain/a.py"])
def test_that_a_changed_constant_gives_another_cache(package: Path, changed: str) -> None:
    before = folder_of("physics")
    assert folder_of("physics") == before
    (package / changed).write_text("LIMIT = 2\n")
    assert folder_of("physics") != before


def test_that_a_room_a_kernel_cannot_draw_on_leaves_its_cache(package: Path) -> None:
    before = folder_of("physics")
    (package / "viewer" / "a.py").write_text("LIMIT = 2\n")
    assert folder_of("physics") == before


def test_that_a_cache_that_cannot_be_written_is_replaced_for_this_run(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(package / "physics" / "a.py"))
    assert folder_of("physics").is_dir()
    assert package not in folder_of("physics").parents
