"""What a folder of studies holds, and which of it was done before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner import __version__
from planner.anatomy.builtin import BACKEND
from planner.app.batch.records import Study
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

VOLUME_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".dcm")


def studies_in(folder: Path) -> tuple[Study, ...]:
    """Return each sub-folder, and each volume file, of a folder, in the order of their names.

    Raises
    ------
    UsageError
        When there is none.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that holds the studies")
    places = [
        place
        for place in sorted(folder.resolve().iterdir())
        if not place.name.startswith(".") and (place.is_dir() or _is_volume(place))
    ]
    if not places:
        raise UsageError(
            f"{folder} holds no study: neither a folder nor a volume. Give the folder whose "
            "sub-folders are the studies"
        )
    return tuple(Study(key=_key(place), place=place) for place in places)


def _is_volume(place: Path) -> bool:
    return place.is_file() and place.name.lower().endswith(VOLUME_ENDINGS)


def _key(place: Path) -> str:
    digest = hashlib.sha256(f"{__version__} {BACKEND} {place.name}\n".encode())
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.is_file():
            seen = file.stat()
            name = file.relative_to(place.parent).as_posix()
            digest.update(f"{name} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
