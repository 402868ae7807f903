"""Rules on a plan: pure functions from (plan, scene) to findings."""

from planner.safety.assessing import assess
from planner.safety.digest import input_digest
from planner.safety.scene import Scene

__all__ = ["Scene", "assess", "input_digest"]
