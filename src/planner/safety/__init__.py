"""Rules on a plan: pure functions from (plan, scene) to findings.

The doors are imported on first use, so that the window, which reads words of this room, does not
wait for its rulers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.safety.assessing import assess, stopped, stopped_check
    from planner.safety.digest import input_digest
    from planner.safety.scene import Scene
    from planner.safety.self_test import run_self_test

_DOORS = {
    "Scene": "scene",
    "assess": "assessing",
    "input_digest": "digest",
    "run_self_test": "self_test",
    "stopped": "assessing",
    "stopped_check": "assessing",
}

__all__ = [
    "Scene",
    "assess",
    "input_digest",
    "run_self_test",
    "stopped",
    "stopped_check",
]


def __getattr__(name: str) -> object:
    """Import a door when it is first asked for (PEP 562)."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
