"""What a function a rule leans on gives back is looked at, not taken on trust."""

from __future__ import annotations

from functools import wraps
from math import isfinite
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Given = ParamSpec("_Given")
_Back = TypeVar("_Back")


def gives(kind: type[_Back]) -> Callable[[Callable[_Given, _Back]], Callable[_Given, _Back]]:
    """Make a function raise when it gives back anything but a ``kind``, or no finite number.

    Types are checked before a program runs, but a fault at run time is not bound by them: NaN
    where a yes or no belongs would count as yes, and nothing at all as no.
    """

    def decorate(function: Callable[_Given, _Back]) -> Callable[_Given, _Back]:
        @wraps(function)
        def looked_at(*arguments: _Given.args, **options: _Given.kwargs) -> _Back:
            back = function(*arguments, **options)
            if not isinstance(back, kind) or (isinstance(back, float) and not isfinite(back)):
                raise TypeError(f"{function.__name__} gave no {kind.__name__}")
            return back

        return looked_at

    return decorate
