"""Each import contract is proved by breaking it in a copy of the tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [LINT, "--no-cache"], cwd=tree, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_that_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("room", "bad_import", "contract"),
    [
        ("document", "import planner.viewer.panels", "Rooms are layered"),
        ("document", "import planner.report", "Rooms are layered"),
        ("session", "if False:\n    import planner.viewer", "Rooms are layered"),
        ("utils", "", "Rooms are layered"),
        ("geometry", "import vtkmodules.vtkCommonCore", "Qt and VTK live only"),
        ("session", "def f():\n    import PySide6.QtCore", "Qt and VTK live only"),
        ("viewer", "import vtk", "The whole of vtk"),
        ("session", "import SimpleITK", "SimpleITK stops"),
        ("anatomy", "import pydicom", "DICOM stops"),
        ("imaging", "import requests", "The network stops"),
        ("pacs", "import planner.document", "Rooms are layered"),
        ("physics", "import planner.imaging", "Physics and fluoroscopy are pure"),
        ("control", "import planner.catalog", "Control reads arrays"),
        ("viewer/canvas", "import planner.viewer.panels", "Viewer rooms are layered"),
    ],
)
def test_that_a_forbidden_import_is_reported(
    tree: Path, room: str, bad_import: str, contract: str
) -> None:
    folder = tree / "src/planner" / room
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "bad.py").write_text(bad_import + "\n")
    result = lint(tree)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), result.stdout


def test_that_a_cycle_inside_a_room_is_reported(tree: Path) -> None:
    (tree / "src/planner/domain/a.py").write_text("import planner.domain.b\n")
    (tree / "src/planner/domain/b.py").write_text("import planner.domain.a\n")
    assert "No cycles between siblings at any depth BROKEN" in lint(tree).stdout
