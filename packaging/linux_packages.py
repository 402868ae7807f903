"""Makes what Linux installs from the built folder: .deb, an archive for one user, AppImage."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import start

PARTS = start.ROOT / "packaging" / "linux"
ICON = start.ROOT / "resources" / "icons" / "planner.svg"
DEBIAN_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
DEPENDS = sorted(
    {
        "libc6 (>= 2.36)",
        *start.DEBIAN_PACKAGE_OF_LIBRARY.values(),
        "libfreetype6",
        "libx11-6",
        "libx11-xcb1",
        "libxcb1",
    }
    - {"libgomp1", "libxkbcommon0"}
)
"""What the folder itself does not hold: the C library, and graphics, which follow the machine."""


def make(folder: Path, target: Path, version: str, runtime: Path | None) -> list[Path]:
    """Make the packages; return their files."""
    machine = platform.machine()
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        made = [
            _archive(folder, target / f"planner-{version}-linux-{machine}.tar.xz"),
            _deb(folder, Path(scratch) / "deb", target, version, DEBIAN_MACHINES[machine]),
        ]
        image = _app_image(folder, Path(scratch) / "app", target, version, runtime)
    return [*made, *image]


def _archive(folder: Path, target: Path) -> Path:
    """Make an archive that a user unpacks and installs with the script in it."""
    inside = target.name.split(".tar")[0]
    with tarfile.open(target, "w:xz", preset=3) as archive:
        for file in (PARTS / "install.sh", PARTS / "planner.desktop", ICON):
            archive.add(file, f"{inside}/{file.name}", filter=_nobodys)
        archive.add(folder, f"{inside}/planner", filter=_nobodys)
    return target


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Take out who built it."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _deb(folder: Path, root: Path, target: Path, version: str, machine: str) -> Path:
    library = root / "usr" / "lib" / "planner"
    shutil.copytree(folder, library, symlinks=True)
    for place in ("usr/bin", "usr/share/applications", "DEBIAN", "usr/share/doc/planner"):
        (root / place).mkdir(parents=True)
    (root / "usr" / "bin" / "planner").symlink_to("../lib/planner/planner")
    icons = root / "usr" / "share" / "icons" / "hicolor" / "scalable" / "apps"
    icons.mkdir(parents=True)
    shutil.copyfile(ICON, icons / ICON.name)
    shutil.copyfile(
        PARTS / "planner.desktop", root / "usr" / "share" / "applications" / "planner.desktop"
    )
    shutil.copyfile(
        start.ROOT / "LICENSE", root / "usr" / "share" / "doc" / "planner" / "copyright"
    )
    kilobytes = sum(one.lstat().st_size for one in library.rglob("*")) // 1000
    fields = {
        "Package": "planner",
        "Version": version,
        "Architecture": machine,
        "Maintainer": "the planner developers <planner@localhost>",
        "Installed-Size": str(kilobytes),
        "Depends": ", ".join(DEPENDS),
        "Section": "science",
        "Priority": "optional",
        "Description": "plans percutaneous treatment of spinal metastases on CT\n"
        " Thermal ablation and cement augmentation, from a CT to a checked plan on paper.\n"
        " Research and teaching software. Not a medical device.",
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (root / "DEBIAN" / "control").write_text(text, encoding="utf-8")
    for place in (root, *(one for one in root.rglob("*") if one.is_dir())):
        place.chmod(0o755)
    made = target / f"planner_{version}_{machine}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(root), str(made)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return made


def _app_image(
    folder: Path, root: Path, target: Path, version: str, runtime: Path | None
) -> list[Path]:
    """Make an AppImage, or say why none: it begins with a runtime that is not ours."""
    if runtime is None or shutil.which("mksquashfs") is None:
        start.say(
            "no AppImage was made: name its runtime with --appimage-runtime FILE and have "
            "mksquashfs (squashfs-tools) installed; see packaging/README.md"
        )
        return []
    root.mkdir()
    shutil.copytree(folder, root / "planner", symlinks=True)
    for file in (PARTS / "AppRun", PARTS / "planner.desktop", ICON):
        shutil.copy(file, root / file.name)
    (root / ".DirIcon").symlink_to(ICON.name)
    image = root.with_suffix(".squashfs")
    words = ["-root-owned", "-noappend", "-quiet", "-no-progress", "-comp", "zstd"]
    subprocess.run(["mksquashfs", str(root), str(image), *words], check=True)
    made = target / f"planner-{version}-{platform.machine()}.AppImage"
    with made.open("wb") as out:
        for part in (runtime, image):
            with part.open("rb") as source:
                shutil.copyfileobj(source, out)
    made.chmod(made.stat().st_mode | 0o111)
    return [made]
