"""Outlines the spine, or takes its outlines from a file, and builds the meshes of the 3-D view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.session.correction_words import what_was_done, what_was_taken_back
from planner.session.opened_case import NO_OUTLINES
from planner.session.outlines import OutlineVolume, outline_volume
from planner.session.surfaces import anatomy_surfaces, bone_surface

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.errors import PlannerError
    from planner.domain.plan import AnatomyBinding
    from planner.domain.progress import ProgressReport
    from planner.session.case_desk import CaseDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.opened_case import OpenedCase
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.view_protocols import PictureView


TOTALSEGMENTATOR = "totalsegmentator"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outlined:
    anatomy: Anatomy
    drawn: OutlineVolume


class OutlineDesk:
    """Gives the plan its anatomy; the anatomy itself is kept by the ``PlanDesk``."""

    def __init__(
        self,
        services: CaseServices,
        view: PictureView,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        panes: PaneDesk,
    ) -> None:
        self._services = services
        self._view = view
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._panes = panes
        self._made_for: tuple[object, ...] | None = None
        self._asked: AnatomyBinding | None = None
        self._is_prepared = False
        self.drawn: OutlineVolume | None = None
        """The outlines as drawn."""
        self.lesions: tuple[str, ...] = ()
        """Sentences on the lesions that are outlined."""

    def segment(self) -> None:
        """Outline the spine in the background."""
        if (ct := self._case.ct) is not None:
            binding = replace(self._edits.plan.anatomy, locator="")
            seeds = dict(binding.seeds)

            def make(report: ProgressReport) -> Anatomy:
                if binding.corrections:
                    asked = replace(binding, backend="builtin")
                    return self._services.redo_outlines(ct, asked, report)
                return self._services.segment(ct, seeds, report)

            self._outline("Outlining the spine", make, None)

    def segment_elsewhere(self) -> None:
        """Let TotalSegmentator outline the vertebrae, in the background."""
        if (ct := self._case.ct) is not None:
            binding = replace(self._edits.plan.anatomy, locator="", backend=TOTALSEGMENTATOR)
            self._outline(
                "TotalSegmentator outlines the spine",
                lambda report: self._services.redo_outlines(ct, binding, report),
                None,
            )

    def import_labels(self, path: Path) -> None:
        """Take the outlines from a label file."""
        if (ct := self._case.ct) is not None:
            self._outline(
                "Reading the outlines",
                lambda report: self._services.import_anatomy(ct, path, report),
                path,
            )

    def adopt(self, anatomy: Anatomy) -> None:
        """Take outlines that are known, such as the truth of an exercise; no hand made them."""
        self.adopt_made(lambda _report: anatomy)

    def adopt_made(self, make: Callable[[ProgressReport], Anatomy]) -> None:
        """Take outlines that are known once they are made; a locked plan takes them, too."""
        self._outline("Drawing the outlines", make, None, is_known=True)

    def _outline(
        self,
        message: str,
        make: Callable[[ProgressReport], Anatomy],
        labels: Path | None,
        *,
        is_known: bool = False,
    ) -> None:
        def work(report: ProgressReport) -> _Outlined:
            anatomy = make(report)
            return _Outlined(anatomy=anatomy, drawn=outline_volume(anatomy))

        self._jobs.start(
            "segment", message, work, lambda value: self._outlined(value, labels, is_known)
        )

    def _outlined(self, value: object, labels: Path | None, is_known: bool) -> None:
        made: _Outlined = value  # type: ignore[assignment]  # what the work above returns
        anatomy, edits = made.anatomy, self._edits
        edits.anatomy, self.lesions = anatomy, ()
        command = self._services.bind_anatomy(anatomy, labels)
        command = replace(command, passes_lock=is_known)
        self._made_for = outlines_key(command.apply(edits.plan).anatomy)
        self._is_prepared = False
        self.show(made.drawn)
        before = edits.plan
        self._floor.act(lambda: edits.do(command))
        if edits.plan is before:
            self._floor.derive()
        self.build_surfaces()
        if is_known:
            return
        levels = sorted(anatomy.vertebrae, key=lambda item: item.order)
        found = f"{levels[0]} to {levels[-1]}" if levels else "no vertebra"
        if levels and not edits.plan.trajectories:
            middle = anatomy.vertebrae[levels[len(levels) // 2]]
            self._panes.move_cursor(middle.body_centre)
        self._floor.say(f"Outlined {found}. Look at every level before you plan on it.")

    def begin(self, opened: OpenedCase) -> None:
        """Show the outlines of a case that was opened."""
        binding = opened.plan.anatomy
        self._asked = None
        self._is_prepared = False
        self.lesions = ()
        self._made_for = outlines_key(binding) if opened.anatomy else None
        self.show(opened.drawn)

    # following the corrections of the plan

    @property
    def is_stale(self) -> bool:
        """Whether the outlines are not those of the plan's corrections, so that they are void."""
        anatomy = self._edits.anatomy
        if anatomy is None or self._edits.document is None:
            return False
        return outlines_key(self._wanted(anatomy)) != self._made_for

    def _wanted(self, anatomy: Anatomy) -> AnatomyBinding:
        """Return the outlines that the plan asks for: those at hand where it names none."""
        binding = self._edits.plan.anatomy
        if binding.backend == NO_OUTLINES:
            return replace(binding, backend=anatomy.backend)
        return binding

    def follow(self) -> None:
        """Work the corrections of the plan into the outlines, in the background."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if not self.is_stale or ct is None or anatomy is None:
            if self._asked is not None:
                self._asked = None
                self._jobs.cancel("redo")
            return
        binding = self._wanted(anatomy)
        if self._asked is not None and outlines_key(binding) == outlines_key(self._asked):
            return
        self._asked = binding

        def work(report: ProgressReport) -> _Outlined:
            made = self._services.redo_outlines(ct, binding, report)
            return _Outlined(anatomy=made, drawn=outline_volume(made))

        self._jobs.start(
            "redo",
            "Correcting the outlines",
            work,
            lambda value: self._redone(binding, value),
            refused=self._not_redone,
            gone=self._gone,
        )

    def prepare(self) -> None:
        """Make the stages that corrections start from, where the outlines came from a store."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if self._is_prepared or self.is_stale or ct is None or anatomy is None:
            return
        self._is_prepared = True
        binding = replace(self._edits.plan.anatomy, backend=anatomy.backend)
        self._jobs.start(
            "prepare",
            "Preparing corrections",
            lambda report: self._services.redo_outlines(ct, binding, report),
            lambda _value: None,
            gone=self._unprepared,
        )

    def _unprepared(self) -> None:
        self._is_prepared = False

    def _redone(self, binding: AnatomyBinding, value: object) -> None:
        made: _Outlined = value  # type: ignore[assignment]  # what the work above returns
        self._asked = None
        before, old = self._edits.anatomy, self._made_for
        self._edits.anatomy, self.lesions = made.anatomy, ()
        self._made_for = outlines_key(binding)
        self.show(made.drawn)
        self._floor.derive()
        self.build_surfaces()
        self._floor.say(_done(old, binding, before, made.anatomy))

    def _not_redone(self, error: PlannerError) -> None:
        """Take back what does not fit its place, and say so."""
        document = self._edits.document
        is_corrected = document is not None and document.undo_label.startswith(("Correct", "Name"))
        if document is not None and is_corrected and not self._is_of_another_outliner:
            document.undo()
        self._floor.say(f"Not corrected: {error}", is_error=True)

    @property
    def _is_of_another_outliner(self) -> bool:
        """Whether no correction, but who outlines, is what cannot be followed."""
        anatomy, made_for = self._edits.anatomy, self._made_for
        if anatomy is None or made_for is None:
            return False
        return outlines_key(self._wanted(anatomy))[:2] != made_for[:2]

    def _gone(self) -> None:
        self._asked = None

    def show(self, drawn: OutlineVolume | None) -> None:
        """Draw other outlines."""
        self.drawn = drawn
        self._view.show_outlines(drawn)

    def build_surfaces(self) -> None:
        """Build the meshes in the background: of the outlines, or of all bone before there are."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None:
            return

        def work(report: ProgressReport) -> object:
            return anatomy_surfaces(anatomy, report) if anatomy else bone_surface(ct, report)

        self._jobs.start("surfaces", "Building the 3-D view", work, self._surfaces_built)
        self.lesions = ()
        if anatomy is None or anatomy.lesion is None:
            self._jobs.cancel("lesion")
            return
        self._jobs.start(
            "lesion",
            "Measuring the lesion",
            lambda _report: self._services.describe_lesions(ct, anatomy),
            self._lesions_described,
        )

    def _lesions_described(self, value: object) -> None:
        self.lesions = value  # type: ignore[assignment]  # what the service returns
        self._floor.refresh()

    def _surfaces_built(self, value: object) -> None:
        self._view.show_surfaces(value)  # type: ignore[arg-type]  # what the work returns


def _done(
    old: tuple[object, ...] | None,
    binding: AnatomyBinding,
    before: Anatomy | None,
    after: Anatomy,
) -> str:
    """Return in one sentence what came of the words that are new in a binding, or gone."""
    made = binding.corrections
    if old is not None and old[:2] != outlines_key(binding)[:2]:
        return f"These are other outlines, made by {after.backend}. Look at every level."
    was = () if old is None else old[-1]
    if before is not None and isinstance(was, tuple) and old is not None:
        if made[:-1] == was and old[:-1] == outlines_key(binding)[:-1]:
            return what_was_done(made[-1], before, after)
        if was[: len(made)] == made and len(made) < len(was):
            return what_was_taken_back(before, after)
    return "The correction is worked in. Look at the levels about it."


def outlines_key(binding: AnatomyBinding) -> tuple[object, ...]:
    """Return all that outlines depend on; two bindings of one key give the same outlines.

    First who outlines and from which file. The version behind a name, as in "builtin 1", is
    left out: the one that is installed runs whatever version a plan was made with.
    """
    name = binding.backend.split()[0]
    return name, binding.locator, binding.seeds, binding.corrections
