import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdf
import pytest

from planner.domain.errors import SaveFailedError
from planner.domain.finding import Finding, Severity
from planner.domain.limit_times import LimitTimes
from planner.domain.plan import Plan, TrajectoryId
from planner.domain.prediction import Exposure, KilledTissue, ModelLabel, StructureExposure
from planner.domain.sourced import Status
from planner.domain.volume import PatientIdentity
from planner.geometry.volume_geometry import VolumeGeometry
from planner.report.build import ReportScene, build_report
from planner.report.model import DISCLAIMER, Paper
from planner.report.pdf import make_pdf, write_pdf
from report.cases import acknowledge, make_assessment, make_case, make_plan
from report.random_plans import HOSTILE

MADE = "2026-11-21T09:30:00Z"


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def squeezed(text: str) -> str:
    """Text without any white space, soft hyphen or zero-width space."""
    return re.sub(r"[\s\u00ad\u200b]+", "", text)


@pytest.fixture(scope="module")
def case():
    made = make_case()
    answer = acknowledge(made.plan, made.assessment.findings[1])
    plan = replace(made.plan, acknowledgements=(answer,))
    return replace(made, plan=plan, exposures={plan.ablations[0].id: cold(plan)})


def cold(plan: Plan) -> Exposure:
    """Ten degrees at the canal, and nothing beyond the simulated volume."""
    times = LimitTimes(stop_celsius=10.0, to_stop_s=252.0, past_stop_s=90.0, past_harm_s=0.0)
    canal = StructureExposure(
        peak_celsius=37.0, lowest_celsius=6.5, cem43_min=0.0, band_celsius=3.0, times=times
    )
    grid = VolumeGeometry.axis_aligned((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    alive = np.zeros((1, 1, 1), np.bool_)
    return Exposure(
        ablation_id=plan.ablations[0].id,
        at_structures={"canal": canal, "skin": replace(canal, beyond=True, times=None)},
        killed=KilledTissue(geometry=grid, dead=alive, certain=alive),
        model=ModelLabel(
            tier="full", name="ice", version="1", inputs=(), source="s", status=Status.DERIVED
        ),
    )


@pytest.fixture(scope="module")
def report(case):
    return build_report(case.plan, case, case.assessment, made_utc=MADE)


@pytest.fixture(scope="module")
def paper(report) -> bytes:
    return make_pdf(report)[0]


def test_that_every_page_says_what_this_is_not_and_where_it_comes_from(paper: bytes) -> None:
    pages = read(paper).pages
    assert len(pages) >= 4
    for page in pages:
        text = squeezed(page.extract_text())
        assert squeezed(DISCLAIMER) in text
        assert "plan-0001revision4" in text
        assert "5e5e5e5e5e5e" in text
        assert "DRAFT·HELD" in text


def test_that_page_one_holds_the_plan_on_one_sheet(paper: bytes) -> None:
    page = read(paper).pages[0]
    text = squeezed(page.extract_text())
    for words in (
        "Third lumbar vertebra (L3), patient’s LEFT and RIGHT",
        "24.0, 64.0, 12.0",
        "8.5, −26.0, −2.0",
        "92.4 mm",
        "9.8° towards the midline",
        "8.7° towards the feet",
        "transpedicular",
        "PHANTOM-7",
        "HELD",
        "The planned zone comes within 3.4 mm of the spinal canal.",
    ):
        assert squeezed(words) in text, words
    assert len(page.images) == 3


def test_that_the_tables_carry_model_band_source_and_status(paper: bytes) -> None:
    text = squeezed(text_of(paper))
    for words in (
        "28.0 × 22.0 mm",
        "± 2.5 mm",
        "Chen 2022 AJNR 43:501 (verified)",
        "Measured in: not stated",
        "17.3 %",
        "4.2 / 1.5 / 0.0",
        "Minutes until 42 °C, above 42 °C and above 45 °C, and of cold until 10 °C, below 10 °C "
        "and below 0 °C; these and the temperatures are of the nominal run.",
        "Acknowledged by Dr A. Example",
        "rat L5 root study",
        "at least 5 mm",
    ):
        assert squeezed(words) in text, words


def test_that_the_file_is_tagged_archival_and_holds_its_fonts(paper: bytes) -> None:
    reader = read(paper)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in root
    assert "/OutputIntents" in root
    packet = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part\W+2\W", packet)
    assert re.search(r"pdfaid:conformance\W+B\W", packet)
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            described = inner["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(described)


def test_that_every_picture_has_words_for_who_cannot_see_it(paper: bytes) -> None:
    reader = read(paper)
    alts = [
        item["/Alt"]
        for number in range(1, len(reader.xref[0]) + 1)
        if isinstance(item := reader.get_object(number), pypdf.generic.DictionaryObject)
        and item.get("/S") == "/Figure"
        and "/Alt" in item
    ]
    assert len(alts) == 23
    assert all("CT" in alt for alt in alts)


@pytest.mark.parametrize(
    ("paper_size", "points"), [(Paper.A4, (595.28, 841.89)), (Paper.LETTER, (612.0, 792.0))]
)
def test_that_both_paper_sizes_come_out(report, paper_size, points) -> None:
    pdf, pages = make_pdf(replace(report, paper=paper_size))
    box = read(pdf).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(points, abs=0.1)
    assert pages == len(read(pdf).pages) == 7


def test_that_the_same_report_gives_the_same_file(case) -> None:
    report = build_report(case.plan, ReportScene(), case.assessment, made_utc=MADE)
    assert make_pdf(report) == make_pdf(report)


@pytest.mark.parametrize("nasty", HOSTILE, ids=range(len(HOSTILE)))
def test_that_nothing_from_the_input_is_markup(nasty: str) -> None:
    plain = make_plan()
    scan = replace(
        plain.scan,
        patient=PatientIdentity(name=nasty, patient_id=nasty, birth_date=nasty, sex=nasty),
        series_description=nasty,
        series_uid=nasty,
        gate_warnings=(nasty,),
    )
    plan = replace(
        plain,
        scan=scan,
        notes=nasty,
        clinical=replace(plain.clinical, histology=nasty, protection=nasty),
    )
    finding = Finding(
        rule="Z1", severity=Severity.STOP, message=nasty, subject=nasty, source=nasty
    )
    checked = replace(make_assessment(plan), findings=(finding,))
    pdf, _ = make_pdf(build_report(plan, ReportScene(), checked, made_utc=MADE))
    text = squeezed(text_of(pdf))
    assert "plan-0001" in text
    assert "DRAFT·HELD" in text
    visible = squeezed(nasty)
    if visible.isascii() and visible.isprintable() and 0 < len(visible) < 100:
        assert text.count(visible) >= 8
    if len(nasty) > 600:
        assert "(4400morecharactersnotshown)" in text
    for character in "\x00\x07\u202e\u2066":
        assert character not in text
        if character in nasty:
            assert f"U+{ord(character):04X}" in text


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("王小明 病历", "NotoSansCJKsc"),
        ("山田太郎 やまだ", "NotoSansCJKjp"),
        ("김철수", "NotoSansCJKkr"),
    ],
)
def test_that_an_east_asian_name_is_drawn_in_its_own_forms(name: str, family: str) -> None:
    plan = make_plan()
    scan = replace(plan.scan, patient=PatientIdentity(name=name, patient_id="1"))
    pdf, _ = make_pdf(build_report(replace(plan, scan=scan), ReportScene(), None, made_utc=MADE))
    assert squeezed(name) in squeezed(text_of(pdf))
    assert "U+" not in text_of(pdf)
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in read(pdf).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any(family in font for font in fonts)


def test_that_a_character_no_font_has_is_given_by_its_number() -> None:
    plan = make_plan()
    scan = replace(plan.scan, patient=PatientIdentity(name="A\U00013000B", patient_id="1"))
    pdf, _ = make_pdf(build_report(replace(plan, scan=scan), ReportScene(), None, made_utc=MADE))
    shown = text_of(pdf)
    assert "\U00013000" in shown or "U+13000" in shown


def test_that_the_file_appears_whole_with_its_page_count(report, tmp_path: Path) -> None:
    path = tmp_path / "plan.pdf"
    pages = write_pdf(report, path)
    assert pages == len(pypdf.PdfReader(path).pages)
    assert [item.name for item in tmp_path.iterdir()] == ["plan.pdf"]


def test_that_a_folder_that_is_not_there_gives_a_sentence(case, tmp_path: Path) -> None:
    report = build_report(case.plan, ReportScene(), case.assessment, made_utc=MADE)
    with pytest.raises(SaveFailedError, match="could not be written"):
        write_pdf(report, tmp_path / "nowhere" / "plan.pdf")


def test_that_a_failed_write_leaves_the_old_file(case, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "plan.pdf"
    path.write_bytes(b"old")
    report = build_report(case.plan, ReportScene(), case.assessment, made_utc=MADE)

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("planner.report.pdf.make_pdf", lambda _: (b"new", 1))
    with monkeypatch.context() as patch:
        patch.setattr("planner.report.pdf.Path.write_bytes", full)
        with pytest.raises(SaveFailedError, match="No space left"):
            write_pdf(report, path)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["plan.pdf"]


def test_that_a_plan_without_needles_is_still_a_paper(case) -> None:
    empty = make_plan(trajectories=(), ablations=(), cements=())
    pdf, pages = make_pdf(build_report(empty, case, None, made_utc=MADE))
    assert pages >= 1
    assert squeezed("No needle planned") in squeezed(text_of(pdf))
    assert squeezed("nothing was looked for") in squeezed(text_of(pdf))


def test_that_a_finding_longer_than_a_page_is_on_paper_to_its_last_word() -> None:
    plan = make_plan()
    rules = " ".join(f"rule{n}x" for n in range(1200))
    checked = make_assessment(plan)
    long = replace(checked.findings[2], message=f"{rules} could not run.")
    pdf, _ = make_pdf(build_report(plan, ReportScene(), replace(checked, findings=(long,))))
    text = squeezed(text_of(pdf))
    missing = [n for n in range(1200) if f"rule{n}x" not in text]
    assert missing == []
    assert "couldnotrun." in text


def test_that_forty_findings_and_nine_needles_run_over_pages_without_loss() -> None:
    first = make_plan().trajectories[0]
    needles = tuple(replace(first, id=TrajectoryId(f"t{n}")) for n in range(9))
    plan = make_plan(trajectories=needles, ablations=(), cements=())
    findings = tuple(
        Finding(
            rule=f"Q{n}",
            severity=Severity.STOP,
            message=f"Sentence {n} of forty.",
            subject="t8",
            source="s",
        )
        for n in range(40)
    )
    checked = replace(make_assessment(plan), findings=findings)
    pdf, pages = make_pdf(build_report(plan, ReportScene(), checked, made_utc=MADE))
    text = squeezed(text_of(pdf))
    assert all(squeezed(f"Sentence {n} of forty.") in text for n in range(40))
    assert "And35moreunderFindings." in text
    assert all(squeezed(f"Needle {n}: third") in text for n in range(1, 10))
    assert pages > 9
