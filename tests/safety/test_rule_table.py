"""The page of rules says what the rules do."""

from safety.rule_table import REFERENCE, leans_on, table


def test_that_the_page_of_rules_is_of_these_rules():
    assert REFERENCE.read_text(encoding="utf-8") == table()


def test_that_every_rule_on_a_nerve_leans_on_canal_and_foramina():
    found = leans_on()
    for rule in ("N1", "N2", "A1", "A2", "A3", "C3", "C9"):
        assert {"canal", "foramina"} <= set(found[rule])
