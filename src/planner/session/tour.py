"""The first-run tour: a walk along the steps on a sample case, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from planner.session.window_states import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStop:
    """One stop.

    Attributes
    ----------
    action
        Id of the action that the stop offers; empty when there is only something to read.
    """

    step: Step
    title: str
    words: str
    action: str = ""


TOUR: Final = (
    TourStop(
        step=Step.STUDY,
        title="A sample case",
        words="A digital spine with a metastasis at the front of L3; no patient is in it. Your "
        "own CT opens from a folder, or by dragging it onto the window; every series is checked "
        "first.",
        action="open_sample",
    ),
    TourStop(
        step=Step.STUDY,
        title="The pictures",
        words="The wheel scrolls, the right button sets the grey window, Ctrl and wheel zoom, a "
        "double click shows one pane alone. The letters are the patient's sides.",
        action="layout_planning",
    ),
    TourStop(
        step=Step.ANATOMY,
        title="Outlines",
        words="Let the spine be outlined, then look at every level and accept it. What nobody "
        "accepted says UNVERIFIED wherever it is used.",
        action="segment",
    ),
    TourStop(
        step=Step.PLAN,
        title="A needle",
        words="Choose a level and let needles be suggested, or press E and T at the crosshair. "
        "Drag an end or the shaft; every drag can be undone.",
        action="suggest",
    ),
    TourStop(
        step=Step.TREAT,
        title="Heat and cement",
        words="Choose a device and its setting. The zone is what its maker or a paper states, "
        "with a band of doubt; the simulation asks what this patient's tissue does to it.",
    ),
    TourStop(
        step=Step.CHECK,
        title="The check",
        words="Every edit voids the verdict and starts the check anew. A finding is answered by a "
        "person with a name and a reason. Somebody has to confirm left and right.",
        action="confirm_side",
    ),
    TourStop(
        step=Step.REPORT,
        title="Paper and files",
        words="Save the plan, write the PDF, export for other programs. Ctrl+K finds any command, "
        "F1 lists every key. This is not a medical device.",
        action="palette",
    ),
)
