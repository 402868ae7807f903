"""Says what a built folder is made of: a CycloneDX list of parts, and their licences.

Everything is read from what was built and from the environment it was built in; nothing is asked
of a network.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path

LICENCE_WORDS = ("licen", "copying", "notice", "authors", "copyright")
CYCLONEDX = "1.6"

LESSER_LICENCE = "LGPL-3.0"
TEXTS_OF_LESSER_LICENCE = tuple(
    Path(__file__).parent / "licences" / name for name in ("LGPL-3.0.txt", "GPL-3.0.txt")
)
"""Of packages that name it and bring no text: PySide6, shiboken6, edt. It adds to the second."""

DEBIAN_TEXTS = Path("/usr/share/common-licenses")
"""What the notices of Debian's libraries point to."""


@dataclass(order=True)
class Part:
    """One package or library in the folder, and the licence texts found for it."""

    name: str
    version: str
    licence: str
    kind: str
    texts: list[Path] = field(default_factory=list)
    sha256: str = ""


def parts_of(sources: list[Path]) -> list[Part]:
    """Return the parts that the collected files come from."""
    owners = _owners()
    found: dict[str, Part] = {}
    system = []
    for source in sources:
        owner = owners.get(os.path.realpath(source))
        if owner is not None:
            part = _package(owner)
            found[part.name] = part
        elif ".so" in source.name and not source.is_relative_to(sys.base_prefix):
            system.append(source)
    python = Part("python", platform.python_version(), "PSF-2.0", "platform")
    python.texts = list(Path(sys.base_prefix).glob("lib/python3*/LICENSE.txt"))
    python.texts += list(Path(sys.base_prefix).glob("LICENSE.txt"))
    return checked([*sorted(found.values()), python, *_libraries(system)])


def checked(parts: list[Part]) -> list[Part]:
    """Return the parts.

    Raises
    ------
    SystemExit
        When one has neither a licence text nor the name of a licence.
    """
    bare = [one.name for one in parts if not one.texts and not one.licence]
    if bare:
        sys.exit(f"no licence was found for: {', '.join(bare)}; see packaging/notices.py")
    return parts


def _owners() -> dict[str, Distribution]:
    """Return which package each installed file belongs to."""
    return {
        os.path.realpath(one.locate_file(file)): one
        for one in distributions()
        for file in one.files or ()
    }


def _package(package: Distribution) -> Part:
    fields = package.metadata
    licence = fields.get("License-Expression") or fields.get("License") or ""
    if not licence or "\n" in licence:
        classes = [one for one in fields.get_all("Classifier") or () if "License ::" in one]
        licence = "; ".join(one.rsplit("::", 1)[-1].strip() for one in classes) or licence[:80]
    texts = [
        Path(str(package.locate_file(file)))
        for file in package.files or ()
        if any(word in file.name.lower() for word in LICENCE_WORDS)
        and file.suffix.lower() not in {".py", ".pyc", ".json", ".so"}
    ]
    if not texts and LESSER_LICENCE in licence:
        texts = list(TEXTS_OF_LESSER_LICENCE)
    return Part(fields["Name"], package.version, licence, "pypi", texts)


def _libraries(files: list[Path]) -> list[Part]:
    """Return the system's libraries, by Debian package where that is known."""
    parts: dict[str, Part] = {}
    for file in sorted(files):
        name, version = _debian_package(file)
        text = Path(f"/usr/share/doc/{name}/copyright")
        part = Part(name, version, "" if text.exists() else "see the system", "library")
        part.texts = [text] if text.exists() else []
        part.sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        parts[name] = part
    return list(parts.values())


def _debian_package(file: Path) -> tuple[str, str]:
    """Return name and version of the package that holds a file, or the file's own name."""
    if shutil.which("dpkg-query") is None:
        return file.name, ""
    for path in (str(file), os.path.realpath(file), str(file).removeprefix("/usr")):
        asked = subprocess.run(
            ["dpkg-query", "-S", path], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0:
            name = asked.stdout.split(":")[0]
            form = ["dpkg-query", "-W", "-f", "${Version}\n", name]
            said = subprocess.run(form, capture_output=True, text=True, check=True)
            return name, said.stdout.splitlines()[0]
    return file.name, ""


def write_licences(parts: list[Part], folder: Path) -> int:
    """Copy every licence text, one folder for each part; return the number of texts."""
    count = 0
    for part in parts:
        place = folder / f"{part.name}-{part.version}".rstrip("-").replace(":", "_").lower()
        place.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(sorted(set(part.texts))):
            shutil.copyfile(text, place / (text.name if number == 0 else f"{number}-{text.name}"))
            count += 1
        if not part.texts:
            (place / "LICENCE-NAME.txt").write_text(
                f"{part.name} {part.version}: {part.licence}\n", encoding="utf-8"
            )
    return count


def write_sbom(parts: list[Part], version: str, path: Path) -> None:
    """Write the CycloneDX document; equal parts give an equal document but for its time."""
    own = {"type": "application", "bom-ref": "planner", "name": "planner", "version": version}
    own["licenses"] = [{"license": {"id": "Apache-2.0"}}]  # type: ignore[assignment]
    components = [_component(part) for part in parts]
    text = json.dumps(components, sort_keys=True)
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": CYCLONEDX,
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, text).urn,
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "component": own,
        },
        "components": components,
        "dependencies": [
            {"ref": "planner", "dependsOn": [one["bom-ref"] for one in components]},
            *({"ref": one["bom-ref"]} for one in components),
        ],
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _component(part: Part) -> dict[str, object]:
    address = f"pkg:{'pypi' if part.kind == 'pypi' else 'generic'}/{part.name.lower()}"
    address += f"@{part.version}" if part.version else ""
    component: dict[str, object] = {
        "type": "platform" if part.kind == "platform" else "library",
        "bom-ref": address,
        "name": part.name,
        "purl": address.replace("+", "%2B").replace(":", "%3A").replace("pkg%3A", "pkg:"),
    }
    if part.version:
        component["version"] = part.version
    if part.licence:
        component["licenses"] = [{"license": {"name": part.licence}}]
    if part.sha256:
        component["hashes"] = [{"alg": "SHA-256", "content": part.sha256}]
    return component


def main() -> None:
    """Write both into a built folder: ``notices.py collected.json VERSION FOLDER``."""
    collected, version, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    sources = [Path(one) for one in json.loads(collected.read_text(encoding="utf-8"))]
    parts = parts_of(sources)
    count = write_licences(parts, folder / "licences")
    if any(one.kind == "library" for one in parts) and DEBIAN_TEXTS.is_dir():
        shutil.copytree(DEBIAN_TEXTS, folder / "licences" / DEBIAN_TEXTS.name)
    shutil.copyfile(Path(__file__).parents[1] / "LICENSE", folder / "LICENSE")
    write_sbom(parts, version, folder / "sbom.cdx.json")
    print(f"{len(parts)} parts, {count} licence texts")


if __name__ == "__main__":
    main()
