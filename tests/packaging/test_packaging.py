"""What is installed: locks, wheel, the installer for one user, the list of parts."""

import hashlib
import importlib.util
import json
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "packaging" / "locks"
BUILD_TOOLS = {
    "altgraph", "macholib", "pefile", "pyinstaller", "pyinstaller-hooks-contrib",
    "pywin32-ctypes", "setuptools",
}  # fmt: skip


def script(name: str, as_module: str = "") -> ModuleType:
    """Return one of the scripts of the packaging folder, which is no package."""
    place = ROOT / "packaging" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(as_module or name, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[as_module or name] = module  # where its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def pinned(lock: str) -> dict[str, set[str]]:
    """Return the hashes of every line ``name==version ; marker``."""
    text = (LOCKS / lock).read_text(encoding="utf-8")
    blocks = [one for one in re.split(r"\n(?=\S)", text) if "==" in one]
    assert "://" not in text
    return {
        one.split(" \\")[0]: set(re.findall(r"--hash=sha256:([0-9a-f]{64})", one))
        for one in blocks
    }


@pytest.mark.parametrize(("lock", "more"), [("runtime.txt", set()), ("package.txt", BUILD_TOOLS)])
def test_that_what_is_shipped_is_what_is_tested(lock: str, more: set[str]) -> None:
    tested, shipped = pinned("requirements.txt"), pinned(lock)
    names = {one.split("==")[0]: hashes for one, hashes in shipped.items()}
    assert len(shipped) > 30
    assert all(names.values())
    own = {one: hashes for one, hashes in shipped.items() if one.split("==")[0] not in more}
    assert {one: tested.get(one) for one in own} == own
    assert more <= set(names)


def test_that_what_makes_the_documents_is_pinned_and_nobody_else_installs_it() -> None:
    makes_pages = pinned("docs.txt")
    assert all(makes_pages.values())
    assert {one.split("==")[0] for one in makes_pages} >= {"sphinx", "myst-parser"}
    for lock in ("requirements.txt", "runtime.txt", "package.txt"):
        assert not {one.split("==")[0] for one in pinned(lock)} & {"sphinx", "myst-parser"}


@pytest.mark.usefixtures("packaging")
def test_that_every_page_of_the_documents_is_in_the_menu_of_the_folder(tmp_path: Path) -> None:
    script("docs", as_module="docs_script").copy_sources(tmp_path)
    staged = {path.relative_to(tmp_path / "docs") for path in (tmp_path / "docs").rglob("*.md")}
    home = (tmp_path / "docs" / "index.md").read_text(encoding="utf-8")
    menu = set(re.findall(r"^([\w./-]+)$", home.partition("```{toctree}")[2], re.MULTILINE))
    single = {path for path in staged if path.parts[0] == "adr" and path.name != "index.md"}
    wanted = {path.with_suffix("").as_posix() for path in staged - single} - {"index"}
    assert len(wanted) > 30
    assert sorted(wanted - menu) == []
    decisions = (tmp_path / "docs" / "adr" / "index.md").read_text(encoding="utf-8").splitlines()
    assert {path.stem for path in single} <= set(decisions)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("planner-*.whl")
    return made


def test_that_the_wheel_holds_the_data_files_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.getinfo(name).file_size for name in archive.namelist()}
    for source, place in (("resources", "_resources"), ("sample_data", "_sample_data")):
        for file in (ROOT / source).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                inside = f"planner/{place}/{file.relative_to(ROOT / source).as_posix()}"
                assert held[inside] == file.stat().st_size, inside
    assert not [name for name in held if name.startswith(("tests", "packaging", "docs"))]


@pytest.mark.skipif(sys.platform != "linux", reason="where a home is, HOME says on Linux")
def test_that_what_pip_installs_finds_its_data_and_what_it_takes_away_is_nobodys(
    wheel: Path, tmp_path: Path
) -> None:
    """In an environment of its own, that sees the packages of this one behind its own."""
    environment, home = tmp_path / "environment", tmp_path / "home"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    behind = [one for one in sys.path if one.endswith("site-packages")]
    (packages / "behind.pth").write_text("\n".join(behind) + "\n", encoding="utf-8")
    kept = {
        ".local/share/planner/devices/own.toml": "",
        ".cache/planner/anatomy/x.npz": "outlines",
        "plans/case.plan": "plan",
    }
    for name, text in kept.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = ["install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    run = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    program = environment / "bin" / "planner"
    said = subprocess.run(
        [str(program), "devices", "--json"], env=run, cwd=tmp_path, check=True, capture_output=True
    )
    assert len(json.loads(said.stdout)["devices"]) > 3
    assert (packages / "planner" / "_resources").is_dir()
    subprocess.run([*pip, "uninstall", "--yes", "planner"], check=True, capture_output=True)
    assert not (packages / "planner").exists()
    assert not program.exists()
    assert {name: (home / name).read_text(encoding="utf-8") for name in kept} == kept


@pytest.mark.skipif(sys.platform != "linux", reason="the script of the Linux archive")
def test_that_uninstalling_leaves_the_plans_and_settings_of_the_user(tmp_path: Path) -> None:
    source, home = tmp_path / "unpacked", tmp_path / "home"
    (source / "planner" / "_internal").mkdir(parents=True)
    (source / "planner" / "planner").write_text("#!/bin/sh\necho new\n")
    (source / "planner" / "planner").chmod(0o755)
    for name, folder in (("install.sh", "linux"), ("planner.desktop", "linux")):
        (source / name).write_bytes((ROOT / "packaging" / folder / name).read_bytes())
    (source / "planner.svg").write_bytes((ROOT / "resources/icons/planner.svg").read_bytes())
    kept = {
        ".local/share/planner/pacs.toml": "nodes",
        ".local/share/planner/devices/own.toml": "table",
        ".cache/planner/anatomy/x.npz": "outlines",
        "plans/case.plan": "plan",
        ".local/lib/planner-of-mine/x": "another program",
        ".local/lib/planner/_internal/gone-since.so": "of an older version",
    }
    for name, text in kept.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    install = ["sh", str(source / "install.sh")]
    run = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    subprocess.run(install, env=run, check=True, capture_output=True)
    link = home / ".local" / "bin" / "planner"
    started = subprocess.run([link], capture_output=True, text=True, check=True)
    assert started.stdout == "new\n"
    assert not (home / ".local/lib/planner/_internal/gone-since.so").exists()
    entry = (home / ".local/share/applications/planner.desktop").read_text()
    assert f'Exec="{home}/.local/lib/planner/planner"' in entry
    subprocess.run([*install, "--remove"], env=run, check=True, capture_output=True)
    left = {
        str(one.relative_to(home)): one.read_text() for one in home.rglob("*") if one.is_file()
    }
    assert left == {name: text for name, text in kept.items() if "gone-since" not in name}
    assert not link.is_symlink()


def test_that_the_built_program_answers_as_python_for_its_own_modules_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = script("entry")
    package = tmp_path / "planner"
    package.mkdir()
    (package / "part.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    monkeypatch.setattr(entry, "PACKAGE", package)
    monkeypatch.setattr(sys, "argv", ["planner", "-P", str(package / "part.py"), "a"])
    assert entry.main() == 0
    assert capsys.readouterr().out == "__main__ ['a']\n"
    (tmp_path / "other.py").write_text("raise SystemExit('a file that is not ours was run')\n")
    for words in (["-P", str(tmp_path / "other.py")], ["-m", "this"]):
        monkeypatch.setattr(sys, "argv", ["planner", *words])
        assert entry.main() == 2
    monkeypatch.setattr(sys, "argv", ["planner", "--version"])
    with pytest.raises(SystemExit, match="0"):
        entry.main()


def test_that_every_part_is_listed_with_a_licence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notices = script("notices")
    import numpy  # noqa: PLC0415, ICN001 - where it lies is what is asked
    import vtkmodules  # noqa: PLC0415

    sources = [Path(numpy.__file__), Path(vtkmodules.__file__)]
    parts = notices.parts_of(sources)
    assert {one.name.lower() for one in parts} == {"numpy", "vtk", "python"}
    assert notices.write_licences(parts, tmp_path / "licences") >= 2
    assert all(list(one.iterdir()) for one in (tmp_path / "licences").iterdir())
    notices.write_sbom(parts, "1.2.3", tmp_path / "sbom.json")
    document = json.loads((tmp_path / "sbom.json").read_text())
    assert document["bomFormat"] == "CycloneDX"
    addresses = {one["purl"] for one in document["components"]}
    assert f"pkg:pypi/numpy@{numpy.__version__}" in addresses
    (own, *_) = document["dependencies"]
    assert set(own["dependsOn"]) == {one["bom-ref"] for one in document["components"]}
    with pytest.raises(SystemExit, match="no licence was found for: bare"):
        notices.checked([notices.Part("bare", "1", "", "pypi")])


@pytest.mark.usefixtures("packaging")
def test_that_a_wheelhouse_pins_the_programs_own_wheel_too(tmp_path: Path) -> None:
    house = script("wheelhouse")
    wheel = tmp_path / "planner-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    house.write_list(tmp_path, wheel)
    first, *rest = (tmp_path / house.LIST).read_text().splitlines()
    assert first == f"planner==0.1.0 --hash=sha256:{hashlib.sha256(b'wheel').hexdigest()}"
    assert "\n".join(rest) + "\n" == (LOCKS / "runtime.txt").read_text(encoding="utf-8")


def icu_library(tables: dict[str, bytes]) -> bytes:
    """Return a library with common data of ICU, as its ``ucmndata.h`` describes them."""
    header = struct.pack("<H", 32) + script("trim").ICU_MARK
    names = b"".join(f"icudt73l/{one}".encode() + b"\0" for one in tables)
    name_at, at = 4 + 8 * len(tables), 4 + 8 * len(tables) + len(names)
    places = b""
    for name, table in tables.items():
        places += struct.pack("<II", name_at, at)
        name_at, at = name_at + len(f"icudt73l/{name}") + 1, at + len(table)
    content = struct.pack("<I", len(tables)) + places + names + b"".join(tables.values())
    return b"\x7fELF and what else is before" + header.ljust(32, b"\0") + content


def test_that_tables_of_icu_are_kept_whole_or_left_out() -> None:
    kept = {"coll/root.res": b"order", "nfkc.nrm": b"forms" * 7, "root.res": b"root"}
    out = {"brkitr/word.brk": b"words", "ibm-37.cnv": b"letters", "zone/zu.res": b"hours"}
    trim = script("trim")
    small = trim.fewer_tables(icu_library(dict(sorted({**kept, **out}.items()))))
    (count,) = struct.unpack_from("<I", small, 32)
    found, base = {}, small[32:]
    for name_at, at in struct.iter_unpack("<II", base[4 : 4 + 8 * count]):
        assert at % 16 == 0
        name = base[name_at : base.index(b"\0", name_at)].decode().removeprefix("icudt73l/")
        found[name] = base[at : at + len(kept.get(name, b""))]
    assert found == kept
    assert list(found) == sorted(found)
    with pytest.raises(ValueError, match="no tables of ICU"):
        trim.fewer_tables(b"some other library")


def test_that_a_large_table_loses_its_blanks_and_nothing_else(tmp_path: Path) -> None:
    document = {"names of öther letters": [{"type": "1C", "path": []}] * 20_000}
    large, small = tmp_path / "a" / "large.json", tmp_path / "small.json"
    large.parent.mkdir()
    large.write_text(json.dumps(document, indent=4), encoding="utf-8")
    small.write_text('{ "a": 1 }', encoding="utf-8")
    script("trim").take_out_blanks(tmp_path)
    assert json.loads(large.read_text(encoding="utf-8")) == document
    assert large.stat().st_size < 700_000
    assert small.read_text(encoding="utf-8") == '{ "a": 1 }'
