"""What a site's own limits do to a verdict."""

from dataclasses import replace

import pytest

from planner.catalog import load_catalog
from planner.catalog.site_limits import looser_limits, site_limits_path
from planner.domain.finding import Verdict
from planner.safety import assess, input_digest
from safety.cases import acknowledged, found, good_plan, good_scene
from safety.rule_cases import STOP, WARN

LOOSER = """
site = "Hospital A"
[[limit]]
rule = "N2"
name = "warn_below_mm"
value = 1.0
by = "Dr B"
reason = "a study"
"""
STRICTER = """
site = "Hospital A"
[[limit]]
rule = "C4"
name = "warn_above_ml"
value = 1.0
"""


@pytest.fixture
def site(tmp_path):
    def read(text):
        site_limits_path(tmp_path).write_text(text, encoding="utf-8")
        return load_catalog(tmp_path)

    return read


def test_that_a_stricter_limit_is_used_and_only_said(site):
    plan = good_plan()
    catalog = site(STRICTER)
    assessment = assess(plan, good_scene(plan, catalog=catalog))
    assert "C4" not in found(assess(plan, good_scene(plan)))
    assert found(assessment)["C4"] is WARN
    assert "P7" not in found(assessment)
    said = dict(assessment.evidence)["P7"]
    assert said == "Hospital A tightened C4 (warn above ml) from 7 to 1"
    (warning,) = [item for item in assessment.findings if item.rule == "C4"]
    assert "limit of Hospital A" in warning.source


def test_that_a_looser_limit_warns_by_name_and_reason_until_a_person_takes_it_on(site):
    catalog = site(LOOSER)
    plan = replace(good_plan(), looser_limits=looser_limits(catalog.rules))
    scene = good_scene(plan, catalog=catalog)
    assessment = assess(plan, scene)
    assert "N2" not in found(assessment)
    (warning,) = [item for item in assessment.findings if item.rule == "P7"]
    assert warning.severity is WARN
    assert "Hospital A loosened N2 (warn below mm) from 5 to 1 by Dr B: a study" in warning.message
    assert warning.threshold == "the limit as shipped"
    assert warning.resolve == "Judge whether the reason holds for this patient."
    assert assessment.verdict is Verdict.WARNED
    assert assess(acknowledged(plan, assessment), scene).verdict is Verdict.CLEAR


def test_that_a_plan_begun_under_other_limits_stops(site):
    plan = good_plan()
    loose = good_scene(plan, catalog=site(LOOSER))
    assessment = assess(plan, loose)
    assert found(assessment)["P7"] is STOP
    (stop,) = [one for one in assessment.findings if one.rule == "P7" and one.severity is STOP]
    assert stop.message.startswith(
        "The plan was begun under other limits than this site's now: none loosened."
    )
    under = replace(plan, looser_limits=looser_limits(loose.catalog.rules))
    assert found(assess(under, good_scene(plan)))["P7"] is STOP


def test_that_a_changed_limit_moves_the_digest(site):
    plan = good_plan()
    shipped = input_digest(plan, good_scene(plan))
    assert input_digest(plan, good_scene(plan, catalog=site(STRICTER))) != shipped
