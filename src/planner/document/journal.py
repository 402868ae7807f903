"""Work that is in no file yet, written beside the user's data while it is being done.

A sheet of the journal is three files of one name: ``.plan``, an ordinary plan file; ``.json``,
which file the plan came from; ``.hold``, held while the program that writes the sheet is alive.
The name is a random token, so that a folder listing tells nothing about a patient.
"""

from __future__ import annotations

import json
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from planner.document.held_file import hold, is_held
from planner.document.plan_file import content_sha256, keep_copy, load_plan
from planner.document.whole_file import DRAFT_SUFFIX, write_whole
from planner.domain.errors import InputRefusedError, SaveFailedError

if TYPE_CHECKING:
    from planner.domain.plan import Plan

PAUSE_S: Final = 0.4
"""Rest between two writes: a drag makes a hundred edits a second and needs two of them written.
The newest edit waits for one write and one rest at most, far from the 2 s that may be lost."""

RETRY_S: Final = 2.0
"""Rest after a write that failed; a full disk is asked again when somebody may have made room."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the sheet shall hold: a plan, or nothing."""

    plan: Plan | None
    home: Path | None = None
    instead_of: Path | None = None


class Journal:
    """Writes the newest plan in a thread of its own; whoever calls never waits for a disk."""

    def __init__(self, folder: Path, *, pause_s: float = PAUSE_S) -> None:
        self._folder = folder
        self._pause_s = pause_s
        self._change = threading.Condition()
        self._wanted: _Wanted | None = None
        self._is_ending = False
        self._is_writing = False
        self._thread: threading.Thread | None = None
        self._sheet: Path | None = None
        self._held: IO[bytes] | None = None
        self.trouble = ""
        """Why the newest plan is not in the journal; empty while all is well."""

    def keep(self, plan: Plan, home: Path | None, *, instead_of: Path | None = None) -> None:
        """Have ``plan`` written; ``home`` is its own file.

        ``instead_of`` is a sheet that somebody left behind, and goes once this one is written.
        """
        self._want(_Wanted(plan, home, instead_of))

    def drop(self) -> None:
        """Have the sheet removed: the plan is in its file, or nobody wants it."""
        if self._thread is not None:
            self._want(_Wanted(None))

    def settle(self) -> None:
        """Wait until what was asked for is done, or has failed."""
        with self._change:
            self._change.wait_for(
                lambda: (self._wanted is None and not self._is_writing) or bool(self.trouble)
            )

    def close(self) -> None:
        """Do what was asked for, once, and end the thread. A sheet that was kept stays."""
        with self._change:
            self._is_ending = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._let_go()

    def _want(self, wanted: _Wanted) -> None:
        with self._change:
            old = self._wanted
            if wanted.plan is not None and wanted.instead_of is None and old is not None:
                wanted = replace(wanted, instead_of=old.instead_of)
            self._wanted = wanted
            self._change.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted is not None or self._is_ending)
                if self._wanted is None:
                    return
                wanted, self._wanted = self._wanted, None
                self._is_writing = True
            done = self._do(wanted)
            with self._change:
                self._is_writing = False
                if not done and self._is_ending:
                    return
                if not done and self._wanted is None:
                    self._wanted = wanted
                self._change.notify_all()
                rest_s = self._pause_s if done else max(self._pause_s, RETRY_S)
                self._change.wait_for(self._must_not_rest, rest_s)

    def _must_not_rest(self) -> bool:
        return self._is_ending or (self._wanted is not None and self._wanted.plan is None)

    def _do(self, wanted: _Wanted) -> bool:
        """Write or remove the sheet; tell whether it worked."""
        try:
            if wanted.plan is None:
                self._remove()
            else:
                self._write(wanted.plan, wanted.home)
            if wanted.instead_of is not None:
                throw_away(wanted.instead_of)
        except (OSError, SaveFailedError) as failure:
            cause = failure.__cause__ if isinstance(failure, SaveFailedError) else failure
            why = getattr(cause, "strerror", None) or cause
            self.trouble = (
                f"The journal could not be written in {self._folder} ({why}). "
                "The plan is whole in this window, but a crash would lose it: save it."
            )
            return False
        self.trouble = ""
        return True

    def _write(self, plan: Plan, home: Path | None) -> None:
        if self._sheet is None:
            self._sheet = self._begun(plan, home)
        keep_copy(self._sheet, plan)

    def _begun(self, plan: Plan, home: Path | None) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sheet = self._folder / f"{secrets.token_hex(8)}.plan"
        self._held = hold(sheet.with_suffix(".hold"))
        about = {"home": str(home or ""), "saved_sha256": plan.saved_sha256}
        try:
            write_whole(sheet.with_suffix(".json"), json.dumps(about).encode(), private=True)
        except SaveFailedError:
            self._let_go()
            throw_away(sheet)
            raise
        return sheet

    def _remove(self) -> None:
        if self._sheet is not None:
            self._let_go()
            throw_away(self._sheet)
            self._sheet = None

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftWork:
    """A sheet of a program that ended without saving.

    Attributes
    ----------
    plan
        As it was last written, with the bookkeeping of its last save.
    home
        The file it came from; ``None`` when it was never saved.
    """

    sheet: Path
    plan: Plan
    home: Path | None
    written: datetime


def left_behind(folder: Path) -> tuple[tuple[LeftWork, ...], tuple[str, ...]]:
    """Return what programs that are gone left in the journal, newest first, and complaints.

    A sheet that says what is in its own file already is thrown away.
    """
    found: list[LeftWork] = []
    complaints: list[str] = []
    for sheet in sorted(folder.glob("*.plan")) if folder.is_dir() else ():
        if is_held(sheet.with_suffix(".hold")):
            continue
        try:
            work = left_work(sheet)
            if _is_in(work.home, work.plan):
                throw_away(sheet)
            else:
                found.append(work)
        except (InputRefusedError, OSError) as failure:
            complaints.append(f"Work in the journal could not be read. {failure}")
    for hold_alone in folder.glob("*.hold"):
        if not hold_alone.with_suffix(".plan").exists() and not is_held(hold_alone):
            throw_away(hold_alone)
    found.sort(key=lambda one: one.written, reverse=True)
    return tuple(found), tuple(complaints)


def left_work(sheet: Path) -> LeftWork:
    """Read one sheet.

    Raises
    ------
    InputRefusedError
        When it cannot be read.
    """
    plan = load_plan(sheet)
    about = {}
    # The line about the file is written first; without it the plan is whole all the same.
    with suppress(OSError, ValueError):
        about = json.loads(sheet.with_suffix(".json").read_text("utf-8"))
    home, saved = (str(about.get(key, "")) for key in ("home", "saved_sha256"))
    return LeftWork(
        sheet=sheet,
        plan=replace(plan, saved_sha256=saved),
        home=Path(home) if home else None,
        written=datetime.fromtimestamp(sheet.stat().st_mtime, UTC),
    )


def throw_away(sheet: Path) -> None:
    """Remove a sheet, and drafts of it that a killed program left.

    Raises
    ------
    OSError
        When the folder does not let it go.
    """
    for draft in sheet.parent.glob(f".{sheet.stem}.*{DRAFT_SUFFIX}"):
        draft.unlink(missing_ok=True)
    for suffix in (".plan", ".json", ".hold"):
        sheet.with_suffix(suffix).unlink(missing_ok=True)


def _is_in(home: Path | None, plan: Plan) -> bool:
    if home is None:
        return False
    try:
        return content_sha256(load_plan(home)) == content_sha256(plan)
    except InputRefusedError:
        return False
