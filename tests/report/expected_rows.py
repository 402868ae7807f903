"""What the paper of a random plan must say, worked out apart from the report."""

from __future__ import annotations

import cmath
import locale
import re
import shutil
import subprocess
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal
from io import BytesIO
from math import acos, atan2, degrees, hypot, pi
from typing import TYPE_CHECKING

import numpy as np
import pypdf

from planner.domain.levels import Side
from planner.domain.tissue_choice import Ball
from report.random_plans import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.domain.plan import Ablation, CementInjection, Plan, Trajectory
    from planner.geometry.points import PointLps
    from report.random_plans import RandomCase

LOCALES = ("C", "de_DE.UTF-8", "fa_IR.UTF-8", "hi_IN.UTF-8")
"""A point, a comma, a Persian mark, and groups of two: how these write numbers."""

ORDINAL = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
]
REGION = {"C": "cervical", "T": "thoracic", "L": "lumbar"}


def shown(value: float, places: int = 1) -> str:
    """Write a number by decimal arithmetic, apart from the report's own way."""
    step = Decimal(1).scaleb(-places)
    rounded = Decimal(value).quantize(step, ROUND_HALF_EVEN)
    return f"{abs(rounded) if rounded == 0 else rounded}".replace("-", "−")


def exact(value: float, places: int = 1) -> str:
    """Write what a person set: to a thousandth, and no zeros beyond ``places``."""
    rounded = Decimal(shown(value, 3).replace("−", "-"))
    enough = next(n for n in range(places, 4) if round(rounded, n) == rounded)
    return shown(float(rounded), enough)


def triple(point: PointLps) -> str:
    return ", ".join(shown(value) for value in (point.x_mm, point.y_mm, point.z_mm))


def _needle_words(needle: Trajectory) -> dict[str, str]:
    way = needle.tip.array - needle.entry.array
    turned = cmath.phase(complex(-way[1], way[0]))
    inward = degrees(turned) * (-1.0 if needle.side is Side.LEFT else 1.0)
    upward = 90.0 - degrees(acos(way[2] / np.linalg.norm(way)))
    if abs(upward) < 1e-5:
        upward = degrees(atan2(way[2], hypot(way[0], way[1])))
    place = int(needle.level[1:])
    name = f"{ORDINAL[place - 1]} {REGION.get(needle.level[0])} vertebra ({needle.level})"
    size = needle.size
    gauge = "" if size is None or size.gauge is None else f"{size.gauge} G, "
    return {
        "level": "first sacral segment (S1)" if needle.level == "S1" else name,
        "side": f"patient’s {needle.side.upper()}",
        "size": ""
        if size is None
        else f"{gauge}{six(size.outer_diameter_mm)} × {six(size.length_mm)} mm",
        "length": f"{shown(float(np.linalg.norm(way)))} mm",
        "inward": f"{shown(abs(inward))}° {'towards' if inward >= 0 else 'away from'} the midline",
        "upward": f"{shown(abs(upward))}° towards the {'head' if upward >= 0 else 'feet'}",
    }


def six(value: float) -> str:
    """Write a number with six digits that count, as sizes are."""
    places = 5 - Decimal(value).adjusted()
    text = shown(value, max(places, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _on_needle(plan: Plan, item) -> int:
    return [one.id for one in plan.trajectories].index(item.trajectory_id) + 1


def _setting(burn: Ablation) -> str:
    parts = []
    if (burn.power_w, burn.setpoint_celsius, burn.duty_percent) == (None, None, None):
        parts.append("power not set")
    if burn.power_w is not None:
        parts.append(f"{exact(burn.power_w)} W")
    if burn.setpoint_celsius is not None:
        parts.append(f"{exact(burn.setpoint_celsius)} °C")
    parts.append("time not set" if burn.time_s is None else f"{exact(burn.time_s, 0)} s")
    if burn.cycle_s is not None:
        cycle, pause = exact(burn.cycle_s, 0), exact(burn.pause_s, 0)
        parts.append(f"in cycles of {cycle} s, pauses of {pause} s")
    if burn.duty_percent is not None:
        parts.append(f"{exact(burn.duty_percent, 0)} % duty")
    if burn.active_offset_mm:
        way = "behind" if burn.active_offset_mm > 0 else "BEYOND"
        parts.append(f"device tip {exact(abs(burn.active_offset_mm))} mm {way} the planned tip")
    return ", ".join(parts)


def _technique(fill: CementInjection) -> str:
    words = fill.technique.replace("-", " ")
    if fill.technique.makes_cavity:
        words += f", cavity of {exact(fill.cavity_ml)} mL"
    if fill.pull_back_mm:
        words += f", cannula drawn back {exact(fill.pull_back_mm)} mm after half of the volume"
    return words


def rows_expected(case: RandomCase) -> Iterator[str]:
    """Return every row that holds a number of the plan, from its first word to its last."""
    plan = case.plan
    yield f"plan-0001 revision {plan.revision} · "
    for n, needle in enumerate(plan.trajectories, start=1):
        words = _needle_words(needle)
        entry, tip = triple(needle.entry), triple(needle.tip)
        size = f"bone needle {words['size']}" if words["size"] else ""
        yield (
            f"{n}{words['level']}{words['side']}{size}{needle.approach}{entry}{tip}"
            f"{words['length']}{words['inward']}{words['upward']}"
        )
        yield (
            f"Approach{needle.approach}Entry x, y, z (mm){entry}Tip x, y, z (mm){tip}"
            f"Length{words['length']}Bone needle{words['size'] or 'not chosen'}"
            f"In the axial plane{words['inward']}Out of the axial plane{words['upward']}"
        )
    for burn in plan.ablations:
        known = CATALOG.devices if case.with_catalog else {}
        name = known[burn.device_id].name if burn.device_id in known else burn.device_id
        number, said = _on_needle(plan, burn), f"{name}{_setting(burn)}"
        zone = case.zones.get(burn.id)
        if zone is None:
            yield f"{said}No zone is predicted: no prediction was made{number}"
            continue
        long, wide = (2 * one for one in (zone.shape.half_length_mm, zone.shape.half_width_mm))
        volume = pi / 6.0 * long * wide**2 / 1000.0
        yield (
            f"{said}{shown(long)} × {shown(wide)} mm± {shown(zone.band_mm)} mm"
            f"{shown(volume)} mLtable{number}"
        )
    for fill in plan.cements:
        known = CATALOG.cements if case.with_catalog else {}
        name = known[fill.cement_id].name if fill.cement_id in known else fill.cement_id
        number = _on_needle(plan, fill)
        said = f"{name}{_technique(fill)}{exact(fill.volume_ml)} mL"
        filled = case.fills.get(fill.id)
        if filled is None:
            yield f"{said}No fill is predicted: no prediction was made{number}"
            continue
        yield (
            f"{said}{shown(filled.placed_ml)} mL{shown(100 * filled.fill_fraction)} %"
            f"± {shown(filled.band_mm)} mmtable{number}"
        )
    yield from _other_rows(case)


def _other_rows(case: RandomCase) -> Iterator[str]:
    plan, asked = case.plan, case.plan.clinical
    for n, layer in enumerate(plan.protection, start=1):
        yield (
            f"Protecting layer {n}{layer.agent}, {six(layer.thickness_mm)} mm thick and "
            f"{six(layer.width_mm)} mm wide in its middle, planned; the middle at "
            f"{triple(layer.centre)}."
        )
    for n, choice in enumerate(plan.tissue_choices, start=1):
        what = "" if choice.only is None else f"{choice.only.words} in "
        if isinstance(choice.part, Ball):
            x, y, z = (f"{value:.1f}" for value in choice.part.centre.array)
            what += f"the ball of {six(choice.part.radius_mm)} mm about {x}, {y}, {z} (LPS mm)"
        else:
            what += choice.part.words
        yield f"Tissue set by hand {n}{what} counts as {choice.becomes.words}"
    if plan.grid_mark is not None:
        yield f"Grid mark on the skin{triple(plan.grid_mark)}"
    for one in plan.controls:
        if one.offset is not None:
            yield f"moved by {triple(one.offset)} mm (left, back, head)"
        needle = plan.trajectory(one.trajectory_id)
        apart = float(np.linalg.norm(one.entry.array - needle.entry.array))
        yield (
            f"Entry seen{triple(one.entry)}, {shown(apart)} mm from the planned entry"
            f"Tip seen{triple(one.tip)}"
        )
    for n, finding in enumerate(case.assessment.findings):
        far = "" if finding.distance_mm is None else f"{shown(finding.distance_mm)} mm"
        yield f"{far}canallimit {n}"
    before = plan.outcome.visit("before")
    for label, value, places in (
        ("Number of lesions", asked.lesion_count, 0),
        ("SINS (0-18)", asked.sins, 0),
        ("Pain (VAS 0-10)", asked.vas, 1),
        ("Baseline ODI (%)", before.odi_percent, 1),
        ("Baseline morphine (mg/day)", before.morphine_mg_per_day, 1),
        ("ECOG", asked.ecog, 0),
        ("Life expectancy (months)", asked.life_expectancy_months, 1),
        ("Platelets (10⁹/L)", asked.platelets_e9_per_l, 1),
        ("INR", asked.inr, 1),
        ("Thermometer (°C)", asked.thermometer_celsius, 1),
    ):
        yield f"{label}{'not given' if value is None else exact(value, places)}"


def squeezed(text: str) -> str:
    """Text without any white space, soft hyphen or zero-width space."""
    return re.sub(r"[\s\u00ad\u200b]+", "", text)


def text_of(pdf: bytes) -> str:
    return squeezed("\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages))


def make_locale(name: str, folder: Path) -> None:
    """Compile a locale into a folder that LOCPATH may name; nothing where that is unknown."""
    maker = shutil.which("localedef")
    if maker is not None:
        language = name.partition(".")[0]
        command = [maker, "-i", language, "-f", "UTF-8", str(folder / name)]
        subprocess.run(command, check=False, capture_output=True)


@contextmanager
def locale_of(name: str) -> Iterator[None]:
    """Set every category of the locale; ``locale.Error`` where it is not installed."""
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, name)
    try:
        yield
    finally:
        locale.setlocale(locale.LC_ALL, before)


def missing_rows(case: RandomCase, pdf: bytes) -> list[str]:
    """Return the rows that the paper of a plan does not hold as they must be."""
    text = text_of(pdf)
    return [row for row in map(squeezed, rows_expected(case)) if row not in text]
