"""A compiled kernel is never older than what it was compiled from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from planner.geometry import compiling, kernel_cache, kernels


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for room in ("physics", "geometry", "domain", "viewer"):
        (tmp_path / "planner" / room).mkdir(parents=True)
        (tmp_path / "planner" / room / "a.py").write_text("LIMIT = 1\n")
    monkeypatch.setattr(kernel_cache, "PACKAGE", tmp_path / "planner")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "planner"


def folder_of(room: str) -> Path:
    return kernel_cache.cache_folder.__wrapped__(room)


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


@pytest.fixture
def shipped(package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kernels as a build leaves them, for the sources as they are."""
    monkeypatch.setattr(kernel_cache, "SHIPPED", package / "_kernels")
    monkeypatch.setattr(kernel_cache, "_runs_what_is_shipped", lambda: True)
    name = folder_of("physics").name
    (package.parent / "cache" / name).rmdir()
    (package / "_kernels" / name / "physics").mkdir(parents=True)
    (package / "_kernels" / name / "physics" / "a.nbc").write_bytes(b"code")
    (package / "_kernels" / name / "physics" / "a.nbc").chmod(0o444)
    return package / "_kernels"


def test_that_a_first_start_begins_with_the_kernels_of_the_build(shipped: Path) -> None:
    kept = folder_of("physics") / "physics" / "a.nbc"
    assert kept.read_bytes() == b"code"
    kept.write_bytes(b"newer")
    assert (folder_of("physics") / "physics" / "a.nbc").read_bytes() == b"newer"
    assert [one.name for one in folder_of("physics").parent.iterdir()] == [
        folder_of("physics").name
    ]


def test_that_kernels_of_other_sources_are_left_where_they_are(
    shipped: Path, package: Path
) -> None:
    (package / "physics" / "a.py").write_text("LIMIT = 2\n")
    assert list(folder_of("physics").iterdir()) == []


def test_that_an_older_processor_compiles_its_own(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_cache, "_runs_what_is_shipped", lambda: False)
    kernel_cache.compile_as_shipped()
    assert numba.config.CPU_NAME is None
    assert list(folder_of("physics").iterdir()) == []


def test_that_a_build_compiles_for_every_processor_it_is_shipped_to(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CPU_NAME", "CPU_FEATURES"):
        monkeypatch.setattr(numba.config, name, None)
    kernel_cache.compile_as_shipped()
    assert (numba.config.CPU_NAME, numba.config.CPU_FEATURES) == ("x86-64-v3", "")


def test_that_a_kernel_is_found_again_wherever_the_program_lies(tmp_path: Path) -> None:
    """The same sources in two folders, as an AppImage is mounted: the second compiles nothing."""
    kernel = (
        "from planner.geometry.kernels import kernel\n\n\n"
        "@kernel\ndef twice(x):\n    return x + x\n"
    )
    ask = (
        "from planner.physics.a import twice\n"
        "assert twice(4) == 8\n"
        "print(sum(twice.stats.cache_hits.values()), twice.stats.cache_path)\n"
    )
    said = []
    for place in (tmp_path / "one", tmp_path / "other"):
        for room in ("", "geometry", "domain", "physics"):
            (place / "planner" / room).mkdir(parents=True, exist_ok=True)
            (place / "planner" / room / "__init__.py").write_text("")
        for module in (kernels, kernel_cache, compiling):
            shutil.copy(module.__file__, place / "planner" / "geometry")
        (place / "planner" / "physics" / "a.py").write_text(kernel)
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env={
                **os.environ,
                "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
                "PYTHONPATH": str(place),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout.split())
    assert [hits for hits, _ in said] == ["0", "1"]
    assert said[0][1] == said[1][1]
    assert Path(said[0][1]).parent.parent == tmp_path / "cache"


def test_that_numba_is_not_imported_before_a_kernel_is_called() -> None:
    """The window imports hundreds of kernels and shows none of their work at first."""
    ask = (
        "import sys\n"
        "from planner.geometry import sampling\n"
        "from planner.geometry.kernels import compiling_for_s\n"
        "print('numba' in sys.modules, compiling_for_s())"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "0.0"]
