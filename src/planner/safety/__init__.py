"""Rules: pure functions from plan and scene to findings."""
