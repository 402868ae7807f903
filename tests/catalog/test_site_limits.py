"""A site may be stricter than what is shipped; looser only by name and with a reason."""

import pytest

from planner.catalog import load_catalog
from planner.catalog.site_limits import looser_limits, site_limits_path
from planner.domain.devices import Stricter
from planner.domain.errors import InputRefusedError
from planner.domain.sourced import Status


def limits(folder, *blocks, site='site = "Hospital A"'):
    text = "\n".join([site, *("[[limit]]\n" + block for block in blocks)])
    site_limits_path(folder).write_text(text, encoding="utf-8")
    return load_catalog(folder).rules


def limit(rule, name, value, **more):
    lines = [f'rule = "{rule}"', f'name = "{name}"', f"value = {value}"]
    return "\n".join(lines + [f'{key} = "{text}"' for key, text in more.items()])


def test_that_without_a_file_the_shipped_limits_hold(tmp_path):
    rules = load_catalog(tmp_path).rules
    assert not any(rule.changes for rule in rules.values())
    assert looser_limits(rules) == ()


def test_that_every_shipped_limit_says_which_way_is_stricter():
    for rule in load_catalog().rules.values():
        assert rule.stricter.keys() == rule.thresholds.keys()


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [("N2", "stop_below_mm", 3.0), ("E2", "inr_max", 1.2), ("A13", "block_to_celsius", 3.0)],
)
def test_that_a_stricter_limit_needs_no_reason(tmp_path, rule, name, value):
    rules = limits(tmp_path, limit(rule, name, value))
    changed = rules[rule].thresholds[name]
    assert changed.value == value
    assert changed.status is Status.USER_ENTERED
    assert "Hospital A; shipped" in changed.source
    assert "limit of Hospital A" in rules[rule].source
    (change,) = rules[rule].changes
    assert not change.is_looser
    assert looser_limits(rules) == ()


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("N2", "stop_below_mm", 1.0),
        ("E11", "age_max_days", 14.0),
        ("A6", "block_from_celsius", 46),
    ],
)
def test_that_a_looser_limit_needs_a_name_and_a_reason(tmp_path, rule, name, value):
    for more in ({}, {"by": "Dr B"}, {"reason": "why"}):
        with pytest.raises(InputRefusedError, match="looser than the shipped"):
            limits(tmp_path, limit(rule, name, value, **more))
    rules = limits(tmp_path, limit(rule, name, value, by="Dr B", reason="why"))
    assert rules[rule].thresholds[name].value == value
    (sentence,) = looser_limits(rules)
    words = name.replace("_", " ")
    assert sentence.startswith(f"Hospital A loosened {rule} ({words}) from ")
    assert sentence.endswith(f"to {value:g} by Dr B: why")


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([limit("N99", "stop_below_mm", 3.0)], "no limit stop_below_mm of rule N99"),
        ([limit("N2", "stopbelow", 3.0)], "no limit stopbelow of rule N2"),
        ([limit("E7", "highest", 17.0)], "cannot be changed"),
        ([limit("N2", "stop_below_mm", 3.0)] * 2, "is there twice"),
        ([limit("N2", "stop_below_mm", 3.0, because="x")], "unknown key because"),
        ([limit("N2", "stop_below_mm", "nan")], "must be a number"),
    ],
)
def test_that_a_limit_that_is_not_one_is_refused(tmp_path, blocks, words):
    with pytest.raises(InputRefusedError, match=words):
        limits(tmp_path, *blocks)


def test_that_a_site_has_a_name(tmp_path):
    with pytest.raises(InputRefusedError, match="site must be a text"):
        limits(tmp_path, site="")


def test_that_only_a_definition_is_fixed():
    rules = load_catalog().rules.values()
    fixed = [(r.id, n) for r in rules for n, way in r.stricter.items() if way is Stricter.FIXED]
    assert fixed == [("E7", "highest")]
