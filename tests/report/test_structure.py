"""The file's structure by a reader that shares no code with who wrote it."""

import re
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from planner.domain.volume import PatientIdentity
from planner.report.build import build_report
from planner.report.model import Paper
from planner.report.pdf import make_pdf
from report.cases import make_case

SIZES = {Paper.A4: (595.28, 841.89), Paper.LETTER: (612.0, 792.0)}
ACTIVE = {"/JavaScript", "/Launch", "/URI", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData"}
FORBIDDEN_KEYS = ("/AA", "/OpenAction", "/JS", "/EF", "/EmbeddedFiles", "/AcroForm", "/Encrypt")


@pytest.fixture(scope="module")
def case():
    made = make_case()
    who = PatientIdentity(name="Wang^Xiaoming=王^小明", patient_id="Ω-Ж-7")
    return replace(made, plan=replace(made.plan, scan=replace(made.plan.scan, patient=who)))


@pytest.fixture(scope="module")
def report(case):
    return build_report(case.plan, case, case.assessment, made_utc="2026-11-21T09:30:00Z")


@pytest.fixture(scope="module", params=list(SIZES), ids=str)
def paper(request, report):
    pdf, _ = make_pdf(replace(report, paper=request.param))
    with pikepdf.open(BytesIO(pdf)) as opened:
        yield request.param, opened


@pytest.fixture
def opened(paper) -> pikepdf.Pdf:
    return paper[1]


def dictionaries(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    return [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary | pikepdf.Stream)]


def test_that_the_reader_finds_no_fault_in_the_file(opened) -> None:
    assert opened.check_pdf_syntax() == []
    assert not opened.is_encrypted


def test_that_every_sheet_has_its_size(paper) -> None:
    size, opened = paper
    for page in opened.pages:
        left, bottom, right, top = (float(value) for value in page.mediabox)
        assert (right - left, top - bottom) == pytest.approx(SIZES[size], abs=0.1)


def test_that_the_file_says_that_it_is_an_archive_and_how_its_colours_are_meant(opened) -> None:
    packet = opened.Root.Metadata.read_bytes().decode()
    assert re.search(r"pdfaid:part\W+2\W", packet)
    assert re.search(r"pdfaid:conformance\W+B\W", packet)
    with opened.open_metadata() as meta:
        assert meta.pdfa_status == "2B"
    (intent,) = opened.Root.OutputIntents
    assert intent.S == "/GTS_PDFA1"
    profile = intent.DestOutputProfile.read_bytes()
    assert profile[36:40] == b"acsp"
    assert intent.DestOutputProfile.N == 3


def test_that_the_file_is_tagged_with_its_language_and_title(opened) -> None:
    root = opened.Root
    assert bool(root.MarkInfo.Marked)
    assert str(root.Lang) == "en"
    with opened.open_metadata() as meta:
        assert "Third lumbar vertebra (L3)" in meta["dc:title"]
    kinds = {str(one.get("/S")) for one in dictionaries(opened) if one.get("/P") is not None}
    assert {"/Document", "/Table", "/TH", "/TD", "/Figure", "/P"} <= kinds
    assert kinds & {"/H1", "/H2"}
    assert all("/StructParents" in page for page in opened.pages)


def test_that_every_font_is_inside_and_its_signs_are_named(opened) -> None:
    fonts = [one for one in dictionaries(opened) if one.get("/Type") == "/Font"]
    shown = [one for one in fonts if "/DescendantFonts" in one or "/FontDescriptor" in one]
    assert len(shown) >= 4
    names = set()
    for font in shown:
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        names.add(str(inner.BaseFont))
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys())
        if "/DescendantFonts" in font:
            assert "/ToUnicode" in font
    assert any("CJK" in name for name in names)
    assert all(re.match(r"/[A-Z]{6}\+", name) for name in names)


def test_that_nothing_in_the_file_acts_or_reaches_out(opened) -> None:
    everything = dictionaries(opened)
    assert len(everything) > 100
    assert [one for one in everything if str(one.get("/S")) in ACTIVE] == []
    assert [key for one in everything for key in FORBIDDEN_KEYS if key in one] == []
    assert "/EF" not in opened.Root.get("/Names", {})
    assert [one for one in everything if isinstance(one, pikepdf.Stream) and "/F" in one] == []
    assert all("/AF" not in page for page in opened.pages)
