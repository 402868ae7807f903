"""The outcome of one treatment as an HL7 FHIR R4 QuestionnaireResponse.

The questions travel inside it as a contained Questionnaire, so that the file needs no server.
Grades and classes are codes of lists that have no code system of their own; they carry version
and words and no invented system.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from planner.exchange.outcome_table import answers, is_complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.domain.outcome import OutcomeScales, Scheme
    from planner.domain.plan import Plan
    from planner.exchange.outcome_table import Answer

UCUM = "http://unitsofmeasure.org"
FORM_ID = "outcome-form"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_TITLES: Mapping[str, str] = {
    "treatment": "Treatment",
    "visit": "Visit",
    "complications": "Complications",
    "complication": "Complication",
    "leaks": "Cement leaks",
    "leak": "Cement leak",
}
_REPEATING = frozenset({"visit", "complication", "leak"})


def outcome_fhir(
    plan: Plan, scales: OutcomeScales, *, written_utc: str, identified: bool = False
) -> bytes:
    """Return the resource as UTF-8 JSON.

    Parameters
    ----------
    written_utc
        When it is written, ISO 8601 with its offset.
    identified
        Whether the patient's ID and name, days and own words go along.
    """
    told = answers(plan, scales)
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "contained": [_form(scales, identified=identified)],
        "identifier": _identifier(plan),
        "questionnaire": f"#{FORM_ID}",
        "status": "completed" if is_complete(plan, scales) else "in-progress",
        "authored": written_utc,
        "item": _groups(told, identified=identified),
    }
    if identified:
        response |= _subject(plan)
    return json.dumps(response, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8")


def _identifier(plan: Plan) -> dict[str, str]:
    if _UUID.fullmatch(plan.plan_id):
        return {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{plan.plan_id}"}
    return {"value": plan.plan_id}


def _subject(plan: Plan) -> dict[str, Any]:
    """Return who it is; FHIR takes no empty text."""
    who = plan.scan.patient
    subject: dict[str, Any] = {"identifier": {"value": who.patient_id}} if who.patient_id else {}
    if who.name:
        subject["display"] = who.name
    return {"subject": {"type": "Patient", **subject}} if subject else {}


def _groups(told: Iterable[Answer], *, identified: bool) -> list[dict[str, Any]]:
    groups = []
    for (part, _number), members in groupby(told, key=lambda one: (one.part, one.number)):
        given = list(members)
        items = [_item(part, one.item, _value(one)) for one in given if _may_go(one, identified)]
        items = [*_about(given[0], identified=identified), *items]
        groups.append({"linkId": part, "text": _TITLES[part], "item": items})
    return groups


def _may_go(one: Answer, identified: bool) -> bool:
    return one.value is not None and (identified or not one.is_own_words)


def _about(one: Answer, *, identified: bool) -> list[dict[str, Any]]:
    """Return when it was, of a group that has a time."""
    found = []
    if one.when:
        found.append(_item(one.part, "when", {"valueCoding": {"code": one.when}}))
    if one.planned_day is not None:
        found.append(_item(one.part, "planned_day", {"valueInteger": one.planned_day}))
    if one.day is not None:
        found.append(_item(one.part, "day", {"valueInteger": one.day}))
    if identified and one.date:
        found.append(_item(one.part, "date", {"valueDate": one.date}))
    return found


def _item(part: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"linkId": f"{part}/{name}", "answer": [value]}


def _value(one: Answer) -> dict[str, Any]:
    """Return an answer in the type that the form gives to its question."""
    kind = _kind(one.item)
    if kind == "choice":
        coding = {"version": one.version, "code": str(one.value), "display": one.words}
        return {"valueCoding": {key: text for key, text in coding.items() if text}}
    if kind == "quantity":
        return {
            "valueQuantity": {
                "value": one.value, "unit": one.unit, "system": UCUM, "code": one.unit
            }
        }  # fmt: skip
    return {f"value{kind.capitalize()}": one.value}


_KINDS: Mapping[str, str] = {
    "recorded": "boolean",
    "looked_for": "boolean",
    "symptoms": "boolean",
    "count": "integer",
    "planned_day": "integer",
    "day": "integer",
    "date": "date",
    "vas": "decimal",
    "odi_percent": "quantity",
    "morphine_mg_per_day": "quantity",
    "planned_cement": "quantity",
    "when": "choice",
    "kind": "choice",
    "place": "choice",
    "cirse_grade": "choice",
    "ctcae_grade": "choice",
}
"""The FHIR type of each question; every other is a text."""


def _kind(item: str) -> str:
    return _KINDS.get(item, "string")


_QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "treatment": {
        "day": "Days after the treatment",
        "date": "Day of the treatment",
        "recorded": "Day of the treatment recorded",
        "levels": "Levels treated, as planned",
        "planned_devices": "Ablation devices, as planned",
        "planned_cement": "Cement, as planned",
    },
    "visit": {
        "when": "Visit",
        "planned_day": "Planned days after the treatment",
        "day": "Days after the treatment",
        "date": "Day of the visit",
    },
    "complications": {
        "looked_for": "Complications looked for",
        "count": "Number of complications",
    },
    "complication": {
        "day": "Days after the treatment",
        "date": "Day",
        "what": "What it was",
        "cirse_grade": "Grade by CIRSE",
        "ctcae_grade": "Grade by CTCAE",
    },
    "leaks": {"looked_for": "Cement leaks looked for", "count": "Number of leaks"},
    "leak": {
        "level": "Level",
        "kind": "Kind of leak",
        "place": "Where the cement lies",
        "symptoms": "Symptoms",
    },
}


def _form(scales: OutcomeScales, *, identified: bool) -> dict[str, Any]:
    """Return the questions; those that name a person only where their answers go along."""
    hidden = frozenset() if identified else frozenset({"date", "what"})
    choices = {
        "when": [{"code": one.id, "display": one.name} for one in scales.times],
        "cirse_grade": [code for scheme in scales.cirse.values() for code in _codes(scheme)],
        "ctcae_grade": _codes(scales.ctcae),
        "kind": _codes(scales.leak_kinds),
        "place": _codes(scales.leak_places),
    }
    items = []
    for part, questions in _QUESTIONS.items():
        asked = dict(questions)
        if part == "visit":
            asked |= {name: one.name for name, one in scales.measures.items()}
        group: dict[str, Any] = {"linkId": part, "text": _TITLES[part], "type": "group"}
        if part in _REPEATING:
            group["repeats"] = True
        group["item"] = [
            _question(part, name, text, choices.get(name, []))
            for name, text in asked.items()
            if name not in hidden
        ]
        items.append(group)
    return {
        "resourceType": "Questionnaire",
        "id": FORM_ID,
        "title": "Outcome of ablation and augmentation of spinal metastases",
        "status": "active",
        "subjectType": ["Patient"],
        "item": items,
    }


def _question(part: str, name: str, text: str, choices: list[dict[str, str]]) -> dict[str, Any]:
    asked: dict[str, Any] = {"linkId": f"{part}/{name}", "text": text, "type": _kind(name)}
    if choices:
        asked["answerOption"] = [{"valueCoding": one} for one in choices]
    return asked


def _codes(scheme: Scheme) -> list[dict[str, str]]:
    return [
        {"version": scheme.version, "code": one.id, "display": one.words}
        for one in scheme.terms.values()
    ]
