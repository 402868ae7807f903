"""Random plans to paper and back under four locales, as many as wanted.

``PYTHONPATH=src:tests python tests/report/thousand_plans_by_hand.py FIRST COUNT``

Every plan is printed under each locale, and the files must be the same to the last byte.
Locales are made in a temporary folder with ``localedef``. The text is read by pypdf.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from planner.report.pdf import make_pdf
from report.expected_rows import LOCALES, locale_of, make_locale, missing_rows, rows_expected
from report.random_plans import random_case


def main() -> int:
    """Print what is wrong with each plan's paper, then the counts; 1 where something was."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    failed, rows, slowest_s = 0, 0, 0.0
    with TemporaryDirectory() as folder:
        for name in LOCALES[1:]:
            make_locale(name, Path(folder))
        os.environ["LOCPATH"] = folder
        for seed in range(first, first + count):
            case = random_case(seed)
            rows += sum(1 for _ in rows_expected(case))
            papers = set()
            for name in LOCALES:
                with locale_of(name):
                    begun = time.process_time()
                    papers.add(make_pdf(case.report())[0])
                    slowest_s = max(slowest_s, time.process_time() - begun)
            wrong = [row for pdf in papers for row in missing_rows(case, pdf)]
            if len(papers) > 1:
                wrong.append("the locales gave different files")
            failed += bool(wrong)
            sys.stdout.writelines(f"{seed}: {row}\n" for row in wrong)
    sys.stdout.write(
        f"{count} plans, {count * len(LOCALES)} papers, {rows} rows, {failed} plans failed; "
        f"slowest paper {slowest_s:.2f} s and all {time.process_time():.0f} s of processor time\n"
    )
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
