"""Entry point of the command line and the window."""

from __future__ import annotations


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    raise SystemExit(f"nothing to run yet: {argv}")
