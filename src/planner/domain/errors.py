"""One tree of errors; each message says what happened, to which file, and what to do."""

from __future__ import annotations


class PlannerError(Exception):
    """Base of every error the user is meant to read."""


class UsageError(PlannerError):
    """The request itself is wrong (exit code 2)."""


class NotBuiltYetError(UsageError):
    """The request is for a capability that this version does not have (exit code 2)."""


class InputRefusedError(PlannerError):
    """An input cannot be used, and using it anyway would be unsafe (exit code 3).

    Attributes
    ----------
    code
        Stable code of the reason, such as ``DCM-MISSING-SLICE`` or ``PLAN-CT-GONE``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SaveFailedError(PlannerError):
    """A file could not be written; what was there before is still there (exit code 5)."""


class CancelledByUserError(PlannerError):
    """The user asked long work to stop."""
