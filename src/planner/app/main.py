"""Entry point of the command line and the window."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from planner.app.command_names import COMMANDS
from planner.app.log_file import start_log, where
from planner.app.output import Outcome, as_text
from planner.domain.errors import (
    CancelledByUserError,
    InputRefusedError,
    PlannerError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DONE, WRONG_USAGE, INPUT_REFUSED, FINDINGS_HOLD, OUR_FAULT = 0, 2, 3, 4, 5
"""Exit codes; others rely on them."""

_log = logging.getLogger("planner")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
    words = sys.argv[1:] if argv is None else argv
    start_log(next((one for one in words if one in COMMANDS), "view"))
    wants_json = "--json" in words
    try:
        arguments = read(_with_command(words))
        outcome = _handler(arguments)(arguments)
    except UsageError as error:
        return _failed(WRONG_USAGE, error, "USAGE", wants_json=wants_json)
    except InputRefusedError as error:
        return _failed(INPUT_REFUSED, error, error.code, wants_json=wants_json)
    except (CancelledByUserError, KeyboardInterrupt):
        return _failed(
            OUR_FAULT, CancelledByUserError("stopped as asked"), "CANCELLED", wants_json=wants_json
        )
    except PlannerError as error:
        return _failed(OUR_FAULT, error, "FAILED", wants_json=wants_json)
    except Exception as error:  # noqa: BLE001 - the border of the command line
        _log.debug("unexpected", exc_info=error)
        _log.error("the command failed: %s", where(error))
        sentence = (
            f"A fault of ours: {type(error).__name__}: {error}. Nothing was changed by this "
            "message; please report the command and this line."
        )
        return _failed(OUR_FAULT, PlannerError(sentence), "FAULT", wants_json=wants_json)
    _show(json.dumps(outcome.document, allow_nan=False) if wants_json else as_text(outcome))
    return outcome.exit_code


def _with_command(words: list[str]) -> list[str]:
    """Open the window when no command is named: on nothing, or on a CT or plan that is there."""
    if not words:
        return ["view"]
    names_a_place = len(words) == 1 and words[0] not in COMMANDS and Path(words[0]).exists()
    return ["view", *words] if names_a_place else words


def read(words: list[str]) -> argparse.Namespace:
    """Return what the words ask for.

    The window alone is read without the parser: that imports numpy and what each command is
    made of, which took longer than to show the first thing on the screen.

    Raises
    ------
    UsageError
        When they ask for nothing that is known.
    """
    command, *rest = words
    if command == "view" and len(rest) < 2 and not any(word.startswith("-") for word in rest):
        return argparse.Namespace(
            command="view",
            json=False,
            what=Path(rest[0]) if rest else None,
            handler="planner.app.commands.window:view",
        )
    from planner.app.parser import build_parser  # noqa: PLC0415 - the window does not need it

    return build_parser().parse_args(words)


def _show(text: str) -> None:
    """Print, and take it quietly when whoever reads has stopped reading, as ``head`` does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name the terminal has no letters for must not cost the answer.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _handler(arguments: argparse.Namespace) -> Callable[[argparse.Namespace], Outcome]:
    if getattr(arguments, "handler", None) is None:
        raise UsageError("no command given. See: planner --help")
    module, name = arguments.handler.split(":")
    return cast(
        "Callable[[argparse.Namespace], Outcome]", getattr(importlib.import_module(module), name)
    )


def _failed(exit_code: int, error: Exception, code: str, *, wants_json: bool) -> int:
    print(f"planner: {error}", file=sys.stderr)
    if wants_json:
        print(json.dumps({"error": {"code": code, "message": str(error)}}))
    return exit_code
