import locale

import pytest

from planner.report.pdf import make_pdf
from report.expected_rows import LOCALES, locale_of, make_locale, missing_rows, rows_expected
from report.random_plans import random_case


@pytest.mark.parametrize("seed", range(10))
def test_that_every_number_of_a_random_plan_reads_back_equal(seed: int) -> None:
    case = random_case(seed)
    assert len(list(rows_expected(case))) >= 10
    assert missing_rows(case, make_pdf(case.report())[0]) == []


@pytest.mark.parametrize("name", LOCALES[1:])
def test_that_the_paper_does_not_follow_the_locale(name: str, tmp_path, monkeypatch) -> None:
    make_locale(name, tmp_path)
    monkeypatch.setenv("LOCPATH", str(tmp_path))
    case = random_case(11)
    plain, _ = make_pdf(case.report())
    try:
        with locale_of(name):
            pdf, _ = make_pdf(case.report())
    except locale.Error:
        pytest.skip(f"the locale {name} cannot be had here")
    assert pdf == plain


def test_that_a_number_of_another_plan_is_missed() -> None:
    pdf, _ = make_pdf(random_case(12).report())
    wrong = missing_rows(random_case(13), pdf)
    assert len(wrong) > 5
