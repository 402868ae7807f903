"""Notes what a trainee did, and when, from the moment the scan was open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.training.attempt import Move

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Plan

SAME_MOVE_S: Final = 1.0
"""Steps of one name nearer together than this are one move: a drag makes hundreds."""

MOST_MOVES: Final = 2000


class MoveLog:
    """The moves of one attempt; made when its clock begins."""

    def __init__(self, clock: Callable[[], float], began_utc: str) -> None:
        self._clock = clock
        self._began_s = clock()
        self.began_utc = began_utc
        self._moves: list[Move] = []

    @property
    def seconds(self) -> float:
        """Since the beginning, to a tenth."""
        return round(self._clock() - self._began_s, 1)

    @property
    def moves(self) -> tuple[Move, ...]:
        """All that was noted."""
        return tuple(self._moves)

    def note(self, words: str, plan: Plan | None = None) -> float:
        """Note a move with the plan as it stood then; return when."""
        move = Move(at_s=self.seconds, words=words, plan=plan)
        last = self._moves[-1] if self._moves else None
        if last is not None and last.words == words and move.at_s - last.at_s < SAME_MOVE_S:
            self._moves[-1] = move
        elif len(self._moves) < MOST_MOVES:
            self._moves.append(move)
        return move.at_s
