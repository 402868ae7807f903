"""Cement in words: what the drawn fill does, and how likely another one leaves the bone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.cement import LeakForecast
    from planner.domain.prediction import PredictedCement


def leak_lines(fill: PredictedCement, forecast: LeakForecast | None) -> tuple[str, ...]:
    """Return what the nominal run and the ensemble say of leaks; the ensemble may be to come."""
    lines = [
        f"The drawn cement leaves the bone: {path.words}, from {ml:.1f} mL"
        for path, ml in sorted(fill.leaks_ml.items(), key=lambda item: item[1])
    ]
    if forecast is None:
        return (*lines, "How likely it leaks is being estimated.")
    return (*lines, *forecast.lines)
