"""The window over the services the program really uses: rules, proposals, PDF, plan file."""

from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtCore import QPoint, Qt

from phantoms import easy_l3
from planner.app.services import Services
from planner.domain.finding import Severity
from planner.domain.levels import Level, Side
from planner.session.planes import Plane
from planner.session.window_states import CheckPhase
from planner.viewer.main_window import MainWindow

pytestmark = pytest.mark.qt


class QuickServices(Services):
    """The real use cases, but the scan and its outlines are at hand."""

    def look(self, path, report):
        return None

    def open_scan(self, path, report, series_uid=None, on_slices=None):
        return easy_l3().ct

    def segment(self, ct, seeds, report):
        return easy_l3().truth


@pytest.mark.realdata
@pytest.mark.parametrize("scan", ["thoracic_ct_dicom", "lumbar_ct_verse014/ct.nii.gz"])
def test_that_a_real_ct_goes_from_its_folder_to_paper_in_the_window(
    qtbot, tmp_path, monkeypatch, real_ct, scan
):
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path / "cache"))
    window = MainWindow(Services(tmp_path / "data"))
    window.ask.may_close = lambda: True
    qtbot.addWidget(window)
    window.resize(1400, 900)
    window.show()
    desk = window.desk

    def settled():
        return not desk.jobs.busy and desk.checks.state.phase is CheckPhase.CURRENT

    window.open(real_ct / scan)
    qtbot.waitUntil(lambda: desk.ct is not None and settled(), timeout=120_000)
    window.actions_by_id["segment"].trigger()
    qtbot.waitUntil(lambda: desk.edits.anatomy is not None and settled(), timeout=240_000)
    levels = list(desk.edits.anatomy.vertebrae)
    # T8 of this chest has 4.8 mm of pedicle and rightly gets no needle.
    desk.needles.choose_level(next(level for level in (Level.L3, Level.T9) if level in levels))
    desk.needles.choose_side(Side.RIGHT)
    window.actions_by_id["suggest"].trigger()
    qtbot.waitUntil(lambda: desk.edits.needle is not None and settled(), timeout=120_000)
    desk.treatment.choose_device("eco-mwa")
    qtbot.waitUntil(settled, timeout=120_000)
    assert desk.checks.state.findings
    picture = window.grab().toImage()
    pane = window.panes.slices[Plane.AXIAL]
    corner = pane.mapTo(window, QPoint(0, 0))
    shades = {
        picture.pixelColor(corner.x() + x, corner.y() + y).lightness()
        for x in range(10, pane.width() - 10, 3)
        for y in range(10, pane.height() - 10, 3)
    }
    assert max(shades) - min(shades) > 150
    assert len(shades) > 60
    paper = tmp_path / "plan.pdf"
    desk.paper.write_report(paper)
    qtbot.waitUntil(lambda: paper.exists() and not desk.jobs.busy, timeout=120_000)
    assert len(PdfReader(paper).pages) >= 2
    desk.paper.export(tmp_path / "exported")
    qtbot.waitUntil(lambda: not desk.jobs.busy, timeout=120_000)
    assert list((tmp_path / "exported").glob("*.mrk.json"))
    window.close()


def test_that_a_plan_goes_from_a_scan_to_paper_by_mouse_and_keys(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("PLANNER_DATA", str(tmp_path / "data"))
    window = MainWindow(QuickServices(tmp_path / "data"))
    window.ask.may_close = lambda: True
    qtbot.addWidget(window)
    window.show()
    desk = window.desk

    def settled():
        return not desk.jobs.busy and desk.checks.state.phase is CheckPhase.CURRENT

    window.open(Path("scan"))
    qtbot.waitUntil(lambda: desk.ct is not None and settled(), timeout=60_000)
    window.actions_by_id["segment"].trigger()
    qtbot.waitUntil(lambda: desk.edits.anatomy is not None and settled(), timeout=60_000)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.LEFT)
    window.actions_by_id["suggest"].trigger()
    qtbot.waitUntil(lambda: desk.edits.needle is not None and settled(), timeout=120_000)
    assert desk.edits.needle.entry.x_mm > easy_l3().truth.vertebrae[Level.L3].body_centre.x_mm
    desk.treatment.choose_device("eco-mwa")
    desk.act(lambda: desk.edits.set_cement("pmma-medium-viscosity", 2.0))
    qtbot.waitUntil(settled, timeout=120_000)
    told = "\n".join(desk.treatment_shown.cement_lines)
    for words in ("CT after each", "min after mixing", "L3: 2 of at most 7 mL"):
        assert words in told, told
    state = desk.checks.state
    assert {row.rule for row in state.findings if row.severity is Severity.STOP} >= {"P2"}
    assert len(state.margins) == 3
    assert all(cell.text != "?" for row in state.margins for cell in row.cells)

    pane = window.panes.slices[Plane.AXIAL]
    x, y = pane.pane_map().pixel(desk.edits.needle.tip)
    start = QPoint(round(x), round(y))
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, start + QPoint(0, 8))
    assert window.findings.verdict.text() == "NOT EVALUATED"
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=start + QPoint(0, 8))
    moved = desk.edits.needle
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.edits.needle != moved
    qtbot.waitUntil(settled, timeout=120_000)

    paper, file = tmp_path / "plan.pdf", tmp_path / "case.plan"
    desk.paper.write_report(paper)
    qtbot.waitUntil(lambda: paper.exists() and not desk.jobs.busy, timeout=60_000)
    text = "".join(page.extract_text() for page in PdfReader(paper).pages).lower()
    assert "not a medical device" in text
    desk.paper.export(tmp_path / "exported")
    qtbot.waitUntil(lambda: not desk.jobs.busy, timeout=60_000)
    assert {path.suffix for path in (tmp_path / "exported").iterdir()} >= {".stl", ".nrrd"}
    assert desk.case.save(file)
    assert Services(tmp_path / "data").load_plan(file).trajectories == (desk.edits.needle,)
    window.close()
