"""Rules on a plan: pure functions from (plan, scene) to findings."""

from planner.safety.assessing import assess, stopped, stopped_check
from planner.safety.digest import input_digest
from planner.safety.scene import Scene
from planner.safety.self_test import run_self_test

__all__ = ["Scene", "assess", "input_digest", "run_self_test", "stopped", "stopped_check"]
