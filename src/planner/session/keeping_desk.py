"""Keeps work from being lost: the journal while it is done, what others left, recent plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from planner.document.journal import Journal, left_behind, throw_away
from planner.document.revisions import keep_revision, revisions_of
from planner.domain.errors import SaveFailedError
from planner.domain.plan import PlanLock
from planner.session.kept_states import KeptState, OfferRow, RecentRow, RevisionRow, treated
from planner.settings.recents import Recent, hashed_id, load_recents, remember

if TYPE_CHECKING:
    from planner.document.journal import LeftWork
    from planner.domain.plan import Plan
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.opened_case import OpenedCase
    from planner.session.plan_desk import PlanDesk

JOURNAL, REVISIONS = "journal", "revisions"
NONE_KEPT = "No revision of this plan is kept: it was neither opened from a file nor saved."
READ_ONLY = "An older revision, opened to be read"


class KeepingDesk:
    """Follows every edit; without a folder nothing is kept.

    A journal in trouble is said once; the state says it as long as it lasts.
    """

    def __init__(self, folder: Path | None, floor: Floor, case: CaseDesk, edits: PlanDesk) -> None:
        self._folder = folder
        self._floor = floor
        self._case = case
        self._edits = edits
        self._journal = Journal(folder / JOURNAL) if folder else None
        self._recents = load_recents(folder) if folder else ()
        self._left: tuple[LeftWork, ...] = ()
        self._taken: LeftWork | None = None
        self._said = ""

    @property
    def state(self) -> KeptState:
        """What the panel shows."""
        return KeptState(
            offers=tuple(_offer(one) for one in self._left),
            recents=tuple(_recent(one) for one in self._recents),
            trouble=self._journal.trouble if self._journal else "",
        )

    def look(self) -> None:
        """Look for work that was left, and offer it."""
        if self._folder is None:
            return
        self._left, complaints = left_behind(self._folder / JOURNAL)
        for complaint in complaints:
            self._floor.say(complaint, is_error=True)
        if self._left:
            self._floor.say(
                "There is work that was never saved. The step Study shows it: recover it, or "
                "throw it away."
            )

    # opening and closing

    def take(self, opened: OpenedCase, path: Path | None) -> None:
        """Let a case take the place of the open one; a sheet of the journal goes on as unsaved."""
        left = next((one for one in self._left if one.sheet == path), None)
        if path is not None and self._is_revision(path):
            self._take_to_read(opened)
            return
        if self._journal is not None:
            self._journal.drop()
        self._taken = left
        if left is None:
            self._case.take(opened, path)
        else:
            plan = replace(opened.plan, saved_sha256=left.plan.saved_sha256)
            self._left = tuple(one for one in self._left if one is not left)
            self._case.take(replace(opened, plan=plan), left.home, is_recovered=True)
            self.follow()
        if self._case.path is not None:
            self._remember(opened.plan, self._case.path)

    def _is_revision(self, path: Path) -> bool:
        return self._folder is not None and path.is_relative_to(self._folder / REVISIONS)

    def _take_to_read(self, opened: OpenedCase) -> None:
        """Show an older revision: locked, and in no file, so that no save can replace another."""
        if self._journal is not None:
            self._journal.drop()
        lock = PlanLock(by=READ_ONLY, at_utc=datetime.now(UTC).isoformat(timespec="seconds"))
        self._case.take(replace(opened, plan=replace(opened.plan, lock=lock)), None)

    @property
    def reasons(self) -> dict[str, str]:
        """Why the list of revisions cannot be shown; empty when it can."""
        home = self._home()
        return {"revisions": "" if home is not None and home.is_dir() else NONE_KEPT}

    @property
    def revisions(self) -> tuple[RevisionRow, ...]:
        """What is kept of the open plan, newest first."""
        home = self._home()
        if home is None:
            return ()
        return tuple(
            RevisionRow(
                path=one.path,
                title=f"Revision {one.plan.revision} · {treated(one.plan)}",
                detail=f"kept {_local(one.kept_utc)}",
            )
            for one in revisions_of(home.parent, home.name)
        )

    def _home(self) -> Path | None:
        """Return where revisions of the open plan are kept."""
        if self._folder is None or self._edits.document is None:
            return None
        return self._folder / REVISIONS / hashed_id(self._edits.plan.plan_id)

    def _keep_revision(self, plan: Plan, path: Path) -> None:
        """Keep the file as it is now; that it cannot be is said and stops nothing."""
        if self._folder is None or not plan.saved_sha256:
            return
        try:
            keep_revision(self._folder / REVISIONS, hashed_id(plan.plan_id), plan, path)
        except (OSError, SaveFailedError) as failure:
            self._floor.say(f"This revision could not be kept ({failure}).", is_error=True)

    def follow(self) -> None:
        """Have the plan as it is now in the journal, unless its file says the same."""
        if self._journal is None:
            return
        if self._case.has_unsaved_work:
            taken, self._taken = self._taken, None
            self._journal.keep(
                self._edits.plan, self._case.path, instead_of=taken.sheet if taken else None
            )
        else:
            self._journal.drop()

    def saved(self) -> None:
        """Forget the journal, because the plan is in its file now."""
        if self._journal is not None:
            self._journal.drop()
        if self._case.path is not None:
            self._remember(self._edits.plan, self._case.path)

    def say_trouble(self) -> None:
        """Say once that the journal cannot be written, and once that it can again."""
        trouble = self._journal.trouble if self._journal else ""
        if trouble != self._said:
            self._said = trouble
            well = "The journal is written again."
            self._floor.say(trouble or well, is_error=bool(trouble))

    def throw_away(self, sheet: Path) -> None:
        """Remove work that nobody wants."""
        self._left = tuple(one for one in self._left if one.sheet != sheet)
        try:
            throw_away(sheet)
        except OSError as failure:
            why = failure.strerror or failure
            self._floor.say(f"The journal could not be emptied ({why}).", is_error=True)
        self._floor.refresh()

    def close(self) -> None:
        """End; what was not saved was not wanted, for somebody was asked."""
        if self._journal is not None:
            self._journal.drop()
            self._journal.close()

    def _remember(self, plan: Plan, path: Path) -> None:
        if self._folder is None:
            return
        self._keep_revision(plan, path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        recent = Recent(
            id=hashed_id(plan.plan_id),
            path=str(path.absolute()),
            words=treated(plan),
            opened_utc=now,
        )
        try:
            self._recents = remember(self._folder, recent)
        except SaveFailedError as failure:
            self._floor.say(str(failure), is_error=True)


def _local(utc: datetime) -> str:
    return utc.astimezone().strftime("%Y-%m-%d %H:%M")


def _offer(left: LeftWork) -> OfferRow:
    count = len(left.plan.trajectories)
    needles = f"{count} needle{'' if count == 1 else 's'}"
    home = "changes after its last save" if left.home else "never saved"
    return OfferRow(
        sheet=left.sheet,
        title=treated(left.plan),
        detail=f"{_local(left.written)} · {needles} · {home} · "
        f"plan {hashed_id(left.plan.plan_id)}",
    )


def _recent(recent: Recent) -> RecentRow:
    opened = datetime.fromisoformat(recent.opened_utc)
    return RecentRow(
        path=Path(recent.path),
        title=f"{recent.id} · {recent.words}",
        detail=_local(opened),
        file_name=Path(recent.path).name,
    )
