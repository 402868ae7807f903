"""Finds the files of an input and reads every header once."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from planner.imaging import tags
from planner.imaging.codes import Code, finding
from planner.imaging.elements import DamagedFileError
from planner.imaging.header import FileHeader, HeaderReader, NotDicomError
from planner.imaging.limits import MAX_FILES, MAX_FOLDER_DEPTH
from planner.imaging.values import text

if TYPE_CHECKING:
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import GateFinding

IMAGE_SUFFIXES = frozenset((".dcm", ".dicom", ".dic", ".ima", ".img"))
"""A file with such a name that is no DICOM is a damaged slice until proven otherwise."""

HEADER_SHARE = 0.1
"""Part of the whole progress that reading headers takes."""

_NO_SUFFIX = re.compile(r"\.\d+")
"""The last part of a UID, where files are named by their UIDs."""

_SYSTEM_NAMES = frozenset((".ds_store", "thumbs.db", "desktop.ini", "dicomdir"))
_FORK = "._"
"""What a Mac puts beside each file on a disc that is not its own; never DICOM itself."""

_TEXT_PROBE = 512


@dataclass(slots=True)
class FolderContents:
    """What lies under one path.

    Attributes
    ----------
    headers
        Every DICOM file that could be read, by name.
    findings
        About files that could not, or were left out.
    """

    headers: list[FileHeader] = field(default_factory=list)
    findings: list[GateFinding] = field(default_factory=list)


def read_folder(path: Path, report: ProgressReport) -> FolderContents:
    """Read every header under ``path``: a folder, a DICOMDIR or a single file."""
    contents = FolderContents()
    if path.is_dir():
        files = _files_below(path, contents)
        _compare_directory(path, contents)
        root = path
    else:
        root = path.parent
        files = _named_files(path, contents)
    _read_headers(files, root, contents, report)
    return contents


def _files_below(root: Path, contents: FolderContents) -> list[Path]:
    """List regular files below ``root`` in a fixed order; links to folders are not followed."""
    files: list[Path] = []
    skipped: list[str] = []
    passed_by: list[str] = []
    for folder, folders, names in os.walk(root, onerror=partial(_not_opened, root, contents)):
        folders.sort()
        too_deep = len(Path(folder).relative_to(root).parts) >= MAX_FOLDER_DEPTH
        passed_by += [
            _shown(Path(folder, name), root)
            for name in folders
            if too_deep or _leads_out(Path(folder, name), root)
        ]
        if too_deep:
            folders.clear()
        for name in sorted(names):
            if name.lower() in _SYSTEM_NAMES:
                continue
            file = Path(folder, name)
            if _is_regular(file):
                files.append(file)
            elif file.is_symlink() and _suffix(file) in IMAGE_SUFFIXES | {""}:
                _unreadable(_shown(file, root), "it is a link to nothing", contents)
            else:
                skipped.append(_shown(file, root))
        if len(files) > MAX_FILES:
            contents.findings.append(finding(Code.TOO_MANY_FILES, f"more than {MAX_FILES}"))
            return []
    for code, found in ((Code.NOT_DICOM, skipped), (Code.NOT_FOLLOWED, passed_by)):
        if found:
            contents.findings.append(finding(code, _listed(found), found))
    return files


def _not_opened(root: Path, contents: FolderContents, error: OSError) -> None:
    """Note a folder that may not be listed; slices may lie in it."""
    if Path(error.filename) == root:
        raise error
    _unreadable(_shown(Path(error.filename), root), "the folder cannot be opened", contents)


def _unreadable(name: str, reason: str, contents: FolderContents) -> None:
    contents.findings.append(finding(Code.UNREADABLE_FILE, f"{name}: {reason}", [name]))


def _leads_out(folder: Path, root: Path) -> bool:
    """Tell whether it is a link to a folder whose files are not met anyway."""
    try:
        return folder.is_symlink() and not folder.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def _is_regular(file: Path) -> bool:
    """Tell whether ``file`` is an ordinary file; a pipe or device would block for ever."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False


def _compare_directory(root: Path, contents: FolderContents) -> None:
    """Note what the DICOMDIR of a disc names and the folder lacks: slices missing at an end."""
    for directory in root.iterdir():
        if directory.name.lower() == "dicomdir" and _is_regular(directory):
            named = FolderContents()
            _named_files(directory, named)
            lost = [name for found in named.findings for name in found.files]
            if lost:
                detail = f"its DICOMDIR names {len(lost)} files that are not here"
                contents.findings.append(finding(Code.INCOMPLETE, detail, lost))


def _named_files(path: Path, contents: FolderContents) -> list[Path]:
    """Return ``path`` itself, or the files it names when it is a DICOMDIR."""
    try:
        header = HeaderReader().read(path, path.name)
    except (DamagedFileError, NotDicomError):
        return [path]
    if tags.DIRECTORY_RECORDS not in header.data.sequences:
        return [path]
    files: list[Path] = []
    for record in header.data.sequences[tags.DIRECTORY_RECORDS]:
        if text(record, tags.DIRECTORY_RECORD_TYPE) != "IMAGE":
            continue
        parts = [part.strip() for part in text(record, tags.REFERENCED_FILE_ID).split("\\")]
        file = _resolved(path.parent, parts, contents)
        if file is not None:
            files.append(file)
    hostile = any(found.code == Code.PATH_ESCAPE for found in contents.findings)
    return [] if hostile else files


def _resolved(root: Path, parts: list[str], contents: FolderContents) -> Path | None:
    """Find a file that a DICOMDIR names; refuse any that is not below ``root``."""
    if any(_escapes(part) for part in parts):
        contents.findings.append(finding(Code.PATH_ESCAPE))
        return None
    current = root
    for part in parts:
        exact = current / part
        current = exact if exact.exists() else _same_but_for_case(current, part)
    if not _is_regular(current):
        shown = "/".join(parts)
        contents.findings.append(finding(Code.DICOMDIR, shown, [shown]))
        return None
    if not current.resolve().is_relative_to(root.resolve()):
        contents.findings.append(finding(Code.PATH_ESCAPE))
        return None
    return current


def _escapes(part: str) -> bool:
    return (
        part in ("", ".", "..")
        or "\0" in part
        or len(PurePosixPath(part).parts) != 1
        or len(PureWindowsPath(part).parts) != 1
        or bool(PureWindowsPath(part).drive)
    )


def _same_but_for_case(folder: Path, name: str) -> Path:
    """Return the entry that equals ``name`` but for case, as discs copied to Linux need."""
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.name.lower().removesuffix(";1").removesuffix(".") == name.lower():
                return entry
    return folder / name


def _read_headers(
    files: list[Path], root: Path, contents: FolderContents, report: ProgressReport
) -> None:
    reader = HeaderReader()
    foreign: list[Path] = []
    for place, file in enumerate(files):
        if place % 64 == 0:
            report(HEADER_SHARE * place / len(files), "Reading headers")
        name = _shown(file, root)
        try:
            header = reader.read(file, name)
        except NotDicomError:
            foreign.append(file)
        except (DamagedFileError, OSError) as error:
            if file.name.startswith(_FORK):
                continue
            reason = str(error) if isinstance(error, DamagedFileError) else "it cannot be opened"
            _unreadable(name, reason, contents)
        else:
            if text(header.data, tags.SOP_CLASS_UID) != tags.DICOMDIR:
                contents.headers.append(header)
    _judge_foreign(foreign, root, contents)


def _judge_foreign(foreign: list[Path], root: Path, contents: FolderContents) -> None:
    """Sort files that are no DICOM into bystanders and slices that were damaged."""
    slice_suffixes = IMAGE_SUFFIXES | {_suffix(header.path) for header in contents.headers}
    slice_suffixes -= {""}
    bystanders: list[str] = []
    for file in foreign:
        if file.name.startswith(_FORK):
            continue
        name = _shown(file, root)
        suffix = _suffix(file)
        if suffix in slice_suffixes or (suffix == "" and not _is_text(file)):
            _unreadable(name, "it does not begin like DICOM", contents)
        else:
            bystanders.append(name)
    if bystanders:
        contents.findings.append(finding(Code.NOT_DICOM, _listed(bystanders), bystanders))


def _suffix(file: Path) -> str:
    suffix = file.suffix.lower()
    return "" if _NO_SUFFIX.fullmatch(suffix) else suffix


def _is_text(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(_TEXT_PROBE)
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in start)


def _shown(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _listed(names: list[str]) -> str:
    """Name the first few."""
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
