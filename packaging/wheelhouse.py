"""Make a folder from which pip installs the program on a machine without a network.

    python3 packaging/wheelhouse.py FOLDER

On a machine with a network, of the same system and the same version of Python as the one it is
for. There, with the folder on a stick:

    python3 -m venv planner
    planner/bin/pip install --no-index --find-links FOLDER --require-hashes -r FOLDER/wheels.txt
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import start

LOCK = start.ROOT / "packaging" / "locks" / "runtime.txt"
LIST = "wheels.txt"


def download(pip: list[str], folder: Path) -> None:
    """Get every locked package as a wheel, each by its hash."""
    only_wheels = ["--only-binary", ":all:", "--require-hashes"]
    subprocess.run(
        [*pip, "download", *only_wheels, "-d", str(folder), "-r", str(LOCK)], check=True
    )


def build_own(pip: list[str], folder: Path) -> Path:
    """Build the wheel of the program itself."""
    for old in folder.glob("planner-*.whl"):
        old.unlink()
    ours = ["--no-deps", "--no-build-isolation", "-w", str(folder), str(start.ROOT)]
    subprocess.run([*pip, "wheel", *ours], check=True)
    return next(folder.glob("planner-*.whl"))


def write_list(folder: Path, own: Path) -> None:
    """Write the lock with the program's own wheel and its hash in it."""
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    line = f"planner=={own.name.split('-')[1]} --hash=sha256:{digest}\n"
    (folder / LIST).write_text(line + LOCK.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """Make the folder that is named; return the exit code."""
    if len(sys.argv) != 2 or sys.argv[1] in {"-h", "--help"}:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    python = start.prepare_environment()
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    download(pip, folder)
    write_list(folder, build_own(pip, folder))
    start.say(f"{len(list(folder.glob('*.whl')))} wheels are in {folder}; the way in is {LIST}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
