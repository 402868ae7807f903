"""Every action of the window as data: its words, its keys, and why it may be off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.session.touch import NEEDS_LINES, Tool
from planner.session.window_states import CheckPhase

if TYPE_CHECKING:
    from planner.session.tool_marks import CorrectionState
    from planner.session.window_states import (
        AnatomyState,
        CheckState,
        PlanState,
        StudyState,
        TreatState,
    )


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes
    ----------
    keys
        Key sequences in Qt's portable spelling.
    menu
        Which menu lists it; empty for keys only.
    """

    id: str
    text: str
    help: str
    keys: tuple[str, ...] = ()
    menu: str = ""
    checkable: bool = False


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open_folder", "Open CT folder…", "Open a folder of DICOM files.", ("Ctrl+O",), "File"
    ),
    ActionSpec("open_file", "Open CT file…", "Open NIfTI, NRRD or multi-frame.", (), "File"),
    ActionSpec("fetch", "Open from PACS…", "Search the archive, open a CT or a plan.", (), "File"),
    ActionSpec("open_sample", "Open the sample case", "A digital spine for learning.", (), "File"),
    ActionSpec("training", "Training…", "Learn on cases with known truth.", (), "File"),
    ActionSpec("open_plan", "Open plan…", "Open a saved plan.", ("Ctrl+Shift+O",), "File"),
    ActionSpec("save", "Save plan", "Save the plan to its file.", ("Ctrl+S",), "File"),
    ActionSpec("save_as", "Save plan as…", "Save to another file.", ("Ctrl+Shift+S",), "File"),
    ActionSpec("report", "Write PDF…", "Write the plan on paper.", ("Ctrl+P",), "File"),
    ActionSpec("export", "Export…", "Write DICOM, STL and others.", ("Ctrl+E",), "File"),
    ActionSpec("send", "Send to PACS…", "Send plan and report to the archive.", (), "File"),
    ActionSpec(
        "compare_saved",
        "Compare with the saved plan",
        "What changed since the last save.",
        (),
        "File",
    ),
    ActionSpec(
        "compare",
        "Compare with a plan…",
        "Lay another plan of this scan beside this one.",
        (),
        "File",
    ),
    ActionSpec("revisions", "Older revisions…", "Compare with one, or read it.", (), "File"),
    ActionSpec("quit", "Quit", "Close the window.", ("Ctrl+Q",), "File"),
    ActionSpec("undo", "Undo", "Take back the last edit.", ("Ctrl+Z",), "Edit"),
    ActionSpec("redo", "Redo", "Bring the edit again.", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit"),
    ActionSpec("delete", "Delete needle", "Remove the selected needle.", ("Delete",), "Edit"),
    ActionSpec("lock", "Lock needle", "Keep the selected needle from moving.", ("L",), "Edit"),
    ActionSpec(
        "lock_plan", "Lock plan…", "Close the plan to every edit, in your name.", (), "Edit"
    ),
    ActionSpec("unlock_plan", "Unlock plan", "Open the plan to edits again.", (), "Edit"),
    ActionSpec("segment", "Outline the spine", "Outline vertebrae and canal.", (), "Plan"),
    ActionSpec(
        "segment_elsewhere",
        "Outline with TotalSegmentator",
        "Let TotalSegmentator outline the vertebrae, where it is installed.",
        (),
        "Plan",
    ),
    ActionSpec(
        "import_labels", "Import outlines…", "Take vertebra labels from a file.", (), "Plan"
    ),
    ActionSpec("new_needle", "New needle", "E and T then place a new needle.", ("N",), "Plan"),
    ActionSpec("entry", "Entry at crosshair", "Put the skin entry here.", ("E",), "Plan"),
    ActionSpec("tip", "Tip at crosshair", "Put the needle tip here.", ("T",), "Plan"),
    ActionSpec(
        "suggest",
        "Suggest needles",
        "Propose the best few paths that differ; both sides when none is chosen.",
        ("Ctrl+Space",),
        "Needle",
    ),
    ActionSpec("next_offer", "Next proposal", "Take the next proposal.", (".",), "Needle"),
    ActionSpec("previous_offer", "Proposal before", "Go back one proposal.", (",",), "Needle"),
    ActionSpec("suggest_two", "Suggest two needles", "One from each side at once.", (), "Needle"),
    ActionSpec(
        "keep_entry", "Keep entry, ask again", "Propose with this skin point.", (), "Needle"
    ),
    ActionSpec("keep_tip", "Keep tip, ask again", "Propose with this target.", (), "Needle"),
    ActionSpec("skin_map", "Skin access map", "Colour the skin by what it reaches.", (), "Needle"),
    ActionSpec(
        "grid_mark",
        "Grid mark at crosshair",
        "A mark of the grid on the skin; the card gives the way from it.",
        ("M",),
        "Needle",
    ),
    ActionSpec(
        "correct_to",
        "How to turn to the crosshair",
        "On a control scan: entry and tip where the needle lies, crosshair on the target.",
        (),
        "Needle",
    ),
    ActionSpec(
        "control",
        "Control reading…",
        "Keep where a control scan shows the needle; the card says how to turn it.",
        (),
        "Needle",
    ),
    ActionSpec("drop_control", "Remove control reading", "Take the last one away.", (), "Needle"),
    ActionSpec(
        "snap", "Snap to pedicle axis", "Lay the needle on its pedicle's axis.", (), "Needle"
    ),
    ActionSpec("kept_scans", "Fetched scans…", "Where they lie; remove them.", (), "File"),
    ActionSpec("outcome", "Outcome…", "What became of the patient.", (), "Plan"),
    ActionSpec("register", "Files for a register…", "Outcome as CSV and FHIR.", (), "Plan"),
    ActionSpec("confirm_side", "Confirm side…", "Confirm left and right.", (), "Plan"),
    ActionSpec("recheck", "Check again", "Run every rule again.", ("F5",), "Plan"),
    ActionSpec("acknowledge", "Acknowledge…", "Answer the selected finding.", (), "Plan"),
    ActionSpec(
        "simulate",
        "Simulate heat and cold",
        "Run the model in this patient's tissue.",
        ("F6",),
        "Plan",
    ),
    ActionSpec("device_table", "Enter zone table…", "Copy a table from the papers.", (), "Plan"),
    ActionSpec(
        "names_up",
        "Names up",
        "Call every vertebra by the next name to the head.",
        (),
        "Correct",
    ),
    ActionSpec(
        "names_down",
        "Names down",
        "Call every vertebra by the next name to the feet.",
        (),
        "Correct",
    ),
    ActionSpec(
        "tool_body",
        "Body here",
        "Click inside a body: the discs round it are found anew.",
        (),
        "Correct",
        True,
    ),
    ActionSpec("tool_disc", "Disc lines", "Drag a disc line, or tilt it.", (), "Correct", True),
    ActionSpec(
        "tool_add_disc", "Add a disc", "Click where a disc is missing.", (), "Correct", True
    ),
    ActionSpec("delete_disc", "Delete disc", "Delete the touched disc line.", (), "Correct"),
    ActionSpec("tool_canal", "Canal here", "Click the middle of the canal.", (), "Correct", True),
    ActionSpec(
        "tool_wall",
        "Wall line",
        "Draw along the front or back of a body; the nearer wall is meant.",
        ("W",),
        "Correct",
        True,
    ),
    ActionSpec(
        "tool_mine",
        "Bone of level",
        "Draw over bone that belongs to the level marked in the list, as at a facet.",
        (),
        "Correct",
        True,
    ),
    ActionSpec(
        "tool_nobody",
        "Bone of none",
        "Draw over bone of no vertebra, as of a rib.",
        (),
        "Correct",
        True,
    ),
    ActionSpec("tool_grow", "Grow lesion", "Click inside the lesion.", (), "Correct", True),
    ActionSpec("tool_paint", "Paint", "Paint what the list below names.", ("B",), "Correct", True),
    ActionSpec("tool_erase", "Erase", "Wipe what the list below names.", ("X",), "Correct", True),
    ActionSpec(
        "clear_corrections", "Clear corrections", "Take back every correction.", (), "Correct"
    ),
    ActionSpec(
        "layout_planning",
        "One large, three small",
        "For planning; F puts another pane in the large place.",
        ("Ctrl+1",),
        "Layout",
        True,
    ),
    ActionSpec(
        "layout_quarters", "Two by two", "Four panes of one size.", ("Ctrl+2",), "Layout", True
    ),
    ActionSpec(
        "layout_needle",
        "Needle",
        "Two planes along the needle, its eye, and 3-D.",
        ("Ctrl+3",),
        "Layout",
        True,
    ),
    ActionSpec(
        "layout_pair", "X-ray pair", "Simulated AP and lateral.", ("Ctrl+4",), "Layout", True
    ),
    ActionSpec(
        "layout_xray", "X-ray four", "All four simulated views.", ("Ctrl+5",), "Layout", True
    ),
    ActionSpec(
        "layout_compare",
        "Two plans",
        "This plan above, the one it is compared with below.",
        ("Ctrl+6",),
        "Layout",
        True,
    ),
    ActionSpec(
        "layout_straight",
        "Spine laid straight",
        "Along the canal, for long scans: a click goes there in the slices. Not for measuring.",
        ("Ctrl+7",),
        "Layout",
        True,
    ),
    ActionSpec(
        "needle_view",
        "Along the needle",
        "Lay the panes along the needle; the wheel advances. Again for slices.",
        ("V",),
        "View",
    ),
    ActionSpec(
        "xray_view",
        "X-ray views",
        "Simulated X-ray pictures: AP, lateral, along the pedicle, down the needle.",
        ("Y",),
        "View",
    ),
    ActionSpec("outlines", "Outlines", "Show or hide all outlines.", ("G",), "View"),
    ActionSpec(
        "tissue_map",
        "Tissue map",
        "Colour what the heat model takes each place for: assumptions from HU and outlines.",
        ("Shift+T",),
        "View",
        True,
    ),
    ActionSpec(
        "bone_look",
        "Clearer bone in 3-D",
        "Treated levels clear, all clear, all solid, or treated levels alone.",
        ("O",),
        "View",
    ),
    ActionSpec(
        "cut_3d",
        "Cut bone in 3-D",
        "At the crosshair: sagittal, axial, coronal, or whole.",
        ("Shift+C",),
        "View",
    ),
    ActionSpec(
        "wall_3d",
        "Wall by distance in 3-D",
        "Colour the posterior wall by its distance from what is planned.",
        ("Shift+W",),
        "View",
        True,
    ),
    ActionSpec("measure_distance", "Distance", "Draw a line on a slice.", ("D",), "Measure", True),
    ActionSpec(
        "measure_angle", "Angle", "Draw two arms from a corner.", ("Shift+D",), "Measure", True
    ),
    ActionSpec(
        "measure_region",
        "HU of a region",
        "Draw a disc: mean, spread, least and greatest HU of its voxels.",
        ("H",),
        "Measure",
        True,
    ),
    ActionSpec(
        "measure_undo", "Remove last measure", "The newest one.", ("Backspace",), "Measure"
    ),
    ActionSpec("measure_clear", "Remove all measures", "None is in the plan.", (), "Measure"),
    ActionSpec(
        "slab_mip",
        "Slab, brightest",
        "Each pixel shows the brightest of a thick slice (MIP); again for thin slices.",
        ("Shift+M",),
        "View",
        True,
    ),
    ActionSpec(
        "slab_mean",
        "Slab, mean",
        "Each pixel shows the mean of a thick slice; again for thin slices.",
        ("Shift+A",),
        "View",
        True,
    ),
    ActionSpec("slab_thicker", "Thicker slab", "3, 5, 10 or 20 mm.", ("Shift+Up",), "View"),
    ActionSpec("slab_thinner", "Thinner slab", "3, 5, 10 or 20 mm.", ("Shift+Down",), "View"),
    ActionSpec("invert", "Invert", "Swap black and white.", ("I",), "View"),
    ActionSpec("reset_view", "Fit all", "Show the whole scan.", ("R",), "View"),
    ActionSpec("maximise", "One pane", "Show the active pane alone.", ("Ctrl+M", "Z"), "View"),
    ActionSpec(
        "large", "Large pane", "Show the active pane large beside the others.", ("F",), "View"
    ),
    ActionSpec("palette", "Find a command…", "Search every action by name.", ("Ctrl+K",), "View"),
    ActionSpec("tour", "Take the tour", "Seven stops on a sample case.", (), "View"),
    ActionSpec("shortcuts", "Shortcuts…", "Every key, and how to change it.", ("F1",), "View"),
    ActionSpec("escape", "Let go", "Drop a half placed needle.", ("Esc",), "View"),
    ActionSpec(
        "as_acquired",
        "As acquired",
        "Turn the panes to the scan's own axes instead of anterior up.",
        (),
        "View",
        checkable=True,
    ),
    ActionSpec(
        "hide_names", "Hide names", "Hide who it is, for teaching.", ("Ctrl+H",), "View", True
    ),
    ActionSpec("slicer_mouse", "Slicer mouse scheme", "Left drag is window.", (), "View", True),
    ActionSpec("light", "Light theme", "Pictures stay dark.", (), "View", True),
    ActionSpec("language", "Language…", "English, Deutsch or 中文.", (), "View"),
)

TOOLS_BY_ACTION = {
    "tool_body": Tool.BODY,
    "tool_disc": Tool.DISC,
    "tool_add_disc": Tool.ADD_DISC,
    "tool_canal": Tool.CANAL,
    "tool_wall": Tool.WALL,
    "tool_mine": Tool.MINE,
    "tool_nobody": Tool.NOBODY,
    "tool_grow": Tool.GROW,
    "tool_paint": Tool.PAINT,
    "tool_erase": Tool.ERASE,
}
_CORRECTIONS = ("names_up", "names_down", "delete_disc", "clear_corrections")

NO_SCAN = "Open a CT first."
STILL_COMING = "Wait until every slice is read and the gate has given its verdict."
NO_LINES = "Imported outlines have no lines to correct; use the brush."
MARK_LEVEL = "Mark a level in the list first."
NO_NEEDLE = "Select a needle first."
_OF_A_NEEDLE = (
    "delete", "lock", "needle_view", "xray_view", "correct_to", "snap",
    "control", "drop_control",
    "layout_needle", "layout_pair", "layout_xray", "tissue_map",
)  # fmt: skip
_EDITS = (
    "undo", "redo", "delete", "lock", "segment", "segment_elsewhere", "import_labels",
    "new_needle", "entry", "tip", "suggest", "suggest_two", "keep_entry", "keep_tip",
    "next_offer", "previous_offer", "grid_mark", "snap", "confirm_side", "acknowledge",
    "control", "drop_control",
)  # fmt: skip
LOCKED = "Unlock the plan first."
_NEED_SCAN = (
    "segment", "segment_elsewhere", "import_labels", "entry", "tip", "new_needle", "outlines",
    "invert", "reset_view", "maximise", "large", "as_acquired", "save", "save_as", "report",
    "export", "suggest", "confirm_side", "recheck", "acknowledge", "simulate", "send",
    "grid_mark", "skin_map", "lock_plan", "unlock_plan", "compare", "compare_saved", "revisions",
    "layout_planning", "layout_quarters", "layout_compare", "layout_straight",
    "slab_mip", "slab_mean", "slab_thicker", "slab_thinner", "measure_distance",
    "measure_angle", "measure_region", "measure_undo", "measure_clear",
    "bone_look", "cut_3d", "wall_3d", "outcome", "register",
)  # fmt: skip


def reasons(
    study: StudyState,
    anatomy: AnatomyState,
    plan: PlanState,
    treat: TreatState,
    check: CheckState,
    busy: frozenset[str],
) -> dict[str, str]:
    """Return why each action is off, by id; empty when it is on."""
    found = {spec.id: "" for spec in ACTIONS}
    found |= _plan_reasons(plan) | _outline_reasons(anatomy, plan, busy)
    if check.phase is not CheckPhase.CURRENT:
        found["report"] = "Wait until the plan is checked: paper must not carry an old verdict."
        found["export"] = found["send"] = "Wait until the plan is checked: no old verdict may go."
    if not check.selected:
        found["acknowledge"] = "Select a finding first."
    for row in check.findings:
        if row.fingerprint == check.selected and row.cannot_answer:
            found["acknowledge"] = row.cannot_answer
    if not treat.device_id:
        found["device_table"] = "Choose a device first."
    if not anatomy.is_there:
        found["simulate"] = "Outline the spine first: heat needs to know bone."
    elif not plan.ablations:
        found["simulate"] = "Plan an ablation first."
    elif "simulate" in busy:
        found["simulate"] = "It is being simulated."
    found |= _lock_reasons(plan)
    if not study.is_open:
        found.update(dict.fromkeys(_NEED_SCAN, STILL_COMING if study.is_coming else NO_SCAN))
    return found


def tool_reasons(
    study: StudyState, anatomy: AnatomyState, tools: CorrectionState, lock: str = ""
) -> dict[str, str]:
    """Return why each correction of the outlines is off, by id; empty when it is on."""
    why = f"{lock} {LOCKED}" if lock else ""
    if not study.is_open:
        why = STILL_COMING if study.is_coming else NO_SCAN
    elif not anatomy.is_there:
        why = "Outline the spine first: there is nothing to correct."
    elif tools.is_redoing:
        why = "The last correction is being worked in."
    found = dict.fromkeys((*TOOLS_BY_ACTION, *_CORRECTIONS), why)
    if why:
        return found
    if not tools.has_lines:
        wanting = [name for name, tool in TOOLS_BY_ACTION.items() if tool in NEEDS_LINES]
        found.update(dict.fromkeys((*wanting, "delete_disc"), NO_LINES))
    elif not tools.disc_chosen:
        found["delete_disc"] = "Touch a disc line first, with Disc lines."
    if tools.level is None:
        found["tool_mine"] = found["tool_mine"] or MARK_LEVEL
        if tools.brush.needs_level:
            found["tool_paint"] = found["tool_erase"] = MARK_LEVEL
    if not tools.made:
        found["clear_corrections"] = "Nothing was corrected."
    return found


def _lock_reasons(plan: PlanState) -> dict[str, str]:
    if plan.lock:
        return dict.fromkeys((*_EDITS, "lock_plan"), f"{plan.lock} {LOCKED}")
    return {"unlock_plan": "The plan is not locked."}


def _plan_reasons(plan: PlanState) -> dict[str, str]:
    found = {
        "undo": "" if plan.undo else "Nothing to take back.",
        "redo": "" if plan.redo else "Nothing to bring again.",
        "compare_saved": "" if plan.file_name else "The plan is in no file yet.",
        "save": "" if plan.unsaved else "Nothing changed since the last save.",
    }
    chosen = next((row for row in plan.needles if row.selected), None)
    if len(plan.offers) < 2:
        found["next_offer"] = found["previous_offer"] = "There is no other proposal."
    if chosen is None:
        found |= dict.fromkeys(_OF_A_NEEDLE, NO_NEEDLE)
    elif chosen.locked:
        found["delete"] = found["snap"] = "The needle is locked."
    return found


def _outline_reasons(
    anatomy: AnatomyState, plan: PlanState, busy: frozenset[str]
) -> dict[str, str]:
    found = {}
    if not anatomy.is_there:
        found["suggest"] = "Outline the spine first: a proposal needs pedicles."
        found["outlines"] = "Nothing is outlined yet."
    elif plan.level is None:
        found["suggest"] = "Choose a level first."
    if anatomy.is_void:
        found["suggest"] = "The outlines are being corrected."
    if "segment" in busy:
        why = "The spine is being outlined."
        found |= dict.fromkeys(("segment", "segment_elsewhere", "import_labels"), why)
    if "suggest" in busy:
        found["suggest"] = "A proposal is being worked out."
    if not anatomy.is_there:
        found["skin_map"] = found["tissue_map"] = "Outline the spine first."
    found |= dict.fromkeys(("suggest_two", "keep_entry", "keep_tip"), found.get("suggest", ""))
    return found
