"""Cement in words: how likely it leaves the bone, and when; nothing as yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.cement import LeakPath

if TYPE_CHECKING:
    from planner.domain.cement import LeakChance, LeakForecast
    from planner.domain.prediction import PredictedCement

WAYS = {
    LeakPath.EPIDURAL: "canal, through the wall",
    LeakPath.FORAMINAL: "foramen",
    LeakPath.DISCAL: "disc",
    LeakPath.PARAVERTEBRAL: "beside the body",
    LeakPath.BASIVERTEBRAL: "basivertebral vein",
    LeakPath.NEEDLE_TRACK: "way of a drawn-out needle",
}

UNSEEN = "Veins too small for CT carry a quarter of leaks and are not in this."


def leak_lines(fill: PredictedCement, forecast: LeakForecast | None) -> tuple[str, ...]:
    """Return what the nominal run and the ensemble say of leaks; the ensemble may be to come."""
    lines = [
        f"The drawn cement leaves the bone: {WAYS[path]}, from {ml:.1f} mL"
        for path, ml in sorted(fill.leaks_ml.items(), key=lambda item: item[1])
    ]
    if forecast is None:
        return (*lines, "How likely it leaks is being estimated.")
    told = [
        f"{WAYS[path]}: {chance_words(chance)}"
        for path, chance in forecast.chances.items()
        if chance.leaking
    ]
    runs = max(chance.runs for chance in forecast.chances.values())
    head = f"Leaks in {runs} runs by {forecast.asked_ml:g} mL (illustrative)"
    if not told:
        return (*lines, f"{head}: in none. {UNSEEN}")
    return (*lines, f"{head}:", *told, UNSEEN)


def chance_words(chance: LeakChance) -> str:
    """Return one chance, such as ``6 of 20, first 1.2 mL, half by 3.0 mL``."""
    first, middle, _ = chance.first_ml
    words = f"{chance.leaking} of {chance.runs}"
    if first is not None:
        words += f", first {first:.1f} mL"
    if middle is not None:
        words += f", half by {middle:.1f} mL"
    return words
