"""What a window must be able to show; the viewer implements it, tests replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.volume import CtVolume
    from planner.session.chooser import ChooserState
    from planner.session.comparison import Comparison
    from planner.session.drawing import Drawing
    from planner.session.incoming import IncomingScan
    from planner.session.kept_states import KeptState
    from planner.session.level_map import LevelMapRow
    from planner.session.opened_case import MissingScan
    from planner.session.outlines import OutlineVolume
    from planner.session.surfaces import Surface
    from planner.session.tool_marks import CorrectionState
    from planner.session.view_state import ViewState
    from planner.session.window_states import (
        AnatomyState,
        CheckState,
        JobState,
        Message,
        PlanState,
        StudyState,
        TreatState,
    )
    from planner.session.xray_pictures import XrayPicture


class PictureView(Protocol):
    """The panes."""

    def show_scan(self, ct: CtVolume | None, position_words: str) -> None:
        """Show the voxels of a scan."""
        ...

    def show_incoming(self, incoming: IncomingScan) -> None:
        """Show the slices of a scan that are here, marked as loading."""
        ...

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show the outlines of structures."""
        ...

    def show_surfaces(self, surfaces: tuple[Surface, ...]) -> None:
        """Show meshes in 3-D."""
        ...

    def show_view(self, view: ViewState | None) -> None:
        """Show another place, window or zoom."""
        ...

    def show_xrays(self, pictures: tuple[XrayPicture, ...]) -> None:
        """Show simulated X-ray pictures."""
        ...

    def show_drawing(self, drawing: Drawing) -> None:
        """Show needles, zones and marks."""
        ...


class ReceptionView(Protocol):
    """What is asked while something is opened."""

    def show_chooser(self, state: ChooserState | None) -> None:
        """Let the user choose a series; ``None`` takes the question away."""
        ...

    def show_missing_scan(self, state: MissingScan) -> None:
        """Ask where the CT of a plan is."""
        ...


class WorkstationView(PictureView, ReceptionView, Protocol):
    """The panes and the panels."""

    def show_kept(self, state: KeptState) -> None:
        """Show work to recover, plans to open again, and whether the journal is written."""
        ...

    def show_study(self, state: StudyState) -> None:
        """Show who is open."""
        ...

    def show_anatomy(self, state: AnatomyState) -> None:
        """Show what is outlined."""
        ...

    def show_corrections(self, state: CorrectionState) -> None:
        """Show the tool in the hand and what was corrected."""
        ...

    def show_plan(self, state: PlanState) -> None:
        """Show the needles."""
        ...

    def show_treatment(self, state: TreatState) -> None:
        """Show what is planned on the selected needle."""
        ...

    def show_check(self, state: CheckState) -> None:
        """Show the verdict and the findings."""
        ...

    def show_levels(self, rows: tuple[LevelMapRow, ...]) -> None:
        """Show every treated level."""
        ...

    def show_comparison(self, state: Comparison | None) -> None:
        """Show what two plans say differently; ``None`` when there is nothing to compare."""
        ...

    def show_jobs(self, jobs: tuple[JobState, ...]) -> None:
        """Show the long work that is running."""
        ...

    def show_availability(self, reasons: Mapping[str, str]) -> None:
        """Enable the actions whose reason is empty; the others say the reason."""
        ...

    def show_message(self, message: Message) -> None:
        """Show one sentence."""
        ...
