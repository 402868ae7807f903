"""Rules on a plan: pure functions from (plan, scene) to findings."""

from planner.safety.assessing import assess
from planner.safety.digest import input_digest
from planner.safety.scene import Scene
from planner.safety.self_test import run_self_test
from planner.safety.verdict import Ticket, VerdictHolder

__all__ = ["Scene", "Ticket", "VerdictHolder", "assess", "input_digest", "run_self_test"]
