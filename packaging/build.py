"""Build the program for this system. Needs only Python 3.11 or newer, as start.py does.

    python3 packaging/build.py              the folder dist/planner
    python3 packaging/build.py --check      the same, then started and put through its paces
    python3 packaging/build.py --packages   the folder, and what is installed from it:
                                            Linux .deb, .tar.xz and AppImage; Windows installer;
                                            macOS .dmg
    python3 packaging/build.py --keep ...   do not build the folder again

A system builds only for itself. PLANNER_SIGN names a command that signs the file it is given,
such as 'gpg --batch --armor --detach-sign'; without it nothing is signed, and that is said.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import start
import trim

ROOT = start.ROOT
DIST, WORK = ROOT / "dist", ROOT / "build"
FOLDER = DIST / "planner"
ENVIRONMENT = ROOT / ".venv-package"
LOCK = ROOT / "packaging" / "locks" / "package.txt"

WARM_UP_CASE = "easy-l3"
"""Planned once in the built program, so that every kernel on the way is compiled and shipped."""


def program() -> Path:
    """Return the built program."""
    return FOLDER / ("planner.exe" if os.name == "nt" else "planner")


def package() -> Path:
    """Return the folder of our own modules and data inside the built folder."""
    return FOLDER / "_internal" / "planner"


def build_folder(python: Path) -> None:
    """Collect the folder, and add what makes it whole: byte code, kernels, notices."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    spec = str(ROOT / "packaging" / "planner.spec")
    places = ["--distpath", str(DIST), "--workpath", str(WORK)]
    command = [str(python), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    subprocess.run([*command, *places, spec], check=True, cwd=ROOT)
    check_sources()
    take_out_unused()
    compile_sources(python)
    add_kernels()
    add_notices(python)


def check_sources() -> None:
    """See that every module of ours is in the folder, and as it is in the checkout now."""
    ours = ROOT / "src" / "planner"
    for file in sorted(ours.rglob("*.py")):
        built = package() / file.relative_to(ours)
        if not built.is_file() or built.read_bytes() != file.read_bytes():
            sys.exit(f"{file} is not in the folder, or changed meanwhile; build again")


def take_out_unused() -> None:
    """Make the folder smaller by what nothing reads; say by how much."""
    before, inside = size_mb(FOLDER), FOLDER / "_internal"
    trim.take_out_blanks(inside)
    if platform.system() == "Linux":
        trim.shrink_icu(inside)
        trim.strip_symbols(inside)
    start.say(f"took out {before - size_mb(FOLDER):.0f} MB of symbols, tables and blanks")


def compile_sources(python: Path) -> None:
    """Compile our modules beforehand: an installation is often read-only, and its times differ."""
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    below = ["-s", str(FOLDER / "_internal"), str(package())]
    subprocess.run([*command, *below], check=True)


def add_kernels() -> None:
    """Let the built program compile its kernels once, for every processor it may run on."""
    shipped = package() / "_kernels"
    shipped.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        run = {
            **os.environ,
            "NUMBA_CACHE_DIR": str(place / "kernels"),
            "PLANNER_CACHE": str(place / "cache"),
            "PLANNER_DATA": str(place / "data"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        demo = ["demo", "--headless", "--case", WARM_UP_CASE, "--out", str(place / "demo")]
        window = ["-m", "planner.app.window_benchmark", repr(time.time())]
        for words in (demo, ["-m", "planner.session.warming"], window):
            subprocess.run([str(program()), *words], env=run, check=True, cwd=place)
        for room in sorted((place / "kernels").iterdir()):
            if any(room.rglob("*.nbc")):
                shutil.copytree(room, shipped / room.name)


def add_notices(python: Path) -> None:
    """Write the list of parts and their licences into the folder."""
    collected = str(WORK / "collected.json")
    words = [str(python), str(ROOT / "packaging" / "notices.py"), collected, version()]
    subprocess.run([*words, str(FOLDER)], check=True)


def version() -> str:
    """Return the version of the program, as its package says it."""
    text = (ROOT / "src" / "planner" / "__init__.py").read_text(encoding="utf-8")
    return text.split('__version__ = "')[1].split('"')[0]


def sign(file: Path) -> None:
    """Have a file signed by the command that the environment names."""
    command = os.environ.get("PLANNER_SIGN", "").split()
    if not command:
        start.say(f"{file.name} is not signed: PLANNER_SIGN names no command")
        return
    subprocess.run([*command, str(file)], check=True)


def size_mb(folder: Path) -> float:
    """Return the size of the files in a folder, in megabytes of a million bytes."""
    files = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return sum(one.stat().st_size for one in files) / 1e6


def main() -> int:
    """Do what is asked; return the exit code."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--keep", action="store_true", help="do not build the folder again")
    asked.add_argument("--check", action="store_true")
    asked.add_argument("--packages", action="store_true")
    asked.add_argument("--python", type=Path, help="an environment that holds package.txt")
    asked.add_argument("--appimage-runtime", type=Path, help="the runtime an AppImage begins with")
    words = asked.parse_args()
    start.prepare_system(for_tests=False)
    python = words.python or start.prepare_environment(ENVIRONMENT, LOCK, with_planner=False)
    began = time.monotonic()
    if not words.keep:
        build_folder(python)
        took = time.monotonic() - began
        start.say(f"{FOLDER}: {size_mb(FOLDER):.0f} MB, made in {took:.0f} s")
    if words.check:
        checker = str(ROOT / "packaging" / "check_build.py")
        subprocess.run([str(python), checker, str(program())], check=True)
    if words.packages:
        made = make_packages(words.appimage_runtime)
        for file in made:
            sign(file)
            start.say(f"{file}: {file.stat().st_size / 1e6:.0f} MB")
    return 0


def make_packages(runtime: Path | None) -> list[Path]:
    """Make what this system installs from the folder."""
    system = platform.system()
    if system == "Linux":
        import linux_packages  # noqa: PLC0415 - the other systems have no use for it

        return linux_packages.make(FOLDER, DIST, version(), runtime)
    if system == "Windows":
        sign(program())
        script = str(ROOT / "packaging" / "windows" / "planner.nsi")
        target = DIST / f"planner-{version()}-setup.exe"
        words = [f"/DVERSION={version()}", f"/DFOLDER={FOLDER}", f"/DTARGET={target}"]
        subprocess.run(["makensis", *words, script], check=True)
        return [target]
    bundle = DIST / "planner.app"
    sign(bundle)
    target = DIST / f"planner-{version()}-{platform.machine()}.dmg"
    words = ["-volname", "planner", "-srcfolder", str(bundle), "-ov", str(target)]
    subprocess.run(["hdiutil", "create", *words], check=True)
    return [target]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        start.say(f"this failed with exit code {error.returncode}: {json.dumps(error.cmd)}")
        sys.exit(1)
