"""Set up this checkout on a bare machine and run it. Needs only Python 3.11 or newer.

    python3 packaging/start.py demo     a sample case, from CT to PDF
    python3 packaging/start.py test     the checks and the tests
    python3 packaging/start.py run ...  any ``planner`` command

It makes its own environment in ``.venv`` from a hash-locked list. On Debian and Ubuntu it
installs the system libraries that Qt needs when it may, and names them when it may not.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "packaging" / "locks" / "requirements.txt"
OLDEST_PYTHON = (3, 11)

DEBIAN_PACKAGE_OF_LIBRARY = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libgomp.so.1": "libgomp1",
}
"""What PySide6, VTK and edt load; without them even the headless window cannot start."""

DEBIAN_PACKAGE_OF_WINDOW_LIBRARY = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-image.so.0": "libxcb-image0",
}
"""What a window on an X display needs in addition."""

DEBIAN_PACKAGE_OF_TEST_PROGRAM = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "dciodvfy": "dicom3tools",
    "openssl": "openssl",
}
"""Programs that tests start; a test skips, and says so, where one is missing."""

DEBIAN_PACKAGES_OF_TEST_ARCHIVE = ["orthanc", "orthanc-dicomweb"]
"""An archive that tests start. Its package also starts one of its own with the machine, so it is
installed only where nothing is started that way (a container); elsewhere it is for you to do."""


def say(message: str) -> None:
    """Print to stderr, so that ``--json`` output stays alone on stdout."""
    print(f"planner setup: {message}", file=sys.stderr, flush=True)


def missing_libraries(wanted: dict[str, str]) -> list[str]:
    """Return the Debian packages of the libraries that cannot be loaded."""
    missing = []
    for library, package in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def may_install() -> list[str] | None:
    """Return the command prefix for installing Debian packages, or None without the right."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
        == 0
    ):
        return ["sudo", "-n"]
    return None


def install_packages(packages: list[str], *, needed: bool) -> None:
    """Install Debian packages; where that is not possible name them, and stop if needed."""
    prefix = may_install()
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if prefix is None:
        say(f"these system packages are missing: {' '.join(packages)}")
        say(f"install them with: sudo {' '.join(command)}")
        if needed:
            sys.exit(2)
        return
    say(f"installing system packages: {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], command):
        done = subprocess.run([*prefix, *step], env=quiet, stdout=sys.stderr, check=False)
        if done.returncode and needed:
            say(f"this failed: {' '.join([*prefix, *step])}")
            sys.exit(2)


def prepare_system(*, for_tests: bool) -> None:
    """See that the shared libraries are there (Linux only; wheels bring them elsewhere)."""
    if platform.system() != "Linux":
        return
    needed = missing_libraries(DEBIAN_PACKAGE_OF_LIBRARY)
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships Python without it
        import venv  # noqa: F401, PLC0415
    except ImportError:
        needed.append("python3-venv")
    if needed:
        install_packages(needed, needed=True)
    wished = []
    if for_tests or os.environ.get("DISPLAY"):
        wished += missing_libraries(DEBIAN_PACKAGE_OF_WINDOW_LIBRARY)
    if for_tests:
        wished += [
            p for name, p in DEBIAN_PACKAGE_OF_TEST_PROGRAM.items() if not shutil.which(name)
        ]
        if not shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            if Path("/run/systemd/system").is_dir():
                say("without Orthanc, the tests with a real archive are skipped")
            else:
                wished += DEBIAN_PACKAGES_OF_TEST_ARCHIVE
    if wished:
        install_packages(wished, needed=False)


def python_of(environment: Path) -> Path:
    """Return the interpreter inside an environment."""
    if os.name == "nt":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def prepare_environment(
    environment: Path = ENVIRONMENT, lock: Path = LOCK, *, with_planner: bool = True
) -> Path:
    """Make or refresh an environment from a lock; return its interpreter."""
    python = python_of(environment)
    stamp = environment / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == digest:
        return python
    say(f"making the environment in {environment} (once; a few minutes)")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True, stdout=sys.stderr)
    if with_planner:
        ours = [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
        subprocess.run(ours, check=True, stdout=sys.stderr)
    stamp.write_text(digest)
    return python


def run_tests(python: Path, arguments: list[str]) -> int:
    """Run lint, types and tests; arguments go to pytest."""
    checks = [
        ["-m", "ruff", "check", "src", "tests", "packaging"],
        ["-m", "ruff", "format", "--check", "src", "tests", "packaging"],
        ["-m", "mypy"],
        ["-m", "pytest", "-n", "auto", "--dist", "worksteal", *arguments],
    ]
    failed = 0
    for check in checks:
        say("running " + " ".join(check[1:]))
        failed |= subprocess.run([str(python), *check], cwd=ROOT, check=False).returncode
    return 1 if failed else 0


def main() -> int:
    """Do what the first argument says."""
    if sys.version_info < OLDEST_PYTHON:
        say(f"Python 3.11 or newer is needed; this is {platform.python_version()}")
        return 2
    wanted, arguments = (sys.argv[1:2] or ["help"])[0], sys.argv[2:]
    if wanted not in {"demo", "test", "run"}:
        print(__doc__)
        return 0 if wanted in {"help", "-h", "--help"} else 2
    prepare_system(for_tests=wanted == "test")
    try:
        python = prepare_environment()
    except subprocess.CalledProcessError as error:
        say(f"the environment could not be made: {' '.join(error.cmd[1:4])} failed; see above")
        return 2
    if wanted == "test":
        return run_tests(python, arguments)
    command = ["demo", *arguments] if wanted == "demo" else arguments
    return subprocess.run([str(python), "-m", "planner", *command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
