"""The outcome as a register gets it, read back by clients that are not ours."""

from __future__ import annotations

import csv
import io
import json
import locale
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from exchange.outcomes import WHO, recorded, treated_plan
from planner.catalog.outcome_scales import load_outcome_scales
from planner.domain.outcome import Complication, Outcome
from planner.exchange.outcome_csv import outcome_csv
from planner.exchange.outcome_fhir import outcome_fhir

NOW = "2026-07-12T08:00:00+00:00"
NAMING = (WHO.name, "Anna", WHO.patient_id, WHO.birth_date, "2.25.", "sore", "/home", "2026-0")
"""What must not leave unasked: name, ID, UIDs, own words, places and days."""
SCALES = load_outcome_scales()


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def _fhir(plan, *, identified=False):
    data = outcome_fhir(plan, SCALES, written_utc=NOW, identified=identified)
    return QuestionnaireResponse.model_validate_json(data), json.loads(data)


def _answers(plain) -> dict[str, list]:
    """Return every answer by the id of its question, in order."""
    found = defaultdict(list)
    for group in plain["item"]:
        for item in group["item"]:
            (answer,) = item["answer"]
            (value,) = answer.values()
            found[item["linkId"]].append(value)
    return found


def test_that_every_number_of_every_visit_is_in_both_files():
    plan = treated_plan()
    visits = plan.outcome.visits
    rows = [row for row in _rows(outcome_csv(plan, SCALES)) if row["part"] == "visit"]
    _, plain = _fhir(plan)
    fhir = _answers(plain)
    for name, wanted in {
        "vas": [plan.clinical.vas, *(one.vas for one in visits[1:])],
        "odi_percent": [one.odi_percent for one in visits],
        "morphine_mg_per_day": [one.morphine_mg_per_day for one in visits],
    }.items():
        assert [float(row["value"]) for row in rows if row["item"] == name] == wanted
        given = fhir[f"visit/{name}"]
        assert [one if name == "vas" else one["value"] for one in given] == wanted
    assert [row["day"] for row in rows[::3]] == ["-1", "3", "7", "30", "91", "182"]
    assert fhir["visit/day"] == [-1, 3, 7, 30, 91, 182]


def test_that_grades_carry_the_version_of_their_scheme():
    plan = treated_plan()
    rows = {row["item"]: row for row in _rows(outcome_csv(plan, SCALES)) if row["value"]}
    assert (rows["cirse_grade"]["value"], rows["cirse_grade"]["scheme_version"]) == ("3a", "2026")
    assert (rows["ctcae_grade"]["value"], rows["ctcae_grade"]["scheme_version"]) == ("2", "5.0")
    assert (rows["kind"]["value"], rows["place"]["value"]) == ("B", "canal")
    _, plain = _fhir(plan)
    told = _answers(plain)
    (cirse,), (ctcae,) = told["complication/cirse_grade"], told["complication/ctcae_grade"]
    assert (cirse["code"], cirse["version"]) == ("3a", "2026")
    assert (ctcae["code"], ctcae["version"]) == ("2", "5.0")


def test_that_nothing_in_the_files_names_a_person_unless_asked():
    plan = treated_plan()
    told = outcome_csv(plan, SCALES).decode() + json.dumps(_fhir(plan)[1])
    assert [word for word in NAMING if word in told.replace(NOW, "")] == []
    asked = outcome_csv(plan, SCALES, identified=True).decode()
    asked_fhir = json.dumps(_fhir(plan, identified=True)[1])
    for word in (WHO.name, WHO.patient_id, "sore", "2026-01-10"):
        assert word in asked
        assert word in asked_fhir


def test_that_the_response_answers_the_form_it_carries():
    """Ids, order, types and choices, as a validator holds a response against its form."""
    for plan in (treated_plan(), treated_plan(Outcome(), vas=None)):
        for identified in (False, True):
            response, plain = _fhir(plan, identified=identified)
            form = Questionnaire.model_validate(plain["contained"][0])
            assert response.questionnaire == f"#{form.id}"
            order = {item.linkId: place for place, item in enumerate(form.item)}
            groups = [group["linkId"] for group in plain["item"]]
            assert groups == sorted(groups, key=order.__getitem__)
            for group in plain["item"]:
                asked = form.item[order[group["linkId"]]]
                _holds(group["item"], asked.item)
                assert groups.count(group["linkId"]) == 1 or asked.repeats


def _holds(items, asked):
    questions = {one.linkId: (place, one) for place, one in enumerate(asked)}
    places = [questions[item["linkId"]][0] for item in items]
    assert places == sorted(places)
    types = {"integer": "valueInteger", "decimal": "valueDecimal", "boolean": "valueBoolean",
             "string": "valueString", "date": "valueDate", "choice": "valueCoding",
             "quantity": "valueQuantity"}  # fmt: skip
    for item in items:
        question = questions[item["linkId"]][1]
        (key,) = item["answer"][0]
        assert key == types[question.type]
        if key == "valueCoding":
            coding = item["answer"][0][key]
            options = {(one.valueCoding.code, one.valueCoding.version)
                       for one in question.answerOption}  # fmt: skip
            assert (coding["code"], coding.get("version")) in options


def test_that_a_gap_stays_a_gap_and_is_not_called_complete():
    nothing = treated_plan(Outcome(), vas=None)
    rows = _rows(outcome_csv(nothing, SCALES))
    visits = [row for row in rows if row["part"] == "visit"]
    assert len(visits) == 18
    assert {row["value"] for row in visits} == {""}
    said = {(row["part"], row["item"]): row["value"] for row in rows}
    assert said["complications", "looked_for"] == "no"
    assert said["complications", "count"] == ""
    response, plain = _fhir(nothing)
    assert response.status == "in-progress"
    assert "visit/vas" not in _answers(plain)
    assert _fhir(treated_plan())[0].status == "completed"
    assert _fhir(treated_plan(recorded(leaks=(), leaks_sought=False)))[0].status == "in-progress"
    assert _fhir(treated_plan(vas=None))[0].status == "in-progress"


def test_that_looked_for_and_none_found_is_zero():
    plan = treated_plan(recorded(complications=(), leaks=()))
    rows = {(row["part"], row["item"]): row["value"] for row in _rows(outcome_csv(plan, SCALES))}
    assert rows["complications", "count"] == "0"
    assert rows["leaks", "count"] == "0"
    told = _answers(_fhir(plan)[1])
    assert told["complications/count"] == [0]


@pytest.mark.parametrize(
    "words", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\ttab", 'a,"b"\nc']
)
def test_that_own_words_never_act_in_a_spreadsheet_and_never_break_a_row(words):
    one = Complication(what=words, cirse_scheme="cirse-2017", cirse_grade="3")
    plan = treated_plan(recorded(complications=(one,)))
    rows = _rows(outcome_csv(plan, SCALES, identified=True))
    (told,) = [row["own_words"] for row in rows if row["item"] == "what"]
    assert told[0] not in "=+-@\t\r\n"
    assert told.removeprefix("'") == words
    assert None not in rows[0]
    _fhir(plan, identified=True)


def test_that_a_scheme_of_another_program_keeps_its_id_and_claims_no_version():
    one = Complication(what="x", cirse_scheme="cirse-2040", cirse_grade="9")
    rows = _rows(outcome_csv(treated_plan(recorded(complications=(one,))), SCALES))
    (row,) = [row for row in rows if row["item"] == "cirse_grade"]
    assert (row["value"], row["scheme"], row["scheme_version"]) == ("9", "cirse-2040", "")


def test_that_numbers_read_the_same_in_a_country_of_commas():
    plan, before = treated_plan(), locale.setlocale(locale.LC_ALL)
    plain = outcome_csv(plan, SCALES)
    try:
        with suppress(locale.Error):  # not on every machine
            locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
        assert outcome_csv(plan, SCALES) == plain
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert ",4.25," in plain.decode()


def test_that_a_plan_without_a_uuid_still_makes_a_resource():
    response, _ = _fhir(replace(treated_plan(), plan_id="case-1"))
    assert response.identifier.value == "case-1"
