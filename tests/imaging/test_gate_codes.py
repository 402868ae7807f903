"""The reference of codes and the program say the same."""

from __future__ import annotations

from pathlib import Path

from imaging import (  # noqa: F401  (fill CASES)
    odd_combined_cases,
    odd_content_cases,
    odd_file_cases,
    odd_geometry_cases,
    odd_hospital_cases,
    odd_jpeg_cases,
    odd_name_cases,
)
from imaging.odd_cases import CASES
from planner.domain.volume import GateVerdict
from planner.imaging.codes import Code, finding, worst

REFERENCE = Path(__file__).parents[2] / "docs/reference/gate-codes.md"

NOT_REACHED_BY_ONE_SERIES = {
    "DCM-BURNED-IN", "DCM-DECODE-LIMIT", "DCM-INTERNAL", "DCM-NO-SUCH-SERIES",
    "DCM-PICK-SERIES", "DCM-POSTERIOR-SIDE", "DCM-TOO-MANY-FILES",
}  # fmt: skip
"""Codes that tests of their own provoke."""


def table() -> str:
    """Return the table of the reference, made from the program."""
    rows = [f"| `{code}` | {code.severity.value.upper()} | {code.sentence} |" for code in Code]
    return "\n".join(["| code | verdict | what it says |", "|---|---|---|", *rows])


def test_that_the_reference_lists_every_code_as_the_program_says_it() -> None:
    assert table() in REFERENCE.read_text(encoding="utf-8")


def test_that_every_code_has_a_sentence_that_ends() -> None:
    for code in Code:
        message = finding(code).message
        assert message.endswith((".", "?")), code
        assert message[0].isupper(), code


def test_that_every_dicom_code_is_provoked_by_the_suite() -> None:
    provoked = {code for case in CASES for code in case.codes}
    wanted = {code.value for code in Code if code.value.startswith("DCM-")}
    assert wanted - provoked - NOT_REACHED_BY_ONE_SERIES == set()


def test_that_the_heaviest_finding_decides() -> None:
    assert worst([]) is GateVerdict.LOAD
    assert worst([finding(Code.LOSSY)]) is GateVerdict.WARN
    assert worst([finding(Code.LOSSY), finding(Code.NOT_HU)]) is GateVerdict.REFUSE
