"""Which key does what: the keys of the action table, and those a user chose instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.session.actions import ACTIONS
from planner.session.window_presets import PRESETS
from planner.session.window_states import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

Chosen = tuple[tuple[str, str], ...]
"""Action id and key, in Qt's portable spelling; an empty key leaves an action without one."""

FIXED: Final[Mapping[str, str]] = {
    **{preset.key: f"the grey window {preset.name}" for preset in PRESETS},
    **{f"Alt+{number}": f"the step {step.value}" for number, step in enumerate(Step, start=1)},
    **dict.fromkeys(("Up", "Down", "Left", "Right", "PgUp", "PgDown"), "scrolling"),
    **dict.fromkeys(("Home", "End"), "the first and the last slice"),
    "Space": "fitting a pane",
}
"""Keys that are not actions, so they cannot be given away."""


def keys_of(chosen: Chosen) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action by its id; a chosen key is nobody else's."""
    known = {spec.id: spec.keys for spec in ACTIONS}
    own = {name: key for name, key in chosen if name in known and key not in FIXED}
    taken = set(own.values())
    free = {name: tuple(key for key in keys if key not in taken) for name, keys in known.items()}
    return free | {name: (key,) if key else () for name, key in own.items()}


def clash(chosen: Chosen, action_id: str, key: str) -> str:
    """Say why an action cannot have a key; empty when it can."""
    if not key:
        return ""
    if key in FIXED:
        return f"{key} is {FIXED[key]} and stays so."
    for spec in ACTIONS:
        if spec.id != action_id and key in keys_of(chosen)[spec.id]:
            return f"{key} is the key of {spec.text}. Give that another key first."
    return ""


def with_key(chosen: Chosen, action_id: str, key: str) -> Chosen:
    """Return the choice with another key for one action; its own key is no choice."""
    others = tuple(pair for pair in chosen if pair[0] != action_id)
    own = next(spec.keys for spec in ACTIONS if spec.id == action_id)
    is_own = key in own or (not key and not own)
    return others if is_own else (*others, (action_id, key))
