"""The report as the strings its template prints; every number is written here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.finding import Severity
from planner.domain.limit_times import COLD_LIMITS, HEAT_LIMITS
from planner.report import palette
from planner.report.cement_clock import minutes
from planner.report.model import DISCLAIMER
from planner.report.rows import BASELINE_MORPHINE, BASELINE_ODI
from planner.report.wording import (
    LONGEST_NAME,
    SEVERITY_WORDS,
    angle_words,
    approach_words,
    as_set,
    level_words,
    millimetres,
    number,
    plain,
    point_words,
    setting_words,
    side_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.report.coverage_rows import CoverageRow
    from planner.report.model import (
        AblationRow,
        CementRow,
        ExposureRow,
        Fact,
        FindingRow,
        NeedleRow,
        Picture,
        Report,
        Schedule,
    )

HOLDING_ON_FIRST_PAGE = 5
"""More would push the pictures off the sheet; the rest is counted and listed later."""

CHECKLIST_SOURCE = (
    "NICE IPG759: selection by a multidisciplinary team, trained operators, outcomes to a "
    "register. Score tables: SINS, ESCC."
)
TICKS = (
    "Operator trained in this procedure",
    "Consent signed; side and level read aloud",
    "Case entered in the register",
    "Side marked on the skin and checked against page 1",
    "Device instructions for use at hand",
)

BASELINE_TICK = "Baseline ODI ______ %   morphine ______ mg/day"
"""To be written by hand where one of both is not in the plan."""


def layout(report: Report) -> dict[str, object]:
    """Return what the template reads, strings only apart from counts of dashes."""
    patient = {fact.label: fact.value for fact in report.patient}
    name = patient.get("Name") or patient.get("Patient ID") or "Patient not named"
    who = plain(name, LONGEST_NAME)
    held = [row for row in report.findings if row.severity.holds_the_plan]
    left_out = len(held) - HOLDING_ON_FIRST_PAGE
    return {
        "title": plain(f"Plan: {report.headline}"),
        "running_head": f"{who} · {report.headline} · revision {report.revision}",
        "paper": str(report.paper),
        "is_draft": report.is_draft,
        "draft_words": f"DRAFT · {severity_label(report.verdict)}",
        "disclaimer": DISCLAIMER,
        "short_provenance": report.short_provenance,
        "headline": report.headline,
        "treatment": report.treatment,
        "patient": _facts(report.patient),
        "scan": _facts(report.scan),
        "alerts": list(report.alerts),
        "verdict": severity_label(report.verdict),
        "verdict_words": report.verdict_words,
        "counts": [
            {"key": str(one), "name": severity_label(one), "count": number(count, 0)}
            for one, count in report.counts().items()
        ],
        "needles": [_needle(row) for row in report.needles],
        "together": _facts(report.together),
        "pictures": _pictures(report.pictures),
        "legend": [
            {"name": mark.name, "colour": mark.colour, "dash": mark.dash_mm}
            for mark in palette.LEGEND
        ],
        "holding": [_finding(row) for row in held[:HOLDING_ON_FIRST_PAGE]],
        "holding_left_out": f"And {left_out} more under Findings." if left_out > 0 else "",
        "ablations": [_ablation(row) for row in report.ablations],
        "exposures": [_exposure(row) for row in report.exposures],
        "minutes": _minutes_words(),
        "coverage": [_coverage(row) for row in report.coverage],
        "schedules": [_schedule(item) for item in report.schedules],
        "cements": [_cement(row) for row in report.cements],
        "findings": [_finding(row) for row in report.findings],
        "no_findings": _no_findings(report),
        "names": "; ".join(f"{fact.label} is {fact.value}" for fact in report.names)
        + ("." if report.names else ""),
        "checked": ", ".join(report.checked),
        "evidence": [{"rule": one.label, "seen": one.value} for one in report.evidence],
        "checklist": _facts(report.checklist),
        "checklist_source": CHECKLIST_SOURCE,
        "ticks": [*TICKS, *([BASELINE_TICK] if _lacks_baseline(report) else [])],
        "notes": report.notes,
        "provenance": _facts(report.provenance),
    }


def severity_label(value: str) -> str:
    """Write ``NOT_EVALUATED`` as ``NOT EVALUATED``."""
    return str(value).replace("_", " ")


def _no_findings(report: Report) -> str:
    if not report.checked:
        return "No check has run on this revision: nothing was looked for."
    return "Every rule that ran found nothing to say."


def _facts(facts: Iterable[Fact]) -> list[dict[str, str]]:
    return [{"label": fact.label, "value": fact.value} for fact in facts]


def _pictures(pictures: Iterable[Picture]) -> list[dict[str, str]]:
    return [{"file": f"{one.key}.png", "alt": one.alt, "caption": one.caption} for one in pictures]


def _needle(row: NeedleRow) -> dict[str, object]:
    inward, upward = angle_words(row.towards_midline_deg, row.upward_deg)
    return {
        "number": number(row.number, 0),
        "level": level_words(row.level),
        "side": side_words(row.side),
        "approach": approach_words(row.approach),
        "entry": point_words(row.entry),
        "tip": point_words(row.tip),
        "length": millimetres(row.length_mm),
        "inward": inward,
        "upward": upward,
        "measures": _facts(row.measures),
        "distances": _facts(row.distances),
        "at_ct": _facts(row.at_ct),
        "at_c_arm": _facts(row.at_c_arm),
        "at_control": _facts(row.at_control),
        "pictures": _pictures(row.pictures),
        "xrays": _pictures(row.xrays),
        "others": _facts(row.others),
        "size": row.size,
    }


def _ablation(row: AblationRow) -> dict[str, object]:
    return {
        "needle": number(row.needle, 0),
        "device": row.device,
        "setting": setting_words(
            row.power_w,
            row.setpoint_celsius,
            row.time_s,
            row.cycles,
            duty_percent=row.duty_percent,
            drawn_back_mm=row.drawn_back_mm,
        ),
        "size": f"{_given(row.length_mm)} × {_given(row.width_mm)} mm",
        "volume": f"{_given(row.volume_ml)} mL",
        "band": f"± {_given(row.band_mm)} mm",
        "tier": row.tier,
        "lines": [] if row.missing else [row.model, f"Measured in: {row.tissue}", row.source],
        "missing": _no_prediction("zone", row.missing),
    }


def _cement(row: CementRow) -> dict[str, object]:
    return {
        "needle": number(row.needle, 0),
        "cement": row.cement,
        "asked": f"{as_set(row.asked_ml)} mL",
        "how": row.how,
        "placed": f"{_given(row.placed_ml)} mL",
        "fill": f"{_given(row.fill_percent)} %",
        "band": f"± {_given(row.band_mm)} mm",
        "tier": row.tier,
        "lines": [] if row.missing else [row.leaks, row.model, row.source],
        "missing": _no_prediction("fill", row.missing),
    }


def _exposure(row: ExposureRow) -> dict[str, str]:
    most, least = ("at most ", "at least ") if row.beyond else ("", "")
    return {
        "needle": number(row.needle, 0),
        "structure": row.structure,
        "peak": f"{most}{number(row.peak_celsius)} °C",
        "lowest": f"{least}{number(row.lowest_celsius)} °C",
        "dose": row.dose,
        "band": f"± {number(row.band_celsius)} °C",
        "times": row.times,
        "model": row.model,
    }


def _minutes_words() -> str:
    """Say what the three numbers of a row stand for, in a row of heat and in one of cold."""
    heat, cold = (
        f"until {limits.stop_celsius:.0f} °C, {side} {limits.stop_celsius:.0f} °C and {side} "
        f"{limits.harm_celsius:.0f} °C"
        for limits, side in ((HEAT_LIMITS, "above"), (COLD_LIMITS, "below"))
    )
    return f"{heat}, and of cold {cold}"


def _coverage(row: CoverageRow) -> dict[str, object]:
    return {
        "name": row.name,
        "volume": row.volume,
        "dies": row.dies,
        "margin": row.margin,
        "lives": row.lives,
        "unit": row.unit,
        "curve": [{"step": step, "share": share} for step, share in row.curve],
    }


def _schedule(item: Schedule) -> dict[str, object]:
    return {
        "needle": number(item.needle, 0),
        "missing": item.missing,
        "source": item.source,
        "clock": item.clock,
        "rows": [
            {
                "step": number(row.step, 0),
                "give": f"{number(row.step_ml)} mL",
                "total": f"{number(row.total_ml)} mL",
                "edge": millimetres(row.edge_mm),
                "foramen": millimetres(row.foramen_mm),
                "nearest": row.structure,
                "leaves": ", ".join(row.leaves),
                "stop": row.stop,
                "due": "" if row.after_mixing_s is None else f"{minutes(row.after_mixing_s)} min",
                "late": row.too_late,
            }
            for row in item.rows
        ],
    }


def _finding(row: FindingRow) -> dict[str, str]:
    return {
        "key": str(row.severity),
        "severity": severity_label(row.severity),
        "meaning": SEVERITY_WORDS[Severity(row.severity)],
        "rule": row.rule,
        "about": row.about,
        "message": row.message,
        "structure": row.structure,
        "distance": "" if row.distance_mm is None else millimetres(row.distance_mm),
        "threshold": row.threshold,
        "source": row.source,
        "resolve": row.resolve,
        "acknowledged": row.acknowledged,
    }


def _no_prediction(what: str, reason: str) -> str:
    return f"No {what} is predicted: {reason}" if reason else ""


def _given(value: float | None) -> str:
    return "?" if value is None else number(value)


def _lacks_baseline(report: Report) -> bool:
    wanted = (BASELINE_ODI, BASELINE_MORPHINE)
    return any(not fact.value for fact in report.checklist if fact.label in wanted)
