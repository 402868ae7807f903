"""What every action asks of the desks; panes and panels have their own wiring."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from planner.session.layout_desk import LAYOUTS_BY_ACTION
from planner.session.measure_desk import KINDS_BY_ACTION
from planner.session.view_state import SlabKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.measuring import MeasureKind
    from planner.session.view_state import ViewState
    from planner.session.workstation import Workstation
    from planner.viewer.panels.questions import Questions

_SLABS = {"slab_mip": SlabKind.MAXIMUM, "slab_mean": SlabKind.MEAN}


def intents(
    desk: Workstation, ask: Questions, active_pane: Callable[[], str]
) -> dict[str, Callable[[], object]]:
    """Return the intent of each action by its id, but for those of the window itself."""
    return {
        "open_folder": ask.folder,
        "open_file": ask.scan_file,
        "open_plan": ask.plan_file,
        "fetch": ask.fetch,
        "kept_scans": ask.kept_scans,
        "lock_plan": ask.lock,
        "unlock_plan": lambda: desk.act(desk.edits.unlock),
        "open_sample": ask.sample,
        "save": ask.save,
        "save_as": ask.save_as,
        "compare": ask.compare,
        "revisions": ask.revisions,
        "compare_saved": desk.compare.with_saved,
        "report": ask.report,
        "export": ask.export,
        "send": ask.send,
        "outcome": ask.outcome,
        "register": ask.register,
        "undo": lambda: desk.act(desk.edits.undo),
        "redo": lambda: desk.act(desk.edits.redo),
        "delete": lambda: desk.act(desk.edits.delete),
        "lock": lambda: desk.act(desk.edits.toggle_lock),
        "segment": desk.outlines.segment,
        "segment_elsewhere": desk.outlines.segment_elsewhere,
        "import_labels": ask.labels_file,
        "new_needle": lambda: desk.act(desk.edits.begin_needle),
        "entry": lambda: desk.needles.place(is_entry=True),
        "tip": lambda: desk.needles.place(is_entry=False),
        "suggest": desk.needles.suggest,
        "suggest_two": desk.needles.suggest_two,
        "keep_entry": lambda: desk.needles.suggest_again(keep_entry=True),
        "keep_tip": lambda: desk.needles.suggest_again(keep_entry=False),
        "next_offer": lambda: desk.needles.step(1),
        "previous_offer": lambda: desk.needles.step(-1),
        "simulate": desk.simulation.start,
        "tissue_map": desk.tissue.toggle,
        "recheck": desk.derive,
        "acknowledge": ask.acknowledgement,
        "device_table": ask.device_table,
        "skin_map": desk.room.toggle_skin,
        "grid_mark": desk.room.mark_grid,
        "correct_to": desk.room.say_correction,
        "control": ask.control,
        "drop_control": desk.control.drop,
        "snap": desk.needles.snap,
        "needle_view": desk.needles.look_along,
        "xray_view": desk.xrays.toggle,
        "outlines": desk.panes.toggle_outlines,
        "invert": desk.panes.invert,
        "reset_view": desk.panes.reset,
        "maximise": lambda: desk.panes.toggle_maximised(active_pane()),
        "large": lambda: desk.panes.toggle_large(active_pane()),
        "slab_mip": lambda: desk.panes.toggle_slab(_SLABS["slab_mip"]),
        "slab_mean": lambda: desk.panes.toggle_slab(_SLABS["slab_mean"]),
        "slab_thicker": lambda: desk.panes.thicken_slab(1),
        "slab_thinner": lambda: desk.panes.thicken_slab(-1),
        **{
            name: partial(desk.layouts.choose, layout)
            for name, layout in LAYOUTS_BY_ACTION.items()
        },
        **{name: partial(desk.measures.choose, kind) for name, kind in KINDS_BY_ACTION.items()},
        "bone_look": desk.panes.next_bone_look,
        "cut_3d": desk.panes.next_cut,
        "wall_3d": desk.panes.toggle_wall,
        "measure_undo": desk.measures.remove_last,
        "measure_clear": desk.measures.remove_all,
    }


def shown_by_action(view: ViewState | None, tool: MeasureKind | None) -> dict[str, bool]:
    """Tell of every action that chooses a layout, a slab or a tool whether that is chosen."""
    layouts = {
        name: view is not None and view.layout is layout
        for name, layout in LAYOUTS_BY_ACTION.items()
    }
    slabs = {name: view is not None and view.slab.kind is kind for name, kind in _SLABS.items()}
    tools = {name: tool is kind for name, kind in KINDS_BY_ACTION.items()}
    wall = {"wall_3d": view is not None and view.solid.wall}
    return layouts | slabs | tools | wall
