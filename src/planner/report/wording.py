"""Numbers and names in words; no locale, so that a report reads the same everywhere."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side

if TYPE_CHECKING:
    from planner.domain.plan import Approach, CementInjection
    from planner.geometry.points import PointLps

LONGEST_TEXT = 600
"""Characters of one field that reach the paper; the rest is counted, never dropped silently."""

MOST_DIGITS = 3
"""Places of a number that a person set; nobody sets a needle or a generator finer."""

LONGEST_NAME = 64
"""Characters of a name or an id in the head and foot of every page, as many as DICOM allows."""

_ORDINALS = (
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth"),
)

_POSITIONS = {
    "HFS": "head first, supine (HFS)",
    "HFP": "head first, PRONE (HFP)",
    "FFS": "feet first, supine (FFS)",
    "FFP": "feet first, PRONE (FFP)",
    "HFDR": "head first, lying on the RIGHT side (HFDR)",
    "HFDL": "head first, lying on the LEFT side (HFDL)",
    "FFDR": "feet first, lying on the RIGHT side (FFDR)",
    "FFDL": "feet first, lying on the LEFT side (FFDL)",
}

VERDICT_WORDS = {
    Verdict.NOT_EVALUATED: "The plan has not been checked in this state.",
    Verdict.HELD: "A finding that holds the plan is unresolved.",
    Verdict.WARNED: "Warnings are not yet acknowledged.",
    Verdict.CLEAR: "A finished check found nothing unresolved. This is not a statement of safety.",
}

SEVERITY_WORDS = {
    Severity.BLOCK: "cannot be signed",
    Severity.STOP: "needs a named override with a reason",
    Severity.NOT_EVALUATED: "the rule could not run; counts as a stop",
    Severity.WARN: "needs to be acknowledged",
    Severity.INFO: "for information",
}


def number(value: float, digits: int = 1) -> str:
    """Write a number with a point, a true minus sign and never a negative zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def as_set(value: float, digits: int = 1) -> str:
    """Write what a person set: with ``digits`` places, and with up to three where it has more.

    A bolus of 0.25 mL must not stand on paper as 0.2 mL.
    """
    text = number(value, MOST_DIGITS)
    kept = len(text) - MOST_DIGITS + digits - (digits == 0)
    return text[:kept] + text[kept:].rstrip("0").rstrip(".")


def millimetres(value: float) -> str:
    """Write a length to 0.1 mm with its unit."""
    return f"{number(value)} mm"


def point_words(point: PointLps) -> str:
    """Write a point as ``x, y, z`` in LPS mm to 0.1 mm."""
    return ", ".join(number(value) for value in (point.x_mm, point.y_mm, point.z_mm))


def level_words(level: Level) -> str:
    """Name a level in words, such as ``third lumbar vertebra (L3)``."""
    if level is Level.S1:
        return "first sacral segment (S1)"
    return f"{_ORDINALS[int(level.value[1:])]} {level.region} vertebra ({level})"


def side_words(*sides: Side) -> str:
    """Name sides of the patient, such as ``patient’s LEFT`` or ``patient’s LEFT and RIGHT``."""
    return f"patient’s {' and '.join(side.upper() for side in sides)}"


def position_words(patient_position: str) -> str:
    """Say how the patient lay; an unknown code is repeated, an empty one said to be missing."""
    if not patient_position:
        return "not stated in the scan"
    return _POSITIONS.get(patient_position, f"{patient_position} (not a known position)")


def is_prone(patient_position: str) -> bool:
    """Tell whether the scan was made prone."""
    return patient_position.endswith("P") and patient_position in _POSITIONS


def approach_words(approach: Approach) -> str:
    """Name an approach."""
    return str(approach)


def angle_words(towards_midline_deg: float, upward_deg: float) -> tuple[str, str]:
    """Say both needle angles with their direction."""
    inward = "towards the midline" if towards_midline_deg >= 0.0 else "away from the midline"
    upward = "towards the head" if upward_deg >= 0.0 else "towards the feet"
    return (
        f"{number(abs(towards_midline_deg))}° {inward}",
        f"{number(abs(upward_deg))}° {upward}",
    )


def setting_words(
    power_w: float | None,
    setpoint_celsius: float | None,
    time_s: float | None,
    cycles: tuple[float, float] | None = None,
    *,
    duty_percent: float | None = None,
    drawn_back_mm: float = 0.0,
) -> str:
    """Say a device setting; what is not set is named as such.

    ``cycles`` are the longest stretch with energy and the pause after it, in seconds.
    ``drawn_back_mm`` is how far the device stays behind the needle's planned tip; a negative
    one goes beyond it.
    """
    parts = []
    if power_w is not None:
        parts.append(f"{as_set(power_w)} W")
    if setpoint_celsius is not None:
        parts.append(f"{as_set(setpoint_celsius)} °C")
    parts.append("time not set" if time_s is None else f"{as_set(time_s, 0)} s")
    if cycles is not None:
        parts.append(f"in cycles of {as_set(cycles[0], 0)} s, pauses of {as_set(cycles[1], 0)} s")
    if duty_percent is not None:
        parts.append(f"{as_set(duty_percent, 0)} % duty")
    if drawn_back_mm != 0.0:
        way = "behind" if drawn_back_mm > 0.0 else "BEYOND"
        parts.append(f"device tip {as_set(abs(drawn_back_mm))} mm {way} the planned tip")
    if power_w is None and setpoint_celsius is None and duty_percent is None:
        parts.insert(0, "power not set")
    return ", ".join(parts)


def injection_words(injection: CementInjection) -> str:
    """Say how room is made for cement and how it is given, such as ``vertebroplasty``."""
    parts = [str(injection.technique).replace("-", " ")]
    if injection.cavity_ml > 0.0:
        parts.append(f"cavity of {as_set(injection.cavity_ml)} mL")
    if injection.pull_back_mm > 0.0:
        back = as_set(injection.pull_back_mm)
        parts.append(f"cannula drawn back {back} mm after half of the volume")
    return ", ".join(parts)


def date_words(dicom_date: str) -> str:
    """Write a DICOM date ``YYYYMMDD`` as ``YYYY-MM-DD``; anything else as it came."""
    if len(dicom_date) == 8 and dicom_date.isascii() and dicom_date.isdigit():
        return f"{dicom_date[:4]}-{dicom_date[4:6]}-{dicom_date[6:]}"
    return dicom_date


def short_uid(uid: str) -> str:
    """Shorten a UID to its two ends; both stay comparable by eye."""
    return uid if len(uid) <= 24 else f"{uid[:10]}…{uid[-10:]}"


def visible(text: str) -> str:
    """Make a text safe to print, as long as it is: one line, nothing invisible.

    Control, direction-changing and unassigned characters are written as ``⟨U+202E⟩``, so
    that nothing can hide, reorder or delete what a reader sees.
    """
    return " ".join("".join(_visible(character) for character in text).split())


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Make a text from outside safe to print, and bounded; findings are never cut so."""
    shown = visible(text)
    if len(shown) > longest:
        left_out = len(shown) - longest
        shown = f"{shown[:longest]} … ({left_out} more characters not shown)"
    return shown


def by_number(character: str) -> str:
    """Write one character as its Unicode number."""
    return f"⟨U+{ord(character):04X}⟩"


def _visible(character: str) -> str:
    if character in "\n\r\t":
        return " "
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return by_number(character) if hidden else character
