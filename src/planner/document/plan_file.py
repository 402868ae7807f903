"""The plan file: one JSON envelope whose digest notices every changed bit."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.document.migrations import OLDEST_VERSION, STEPS, migrated, newest_version
from planner.document.plan_values import NotAPlanError, plain_from_plan, plan_from_plain
from planner.document.whole_file import write_whole
from planner.domain.errors import InputRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.document.migrations import Step
    from planner.domain.plan import Plan

FORMAT = "planner-plan"

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""A plan is some kilobytes; a file above this is something else, and is not read into memory."""


def content_sha256(plan: Plan) -> str:
    """Return the digest of what the plan says, whatever its revision."""
    plain = plain_from_plan(plan)
    del plain["revision"]
    return hashlib.sha256(_canonical(plain)).hexdigest()


def save_plan(path: Path, plan: Plan) -> Plan:
    """Write ``plan`` so that the file is always either the whole old or the whole new one.

    Returns
    -------
    Plan
        The plan as saved. Its revision is one higher when its content differs from what was
        last saved or loaded, and always above that of another content already in the file.

    Raises
    ------
    SaveFailedError
        When the file could not be written; what was there before is still there.
    """
    digest = content_sha256(plan)
    revision = plan.revision
    if plan.saved_sha256 not in ("", digest):
        revision += 1
    there = _same_plan_at(path, plan)
    if there is not None:
        revision = max(revision, there.revision + int(there.saved_sha256 != digest))
    saved = replace(plan, revision=revision, saved_sha256=digest)
    write_whole(path, plan_bytes(saved))
    return saved


def keep_copy(path: Path, plan: Plan) -> None:
    """Write ``plan`` as it is to a file that only its owner may read; it counts as no save.

    Raises
    ------
    SaveFailedError
        When the file could not be written; what was there before is still there.
    """
    write_whole(path, plan_bytes(plan), private=True)


def plan_bytes(plan: Plan) -> bytes:
    """Return the bytes of a file that holds ``plan`` as it is, for another keeper than a disk."""
    return _envelope(newest_version(), plain_from_plan(plan))


def load_plan(path: Path, steps: Mapping[int, Step] = STEPS) -> Plan:
    """Read a plan file.

    Raises
    ------
    InputRefusedError
        ``PLAN-UNREADABLE``, ``PLAN-NOT-A-PLAN``, ``PLAN-NEWER`` or ``PLAN-DAMAGED``.
    """
    data = _read(path)
    envelope = _parse(path, data)
    version = envelope["version"]
    if version > newest_version(steps):
        raise InputRefusedError(
            "PLAN-NEWER",
            f"{path.name} was written by a newer version of this program (file version "
            f"{version}, this program knows up to {newest_version(steps)}). "
            "Update the program to open it.",
        )
    if version < OLDEST_VERSION or _envelope(version, envelope["plan"]) != data:
        raise _damaged(path, "its digest does not match its content")
    try:
        plan = plan_from_plain(migrated(envelope["plan"], version, steps))
    except NotAPlanError as refusal:
        raise _damaged(path, str(refusal)) from refusal
    return replace(plan, saved_sha256=content_sha256(plan))


def is_plan_file(path: Path) -> bool:
    """Tell by its first bytes, whatever its name, whether a file is a plan."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return f'"format": "{FORMAT}"'.encode() in file.read(64)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InputRefusedError("PLAN-NOT-A-PLAN", f"{path.name} is too large for a plan.")
        return path.read_bytes()
    except OSError as failure:
        raise InputRefusedError(
            "PLAN-UNREADABLE",
            f"{path.name} could not be read ({failure.strerror or failure}). "
            "Check that the file exists and that you may read it.",
        ) from failure


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    """Return the envelope, checked for kind but not yet for damage."""
    claims_to_be_a_plan = f'"{FORMAT}"'.encode() in data[:200]
    try:
        envelope = json.loads(data)
    except (ValueError, RecursionError) as failure:
        if claims_to_be_a_plan:
            raise _damaged(path, "it breaks off or holds stray bytes") from failure
        raise _not_a_plan(path) from failure
    if not isinstance(envelope, dict) or envelope.get("format") != FORMAT:
        raise _not_a_plan(path)
    kinds = {"version": int, "sha256": str, "plan": dict}
    if any(not isinstance(envelope.get(key), kind) for key, kind in kinds.items()):
        raise _damaged(path, "a part of its envelope is missing")
    return envelope


def _not_a_plan(path: Path) -> InputRefusedError:
    return InputRefusedError(
        "PLAN-NOT-A-PLAN", f"{path.name} is not a plan of this program. Choose a plan file."
    )


def _damaged(path: Path, why: str) -> InputRefusedError:
    return InputRefusedError(
        "PLAN-DAMAGED",
        f"{path.name} is damaged and was not opened: {why}. Use a copy from a backup.",
    )


def _canonical(plain: object) -> bytes:
    text = json.dumps(plain, ensure_ascii=True, allow_nan=False, sort_keys=True, indent=1)
    return text.encode("ascii")


def _envelope(version: int, plain: Mapping[str, Any]) -> bytes:
    """Return the exact bytes of the file that holds ``plain``.

    Reading compares a file with these bytes, so any other spelling is noticed as well.
    """
    digest = hashlib.sha256(f"{FORMAT} {version}\n".encode() + _canonical(plain)).hexdigest()
    head = {"format": FORMAT, "version": version, "sha256": digest, "plan": plain}
    # "format" first, so that the kind of file is seen even when its end is missing.
    text = json.dumps(
        {key: _sorted(value) for key, value in head.items()},
        ensure_ascii=True,
        allow_nan=False,
        indent=1,
    )
    return text.encode("ascii") + b"\n"


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _same_plan_at(path: Path, plan: Plan) -> Plan | None:
    """Return what the file holds when it is a state of the same plan."""
    with suppress(InputRefusedError):  # whatever is there is about to be replaced
        there = load_plan(path)
        return there if there.plan_id == plan.plan_id else None
    return None
